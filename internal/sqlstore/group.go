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

// group lets whoever comes first commit for all that wait. There is no timer and
// nothing runs while nobody waits: a batch is what came while the one before it
// was written.
type group struct {
	commit func([]*ledger.Change) []ledger.Result

	mu      sync.Mutex
	waiting []*waiter // in order of arrival; empty if nobody leads
	led     bool
	closed  bool
	idle    sync.Cond // nobody leads any more
}

// waiter is a change and its caller.
type waiter struct {
	change   *ledger.Change
	leads    bool // it is this caller's turn to commit
	answered bool
	wake     chan struct{} // answered, or asked to lead
	result   ledger.Result
}

func newGroup(commit func([]*ledger.Change) []ledger.Result) *group {
	g := &group{commit: commit}
	g.idle.L = &g.mu
	return g
}

// do commits a change with others. The context counts until the change is part
// of a batch; from then on the caller waits for the outcome, which the store
// bounds. ok is false if the group is closed.
func (g *group) do(ctx context.Context, c *ledger.Change) (r ledger.Result, ok bool) {
	w := &waiter{change: c, wake: make(chan struct{}, 1)}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return ledger.Result{}, false
	}
	g.waiting = append(g.waiting, w)
	if !g.led {
		g.led, w.leads = true, true
		w.wake <- struct{}{}
	}
	g.mu.Unlock()
	select {
	case <-w.wake:
	case <-ctx.Done():
		if g.leave(w) {
			return ledger.Result{Err: canceled("commit", ctx.Err())}, true
		}
		<-w.wake
	}
	if !w.answered {
		g.lead(w)
	}
	return w.result, true
}

// leave takes a change out of the queue, unless it is part of a batch already.
func (g *group) leave(w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, w)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	if w.leads {
		g.pass()
	}
	return true
}

// lead commits a batch, of which own is the first, and passes the lead on.
func (g *group) lead(own *waiter) {
	g.mu.Lock()
	batch := g.batch()
	g.mu.Unlock()
	changes := make([]*ledger.Change, len(batch))
	for i, w := range batch {
		changes[i] = w.change
	}
	for i, r := range g.commit(changes) {
		batch[i].result, batch[i].answered = r, true
	}
	g.mu.Lock()
	g.pass()
	g.mu.Unlock()
	for _, w := range batch {
		if w != own {
			w.wake <- struct{}{}
		}
	}
}

// batch takes the oldest changes out of the queue.
func (g *group) batch() []*waiter {
	n, sum := 0, 0
	for n < min(len(g.waiting), maxBatch) {
		if sum += parts(g.waiting[n].change); n > 0 && sum > maxParts {
			break
		}
		n++
	}
	batch := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return batch
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

// pass hands the lead to the oldest caller who waits.
func (g *group) pass() {
	if len(g.waiting) == 0 {
		g.led = false
		g.idle.Broadcast()
		return
	}
	w := g.waiting[0]
	w.leads = true
	w.wake <- struct{}{}
}

// close refuses what comes from now on, and waits until all that came before is
// answered.
func (g *group) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for g.led {
		g.idle.Wait()
	}
}
