package connect

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// OwedRefund is what a buyer is owed since a refund of a charge has failed.
type OwedRefund struct {
	Refund string       `json:"refund"`      // the one that failed
	Amount ledger.Money `json:"amount"`      // in the buyer's currency
	Since  time.Time    `json:"since"`       // when that was heard
	By     string       `json:"by,omitzero"` // the refund under way that is to pay it
}

// RefundWay is how a refund goes that takes the place of one that failed.
type RefundWay struct {
	Destination payout.Destination `json:"destination,omitzero"` // the buyer's bank account, on the engine's rail
	Paid        string             `json:"paid,omitzero"`        // or: it was paid by hand, and this is what proves it
}

// owes notes that a buyer is owed what a refund that has failed was to give.
func (c *Charge) owes(r *Refund, at time.Time) {
	if slices.ContainsFunc(c.Owed, func(o OwedRefund) bool { return o.By == r.ID }) {
		c.unpaid(r)
		return
	}
	if c.Status == ChargeSucceeded && r.CreditOf == "" && r.presented().Sign() > 0 {
		c.Owed = append(slices.Clip(c.Owed), OwedRefund{Refund: r.ID, Amount: r.presented(), Since: at})
	}
	c.owesAtMost()
}

// unpaid lets what a refund was to pay be paid by another.
func (c *Charge) unpaid(r *Refund) {
	c.Owed = slices.Clone(c.Owed)
	for i := range c.Owed {
		if c.Owed[i].By == r.ID {
			c.Owed[i].By = ""
		}
	}
	c.owesAtMost()
}

// paidBack takes what a refund has paid off what the buyer is owed.
func (c *Charge) paidBack(r *Refund) {
	if r.Repays != "" {
		c.Owed = slices.DeleteFunc(slices.Clone(c.Owed), func(o OwedRefund) bool { return o.By == r.ID })
	}
	c.owesAtMost()
}

// owesAtMost keeps what a buyer is owed within what of the charge the buyer does not
// have yet: what refunds, or disputes, have given meanwhile makes good what has been owed
// for longest.
func (c *Charge) owesAtMost() {
	if len(c.Owed) == 0 {
		return
	}
	over := -c.unrefunded().Minor()
	for _, o := range c.Owed {
		over += o.Amount.Minor()
	}
	var list []OwedRefund
	for _, o := range c.Owed {
		if over > 0 && o.By == "" {
			by := min(over, o.Amount.Minor())
			over, o.Amount = over-by, ledger.Minor(o.Amount.Minor()-by, o.Amount.Currency())
		}
		if !o.Amount.IsZero() {
			list = append(list, o)
		}
	}
	c.Owed = list
}

// unrefunded is what of a charge its buyer does not have again, in the buyer's currency.
// What disputes took beyond what was left is the buyer's once all are decided.
func (c *Charge) unrefunded() ledger.Money {
	done := c.Refunded
	if c.Settlement != nil {
		done = c.Settlement.Refunded
	}
	if len(c.Disputed) == 0 {
		done = sum(done, c.DisputedExcess)
	}
	return ledger.Minor(max(c.whole().Minor()-done.Minor(), 0), c.whole().Currency())
}

// owed is what its buyer is owed of a charge in all.
func (c *Charge) owed() ledger.Money {
	m := ledger.Zero(c.whole().Currency())
	for _, o := range c.Owed {
		m = sum(m, o.Amount)
	}
	return m
}

// checkWay refuses a refund that does not say which one it takes the place of, and how
// it goes.
func checkWay(r *RefundRequest) error {
	bad := func(field, msg string) error { return badField("invalid_request", field, msg) }
	switch {
	case r.Repays == "" && (r.Bank != nil || r.Paid != ""):
		return bad("repays", "money goes elsewhere than to its source only in place of a refund that failed")
	case r.Repays == "":
		return nil
	case r.Amount != (ledger.Money{}) || len(r.Lines) > 0 || r.ReverseTransfer || r.RefundFee || r.Fee != "" || len(r.To) > 0:
		return bad("repays", "amount, lines, commission and who gives it are those of the refund that failed")
	case r.Bank != nil && r.Paid != "" || r.IntoCredit && (r.Bank != nil || r.Paid != ""):
		return bad("repays", "it goes to a bank account or into credit, or was paid by hand")
	}
	return checkText("paid", r.Paid, 200)
}

// elsewhere tells a refund with which the acquirer or rail of its charge has nothing to do.
func (r *RefundRequest) elsewhere() bool { return r.IntoCredit || r.Bank != nil || r.Paid != "" }

