package connect

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// Failure says that a payment failed after it had succeeded, and what was taken
// back for it. The amounts stay zero where nothing had been posted.
type Failure struct {
	At       time.Time    `json:"at"`
	Code     string       `json:"code,omitzero"`
	Amount   ledger.Money `json:"amount,omitzero"`   // taken from the platform by the acquirer
	Reversal ledger.Money `json:"reversal,omitzero"` // pulled back from the seller
	FeeBack  ledger.Money `json:"feeBack,omitzero"`  // of the commission, given back to the seller
	Tax      []Tax        `json:"tax,omitzero"`      // no longer owed to the authorities
	FeeTax   []Tax        `json:"feeTax,omitzero"`   // likewise, given back to the seller

	Exchanged *Exchanged     `json:"exchanged,omitzero"` // Amount as the acquirer took it, of a payment that settles in another currency
	Discount  ledger.Money   `json:"discount,omitzero"`  // of what the platform gave to discounts, back to it from the seller
	Tenders   []ledger.Money `json:"tenders,omitzero"`   // given back to each of the charge's tenders
	Credit    ledger.Money   `json:"credit,omitzero"`    // taken back of the store credit that the charge had sold
}

func (f *Failure) booked() bool { return f != nil && !f.Amount.IsZero() }

func (f *Failure) loaded(zero ledger.Money) {
	asZero(zero, &f.Amount, &f.Reversal, &f.FeeBack, &f.Discount, &f.Credit)
	for i := range f.Tenders {
		if f.Tenders[i].IsZero() {
			f.Tenders[i] = zero
		}
	}
	for _, list := range [][]Tax{f.Tax, f.FeeTax} {
		for i := range list {
			if list[i].Amount.IsZero() {
				list[i].Amount = zero
			}
		}
	}
	taxLoaded(f.Tax, f.FeeTax)
}

// chargeFailed books that a payment failed after all. What was not captured by
// then cannot be any more.
func (p *Platform) chargeFailed(u *ledger.Unit, c *Charge, a Answer) error {
	posted := c.Status == ChargeSucceeded
	if err := c.become(ChargeFailed, a.Code); err != nil {
		return err
	}
	c.Owed = nil // the buyer has all of it again
	zero := ledger.Zero(c.Amount.Currency())
	c.Failure = &Failure{At: u.At(), Code: a.Code, Amount: zero, Reversal: zero, FeeBack: zero, Discount: zero, Credit: zero}
	c.Work.Done()
	if c.Authorization != nil {
		c.Authorization.Ended = true
	}
	if !posted {
		c.Settled = u.At()
		return p.putCharge(u, c, EventChargeFailed)
	}
	if err := p.endDisputes(u, c); err != nil {
		return err
	}
	if err := p.failRest(u, c, true); err != nil {
		return err
	}
	return p.putCharge(u, c, EventChargeFailed)
}

// fail posts a charge's failure with the charge itself, which has just landed in
// accounts of these purposes, and puts it.
func (p *Platform) fail(u *ledger.Unit, c *Charge, platform, seller string) error {
	converted := ""
	if c.FeeSettlement != nil {
		converted = c.FeeSettlement.In
	}
	if err := p.undo(u, c, platform, seller, converted, true); err != nil {
		return err
	}
	return p.putCharge(u, c, EventChargeFailed)
}

// failRest takes what is left of a failed charge from where its money is now:
// first all of it, and again once a refund that was under way has failed.
func (p *Platform) failRest(u *ledger.Unit, c *Charge, first bool) error {
	if !first && !c.Failure.booked() {
		return nil
	}
	platform, err := p.inNow(u, c, p.id)
	if err != nil {
		return err
	}
	seller, converted := "", ""
	if c.Account != "" {
		if seller, err = p.inNow(u, c, c.Account); err != nil {
			return err
		}
	}
	if f := c.FeeSettlement; f != nil {
		if converted, err = p.dayNow(u, p.id, f.In, f.Credited.Currency()); err != nil {
			return err
		}
	}
	return p.undo(u, c, platform, seller, converted, false)
}

// undo posts flow C11 of the chart: the acquirer has taken the whole amount back,
// and the seller gives back what refunds have left of the share. The processing
// fee is kept. All of it is forced, since the money is gone. It is taken from
// accounts of these purposes: of the platform, the seller, and of what the
// platform's part was converted into. Landed tells that it has just been posted, when
// the failure had been heard of already.
func (p *Platform) undo(u *ledger.Unit, c *Charge, from, to, converted string, landed bool) error {
	f, cur := c.Failure, c.Amount.Currency()
	platform := p.of(p.id, from, cur)
	b := &books{u: u, p: p, object: chargeKind.ID(c.ID)}
	if c.Direct {
		return p.undoDirect(b, c, platform, p.of(c.Account, to, cur), converted, landed)
	}
	amount := minus(c.outside(), f.Amount)
	b.post("payment failed", append([]line{out(platform, amount)}, p.takenBack(c, amount)...)...)
	f.Amount = c.outside()
	if err := p.tendersUndone(b, c, platform, ledger.Ref{}, landed); err != nil {
		return err
	}
	if err := p.saleUndone(b, c, platform); err != nil {
		return err
	}
	for i, step := range failTax(&f.Tax, c.Tax) {
		b.post("tax refunded", out(p.of(p.id, "tax/"+c.Tax[i].Authority, cur), step), in(platform, step))
	}
	if c.Account == "" {
		return nil
	}
	seller := p.of(c.Account, to, cur)
	reversal := minus(minus(c.given(), c.Reversed), f.Reversal)
	fee := minus(minus(c.ApplicationFee, c.FeeBack), f.FeeBack)
	f.Reversal, f.FeeBack = sum(f.Reversal, reversal), sum(f.FeeBack, fee)
	feeTax := failTax(&f.FeeTax, c.FeeTax)
	tax := addSteps(feeTax)
	x, err := p.failedFrom(u, c, platform, seller, reversal.Minor(), reversal.Minor()-fee.Minor()-tax, fee.Minor())
	if err != nil {
		return err
	}
	b.post("transfer reversal", append(x.fromSeller(reversal, x.credit(fee.Minor(), tax)), in(platform, reversal))...)
	b.failDiscount(c, platform, seller)
	p.feeUndone(b, c, x, fee, feeTax)
	return nil
}

