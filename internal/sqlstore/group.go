package sqlstore

import (
	"context"
	"slices"
	"sync"

	"github.com/soukhq/souk/ledger"
)

// Bounds of a batch. One change may have more parts by itself.
const (
	maxBatch = 256
	maxParts = 4096
)

// Committer is what a Group commits with.
type Committer interface {
	// Commit commits changes together, in a lane that it has to itself: one of
	// 0 to Lanes-1, or of those above them for changes that were parked. It
	// answers each change, or says which row of it somebody else holds.
	Commit(lane int, changes []*ledger.Change) []Outcome
	// Await returns when a row was free, holding nothing: another may have taken
	// it since.
	Await(ctx context.Context, row Row) error
}

// Outcome is what became of a change in a batch. Held means that nothing did,
// since somebody else holds a row.
type Outcome struct {
	ledger.Result
	Held Row
}

// Row is what a transaction of the database locks: an account or an object.
type Row struct {
	Account ledger.Ref
	Object  ledger.ID
}

// Group lets whoever comes first commit for all that wait. There is no timer and
// nothing runs while nobody waits: a batch is what came while the one before it
// was written.
//
// A change one of whose rows is held by somebody else is parked, so that it keeps
// nobody else waiting: the first caller parked on a row waits for that row alone,
// and commits all that are parked on it then. Changes that come later and need
// the row are parked behind them.
type Group struct {
	c      Committer
	lanes  int // how many lead at once
	sides  int // how many wait for rows at once
	mu     sync.Mutex
	closed bool
	idle   sync.Cond // nobody leads, nobody is parked

	waiting []*waiter // in order of arrival, without those who lead
	leading int
	free    []int // lanes that nobody leads

	parked    map[Row]*parking
	unled     []Row // parked on, with nobody who waits for them yet
	freeSides []int // lanes of their own
}

// parking holds the changes that need a row which somebody else holds.
type parking struct {
	waiters []*waiter // in order of arrival
	led     bool      // one of them waits for the row
}

// part is what a caller is woken for.
type part uint8

const (
	answered part = iota + 1
	leads         // its turn to commit
	awaits        // its turn to wait for a row
)

// waiter is a change and its caller.
type waiter struct {
	change *ledger.Change
	part   part
	lane   int // that it leads
	row    Row // that it is parked on
	taken  bool
	wake   chan struct{}
	result ledger.Result
}

// signal says that something about it has changed.
func (w *waiter) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// NewGroup returns a group in which up to lanes callers commit at once, and up to
// sides wait for rows.
func NewGroup(c Committer, lanes, sides int) *Group {
	g := &Group{c: c, lanes: lanes, sides: sides, parked: make(map[Row]*parking)}
	g.idle.L = &g.mu
	for i := lanes - 1; i >= 0; i-- {
		g.free = append(g.free, i)
	}
	for i := lanes + sides - 1; i >= lanes; i-- {
		g.freeSides = append(g.freeSides, i)
	}
	return g
}

// Do commits a change with others. The context counts until the change is part
// of a batch; from then on the caller waits for the outcome, which the store
// bounds. ok is false if the group is closed.
func (g *Group) Do(ctx context.Context, c *ledger.Change) (r ledger.Result, ok bool) {
	w := &waiter{change: c, wake: make(chan struct{}, 1)}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return ledger.Result{}, false
	}
	g.waiting = append(g.waiting, w)
	g.start()
	g.mu.Unlock()
	for {
		select {
		case <-w.wake:
		case <-ctx.Done():
			if g.leave(w) {
				return ledger.Result{Err: canceled("commit", ctx.Err())}, true
			}
			<-w.wake // part of a batch: answered soon, or parked
		}
		g.mu.Lock()
		now := w.part
		g.mu.Unlock()
		switch now {
		case answered:
			return w.result, true
		case leads:
			g.lead(w)
		case awaits:
			g.await(ctx, w)
		}
	}
}

// start gives free lanes to the oldest callers who wait, and rows that are parked
// on to the oldest who are.
func (g *Group) start() {
	for len(g.free) > 0 && len(g.waiting) > 0 {
		w := g.waiting[0]
		g.waiting = slices.Delete(g.waiting, 0, 1)
		g.leading++
		w.lane, w.part = pop(&g.free), leads
		w.signal()
	}
	for len(g.freeSides) > 0 && len(g.unled) > 0 {
		p := g.parked[g.unled[0]]
		g.unled = slices.Delete(g.unled, 0, 1)
		p.led = true
		w := p.waiters[0]
		w.lane, w.part = pop(&g.freeSides), awaits
		w.signal()
	}
	if g.leading == 0 && len(g.waiting) == 0 && len(g.parked) == 0 {
		g.idle.Broadcast()
	}
}

func pop(list *[]int) int {
	n := len(*list) - 1
	v := (*list)[n]
	*list = (*list)[:n]
	return v
}

// leave takes a change back, unless it is part of a batch already.
func (g *Group) leave(w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, w); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		g.start()
		return true
	}
	if w.taken || w.part == answered {
		return false
	}
	switch {
	case w.part == leads:
		g.leading--
		g.free = append(g.free, w.lane)
	case w.part == awaits:
		g.freeSides = append(g.freeSides, w.lane)
		g.unpark(w, true)
	default:
		g.unpark(w, false)
	}
	g.start()
	return true
}

