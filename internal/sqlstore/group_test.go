package sqlstore

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// gate is a commit that waits for the test.
type gate struct {
	began   chan []*ledger.Change
	proceed chan struct{}
}

func newGate() gate { return gate{make(chan []*ledger.Change), make(chan struct{})} }

func (g gate) Commit(_ int, changes []*ledger.Change) []Outcome {
	g.began <- changes
	<-g.proceed
	results := make([]Outcome, len(changes))
	for i, c := range changes {
		results[i].Receipt = &ledger.Receipt{Made: []ledger.ID{{Kind: "k", ID: c.ID}}}
	}
	return results
}

func (gate) Await(context.Context, Row) error { return nil }

// wait lets time pass until n changes wait in the queue.
func (g *Group) wait(n int) {
	for {
		g.mu.Lock()
		have := len(g.waiting)
		g.mu.Unlock()
		if have == n {
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
}

func TestWhoWaitsIsCommittedTogether(t *testing.T) {
	at := newGate()
	g := NewGroup(at, 1, 0)
	var callers sync.WaitGroup
	do := func(ctx context.Context, id string, check func(ledger.Result, bool)) {
		callers.Add(1)
		go func() {
			defer callers.Done()
			check(g.Do(ctx, &ledger.Change{ID: id}))
		}()
	}
	own := func(id string) func(ledger.Result, bool) {
		return func(r ledger.Result, ok bool) {
			require.True(t, ok)
			require.NoError(t, r.Err)
			require.Equal(t, id, r.Receipt.Made[0].ID, "a caller got another's result")
		}
	}
	do(t.Context(), "first", own("first"))
	require.Len(t, <-at.began, 1)
	ended, cancel := context.WithCancel(t.Context())
	do(ended, "left", func(r ledger.Result, ok bool) { requireCode(t, r.Err, ledger.Unavailable, "canceled") })
	g.wait(1)
	for i := range maxBatch + 5 {
		do(t.Context(), strconv.Itoa(i), own(strconv.Itoa(i)))
	}
	g.wait(maxBatch + 6)
	cancel()
	g.wait(maxBatch + 5)
	at.proceed <- struct{}{}
	require.Len(t, <-at.began, maxBatch)
	g.wait(5)
	at.proceed <- struct{}{}
	require.Len(t, <-at.began, 5)
	at.proceed <- struct{}{}
	callers.Wait()
	require.Zero(t, g.leading)
	require.Empty(t, g.waiting)
}

// Whoever is asked to lead and has gone passes the lead on; what is taken is
// answered though its caller's context ended.
func TestALeaderWhoLeft(t *testing.T) {
	at := newGate()
	g := NewGroup(at, 1, 0)
	for range 200 {
		var callers sync.WaitGroup
		var answered, left atomic.Int64
		for i := range 6 {
			ctx, cancel := context.WithCancel(t.Context())
			callers.Add(2)
			go func() {
				defer callers.Done()
				if r, _ := g.Do(ctx, &ledger.Change{ID: strconv.Itoa(i)}); r.Err == nil {
					answered.Add(1)
				} else {
					left.Add(1)
				}
			}()
			go func() {
				defer callers.Done()
				cancel()
			}()
		}
		done := make(chan struct{})
		go func() { callers.Wait(); close(done) }()
		committed := int64(0)
		for end := false; !end; {
			select {
			case batch := <-at.began:
				committed += int64(len(batch))
				at.proceed <- struct{}{}
			case <-done:
				end = true
			}
		}
		require.Equal(t, committed, answered.Load(), "who was committed was told so, and nobody else")
		require.EqualValues(t, 6, answered.Load()+left.Load())
		require.Zero(t, g.leading)
	}
}

func TestABatchHasBounds(t *testing.T) {
	g := NewGroup(nil, 1, 0)
	wide := &ledger.Change{Emit: make([]ledger.Event, maxParts/2+1)}
	g.waiting = []*waiter{{change: &ledger.Change{Emit: make([]ledger.Event, 3*maxParts)}}, {change: wide}, {change: nil}, {change: wide}}
	next := func() *waiter {
		w := g.waiting[0]
		g.waiting = g.waiting[1:]
		return w
	}
	require.Len(t, g.batch(next()), 1, "a change of any width is committed")
	require.Len(t, g.batch(next()), 2)
	require.Len(t, g.batch(next()), 1)
	require.Empty(t, g.waiting)
}

func TestAClosedGroup(t *testing.T) {
	at := newGate()
	g := NewGroup(at, 1, 0)
	var callers sync.WaitGroup
	for i := range 3 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			r, ok := g.Do(t.Context(), &ledger.Change{ID: strconv.Itoa(i)})
			require.True(t, ok && r.Err == nil, "what came before is answered")
		}()
		if i == 0 {
			<-at.began
		} else {
			g.wait(i)
		}
	}
	closed := make(chan struct{})
	go func() { g.Close(); close(closed) }()
	at.proceed <- struct{}{}
	<-at.began
	at.proceed <- struct{}{}
	callers.Wait()
	<-closed
	_, ok := g.Do(t.Context(), &ledger.Change{})
	require.False(t, ok)
}

