package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// RefundWait is what a refund waits for.
type RefundWait struct {
	Platform ledger.Money `json:"platform"` // what it takes of the platform, in the currency that it comes out of
	Account  ledger.Money `json:"account"`  // what it takes of the seller
	Until    time.Time    `json:"until"`    // when it is given up
}

// Refunds that wait look for their money at the same moments, so that the first come
// first: every quarter of an hour of the clock.
const refundLook = 15 * time.Minute

// The days that a refund waits, if it does not say, and at most.
const (
	refundWaitDays = 30
	maxWaitDays    = 180
)

func (w *RefundWait) loaded(zero ledger.Money) { asZero(zero, &w.Platform, &w.Account) }

// legs decides where a refund's money is taken from, and sets that aside: so much of
// platform and seller, in minor units. Where somebody whose policy is to wait has too
// little, nothing is set aside, and the refund waits.
func (p *Platform) legs(u *ledger.Unit, prof *Profile, c *Charge, r *Refund, owes, gives int64) error {
	cur := r.Amount.Currency()
	from := ledger.Minor(owes, cur)
	if r.FeeStep != nil {
		from = r.FeeStep.Credited
	}
	var a *Account
	var err error
	if r.Reverses || r.Direct {
		if a, err = p.account(u, c.Account); err != nil {
			return err
		}
	}
	if r.waitDays > 0 {
		enough, err := p.enough(u, prof, a, c, from, ledger.Minor(gives, cur))
		if err != nil {
			return err
		}
		if !enough {
			r.Wait = &RefundWait{from, ledger.Minor(gives, cur), u.At().Add(time.Duration(r.waitDays) * day)}
			r.Status, r.Work = RefundWaiting, ledger.Work{}
			r.Work.Later(r.looks(u))
			return nil
		}
	}
	if a != nil {
		if err := p.freeForRefund(u, prof, a, c, ledger.Minor(gives, cur)); err != nil {
			return err
		}
	}
	if r.FeeStep != nil {
		r.FromPlatform, err = p.feeLeg(u, prof, c, r)
	} else {
		r.FromPlatform, err = p.platformLeg(u, prof, c, r, owes)
	}
	if err != nil || a == nil {
		return err
	}
	if a.ShortBalance == ShortAdvance {
		return p.advancedLeg(u, prof, a, c, r, gives)
	}
	r.FromAccount, err = p.sellerLeg(u, a, c, r, gives)
	return err
}

// looks is when a refund that waits looks for its money again.
func (r *Refund) looks(u *ledger.Unit) time.Time {
	next := u.At().Truncate(refundLook).Add(refundLook)
	if r.Wait.Until.Before(next) {
		return r.Wait.Until
	}
	return next
}

// readyRefund tells whether a refund may be carried out: one that waits once the money is
// there, in the order in which they were asked for. What is over by then ends it.
func readyRefund(u *ledger.Unit, p *Platform, r *Refund) (bool, error) {
	if r.Status != RefundWaiting {
		return true, nil
	}
	c, err := p.charge(u, r.Charge)
	if err != nil {
		return false, err
	}
	switch {
	case c.Status != ChargeSucceeded:
		return false, p.dropRefund(u, c, r, RefundFailed, "charge_failed")
	case c.coming() > c.whole().Minor(): // a dispute gave the buyer what the refund was to give
		return false, p.dropRefund(u, c, r, RefundCanceled, "disputed")
	case !u.At().Before(r.Wait.Until):
		return false, p.dropRefund(u, c, r, RefundFailed, "insufficient_funds")
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return false, err
	}
	later := func() (bool, error) {
		r.Work.Later(r.looks(u))
		return false, refundKind.Put(u, r.ID, r)
	}
	if len(c.Disputed) > 0 {
		return later()
	}
	var a *Account
	if r.Reverses || r.Direct {
		if a, err = p.account(u, c.Account); err != nil {
			return false, err
		}
	}
	if enough, err := p.enoughNow(u, prof, a, c, r); err != nil {
		return false, err
	} else if !enough {
		return later()
	}
	if err := r.become(RefundPending, ""); err != nil {
		return false, err
	}
	if err := p.legs(u, prof, c, r, r.Wait.Platform.Minor(), r.Wait.Account.Minor()); err != nil {
		return false, err
	}
	r.Wait = nil
	if r.within() {
		return false, p.waitedWithin(u, c, r)
	}
	u.Emit(ledger.Event{Type: EventRefundUpdated, Platform: p.id, Object: refundKind.ID(r.ID)})
	return true, nil
}

// coming is what refunds, those under way too, and disputes beyond them give the buyer,
// in minor units of what the buyer paid in.
func (c *Charge) coming() int64 {
	back := c.Refunded.Minor() + c.Refunding.Minor()
	if s := c.Settlement; s != nil {
		back = s.Refunded.Minor() + s.Refunding.Minor()
	}
	return back + c.DisputedExcess.Minor()
}

// within tells a refund in which no acquirer and no rail has a part.
func (r *Refund) within() bool {
	return r.presented().IsZero() || r.Way != nil && r.Way.Paid != ""
}

// waitedWithin settles such a refund once it has waited.
func (p *Platform) waitedWithin(u *ledger.Unit, c *Charge, r *Refund) error {
	r.Acquirer, r.Settled = "", u.At()
	r.Work.Done()
	return p.refundApproved(u, c, r)
}

// dropRefund ends a refund that waited: all that it counted on its charge is as before.
func (p *Platform) dropRefund(u *ledger.Unit, c *Charge, r *Refund, to RefundStatus, code string) error {
	if err := r.become(to, code); err != nil {
		return err
	}
	r.Work.Done()
	r.Settled = u.At()
	c.end(r, false)
	event := EventRefundCanceled
	if to == RefundFailed {
		event = EventRefundFailed
		c.owes(r, u.At())
	} else {
		c.unpaid(r)
	}
	if err := p.saleRefunded(u, c, r, false); err != nil {
		return err
	}
	if err := p.heldEnd(u, c, r, false); err != nil {
		return err
	}
	if err := p.failRest(u, c, false); err != nil {
		return err
	}
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return err
	}
	return p.putRefund(u, r, event)
}

// CancelRefundRequest calls a refund off that waits.
type CancelRefundRequest struct {
	Key      string `json:"-"`
	RefundID string `json:"refund,omitzero"`
}

// CancelRefund calls a refund off that waits for money (ShortWait): nothing has moved, and
// all of it can be refunded again. Of a refund that does not wait, or no longer, it is of
// class State, code not_waiting.
func (p *Platform) CancelRefund(ctx context.Context, r CancelRefundRequest) (*Refund, error) {
	verb := simpleVerb[Refund]{
		name: "cancel refund", kind: &refundKind, target: r.RefundID, replayed: func(o *Refund) *bool { return &o.Replayed },
	}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Refund, error) {
		if r.RefundID == "" {
			return nil, badField("invalid_request", "refund", "it names the refund")
		}
		o, err := refundKind.Get(u, r.RefundID)
		if err != nil {
			return nil, notFoundOr(err, "refund")
		}
		if o.Platform != p.id {
			return nil, notFound("refund")
		}
		if o.Status != RefundWaiting {
			return nil, badState("not_waiting", "refund", "only a refund that waits can be called off; it is "+string(o.Status))
		}
		c, err := p.charge(u, o.Charge)
		if err != nil {
			return nil, err
		}
		return o, p.dropRefund(u, c, o, RefundCanceled, "")
	})
}
