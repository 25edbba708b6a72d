package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
)

// shop is books with two accounts, of which the first has 1000.
func shop(t testing.TB) (*ledger.Memory, ledger.Env, ledger.Ref, ledger.Ref) {
	t.Helper()
	s, e := ledger.NewMemory(), newClock().env()
	a, b := euros("acct_1", "available"), euros("acct_2", "available")
	funded(t, e, s, a, 1000)
	funded(t, e, s, b, 0)
	return s, e, a, b
}

// spend takes an amount if the balance that it sees covers it.
func spend(u *ledger.Unit, a, b ledger.Ref, amountMinor int64) error {
	free, err := u.Spendable(a)
	if err != nil {
		return err
	}
	if free.Minor() < amountMinor {
		return errShort
	}
	u.Post(transfer("transfer", a, b, amountMinor))
	return nil
}

var errShort = errors.New("too little for the test")

// A race that was lost is decided again, on the new state (promises 39 and 47).
func TestUpdateDecidesAgain(t *testing.T) {
	s, e, a, b := shop(t)
	var saw []int64
	r, err := e.Update(t.Context(), s, func(u *ledger.Unit) error {
		free, err := u.Spendable(a)
		saw = append(saw, free.Minor())
		if len(saw) < 3 {
			mustUpdate(t, e, s, func(u *ledger.Unit) { u.Post(transfer("transfer", a, b, 100)) })
		}
		u.Post(transfer("transfer", a, b, free.Minor()))
		return err
	})
	require.NoError(t, err)
	require.False(t, r.Replayed)
	require.Equal(t, []int64{1000, 900, 800}, saw)
	requireBalance(t, s, a, 0, 0)
	requireBalance(t, s, b, 1000, 0)
}

// Races are retried a bounded number of times; then the caller learns of the
// conflict, and nothing has happened (promise 39).
func TestUpdateGivesUp(t *testing.T) {
	t.Parallel()
	s, e, a, b := shop(t)
	f := faults.Wrap(s, faults.Plan{Call: 1, Kind: faults.Conflict, Always: true})
	runs, ids := 0, map[string]bool{}
	_, err := e.Update(t.Context(), f, func(u *ledger.Unit) error {
		runs++
		ids[u.NewID("x_")] = true
		return spend(u, a, b, 10)
	})
	require.ErrorIs(t, err, ledger.Conflict)
	require.Equal(t, 64, runs)
	require.Len(t, ids, 64)
	for _, c := range f.Log() {
		if c.Commit {
			require.False(t, ids[c.Change], "a new decision is a new change")
			ids[c.Change] = true
		}
	}
	requireBalance(t, s, a, 1000, 0)
}

// An account that was seen open and is closed at commit is a lost race; one that
// nobody looked at is an error.
func TestUpdateSeesAccountsClose(t *testing.T) {
	s, e, _, b := shop(t)
	day := euros("acct_1", "pending/2026-03-01")
	funded(t, e, s, day, 50)
	release := func() {
		mustUpdate(t, e, s, func(u *ledger.Unit) {
			u.Post(transfer("available", day, b, 50))
			u.Close(day)
		})
	}
	runs := 0
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		runs++
		to := day
		list, err := u.Peek(day)
		require.NoError(t, err)
		if list[0].Closed {
			to = b
		}
		if runs == 1 {
			release()
		}
		u.Post(transfer("charge", bank, to, 7))
	})
	require.Equal(t, 2, runs, "a late entry finds the day closed and goes elsewhere")
	requireBalance(t, s, b, 57, 0)
	runs = 0
	_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error {
		runs++
		u.Post(transfer("charge", bank, day, 7))
		return nil
	})
	requireCode(t, err, ledger.State, "account_closed")
	require.Equal(t, 1, runs)
	runs = 0
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		if runs++; runs == 1 {
			u.AssumeOpen(day) // which is wrong
			u.Post(transfer("charge", bank, day, 7))
		} else {
			u.Post(transfer("charge", bank, b, 7))
		}
	})
	require.Equal(t, 2, runs)
}

