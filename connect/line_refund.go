package connect

import (
	"fmt"

	"github.com/soukhq/souk/ledger"
)

// RefundLine names what is given back of a line of a charge.
type RefundLine struct {
	Line string `json:"line,omitzero"` // its name
	// Amount is of the line's own amount: more than zero, and together with earlier
	// refunds of the line at most all of it. What goes back to the buyer is that, with
	// the taxes on top of it and less the discounts, in proportion. The zero Money is
	// all that is left of the line.
	Amount ledger.Money `json:"amount,omitzero"`
}

// RefundedLine is what a refund gave back of a line.
type RefundedLine struct {
	Line  string    `json:"line"`
	Parts LineParts `json:"parts"`
}

// ByLine adds up what refunds that name lines gave back of a charge, pending ones
// included. What is left of it goes back in proportion where no lines are named.
type ByLine struct {
	Amount    ledger.Money `json:"amount,omitzero"`
	Aside     ledger.Money `json:"aside,omitzero"`     // of it, taxes and the platform's own lines
	Fee       ledger.Money `json:"fee,omitzero"`       // of the commission
	FeeBase   ledger.Money `json:"feeBase,omitzero"`   // what was refunded with a part of that
	Discount  ledger.Money `json:"discount,omitzero"`  // of what the platform gave to discounts
	TakenBack ledger.Money `json:"takenBack,omitzero"` // what was refunded with a part of that
}

// add counts together.
func (b *ByLine) add(q ByLine, sign int64) {
	for _, x := range []struct{ to, by *ledger.Money }{
		{&b.Amount, &q.Amount}, {&b.Aside, &q.Aside}, {&b.Fee, &q.Fee}, {&b.FeeBase, &q.FeeBase}, {&b.Discount, &q.Discount}, {&b.TakenBack, &q.TakenBack},
	} {
		if cur := x.by.Currency(); !cur.IsZero() {
			*x.to = ledger.Minor(x.to.Minor()+sign*x.by.Minor(), cur)
		}
	}
}

// byLine is what refunds by lines gave back, and never nil.
func (c *Charge) byLine() *ByLine {
	if c.ByLine != nil {
		return c.ByLine
	}
	zero := ledger.Zero(c.Amount.Currency())
	return &ByLine{zero, zero, zero, zero, zero, zero}
}

// linesLoaded gives amounts of nothing their currency back, which storage leaves out.
func (c *Charge) linesLoaded(zero ledger.Money) {
	if b := c.ByLine; b != nil {
		asZero(zero, &b.Amount, &b.Aside, &b.Fee, &b.FeeBase, &b.Discount, &b.TakenBack)
	}
	for i := range c.Shares {
		s := &c.Shares[i]
		asZero(zero, &s.Amount, &s.Refunded, &s.Transferred)
	}
}

// nameLines reads which lines a refund is of, and returns its amount: what it
// states, or what was paid for the lines.
func (c *Charge) nameLines(r *Refund, req *RefundRequest) (ledger.Money, error) {
	if len(req.Lines) == 0 {
		return req.Amount, nil
	}
	switch {
	case len(c.Lines) == 0:
		return req.Amount, badField("no_lines", "lines", "the charge has no lines; a refund of it names an amount")
	case len(req.Lines) > maxLines:
		return req.Amount, badField("invalid_lines", "lines", fmt.Sprintf("a refund names at most %d lines", maxLines))
	case c.Status != ChargeSucceeded:
		return req.Amount, badState("invalid_state", "charge", "only a charge that succeeded can be refunded; it is "+string(c.Status))
	case c.Authorization != nil && c.Amount.Minor() < c.Authorization.Amount.Minor():
		return req.Amount, badState("partly_captured", "lines", "only a part of the lines was captured; a refund of it names an amount")
	}
	total := int64(0)
	for i, asked := range req.Lines {
		at := fmt.Sprintf("lines[%d]", i)
		x := c.line(asked.Line)
		if x == nil || !x.sold() {
			return req.Amount, badField("invalid_line", at+".line", "it is no line of the charge that can be refunded: taxes and discounts follow their lines")
		}
		for _, before := range r.Lines {
			if before.Line == x.Name {
				return req.Amount, badField("invalid_line", at+".line", "a refund names a line once")
			}
		}
		step, err := x.step(asked.Amount, at)
		if err != nil {
			return req.Amount, err
		}
		total += step.paid()
		r.Lines = append(r.Lines, RefundedLine{x.Name, step})
	}
	amount := ledger.Minor(total, c.Amount.Currency())
	if req.Amount != (ledger.Money{}) && req.Amount != amount {
		return amount, badField("lines_do_not_add", "amount", "the buyer paid "+amount.String()+" for the lines, not "+req.Amount.String())
	}
	if amount.IsZero() {
		return amount, badField("invalid_amount", "lines", "the buyer paid nothing for them")
	}
	left := minus(minus(c.Amount, c.Refunded), c.Refunding)
	if !c.kept().IsZero() { // which no line has a part in
		left = minus(left, minus(c.ServiceFee, c.ServiceBack))
	}
	if amount.Minor() > left.Minor() {
		return amount, badState("refund_exceeds_charge", "amount", left.String()+" of the charge's lines can still be refunded")
	}
	return amount, nil
}

// line returns a line of the charge by its name, nil if there is none.
func (c *Charge) line(name string) *Line {
	for i := range c.Lines {
		if c.Lines[i].Name == name {
			return &c.Lines[i]
		}
	}
	return nil
}

// step is what goes back of a line's parts with another amount of it, by the
// cumulative rule.
func (l *Line) step(asked ledger.Money, at string) (LineParts, error) {
	p, cur := l.Parts, l.Amount.Currency()
	back := l.Back
	if back == nil {
		back = &LineParts{}
	}
	left := ledger.Minor(p.Amount.Minor()-back.Amount.Minor(), cur)
	if asked == (ledger.Money{}) {
		asked = left
	}
	switch {
	case asked.Currency() != cur:
		return LineParts{}, badField("currency_mismatch", at+".amount", "the line is in "+cur.String())
	case asked.Sign() < 0 || asked.IsZero() && left.Sign() > 0:
		return LineParts{}, badField("invalid_amount", at+".amount", "it is more than zero")
	case asked.Minor() > left.Minor() || left.IsZero():
		return LineParts{}, badState("refund_exceeds_line", at+".amount", left.String()+" of the line can still be refunded")
	}
	done := ledger.Minor(back.Amount.Minor()+asked.Minor(), cur)
	part := func(whole, given int64) (ledger.Money, error) {
		target, err := ledger.Minor(whole, cur).Proportion(done, p.Amount)
		return some(ledger.Minor(max(target.Minor()-given, 0), cur)), err
	}
	step := LineParts{Amount: asked}
	for _, x := range []struct {
		to           *ledger.Money
		whole, given ledger.Money
	}{
		{&step.Discount, p.Discount, back.Discount}, {&step.ByPlatform, p.ByPlatform, back.ByPlatform}, {&step.OnTop, p.OnTop, back.OnTop},
		{&step.Base, p.Base, back.Base}, {&step.Commission, p.Commission, back.Commission},
	} {
		var err error
		if *x.to, err = part(x.whole.Minor(), x.given.Minor()); err != nil {
			return step, err
		}
	}
	step.Discount = some(ledger.Minor(min(step.Discount.Minor(), asked.Minor()+step.OnTop.Minor()), cur))
	for _, t := range p.Tax {
		m, err := part(t.Amount.Minor(), back.tax(t.Authority))
		if err != nil {
			return step, err
		}
		step.addTax(t.Authority, m)
	}
	return step, nil
}
