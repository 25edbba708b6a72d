package connect

import (
	"github.com/soukhq/souk/ledger"
)

// asideOfLines is asideBack for a refund that names lines: their taxes, and what of
// them is the platform's. Where refunds without lines have left less of one of these
// than that, it is taken from the others.
func (c *Charge) asideOfLines(r *Refund) (ledger.Money, error) {
	cur, n := c.Amount.Currency(), len(c.Tax)
	want, left := make([]int64, n+2), make([]int64, n+2) // taxes, the platform's lines, the service fee
	for _, x := range r.Lines {
		line := c.line(x.Line)
		for i := range c.Tax {
			want[i] += x.Parts.tax(c.Tax[i].Authority)
		}
		if c.Account != "" && line.Owner == r.Platform {
			want[n] += x.Parts.net()
		}
		if line.Back == nil {
			line.Back = &LineParts{}
		}
		line.Back.add(&x.Parts, 1)
		if s := c.shareOf(line.Owner); s != nil {
			s.Refunded = ledger.Minor(s.Refunded.Minor()+x.Parts.net()+x.Parts.ByPlatform.Minor(), cur)
		}
	}
	for i, t := range c.Tax {
		left[i] = t.Amount.Minor() - t.Refunded.Minor()
	}
	left[n] = c.PlatformPart.Minor() - c.PlatformBack.Minor()
	left[n+1] = c.ServiceFee.Minor() - c.ServiceBack.Minor()
	seller := c.Amount.Minor() - c.Refunded.Minor() - c.Refunding.Minor() + r.Amount.Minor()
	for i := range left {
		seller -= left[i]
	}
	if !c.kept().IsZero() {
		left[n+1] = 0
	}
	steps, aside, err := fit(ledger.Minor(r.Amount.Minor(), cur), want, left, seller)
	if err != nil {
		return aside, err
	}
	for i := range c.Tax {
		part := ledger.Minor(steps[i], cur)
		c.Tax[i].Refunded = sum(c.Tax[i].Refunded, part)
		r.Tax = append(r.Tax, Tax{Authority: c.Tax[i].Authority, Amount: part, Refunded: ledger.Zero(cur)})
	}
	r.PlatformBack, r.ServiceBack = ledger.Minor(steps[n], cur), ledger.Minor(steps[n+1], cur)
	c.PlatformBack, c.ServiceBack = sum(c.PlatformBack, r.PlatformBack), sum(c.ServiceBack, r.ServiceBack)
	c.ByLine = c.byLine()
	c.ByLine.add(ByLine{Amount: r.Amount, Aside: aside}, 1)
	return aside, nil
}

// fit brings what is wanted of an amount within what is left: the rest of it is the
// seller's, who has so much left.
func fit(amount ledger.Money, want, left []int64, seller int64) (steps []int64, all ledger.Money, err error) {
	cur, total := amount.Currency(), int64(0)
	steps = make([]int64, len(want))
	for i := range want {
		steps[i] = max(min(want[i], left[i]), 0)
		total += steps[i]
	}
	if total > amount.Minor() {
		parts, err := amount.Allocate(steps...)
		if err != nil {
			return nil, amount, err
		}
		for i := range parts {
			steps[i] = parts[i].Minor()
		}
		total = amount.Minor()
	}
	if short := amount.Minor() - total - max(seller, 0); short > 0 {
		rest := make([]int64, len(want))
		for i := range rest {
			rest[i] = left[i] - steps[i]
		}
		parts, err := ledger.Minor(short, cur).Allocate(rest...)
		if err != nil {
			return nil, amount, err
		}
		for i := range parts {
			steps[i] += parts[i].Minor()
		}
		total += short
	}
	return steps, ledger.Minor(total, cur), nil
}

