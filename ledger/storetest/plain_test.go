package storetest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/soukhq/souk/ledger"
)

// plain is a Store written as simply as one can be: maps, and lists that are
// sorted whenever they are asked for. It is built on nothing but what ledger
// exports for adapters, and has what the memory store lacks and a database has:
// it commits in batches, keeps shared accounts in stripes, has a lane of events
// for each, and knows of the books only what NeedOf named. Its faults are what
// the laws are tried on.
type plain struct {
	faulty
	mu      sync.RWMutex
	queue   sync.Mutex
	waiting []*waiting

	accounts map[ledger.Ref][]ledger.Account // by stripe
	entries  map[ledger.Ref][]ledger.Posted
	txs      map[string]ledger.Transaction
	objects  map[ledger.ID]ledger.Object
	found    map[ledger.ID][]ledger.Key // the keys that find an object
	changes  map[string]time.Time
	lanes    [stripes][]laneEvent
	journal  [stripes][]string // transactions
	commits  int
	said     int // events of all lanes
}

// laneEvent is an event with its place among those of all lanes. Events of one
// object may stand in several lanes, so pages are cut from the merged list.
type laneEvent struct {
	ledger.Event
	place, commit int
}

const stripes = 3

type waiting struct {
	c    *ledger.Change
	r    ledger.Result
	done chan struct{}
}

func newPlain(f faulty) *plain {
	return &plain{
		faulty:   f,
		accounts: map[ledger.Ref][]ledger.Account{}, entries: map[ledger.Ref][]ledger.Posted{},
		txs: map[string]ledger.Transaction{}, objects: map[ledger.ID]ledger.Object{},
		found: map[ledger.ID][]ledger.Key{}, changes: map[string]time.Time{},
	}
}

func (p *plain) Read(ctx context.Context, fn func(ledger.View) error) error {
	if ctx.Err() != nil && !p.is("read ignores the context") {
		return &ledger.Error{Class: ledger.Unavailable, Err: ctx.Err()}
	}
	v := &plainView{p: p}
	if p.is("a view per call") {
		v.each = true
		return fn(v)
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.run(v, fn)
}

// Commit leaves the change to whoever gets the lock first, who commits for all
// that wait.
func (p *plain) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if ctx.Err() != nil && !p.is("commit ignores the context") {
		return nil, &ledger.Error{Class: ledger.Unavailable, Err: ctx.Err()}
	}
	if r, err, ok := p.instead(c); ok {
		return r, err
	}
	w := &waiting{c: c, done: make(chan struct{})}
	p.queue.Lock()
	p.waiting = append(p.waiting, w)
	p.queue.Unlock()
	p.mu.Lock()
	p.queue.Lock()
	batch := p.waiting
	p.waiting = nil
	p.queue.Unlock()
	p.batch(batch)
	p.mu.Unlock()
	<-w.done
	return p.after(ctx, c, w.r)
}

func (p *plain) batch(batch []*waiting) {
	if len(batch) == 0 {
		return
	}
	changes := make([]*ledger.Change, len(batch))
	for i, w := range batch {
		changes[i] = p.before(w.c)
	}
	p.commits++
	src := p.load(ledger.NeedOf(changes), p.commits%stripes)
	if p.is("any change of an id is one") {
		for _, c := range changes {
			if !src.changes[c.ID].IsZero() {
				src.changes[c.ID] = c.At
			}
		}
	}
	rows, results := ledger.Plan(changes, ledger.NewBooks(src))
	p.apply(rows, src.stripe, changes)
	for i, w := range batch {
		w.r = results[i]
		close(w.done)
	}
}

// loaded is what a batch needs of the books, and no more: Plan asking about
// anything else is a fault of NeedOf.
type loaded struct {
	p        *plain
	stripe   int
	accounts map[ledger.Ref]ledger.Account
	rest     map[ledger.Ref]ledger.Money
	objects  map[ledger.ID]ledger.Object
	txs      map[string]bool
	changes  map[string]time.Time
}

func (p *plain) load(n ledger.Need, stripe int) *loaded {
	src := &loaded{p: p, stripe: stripe, accounts: map[ledger.Ref]ledger.Account{}, rest: map[ledger.Ref]ledger.Money{}, objects: map[ledger.ID]ledger.Object{}, txs: map[string]bool{}, changes: map[string]time.Time{}}
	for _, r := range append(n.Accounts, n.Expected...) {
		src.accounts[r] = ledger.Account{}
		if all, ok := p.accounts[r]; ok && all[0].Shared {
			src.accounts[r] = all[stripe]
		} else if ok {
			src.accounts[r] = all[0]
		}
	}
	for _, r := range n.Closing {
		rest := ledger.Zero(r.Currency)
		for i, a := range p.accounts[r] {
			if i != stripe && a.Shared && !p.is("closing looks at one stripe") {
				rest, _ = rest.Add(a.Posted)
			}
		}
		src.rest[r] = rest
	}
	for _, id := range append(n.Put, n.Read...) {
		o := p.objects[id]
		o.Data, o.Keys = nil, nil
		src.objects[id] = o
	}
	for _, id := range n.Data {
		if o := src.objects[id]; o.Version > 0 {
			o.Data = slices.Clone(p.objects[id].Data)
			src.objects[id] = o
		}
	}
	for _, id := range n.Transactions {
		_, src.txs[id] = p.txs[id]
	}
	for _, id := range n.Changes {
		src.changes[id] = p.changes[id]
	}
	return src
}

