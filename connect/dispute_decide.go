package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

// decideDispute books what the state of a dispute asks for, as far as that is not booked
// yet: its amount and its fee, and their way back.
func (p *Platform) decideDispute(b *books, prof *Profile, c *Charge, d *Dispute, day *rates) error {
	if d.Status.inquiry() {
		return nil
	}
	var err error
	d.Failed = c.Failure.booked() && d.Withdrawn.IsZero() && !d.takes()
	switch {
	case d.Failed:
	case d.Status == DisputeWon && d.takes():
		err = p.wonDispute(b, c, d)
	case !d.Status.over() && d.takes() && !d.open(): // it was lost by silence, and somebody had answered
		err = p.takeAgain(b, prof, c, d, day)
	case d.Status == DisputeWon || d.takes() && d.Status != DisputeLost:
	case d.Status != DisputeLost:
		err = p.takeDisputed(b, prof, c, d, day)
	case !d.takes():
		if err = p.takeDisputed(b, prof, c, d, day); err == nil {
			err = p.loseDispute(b, c, d)
		}
	case d.open():
		err = p.loseDispute(b, c, d)
	}
	if err != nil {
		return err
	}
	p.disputeFee(b, prof, c, d)
	return nil
}

// disputeFee takes the house's fee for a dispute from whoever pays for the processing
// of its charge, once, and gives it back where the price says so.
func (p *Platform) disputeFee(b *books, prof *Profile, c *Charge, d *Dispute) {
	if d.Fee == nil {
		price := p.e.c.Prices.Dispute(prof.Country, d.Amount.Currency(), d.Created)
		if price == nil || price.Fee.IsZero() {
			return
		}
		d.Fee = &DisputeFee{Amount: price.Fee, Owner: p.id, Returns: price.Returned, Returned: true}
		if c.sellerPays() {
			d.Fee.Owner = c.Account
		}
	}
	f := d.Fee
	from, fees := p.of(f.Owner, "available", f.Amount.Currency()), p.house("processing_fees", f.Amount.Currency())
	switch back := d.Status == DisputeWon && f.Returns; {
	case back && !f.Returned:
		b.post("dispute fee", in(from, f.Amount), out(fees, f.Amount))
	case !back && f.Returned:
		b.post("dispute fee", out(from, f.Amount), in(fees, f.Amount))
	default:
		return
	}
	f.Returned = !f.Returned
}

// takeDisputed takes a dispute's amount: what the charge has left of it from whoever
// bears it, and the rest from suspense (flows D1 and D5 of the chart).
func (p *Platform) takeDisputed(b *books, prof *Profile, c *Charge, d *Dispute, day *rates) error {
	zero := ledger.Zero(c.Amount.Currency())
	r := &Refund{
		ID: d.ID, Platform: p.id, Charge: c.ID, Account: c.Account, Acquirer: c.Acquirer, Amount: zero, Reversal: zero, FeeBack: zero,
		Status: RefundPending, Created: b.u.At(), Direct: c.Direct,
		FromPlatform: RefundLeg{Short: ShortNegative}, FromAccount: RefundLeg{Short: ShortNegative},
	}
	r.loaded()
	d.Policy, d.Taken, d.Recovered = prof.Disputes, r, false
	c.Disputed = append(slices.Clip(c.Disputed), d.ID)
	part := ledger.Minor(min(c.disputable().Minor(), d.Amount.Minor()), d.Amount.Currency())
	if d.Excess = minus(d.Amount, part); part.Sign() > 0 {
		if err := p.beginDisputed(b.u, c, d, part, day); err != nil {
			return err
		}
	}
	c.DisputedExcess = sum(c.DisputedExcess, d.Excess)
	if err := p.legsNow(b.u, c, r); err != nil {
		return err
	}
	if c.Settlement != nil {
		if err := c.Settlement.buysBack(r.Day); err != nil {
			return err
		}
	}
	list, err := p.disputed(d)
	if err != nil {
		return err
	}
	b.postAll(list)
	if d.Policy.ClawBack == ClawBackOpened {
		return p.recoverIfCan(b, c, d)
	}
	return nil
}

