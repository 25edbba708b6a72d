package connect

import (
	"github.com/soukhq/souk/ledger"
)

// begin counts a refund as pending on its charge and computes its parts.
func (c *Charge) begin(r *Refund, req *RefundRequest) error {
	zero := ledger.Zero(c.Amount.Currency())
	r.Reversal, r.FeeBack, r.ServiceBack, r.ReverseBase = zero, zero, zero, zero
	r.PlatformBack, r.DiscountBack = zero, zero
	var err error
	if c.Refunding, err = c.Refunding.Add(r.Amount); err != nil {
		return err
	}
	aside, err := c.asideBack(r)
	if err != nil {
		return err
	}
	if r.Alone = req.standing; r.Alone {
		r.Direct = c.Direct
		return c.convertBack(r)
	}
	if c.Direct {
		if err := c.returnDiscount(r); err != nil {
			return err
		}
		return c.beginDirect(r, req)
	}
	return c.pullBack(r, req, aside)
}

// pullBack computes what the seller gives of a refund, and gets back of the commission.
func (c *Charge) pullBack(r *Refund, req *RefundRequest, aside ledger.Money) error {
	if r.Reverses = req.ReverseTransfer; !r.Reverses {
		return nil
	}
	if err := c.takeBack(r, minus(r.Amount, aside)); err != nil {
		return err
	}
	if err := c.returnDiscount(r); err != nil {
		return err
	}
	return c.giveFeeBack(r, req)
}

// takeBack computes how much the seller gives of a refund. What is neither tax nor
// service fee was theirs; of an amount that was stated it is the same part.
func (c *Charge) takeBack(r *Refund, part ledger.Money) error {
	cur := c.Amount.Currency()
	if !c.byAmount() {
		r.Reversal = ledger.Minor(min(part.Minor(), c.share().Minor()-c.Reversed.Minor()), cur)
		c.Reversed = sum(c.Reversed, r.Reversal)
		return nil
	}
	r.ReverseBase = ledger.Minor(min(part.Minor(), c.share().Minor()-c.ReverseBase.Minor()), cur)
	c.ReverseBase = sum(c.ReverseBase, r.ReverseBase)
	target, err := c.TransferAmount.Proportion(c.ReverseBase, c.share())
	if err != nil {
		return err
	}
	r.Reversal = ledger.Minor(max(target.Minor()-c.Reversed.Minor(), 0), cur)
	c.Reversed = sum(c.Reversed, r.Reversal)
	return nil
}

// mayReturn tells whether refunds can give a commission back. What is captured later
// may have one though what was captured so far has not; then they count for it.
func (c *Charge) mayReturn() bool { return !c.ApplicationFee.IsZero() || c.Authorization != nil }

// returnFee computes how much of the commission goes back with a refund.
func (c *Charge) returnFee(r *Refund) error {
	part, err := c.feeStep(r)
	if err != nil {
		return err
	}
	r.FeeBack = part
	c.FeeBack, c.FeeBase = sum(c.FeeBack, r.FeeBack), sum(c.FeeBase, r.Amount)
	return c.feeTaxBack(r)
}

// feeTaxBack computes how much of each tax on the commission goes back with it.
func (c *Charge) feeTaxBack(r *Refund) error {
	for i := range c.FeeTax {
		t := &c.FeeTax[i]
		target, err := c.due(t.Amount, c.FeeBase)
		if len(c.Lines) > 0 || !c.FeeStated.IsZero() { // which have parts of the commission of their own
			target, err = t.Amount.Proportion(c.FeeBack, c.ApplicationFee)
		}
		if err != nil {
			return err
		}
		part := ledger.Minor(max(target.Minor()-t.Refunded.Minor(), 0), c.Amount.Currency())
		t.Refunded = sum(t.Refunded, part)
		r.FeeTax = append(r.FeeTax, Tax{Authority: t.Authority, Amount: part, Refunded: minus(part, part)})
	}
	return nil
}

// kept is the service fee if refunds give it back last, after all else.
func (c *Charge) kept() ledger.Money {
	if c.Service != nil && c.Service.Kept {
		return c.ServiceFee
	}
	return ledger.Zero(c.Amount.Currency())
}

// due is how much of a part has gone back once so much of the amount has. A
// service fee that is kept has no share in it.
func (c *Charge) due(part, back ledger.Money) (ledger.Money, error) {
	return c.dueBut(part, back, ledger.Zero(c.Amount.Currency()))
}

// dueBut is due where some of both went back with refunds that named lines.
func (c *Charge) dueBut(part, back, by ledger.Money) (ledger.Money, error) {
	all := minus(minus(c.Amount, c.kept()), by)
	back = ledger.Minor(back.Minor()-by.Minor(), all.Currency())
	if all.IsZero() {
		return all, nil
	}
	return part.Proportion(ledger.Minor(min(back.Minor(), all.Minor()), all.Currency()), all)
}

