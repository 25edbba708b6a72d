package connect

import (
	"github.com/soukhq/souk/ledger"
)

// codeUndone is the code of a payment that succeeded and was taken back.
const codeUndone = "payment_undone"

// paymentFailed undoes the payment that a receiver's coins made, since the chain
// took them back: the negatives of flow B1 and of what followed from it, newest
// first, whatever the balances. Taxes, share and commission are undone as far as
// refunds have not done so. The processing fee is given up: nobody processed
// anything, and the same coins may pay once more. A payment that comes back is a
// new charge.
func (p *Platform) paymentFailed(u *ledger.Unit, r *Receiver) error {
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	c, err := p.charge(u, r.Charge)
	if err != nil {
		return err
	}
	platformIn, err := p.inNow(u, c, p.id)
	if err != nil {
		return err
	}
	accountIn := ""
	if c.Account != "" {
		if accountIn, err = p.inNow(u, c, c.Account); err != nil {
			return err
		}
	}
	s := p.sides(c, platformIn, accountIn)
	b := &books{u: u, p: p, object: chargeKind.ID(c.ID)}
	p.sharesUndone(b, s, shares{minus(c.share(), c.Reversed), minus(c.ApplicationFee, c.FeeBack), leftOf(c.FeeTax), leftOf(c.Tax)})
	lines := []line{{account: s.platform, minor: c.ProcessingFee.Minor() - c.Amount.Minor()}, out(p.house("processing_fees", c.Amount.Currency()), c.ProcessingFee)}
	for _, l := range p.bought(prof.Base, r.Satoshi, r.Value, c.Amount) {
		lines = append(lines, line{account: l.account, minor: -l.minor})
	}
	b.undo(append(lines, in(p.unapplied(r), r.Satoshi))...)
	r.Charge, r.Paid = "", ledger.Zero(ledger.BTC)
	if err := c.become(ChargeFailed, codeUndone); err != nil {
		return err
	}
	return p.putCharge(u, c, EventChargeFailed)
}

// shares are what a payment gave to others than the platform, or what is left of
// that.
type shares struct {
	seller, fee ledger.Money // what the seller got, and what the platform took of it
	feeTax, tax []Tax
}

// leftOf is what refunds have left of taxes.
func leftOf(list []Tax) []Tax {
	left := make([]Tax, len(list))
	for i, t := range list {
		left[i] = Tax{Authority: t.Authority, Amount: minus(t.Amount, t.Refunded)}
	}
	return left
}

// sharesUndone takes shares back, newest first.
func (p *Platform) sharesUndone(b *books, s sides, x shares) {
	tax := func(t Tax) line { return out(p.of(p.id, "tax/"+t.Authority, t.Amount.Currency()), t.Amount) }
	if s.seller.Owner != "" {
		var lines []line
		for _, t := range x.feeTax {
			lines = append(lines, tax(t))
		}
		b.undo(append(lines, out(s.platform, x.fee), line{account: s.seller, minor: x.fee.Minor() + addTax(x.feeTax)})...)
		b.undo(out(s.seller, x.seller), in(s.platform, x.seller))
	}
	for _, t := range x.tax {
		b.undo(tax(t), in(s.platform, t.Amount))
	}
}

// undo posts what the world has undone, which the chart forces.
func (b *books) undo(lines ...line) { b.post("payment failed", lines...) }
