package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

type job struct {
	ledger.Work
	Runs int    `json:"runs,omitzero"`
	Next string `json:"next,omitzero"` // a job that this one makes
}

var jobs = ledger.Kind[job]{Name: "job", Prefix: "job_", Keys: func(j *job) []ledger.Key { return j.Keys() }}

func putJob(t testing.TB, e ledger.Env, s ledger.Store, id string, due time.Time, next string) {
	t.Helper()
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		j := &job{Next: next}
		j.Later(due)
		require.NoError(t, jobs.Put(u, id, j))
	})
}

func getJob(t testing.TB, s ledger.Store, id string) *job {
	t.Helper()
	j, err := jobs.Read(t.Context(), s, id)
	require.NoError(t, err)
	return j
}

// claim takes a job, or says that somebody else has it.
func claim(ctx context.Context, e ledger.Env, s ledger.Store, id, token string, lease time.Duration) (mine bool, err error) {
	_, err = e.Update(ctx, s, func(u *ledger.Unit) error {
		mine = false
		j, err := jobs.Get(u, id)
		if err != nil || !j.Open() || j.Held(u.At()) || j.Due.After(u.At()) {
			return err
		}
		mine = true
		j.Take(token, u.At(), lease)
		return jobs.Put(u, id, j)
	})
	return mine, err
}

// finish ends a job that the token still holds, and makes the next one.
func finish(ctx context.Context, e ledger.Env, s ledger.Store, id, token string) (done bool, err error) {
	_, err = e.Update(ctx, s, func(u *ledger.Unit) error {
		done = false
		j, err := jobs.Get(u, id)
		if err != nil || j.Claim != token {
			return err
		}
		done = true
		j.Runs++
		j.Done()
		if j.Next != "" {
			next := &job{}
			next.Later(u.At())
			if err := jobs.Put(u, j.Next, next); err != nil {
				return err
			}
		}
		return jobs.Put(u, id, j)
	})
	return done, err
}

// worker claims, acts and finishes.
func worker(e ledger.Env, act func(id string) error) ledger.Worker {
	var tokens atomic.Int64
	return ledger.Worker{Kind: "job", Do: func(ctx context.Context, s ledger.Store, o ledger.Object) error {
		token := fmt.Sprint("w", tokens.Add(1), e.ID("_"))
		mine, err := claim(ctx, e, s, o.ID.ID, token, time.Minute)
		if err != nil || !mine {
			return err
		}
		if err := act(o.ID.ID); err != nil {
			return err
		}
		_, err = finish(ctx, e, s, o.ID.ID, token)
		return err
	}}
}

func drained(t testing.TB, d ledger.Drained, err error, done, failed int) {
	t.Helper()
	require.NoError(t, err)
	require.Equal(t, []int{done, failed}, []int{d.Done, d.Failed}, "done and failed: %v", d.Err)
	require.Equal(t, failed > 0, d.Err != nil)
}

// What is due is done, what is not is left; work that work makes is done too;
// finished work leaves the list (promise 61).
func TestDrainDoesWhatIsDue(t *testing.T) {
	clock := newClock()
	s, e := ledger.NewMemory(), clock.env()
	for i := range 250 { // more than a page
		putJob(t, e, s, fmt.Sprintf("job_%03d", i), noon.Add(-time.Duration(i)*time.Second), "")
	}
	putJob(t, e, s, "job_now", noon, "job_made")
	putJob(t, e, s, "job_soon", noon.Add(time.Microsecond), "")
	var order []string
	w := worker(e, func(id string) error { order = append(order, id); return nil })
	d, err := ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: e}, w)
	drained(t, d, err, 252, 0)
	require.Equal(t, "job_249", order[0], "in order of due time")
	require.Equal(t, []string{"job_now", "job_made"}, order[250:])
	require.Zero(t, getJob(t, s, "job_soon").Runs)
	d, err = ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: e}, w)
	drained(t, d, err, 0, 0)
	clock.move(time.Microsecond)
	d, err = ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: e}, w)
	drained(t, d, err, 1, 0)
	for i := range 250 {
		require.Equal(t, 1, getJob(t, s, fmt.Sprintf("job_%03d", i)).Runs)
	}
}