// Promise 26: an outcome that is unknown is found out with the same change, and
// it has one effect, however the answer was lost.
func TestUpdateFindsOut(t *testing.T) {
	for kind, replayed := range map[faults.Kind]bool{faults.After: true, faults.Never: false, faults.Late: false, faults.Twice: true} {
		t.Run(kind.String(), func(t *testing.T) {
			s, e, a, b := shop(t)
			f := faults.Wrap(s, faults.Plan{Call: 2, Kind: kind})
			runs := 0
			r, err := e.Update(t.Context(), f, func(u *ledger.Unit) error {
				runs++
				u.Put(thing("made", "1"))
				return spend(u, a, b, 10)
			})
			require.NoError(t, err)
			f.Heal()
			require.Equal(t, 1, runs, "it is not decided again")
			require.Equal(t, replayed, r.Replayed)
			require.Equal(t, []ledger.ID{{Kind: "thing", ID: "made"}}, r.Made)
			requireBalance(t, s, b, 10, 0)
			requireVerified(t, s)
		})
	}
}

// What stays unknown is said to be unknown: never that it failed, also if a
// later try could not be made at all (promise 26).
func TestUpdateStaysUnknown(t *testing.T) {
	unavailable := &ledger.Error{Class: ledger.Unavailable, Code: "down"}
	final := &ledger.Error{Class: ledger.Unknown, Code: "lost", Final: true}
	for _, x := range []struct {
		name    string
		plans   []faults.Plan
		commits int
	}{
		{"lost every time", []faults.Plan{{Call: 1, Kind: faults.After, Always: true, Err: &ledger.Error{Class: ledger.Unknown, Code: "lost"}}}, 4},
		{"lost, then down", []faults.Plan{{Call: 1, Kind: faults.After, Err: &ledger.Error{Class: ledger.Unknown, Code: "lost"}}, {Call: 2, Kind: faults.Before, Always: true, Err: unavailable}}, 4},
		{"lost, and final", []faults.Plan{{Call: 1, Kind: faults.After, Always: true, Err: final}}, 1},
	} {
		t.Run(x.name, func(t *testing.T) {
			s, e, a, b := shop(t)
			f := faults.Wrap(s, x.plans...)
			runs := 0
			_, err := e.Update(t.Context(), f, func(u *ledger.Unit) error {
				runs++
				u.Post(transfer("transfer", a, b, 10))
				return nil
			})
			requireCode(t, err, ledger.Unknown, "lost")
			require.Equal(t, 1, runs)
			require.Equal(t, x.commits, f.Calls())
			requireBalance(t, s, b, 10, 0)
		})
	}
}

// The same if the caller's context ends while nobody knows.
func TestUpdateStaysUnknownWhenTheContextEnds(t *testing.T) {
	for range 20 {
		s, e, a, b := shop(t)
		ctx, stop := context.WithCancel(t.Context())
		f := &stopping{Store: s, stop: stop}
		_, err := e.Update(ctx, f, func(u *ledger.Unit) error {
			u.Post(transfer("transfer", a, b, 10))
			return nil
		})
		require.ErrorIs(t, err, ledger.Unknown)
		requireBalance(t, s, b, 10, 0)
	}
}

// stopping commits, ends the caller's context and loses the answer: a deadline
// that strikes while a commit waits.
type stopping struct {
	ledger.Store
	stop func()
}

func (s *stopping) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if _, err := s.Store.Commit(ctx, c); err != nil {
		return nil, err
	}
	s.stop()
	return nil, &ledger.Error{Class: ledger.Unknown, Code: "lost"}
}

// An error marked final is the host's to deal with: its transaction is over.
func TestUpdateLeavesFinalErrors(t *testing.T) {
	s, e, a, b := shop(t)
	final := &ledger.Error{Class: ledger.Conflict, Code: "serialization", Final: true}
	f := faults.Wrap(s, faults.Plan{Call: 2, Kind: faults.Conflict, Always: true, Err: final})
	runs := 0
	_, err := e.Update(t.Context(), f, func(u *ledger.Unit) error { runs++; return spend(u, a, b, 10) })
	require.Same(t, final, err)
	require.Equal(t, 1, runs)
	require.Equal(t, 2, f.Calls())
}

