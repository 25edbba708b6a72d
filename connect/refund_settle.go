package connect

import (
	"cmp"

	"github.com/soukhq/souk/ledger"
)

// setAside decides where a refund's money is taken from, and holds what must
// not be spent until the acquirer has answered. A party whose policy is to go
// negative pays whatever it has; one that refuses must have it now.
func (p *Platform) setAside(u *ledger.Unit, prof *Profile, c *Charge, r *Refund) error {
	var err error
	// The platform gives the amount back, less taxes and what comes from the
	// seller, and pays the commission back to the seller. A direct charge is the
	// seller's to refund.
	owes := r.Amount.Minor() - r.Reversal.Minor() + r.FeeBack.Minor() - r.DiscountBack.Minor()
	for _, t := range r.Tax {
		owes -= t.Amount.Minor()
	}
	owes -= r.promoted()
	gives := r.Reversal.Minor() - r.FeeBack.Minor() - addTax(r.FeeTax) + r.DiscountBack.Minor()
	if r.Direct {
		owes, gives = r.directOwes()
		owes -= r.promoted()
		gives += r.dearer()
	} else {
		owes += r.dearer()
	}
	if owes, gives, err = p.heldFirst(u, c, r, owes, gives); err != nil {
		return err
	}
	return p.legs(u, prof, c, r, owes, gives)
}

// platformLeg takes from the charge's pending day while that is open. That
// account is shared and cannot be guarded, so a platform that refuses to go
// negative pays from what is available.
func (p *Platform) platformLeg(u *ledger.Unit, prof *Profile, c *Charge, r *Refund, owes int64) (RefundLeg, error) {
	if prof.ShortBalance == ShortNegative {
		purpose, err := p.inNow(u, c, p.id)
		return RefundLeg{Purpose: purpose, Short: ShortNegative}, err
	}
	return p.hold(u, r, RefundLeg{Purpose: "available", Short: ShortRefuse}, p.id, ledger.Minor(owes, r.Amount.Currency())), nil
}

// feeLeg is the same for a platform whose part was converted: it gives it back out
// of its own currency.
func (p *Platform) feeLeg(u *ledger.Unit, prof *Profile, c *Charge, r *Refund) (RefundLeg, error) {
	cost := r.FeeStep.Credited
	if prof.ShortBalance == ShortNegative {
		purpose, err := p.dayNow(u, p.id, c.FeeSettlement.In, cost.Currency())
		return RefundLeg{Purpose: purpose, Short: ShortNegative}, err
	}
	return p.hold(u, r, RefundLeg{Purpose: "available", Short: ShortRefuse}, p.id, cost), nil
}

// sellerLeg takes from the charge's pending day if that is open and, for a
// seller who must not go negative, holds enough; else from what is available.
func (p *Platform) sellerLeg(u *ledger.Unit, a *Account, c *Charge, r *Refund, owes int64) (RefundLeg, error) {
	purpose, err := p.inNow(u, c, a.ID)
	if err != nil || a.ShortBalance == ShortNegative {
		return RefundLeg{Purpose: purpose, Short: ShortNegative}, err
	}
	if isPending(purpose) {
		free, err := u.Spendable(p.of(a.ID, purpose, c.Amount.Currency()))
		if err != nil {
			return RefundLeg{}, err
		}
		if free.Minor() < owes {
			purpose = "available"
		}
	}
	return p.hold(u, r, RefundLeg{Purpose: purpose, Short: ShortRefuse}, a.ID, ledger.Minor(owes, r.Amount.Currency())), nil
}

// inNow returns the purpose that a charge's money of an owner is in now: where
// it landed, or available once that day is released.
func (p *Platform) inNow(u *ledger.Unit, c *Charge, owner string) (string, error) {
	purpose := c.AccountIn
	if owner == p.id {
		purpose = c.PlatformIn
	}
	return p.dayNow(u, owner, purpose, c.Amount.Currency())
}