// An object that fails holds nobody up, is tried once a drain, and again in the
// next; so is one whose worker panics (promises 58 and 61).
func TestDrainPassesOverFailures(t *testing.T) {
	for _, parallel := range []int{0, 4} {
		clock := newClock()
		s, e := ledger.NewMemory(), clock.env()
		for i := range 120 {
			putJob(t, e, s, fmt.Sprintf("job_%03d", i), noon.Add(-time.Hour), "")
		}
		broken, mine := true, errors.New("mine")
		var told sync.Map
		w := worker(e, func(id string) error { return nil })
		do := w.Do
		w.Do = func(ctx context.Context, s ledger.Store, o ledger.Object) error {
			switch {
			case broken && o.ID.ID == "job_007":
				return mine
			case broken && o.ID.ID == "job_008":
				panic("a host's own code")
			}
			return do(ctx, s, o)
		}
		o := ledger.DrainOptions{Env: e, Parallel: parallel, Failed: func(o ledger.Object, err error) { told.Store(o.ID.ID, err) }}
		d, err := ledger.Drain(t.Context(), s, o, w)
		drained(t, d, err, 118, 2)
		require.ErrorIs(t, d.Err, mine)
		got, _ := told.Load("job_007")
		require.Same(t, mine, got)
		got, _ = told.Load("job_008")
		require.ErrorContains(t, got.(error), "panicked")
		broken = false
		d, err = ledger.Drain(t.Context(), s, o, w)
		drained(t, d, err, 2, 0)
		require.Equal(t, 1, getJob(t, s, "job_007").Runs)
	}
}

// An object that a worker leaves due as it was is not taken twice in one drain;
// one that comes due again and again ends after a bound.
func TestDrainEnds(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	putJob(t, e, s, "job_idle", noon, "")
	runs := 0
	idle := ledger.Worker{Kind: "job", Do: func(context.Context, ledger.Store, ledger.Object) error { runs++; return nil }}
	d, err := ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: e}, idle)
	drained(t, d, err, 1, 0)
	require.Equal(t, 1, runs)
	runs = 0
	again := ledger.Worker{Kind: "job", Do: func(ctx context.Context, s ledger.Store, o ledger.Object) error {
		runs++
		o.Data = []byte(fmt.Sprintf(`{"runs":%d}`, runs))
		_, err := s.Commit(ctx, &ledger.Change{ID: fmt.Sprint("again_", runs), At: noon, Put: []ledger.Object{o}})
		return err
	}}
	d, err = ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: e}, again)
	drained(t, d, err, 10000, 1)
	require.ErrorContains(t, d.Err, "come due")
	require.Equal(t, 10000, runs)
}

// A kind that always has work due holds no other up: kinds take turns (promise
// 61). What had no turn of its own yet is not passed over either.
func TestDrainTakesTurns(t *testing.T) {
	for _, parallel := range []int{1, 4} {
		s, e := ledger.NewMemory(), newClock().env()
		for i := range 1500 { // more than a turn
			putJob(t, e, s, fmt.Sprintf("job_%05d", i), noon.Add(-time.Hour), "")
		}
		mustUpdate(t, e, s, func(u *ledger.Unit) {
			u.Put(ledger.Object{ID: ledger.ID{Kind: "rare", ID: "1"}, Keys: []ledger.Key{{Name: ledger.DueKey, At: noon}}})
		})
		ctx, stop := context.WithCancel(t.Context())
		var made, seen atomic.Int64
		made.Store(1500)
		busy := ledger.Worker{Kind: "job", Do: func(ctx context.Context, s ledger.Store, o ledger.Object) error {
			n := made.Add(1)
			if n > 6000 {
				stop() // or it would go on for ever
			}
			if o.ID.ID < "job_01500" {
				seen.Add(1)
			}
			_, err := e.Update(ctx, s, func(u *ledger.Unit) error {
				j, err := jobs.Get(u, o.ID.ID)
				if err != nil {
					return err
				}
				j.Done()
				if err := jobs.Put(u, o.ID.ID, j); err != nil {
					return err
				}
				next := &job{}
				next.Later(u.At())
				return jobs.Put(u, fmt.Sprintf("job_%05d", n), next)
			})
			return err
		}}
		done := 0
		rare := ledger.Worker{Kind: "rare", Do: func(context.Context, ledger.Store, ledger.Object) error {
			done++
			require.Less(t, made.Load(), int64(3000))
			return nil
		}}
		_, err := ledger.Drain(ctx, s, ledger.DrainOptions{Env: e, Parallel: parallel}, busy, rare)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 1, done)
		require.EqualValues(t, 1500, seen.Load())
	}
}