// takeAgain takes what is disputed now in place of what was taken before, by the same
// policy, and pulls the seller's part back if it was, but for what losing alone pulls back.
func (p *Platform) takeAgain(b *books, prof *Profile, c *Charge, d *Dispute, day *rates) error {
	policy := *prof
	policy.Disputes = d.Policy
	recovered := d.Recovered && (d.open() || d.Policy.ClawBack != ClawBackLost)
	if err := p.giveUp(b, c, d); err != nil {
		return err
	}
	if err := p.takeDisputed(b, &policy, c, d, day); err != nil || !recovered || d.Recovered {
		return err
	}
	return p.recoverIfCan(b, c, d)
}

// decided takes a dispute off those that are open.
func (c *Charge) decided(d *Dispute) {
	c.Disputed = slices.DeleteFunc(slices.Clone(c.Disputed), func(id string) bool { return id == d.ID })
	if len(c.Disputed) == 0 {
		c.Disputed = nil
	}
}

// endDisputes gives up what disputes take of a charge whose payment has failed after all
// and of which their acquirer has taken nothing: it has all of that back now, once.
func (p *Platform) endDisputes(u *ledger.Unit, c *Charge) error {
	for _, id := range c.Disputed {
		d, err := p.dispute(u, id)
		if err != nil {
			return err
		}
		if !d.Withdrawn.IsZero() {
			continue // for this, too
		}
		b := &books{u: u, p: p, object: disputeKind.ID(d.ID)}
		if err := p.giveUp(b, c, d); err != nil {
			return err
		}
		d.Failed, d.Booked = true, append(slices.Clip(d.Booked), b.first)
		d.wait()
		if err := p.putDispute(u, d, EventDisputeUpdated); err != nil {
			return err
		}
	}
	return nil
}

// disputable is what of a charge a dispute can take from whoever bears it: what its
// source has paid and refunds, under way or done, and other disputes have left.
func (c *Charge) disputable() ledger.Money {
	left := minus(c.Amount, sum(c.Refunded, c.Refunding))
	switch s := c.Settlement; {
	case c.Status != ChargeSucceeded:
		return ledger.Zero(c.presented().Currency())
	case s != nil:
		left = minus(s.Presented, sum(s.Refunded, s.Refunding))
	case len(c.Tenders) > 0:
		left = c.leftOf(TenderSource)
	}
	return ledger.Minor(max(left.Minor()-c.DisputedExcess.Minor(), 0), left.Currency())
}

// beginDisputed counts what a dispute takes as a refund that is under way.
func (p *Platform) beginDisputed(u *ledger.Unit, c *Charge, d *Dispute, part ledger.Money, day *rates) error {
	r := d.Taken
	if c.Settlement != nil {
		if err := c.refundPresented(r, part, day); err != nil {
			return err
		}
	} else {
		r.Amount = part
	}
	if err := c.begin(r, &RefundRequest{RefundFee: d.Policy.ReturnFee}); err != nil {
		return err
	}
	if err := p.sentTo(u, c, r, &RefundRequest{To: []string{TenderSource}}); err != nil {
		return err
	}
	_, gives := r.directOwes()
	_, _, err := p.heldFirst(u, c, r, 0, gives)
	return err
}

// legsNow says where a dispute's money is taken from, or goes back to: where that of
// the charge is now.
func (p *Platform) legsNow(u *ledger.Unit, c *Charge, r *Refund) error {
	var err error
	if r.FromPlatform.Purpose, err = p.inNow(u, c, p.id); err != nil {
		return err
	}
	if f := c.FeeSettlement; f != nil && r.FeeStep != nil {
		if r.FromPlatform.Purpose, err = p.dayNow(u, p.id, f.In, f.Credited.Currency()); err != nil {
			return err
		}
	}
	if c.Account != "" {
		r.FromAccount.Purpose, err = p.inNow(u, c, c.Account)
	}
	return err
}