// repays fills in what a refund that takes the place of another is for: what the buyer is
// owed of that, and from whom. What stands of it is not asked for again.
func (p *Platform) repays(u *ledger.Unit, c *Charge, r *RefundRequest) (*RefundRequest, error) {
	if r.Repays == "" {
		return r, nil
	}
	i := slices.IndexFunc(c.Owed, func(o OwedRefund) bool { return o.Refund == r.Repays })
	if i < 0 {
		return nil, badState("nothing_owed", "repays", "nothing of such a refund of the charge is owed to the buyer")
	}
	if c.Owed[i].By != "" {
		return nil, badState("being_repaid", "repays", "another refund that takes its place is under way")
	}
	was, err := refundKind.Get(u, r.Repays)
	if err != nil {
		return nil, notFoundOr(err, "refund")
	}
	now := *r
	now.Amount = c.Owed[i].Amount
	if was.Alone || was.Refused != nil && was.Refused.Stands {
		now.Fee, now.standing = FeeKeep, true
		return &now, nil
	}
	now.ReverseTransfer, now.RefundFee, now.Fee = was.Reverses, was.Returns, FeeKeep
	if was.Returns {
		now.Fee = FeeProportional
	}
	if left := minus(c.ApplicationFee, c.FeeBack); was.FeeStated && left.Sign() > 0 {
		now.Fee, now.FeeAmount = FeeExact, ledger.Minor(min(was.FeeBack.Minor(), left.Minor()), left.Currency())
	}
	if now.Amount == was.presented() {
		for _, x := range was.Lines {
			now.Lines = append(now.Lines, RefundLine{Line: x.Line, Amount: x.Parts.Amount})
		}
	}
	return &now, nil
}

// goes says how a refund goes that takes the place of one that failed.
func (p *Platform) goes(u *ledger.Unit, c *Charge, r *Refund, req *RefundRequest) error {
	r.Repays = req.Repays
	if req.Repays == "" {
		return nil
	}
	c.Owed = slices.Clone(c.Owed)
	for i := range c.Owed {
		if c.Owed[i].Refund == r.Repays {
			c.Owed[i].By = r.ID
		}
	}
	if req.Bank == nil && req.Paid == "" {
		return nil
	}
	r.Acquirer, r.Rail, r.Way = "", railName(p.e), &RefundWay{Paid: req.Paid}
	r.Reference = cmp.Or(req.Paid, r.Reference)
	if req.Bank == nil {
		return nil
	}
	to, err := req.Bank.account(u, p.e)
	if err != nil {
		return err
	}
	if cur := r.presented().Currency(); to.Currency != cur {
		return badField("currency_mismatch", "bank.currency", "the buyer paid in "+cur.String()+", and gets that back")
	}
	if _, err := whole(r.presented(), r.presented()); err != nil {
		return err
	}
	r.Way.Destination = to.Destination
	return nil
}

var owedLister = &lister[Charge]{what: "owed charges", kind: &chargeKind, key: "owed", platform: func(c *Charge) string { return c.Platform }}

// ListOwed returns a page of the charges of which their buyers are owed something, since
// refunds of them have failed: Charge.Owed says what. Of the request, After and Limit
// count. The buyer is paid by RefundRequest.Repays.
func (p *Platform) ListOwed(ctx context.Context, r ListRequest) (*List[Charge], error) {
	return owedLister.page(ctx, p, ListRequest{After: r.After, Limit: r.Limit})
}

// Owed walks them, those that have been owed for longest last.
func (p *Platform) Owed(ctx context.Context, r ListRequest) iter.Seq2[*Charge, error] {
	return owedLister.each(ctx, p, r, func(c *Charge) string { return c.ID })
}

// compareOwed reports where a buyer is owed something of a refund that has not failed, or
// more than they paid and did not get back.
func (t *tally) compareOwed(c *Charge, g *given) {
	total := int64(0)
	for _, o := range c.Owed {
		total += o.Amount.Minor()
		if most, ok := g.failed[o.Refund]; !ok || o.Amount.Minor() > most || o.Amount.Sign() <= 0 {
			t.report.Add("charge "+c.ID, "%v of the refund %s is owed to the buyer, which did not fail for as much", o.Amount, o.Refund)
		}
	}
	if total > 0 && (c.Status != ChargeSucceeded || total > c.unrefunded().Minor()) {
		t.report.Add("charge "+c.ID, "%v are owed to the buyer, who lacks %v", c.owed(), c.unrefunded())
	}
}