// What comes due before the place where a turn ended is done too (promise 61).
func TestDrainGoesBackToWhatCameDue(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	for i := range 1000 { // a turn
		putJob(t, e, s, fmt.Sprintf("job_%05d", i), noon, "")
	}
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		u.Put(ledger.Object{ID: ledger.ID{Kind: "rare", ID: "1"}, Keys: []ledger.Key{{Name: ledger.DueKey, At: noon}}})
	})
	rare := ledger.Worker{Kind: "rare", Do: func(context.Context, ledger.Store, ledger.Object) error {
		putJob(t, e, s, "job_early", noon.Add(-time.Hour), "")
		return nil
	}}
	d, err := ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: e}, worker(e, func(string) error { return nil }), rare)
	drained(t, d, err, 1002, 0)
	require.Equal(t, 1, getJob(t, s, "job_early").Runs)
}

// What tells a host of failures may fail itself: that is told too, and the rest
// is done (promises 58 and 61).
func TestDrainOutlivesWhoIsTold(t *testing.T) {
	for _, parallel := range []int{1, 4} {
		s, e := ledger.NewMemory(), newClock().env()
		for i := range 20 {
			putJob(t, e, s, fmt.Sprintf("job_%02d", i), noon, "")
		}
		mine := errors.New("mine")
		o := ledger.DrainOptions{Env: e, Parallel: parallel, Failed: func(ledger.Object, error) { panic("a host's own code") }}
		d, err := ledger.Drain(t.Context(), s, o, worker(e, func(id string) error {
			if id == "job_03" {
				return mine
			}
			return nil
		}))
		drained(t, d, err, 19, 1)
		require.ErrorIs(t, d.Err, mine)
		require.ErrorContains(t, d.Err, "a host's own code")
	}
}

// Several drains at once, with several workers each, do each job once: the
// claim decides (promises 23 and 60).
func TestDrainsAtOnce(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	const n = 120
	for i := range n {
		putJob(t, e, s, fmt.Sprintf("job_%03d", i), noon, fmt.Sprintf("job_%03d_next", i))
	}
	var mu sync.Mutex
	acted := map[string]int{}
	w := worker(e, func(id string) error {
		mu.Lock()
		defer mu.Unlock()
		acted[id]++
		return nil
	})
	var group sync.WaitGroup
	for range 3 {
		group.Add(1)
		go func() {
			defer group.Done()
			_, err := ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: e, Parallel: 4}, w)
			require.NoError(t, err)
		}()
	}
	group.Wait()
	require.Len(t, acted, 2*n)
	for id, times := range acted {
		require.Equal(t, 1, times, id)
		require.Equal(t, 1, getJob(t, s, id).Runs, id)
	}
}

// No more objects are worked on at once than the options say, and none when
// Drain has returned (promise 54).
func TestDrainParallel(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	for i := range 40 {
		putJob(t, e, s, fmt.Sprint("job_", i), noon, "")
	}
	var now, most atomic.Int64
	full := make(chan struct{})
	var once sync.Once
	w := worker(e, func(string) error {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if n == 5 {
			once.Do(func() { close(full) })
		}
		<-full // until five are at it
		return nil
	})
	d, err := ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: e, Parallel: 5}, w)
	drained(t, d, err, 40, 0)
	require.Zero(t, now.Load())
	require.EqualValues(t, 5, most.Load())
}

// A drain ends with its context, waits for who is at work, and leaves the rest
// due (promises 42 and 54).
func TestDrainEndsWithItsContext(t *testing.T) {
	for _, parallel := range []int{1, 4} {
		s, e := ledger.NewMemory(), newClock().env()
		for i := range 50 {
			putJob(t, e, s, fmt.Sprintf("job_%02d", i), noon, "")
		}
		ctx, stop := context.WithCancel(t.Context())
		var acted, working atomic.Int64
		w := worker(e, func(string) error {
			working.Add(1)
			defer working.Add(-1)
			if acted.Add(1) == 10 {
				stop()
			}
			return nil
		})
		_, err := ledger.Drain(ctx, s, ledger.DrainOptions{Env: e, Parallel: parallel}, w)
		require.ErrorIs(t, err, ledger.Unavailable)
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, working.Load())
		require.Less(t, acted.Load(), int64(20))
		// What was under way has its lease; it comes due when that ends.
		later := ledger.Env{Now: func() time.Time { return noon.Add(time.Hour) }}
		_, err = ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: later}, worker(later, func(string) error { return nil }))
		require.NoError(t, err)
		for i := range 50 {
			require.Equal(t, 1, getJob(t, s, fmt.Sprintf("job_%02d", i)).Runs)
		}
	}
}

