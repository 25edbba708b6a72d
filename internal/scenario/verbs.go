package scenario

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// refund is "r1: 250 of c1 reverse fee", or "r1: all of c1". Into store credit: "r1:
// all of c1 into B"; in another order than usual: "r1: 100 of c1 to v1 to source".
func (r *runner) refund(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	require.GreaterOrEqual(r.t, len(w), 3, r.at)
	request := connect.RefundRequest{Key: r.key(), ChargeID: r.ids[w[2]]}
	if w[0] == "lines" {
		w = r.refundLines(w, &request)
	}
	c, err := r.platform.GetCharge(r.ctx, request.ChargeID)
	require.NoError(r.t, err, r.at)
	if w[0] == "repays" {
		request.Repays, w[0] = r.ids[w[1]], "all"
	}
	if w[0] != "all" && w[0] != "" {
		request.Amount = ledger.Minor(r.number(w[0]), paidIn(c))
	}
	for i := 3; i < len(w); i++ {
		switch word := w[i]; word {
		case "into", "to":
			i++
			r.refundTo(&request, word, w[i], c)
		case "reverse":
			request.ReverseTransfer = true
		case "fee":
			request.RefundFee = true
		default:
			i += r.refundWord(&request, w[i:], c) - 1
		}
	}
	re, err := r.platform.Refund(r.ctx, request)
	if err == nil {
		if r.ids[name] = re.ID; request.BuyerID != "" {
			r.buyerID(strings.TrimPrefix(request.BuyerID, "buyer-"), re.Amount.Currency())
		}
	}
	return err
}

// paidIn is the currency in which the buyer of a charge pays.
func paidIn(c *connect.Charge) ledger.Currency {
	if c.Settlement != nil {
		return c.Settlement.Presented.Currency()
	}
	return c.Amount.Currency()
}

// transfer is "500 USD from A to A2", "500 USD to A" or, named, "t1: 500 USD of c1
// to A into EUR". To P it is a debit: "500 USD from A to P by g1".
func (r *runner) transfer(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	request := connect.TransferRequest{Key: r.key(), Amount: r.amount(w[0], w[1])}
	for i := 2; i+1 < len(w); i += 2 {
		switch word := w[i+1]; w[i] {
		case "from":
			request.From = r.sellers[word]
		case "to":
			if request.To = r.sellers[word]; word == "P" {
				request.To = r.platform.ID()
			}
		case "of":
			request.ChargeID = r.ids[word]
		case "lines":
			request.Lines, request.Amount = strings.Split(word, ","), ledger.Money{}
		case "by":
			request.AgreementID = r.ids[word]
		case "into":
			request.Currency = r.amount("0", word).Currency()
		default:
			require.True(r.t, r.hold(&request.Hold, w[i], word, w[1]), "%s: there is no such word as %s", r.at, w[i])
		}
	}
	t, err := r.platform.Transfer(r.ctx, request)
	if err == nil {
		r.ids[name] = t.ID
	}
	return err
}

// reverse is "t1 250 USD", or "t1" for all that is left of it.
func (r *runner) reverse(args string) error {
	w := strings.Fields(args)
	request := connect.ReverseTransferRequest{Key: r.key(), TransferID: r.ids[w[0]]}
	if len(w) > 1 {
		request.Amount = r.amount(w[1], w[2])
	}
	_, err := r.platform.ReverseTransfer(r.ctx, request)
	return err
}

// agreement is "g1: A"; "end g1" withdraws it.
func (r *runner) agreement(args string) error {
	name, rest := named(args)
	if id, ok := strings.CutPrefix(rest, "end "); ok {
		_, err := r.platform.EndAgreement(r.ctx, connect.EndAgreementRequest{Key: r.key(), AgreementID: r.ids[id]})
		return err
	}
	a, err := r.platform.RecordAgreement(r.ctx, connect.AgreementRequest{
		Key: r.key(), AccountID: r.sellers[rest], Text: "What I owe for the stall may be taken from my balance.", By: "user-1",
	})
	if err == nil {
		r.ids[name] = a.ID
	}
	return err
}

// topUp is "u1: 5000 USD"; "back u1" is the bank taking it back.
func (r *runner) topUp(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	if w[0] == "back" {
		_, err := r.platform.ReverseTopUp(r.ctx, connect.ReverseTopUpRequest{Key: r.key(), TopUpID: r.ids[w[1]], Code: "returned"})
		return err
	}
	t, err := r.platform.RecordTopUp(r.ctx, connect.TopUpRequest{Key: r.key(), Amount: r.amount(w[0], w[1])})
	if err == nil {
		r.ids[name] = t.ID
	}
	return err
}

// payout is "p1: A", "p1: A 500 USD", "p1: A all USD", "p1: P" or
// "t1: authority nyc 80 USD".
func (r *runner) payout(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	request := connect.PayoutRequest{Key: r.key()}
	if w[0] == "authority" {
		request.Authority, w = w[1], w[1:]
		request.Bank = &connect.BankDetails{Token: "btok_ok", Country: "US", Currency: ledger.USD}
	} else if w[0] != "P" {
		request.AccountID = r.sellers[w[0]]
	}
	if len(w) > 2 {
		minor := w[1]
		if minor == "all" {
			minor = "0"
		}
		request.Amount = r.amount(minor, w[2])
	}
	po, err := r.platform.Payout(r.ctx, request)
	if err == nil {
		r.ids[name] = po.ID
	}
	return err
}

