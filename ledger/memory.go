package ledger

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a Store that lives and dies with the process; NewMemory makes it.
// One mutex guards it: on the machines of today that is faster than finer locks,
// because hot accounts serialise anyway. It is for tests, examples and previews.
type Memory struct {
	mu    sync.RWMutex
	books *Books

	accounts map[Ref]*memAccount
	numbered []*memAccount            // by memAccount.index
	refs     ordered[Ref]             // all accounts
	open     ordered[Ref]             // those not closed
	purposes map[string]*ordered[Ref] // open and closed, by purpose

	changes map[string]memChange
	txs     map[string]*memTx // those whose ids do not tell their change
	objects map[ID]*memObject
	index   map[indexName]*memIndex

	lane     int64 // of its events and transactions
	journal  rows[*memTx]
	events   rows[memEvent]
	byOrigin map[string]*rows[int64] // numbers of a platform's events

	abouts   map[memAbout]*memAbout
	txSlab   slab[memTx]
	lineSlab slab[memLine]
	written  []*memAccount // scratch of apply
}

// NewMemory returns an empty store in memory.
func NewMemory() *Memory {
	m := &Memory{
		accounts: make(map[Ref]*memAccount),
		purposes: make(map[string]*ordered[Ref]),
		changes:  make(map[string]memChange),
		txs:      make(map[string]*memTx),
		objects:  make(map[ID]*memObject),
		index:    make(map[indexName]*memIndex),
		byOrigin: make(map[string]*rows[int64]),
		abouts:   make(map[memAbout]*memAbout),
	}
	m.refs.compare, m.open.compare = Ref.Compare, Ref.Compare
	m.books = NewBooks(memSource{m})
	return m
}

// TestOnly implements TestOnly.
func (m *Memory) TestOnly() string { return "an in-memory store" }

