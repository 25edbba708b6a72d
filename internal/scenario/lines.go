package scenario

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// lines reads the lines of a charge, "lines [goods 1000; delivery 500 of P; tax 80
// nyc; discount -200 by P] USD to A", and returns the rest as it is without them.
// After kind and amount of a line may stand: "called x", "of A" (whose it is), "in
// books" (its category), "on a,b", "by P" or "by P 40 %" or "by P 100" (who pays a
// discount), an authority, and of its tax "included", "remitted by seller".
func (r *runner) lines(w []string, request *connect.ChargeRequest) []string {
	end := slices.IndexFunc(w, func(s string) bool { return strings.HasSuffix(s, "]") })
	require.Positive(r.t, end, r.at)
	currency := w[end+1]
	text := strings.Trim(strings.Join(w[1:end+1], " "), "[]")
	for part := range strings.SplitSeq(text, "; ") {
		request.Lines = append(request.Lines, r.oneLine(strings.Fields(part), currency))
	}
	return append([]string{"", currency}, w[end+2:]...)
}

func (r *runner) oneLine(w []string, currency string) connect.Line {
	l := connect.Line{Kind: connect.LineKind(w[0]), Amount: r.amount(w[1], currency)}
	w = w[2:]
	if l.Kind == connect.LineTax {
		l.Authority, w = w[0], w[1:]
	}
	for len(w) > 0 {
		switch w[0] {
		case "included":
			l.Included, w = true, append([]string{"", ""}, w[1:]...)
		case "remitted":
			l.SellerRemits, w = true, w[1:]
		case "called":
			l.Name = w[1]
		case "in":
			l.Category = w[1]
		case "on":
			l.On = strings.Split(w[1], ",")
		case "of":
			if l.Owner = r.sellers[w[1]]; w[1] == "P" {
				l.Owner = r.platform.ID()
			}
		case "by":
			l.PlatformPercent = decimal.New(100, 0)
			if len(w) > 3 && w[3] == "%" {
				l.PlatformPercent, w = r.percent(w[2]), w[2:]
			} else if len(w) > 2 {
				l.PlatformPercent, l.PlatformPays, w = decimal.Decimal{}, r.amount(w[2], currency), w[1:]
			}
		default:
			require.Fail(r.t, "no such word", "%s: %s", r.at, w[0])
		}
		w = w[2:]
	}
	return l
}

// refundLines reads "lines [goods 500; 2 all] of c1 reverse".
func (r *runner) refundLines(w []string, request *connect.RefundRequest) []string {
	end := slices.IndexFunc(w, func(s string) bool { return strings.HasSuffix(s, "]") })
	require.Positive(r.t, end, r.at)
	request.ChargeID = r.ids[w[end+2]]
	c, err := r.platform.GetCharge(r.ctx, request.ChargeID)
	require.NoError(r.t, err, r.at)
	for part := range strings.SplitSeq(strings.Trim(strings.Join(w[1:end+1], " "), "[]"), "; ") {
		x := strings.Fields(part)
		line := connect.RefundLine{Line: x[0]}
		if x[1] != "all" {
			line.Amount = ledger.Minor(r.number(x[1]), c.Amount.Currency())
		}
		request.Lines = append(request.Lines, line)
	}
	return append([]string{"", "of"}, w[end+2:]...)
}

// remit is "x1: nyc 80 USD", "x1: nyc all USD", and "of yesterday" for what was owed
// at the end of that day.
func (r *runner) remit(args string) error {
	name, rest := named(args)
	w := strings.Fields(strings.Replace(rest, " all ", " 0 ", 1))
	amount := r.amount(w[1], w[2])
	request := connect.RemitTaxRequest{
		Key: r.key(), Authority: w[0], Amount: amount, Bank: &connect.BankDetails{Token: "btok_ok", Country: "US", Currency: amount.Currency()},
	}
	if len(w) > 3 {
		request.PeriodEnd = payout.DayOf(r.m.Clock.Now(), time.UTC) - 1
	}
	o, err := r.platform.RemitTax(r.ctx, request)
	if err == nil {
		r.ids[name] = o.ID
	}
	return err
}

// taxNumber gives the platform or a seller a number for value added tax: "P
// DE123456789".
func (r *runner) taxNumber(args string) error {
	w := strings.Fields(args)
	var err error
	if w[0] == "P" {
		_, err = r.platform.UpdatePlatform(r.ctx, connect.PlatformUpdate{Key: r.key(), TaxNumber: w[1]})
	} else {
		_, err = r.platform.UpdateAccount(r.ctx, connect.AccountUpdate{Key: r.key(), AccountID: r.sellers[w[0]], TaxNumber: w[1]})
	}
	return err
}