// cash is "A commission 250 USD tax nyc 80".
func (r *runner) cash(args string) error {
	w := strings.Fields(args)
	request := connect.CashSaleRequest{Key: r.key(), AccountID: r.sellers[w[0]], Commission: r.amount(w[2], w[3])}
	for i := 4; i+2 < len(w); i += 3 {
		request.Tax = append(request.Tax, connect.Tax{Authority: w[i+1], Amount: r.amount(w[i+2], w[3])})
	}
	_, err := r.platform.RecordCashSale(r.ctx, request)
	return err
}

// status is "c1 succeeded", "r1 failed expired_or_canceled_card", "p1 paid".
func (r *runner) status(args string) error {
	w := strings.Fields(args)
	id, ok := r.ids[w[0]]
	require.True(r.t, ok, "%s: there is no %s", r.at, w[0])
	var status, code string
	if len(w) > 1 && w[1] == "share" {
		s, err := r.platform.GetHeldShare(r.ctx, id)
		require.NoError(r.t, err, r.at)
		require.Equal(r.t, strings.Join(w[2:], " "), strings.TrimSpace(string(s.Status)+" "+s.Code), r.at)
		return nil
	}
	switch {
	case strings.HasPrefix(id, "rcv_"), strings.HasPrefix(id, "cret_"):
		status, code = r.coinStatus(id)
	case strings.HasPrefix(id, "src_"), strings.HasPrefix(id, "inc_"):
		status, code = r.savedStatus(id)
	case strings.HasPrefix(id, "ch_"):
		c, err := r.platform.GetCharge(r.ctx, id)
		require.NoError(r.t, err, r.at)
		status, code = string(c.Status), c.Code
	case strings.HasPrefix(id, "re_"):
		re, err := r.platform.GetRefund(r.ctx, id)
		require.NoError(r.t, err, r.at)
		status, code = string(re.Status), re.Code
	case strings.HasPrefix(id, "dp_"):
		d, err := r.platform.GetDispute(r.ctx, id)
		require.NoError(r.t, err, r.at)
		status, code = string(d.Status), d.Code
	case strings.HasPrefix(id, "warn_"):
		w, err := r.platform.GetWarning(r.ctx, id)
		require.NoError(r.t, err, r.at)
		status, code = string(w.Status), w.Code
	case strings.HasPrefix(id, "pay_"):
		y, err := r.platform.GetPayment(r.ctx, id)
		require.NoError(r.t, err, r.at)
		status, code = string(y.Status), y.Code
	case strings.HasPrefix(id, "bulk_"):
		b, err := r.platform.GetBulk(r.ctx, id)
		require.NoError(r.t, err, r.at)
		status = string(b.Status)
	case strings.HasPrefix(id, "vch_"):
		v, err := r.platform.GetVoucher(r.ctx, id)
		require.NoError(r.t, err, r.at)
		status = string(v.Status)
	case strings.HasPrefix(id, "cap_"):
		k, err := r.platform.GetCapture(r.ctx, id)
		require.NoError(r.t, err, r.at)
		status, code = string(k.Status), k.Code
	case strings.HasPrefix(id, "adj_"), strings.HasPrefix(id, "frz_"), strings.HasPrefix(id, "woff_"), strings.HasPrefix(id, "dorm_"), strings.HasPrefix(id, "rsv_"), strings.HasPrefix(id, "aclos_"):
		status = r.handStatus(id)
	case strings.HasPrefix(id, "ndeb_"), strings.HasPrefix(id, "pplan_"):
		status, code = r.negativeStatus(id)
	case strings.HasPrefix(id, "mdt_"):
		status, code = r.mandateStatus(id)
	case strings.HasPrefix(id, "void_"):
		x, err := r.platform.GetCancellation(r.ctx, id)
		require.NoError(r.t, err, r.at)
		status, code = string(x.Status), x.Code
	default:
		po, err := r.platform.GetPayout(r.ctx, id)
		require.NoError(r.t, err, r.at)
		status, code = string(po.Status), po.Code
	}
	got := strings.TrimSpace(status + " " + code)
	require.Equal(r.t, strings.Join(w[1:], " "), got, r.at)
	return nil
}

// after checks balances: "A.pending 877, P.pending 64, fx_spread 110 EUR". An
// owner without a purpose is everything that is theirs, taxes apart.
func (r *runner) after(args string) error {
	for part := range strings.SplitSeq(args, ", ") {
		w := strings.Fields(part)
		currency := ledger.USD
		if len(w) == 3 {
			c, err := ledger.ParseCurrency(w[2])
			require.NoError(r.t, err, r.at)
			currency = c
		}
		got, err := r.balance(w[0], currency)
		if err != nil {
			return err
		}
		require.Equal(r.t, ledger.Minor(r.number(w[1]), currency).String(), got.String(), "%s: %s", r.at, w[0])
	}
	return nil
}

// balance adds up the accounts that a name stands for.
func (r *runner) balance(name string, c ledger.Currency) (ledger.Money, error) {
	sum := ledger.Zero(c)
	err := r.store.Read(r.ctx, func(v ledger.View) error {
		list, err := v.AccountsOf(ledger.AccountQuery{Book: r.platform.ID(), Limit: ledger.MaxPage})
		if err != nil {
			return err
		}
		require.Less(r.t, len(list), ledger.MaxPage, "%s: too many accounts for a scenario", r.at)
		for _, a := range list {
			shown := r.account(a.Ref)
			owner, _, _ := strings.Cut(shown, ".")
			whole := owner == name && strings.Contains(shown, ".") && !strings.HasPrefix(a.Purpose, "tax/")
			if a.Currency != c || shown != name && !whole {
				continue
			}
			if sum, err = sum.Add(a.Posted); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
	return sum, err
}
