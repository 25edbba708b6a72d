package connect

import (
	"context"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// negativeLook is how often a balance below zero is looked at though nothing moves it:
// the platform's policy may have changed.
const negativeLook = day

// negativeWorker lets Drain look at balances below zero. Not through Platform.unit, which
// would take what is done here for news.
func (e *Engine) negativeWorker() ledger.Worker {
	return ledger.Worker{Kind: negativeKind.Name, Do: func(ctx context.Context, s ledger.Store, o ledger.Object) error {
		n, err := negativeKind.Decode(o)
		if err != nil {
			return err
		}
		p, err := e.Platform(ctx, n.Platform)
		if err != nil {
			return err
		}
		_, err = e.env.Update(ctx, s, func(u *ledger.Unit) error { return p.lookAtNegative(u, o.ID.ID) })
		return err
	}}
}

// lookAtNegative puts behind a balance below zero what is to stand there, lets go of
// what is not, and has the platform pay what has stood for too long. The balance and
// the object are expected unchanged, so that two who drain at once do it once.
func (p *Platform) lookAtNegative(u *ledger.Unit, id string) error {
	n, err := negativeKind.Get(u, id)
	if err != nil || !n.Work.Open() || u.At().Before(n.Work.Due) {
		return err
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	own := p.of(n.Account, "available", n.Currency)
	a, err := u.Account(own)
	if err != nil {
		return err
	}
	n.Owes, n.Looked, n.Stale = ledger.Minor(max(-a.Posted.Minor(), 0), n.Currency), u.At(), false
	if n.Owes.IsZero() {
		n.Since = time.Time{}
	}
	n.Kept = slices.DeleteFunc(n.Kept, func(k KeptCover) bool { return !u.At().Before(k.Until) })
	plan, err := p.lookAtPlan(u, n)
	if err != nil {
		return err
	}
	b := &books{u: u, p: p, object: negativeKind.ID(n.ID)}
	due := n.collectAt(prof.Negative)
	collect := !due.IsZero() && !u.At().Before(due)
	covered := n.cover(b, n.covers(prof.Negative) || collect)
	event := ""
	if covered {
		event = EventNegativeUpdated
	}
	if collect {
		event = EventNegativeCollected
		n.collect(b, own)
	}
	if n.Owes.IsZero() && len(n.Kept) == 0 {
		if event != "" {
			u.Emit(ledger.Event{Type: event, Platform: p.id, Object: negativeKind.ID(n.ID)})
		}
		n.Work.Done()
		if n.Status == NegativeOpen {
			event = EventNegativeEnded
			if err := n.become(NegativeEnded); err != nil {
				return err
			}
		}
		return p.putNegative(u, n, event)
	}
	n.wait(u.At(), due)
	if plan != nil {
		if next := plan.next(u.At()); !next.IsZero() && next.Before(n.Work.Due) {
			n.Work.Later(next)
		}
	}
	return p.putNegative(u, n, event)
}

// covers reports whether the platform's money stands behind what the account is short of.
func (n *NegativeBalance) covers(policy NegativePolicy) bool {
	return n.Bearer == PartyPlatform && !policy.Uncovered
}

// collectAt is when the platform pays what the account is short of; zero: never, or not
// while it is being debited or pays by a plan.
func (n *NegativeBalance) collectAt(policy NegativePolicy) time.Time {
	if n.Bearer != PartyPlatform || n.Owes.IsZero() || n.Debit != "" || n.Plan != "" {
		return time.Time{}
	}
	return policy.collects(n.Since)
}

// kept is the cover that stays for debits which may come back.
func (n *NegativeBalance) kept() ledger.Money {
	m := ledger.Zero(n.Currency)
	for _, k := range n.Kept {
		m = sum(m, k.Amount)
	}
	return m
}

// cover sets as much of the platform's money aside as the account is short of, and lets
// go of the rest. What the platform has not it is short of itself.
func (n *NegativeBalance) cover(b *books, covers bool) (changed bool) {
	want := n.kept()
	if covers {
		want = sum(want, n.Owes)
	}
	free, set := b.p.of(n.Platform, "available", n.Currency), b.p.of(n.Platform, "cover", n.Currency)
	switch more := minus(want, n.Cover); {
	case more.Sign() > 0:
		b.post("cover", out(free, more), in(set, more))
	case more.Sign() < 0:
		less := minus(n.Cover, want)
		b.post("cover released", out(set, less), in(free, less))
	default:
		return false
	}
	n.Cover = want
	n.booked(b)
	return true
}

// maxBooked bounds what is remembered of transactions.
const maxBooked = 32

// booked remembers the transaction that was posted last.
func (n *NegativeBalance) booked(b *books) {
	n.Booked = append(n.Booked, b.last)
	if extra := len(n.Booked) - maxBooked; extra > 0 {
		n.Booked = slices.Delete(n.Booked, 0, extra)
	}
}

// collect has the platform pay what the account is short of, out of its cover.
func (n *NegativeBalance) collect(b *books, own ledger.Ref) {
	b.post("collection", out(b.p.of(n.Platform, "cover", n.Currency), n.Owes), in(own, n.Owes))
	n.booked(b)
	n.Cover, n.Collected = minus(n.Cover, n.Owes), sum(n.Collected, n.Owes)
	n.Owes, n.Since = ledger.Zero(n.Currency), time.Time{}
}

// wait sets when the balance is looked at again, if nothing moves it.
func (n *NegativeBalance) wait(now, collect time.Time) {
	due := now.Add(negativeLook)
	if !collect.IsZero() && collect.After(now) && collect.Before(due) {
		due = collect
	}
	for _, k := range n.Kept {
		if k.Until.Before(due) {
			due = k.Until
		}
	}
	n.Work.Later(due)
}
