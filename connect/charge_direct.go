package connect

import (
	"github.com/soukhq/souk/ledger"
)

// sellerPays tells a direct charge of which the seller pays for the processing.
func (c *Charge) sellerPays() bool { return c.Direct && c.FeesPayer != PartyPlatform }

// toPlatform is what a direct charge gives the platform: the commission, and what
// came in with it of the platform's, the service fee and lines of its own.
func (c *Charge) toPlatform() ledger.Money {
	return sum(sum(c.ApplicationFee, c.ServiceFee), c.PlatformPart)
}

// commission is what a seller's account hands the platform: of a direct charge all
// that is the platform's, of another what it gets back of what it transferred.
func (c *Charge) commission() ledger.Money {
	if c.Direct {
		return c.toPlatform()
	}
	return c.ApplicationFee
}

// backFromPlatform is what of that refunds have given back.
func (c *Charge) backFromPlatform() ledger.Money {
	return sum(sum(c.FeeBack, c.ServiceBack), c.PlatformBack)
}

// directNet is what a direct charge leaves its seller. It may be below zero only
// where the card cost more to process than was to be expected.
func (c *Charge) directNet() ledger.Money {
	net := c.Amount.Minor() + c.Discount.Minor() - c.toPlatform().Minor() - addTax(c.FeeTax) - addTax(c.Tax)
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
func (p *Platform) postDirect(b *books, c *Charge) error {
	cur := c.Amount.Currency()
	platform, seller := p.of(p.id, c.PlatformIn, cur), p.of(c.Account, c.AccountIn, cur)
	fees, lines := p.house("processing_fees", cur), p.acquired(c.clearing(), c.outside(), c.Settlement.whole())
	commission, seller := p.landsIn(c, platform, seller)
	if c.sellerPays() {
		b.post("charge", append(lines, line{account: seller, minor: c.outside().Minor() - c.ProcessingFee.Minor()}, in(fees, c.ProcessingFee))...)
	} else {
		b.post("charge", append(lines, in(seller, c.outside()))...)
		b.post("processing fee", out(platform, c.ProcessingFee), in(fees, c.ProcessingFee))
	}
	p.postDiscount(b, c, platform, seller, p.postCredit(b, c, platform, seller, minus(c.Amount, c.outside())))
	for _, t := range c.Tax {
		b.post("tax collected", out(seller, t.Amount), in(p.of(p.id, "tax/"+t.Authority, cur), t.Amount))
	}
	b.post("discount", out(platform, c.Discount), in(seller, c.Discount)) // flow C13
	p.postFee(b, c, commission, seller, c.toPlatform())
	return p.settleFee(b, c, c.FeeSettlement)
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
	r.Direct = true
	if err := c.giveFeeBack(r, req); err != nil {
		return err
	}
	return c.convertBack(r)
}

// convertBack computes what a platform whose part was converted gives of it.
func (c *Charge) convertBack(r *Refund) error {
	back := sum(sum(r.FeeBack, r.ServiceBack), r.PlatformBack)
	if c.FeeSettlement == nil || back.IsZero() {
		return nil
	}
	step, err := c.FeeSettlement.feeBack(back)
	r.FeeStep = &step
	return err
}

// directOwes is what a refund of a direct charge takes from platform and seller.
func (r *Refund) directOwes() (platform, seller int64) {
	platform = r.FeeBack.Minor() + r.ServiceBack.Minor() + r.PlatformBack.Minor() - r.DiscountBack.Minor()
	return platform, r.Amount.Minor() - platform - addTax(r.Tax) - addTax(r.FeeTax)
}

// refundDirect posts the refund of a direct charge: flows R1 and R2 of the chart.
func (p *Platform) refundDirect(b *books, c *Charge, r *Refund) error {
	cur, fee := r.Amount.Currency(), sum(sum(r.FeeBack, r.ServiceBack), r.PlatformBack)
	from := r.sources(p)
	taxes := from.taxesTo()
	toHeld := from.credit(fee.Minor(), addTax(r.FeeTax))
	if taxes.Purpose == purposeHeld {
		toHeld += addTax(r.Tax)
	}
	b.post("refund", append(from.fromSeller(r.cost(), toHeld), p.givenBack(r.clearing(c), r.cost(), r.exchange())...)...)
	if err := p.postFXResult(b, r); err != nil {
		return err
	}
	if err := p.refundTenders(b, c, r, from.seller, r.FromAccount.Short); err != nil {
		return err
	}
	for _, t := range r.Tax {
		b.post("tax refunded", out(p.of(p.id, "tax/"+t.Authority, cur), t.Amount), in(taxes, t.Amount))
	}
	b.post("discount returned", out(from.seller, r.DiscountBack).force(r.FromAccount.Short), in(from.platform, r.DiscountBack))
	p.postFeeBack(b, r, from, fee)
	return nil
}

// postFeeBack gives a seller a part of a commission back, with its taxes.
func (p *Platform) postFeeBack(b *books, r *Refund, from *sources, fee ledger.Money) {
	lines := from.feeBack(fee, addTax(r.FeeTax))
	for _, t := range r.FeeTax {
		lines = append(lines, out(p.of(p.id, "tax/"+t.Authority, r.Amount.Currency()), t.Amount))
	}
	b.post("fee refund", lines...)
}
