package ledger

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// What a Memory keeps of the things that are written to it: small, and with few
// pointers, since the garbage collector walks all of it again and again.

// memChange is what is remembered of a change: when, and its transactions.
type memChange struct {
	at  int64 // microseconds since 1970
	txs []memTx
}

// memTx is a transaction.
type memTx struct {
	id        string
	about     *memAbout
	object    string // the id; its kind is in about
	posted    int64  // microseconds since 1970
	effective int64
	lines     []memLine
	more      *memMore // what few transactions have
}

// memAbout is what many transactions or events have in common; each is kept
// once.
type memAbout struct{ book, reason, kind string }

type memMore struct {
	corrects string
	meta     map[string]string
}

// memLine is an entry of a transaction.
type memLine struct {
	amount  int64
	account uint32 // memAccount.index
	forced  bool
}

// memAccount is an account with its entries.
type memAccount struct {
	Account
	index   uint32 // in Memory.numbered
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

type memEvent struct {
	about   *memAbout
	object  string
	version int64
	at      int64
	data    []byte
}

type memObject struct {
	version int64
	data    []byte
	keys    []memKey
}

// memKey is a key of an object: the index that it is in, and where.
type memKey struct {
	index *memIndex
	at    int64
}

// memIndex is the objects that have one key, in order.
type memIndex struct {
	ordered[memPlace]
	name indexName
}

// indexName is what a query asks for.
type indexName struct{ kind, name, value string }

// memPlace is a place in an index.
type memPlace struct {
	at int64
	id string
}

func (p memPlace) compare(o memPlace) int {
	return cmp.Or(cmp.Compare(p.at, o.at), strings.Compare(p.id, o.id))
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

func fromMicro(n int64) time.Time { return time.UnixMicro(n).UTC() }

// about returns the one copy of what is common.
func (m *Memory) about(book, reason, kind string) *memAbout {
	a := memAbout{book, reason, kind}
	kept, ok := m.abouts[a]
	if !ok {
		kept = &memAbout{book, reason, kind} // not &a, which would escape each time
		m.abouts[a] = kept
	}
	return kept
}

// keep takes a transaction over, but for its entries.
func (m *Memory) keep(t *memTx, from *Transaction) {
	*t = memTx{
		id: from.ID, about: m.about(from.Book, from.Reason, from.Object.Kind), object: from.Object.ID,
		posted: from.Posted.UnixMicro(), effective: from.Effective.UnixMicro(), lines: t.lines,
	}
	if from.Corrects != "" || from.Meta != nil {
		t.more = &memMore{from.Corrects, maps.Clone(from.Meta)}
	}
}

// shown gives a transaction back as it came.
func (m *Memory) shown(t *memTx) Transaction { return m.shownIn(t, make([]Entry, len(t.lines))) }

// shownIn is shown with its entries in a place that the caller has for them.
func (m *Memory) shownIn(t *memTx, entries []Entry) Transaction {
	s := Transaction{
		ID: t.id, Book: t.about.book, Reason: t.about.reason, Object: ID{t.about.kind, t.object},
		Posted: fromMicro(t.posted), Effective: fromMicro(t.effective), Entries: entries,
	}
	if t.more != nil {
		s.Corrects, s.Meta = t.more.corrects, maps.Clone(t.more.meta)
	}
	for i, l := range t.lines {
		r := m.numbered[l.account].Ref
		s.Entries[i] = Entry{Account: r, Amount: Money{l.amount, r.Currency}, Forced: l.forced}
	}
	return s
}

// object shows an object; the caller gets a copy of their own.
func (o *memObject) object(id ID) Object {
	s := Object{ID: id, Version: o.version, Data: slices.Clone(o.data), Keys: slices.Grow([]Key(nil), len(o.keys))}
	for _, k := range o.keys {
		s.Keys = append(s.Keys, Key{Name: k.index.name.name, Value: k.index.name.value, At: fromMicro(k.at)})
	}
	return s
}

// event shows event n.
func (m *Memory) event(n int64) Event {
	e := m.events.at(int(n - 1))
	return Event{
		ID: EventID(Lane{m.lane, n}), Type: e.about.reason, Platform: e.about.book, Object: ID{e.about.kind, e.object},
		Version: e.version, At: fromMicro(e.at), Data: slices.Clone(e.data),
	}
}

// append adds an entry in posting order, and in effective order where that
// differs.
func (a *memAccount) append(t *memTx, e *EntryRow) {
	if a.entries.n == 0 {
		a.first = e.Number - 1
	}
	a.entries.add(memEntry{t, e.Amount.minor, e.Balance.minor})
	if t.effective != t.posted {
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
	return cmp.Or(cmp.Compare(a.entry(x).tx.effective, a.entry(y).tx.effective), cmp.Compare(x, y))
}

func (a *memAccount) entry(number int64) *memEntry { return a.entries.at(int(number - a.first - 1)) }

// posted shows entry n.
func (a *memAccount) posted(number int64) Posted {
	e := a.entry(number)
	t := e.tx
	return Posted{
		Account: a.Ref, Number: number, Transaction: t.id, Reason: t.about.reason, Object: ID{t.about.kind, t.object}, Book: t.about.book,
		At: fromMicro(t.posted), Effective: fromMicro(t.effective), Amount: Money{e.amount, a.Currency}, Balance: Money{e.balance, a.Currency},
	}
}

// balanceAt returns the balance after the last entry posted at or before at;
// false if none of the entries kept here was.
func (a *memAccount) balanceAt(at time.Time) (Money, bool) {
	micro := AskedTime(at).UnixMicro()
	n := a.entries.search(func(e *memEntry) bool { return e.tx.posted > micro })
	if n == 0 {
		return Zero(a.Currency), false
	}
	return Money{a.entries.at(n - 1).balance, a.Currency}, true
}