// feeStep is how much of the commission goes back with a refund.
func (c *Charge) feeStep(r *Refund) (ledger.Money, error) {
	cur, by := c.Amount.Currency(), c.byLine()
	left := c.ApplicationFee.Minor() - c.FeeBack.Minor()
	if len(r.Lines) == 0 {
		target, err := c.dueBut(minus(c.ApplicationFee, by.Fee), sum(c.FeeBase, r.Amount), by.FeeBase)
		return ledger.Minor(min(max(target.Minor()-c.FeeBack.Minor()+c.FeeStated.Minor()+by.Fee.Minor(), 0), left), cur), err
	}
	want := int64(0)
	for _, x := range r.Lines {
		want += x.Parts.Commission.Minor()
	}
	step := ledger.Minor(min(want, left), cur)
	c.ByLine.add(ByLine{Fee: step, FeeBase: r.Amount}, 1)
	return step, nil
}

// mayDiscount tells that the platform gives something to discounts. What is captured
// later may have a part of that though what was captured so far has none; then refunds
// before it count, too.
func (c *Charge) mayDiscount() bool {
	return !c.Discount.IsZero() || c.Authorization != nil && !c.Authorization.Terms.Discount.IsZero()
}

// returnDiscount computes how much of what the platform gave to discounts the seller
// gives back with a refund of their share.
func (c *Charge) returnDiscount(r *Refund) error {
	if !c.mayDiscount() {
		return nil
	}
	cur, by := c.Amount.Currency(), c.byLine()
	left := c.Discount.Minor() - c.DiscountBack.Minor()
	if len(r.Lines) > 0 {
		want := int64(0)
		for _, x := range r.Lines {
			want += x.Parts.ByPlatform.Minor()
		}
		r.DiscountBack = ledger.Minor(min(want, left), cur)
		c.ByLine.add(ByLine{Discount: r.DiscountBack, TakenBack: r.Amount}, 1)
	} else {
		target, err := c.dueBut(minus(c.Discount, by.Discount), sum(c.DiscountBase, r.Amount), by.TakenBack)
		if err != nil {
			return err
		}
		r.DiscountBack = ledger.Minor(min(max(target.Minor()-c.DiscountBack.Minor()+by.Discount.Minor(), 0), left), cur)
	}
	c.DiscountBack, c.DiscountBase = sum(c.DiscountBack, r.DiscountBack), sum(c.DiscountBase, r.Amount)
	return nil
}

// linesUndone takes what a refund gave back of lines, of the platform's and of
// discounts off what was.
func (c *Charge) linesUndone(r *Refund) {
	c.PlatformBack = minus(c.PlatformBack, r.PlatformBack)
	taken := c.mayDiscount() && (r.Reverses || r.Direct) && !r.Alone
	if taken {
		c.DiscountBack, c.DiscountBase = minus(c.DiscountBack, r.DiscountBack), minus(c.DiscountBase, r.Amount)
	}
	if len(r.Lines) == 0 {
		return
	}
	undo := ByLine{Amount: r.Amount, Aside: ledger.Minor(addTax(r.Tax)+r.PlatformBack.Minor()+r.ServiceBack.Minor(), r.Amount.Currency())}
	if r.Returns {
		undo.Fee, undo.FeeBase = r.FeeBack, r.Amount
	}
	if taken {
		undo.Discount, undo.TakenBack = r.DiscountBack, r.Amount
	}
	if c.ByLine.add(undo, -1); c.ByLine.Amount.IsZero() {
		c.ByLine = nil
	}
	for _, x := range r.Lines {
		line := c.line(x.Line)
		if s := c.shareOf(line.Owner); s != nil {
			s.Refunded = ledger.Minor(s.Refunded.Minor()-x.Parts.net()-x.Parts.ByPlatform.Minor(), r.Amount.Currency())
		}
		if line.Back.add(&x.Parts, -1); line.Back.Amount.IsZero() {
			line.Back = nil
		}
	}
}

// failDiscount takes back what refunds have left of what the platform gave to
// discounts of a payment that failed.
func (b *books) failDiscount(c *Charge, platform, seller ledger.Ref) {
	f := c.Failure
	step := minus(minus(c.Discount, c.DiscountBack), f.Discount)
	f.Discount = sum(f.Discount, step)
	b.post("discount returned", out(seller, step).force(ShortNegative), in(platform, step))
}