// feeUndone gives the seller a commission back, with the taxes on it.
func (p *Platform) feeUndone(b *books, c *Charge, x *sources, fee ledger.Money, feeTax []ledger.Money) {
	back := x.feeBack(fee, addSteps(feeTax))
	for i, step := range feeTax {
		back = append(back, out(p.of(p.id, "tax/"+c.FeeTax[i].Authority, fee.Currency()), step))
	}
	b.post("fee refund", back...)
}

func addSteps(list []ledger.Money) int64 {
	n := int64(0)
	for _, m := range list {
		n += m.Minor()
	}
	return n
}

// undoDirect does the same for a direct charge: all of it is taken from the seller,
// who gets back what refunds have left of the commission and the service fee.
func (p *Platform) undoDirect(b *books, c *Charge, platform, seller ledger.Ref, converted string, landed bool) error {
	f, cur := c.Failure, c.Amount.Currency()
	amount := minus(c.outside(), f.Amount)
	taken := p.takenBack(c, amount)
	f.Amount = c.outside()
	taxes, feeTax := failTax(&f.Tax, c.Tax), failTax(&f.FeeTax, c.FeeTax)
	fee := minus(minus(c.toPlatform(), c.backFromPlatform()), f.FeeBack)
	f.FeeBack = sum(f.FeeBack, fee)
	share, ofFee := amount.Minor()-addSteps(taxes), addSteps(feeTax)
	net := share - fee.Minor() - ofFee
	if !landed && amount.IsZero() { // the seller gave all of it, and what a refund has let go of waits for nothing
		share, net = c.Amount.Minor(), c.Amount.Minor()
	}
	x, err := p.failedFrom(b.u, c, platform, seller, share, net, fee.Minor())
	if err != nil {
		return err
	}
	if x.converted, err = p.feeFailed(c, fee, converted); err != nil {
		return err
	}
	x.short[1] = "" // the reason forces it
	toHeld, to := x.credit(fee.Minor(), ofFee), x.taxesTo()
	if to.Purpose == purposeHeld {
		toHeld += addSteps(taxes)
	}
	b.post("payment failed", append(x.fromSeller(amount, toHeld), taken...)...)
	if err := p.tendersUndone(b, c, platform, seller, landed); err != nil {
		return err
	}
	for i, step := range taxes {
		b.post("tax refunded", out(p.of(p.id, "tax/"+c.Tax[i].Authority, cur), step), in(to, step))
	}
	b.failDiscount(c, platform, seller)
	p.feeUndone(b, c, x, fee, feeTax)
	return nil
}

// failTax counts the taxes as undone, and returns by how much each is now.
func failTax(done *[]Tax, list []Tax) []ledger.Money {
	steps := make([]ledger.Money, len(list))
	for i, t := range list {
		if i == len(*done) {
			zero := ledger.Zero(t.Amount.Currency())
			*done = append(*done, Tax{Authority: t.Authority, Amount: zero, Refunded: zero})
		}
		was := &(*done)[i].Amount
		steps[i] = minus(minus(t.Amount, t.Refunded), *was)
		*was = sum(*was, steps[i])
	}
	return steps
}

// failure adds up what a failure has taken back.
func (t *tally) failure(c *Charge) {
	f := c.Failure
	if !f.booked() {
		return
	}
	t.add(ledger.House, c.clearing(), c.presented(), 1)
	owner := t.platform // whom it was taken from
	if c.Direct {
		owner = c.Account
	}
	t.add(owner, "balance", f.Amount, -1)
	t.failedTenders(c, owner)
	t.add(t.platform, "balance", f.Reversal, 1)
	if c.FeeSettlement == nil {
		t.add(t.platform, "balance", f.FeeBack, -1)
	}
	for _, x := range f.Tax {
		t.add(owner, "balance", x.Amount, 1)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, -1)
	}
	if c.Account == "" {
		return
	}
	t.add(c.Account, "balance", f.Reversal, -1)
	t.add(c.Account, "balance", f.FeeBack, 1)
	t.add(c.Account, "balance", f.Discount, -1)
	t.add(t.platform, "balance", f.Discount, 1)
	for _, x := range f.FeeTax {
		t.add(c.Account, "balance", x.Amount, 1)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, -1)
	}
	share, back := minus(c.given(), c.Reversed), minus(c.ApplicationFee, c.FeeBack)
	if c.Direct {
		share, back = ledger.Zero(c.Amount.Currency()), minus(c.toPlatform(), c.backFromPlatform())
	}
	if f.Amount != c.outside() || f.Discount != minus(c.Discount, c.DiscountBack) || f.Reversal != share || f.FeeBack != back {
		t.report.Add("charge "+c.ID, "it failed, and %v, %v and %v were taken back for it; it is of %v, %v and %v", f.Amount, f.Reversal, f.FeeBack,
			c.outside(), share, back)
	}
}
