package connect

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// charge explains a charge with all that belongs to it: captures, increases and
// cancellations, refunds, transfers and their reversals, shares that wait and their
// releases.
func (x *explain) charge(c *Charge) error {
	id := chargeKind.ID(c.ID)
	x.show(ExplainedObject{ID: id, What: "charge", Status: string(c.Status), Code: c.Code, Amount: c.whole(), Created: c.Created})
	if err := x.chargeSteps(c); err != nil {
		return err
	}
	for _, add := range []func() error{
		func() error {
			return children(x, &captureKind, "charge", c.ID, func(k *Capture) error { return x.capture(c, k) })
		},
		func() error {
			return children(x, &increaseKind, "charge", c.ID, func(i *Increase) error {
				x.show(ExplainedObject{increaseKind.ID(i.ID), id, "increase", string(i.Status), i.Code, i.Amount, i.Created})
				x.said.increase(i)
				return nil
			})
		},
		func() error {
			return children(x, &cancellationKind, "charge", c.ID, func(k *Cancellation) error {
				x.show(ExplainedObject{cancellationKind.ID(k.ID), id, "cancellation", string(k.Status), k.Code, k.Amount, k.Created})
				return nil
			})
		},
		func() error {
			return children(x, &refundKind, "charge", c.ID, func(r *Refund) error { return x.refund(c, r) })
		},
		func() error { return children(x, &feeRefundKind, "charge", c.ID, x.feeRefund) },
		func() error {
			return children(x, &disputeKind, "charge", c.ID, func(d *Dispute) error { return x.dispute(c, d) })
		},
		func() error {
			return children(x, &disputeAnswerKind, "charge", c.ID, func(a *DisputeAnswer) error {
				x.show(ExplainedObject{ID: disputeAnswerKind.ID(a.ID), Of: disputeKind.ID(a.Dispute), What: "answer", Status: string(a.Status), Code: a.Code, Created: a.Created})
				return nil
			})
		},
		func() error {
			return children(x, &warningKind, "charge", c.ID, func(w *EarlyWarning) error {
				x.show(ExplainedObject{warningKind.ID(w.ID), id, "warning", string(w.Status), w.Code, w.Amount, w.Created})
				return nil
			})
		},
		func() error {
			return children(x, &reviewKind, "charge", c.ID, func(o *Review) error {
				x.show(ExplainedObject{reviewKind.ID(o.ID), id, "review", string(o.Status), "", o.Amount, o.Created})
				return nil
			})
		},
		func() error { return x.releases(c.ID, "") },
		func() error { return x.shareOf(c.ID) },
		func() error { return children(x, &transferKind, "charge", c.ID, x.transfer) },
	} {
		if err := add(); err != nil {
			return err
		}
	}
	x.chargeTerms(c)
	x.chargeRest(c)
	if moved := x.said.moved[c.ID]; moved < c.Transferred.Minor() && c.Account == "" {
		// Vouchers that it sold are not found by their charge: they show it.
		x.rest(id, "became vouchers", ledger.Minor(c.Transferred.Minor()-moved, c.Amount.Currency()))
		x.said.moved[c.ID] = c.Transferred.Minor()
	}
	x.said.charge(c)
	return nil
}

// chargeRefs are the accounts that steps of a charge touch: where it came in, and
// where what it brought is.
func (x *explain) chargeRefs(c *Charge) []ledger.Ref {
	cur := c.Amount.Currency()
	var list []ledger.Ref
	if paid := c.whole().Currency(); c.Acquirer != "" || c.Rail != "" {
		list = append(list, x.p.house(c.clearing(), paid))
	}
	list = append(list, x.balances(c.Account, cur, c.AccountIn)...)
	return append(list, x.balances(x.p.id, cur, c.PlatformIn)...)
}

func (x *explain) chargeSteps(c *Charge) error {
	id, refs := chargeKind.ID(c.ID), x.chargeRefs(c)
	undone := c.Code == codeUndone
	if (c.Status == ChargeSucceeded || undone || c.Failure.booked()) && c.Authorization == nil {
		if err := x.at(id, c.Settled, refs...); err != nil {
			return err
		}
	}
	if undone {
		if err := x.all(id, c.Settled, x.p.of(c.Source, "unapplied", ledger.BTC)); err != nil {
			return err
		}
	}
	if !c.Failure.booked() {
		return nil
	}
	return x.at(id, c.Failure.At, refs...)
}

func (x *explain) capture(c *Charge, k *Capture) error {
	id := captureKind.ID(k.ID)
	x.show(ExplainedObject{id, chargeKind.ID(c.ID), "capture", string(k.Status), k.Code, k.Amount, k.Created})
	x.said.capture(k)
	if k.Status != StepSucceeded {
		return nil
	}
	if err := x.at(id, k.Settled, x.chargeRefs(c)...); err != nil || !c.Failure.booked() {
		return err
	}
	// One that succeeded after the payment had failed is taken back with it.
	return x.at(chargeKind.ID(c.ID), k.Settled, x.chargeRefs(c)...)
}

