package postgres

import (
	"slices"
	"sync"
	"time"

	"github.com/soukhq/souk/ledger"
)

// recent is what a lane last wrote, so that a change that comes alone can be
// planned without a question. Nothing relies on it: the commit checks that every
// row is still as it is here. It is bounded, and dropped when it is not used for
// a while.
type recent struct {
	mu     sync.Mutex
	kept   *memory
	used   bool // since the timer was set
	timing bool
}

// memory is a stripe's numbers, accounts as that stripe sees them, and objects.
type memory struct {
	stripe   stripe
	accounts map[ledger.Ref]account
	objects  map[ledger.ID]ledger.Object // Version 0: it is not there
}

const (
	recentLimit = 16_384 // of accounts and of objects: about 300 bytes each
	recentLife  = 10 * time.Second
)

// take hands the memory over: nil, if there is none.
func (r *recent) take() *memory {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.kept
	r.kept = nil
	return m
}

// keep takes it back. A timer runs while there is something to drop.
func (r *recent) keep(m *memory) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept, r.used = m, true
	if !r.timing {
		r.timing = true
		time.AfterFunc(recentLife, r.expire)
	}
}

// expire drops a memory that was not used since it was called last.
func (r *recent) expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timing = r.used; r.used {
		r.used = false
		time.AfterFunc(recentLife, r.expire)
		return
	}
	r.kept = nil
}

// few is how many changes are as good as alone. Where more come together nothing
// is kept.
const few = 8

// learn keeps what a committed batch has left behind.
func (l *lane) learn(rows *ledger.Rows, need *ledger.Need, changes int) {
	if l.recent == nil {
		return
	}
	m := l.recent.take()
	if changes <= few {
		l.recent.keep(m.learn(l.state, rows, need))
	}
}

// learn adds a batch to what is known, and forgets all else where that is too
// much or another stripe's.
func (m *memory) learn(s *state, rows *ledger.Rows, need *ledger.Need) *memory {
	if m == nil || len(m.accounts) > recentLimit || len(m.objects) > recentLimit || m.stripe.id != s.stripe.id {
		m = &memory{accounts: make(map[ledger.Ref]account), objects: make(map[ledger.ID]ledger.Object)}
	}
	m.stripe = s.stripe
	m.stripe.now = 0
	for i := range rows.Accounts {
		a := &rows.Accounts[i]
		m.accounts[a.Ref] = account{a.Account, s.out.ids[i]}
	}
	for _, id := range need.Data { // such as periods; who asked read it
		if o, ok := s.objects[id]; id.Kind != ledger.IdemKind {
			if !ok {
				o.ID = id
			}
			m.objects[id] = o
		}
	}
	for i := range rows.Objects {
		o := rows.Objects[i].Object
		if o.Kind == ledger.IdemKind {
			continue // it is looked for once, by whoever uses the key again
		}
		o.Keys = slices.Clone(o.Keys)
		if _, read := slices.BinarySearchFunc(need.Data, o.ID, compareIDs); !read {
			o.Data = nil
		}
		m.objects[o.ID] = o
	}
	return m
}

// recall fills a state with what a change needs, as it was when it was last seen.
// Not ok: something was not. What is new is taken not to be there.
func (m *memory) recall(s *state, c *ledger.Change, need *ledger.Need) (guarded guard, ok bool) {
	s.clear()
	s.stripe = m.stripe
	for _, r := range merged(need.Accounts, need.Expected) {
		a, ok := m.accounts[r]
		if !ok || a.Closed || a.Shared && a.Version == 0 {
			return guarded, false
		}
		s.accounts[r] = a
		guarded.account(&a)
	}
	for i, id := range slices.Concat(need.Put, need.Read) {
		put := i < len(need.Put)
		if _, written := slices.BinarySearchFunc(need.Put, id, compareIDs); written && !put {
			continue
		}
		o, ok := m.object(c, id, put)
		if !ok {
			return guarded, false
		}
		if o.Version > 0 {
			s.objects[id] = o
		}
		if put && o.Version == 0 {
			continue // to insert it fails if it is there
		}
		guarded.add(o, put)
	}
	return guarded, true
}

// object is one as a change takes it to be, if its keys and data need not be known,
// or else as it was last seen.
func (m *memory) object(c *ledger.Change, id ledger.ID, put bool) (ledger.Object, bool) {
	if put && (id.Kind == ledger.IdemKind || isNew(c, id)) {
		return ledger.Object{ID: id}, true
	}
	if o, ok := m.objects[id]; ok || put || id.Kind == ledger.PeriodKind {
		return o, ok
	}
	for i := range c.Expect {
		if e := &c.Expect[i]; e.Object == id {
			return ledger.Object{ID: id, Version: e.Version}, true
		}
	}
	return ledger.Object{}, false
}

// isNew reports whether a change takes an object that it puts not to be there.
func isNew(c *ledger.Change, id ledger.ID) bool {
	return slices.ContainsFunc(c.Put, func(o ledger.Object) bool { return o.ID == id && o.Version == 0 })
}
