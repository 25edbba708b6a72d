package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// railNews is the piece of work that reads a rail's news; it renews itself.
type railNews struct {
	Rail      string          `json:"rail"`
	Cursor    string          `json:"cursor,omitzero"`
	Unmatched []UnmatchedNews `json:"unmatched,omitzero"` // the latest hundred
	Work      ledger.Work     `json:"work"`
}

// UnmatchedNews is news of a rail that could not be booked: of a payout that is
// not souk's, or one that contradicts what is booked. Somebody must look at it.
type UnmatchedNews struct {
	ID     string            `json:"id"` // the rail's
	Kind   payout.UpdateKind `json:"kind"`
	Key    string            `json:"key"`
	Code   string            `json:"code,omitzero"`
	Amount ledger.Money      `json:"amount,omitzero"` // zero where it was of no currency
	At     time.Time         `json:"at,omitzero"`     // when it happened, as the rail says; zero where that is no time
	Heard  time.Time         `json:"heard"`           // when it was read
	Reason string            `json:"reason"`          // why it was not booked
}

// unmatchedLimit bounds what is kept of it.
const unmatchedLimit = 100

var railKind = ledger.Kind[railNews]{
	Name:   "connect.rail",
	Prefix: "rail_",
	Keys:   func(r *railNews) []ledger.Key { return r.Work.Keys() },
	Columns: []ledger.Column{
		{Name: "rail", Path: "rail"}, {Name: "cursor", Path: "cursor"}, {Name: "unmatched", Path: "unmatched"},
		{Name: "due", Path: "work.due", Type: ledger.TimeColumn},
	},
}

// startRail begins the reading of the rail's news, unless it has begun.
func (e *Engine) startRail(u *ledger.Unit) error {
	name := railName(e)
	o, err := u.Object(railKind.ID(railKind.Prefix + name))
	if err != nil || o.Version > 0 {
		return err
	}
	r := &railNews{Rail: name}
	r.Work.Later(u.At())
	return railKind.Put(u, railKind.Prefix+name, r)
}

// UnmatchedNews lists the latest hundred pieces of the rail's news that could
// not be booked, oldest first.
func (e *Engine) UnmatchedNews(ctx context.Context) ([]UnmatchedNews, error) {
	err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	r, err := railKind.Read(ctx, e.c.Store, railKind.Prefix+railName(e))
	if err != nil {
		return nil, fmt.Errorf("connect: unmatched news: %w", err)
	}
	return r.Unmatched, nil
}

// pollRail reads the news after the cursor, page by page: books each piece, and
// then moves the cursor. A crash in between means that news is read again, which
// changes nothing: each piece can be booked once only.
func (e *Engine) pollRail(ctx context.Context, s ledger.Store, o ledger.Object) error {
	r, err := railKind.Decode(o)
	if err != nil {
		return err
	}
	if r.Rail != railName(e) {
		return nil // another engine's rail
	}
	for cursor := r.Cursor; ; {
		outside, cancel := context.WithTimeout(ctx, e.c.Lease)
		updates, next, err := e.c.Rail.Updates(outside, cursor)
		cancel()
		if err != nil {
			return fmt.Errorf("connect: rail %s: %w", r.Rail, err)
		}
		unmatched, err := e.applyUpdates(ctx, s, updates)
		if err != nil {
			return err
		}
		mine, err := e.advance(ctx, s, o.ID.ID, cursor, next, unmatched)
		if err != nil || !mine || len(updates) == 0 || next == cursor {
			return err
		}
		cursor = next
	}
}

// advance moves the cursor of the rail's news on. It is not mine if another
// process has read on.
func (e *Engine) advance(ctx context.Context, s ledger.Store, id, from, to string, unmatched []UnmatchedNews) (mine bool, err error) {
	_, err = e.env.Update(ctx, s, func(u *ledger.Unit) error {
		r, err := railKind.Get(u, id)
		if err != nil {
			return err
		}
		if mine = r.Cursor == from; !mine {
			return nil
		}
		r.Cursor = to
		for _, n := range unmatched {
			again := func(have UnmatchedNews) bool { return have.ID == n.ID && have.Key == n.Key }
			if n.Heard = u.At(); !slices.ContainsFunc(r.Unmatched, again) {
				r.Unmatched = append(r.Unmatched, n)
			}
		}
		if extra := len(r.Unmatched) - unmatchedLimit; extra > 0 {
			r.Unmatched = r.Unmatched[extra:]
		}
		r.Work.Later(u.At().Add(e.c.Poll))
		return railKind.Put(u, id, r)
	})
	return mine, err
}

// applyUpdates books a page of news and returns what cannot be booked: it is of
// nobody's payout, contradicts what is booked, or says nothing that a rail may
// say. A person must look at it, and the rest goes on.
func (e *Engine) applyUpdates(ctx context.Context, s ledger.Store, updates []payout.Update) (unmatched []UnmatchedNews, err error) {
	for _, n := range updates {
		err := e.applyUpdate(ctx, s, n)
		switch {
		case err == nil:
			continue
		case !errors.Is(err, ledger.NotFound) && !errors.Is(err, ledger.State) && !errors.Is(err, ledger.Invalid):
			return nil, err
		}
		e.problem("rail news", n.Key, err)
		unmatched = append(unmatched, unmatchedOf(n, err))
	}
	return unmatched, nil
}

// unmatchedOf keeps of odd news what can be kept: whatever a rail says must not
// stop what it says next.
func unmatchedOf(n payout.Update, why error) UnmatchedNews {
	u := UnmatchedNews{
		ID: clip(n.ID), Kind: payout.UpdateKind(clip(string(n.Kind))), Key: clip(n.Key), Code: clip(n.Code), Reason: clip(why.Error()),
	}
	if n.Amount.Currency().Valid() {
		u.Amount = n.Amount
	}
	if at := n.At.UTC(); at.Year() >= 1 && at.Year() <= 9999 {
		u.At = at
	}
	return u
}

// clip bounds text that somebody outside wrote.
func clip(text string) string { return strings.ToValidUTF8(text[:min(len(text), 200)], "") }

// applyUpdate books one piece of the rail's news.
func (e *Engine) applyUpdate(ctx context.Context, s ledger.Store, n payout.Update) error {
	id := n.Key
	if i := strings.LastIndexByte(id, '-'); i > 0 {
		id = id[:i]
	}
	switch {
	case chargeKind.Fits(id):
		return e.debitUpdate(ctx, id, n)
	case refundKind.Fits(id):
		return e.refundUpdate(ctx, id, n)
	case negativeDebitKind.Fits(id):
		return e.negativeDebitUpdate(ctx, id, n)
	}
	_, err := e.env.Update(ctx, s, func(u *ledger.Unit) error {
		o, err := payoutKind.Get(u, id)
		if err != nil {
			return notFoundOr(err, "payout")
		}
		if o.Rail != railName(e) || o.Key() != n.Key {
			return notFound("payout")
		}
		if err := payout.Apply(u, o, n); err != nil {
			return err
		}
		p := &Platform{e: e, id: o.Platform, store: s}
		if err := p.bankErrored(u, o); err != nil {
			return err
		}
		return p.watchNegative(u)
	})
	return err
}
