package webhook

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/soukhq/souk/ledger"
)

// safely is attempt, where a panic of a host's Sealer or Resolver is an error.
func (h *Hooks) safely(ctx context.Context, id string) (result Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("webhook: delivery %s panicked: %v", id, p)
		}
	}()
	if result, err = h.attempt(ctx, id); err != nil {
		err = fmt.Errorf("webhook: delivery %s: %w", id, err)
	}
	return result, err
}

// attempt claims a delivery, sends it and notes what came of it. Whoever has the claim alone
// may note it: one that slept beyond its lease finds another's.
func (h *Hooks) attempt(ctx context.Context, id string) (Result, error) {
	token := h.env.ID("clm_")
	d, e, err := h.claim(ctx, id, token)
	if err != nil || d == nil {
		return "", err
	}
	if !h.env.Time().Before(d.Work.Due.Add(-h.c.Timeout)) {
		return "", nil // it slept: the lease would end before the attempt does
	}
	result := h.send(ctx, e, d)
	if result != Answered2xx && ctx.Err() != nil {
		result = Interrupted
	}
	// What is known is noted though the process is asked to end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.c.Timeout)
	defer cancel()
	return result, h.settle(ctx, id, token, result)
}

// claim takes a delivery that is due and first in its lane; nil if it is not.
func (h *Hooks) claim(ctx context.Context, id, token string) (d *Delivery, e *Endpoint, err error) {
	taken := false
	_, err = h.env.Update(ctx, h.eng.Store(), func(u *ledger.Unit) error {
		taken = false
		if d, err = deliveryKind.Get(u, id); err != nil || d.Status != Pending || u.At().Before(d.Work.Due) {
			return err
		}
		if e, err = endpointKind.Get(u, d.EndpointID); err != nil {
			return err
		}
		if d.Lane != "" {
			first, err := u.Find(ledger.Query{Kind: deliveryKind.Name, Name: "lane", Value: d.Lane, Limit: 1})
			if err != nil {
				return err
			}
			// One that was written later can never come before it, so that this stays true.
			if len(first) > 0 && first[0].ID.ID != id {
				return h.waitFor(u, d, first[0])
			}
		}
		switch {
		case e.Deleted:
			return h.end(u, d, Canceled)
		case e.Disabled:
			return h.end(u, d, Missed)
		}
		if d.Work.Claim != "" {
			// Whoever had it noted no end. That counts: what kills each process that tries it
			// would be tried for ever.
			d.Attempts++
			d.Tried, d.Result = d.Work.Due, Interrupted
			if err := h.later(u, d, d.Work.Due); err != nil || d.Status != Pending || u.At().Before(d.Work.Due) {
				return err
			}
		}
		d.Work.Take(token, u.At(), h.c.Lease)
		taken = true
		return deliveryKind.Put(u, id, d)
	})
	if err != nil || !taken {
		return nil, nil, err
	}
	return d, e, nil
}

// idle is how long a delivery rests that is not the first of its lane. What ends before it
// makes it due at once: that it comes due by itself is a net, and rare, so that those behind
// one that fails are not all written again whenever that one is tried.
const idle = time.Hour

// waitFor lets a delivery wait for the one before it. That one is read, so that this fails,
// and is decided again, if it ends meanwhile.
func (h *Hooks) waitFor(u *ledger.Unit, d *Delivery, before ledger.Object) error {
	b, err := deliveryKind.Get(u, before.ID.ID)
	if err != nil {
		return err
	}
	at := u.At() // it has ended since
	if b.Status == Pending {
		if at = at.Add(idle); b.Work.Due.After(at) {
			at = b.Work.Due
		}
	}
	d.Work.Later(at)
	return deliveryKind.Put(u, d.ID, d)
}

// end finishes a delivery and lets the next of its lane go.
func (h *Hooks) end(u *ledger.Unit, d *Delivery, s Status) error {
	d.end(s, u.At(), h.c.Retention)
	if err := deliveryKind.Put(u, d.ID, d); err != nil || d.Lane == "" {
		return err
	}
	list, err := u.Find(ledger.Query{Kind: deliveryKind.Name, Name: "lane", Value: d.Lane, Limit: 2})
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.ID.ID == d.ID {
			continue
		}
		next, err := deliveryKind.Get(u, o.ID.ID)
		if err != nil || next.Status != Pending || next.Work.Claim != "" {
			return err
		}
		next.Work.Later(u.At())
		return deliveryKind.Put(u, next.ID, next)
	}
	return nil
}

// settle notes the result of an attempt.
func (h *Hooks) settle(ctx context.Context, id, token string, result Result) error {
	_, err := h.env.Update(ctx, h.eng.Store(), func(u *ledger.Unit) error {
		d, err := deliveryKind.Get(u, id)
		if err != nil || d.Status != Pending || d.Work.Claim != token {
			return err // another has taken it: what it finds counts
		}
		before := d.Result
		d.Tried, d.Result = u.At(), result
		if result == Interrupted && before != Interrupted {
			d.Work.Later(u.At()) // once it is nobody's fault
			return deliveryKind.Put(u, id, d)
		}
		d.Attempts++
		if result == Interrupted {
			return h.later(u, d, u.At())
		}
		if err := h.note(u, d.EndpointID, result); err != nil {
			return err
		}
		if result == Answered2xx {
			return h.end(u, d, Delivered)
		}
		return h.later(u, d, u.At())
	})
	return err
}

// later makes a delivery due again after an attempt that ended at a moment, or parks it
// after its last.
func (h *Hooks) later(u *ledger.Unit, d *Delivery, ended time.Time) error {
	if d.Attempts > len(h.c.Schedule) {
		return h.end(u, d, Parked)
	}
	wait := h.c.Schedule[d.Attempts-1]
	d.Work.Later(ended.Add(wait + spread(d.ID, d.Attempts, wait)))
	return deliveryKind.Put(u, d.ID, d)
}

// note keeps since when an endpoint fails, and disables one that has failed for too long.
// That is written only where it changes: one endpoint gets many deliveries at once.
func (h *Hooks) note(u *ledger.Unit, id string, result Result) error {
	e, err := endpointKind.Get(u, id)
	switch {
	case err != nil, e.Deleted, e.Disabled, result == NotSigned: // the last is none of its doing
		return err
	case result == Answered2xx:
		if e.Failing.IsZero() {
			return nil
		}
		e.Failing = time.Time{}
	case e.Failing.IsZero():
		e.Failing = u.At()
	case u.At().Sub(e.Failing) >= h.c.DisableAfter:
		e.Disabled, e.Why = true, "failing"
		u.Emit(ledger.Event{Type: EventEndpointDisabled, Platform: e.Platform, Object: endpointKind.ID(id)})
	default:
		return nil
	}
	return endpointKind.Put(u, id, e)
}

// spread is up to a tenth of a wait, by the delivery: what failed together is not tried
// again together.
func spread(id string, attempt int, wait time.Duration) time.Duration {
	f := fnv.New32a()
	_, _ = fmt.Fprint(f, id, attempt)
	return (wait / 10 / 256 * time.Duration(f.Sum32()%256)).Truncate(time.Microsecond)
}
