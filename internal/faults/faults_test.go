package faults_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
)

func put(id string) *ledger.Change {
	return &ledger.Change{ID: "chg_" + id, At: time.Unix(1, 0), Put: []ledger.Object{{ID: ledger.ID{Kind: "thing", ID: id}, Data: []byte("{}")}}}
}

// there reports which objects exist, beside the faults.
func there(t *testing.T, s ledger.Store, ids ...string) (found []string) {
	t.Helper()
	require.NoError(t, s.Read(context.Background(), func(v ledger.View) error {
		for _, id := range ids {
			list, err := v.Objects(ledger.ID{Kind: "thing", ID: id})
			if err != nil {
				return err
			}
			if list[0].Version > 0 {
				found = append(found, id)
			}
		}
		return nil
	}))
	return found
}

// What each fault of a Commit tells, and what is in the store then and after
// the next call (promise 26).
func TestCommitFaults(t *testing.T) {
	for _, c := range []struct {
		kind     faults.Kind
		class    ledger.Class // 0 if it is answered
		now, end bool         // is it in the store
	}{
		{faults.Before, ledger.Unavailable, false, false},
		{faults.After, ledger.Unknown, true, true},
		{faults.Never, ledger.Unknown, false, false},
		{faults.Late, ledger.Unknown, false, true},
		{faults.Twice, 0, true, true},
		{faults.Conflict, ledger.Conflict, false, false},
		{faults.Cancel, ledger.Unavailable, false, false},
	} {
		t.Run(c.kind.String(), func(t *testing.T) {
			ctx, inner := t.Context(), ledger.NewMemory()
			s := faults.Wrap(inner, faults.Plan{Call: 2, Kind: c.kind})
			_, err := s.Commit(ctx, put("1"))
			require.NoError(t, err)
			require.False(t, s.Hit())
			r, err := s.Commit(ctx, put("2"))
			if c.class == 0 {
				require.NoError(t, err)
				require.True(t, r.Replayed, "the second time is a replay")
			} else {
				require.ErrorIs(t, err, c.class)
			}
			require.Equal(t, c.now, slices.Contains(there(t, inner, "1", "2"), "2"))
			require.True(t, s.Hit())
			_, err = s.Commit(ctx, put("3"))
			require.NoError(t, err)
			require.Equal(t, c.end, slices.Contains(there(t, inner, "1", "2", "3"), "2"))
			r, err = s.Commit(ctx, put("2"))
			require.NoError(t, err)
			require.Equal(t, c.end, r.Replayed, "handing it in again tells what happened")
			require.Equal(t, 4, s.Calls())
		})
	}
}

func TestCrash(t *testing.T) {
	for kind, now := range map[faults.Kind][]string{faults.CrashBefore: nil, faults.CrashAfter: {"1"}} {
		inner := ledger.NewMemory()
		s := faults.Wrap(inner, faults.Plan{Call: 1, Kind: kind})
		require.PanicsWithValue(t, faults.Crash{Call: 1}, func() { _, _ = s.Commit(t.Context(), put("1")) })
		require.Equal(t, now, there(t, inner, "1"))
		s = faults.Wrap(inner, faults.Plan{Call: 1, Kind: kind})
		ran := false
		require.PanicsWithValue(t, faults.Crash{Call: 1}, func() {
			_ = s.Read(t.Context(), func(ledger.View) error { ran = true; return nil })
		})
		require.Equal(t, kind == faults.CrashAfter, ran)
	}
}

func TestReadFaults(t *testing.T) {
	for kind, ran := range map[faults.Kind]bool{faults.Before: false, faults.After: true, faults.Cancel: false, faults.Never: true, faults.Conflict: true} {
		s := faults.Wrap(ledger.NewMemory(), faults.Plan{Call: 1, Kind: kind})
		did := false
		err := s.Read(t.Context(), func(ledger.View) error { did = true; return nil })
		require.Equal(t, ran, did, kind)
		if kind == faults.Never || kind == faults.Conflict {
			require.NoError(t, err, "a fault of commits leaves reads alone")
			continue
		}
		require.ErrorIs(t, err, ledger.Unavailable)
	}
}

func TestAlwaysUntilHealed(t *testing.T) {
	mine := errors.New("mine")
	s := faults.Wrap(ledger.NewMemory(), faults.Plan{Call: 2, Kind: faults.Before, Always: true, Err: mine})
	_, err := s.Commit(t.Context(), put("1"))
	require.NoError(t, err)
	for range 3 {
		_, err = s.Commit(t.Context(), put("2"))
		require.Same(t, mine, err)
	}
	s.Heal()
	_, err = s.Commit(t.Context(), put("2"))
	require.NoError(t, err)
	log := s.Log()
	require.Len(t, log, 5)
	require.Equal(t, faults.Call{Commit: true, Change: "chg_2", Fault: faults.Before, Err: mine}, log[3])
}

func TestHealLetsLateHappen(t *testing.T) {
	inner := ledger.NewMemory()
	s := faults.Wrap(inner, faults.Plan{Call: 1, Kind: faults.Late})
	c := put("1")
	_, err := s.Commit(t.Context(), c)
	require.ErrorIs(t, err, ledger.Unknown)
	c.Put[0].ID.ID = "altered"
	s.Heal()
	require.Equal(t, []string{"1"}, there(t, inner, "1", "altered"))
}

func TestStopEndsTheCaller(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := faults.Wrap(ledger.NewMemory(), faults.Plan{Call: 1, Kind: faults.Cancel, Stop: stop})
	_, err := s.Commit(ctx, put("1"))
	require.ErrorIs(t, err, ledger.Unavailable)
	require.Error(t, ctx.Err())
}

func TestPlans(t *testing.T) {
	var names []string
	log := []faults.Call{{}, {Commit: true}}
	for p := range faults.Plans(log, faults.Before, faults.Late) {
		names = append(names, p.String())
	}
	require.Equal(t, []string{
		"before at call 1", "before from call 1 on", // a Read is never late
		"before at call 2", "before from call 2 on", "late at call 2",
	}, names)
	for range faults.Plans(log, faults.All()...) {
		break
	}
	require.Equal(t, "kind 77", faults.Kind(77).String())
}