// unpark takes a change off its row; led says that it was the one that waited
// for it.
func (g *Group) unpark(w *waiter, led bool) {
	p := g.parked[w.row]
	p.waiters = slices.Delete(p.waiters, slices.Index(p.waiters, w), slices.Index(p.waiters, w)+1)
	if led {
		p.led = false
		g.unled = append(g.unled, w.row)
	}
	g.forget(w.row)
}

// forget drops a row that nobody is parked on any more.
func (g *Group) forget(row Row) {
	p := g.parked[row]
	if p == nil || len(p.waiters) > 0 || p.led {
		return
	}
	delete(g.parked, row)
	if i := slices.Index(g.unled, row); i >= 0 {
		g.unled = slices.Delete(g.unled, i, i+1)
	}
}

// lead commits a batch, of which own is the first, and passes the lane on.
func (g *Group) lead(own *waiter) {
	lane := own.lane
	done := func() {
		g.leading--
		g.free = append(g.free, lane)
	}
	g.mu.Lock()
	batch := g.batch(own)
	if len(batch) == 0 { // all of it is parked
		done()
		g.start()
		g.mu.Unlock()
		return
	}
	g.mu.Unlock()
	g.commit(lane, batch, done)
}

// await waits for a row and commits what is parked on it.
func (g *Group) await(ctx context.Context, own *waiter) {
	lane, row := own.lane, own.row
	err := g.c.Await(ctx, row)
	g.mu.Lock()
	p := g.parked[row]
	if err != nil {
		g.unpark(own, true)
		g.freeSides = append(g.freeSides, lane)
		own.result, own.part = ledger.Result{Err: err}, answered
		own.signal()
		g.start()
		g.mu.Unlock()
		return
	}
	own.part = 0 // it may not be part of the batch, if many came before it
	n := min(len(p.waiters), maxBatch)
	batch := slices.Clone(p.waiters[:n])
	p.waiters = slices.Delete(p.waiters, 0, n)
	for _, w := range batch {
		w.part, w.taken = 0, true
	}
	g.mu.Unlock()
	g.commit(lane, batch, func() {
		g.freeSides = append(g.freeSides, lane)
		if p.led = false; len(p.waiters) > 0 && !slices.Contains(g.unled, row) {
			g.unled = append(g.unled, row)
		}
		g.forget(row)
	})
}

// commit commits a batch, answers it or parks it, and gives the lane back.
func (g *Group) commit(lane int, batch []*waiter, done func()) {
	changes := make([]*ledger.Change, len(batch))
	for i, w := range batch {
		changes[i] = w.change
	}
	outcomes := g.c.Commit(lane, changes)
	g.mu.Lock()
	defer g.mu.Unlock()
	again := make(map[Row][]*waiter)
	for i, o := range outcomes {
		w := batch[i]
		if w.taken = false; o.Held != (Row{}) {
			w.row = o.Held
			w.signal() // its caller may have gone meanwhile
			again[o.Held] = append(again[o.Held], w)
			continue
		}
		w.result, w.part = o.Result, answered
		w.signal()
	}
	for row, list := range again {
		p := g.parked[row]
		if p == nil {
			p = &parking{}
			g.parked[row] = p
		}
		if lane < g.lanes {
			p.waiters = append(p.waiters, list...)
		} else { // they were parked before the others
			p.waiters = append(list, p.waiters...)
		}
		if !p.led && !slices.Contains(g.unled, row) {
			g.unled = append(g.unled, row)
		}
	}
	done()
	g.start()
}

// batch takes the oldest changes out of the queue, after own. What needs a row
// that others are parked on is parked behind them.
func (g *Group) batch(own *waiter) []*waiter {
	var batch []*waiter
	n, sum := 0, 0
	if own.part = 0; len(g.parked) == 0 || !g.park(own) {
		own.taken = true
		batch, sum = append(batch, own), parts(own.change)
	}
	for n < len(g.waiting) && len(batch) < maxBatch {
		w := g.waiting[n]
		if len(g.parked) > 0 && g.park(w) {
			n++
			continue
		}
		if sum += parts(w.change); sum > maxParts && len(batch) > 0 {
			break
		}
		w.taken = true
		batch = append(batch, w)
		n++
	}
	g.waiting = slices.Delete(g.waiting, 0, n)
	return batch
}

// park parks a change if one of its rows is parked on.
func (g *Group) park(w *waiter) bool {
	if w.change == nil {
		return false
	}
	need := ledger.NeedOf([]*ledger.Change{w.change})
	for _, r := range need.Accounts {
		if p := g.parked[Row{Account: r}]; p != nil {
			w.row = Row{Account: r}
			p.waiters = append(p.waiters, w)
			return true
		}
	}
	for _, id := range need.Put {
		if p := g.parked[Row{Object: id}]; p != nil {
			w.row = Row{Object: id}
			p.waiters = append(p.waiters, w)
			return true
		}
	}
	return false
}

// parts says how much there is to write.
func parts(c *ledger.Change) int {
	if c == nil {
		return 0
	}
	n := len(c.Open) + len(c.Holds) + len(c.Close) + len(c.Put) + len(c.Emit)
	for i := range c.Post {
		n += len(c.Post[i].Entries)
	}
	return n
}

// Close refuses what comes from now on, and waits until all that came before is
// answered.
func (g *Group) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for g.leading > 0 || len(g.waiting) > 0 || len(g.parked) > 0 {
		g.idle.Wait()
	}
}