// panics is a Source that panics when it is asked about one change.
type panics struct {
	*books
	id string
}

func (p panics) Change(id string) (time.Time, bool) {
	if id == p.id {
		panic("mine")
	}
	return p.books.Change(id)
}

// A panic fails the change that makes it, and leaves the store as it was.
func TestAPanicFailsItsChangeAlone(t *testing.T) {
	s := store(t)
	s.books.plans = ledger.NewBooks(panics{s.books, "change-bad"})
	changes := []*ledger.Change{put("1"), put("2"), put("bad"), put("3")}
	for i, r := range s.batch(changes) {
		if i == 2 {
			requireCode(t, r.Err, ledger.Unavailable, "panic")
			continue
		}
		require.NoError(t, r.Err)
	}
	s.books.plans = ledger.NewBooks(s.books)
	for i, c := range changes {
		r, err := s.Commit(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, i != 2, r.Replayed)
	}
}

// crowd is a row for which many more came to be parked while one waited for it.
type crowd struct {
	gate
	arrive func()
}

func (c crowd) Await(context.Context, Row) error { c.arrive(); return nil }

// Who waited for a row, and was not part of the batch that came of it, has given
// its lane back once, and does not do so again when it leaves.
func TestWhoWaitedForACrowdLeaves(t *testing.T) {
	at := crowd{gate: newGate()}
	row := Row{Object: ledger.ID{Kind: "k", ID: "held"}}
	g := NewGroup(nil, 1, 1)
	own := &waiter{change: &ledger.Change{ID: "own"}, part: awaits, lane: pop(&g.freeSides), row: row, wake: make(chan struct{}, 1)}
	p := &parking{waiters: []*waiter{own}, led: true}
	g.parked[row] = p
	at.arrive = func() {
		for range 2 * maxBatch { // they came before it, and were committed beside it
			p.waiters = append([]*waiter{{change: &ledger.Change{ID: "other"}, row: row, wake: make(chan struct{}, 1)}}, p.waiters...)
		}
	}
	g.c = at
	done := make(chan struct{})
	go func() { defer close(done); g.await(t.Context(), own) }()
	require.Len(t, <-at.began, maxBatch)
	at.proceed <- struct{}{}
	<-done
	require.True(t, p.led, "the next of them waits for the row")
	at.arrive = func() {}
	g.c = at
	done = make(chan struct{})
	next := p.waiters[0]
	go func() { defer close(done); g.await(t.Context(), next) }()
	require.Len(t, <-at.began, maxBatch)
	require.True(t, g.leave(own))
	require.Empty(t, g.freeSides, "the lane is somebody else's")
	at.proceed <- struct{}{}
	<-done
	require.Len(t, g.freeSides, 1)
}