// dayNow returns the purpose that money which landed somewhere is in now.
func (p *Platform) dayNow(u *ledger.Unit, owner, purpose string, cur ledger.Currency) (string, error) {
	if !isPending(purpose) {
		return purpose, nil
	}
	list, err := u.Peek(p.of(owner, purpose, cur))
	if err == nil && (list[0].Version == 0 || list[0].Closed) {
		purpose = "available"
	}
	return purpose, err
}

// hold sets what a leg owes aside for the time of the carrying out.
func (p *Platform) hold(u *ledger.Unit, r *Refund, l RefundLeg, owner string, owes ledger.Money) RefundLeg {
	if owes.Sign() <= 0 {
		return l
	}
	ref := p.of(owner, l.Purpose, owes.Currency())
	l.Hold, l.Held = "hold_"+r.ID+"_"+owner, owes
	u.Open(ledger.Account{Ref: ref})
	u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: l.Hold, Account: ref, Amount: l.Held, Object: refundKind.ID(r.ID)})
	return l
}

// settleRefund books the acquirer's answer to a refund.
func settleRefund(u *ledger.Unit, p *Platform, r *Refund, a Answer) error {
	if a.Status == Received {
		fresh := r.Status != RefundPending || r.Reference == "" && a.Reference != ""
		if err := r.become(RefundPending, ""); err != nil {
			return err
		}
		r.Reference = cmp.Or(a.Reference, r.Reference)
		p.e.received(u, &r.Work)
		if r.Rail != "" {
			r.Work.Done() // the rest is news
		}
		if fresh {
			return p.putRefund(u, r, EventRefundUpdated)
		}
		return refundKind.Put(u, r.ID, r)
	}
	c, err := p.charge(u, r.Charge)
	if err != nil {
		return err
	}
	if a.Status == Failed && r.Status == RefundSucceeded {
		return p.refusedAfterAll(u, c, r, a)
	}
	r.Reference, r.Settled = cmp.Or(a.Reference, r.Reference), u.At()
	r.Work.Done()
	switch a.Status {
	case Declined, Failed:
		if err := r.become(RefundFailed, a.Code); err != nil {
			return err
		}
		if a.Status == Failed {
			r.Refused = &RefusedRefund{At: u.At()}
		}
		p.letGo(u, r, ledger.ReleaseHold)
		c.end(r, false)
		c.owes(r, u.At())
		if err := p.saleRefunded(u, c, r, false); err != nil {
			return err
		}
		if err := p.heldEnd(u, c, r, false); err != nil {
			return err
		}
		if err := p.failRest(u, c, false); err != nil { // of a charge that has failed by now
			return err
		}
		if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
			return err
		}
		return p.putRefund(u, r, EventRefundFailed)
	case Approved:
		if asked := r.presented(); a.Amount != asked {
			return badState("amount_mismatch", "amount", "the acquirer answered for "+a.Amount.String()+", not for "+asked.String())
		}
		return p.refundApproved(u, c, r)
	}
	return badField("invalid_answer", "status", "the acquirer's answer is none")
}

// refundApproved books a refund that the acquirer has made.
func (p *Platform) refundApproved(u *ledger.Unit, c *Charge, r *Refund) error {
	if err := r.become(RefundSucceeded, ""); err != nil {
		return err
	}
	if err := p.keepUp(u, c, r); err != nil {
		return err
	}
	b := &books{u: u, p: p, object: refundKind.ID(r.ID)}
	if c.Settlement != nil {
		if err := c.Settlement.buysBack(r.Day); err != nil {
			return err
		}
	}
	if err := p.postAdvance(b, r); err != nil {
		return err
	}
	if err := p.postRefund(b, c, r); err != nil {
		return err
	}
	p.letGo(u, r, ledger.CaptureHold)
	if err := p.heldEnd(u, c, r, true); err != nil {
		return err
	}
	c.end(r, true)
	if err := p.putCharge(u, c, EventChargeRefunded); err != nil {
		return err
	}
	return p.putRefund(u, r, EventRefundUpdated)
}