// A store may join errors of its own to ours. What is in any of them counts: an
// unknown outcome is found out by the same change, a final error ends the
// retries, and a lost race is decided again.
func TestUpdateTellsJoinedErrors(t *testing.T) {
	lost := &ledger.Error{Class: ledger.Conflict, Code: "changed"}
	unknown := &ledger.Error{Class: ledger.Unknown, Code: "lost"}
	final := &ledger.Error{Class: ledger.State, Code: "aborted", Final: true}
	other := errors.New("rollback failed")
	for _, x := range []struct {
		err   error
		runs  int // how often fn runs, until its race is not lost
		calls int // how often a change is handed in
	}{
		{errors.Join(other, lost), 2, 2},
		{errors.Join(lost, other), 2, 2},
		{fmt.Errorf("store: %w", errors.Join(other, lost)), 2, 2},
		{errors.Join(lost, unknown), 1, 2},
		{errors.Join(unknown, lost), 1, 2},
		{errors.Join(lost, final), 1, 1},
		{errors.Join(final, lost), 1, 1},
		{errors.Join(unknown, final), 1, 1},
		{&ledger.Error{Class: ledger.State, Code: "outer", Err: lost}, 1, 1}, // whose cause was a race says what it is itself
	} {
		s, e, a, b := shop(t)
		f := &failsOnce{Store: s, err: x.err}
		runs := 0
		_, err := e.Update(t.Context(), f, func(u *ledger.Unit) error { runs++; u.Post(transfer("transfer", a, b, 10)); return nil })
		require.Equal(t, []int{x.runs, x.calls}, []int{runs, f.calls}, "%v", x.err)
		if x.calls == 2 {
			require.NoError(t, err)
			requireBalance(t, s, b, 10, 0)
		} else {
			require.Equal(t, x.err, err)
		}
	}
}

// failsOnce answers the first commit with an error, and lets others through.
type failsOnce struct {
	ledger.Store
	err   error
	calls int
}

func (f *failsOnce) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if f.calls++; f.calls == 1 {
		return nil, f.err
	}
	return f.Store.Commit(ctx, c)
}

// An account that is not empty does not end. That is a lost race to whoever read
// it unchecked and emptied what was there; to anybody else it is how things are,
// and is said at once (promises 4 and 47).
func TestUpdateClosesWhatIsEmpty(t *testing.T) {
	s, e, a, _ := shop(t)
	runs := 0
	for _, read := range []func(u *ledger.Unit) error{
		func(*ledger.Unit) error { return nil },
		func(u *ledger.Unit) error { _, err := u.Account(a); return err },
	} {
		runs = 0
		_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error {
			runs++
			u.Close(a)
			return read(u)
		})
		requireCode(t, err, ledger.State, "account_not_empty")
		require.Equal(t, 1, runs)
	}
	day := euros("plat", "pending/2026-03-01")
	pay := func() { mustUpdate(t, e, s, func(u *ledger.Unit) { u.Post(transfer("transfer", a, day, 10)) }) }
	mustUpdate(t, e, s, func(u *ledger.Unit) { u.Open(ledger.Account{Ref: day, Shared: true}) })
	pay()
	runs = 0
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		runs++
		now, err := u.Account(day)
		require.NoError(t, err)
		if runs == 1 {
			pay()
		}
		u.Post(transfer("available", day, a, now.Posted.Minor()))
		u.Close(day)
	})
	require.Equal(t, 2, runs)
	require.True(t, balance(t, s, day).Closed)
	requireBalance(t, s, a, 1000, 0)
}

// A unit that changes nothing decided something all the same: what it read is
// still so when it returns, or it decides again. One that read nothing asks the
// store nothing (promises 47 and 48).
func TestUpdateOfNothing(t *testing.T) {
	s, e, a, _ := shop(t)
	f := faults.Wrap(s)
	runs := 0
	var free ledger.Money
	r, err := e.Update(t.Context(), f, func(u *ledger.Unit) (err error) {
		runs++
		free, err = u.Spendable(a)
		if runs == 1 {
			mustUpdate(t, e, s, func(u *ledger.Unit) { u.Post(transfer("payout", a, bank, 1000)) })
		}
		return err
	})
	require.NoError(t, err)
	require.Equal(t, &ledger.Receipt{}, r)
	require.Equal(t, 2, runs)
	require.Zero(t, free.Minor())
	calls := f.Calls()
	r, err = e.Update(t.Context(), f, func(u *ledger.Unit) error { return nil })
	require.NoError(t, err)
	require.Equal(t, &ledger.Receipt{}, r)
	require.Equal(t, calls, f.Calls())
}