func (s *loaded) Account(r ledger.Ref) (ledger.Account, bool) {
	a, ok := s.accounts[r]
	if _, err := ledger.ParseRef(r.String()); !ok && err == nil {
		panic("NeedOf did not name account " + r.String())
	}
	a = s.p.loadedAccount(a)
	return a, a.Ref != ledger.Ref{}
}

func (s *loaded) Rest(r ledger.Ref) ledger.Money {
	m, ok := s.rest[r]
	if !ok {
		panic("NeedOf did not name the closing account " + r.String())
	}
	return m
}

func (s *loaded) Object(id ledger.ID) (ledger.Object, bool) {
	o, ok := s.objects[id]
	if !ok {
		s.mustBeNonsense(id)
	}
	o = s.p.loadedObject(id, o)
	return o, o.Version > 0
}

func (s *loaded) HasTransaction(id string) bool {
	has, ok := s.txs[id]
	if !ok {
		panic("NeedOf did not name transaction " + id)
	}
	return has && !s.p.is("transaction ids are forgotten")
}

func (s *loaded) Change(id string) (time.Time, bool) {
	at, ok := s.changes[id]
	if !ok {
		panic("NeedOf did not name change " + id)
	}
	return at, !at.IsZero() && !s.p.is("changes are forgotten")
}

// mustBeNonsense lets pass what NeedOf may leave out: names nothing can have.
func (s *loaded) mustBeNonsense(id ledger.ID) {
	odd := func(r rune) bool { return r < 0x20 || r > 0x7e }
	if id.Kind != "" && id.ID != "" && len(id.Kind) <= 64 && len(id.ID) <= 640 && !strings.ContainsFunc(id.Kind+id.ID, odd) {
		panic("NeedOf did not name object " + id.String())
	}
}

// apply writes the rows, with copies of all that the changes still point to.
func (p *plain) apply(rows *ledger.Rows, stripe int, changes []*ledger.Change) {
	for _, row := range rows.Accounts {
		p.applyAccount(row, stripe)
	}
	for _, t := range rows.Transactions {
		t.Entries, t.Meta = nil, maps.Clone(t.Meta)
		p.txs[t.ID] = t
		p.journal[stripe] = append(p.journal[stripe], t.ID)
	}
	for _, e := range p.entryRows(rows) {
		t := rows.Transactions[e.Transaction]
		kept := p.txs[t.ID]
		kept.Entries = append(kept.Entries, e.Entry)
		p.txs[t.ID] = kept
		posted := ledger.Posted{
			Account: e.Account, Number: e.Number, Transaction: t.ID, Reason: t.Reason, Object: t.Object, Book: t.Book,
			At: t.Posted, Effective: t.Effective, Amount: e.Amount, Balance: e.Balance,
		}
		if p.accounts[e.Account][0].Shared {
			posted.Number = e.Number*stripes + int64(stripe)
		}
		p.entries[e.Account] = append(p.entries[e.Account], p.appliedEntry(posted, changes))
	}
	for _, o := range rows.Objects {
		if p.appliedObject(&o.Object, changes) {
			p.objects[o.ID] = o.Object
		}
		p.found[o.ID] = p.appliedKeys(o.Object, p.found[o.ID])
	}
	for _, e := range p.appliedEvents(rows.Events, changes) {
		e.ID = ledger.EventID(ledger.Lane{Lane: int64(stripe), Number: int64(len(p.lanes[stripe])) + 1})
		p.said++
		p.lanes[stripe] = append(p.lanes[stripe], laneEvent{e, p.said, p.commits})
	}
	for _, c := range rows.Changes {
		p.changes[c.ID] = c.At
	}
}

func (p *plain) applyAccount(row ledger.AccountRow, stripe int) {
	all, ok := p.accounts[row.Ref]
	if !ok {
		n := 1
		if row.Shared {
			n = stripes
		}
		for range n {
			all = append(all, ledger.Account{Ref: row.Ref, Floor: row.Floor, Shared: row.Shared, Posted: ledger.Zero(row.Currency), Held: ledger.Zero(row.Currency)})
		}
		p.accounts[row.Ref] = all
	}
	if !row.Shared {
		stripe = 0
	}
	all[stripe] = p.appliedAccount(row.Account)
	for i := range all {
		all[i].Closed = all[i].Closed || all[stripe].Closed
	}
}

// account adds up the stripes of an account.
func (p *plain) account(r ledger.Ref) ledger.Account {
	all, ok := p.accounts[r]
	if !ok {
		return ledger.Account{Ref: r, Posted: ledger.Zero(r.Currency), Held: ledger.Zero(r.Currency)}
	}
	sum := all[0]
	for _, a := range all[1:] {
		if p.is("one stripe is read") {
			break
		}
		sum.Posted, _ = sum.Posted.Add(a.Posted)
		sum.Entries += a.Entries
		sum.Version += a.Version
		if a.Last.After(sum.Last) {
			sum.Last = a.Last
		}
	}
	return sum
}

func place(e ledger.Posted, by ledger.TimeKind) (time.Time, int64) {
	at := e.Place(by)
	return at.At, at.Number
}

func compareEntries(a, b ledger.Posted, by ledger.TimeKind) int {
	x, n := place(a, by)
	y, m := place(b, by)
	return cmp.Or(x.Compare(y), cmp.Compare(n, m))
}
