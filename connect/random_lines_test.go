package connect_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// itemise gives a random charge lines in place of its amount and taxes.
func (w *wild) itemise(who own, r *connect.ChargeRequest) {
	if !w.one(3) {
		return
	}
	cur := r.Amount.Currency()
	r.Amount, r.Tax = ledger.Money{}, nil
	owners := []string{"", "", who.ID()}
	if who.id == "" {
		owners = append(owners, w.sellerOf(who.Platform))
	}
	for range 1 + w.IntN(4) {
		r.Lines = append(r.Lines, connect.Line{
			Kind: pick(w, connect.LineGoods, connect.LineGoods, connect.LineDelivery, connect.LineTip, connect.LinePassThrough), Owner: pick(w, owners...),
			Amount: ledger.Minor(10000+w.Int64N(50000), cur), Category: pick(w, "", "books", "toys"),
		})
	}
	if w.one(2) {
		l := connect.Line{Kind: connect.LineDiscount, Amount: ledger.Minor(-1-w.Int64N(9000), cur), On: []string{"1"}}
		if w.one(2) {
			l.PlatformPercent = decimal.New(w.Int64N(101), 0)
		}
		r.Lines = append(r.Lines, l)
	}
	for i := range w.IntN(3) {
		r.Lines = append(r.Lines, connect.Line{
			Kind: connect.LineTax, Amount: ledger.Minor(w.Int64N(900), cur), Authority: fmt.Sprint("t", i), Included: w.one(2), SellerRemits: w.one(4),
		})
	}
	if r.ApplicationFee.Sign() > 0 {
		r.ApplicationFee = ledger.Minor(w.Int64N(5000), cur)
	}
	if r.ApplicationFee.IsZero() {
		r.FeeTax = nil
	}
	if r.TransferAmount.Sign() > 0 {
		r.TransferAmount = ledger.Minor(1+w.Int64N(2000), cur)
	}
}

// nameLines lets a random refund name some of the charge's lines.
func (w *wild) nameLines(c *connect.Charge, r *connect.RefundRequest) {
	if len(c.Lines) == 0 || w.one(3) {
		return
	}
	r.Amount = ledger.Money{}
	for _, x := range c.Lines {
		if x.Kind == connect.LineTax || x.Kind == connect.LineDiscount || w.one(2) {
			continue
		}
		l := connect.RefundLine{Line: x.Name}
		if !w.one(3) {
			l.Amount = ledger.Minor(1+w.Int64N(x.Amount.Minor()), c.Amount.Currency())
		}
		r.Lines = append(r.Lines, l)
	}
}

// lineModel is what should be of one charge with lines, by exact fractions: of each
// line what the buyer paid for it and what of that is whose.
type lineModel struct {
	kind                               connect.LineKind
	amount, discount, promotion, onTop int64
	platform                           bool
	back                               int64
}

// Lines, discounts, taxes and refunds in any order, by line or by amount, declined
// or not: what is the buyer's, the seller's, the platform's and the authority's adds
// up after each step, and once all has gone back nobody has anything (promises 7, 8,
// 9 and 12; edge-cases 43 and 45).
func TestLinesModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMarket(t, connecttest.Config{})
		a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
		cur := rapid.SampledFrom([]ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD, ledger.HUF}).Draw(rt, "currency")
		r, model := drawLines(rt, cur, m.platform.ID())
		r.AccountID, r.Direct, r.Key = a.ID, rapid.Bool().Draw(rt, "direct"), m.key()
		c, err := m.platform.Charge(m.ctx, r)
		require.NoError(t, err)
		require.Equal(t, connect.ChargeSucceeded, c.Status)
		requireModel(t, c, model)
		before := *m.now(c)
		for range rapid.IntRange(0, 6).Draw(rt, "refunds") {
			m.refundSome(rt, c, model)
			m.verify()
		}
		if c = m.now(c); r.Source == connect.TestRefundDeclined {
			c.Owed = nil // which the buyer was to get
			require.Equal(t, before, *c, "what was declined leaves no trace")
			return
		}
		if left := c.Amount.Minor() - c.Refunded.Minor(); left > 0 {
			_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, ReverseTransfer: !c.Direct, RefundFee: true})
			require.NoError(t, err)
		}
		m.verify()
		c = m.now(c)
		require.Equal(t, c.Amount, c.Refunded)
		require.Equal(t, []ledger.Money{c.ApplicationFee, c.Discount, c.PlatformPart}, []ledger.Money{c.FeeBack, c.DiscountBack, c.PlatformBack})
		for _, x := range c.Tax {
			require.Equal(t, x.Amount, x.Refunded)
		}
	})
}