// loseDispute ends a dispute that takes its amount for good (flow D4 of the chart).
// Taxes in it are owed to the authorities no longer, and what lay in suspense is taken
// from whoever bears it.
func (p *Platform) loseDispute(b *books, c *Charge, d *Dispute) error {
	r := d.Taken
	if err := p.legsNow(b.u, c, r); err != nil {
		return err
	}
	b.postAll(p.disputedTaxes(r))
	b.postAll(p.disputedExcess(d))
	if d.Policy.ClawBack == ClawBackLost {
		if err := p.recoverIfCan(b, c, d); err != nil {
			return err
		}
	}
	if err := p.heldEnd(b.u, c, r, true); err != nil {
		return err
	}
	r.Status = RefundSucceeded
	c.decided(d)
	c.end(r, true)
	return nil
}

// giveUp gives a dispute's amount back that was won (flow D3 of the chart): all that
// was posted for it goes the other way. What the seller had given goes to the seller;
// what had come out of held goes back there, unless the dispute had been lost before.
func (p *Platform) giveUp(b *books, c *Charge, d *Dispute) error {
	r, lost := d.Taken, d.Taken.Status == RefundSucceeded
	if err := p.legsNow(b.u, c, r); err != nil {
		return err
	}
	if lost {
		r.FromHeld = nil
		b.undoAll(p.disputedTaxes(r))
		b.undoAll(p.disputedExcess(d))
		c.reopen(r)
	} else {
		c.decided(d)
	}
	if s := c.Settlement; s != nil {
		kept, err := s.sellsAgain(r.Day)
		if err != nil {
			return err
		}
		d.Kept += kept.Minor()
	}
	list, err := p.disputed(d)
	if err != nil {
		return err
	}
	b.undoAll(list)
	if d.Recovered {
		b.undoAll(p.recovered(r))
	}
	if err := p.heldEnd(b.u, c, r, false); err != nil {
		return err
	}
	r.Status, d.Recovered = RefundFailed, false
	c.DisputedExcess = minus(c.DisputedExcess, d.Excess)
	c.end(r, false)
	c.owesAtMost()                   // by what another one took
	return p.failRest(b.u, c, false) // of a charge that has failed by now
}

// reopen counts as under way again what was done.
func (c *Charge) reopen(r *Refund) {
	c.Refunded, c.Refunding = minus(c.Refunded, r.Amount), sum(c.Refunding, r.Amount)
	if s, x := c.Settlement, r.Exchanged; s != nil && x != nil {
		s.Refunded, s.Refunding = minus(s.Refunded, x.Presented), sum(s.Refunding, x.Presented)
	}
}

// moved is what the acquirer has of a dispute now: what it said that it took and gave
// back, and, where a dispute is lost and it has nothing by that, the amount, since that
// is what losing means.
func (d *Dispute) moved() ledger.Money {
	m := ledger.Minor(max(d.Withdrawn.Minor(), d.Reinstated.Minor())-d.Reinstated.Minor(), d.Amount.Currency())
	if d.Status == DisputeLost && m.IsZero() && !d.Failed {
		return d.Amount
	}
	return m
}

// moveDisputed books what the acquirer has taken and given back, and returns the event
// of that.
func (p *Platform) moveDisputed(b *books, c *Charge, d *Dispute) (event string) {
	cur := d.Amount.Currency()
	bridge, acquirer := p.house("disputed/"+d.Acquirer, cur), p.house(c.clearing(), cur)
	switch step := minus(d.moved(), d.Moved); {
	case step.Sign() > 0:
		b.post("dispute withdrawn", out(bridge, step), in(acquirer, step))
		event = EventDisputeWithdrawn
	case step.Sign() < 0:
		back := ledger.Minor(-step.Minor(), cur)
		b.post("dispute reinstated", out(acquirer, back), in(bridge, back))
		event = EventDisputeReinstated
	}
	d.Moved = d.moved()
	return event
}