// Read implements Store. fn holds a read lock: it must not commit.
func (m *Memory) Read(ctx context.Context, fn func(View) error) error {
	if err := ctx.Err(); err != nil {
		return unavailable("read", err)
	}
	switch {
	case m == nil || m.books == nil:
		return missingArgument("store")
	case fn == nil:
		return missingArgument("fn")
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	v := &memView{m: m}
	defer v.end()
	return fn(v)
}

// Commit implements Store.
func (m *Memory) Commit(ctx context.Context, c *Change) (*Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, unavailable("commit", err)
	}
	if m == nil || m.books == nil {
		return nil, missingArgument("store")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.commit(c, m.books)
}

// commit plans and applies one change; the caller holds the lock.
func (m *Memory) commit(c *Change, s *Books) (*Receipt, error) {
	rows, r, err := planOne(c, s)
	if err != nil {
		return nil, err
	}
	m.apply(rows)
	return r, nil
}

// unavailable says that nothing happened, because the caller's context ended.
func unavailable(op string, err error) *Error {
	return &Error{Class: Unavailable, Code: "canceled", Op: "ledger: " + op, Err: err}
}

// memSource answers Plan from the maps.
type memSource struct{ m *Memory }

func (s memSource) Account(r Ref) (Account, bool) {
	if a, ok := s.m.accounts[r]; ok {
		shown := a.Account
		shown.mem = a
		return shown, true
	}
	return Account{}, false
}

func (s memSource) Rest(r Ref) Money { return Zero(r.Currency) }

func (s memSource) Object(id ID) (Object, bool) {
	if o, ok := s.m.objects[id]; ok {
		// Plan looks at data and version, never at keys.
		return Object{ID: id, Version: o.version, Data: o.data}, true
	}
	return Object{}, false
}

func (s memSource) HasTransaction(id string) bool { _, ok := s.m.txs[id]; return ok }

func (s memSource) Change(id string) (time.Time, bool) {
	c, ok := s.m.changes[id]
	return fromMicro(c.at), ok
}

// transaction finds one by its id.
func (m *Memory) transaction(id string) *memTx {
	change, ok := changeOf(id)
	if !ok {
		return m.txs[id]
	}
	txs := m.changes[change].txs
	for i := range txs {
		if txs[i].id == id {
			return &txs[i]
		}
	}
	return nil
}

// apply writes what was planned. It copies all that a caller could still change.
func (m *Memory) apply(rows *Rows) {
	m.written = m.written[:0]
	for i := range rows.Accounts {
		m.written = append(m.written, m.applyAccount(&rows.Accounts[i]))
	}
	next, txs := 0, m.txSlab.take(len(rows.Transactions))
	for i := range txs {
		t := &rows.Transactions[i]
		m.keepTransaction(&txs[i], t, rows.Entries[next:next+len(t.Entries)])
		next += len(t.Entries)
	}
	for i := range rows.Objects {
		m.applyObject(&rows.Objects[i].Object)
	}
	for i := range rows.Events {
		m.applyEvent(&rows.Events[i])
	}
	for i := range rows.Changes { // one: a Memory plans each by itself
		m.changes[rows.Changes[i].ID] = memChange{rows.Changes[i].At.UnixMicro(), txs}
	}
}

func (m *Memory) keepTransaction(t *memTx, from *Transaction, entries []EntryRow) {
	m.keep(t, from)
	t.lines = m.lineSlab.take(len(entries))
	for i := range entries {
		e := &entries[i]
		a := m.written[e.Row]
		t.lines[i] = memLine{amount: e.Amount.minor, account: a.index, forced: e.Forced}
		if a.Shared && m.lane >= overlayLane {
			e.Number += overlayLane
		}
		a.append(t, e)
	}
	m.journal.add(t)
	if _, ok := changeOf(t.id); !ok {
		m.txs[t.id] = t
	}
}

func (m *Memory) applyAccount(row *AccountRow) *memAccount {
	a := row.mem
	if a == nil {
		a = &memAccount{index: uint32(len(m.numbered))}
		m.numbered = append(m.numbered, a)
		m.accounts[row.Ref] = a
		m.refs.add(row.Ref)
		m.open.add(row.Ref)
		m.purpose(row.Purpose).add(row.Ref)
	}
	if row.Closed && !a.Closed {
		m.open.remove(row.Ref)
	}
	a.Account = row.Account
	a.Account.mem = nil
	return a
}

func (m *Memory) purpose(name string) *ordered[Ref] {
	set, ok := m.purposes[name]
	if !ok {
		set = &ordered[Ref]{compare: Ref.Compare}
		m.purposes[name] = set
	}
	return set
}

// applyObject replaces an object and moves it in the indexes.
func (m *Memory) applyObject(o *Object) {
	kept, ok := m.objects[o.ID]
	if !ok {
		kept = new(memObject)
		m.objects[o.ID] = kept
	}
	var room [MaxKeys]memKey
	keys := room[:0]
	for _, k := range o.Keys {
		name := indexName{o.Kind, k.Name, k.Value}
		set, ok := m.index[name]
		if !ok {
			set = &memIndex{name: name}
			set.compare = memPlace.compare
			m.index[name] = set
		}
		key := memKey{set, k.At.UnixMicro()}
		if keys = append(keys, key); !slices.Contains(kept.keys, key) {
			set.add(memPlace{key.at, o.ID.ID})
		}
	}
	for _, k := range kept.keys {
		if !slices.Contains(keys, k) {
			if k.index.remove(memPlace{k.at, o.ID.ID}); len(k.index.chunks) == 0 {
				delete(m.index, k.index.name)
			}
		}
	}
	kept.version, kept.data = o.Version, o.Data
	if kept.keys = kept.keys[:0]; cap(kept.keys) < len(keys) {
		kept.keys = make([]memKey, 0, len(keys))
	}
	kept.keys = append(kept.keys, keys...)
}

func (m *Memory) applyEvent(e *Event) {
	m.events.add(memEvent{
		about: m.about(e.Platform, e.Type, e.Object.Kind), object: e.Object.ID,
		version: e.Version, at: e.At.UnixMicro(), data: e.Data,
	})
	of, ok := m.byOrigin[e.Platform]
	if !ok {
		of = new(rows[int64])
		m.byOrigin[e.Platform] = of
	}
	of.add(int64(m.events.n))
}

// rangeOf returns the set of accounts that a query scans, and where to start.
func (m *Memory) rangeOf(q AccountQuery) (*ordered[Ref], Ref) {
	start := Ref{Book: q.Book, Owner: q.Owner}
	set := &m.refs
	switch exact := q.Purpose != "" && !strings.HasSuffix(q.Purpose, "/"); {
	case exact && q.Owner == "":
		set = m.purposes[q.Purpose]
	case q.Open:
		set = &m.open
	}
	if q.After != (Ref{}) && q.After.Compare(start) > 0 {
		start = q.After
	}
	return set, start
}