// asideBack computes how much of what never was the seller's goes back with a
// refund, the taxes and the service fee: one cumulative target for all of them,
// shared out by what is left of each.
func (c *Charge) asideBack(r *Refund) (ledger.Money, error) {
	if len(r.Lines) > 0 {
		return c.asideOfLines(r)
	}
	cur, n := c.Amount.Currency(), len(c.Tax)
	whole, given := c.ServiceFee.Minor()-c.kept().Minor(), c.ServiceBack.Minor()
	if !c.kept().IsZero() {
		given = 0
	}
	left := make([]int64, n+2)
	left[n] = whole - given
	whole, given = whole+c.PlatformPart.Minor(), given+c.PlatformBack.Minor()
	left[n+1] = c.PlatformPart.Minor() - c.PlatformBack.Minor()
	for i, t := range c.Tax {
		whole += t.Amount.Minor()
		given += t.Refunded.Minor()
		left[i] = t.Amount.Minor() - t.Refunded.Minor()
	}
	last := c.keptBack(r)
	if whole == given {
		return last, nil
	}
	by := c.byLine()
	whole, given = whole-by.Aside.Minor(), given-by.Aside.Minor()
	target, err := c.dueBut(ledger.Minor(whole, cur), sum(c.Refunded, c.Refunding), by.Amount)
	if err != nil {
		return last, err
	}
	step := ledger.Minor(min(max(target.Minor()-given, 0), r.Amount.Minor()-last.Minor()), cur)
	parts, err := step.Allocate(left...)
	if err != nil {
		return step, err
	}
	for i, part := range parts[:n] {
		c.Tax[i].Refunded = sum(c.Tax[i].Refunded, part)
		r.Tax = append(r.Tax, Tax{Authority: c.Tax[i].Authority, Amount: part, Refunded: ledger.Zero(cur)})
	}
	r.ServiceBack = sum(r.ServiceBack, parts[n])
	c.ServiceBack = sum(c.ServiceBack, parts[n])
	r.PlatformBack, c.PlatformBack = parts[n+1], sum(c.PlatformBack, parts[n+1])
	return sum(step, last), nil
}

// keptBack is what goes back of a service fee that is kept: what a refund takes
// beyond all else.
func (c *Charge) keptBack(r *Refund) ledger.Money {
	cur := c.Amount.Currency()
	if c.kept().IsZero() {
		return ledger.Zero(cur)
	}
	beyond := c.Refunded.Minor() + c.Refunding.Minor() - minus(c.Amount, c.kept()).Minor() - c.ServiceBack.Minor()
	step := ledger.Minor(min(max(beyond, 0), r.Amount.Minor()), cur)
	r.ServiceBack, c.ServiceBack = step, sum(c.ServiceBack, step)
	return step
}

// sum adds parts of one charge. They never exceed its amount, which fits.
func sum(a, b ledger.Money) ledger.Money { return ledger.Minor(a.Minor()+b.Minor(), a.Currency()) }

// minus takes a part of a charge off again.
func minus(a, b ledger.Money) ledger.Money { return ledger.Minor(a.Minor()-b.Minor(), a.Currency()) }

// end takes a pending refund off its charge: done, or undone as if it had never
// been.
func (c *Charge) end(r *Refund, done bool) {
	c.Refunding = minus(c.Refunding, r.Amount)
	c.endExchanged(r, done)
	if r.FeeStep != nil && !done {
		c.FeeSettlement.Back = c.FeeSettlement.Back.less(*r.FeeStep)
	}
	if done {
		c.Refunded = sum(c.Refunded, r.Amount)
		c.paidBack(r)
		return
	}
	c.sentBack(r)
	c.ServiceBack = minus(c.ServiceBack, r.ServiceBack)
	c.linesUndone(r)
	taxUndone(c.Tax, r.Tax)
	taxUndone(c.FeeTax, r.FeeTax)
	if r.Reverses {
		c.Reversed, c.ReverseBase = minus(c.Reversed, r.Reversal), minus(c.ReverseBase, r.ReverseBase)
	}
	if r.Returns {
		c.FeeBack, c.FeeBase = minus(c.FeeBack, r.FeeBack), minus(c.FeeBase, r.Amount)
	}
	if r.FeeStated {
		c.FeeBack, c.FeeStated = minus(c.FeeBack, r.FeeBack), minus(c.FeeStated, r.FeeBack)
	}
}

// taxUndone takes what a refund gave back of taxes off what was.
func taxUndone(list, back []Tax) {
	for _, t := range back {
		for i := range list {
			if list[i].Authority == t.Authority {
				list[i].Refunded = minus(list[i].Refunded, t.Amount)
			}
		}
	}
}