// postRefund posts a refund of a charge of any shape.
func (p *Platform) postRefund(b *books, c *Charge, r *Refund) error {
	cur := r.Amount.Currency()
	switch {
	case r.CreditOf != "": // what was sold is the buyer's, and so is the refund's cost
		b.post("refund", out(p.creditAccount(r.CreditOf, cur), r.Amount), in(p.house(r.clearing(c), cur), r.Amount))
		return p.saleRefunded(b.u, c, r, true)
	case r.Direct:
		return p.refundDirect(b, c, r)
	}
	return p.refundDestination(b, c, r)
}

// refundedWithin settles a refund of which no acquirer has a part.
func (p *Platform) refundedWithin(u *ledger.Unit, c *Charge, r *Refund) error {
	r.Acquirer, r.Settled = "", u.At()
	r.Work.Done()
	u.Emit(ledger.Event{Type: EventRefundCreated, Platform: p.id, Object: refundKind.ID(r.ID)})
	return p.refundApproved(u, c, r)
}

// refundDestination posts the refund of a charge that is the platform's: flows R3
// to R7 of the chart, and the taxes in proportion.
func (p *Platform) refundDestination(b *books, c *Charge, r *Refund) error {
	cur := r.Amount.Currency()
	platform := p.of(p.id, r.FromPlatform.Purpose, cur)
	b.post("refund", append([]line{out(platform, r.cost()).force(r.FromPlatform.Short)}, p.givenBack(r.clearing(c), r.cost(), r.exchange())...)...)
	if err := p.postFXResult(b, r); err != nil {
		return err
	}
	if err := p.refundTenders(b, c, r, platform, r.FromPlatform.Short); err != nil {
		return err
	}
	for _, t := range r.Tax {
		b.post("tax refunded", out(p.of(p.id, "tax/"+t.Authority, cur), t.Amount), in(platform, t.Amount))
	}
	if r.Reverses {
		from := r.sources(p)
		toHeld := from.credit(r.FeeBack.Minor(), addTax(r.FeeTax))
		b.post("transfer reversal", append(from.fromSeller(r.Reversal, toHeld), in(platform, r.Reversal))...)
		b.post("discount returned", out(from.seller, r.DiscountBack).force(r.FromAccount.Short), in(platform, r.DiscountBack))
		p.postFeeBack(b, r, from, r.FeeBack)
	}
	return nil
}

// keepUp moves a leg without a hold to what is available if its pending day
// was released while the acquirer was asked. A hold keeps its day open.
func (p *Platform) keepUp(u *ledger.Unit, c *Charge, r *Refund) error {
	var err error
	if l := &r.FromPlatform; l.Hold == "" && isPending(l.Purpose) {
		if r.FeeStep != nil {
			l.Purpose, err = p.dayNow(u, p.id, l.Purpose, r.FeeStep.Credited.Currency())
		} else {
			l.Purpose, err = p.inNow(u, c, p.id)
		}
		if err != nil {
			return err
		}
	}
	if l := &r.FromAccount; l.Hold == "" && isPending(l.Purpose) {
		l.Purpose, err = p.inNow(u, c, c.Account)
	}
	return err
}

// letGo ends the holds of a refund: captured, or given back.
func (p *Platform) letGo(u *ledger.Unit, r *Refund, op ledger.HoldOp) {
	for _, side := range []struct {
		owner string
		RefundLeg
	}{{p.id, r.FromPlatform}, {r.Account, r.FromAccount}, {r.CreditOf, r.FromCredit}, {p.id, r.FromAdvance}} {
		if side.Hold != "" {
			ref := p.of(side.owner, side.Purpose, side.Held.Currency())
			u.Hold(ledger.HoldStep{Op: op, ID: side.Hold, Account: ref, Amount: side.Held})
		}
	}
}