// Promise 60: a worker that paused past its lease cannot finish what another
// has taken.
func TestWorkIsFenced(t *testing.T) {
	clock := newClock()
	s, e := ledger.NewMemory(), clock.env()
	putJob(t, e, s, "job_1", noon, "")
	mine, err := claim(t.Context(), e, s, "job_1", "slow", time.Minute)
	require.NoError(t, err)
	require.True(t, mine)
	mine, err = claim(t.Context(), e, s, "job_1", "fast", time.Minute)
	require.NoError(t, err)
	require.False(t, mine, "it is held")
	clock.move(time.Minute)
	mine, err = claim(t.Context(), e, s, "job_1", "fast", time.Minute)
	require.NoError(t, err)
	require.True(t, mine, "the lease is over")
	done, err := finish(t.Context(), e, s, "job_1", "slow")
	require.NoError(t, err)
	require.False(t, done)
	require.Zero(t, getJob(t, s, "job_1").Runs)
	done, err = finish(t.Context(), e, s, "job_1", "fast")
	require.NoError(t, err)
	require.True(t, done)
	require.Equal(t, 2, getJob(t, s, "job_1").Attempt)
}

func TestWorkStates(t *testing.T) {
	var w ledger.Work
	require.False(t, w.Open() || w.Held(noon))
	require.Empty(t, w.Keys())
	w.Later(noon)
	require.True(t, w.Open() && !w.Held(noon))
	require.Equal(t, []ledger.Key{{Name: "x"}, {Name: ledger.DueKey, At: noon}}, w.Keys(ledger.Key{Name: "x"}))
	list := append(make([]ledger.Key, 0, 2), ledger.Key{Name: "x"})
	w.Keys(list...)
	require.Zero(t, list[:2][1], "a list of the caller's is not written to")
	w.Take("t", noon, time.Minute)
	require.True(t, w.Held(noon) && !w.Held(noon.Add(time.Minute)))
	w.Take("u", noon.Add(time.Hour), time.Minute)
	require.Equal(t, ledger.Work{Attempt: 2, Claim: "u", Due: noon.Add(61 * time.Minute), Taken: noon.Add(time.Hour)}, w)
	first := w.Taken
	w.Sending()
	require.Equal(t, []time.Time{first, w.Due}, []time.Time{w.First, w.Sent})
	w.Take("v", noon.Add(2*time.Hour), time.Minute)
	w.Sending()
	require.Equal(t, []time.Time{first, w.Due}, []time.Time{w.First, w.Sent}, "the first stays")
	w.Unsent()
	require.True(t, w.First.IsZero() && w.Sent.IsZero())
	w.Done()
	require.False(t, w.Open() || w.Held(noon))
	require.Equal(t, 3, w.Attempt)
}

// Holds whose time is over are given back, at or after it, once (promise 19).
func TestHoldExpiry(t *testing.T) {
	clock := newClock()
	s, e := ledger.NewMemory(), clock.env()
	a := euros("acct_1", "available")
	funded(t, e, s, a, 1000)
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		for i, expires := range []time.Time{noon.Add(time.Hour), noon.Add(2 * time.Hour), {}, noon.Add(time.Hour)} {
			u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: fmt.Sprint("h", i), Account: a, Amount: ledger.Minor(100, ledger.EUR), Expires: expires})
		}
	})
	drain := func(done int, held int64) {
		t.Helper()
		d, err := ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: e}, e.HoldExpiry())
		drained(t, d, err, done, 0)
		requireBalance(t, s, a, 1000, held)
	}
	drain(0, 400)
	clock.move(time.Hour - time.Microsecond)
	drain(0, 400)
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		u.Hold(ledger.HoldStep{Op: ledger.ReleaseHold, ID: "h3", Account: a}) // spent before its time
	})
	clock.move(time.Microsecond)
	drain(1, 200)
	drain(0, 200)
	clock.move(-3 * time.Hour)
	drain(0, 200)
	clock.move(240 * time.Hour)
	drain(1, 100)
	// Two at once give it back once.
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: "h9", Account: a, Amount: ledger.Minor(100, ledger.EUR), Expires: u.At()})
	})
	o := objectOf(t, s, ledger.ID{Kind: ledger.HoldKind, ID: "h9"})
	w := e.HoldExpiry()
	for range 2 {
		require.NoError(t, w.Do(t.Context(), s, o))
	}
	requireBalance(t, s, a, 1000, 100)
	requireVerified(t, s)
}
