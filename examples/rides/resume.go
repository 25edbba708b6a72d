package main

import (
	"context"
	"slices"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// resume makes ready to go on with books that an earlier run has begun, wherever
// it was stopped. In new ones it finds nothing to do.
//
// A trip is safe by its key alone. A payday is not: who had nothing then may have
// something now, so that days which the earlier run has behind it are taken from
// the books. And the simulated cards and bank forget with their process, which
// real ones do not: they are told again what they were asked.
func (r *replay) resume(ctx context.Context, cards connect.Acquirer, bank payout.Rail) error {
	if err := r.findLast(ctx); err != nil {
		return err
	}
	if r.last.IsZero() {
		return nil
	}
	if err := connecttest.RemindCards(ctx, r.platform, cards); err != nil {
		return err
	}
	if err := r.remindBank(ctx, bank); err != nil {
		return err
	}
	// What the earlier run had in hand when it was stopped is free by now.
	r.clock.Set(r.last.Add(held))
	return r.drain(ctx)
}

// findLast finds the moment of the latest event: whatever an earlier run did, a
// trip or a night's work, left one. That it had begun is none.
func (r *replay) findLast(ctx context.Context) error {
	for after := ledger.Cursor(""); ; {
		list, next, err := r.platform.Events(ctx, after, 1000)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, e := range list {
			if e.At.After(r.last) && e.Type != connect.EventPlatformCreated {
				r.last = e.At
			}
		}
		after = next
	}
}

// behind tells whether the earlier run had finished with the day that begins.
func (r *replay) behind() bool { return r.day.Before(r.last) }

// page is how many objects are read at once.
var page = connect.ListRequest{Limit: 100}

// remindBank tells the simulated rail the payouts that it has taken, in their
// order and each at its time, so that its news comes as it did or would have.
func (r *replay) remindBank(ctx context.Context, bank payout.Rail) error {
	var sent []*payout.Payout
	for po, err := range r.platform.Payouts(ctx, page) {
		if err != nil {
			return err
		}
		date := po.Created.Format(time.DateOnly)
		if r.paid[date] == nil {
			r.paid[date] = make(map[string]ledger.Money)
		}
		r.paid[date][po.Owner] = po.Amount
		if po.Sent > 0 {
			sent = append(sent, po)
		}
	}
	slices.Reverse(sent) // oldest first
	slices.SortStableFunc(sent, func(a, b *payout.Payout) int { return a.SentAt.Compare(b.SentAt) })
	for _, po := range sent {
		r.clock.Set(po.SentAt)
		_, err := bank.Submit(ctx, []payout.Instruction{{Key: po.Key(), Amount: po.Amount, Destination: po.Destination, Descriptor: po.Descriptor}})
		if err != nil {
			return err
		}
	}
	return nil
}
