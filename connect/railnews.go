package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// railNews is the piece of work that reads a rail's news; it renews itself.
type railNews struct {
	Rail      string      `json:"rail"`
	Cursor    string      `json:"cursor,omitzero"`
	Unmatched []string    `json:"unmatched,omitzero"` // news of payouts that are not ours, the latest hundred
	Work      ledger.Work `json:"work"`
}

var railKind = ledger.Kind[railNews]{
	Name:   "connect.rail",
	Prefix: "rail_",
	Keys:   func(r *railNews) []ledger.Key { return r.Work.Keys() },
}

// startRail begins the reading of the rail's news, unless it has begun.
func (e *Engine) startRail(u *ledger.Unit) error {
	name := e.c.Rail.Info().Name
	o, err := u.Object(railKind.ID(railKind.Prefix + name))
	if err != nil || o.Version > 0 {
		return err
	}
	r := &railNews{Rail: name}
	r.Work.Later(u.At())
	return railKind.Put(u, railKind.Prefix+name, r)
}

// pollRail reads the news after the cursor, books each piece, and then moves the
// cursor. A crash in between means that news is read again, which changes
// nothing: each piece can be booked once only.
func (e *Engine) pollRail(ctx context.Context, s ledger.Store, o ledger.Object) error {
	r, err := railKind.Decode(o)
	if err != nil {
		return err
	}
	if r.Rail != e.c.Rail.Info().Name {
		return nil // another engine's rail
	}
	updates, next, err := e.c.Rail.Updates(ctx, r.Cursor)
	if err != nil {
		return fmt.Errorf("connect: rail %s: %w", r.Rail, err)
	}
	var unmatched []string
	for _, n := range updates {
		switch err := e.applyUpdate(ctx, s, n); {
		case errors.Is(err, ledger.NotFound):
			unmatched = append(unmatched, string(n.Kind)+" "+n.Key)
		case errors.Is(err, ledger.State), errors.Is(err, ledger.Invalid):
			// It contradicts what is booked, or says nothing that a rail may
			// say; a person must look at it, and the rest goes on.
			unmatched = append(unmatched, string(n.Kind)+" "+n.Key+": "+err.Error())
		case err != nil:
			return err
		}
	}
	_, err = e.env.Update(ctx, s, func(u *ledger.Unit) error {
		now, err := railKind.Get(u, o.ID.ID)
		if err != nil {
			return err
		}
		if now.Cursor != r.Cursor {
			return nil // another process has read on
		}
		now.Cursor = next
		if now.Unmatched = append(now.Unmatched, unmatched...); len(now.Unmatched) > 100 {
			now.Unmatched = now.Unmatched[len(now.Unmatched)-100:]
		}
		now.Work.Later(u.At().Add(e.c.Poll))
		return railKind.Put(u, o.ID.ID, now)
	})
	return err
}

// applyUpdate books one piece of the rail's news.
func (e *Engine) applyUpdate(ctx context.Context, s ledger.Store, n payout.Update) error {
	id := n.Key
	if i := strings.LastIndexByte(id, '-'); i > 0 {
		id = id[:i]
	}
	_, err := e.env.Update(ctx, s, func(u *ledger.Unit) error {
		o, err := payoutKind.Get(u, id)
		if err != nil {
			return err
		}
		return payout.Apply(u, o, n)
	})
	return err
}
