package connect

import (
	"github.com/soukhq/souk/ledger"
)

// sellerPays tells a direct charge of which the seller pays for the processing.
func (c *Charge) sellerPays() bool { return c.Direct && c.FeesPayer != PartyPlatform }

// toPlatform is what a direct charge gives the platform: the commission, and the
// service fee that came in with it.
func (c *Charge) toPlatform() ledger.Money { return sum(c.ApplicationFee, c.ServiceFee) }

// directNet is what a direct charge leaves its seller. It may be below zero only
// where the card cost more to process than was to be expected.
func (c *Charge) directNet() ledger.Money {
	net := c.Amount.Minor() - c.toPlatform().Minor() - addTax(c.FeeTax) - addTax(c.Tax)
	if c.sellerPays() {
		net -= c.ProcessingFee.Minor()
	}
	return ledger.Minor(net, c.Amount.Currency())
}

// checkDirect refuses a commission of more than the processing fee leaves of a
// direct charge, as far as that is known before the card is asked.
func (p *Platform) checkDirect(u *ledger.Unit, prof *Profile, c *Charge) error {
	if !c.sellerPays() {
		return nil
	}
	line, err := p.processing(u, prof, c, Answer{})
	if err != nil {
		return err
	}
	whole := *c
	whole.ProcessingFee = line.Amount
	if whole.directNet().Sign() >= 0 {
		return nil
	}
	return badField("fee_exceeds_amount", c.feeField(), "the commission is "+c.ApplicationFee.String()+" before taxes, and "+
		line.Amount.String()+" is taken for processing; the seller's share is "+c.share().String())
}

// checkDirectCapture is checkDirect for all that is captured with a capture.
func (p *Platform) checkDirectCapture(u *ledger.Unit, prof *Profile, c *Charge, k *Capture) error {
	if !c.sellerPays() {
		return nil
	}
	a, now := *c.Authorization, *c
	now.Authorization = &a
	now.add(k)
	return p.checkDirect(u, prof, &now)
}

// feeField is where the commission of a charge comes from.
func (c *Charge) feeField() string {
	if c.Commission != nil {
		return "prices"
	}
	return "applicationFee"
}

// postDirect posts a direct charge: flows C1 and C2 of the chart. All comes in
// with the seller, who hands on what is the authorities' and the platform's.
func (p *Platform) postDirect(b *books, c *Charge) {
	cur := c.Amount.Currency()
	platform, seller := p.of(p.id, c.PlatformIn, cur), p.of(c.Account, c.AccountIn, cur)
	acquirer, fees := p.house("acquirer/"+c.Acquirer, cur), p.house("processing_fees", cur)
	if c.sellerPays() {
		b.post("charge", out(acquirer, c.outside()), line{account: seller, minor: c.outside().Minor() - c.ProcessingFee.Minor()}, in(fees, c.ProcessingFee))
	} else {
		b.post("charge", out(acquirer, c.outside()), in(seller, c.outside()))
		b.post("processing fee", out(platform, c.ProcessingFee), in(fees, c.ProcessingFee))
	}
	p.postDiscount(b, c, platform, seller, p.postCredit(b, c, platform, seller, minus(c.Amount, c.outside())))
	for _, t := range c.Tax {
		b.post("tax collected", out(seller, t.Amount), in(p.of(p.id, "tax/"+t.Authority, cur), t.Amount))
	}
	p.postFee(b, c, platform, seller, c.toPlatform())
}

// postFee takes a commission and the taxes on it from a seller.
func (p *Platform) postFee(b *books, c *Charge, platform, seller ledger.Ref, fee ledger.Money) {
	lines := []line{{account: seller, minor: -fee.Minor() - addTax(c.FeeTax)}, in(platform, fee)}
	for _, t := range c.FeeTax {
		lines = append(lines, in(p.of(p.id, "tax/"+t.Authority, c.Amount.Currency()), t.Amount))
	}
	b.post("application fee", lines...)
}

// beginDirect computes the parts of a refund of a direct charge: the seller gives
// it, and gets the same part of the commission back where that was asked for.
func (c *Charge) beginDirect(r *Refund, req *RefundRequest) error {
	if r.Direct, r.Returns = true, req.RefundFee && !c.ApplicationFee.IsZero(); !r.Returns {
		return nil
	}
	return c.returnFee(r)
}

// directOwes is what a refund of a direct charge takes from platform and seller.
func (r *Refund) directOwes() (platform, seller int64) {
	platform = r.FeeBack.Minor() + r.ServiceBack.Minor()
	return platform, r.Amount.Minor() - platform - addTax(r.Tax) - addTax(r.FeeTax)
}

// refundDirect posts the refund of a direct charge: flows R1 and R2 of the chart.
func (p *Platform) refundDirect(b *books, c *Charge, r *Refund) error {
	cur := r.Amount.Currency()
	platform, seller := p.of(p.id, r.FromPlatform.Purpose, cur), p.of(c.Account, r.FromAccount.Purpose, cur)
	b.post("refund", out(seller, r.outside()).force(r.FromAccount.Short), in(p.house("acquirer/"+c.Acquirer, cur), r.outside()))
	if err := p.refundTenders(b, c, r, seller, r.FromAccount.Short); err != nil {
		return err
	}
	for _, t := range r.Tax {
		b.post("tax refunded", out(p.of(p.id, "tax/"+t.Authority, cur), t.Amount), in(seller, t.Amount))
	}
	p.postFeeBack(b, r, platform, seller, sum(r.FeeBack, r.ServiceBack))
	return nil
}

// postFeeBack gives a seller a part of a commission back, with its taxes.
func (p *Platform) postFeeBack(b *books, r *Refund, platform, seller ledger.Ref, fee ledger.Money) {
	lines := []line{out(platform, fee).force(r.FromPlatform.Short), {account: seller, minor: fee.Minor() + addTax(r.FeeTax)}}
	for _, t := range r.FeeTax {
		lines = append(lines, out(p.of(p.id, "tax/"+t.Authority, r.Amount.Currency()), t.Amount))
	}
	b.post("fee refund", lines...)
}
