package connect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// release is the piece of work that makes a platform's pending money available,
// day by day. There is one for each platform and it renews itself; charges
// never touch it.
type release struct {
	Platform string      `json:"platform"`
	Next     payout.Day  `json:"next"`           // the first day that is not released
	Swept    payout.Day  `json:"swept,omitzero"` // when days that were opened behind it were last looked for
	Work     ledger.Work `json:"work"`
}

var releaseKind = ledger.Kind[release]{
	Name:   "connect.release",
	Prefix: platformKind.Prefix, // one for each platform, under its id
	Keys:   func(r *release) []ledger.Key { return r.Work.Keys() },
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "next_day", Path: "next"}, {Name: "swept_day", Path: "swept"},
		{Name: "due", Path: "work.due", Type: ledger.TimeColumn},
	},
}

// releaseBatch is how many accounts become available in one commit.
const releaseBatch = 100

// heldUp is how long a day waits that a refund under way keeps open.
const heldUp = 15 * time.Minute

func (e *Engine) startRelease(u *ledger.Unit, platform string) error {
	r := &release{Platform: platform, Next: payout.DayOf(u.At(), time.UTC)}
	r.Work.Later(r.Next.Time())
	return releaseKind.Put(u, platform, r)
}

// release makes available what was pending for the days up to today: each
// account of such a day in one posting, which closes it (flow C10). Once a day
// it also looks for days before, which a clock that was ahead or a charge that
// met midnight may have opened behind it.
func (e *Engine) release(ctx context.Context, s ledger.Store, o ledger.Object) error {
	r, err := releaseKind.Decode(o)
	if err != nil {
		return err
	}
	p, err := e.Platform(ctx, r.Platform)
	if err != nil {
		return err
	}
	today := payout.DayOf(e.env.Time(), time.UTC)
	days := make(map[payout.Day]bool)
	for day := r.Next; day <= today; day++ {
		days[day] = true
	}
	if r.Swept < today {
		if err := p.sweep(ctx, s, today, days); err != nil {
			return fmt.Errorf("connect: release: %w", err)
		}
	}
	next := today + 1
	for _, day := range slices.Sorted(maps.Keys(days)) {
		left, err := p.releaseDay(ctx, s, day)
		if err != nil {
			return fmt.Errorf("connect: release of %s: %w", day, err)
		}
		if left {
			next = min(next, day)
		}
	}
	_, err = e.env.Update(ctx, s, func(u *ledger.Unit) error {
		now, err := releaseKind.Get(u, o.ID.ID)
		if err != nil {
			return err
		}
		if now.Next > next && now.Swept >= today {
			return nil // another process has come further
		}
		now.Swept = today
		if now.Next = next; next > today {
			now.Work.Later(next.Time())
		} else {
			now.Work.Later(u.At().Add(heldUp))
		}
		return releaseKind.Put(u, o.ID.ID, now)
	})
	return err
}

// sweep adds the days up to today that still have an open account.
func (p *Platform) sweep(ctx context.Context, s ledger.Store, today payout.Day, days map[payout.Day]bool) error {
	q := ledger.AccountQuery{Book: p.id, Purpose: pendingPrefix, Open: true, Limit: ledger.MaxPage}
	return accountPages(ctx, s, q, func(list []ledger.Account) error {
		for _, a := range list {
			if day, err := payout.ParseDay(a.Purpose[len(pendingPrefix):]); err == nil && day <= today {
				days[day] = true
			}
		}
		return nil
	})
}

// accountPages hands pages of accounts on, each read in a view of its own.
func accountPages(ctx context.Context, s ledger.Store, q ledger.AccountQuery, fn func([]ledger.Account) error) error {
	for {
		var list []ledger.Account
		err := s.Read(ctx, func(v ledger.View) (err error) {
			list, err = v.AccountsOf(q)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		if err := fn(list); err != nil {
			return err
		}
		q.After = list[len(list)-1].Ref
	}
}

// releaseDay releases one day; left tells that something of it is held.
func (p *Platform) releaseDay(ctx context.Context, s ledger.Store, day payout.Day) (left bool, err error) {
	q := ledger.AccountQuery{Book: p.id, Purpose: pendingPrefix + day.String(), Open: true, Limit: releaseBatch}
	err = accountPages(ctx, s, q, func(list []ledger.Account) error {
		_, err := p.e.env.Update(ctx, s, func(u *ledger.Unit) error {
			if err := p.loadOwners(u, list); err != nil {
				return err
			}
			for _, a := range list {
				held, err := p.releaseAccount(u, a.Ref)
				if err != nil {
					return err
				}
				left = left || held
				if err := p.freezeFree(u, a.Owner, a.Currency); err != nil {
					return err
				}
			}
			return p.watchNegative(u)
		})
		return err
	})
	return left, err
}

// releaseAccount moves what is not held of one day of one owner, and ends the
// day's account when nothing is left in it. A day below zero is moved as it
// is: the money went when the refund was booked.
func (p *Platform) releaseAccount(u *ledger.Unit, r ledger.Ref) (held bool, err error) {
	a, err := u.Account(r)
	if err != nil || a.Closed || a.Version == 0 {
		return false, err
	}
	free, err := a.Posted.Sub(a.Held)
	if err != nil {
		return false, err
	}
	if held = !a.Held.IsZero(); held && free.Sign() < 0 {
		return true, nil
	}
	b := &books{u: u, p: p, object: releaseKind.ID(p.id)}
	b.post("available", line{account: r, minor: -free.Minor()}, line{account: p.of(r.Owner, "available", r.Currency), minor: free.Minor()})
	if err := p.keepBack(u, r.Owner, free); err != nil {
		return false, err
	}
	if !free.IsZero() {
		u.Emit(ledger.Event{Type: EventBalanceAvailable, Platform: p.id, Object: p.owner(r.Owner)})
	}
	if !held {
		u.Close(r)
	}
	return held, nil
}

// owner names the object behind the owner of an account.
func (p *Platform) owner(id string) ledger.ID {
	if id == p.id {
		return platformKind.ID(id)
	}
	return accountKind.ID(id)
}
