package scenario

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// buyerID names a buyer of the tables, and knows their credit in a currency.
func (r *runner) buyerID(name string, c ledger.Currency) string {
	w, err := r.platform.CreditOf(r.ctx, "buyer-"+name, c)
	require.NoError(r.t, err, r.at)
	if w.ID != "" {
		r.names[w.ID] = name
	}
	return "buyer-" + name
}

// code is what a buyer types in for a voucher of the tables.
func code(name string) string { return "code-of-voucher-" + name }

// tender reads what pays besides the card: "credit B" or "credit B=2000", "voucher
// v1" or "voucher v1=200".
func (r *runner) tender(kind, word, currency string) connect.TenderRequest {
	name, minor, stated := strings.Cut(word, "=")
	var t connect.TenderRequest
	cur := r.amount("0", currency).Currency()
	if stated {
		t.Amount = r.amount(minor, currency)
	}
	if kind == "credit" {
		t.BuyerID = r.buyerID(name, cur)
	} else {
		t.Code = code(name)
	}
	return t
}

// grant is "g1: 500 USD to B", "g1: 500 USD to B days 30", or "back g1 200".
func (r *runner) grant(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	if w[0] == "back" {
		g, err := r.platform.GetCreditGrant(r.ctx, r.ids[w[1]])
		require.NoError(r.t, err, r.at)
		request := connect.RevokeRequest{Key: r.key(), GrantID: g.ID}
		if len(w) > 2 {
			request.Amount = ledger.Minor(r.number(w[2]), g.Amount.Currency())
		}
		_, err = r.platform.RevokeCredit(r.ctx, request)
		return err
	}
	request := connect.GrantRequest{Key: r.key(), Amount: r.amount(w[0], w[1]), BuyerID: "buyer-" + w[3]}
	if len(w) > 5 {
		request.Expires = r.m.Clock.Now().Add(time.Duration(r.number(w[5])) * 24 * time.Hour)
	}
	g, err := r.platform.GrantCredit(r.ctx, request)
	if err == nil {
		r.ids[name] = g.ID
		r.buyerID(w[3], g.Amount.Currency())
	}
	return err
}

// voucher is "v1: 500 USD", "v1: 500 USD uses 2 days 30", "v1: 500 USD prepaid",
// "v1: 500 USD prepaid of c1", or "cancel v1".
func (r *runner) voucher(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	if w[0] == "cancel" {
		_, err := r.platform.CancelVoucher(r.ctx, connect.CancelVoucherRequest{Key: r.key(), VoucherID: r.ids[w[1]]})
		return err
	}
	request := connect.VoucherRequest{Key: r.key(), Amount: r.amount(w[0], w[1]), Code: code(name)}
	for i := 2; i < len(w); i++ {
		switch w[i] {
		case "prepaid":
			request.Prepaid = true
			continue
		case "of":
			request.ChargeID = r.ids[w[i+1]]
		case "uses":
			request.Uses = int(r.number(w[i+1]))
		case "days":
			request.Expires = r.m.Clock.Now().Add(time.Duration(r.number(w[i+1])) * 24 * time.Hour)
		default:
			require.Fail(r.t, "no such word", "%s: %s", r.at, w[i])
		}
		i++
	}
	v, err := r.platform.IssueVoucher(r.ctx, request)
	if err == nil {
		r.ids[name], r.names[v.ID] = v.ID, name
	}
	return err
}

// refundTo reads where a refund goes: "into B", "to source", "to v1", "to B".
func (r *runner) refundTo(request *connect.RefundRequest, word, name string, c *connect.Charge) {
	cur := c.Amount.Currency()
	switch {
	case word == "into":
		request.IntoCredit, request.BuyerID = true, r.buyerID(name, cur)
	case name == connect.TenderSource || strings.HasPrefix(r.ids[name], "vch_"):
		of := r.ids[name]
		if of == "" {
			of = name
		}
		request.To = append(request.To, of)
	default:
		w, err := r.platform.CreditOf(r.ctx, r.buyerID(name, cur), cur)
		require.NoError(r.t, err, r.at)
		request.To = append(request.To, w.ID)
	}
}

// split pays from several sources: "y1: 1000 USD to A fee 100 card tok_visa and 300
// tok_us". Its charges are y1.1, y1.2 and so on.
func (r *runner) split(args string) error {
	name, rest := named(args)
	parts := strings.Split(rest, " and ")
	request := connect.PayRequest{Charge: r.chargeRequest(parts[0])}
	request.Key, request.Charge.Key = request.Charge.Key, ""
	for _, part := range parts[1:] {
		w := strings.Fields(part)
		request.Others = append(request.Others, connect.SourcePart{Source: w[1], Amount: ledger.Minor(r.number(w[0]), request.Charge.Amount.Currency())})
	}
	y, err := r.platform.Pay(r.ctx, request)
	if err == nil {
		r.ids[name] = y.ID
		for i, part := range y.Parts {
			r.ids[fmt.Sprintf("%s.%d", name, i+1)] = part.Charge
		}
	}
	return err
}
