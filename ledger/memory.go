package ledger

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a Store that lives and dies with the process. One mutex guards it:
// on the machines of today that is faster than finer locks, because hot
// accounts serialise anyway. It is for tests, examples and previews.
type Memory struct {
	mu    sync.RWMutex
	books *Books

	accounts map[Ref]*memAccount
	refs     ordered[Ref]             // all accounts
	open     ordered[Ref]             // those not closed
	purposes map[string]*ordered[Ref] // open and closed, by purpose

	changes map[string]memChange
	txs     map[string]*memTx // those whose ids do not tell their change
	objects map[ID]*Object
	index   map[indexName]*ordered[Place]

	lane     int64 // of its events
	events   rows[Event]
	byOrigin map[string][]int64 // numbers of a platform's events

	txSlab   slab[memTx]
	lineSlab slab[memLine]
	written  []*memAccount // scratch of apply
}

// memChange is what is remembered of a change: its transactions, too.
type memChange struct {
	at  time.Time
	txs []memTx
}

// memTx is a transaction as it is kept: its entries point to their accounts.
type memTx struct {
	Transaction // without Entries
	entries     []memLine
}

type memLine struct {
	account *memAccount
	amount  int64
	forced  bool
}

// memAccount is an account with its entries. Entry n is at index n−1.
type memAccount struct {
	Account
	entries rows[memEntry]
	moved   []int64 // numbers of entries whose two times differ
	byTime  []int64 // numbers in effective order; nil while that is posting order
	first   int64   // number of the first entry kept here, less one (an Overlay starts late)
}

type memEntry struct {
	tx      *memTx
	amount  int64
	balance int64
}

// A slab hands out pieces of large blocks: nothing in the books is ever
// deleted, so a block never has to be given back.
type slab[T any] struct{ block []T }

const slabSize = 1024

func (s *slab[T]) take(n int) []T {
	if len(s.block)+n > cap(s.block) {
		s.block = make([]T, 0, max(slabSize, n))
	}
	at := len(s.block)
	s.block = s.block[:at+n]
	return s.block[at : at+n : at+n]
}

// indexName is what a query asks for.
type indexName struct{ kind, name, value string }

// NewMemory returns an empty store in memory.
func NewMemory() *Memory {
	m := &Memory{
		accounts: make(map[Ref]*memAccount),
		purposes: make(map[string]*ordered[Ref]),
		txs:      make(map[string]*memTx),
		objects:  make(map[ID]*Object),
		index:    make(map[indexName]*ordered[Place]),
		changes:  make(map[string]memChange),
		byOrigin: make(map[string][]int64),
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
		return *o, true
	}
	return Object{}, false
}

func (s memSource) HasTransaction(id string) bool { _, ok := s.m.txs[id]; return ok }

func (s memSource) Change(id string) (time.Time, bool) {
	c, ok := s.m.changes[id]
	return c.at, ok
}

// transaction finds one by its id.
func (m *Memory) transaction(id string) *memTx {
	change, ok := changeOf(id)
	if !ok {
		return m.txs[id]
	}
	txs := m.changes[change].txs
	for i := range txs {
		if txs[i].ID == id {
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
		t := &txs[i]
		t.Transaction = rows.Transactions[i]
		n := len(t.Entries)
		t.Entries, t.Meta = nil, maps.Clone(t.Meta)
		t.entries = m.lineSlab.take(n)
		for j := range n {
			e := &rows.Entries[next+j]
			a := m.written[e.Row]
			t.entries[j] = memLine{a, e.Amount.minor, e.Forced}
			a.append(t, e)
		}
		next += n
		if _, ok := changeOf(t.ID); !ok {
			m.txs[t.ID] = t
		}
	}
	for i := range rows.Objects {
		m.applyObject(&rows.Objects[i].Object)
	}
	for i := range rows.Events {
		e := rows.Events[i]
		e.ID = EventID(Lane{m.lane, int64(m.events.n) + 1})
		m.events.add(e)
		m.byOrigin[e.Platform] = append(m.byOrigin[e.Platform], int64(m.events.n))
	}
	for i := range rows.Changes { // one: a Memory plans each by itself
		m.changes[rows.Changes[i].ID] = memChange{rows.Changes[i].At, txs}
	}
}

func (m *Memory) applyAccount(row *AccountRow) *memAccount {
	a := row.mem
	if a == nil {
		a = &memAccount{}
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

func (m *Memory) applyObject(o *Object) {
	old, ok := m.objects[o.ID]
	if !ok {
		old = new(Object)
		m.objects[o.ID] = old
	}
	for _, k := range old.Keys {
		if !slices.Contains(o.Keys, k) {
			name := indexName{o.Kind, k.Name, k.Value}
			set := m.index[name]
			if set.remove(Place{At: k.At, ID: o.ID.ID}); len(set.chunks) == 0 {
				delete(m.index, name)
			}
		}
	}
	for _, k := range o.Keys {
		name := indexName{o.Kind, k.Name, k.Value}
		set, ok := m.index[name]
		if !ok {
			set = &ordered[Place]{compare: comparePlace}
			m.index[name] = set
		}
		set.add(Place{At: k.At, ID: o.ID.ID})
	}
	*old = *o
}

// append adds an entry in posting order, and in effective order where that
// differs.
func (a *memAccount) append(t *memTx, e *EntryRow) {
	if a.entries.n == 0 {
		a.first = e.Number - 1
	}
	a.entries.add(memEntry{t, e.Amount.minor, e.Balance.minor})
	if !t.Effective.Equal(t.Posted) {
		if a.byTime == nil && len(a.moved) == 0 {
			a.byTime = make([]int64, 0, a.entries.n)
			for n := range int64(a.entries.n - 1) {
				a.byTime = append(a.byTime, a.first+n+1)
			}
		}
		a.moved = append(a.moved, e.Number)
	}
	if a.byTime != nil {
		i, _ := slices.BinarySearchFunc(a.byTime, e.Number, func(x, n int64) int { return a.compareEffective(x, n) })
		a.byTime = slices.Insert(a.byTime, i, e.Number)
	}
}

func (a *memAccount) compareEffective(x, y int64) int {
	if c := compareTime(a.entry(x).tx.Effective, a.entry(y).tx.Effective); c != 0 {
		return c
	}
	return int(x - y)
}

func (a *memAccount) entry(number int64) *memEntry { return a.entries.at(int(number - a.first - 1)) }

// posted shows entry n.
func (a *memAccount) posted(number int64) Posted {
	e := a.entry(number)
	t := e.tx
	return Posted{
		Account: a.Ref, Number: number, Transaction: t.ID, Reason: t.Reason, Object: t.Object, Book: t.Book,
		At: t.Posted, Effective: t.Effective, Amount: Money{e.amount, a.Currency}, Balance: Money{e.balance, a.Currency},
	}
}

// balanceAt returns the balance after the last entry posted at or before at;
// false if none of the entries kept here was.
func (a *memAccount) balanceAt(at time.Time) (Money, bool) {
	n := a.entries.search(func(e *memEntry) bool { return e.tx.Posted.After(at) })
	if n == 0 {
		return Zero(a.Currency), false
	}
	return Money{a.entries.at(n - 1).balance, a.Currency}, true
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