// Other refusals are not retried, and an error of fn comes back as it is.
func TestUpdateReturnsErrorsAtOnce(t *testing.T) {
	s, e, a, b := shop(t)
	runs := 0
	for _, x := range []struct {
		fn   func(u *ledger.Unit) error
		want error
	}{
		{func(u *ledger.Unit) error { u.Put(thing("never", "1")); return errShort }, errShort},
		{func(u *ledger.Unit) error { u.Post(transfer("transfer", a, b, 2000)); return nil }, ledger.InsufficientFunds},
		{func(u *ledger.Unit) error { u.Post(transfer("transfer", a, euros("x", "x"), 1)); return nil }, ledger.NotFound},
		{func(u *ledger.Unit) error { u.Post(transfer("transfer", a, b, 0)); return nil }, ledger.Invalid},
	} {
		runs = 0
		_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error { runs++; return x.fn(u) })
		require.ErrorIs(t, err, x.want)
		require.Equal(t, 1, runs)
	}
	require.Zero(t, objectOf(t, s, ledger.ID{Kind: "thing", ID: "never"}).Version)
	down := faults.Wrap(s, faults.Plan{Call: 1, Kind: faults.Before, Always: true})
	_, err := e.Update(t.Context(), down, func(u *ledger.Unit) error { u.Post(transfer("transfer", a, b, 1)); return nil })
	require.ErrorIs(t, err, ledger.Unavailable)
	require.Equal(t, 1, down.Calls())
	requireBalance(t, s, a, 1000, 0)
}

// The retries end with the context (promise 42).
func TestUpdateEndsWithItsContext(t *testing.T) {
	s, e, a, b := shop(t)
	ctx, stop := context.WithCancel(t.Context())
	f := faults.Wrap(s, faults.Plan{Call: 1, Kind: faults.Conflict, Always: true})
	runs := 0
	_, err := e.Update(ctx, f, func(u *ledger.Unit) error {
		if runs++; runs == 6 {
			stop()
		}
		u.Post(transfer("transfer", a, b, 1))
		return nil
	})
	require.ErrorIs(t, err, ledger.Unavailable)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 6, runs)
}

// Promise 53: one reading of the clock a decision, and a new one for the next.
func TestUpdateReadsTheClockOnce(t *testing.T) {
	clock := newClock()
	s := ledger.NewMemory()
	readings := 0
	e := ledger.Env{Now: func() time.Time { readings++; return clock.read() }}
	id := ledger.ID{Kind: "thing", ID: "x"}
	var seen []time.Time
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		seen = append(seen, u.At())
		clock.move(time.Minute)
		require.Equal(t, seen[len(seen)-1], u.At())
		_, err := u.Object(id)
		require.NoError(t, err)
		if len(seen) == 1 {
			_, err := s.Commit(t.Context(), &ledger.Change{ID: "other", At: noon, Put: []ledger.Object{{ID: id}}})
			require.NoError(t, err)
		}
		u.Put(thing("y", "1"))
		u.Emit(ledger.Event{Type: "x", Object: id})
	})
	require.Equal(t, []time.Time{noon, noon.Add(time.Minute)}, seen)
	require.Equal(t, 2, readings)
}

// Each fault at each call of a keyed transfer, once and for good; then the
// trouble is over and the caller asks again with the same key. There is one
// effect, and what was answered was true (promises 21, 23, 24, 26, 35 and 42).
func TestUpdateUnderEveryFault(t *testing.T) {
	t.Parallel()
	operate := func(ctx context.Context, e ledger.Env, s ledger.Store, a, b ledger.Ref) (r *ledger.Receipt, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = &ledger.Error{Class: ledger.Unknown, Code: "crashed"}
			}
		}()
		return e.Update(ctx, s, func(u *ledger.Unit) error {
			if _, replayed, err := u.Once(ledger.Idem{Scope: book, Key: "k", Hash: [32]byte{1}}); replayed || err != nil {
				return err
			}
			u.Put(thing(u.NewID("th_"), "1"))
			return spend(u, a, b, 10)
		})
	}
	s, e, a, b := shop(t)
	count := faults.Wrap(s)
	_, err := operate(t.Context(), e, count, a, b)
	require.NoError(t, err)
	require.Equal(t, 3, count.Calls())
	for plan := range faults.Plans(count.Log(), faults.All()...) {
		t.Run(plan.String(), func(t *testing.T) {
			t.Parallel()
			s, e, a, b := shop(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			plan.Stop = stop
			f := faults.Wrap(s, plan)
			_, err := operate(ctx, e, f, a, b)
			got := balance(t, s, b).Posted.Minor()
			switch {
			case err == nil && plan.Kind != faults.Late:
				require.EqualValues(t, 10, got)
			case errors.Is(err, ledger.Unavailable), errors.Is(err, ledger.Conflict):
				require.Zero(t, got, "it is said not to have happened: %v", err)
			}
			f.Heal()
			r, err := operate(t.Context(), e, f, a, b)
			require.NoError(t, err)
			require.Len(t, r.Made, 1)
			requireBalance(t, s, b, 10, 0)
			require.EqualValues(t, 1, objectOf(t, s, r.Made[0]).Version)
			requireVerified(t, s)
		})
	}
}
