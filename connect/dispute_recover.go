package connect

import (
	"context"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// RecoverDisputeRequest pulls the seller's part of a dispute back.
type RecoverDisputeRequest struct {
	Key       string `json:"-"`
	DisputeID string `json:"dispute,omitzero"`
	// RefundFee gives the seller the same part of the commission back.
	RefundFee bool `json:"refundFee,omitzero"`
}

// RecoverDispute pulls the seller's part of a dispute back that the platform bears
// (flow D2 of the chart), as a refund with ReverseTransfer does; together they take no
// more than the seller was given. A seller who may not go negative must have it, and it
// must not be frozen (class State, code account_frozen). If the dispute is won after
// that, the seller gets it again. It is of class State where there is nothing to pull
// back: code not_recoverable, or already_recovered.
func (p *Platform) RecoverDispute(ctx context.Context, r RecoverDisputeRequest) (*Dispute, error) {
	verb := simpleVerb[Dispute]{
		name: "recover dispute", kind: &disputeKind, target: r.DisputeID, replayed: func(d *Dispute) *bool { return &d.Replayed },
	}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Dispute, error) {
		if r.DisputeID == "" {
			return nil, badField("invalid_request", "dispute", "it names the dispute")
		}
		d, err := p.dispute(u, r.DisputeID)
		if err != nil {
			return nil, err
		}
		c, err := p.charge(u, d.Charge)
		if err != nil {
			return nil, err
		}
		switch {
		case d.Recovered:
			return nil, badState("already_recovered", "dispute", "the seller's part was pulled back")
		case !d.takes() || c.Account == "" || c.Direct || c.Failure.booked():
			return nil, badState("not_recoverable", "dispute", "it takes nothing of a charge that the platform made for a seller, or that has failed since and was taken back for that")
		}
		if err := p.notFrozen(u, c.Account, c.Amount.Currency()); err != nil {
			return nil, inField("dispute", err)
		}
		d.Policy.ReturnFee = r.RefundFee
		b := &books{u: u, p: p, object: disputeKind.ID(d.ID)}
		if err := p.recover(b, c, d); err != nil {
			return nil, err
		}
		if b.first == "" {
			return nil, badState("not_recoverable", "dispute", "the seller has given back all that they were given")
		}
		d.Booked = append(slices.Clip(d.Booked), b.first)
		if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
			return nil, err
		}
		return d, p.putDispute(u, d, EventDisputeUpdated)
	})
}

// recoverIfCan does it by the platform's policy: not if the seller may not go negative
// and has too little, or what they have is frozen, which stops no news.
func (p *Platform) recoverIfCan(b *books, c *Charge, d *Dispute) error {
	if d.Recovered || c.Account == "" || c.Direct || c.Failure.booked() {
		return nil
	}
	a, err := p.account(b.u, c.Account)
	if err != nil {
		return err
	}
	if frozenIn(a.Freezes, c.Amount.Currency()) != nil {
		return nil
	}
	if a.ShortBalance != ShortNegative {
		owes, err := p.wouldGive(b.u, c, d)
		if err != nil {
			return err
		}
		if _, enough, err := p.sellerHas(b.u, c, owes); err != nil || !enough {
			return err
		}
	}
	return p.recover(b, c, d)
}

// wouldGive is what pulling back would take from the seller beyond what waits.
func (p *Platform) wouldGive(u *ledger.Unit, c *Charge, d *Dispute) (int64, error) {
	try, r, as := *c, *d.Taken, *d
	as.Taken, try.FeeTax = &r, slices.Clone(c.FeeTax)
	if err := try.pullBackDisputed(&as); err != nil {
		return 0, err
	}
	owes := r.gives()
	s, err := p.shareOf(u, c)
	if err != nil || s == nil {
		return owes, err
	}
	return owes - s.take(r.Reversal.Minor(), owes, r.FeeBack.Minor()).Account.Minor(), nil
}

// gives is what pulling back takes from the seller after all, in minor units.
func (r *Refund) gives() int64 {
	return r.Reversal.Minor() - r.FeeBack.Minor() - addTax(r.FeeTax) + r.DiscountBack.Minor()
}

// sellerHas returns where a seller has so much: where the money of a charge is now, or
// available. If it is not enough in either, it says so.
func (p *Platform) sellerHas(u *ledger.Unit, c *Charge, owes int64) (purpose string, enough bool, err error) {
	now, err := p.inNow(u, c, c.Account)
	if err != nil {
		return "", false, err
	}
	for _, from := range []string{now, "available"} {
		if from == purposeHeld {
			continue
		}
		free, err := u.Spendable(p.of(c.Account, from, c.Amount.Currency()))
		if err != nil || free.Minor() >= owes {
			return from, true, err
		}
	}
	return "available", false, nil
}

// pullBackDisputed computes what the seller gives of what a dispute takes.
func (c *Charge) pullBackDisputed(d *Dispute) error {
	r := d.Taken
	aside := sum(r.ServiceBack, r.PlatformBack)
	for _, t := range r.Tax {
		aside = sum(aside, t.Amount)
	}
	return c.pullBack(r, &RefundRequest{ReverseTransfer: true, RefundFee: d.Policy.ReturnFee}, aside)
}

// recover pulls the seller's part back: out of held first, and then from where the
// seller has it.
func (p *Platform) recover(b *books, c *Charge, d *Dispute) error {
	r := d.Taken
	if err := c.pullBackDisputed(d); err != nil {
		return err
	}
	if err := p.legsNow(b.u, c, r); err != nil {
		return err
	}
	a, err := p.account(b.u, c.Account)
	if err != nil {
		return err
	}
	_, owes, err := p.heldFirst(b.u, c, r, 0, r.gives())
	if err != nil {
		return err
	}
	if r.FromAccount.Short = a.ShortBalance; a.ShortBalance != ShortNegative {
		if r.FromAccount.Purpose, _, err = p.sellerHas(b.u, c, owes); err != nil {
			return err
		}
	}
	b.postAll(p.recovered(r))
	if d.Recovered = true; r.Status == RefundSucceeded { // it was lost before
		return p.heldEnd(b.u, c, r, true)
	}
	return nil
}
