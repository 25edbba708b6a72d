package ledger

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Update runs fn with the real clock and random ids; see Env.Update.
func Update(ctx context.Context, s Store, fn func(*Unit) error) (*Receipt, error) {
	return Env{}.Update(ctx, s, fn)
}

// Bounds of the retries of one Update.
const (
	maxRaces   = 64 // lost races before the caller gets the conflict
	maxUnknown = 4  // times that the same change is handed in after an unknown outcome
)

// Update collects a change in fn and commits it. If what fn read has changed
// meanwhile, fn runs again on the new state, a bounded number of times; it must
// have no effect outside the Unit. After an outcome that is unknown the same
// change is handed in again, which finds out what happened. An error from fn
// is returned as it is, and nothing is written.
//
// The receipt of a change that did nothing is empty. What fn read must still be
// so: a decision to do nothing is one too.
func (e Env) Update(ctx context.Context, s Store, fn func(*Unit) error) (*Receipt, error) {
	switch {
	case s == nil:
		return nil, missingArgument("store")
	case fn == nil:
		return nil, missingArgument("fn")
	}
	for try := 1; ; try++ {
		u := newUnit(ctx, s, e, try)
		err := fn(u)
		if err == nil && u.wraps {
			err = tooLarge()
		}
		if err != nil {
			if used, bad := u.asked(); bad != nil {
				return nil, bad
			} else if !used {
				return nil, err
			}
		}
		if u.c.isEmpty() && u.c.Idem.IsZero() && len(u.c.Expect) == 0 {
			return &Receipt{}, nil
		}
		r, err := commit(ctx, s, &u.c)
		if err == nil {
			return r, nil
		}
		if try == maxRaces || !u.lostRace(err) {
			return nil, err
		}
		if err := pause(ctx, try, u.c.ID); err != nil {
			return nil, err
		}
	}
}

// commit hands in one change until its outcome is known. Once it is unknown, a
// later try that could not be made does not make it known.
func commit(ctx context.Context, s Store, c *Change) (*Receipt, error) {
	var unknown error
	for try := 1; ; try++ {
		r, err := s.Commit(ctx, c)
		switch {
		case err == nil:
			return r, nil
		case errors.Is(err, Unknown):
			unknown = err
		case unknown == nil || !errors.Is(err, Unavailable):
			return nil, err
		}
		if isFinal(err) || try == maxUnknown || pause(ctx, try+3, c.ID) != nil {
			return nil, unknown
		}
	}
}

// lostRace reports whether fn may decide again on the new state: something it
// read has changed, or an account that it saw open was closed meanwhile, or is
// not empty although it was read, unchecked, to be emptied.
func (u *Unit) lostRace(err error) bool {
	lost, sure := false, true
	outermost(err, func(e *Error) {
		lost = lost || u.raced(e)
		sure = sure && e.Class != Unknown && !e.Final
	})
	return lost && sure
}

func (u *Unit) raced(e *Error) bool {
	switch {
	case e.Class == Conflict:
		return true
	case e.Code == "account_closed":
		return slices.Contains(u.seenOpen, e.Account)
	case e.Code == "account_not_empty":
		expected := slices.ContainsFunc(u.c.Expect, func(x Expectation) bool { return x.Account == e.Account })
		return !expected && slices.Contains(u.seenOpen, e.Account)
	}
	return false
}

func isFinal(err error) (final bool) {
	outermost(err, func(e *Error) { final = final || e.Final })
	return final
}

// pause waits before the next try: not at all for the first three, since a
// lost race means that somebody else got on; then up to 16 ms, spread by the
// change's id so that losers do not meet again.
func pause(ctx context.Context, try int, id string) error {
	if try <= 3 {
		if err := ctx.Err(); err != nil {
			return unavailable("update", err)
		}
		return nil
	}
	h := uint32(2166136261)
	for i := range len(id) {
		h = (h ^ uint32(id[i])) * 16777619
	}
	span := time.Duration(1<<min(try-4, 7)) * 125 * time.Microsecond
	t := time.NewTimer(span/2 + span*time.Duration(h%256)/512)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return unavailable("update", ctx.Err())
	case <-t.C:
		return nil
	}
}
