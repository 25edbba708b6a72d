package sqlstore

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// holder is a committer beside somebody who holds one object.
type holder struct {
	mu      sync.Mutex
	row     Row
	held    bool
	batches [][]string // ids of what was committed together
	asked   chan struct{}
	free    chan error // what Await answers
}

func newHolder(id string) *holder {
	return &holder{row: Row{Object: ledger.ID{Kind: "thing", ID: id}}, held: true, asked: make(chan struct{}, 16), free: make(chan error)}
}

func (h *holder) Commit(_ int, changes []*ledger.Change) []Outcome {
	h.mu.Lock()
	defer h.mu.Unlock()
	outcomes, batch := make([]Outcome, len(changes)), []string(nil)
	for i, c := range changes {
		if h.held && c.Put[0].ID == h.row.Object {
			outcomes[i].Held = h.row
			continue
		}
		outcomes[i].Receipt = &ledger.Receipt{}
		batch = append(batch, c.ID)
	}
	if batch != nil {
		h.batches = append(h.batches, batch)
	}
	return outcomes
}

func (h *holder) Await(ctx context.Context, row Row) error {
	h.asked <- struct{}{}
	select {
	case err := <-h.free:
		return err
	case <-ctx.Done():
		return canceled("commit", ctx.Err())
	}
}

// release lets go of the object.
func (h *holder) release() {
	h.mu.Lock()
	h.held = false
	h.mu.Unlock()
	h.free <- nil
}

// named is a change that puts an object.
func named(id, object string) *ledger.Change {
	c := put(object)
	c.ID = id
	return c
}

// parkedOn waits until n changes are parked on the row.
func (g *Group) parkedOn(row Row, n int) {
	for {
		g.mu.Lock()
		have := 0
		if p := g.parked[row]; p != nil {
			have = len(p.waiters)
		}
		g.mu.Unlock()
		if have == n {
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// run commits a change from a goroutine of its own.
func (g *Group) run(ctx context.Context, c *ledger.Change) <-chan error {
	done := make(chan error, 1)
	go func() {
		r, _ := g.Do(ctx, c)
		done <- r.Err
	}()
	return done
}

// What needs a row that somebody else holds waits for that row, and keeps nobody
// else waiting; what comes later and needs it too goes behind.
func TestAHeldRowKeepsNobodyElseWaiting(t *testing.T) {
	h := newHolder("hot")
	g := NewGroup(h, 1, 1)
	first := g.run(t.Context(), named("1", "hot"))
	<-h.asked
	for range 3 { // each goes its way past the one that is parked
		require.NoError(t, <-g.run(t.Context(), named("other", "cold")))
	}
	second := g.run(t.Context(), named("2", "hot"))
	g.parkedOn(h.row, 2)
	h.release()
	require.NoError(t, <-first)
	require.NoError(t, <-second)
	require.Equal(t, [][]string{{"other"}, {"other"}, {"other"}, {"1", "2"}}, h.batches, "parked changes are committed together, in their order")
	g.Close()
	require.Empty(t, g.parked)
	require.Empty(t, g.unled)
	require.Len(t, g.freeSides, 1)
}

// A row that was taken again in between is waited for again.
func TestARowThatIsTakenAgain(t *testing.T) {
	h := newHolder("hot")
	g := NewGroup(h, 1, 1)
	done := g.run(t.Context(), named("1", "hot"))
	<-h.asked
	h.free <- nil // but it is held when the change is tried
	<-h.asked
	h.release()
	require.NoError(t, <-done)
	g.Close()
}

// Whoever leaves while parked has done nothing, and the next one waits in their
// place; one whose wait fails is told so.
func TestWhoLeavesARow(t *testing.T) {
	h := newHolder("hot")
	g := NewGroup(h, 1, 1)
	ctx, cancel := context.WithCancel(t.Context())
	first := g.run(ctx, named("1", "hot"))
	<-h.asked
	behind, leave := context.WithCancel(t.Context())
	second := g.run(behind, named("2", "hot"))
	g.parkedOn(h.row, 2)
	third := g.run(t.Context(), named("3", "hot"))
	g.parkedOn(h.row, 3)
	leave()
	requireCode(t, <-second, ledger.Unavailable, "canceled")
	cancel()
	requireCode(t, <-first, ledger.Unavailable, "canceled")
	<-h.asked
	h.free <- errClosed
	requireCode(t, <-third, ledger.Unavailable, "store_closed")
	require.Empty(t, h.batches)
	g.Close()
	require.Empty(t, g.parked)
	require.Len(t, g.freeSides, 1)
}

// More rows are held than callers may wait for: they take turns.
func TestMoreRowsThanSides(t *testing.T) {
	var all sync.WaitGroup
	h := &several{held: map[Row]int{}}
	g := NewGroup(h, 2, 2)
	for i := range 40 {
		id := string(rune('a' + i%10))
		h.mu.Lock()
		h.held[Row{Object: ledger.ID{Kind: "thing", ID: id}}] = 2
		h.mu.Unlock()
		all.Add(1)
		go func() {
			defer all.Done()
			r, ok := g.Do(t.Context(), named(string(rune('A'+i)), id))
			require.True(t, ok)
			require.NoError(t, r.Err)
		}()
	}
	all.Wait()
	g.Close()
	require.Empty(t, g.parked)
	require.Len(t, g.free, 2)
	require.Len(t, g.freeSides, 2)
	require.Equal(t, 40, h.committed)
}

// several holds each of some objects for a number of tries.
type several struct {
	mu        sync.Mutex
	held      map[Row]int
	committed int
}

func (h *several) Commit(_ int, changes []*ledger.Change) []Outcome {
	h.mu.Lock()
	defer h.mu.Unlock()
	outcomes := make([]Outcome, len(changes))
	for i, c := range changes {
		row := Row{Object: c.Put[0].ID}
		if h.held[row] > 0 {
			h.held[row]--
			outcomes[i].Held = row
			continue
		}
		h.committed++
		outcomes[i].Receipt = &ledger.Receipt{}
	}
	return outcomes
}

func (h *several) Await(context.Context, Row) error { return nil }