func (x *explain) refund(c *Charge, r *Refund) error {
	id, cur := refundKind.ID(r.ID), r.Amount.Currency()
	amount := r.Amount
	if r.Exchanged != nil {
		amount = r.Exchanged.Presented
	}
	x.show(ExplainedObject{id, chargeKind.ID(r.Charge), "refund", string(r.Status), r.Code, amount, r.Created})
	refs := x.balances(r.Account, cur, r.FromAccount.Purpose)
	refs = append(refs, x.balances(x.p.id, cur, r.FromPlatform.Purpose)...)
	if r.CreditOf != "" {
		refs = append(refs, x.p.creditAccount(r.CreditOf, cur))
	}
	x.said.refund(r)
	if r.refusedLater() { // it is back where the payment's money was then
		refs = append(refs, x.chargeRefs(c)...)
		if err := x.at(id, r.Refused.At, refs...); err != nil {
			return err
		}
	}
	if r.Day != nil {
		x.term(id, "rate of the day", r.Day.Cost, "", r.Day.Rate.String())
	}
	if err := x.at(id, r.Settled, refs...); err != nil || !c.Failure.booked() {
		return err
	}
	// What a refund that failed had kept back of a failed payment was taken then.
	return x.at(chargeKind.ID(c.ID), r.Settled, x.chargeRefs(c)...)
}

// refundAlone explains one refund.
func (x *explain) refundAlone(r *Refund) error {
	o, err := x.get(chargeKind.ID(r.Charge))
	if err != nil {
		return err
	}
	c, err := chargeKind.Decode(o)
	if err != nil {
		return err
	}
	failure := c.Failure
	c.Failure = nil // whose steps are the charge's
	if err := x.refund(c, r); err != nil {
		return err
	}
	c.Failure = failure
	x.chargeRest(c)
	return nil
}

// chargeRest is what a charge counts, and what is left of it to do.
func (x *explain) chargeRest(c *Charge) {
	id, cur := chargeKind.ID(c.ID), c.Amount.Currency()
	refunded, refunding := c.Refunded, c.Refunding
	if s := c.Settlement; s != nil {
		refunded, refunding = s.Refunded, s.Refunding
	}
	x.rest(id, "refunded", refunded)
	x.rest(id, "being refunded", refunding)
	x.rest(id, "taken back of what was transferred", c.Reversed)
	x.rest(id, "given back of the commission", c.FeeBack)
	x.rest(id, "owed to the buyer", c.owed())
	if a := c.Authorization; a != nil && (c.Status == ChargeAuthorized || c.Status == ChargeSucceeded) {
		x.rest(id, "capturable", minus(a.Left(), a.Capturing))
		x.rest(id, "being captured", a.Capturing)
	}
	if c.Status != ChargeSucceeded {
		return
	}
	if left := minus(minus(minus(c.whole(), refunded), refunding), c.DisputedExcess); len(c.Disputed) == 0 && left.Sign() > 0 {
		x.rest(id, "refundable", left)
	}
	x.rest(id, "can be taken back of what was transferred", minus(c.given(), c.Reversed))
	x.rest(id, "can be given back of the commission", minus(c.ApplicationFee, c.FeeBack))
	if c.Account == "" {
		x.rest(id, "transferred", c.Transferred)
		x.rest(id, "transferable", c.transferable())
	}
	for _, t := range c.Tax {
		x.rest(id, "tax "+t.Authority+" that goes back with refunds", ledger.Minor(t.Amount.Minor()-t.Refunded.Minor(), cur))
	}
}

// shareOf explains the share of a charge or transfer that waits, if there is one.
func (x *explain) shareOf(of string) error {
	o, err := x.v.Objects(heldKind.ID(shareID(of)))
	if err != nil || o[0].Version == 0 || x.seen[o[0].ID] {
		return err
	}
	s, err := heldKind.Decode(o[0])
	if err == nil {
		err = x.releases(s.Charge, s.ID)
	}
	if err == nil {
		x.share(s)
	}
	return err
}

// releases explains the releases of a charge, or of one share of it, unless those of
// the charge were.
func (x *explain) releases(charge, share string) error {
	if x.released[charge] {
		return nil
	}
	x.released[charge] = share == ""
	return children(x, &shareReleaseKind, "charge", charge, func(r *ShareRelease) error {
		if share != "" && r.Share != share || x.seen[shareReleaseKind.ID(r.ID)] {
			return nil
		}
		return x.release(r)
	})
}

func (x *explain) share(s *HeldShare) {
	id, of := heldKind.ID(s.ID), chargeKind.ID(s.Charge)
	if s.Transfer != "" {
		of = transferKind.ID(s.Transfer)
	}
	x.show(ExplainedObject{id, of, "held share", string(s.Status), s.Code, s.In.Amount, s.Created})
	x.rest(id, "waits", s.Left().Amount)
	x.rest(id, "can be released", s.Free().Amount)
	x.rest(id, "released", s.Out.Amount)
	x.rest(id, "went back", s.Back.Amount)
	how := "until the host releases it"
	if s.Terms.Until != "" {
		how = "until " + string(s.Terms.Until)
	}
	x.term(id, "wait", s.In.Amount, s.Account, how+", at the longest until "+s.End.Format(time.DateOnly))
	x.said.share(s)
}

// shareAlone explains a share through the charge or transfer that it is of.
func (x *explain) shareAlone(s *HeldShare) error {
	delete(x.seen, heldKind.ID(s.ID))
	if s.Transfer == "" {
		return x.chargeOf(s.Charge)
	}
	return x.addID(transferKind.ID(s.Transfer))
}

func (x *explain) release(r *ShareRelease) error {
	id, cur := shareReleaseKind.ID(r.ID), r.Amount.Currency()
	x.show(ExplainedObject{id, heldKind.ID(r.Share), "release", "", string(r.Cause), r.Amount, r.Created})
	x.said.shareRelease(r)
	return x.at(id, r.Created, x.p.of(r.Account, purposeHeld, cur), x.p.of(x.p.id, purposeHeld, cur))
}
