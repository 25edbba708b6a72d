package webhook

import (
	"sync"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Dedupe remembers in memory which events came already. A receiving end of several
// processes keeps the ids in its database instead. It is safe for several goroutines.
type Dedupe struct {
	keep time.Duration
	now  func() time.Time

	mu   sync.Mutex
	seen map[string]time.Time
	ids  []string // in the order in which they came
}

// NewDedupe remembers ids for a while, at least the 3 days for which deliveries are
// repeated; 0 is 4 days. now is the clock; nil: the real one.
func NewDedupe(keep time.Duration, now func() time.Time) *Dedupe {
	if keep == 0 {
		keep = 4 * 24 * time.Hour
	}
	return &Dedupe{keep: max(keep, 3*24*time.Hour), now: now, seen: make(map[string]time.Time)}
}

// First reports whether an id comes for the first time, and remembers it.
func (d *Dedupe) First(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := ledger.Env{Now: d.now}.Time()
	for len(d.ids) > 0 && now.Sub(d.seen[d.ids[0]]) > d.keep {
		delete(d.seen, d.ids[0])
		d.ids = d.ids[1:]
	}
	if _, ok := d.seen[id]; ok {
		return false
	}
	d.seen[id] = now
	d.ids = append(d.ids, id)
	return true
}

// Forget lets an id come again: its handling failed.
func (d *Dedupe) Forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.seen[id]; !ok {
		return
	}
	delete(d.seen, id)
	for i, other := range d.ids {
		if other == id {
			d.ids = append(d.ids[:i], d.ids[i+1:]...)
			return
		}
	}
}