// drawLines makes a charge with lines, and says by itself what they come to.
func drawLines(t *rapid.T, cur ledger.Currency, platform string) (r connect.ChargeRequest, model []*lineModel) {
	amount := func(least, most int64, name string) int64 { return rapid.Int64Range(least, most).Draw(t, name) }
	r = connect.ChargeRequest{Source: rapid.SampledFrom([]string{connect.TestCard, connect.TestRefundDeclined}).Draw(t, "card")}
	r.Lines = append(r.Lines, connect.Line{Kind: connect.LineGoods, Amount: ledger.Minor(amount(40000, 90000, "goods"), cur)})
	for range rapid.IntRange(0, 3).Draw(t, "more") {
		l := connect.Line{Amount: ledger.Minor(amount(1, 50000, "line"), cur)}
		l.Kind = rapid.SampledFrom([]connect.LineKind{connect.LineGoods, connect.LineDelivery, connect.LineTip, connect.LinePassThrough}).Draw(t, "kind")
		if rapid.Bool().Draw(t, "platform's") {
			l.Owner = platform
		}
		r.Lines = append(r.Lines, l)
	}
	for _, l := range r.Lines {
		model = append(model, &lineModel{kind: l.Kind, amount: l.Amount.Minor(), platform: l.Owner == platform})
	}
	if rapid.Bool().Draw(t, "discount") {
		off, pays := amount(1, 9999, "off"), int64(0)
		pays = amount(0, off, "pays")
		r.Lines = append(r.Lines, connect.Line{Kind: connect.LineDiscount, Amount: ledger.Minor(-off, cur), PlatformPays: ledger.Minor(pays, cur), On: []string{"1"}})
		model[0].discount, model[0].promotion = off, pays
	}
	if rapid.Bool().Draw(t, "tax") {
		tax := amount(1, 9999, "tax")
		r.Lines = append(r.Lines, connect.Line{Kind: connect.LineTax, Amount: ledger.Minor(tax, cur), Authority: "t", On: []string{"1"}})
		model[0].onTop = tax
	}
	r.ApplicationFee = ledger.Minor(amount(0, 5000, "fee"), cur)
	return r, model
}

func requireModel(t *testing.T, c *connect.Charge, model []*lineModel) {
	var amount, discount, own int64
	for i, l := range model {
		paid := l.amount - l.discount + l.onTop
		amount, discount = amount+paid, discount+l.promotion
		if l.platform {
			own += paid - l.onTop
		}
		require.Equal(t, []int64{l.discount, l.promotion, l.onTop},
			[]int64{c.Lines[i].Parts.Discount.Minor(), c.Lines[i].Parts.ByPlatform.Minor(), c.Lines[i].Parts.OnTop.Minor()})
	}
	require.Equal(t, []int64{amount, discount, own}, []int64{c.Amount.Minor(), c.Discount.Minor(), c.PlatformPart.Minor()})
}

// refundSome gives a part back, by a line or by an amount. What the buyer has back of
// a line is the exact part of what they paid for it, within the rounding of its parts.
func (m *market) refundSome(rt *rapid.T, c *connect.Charge, model []*lineModel) {
	now, err := m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(m.t, err)
	left := now.Amount.Minor() - now.Refunded.Minor()
	r := connect.RefundRequest{Key: m.key(), ChargeID: c.ID, ReverseTransfer: !c.Direct, RefundFee: true}
	if rapid.Bool().Draw(rt, "by amount") {
		if left == 0 {
			return
		}
		r.Amount = ledger.Minor(rapid.Int64Range(1, left).Draw(rt, "amount"), c.Amount.Currency())
		re, err := m.platform.Refund(m.ctx, r)
		require.NoError(m.t, err)
		require.Equal(m.t, r.Amount, re.Amount)
		return
	}
	i := rapid.IntRange(0, len(model)-1).Draw(rt, "line")
	l := model[i]
	step := rapid.Int64Range(1, l.amount).Draw(rt, "of line")
	r.Lines = []connect.RefundLine{{Line: c.Lines[i].Name, Amount: ledger.Minor(step, c.Amount.Currency())}}
	re, err := m.platform.Refund(m.ctx, r)
	switch {
	case l.back+step > l.amount:
		requireCode(m.t, err, ledger.State, "refund_exceeds_line")
		return
	case err != nil: // less is left of the charge, or the buyer paid nothing for so little
		var e *ledger.Error
		require.ErrorAs(m.t, err, &e)
		require.Contains(m.t, []string{"refund_exceeds_charge", "invalid_amount"}, e.Code)
		return
	}
	part := func(of, done int64) int64 { return (2*of*done + l.amount) / (2 * l.amount) }
	want := step + part(l.onTop, l.back+step) - part(l.onTop, l.back) - part(l.discount, l.back+step) + part(l.discount, l.back)
	require.Equal(m.t, want, re.Amount.Minor())
	if re.Status == connect.RefundSucceeded {
		l.back += step
	}
}
