package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// T is what a law needs of a test. It is an interface so that tests can see a
// law fail.
type T interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// noon is when every trial begins.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// trial is a law being tried on a store, in a book of its own.
type trial struct {
	T
	ctx       context.Context
	s, second ledger.Store
	clock     *clock
	env       ledger.Env
	book      string
	seen      map[ledger.ID]bool // objects that the law's changes named
	start     ledger.Cursor      // the end of the feed when the law began
}

func newTrial(t T, s, second ledger.Store) *trial {
	c := &clock{now: noon}
	x := &trial{
		T: t, ctx: t.Context(), s: s, second: second, clock: c, env: ledger.Env{Now: c.read},
		book: ledger.Env{}.ID("law_"), seen: make(map[ledger.ID]bool),
	}
	x.start = x.end()
	return x
}

// end reads the feed to its end.
func (t *trial) end() ledger.Cursor {
	t.Helper()
	var at ledger.Cursor
	for range 100000 {
		var list []ledger.Event
		t.view(func(v ledger.View) (err error) {
			list, at, err = v.Events(at, "", ledger.MaxPage)
			return err
		})
		if len(list) < ledger.MaxPage {
			return at
		}
	}
	require.Fail(t, "the feed does not end")
	return ""
}

// ref names an account of the law's book in EUR.
func (t *trial) ref(owner, purpose string) ledger.Ref {
	return ledger.Ref{Book: t.book, Owner: owner, Purpose: purpose, Currency: ledger.EUR}
}

// account is an account with the floor that the chart gives its purpose.
func account(r ledger.Ref) ledger.Account {
	p, _ := ledger.PurposeOf(r.Purpose)
	return ledger.Account{Ref: r, Floor: p.Floor}
}

func (t *trial) id(kind, id string) ledger.ID {
	return ledger.ID{Kind: kind, ID: t.book + "_" + id}
}

func object(id ledger.ID, version int64, data string, keys ...ledger.Key) ledger.Object {
	return ledger.Object{ID: id, Version: version, Data: []byte(data), Keys: keys}
}

func move(r ledger.Ref, amountMinor int64) ledger.Entry {
	return ledger.Entry{Account: r, Amount: ledger.Minor(amountMinor, r.Currency)}
}

func forced(r ledger.Ref, amountMinor int64) ledger.Entry {
	e := move(r, amountMinor)
	e.Forced = true
	return e
}

// tx is a transaction with a new id.
func (t *trial) tx(reason string, entries ...ledger.Entry) ledger.Transaction {
	return ledger.Transaction{ID: t.env.ID("tx_"), Book: t.book, Reason: reason, Entries: entries}
}

// change is a change with a new id, at the clock's time, that posts.
func (t *trial) change(post ...ledger.Transaction) *ledger.Change {
	return &ledger.Change{ID: t.env.ID("chg_"), At: t.env.Time(), Post: post}
}

// moves is a change of one transaction of two entries.
func (t *trial) moves(reason string, from, to ledger.Ref, amountMinor int64) *ledger.Change {
	return t.change(t.tx(reason, move(from, -amountMinor), move(to, amountMinor)))
}

// commit hands in a change that must succeed.
func (t *trial) commit(c *ledger.Change) *ledger.Receipt {
	t.Helper()
	t.note(c)
	r, err := t.s.Commit(t.ctx, c)
	require.NoError(t, err)
	require.NotNil(t, r)
	return r
}

func (t *trial) open(accounts ...ledger.Account) {
	t.Helper()
	c := t.change()
	c.Open = accounts
	t.commit(c)
}

// fund opens an account that holds an amount, against bank.
func (t *trial) fund(r ledger.Ref, amountMinor int64) {
	t.Helper()
	bank := t.ref("house", "bank/main")
	t.open(account(r), account(bank))
	t.commit(t.moves("top-up", bank, r, amountMinor))
}

// refused hands in a change that must fail, and leave everything as it was.
func (t *trial) refused(c *ledger.Change, class ledger.Class, code string) {
	t.Helper()
	t.note(c)
	before := t.dump(t.s)
	r, err := t.s.Commit(t.ctx, c)
	require.Error(t, err, "the change was accepted: %+v", c)
	require.Nil(t, r, "a refused change has no receipt")
	t.isError(err, class, code)
	t.same(before, t.dump(t.s), "a refused change left a trace")
}

// isError checks class and code of an error.
func (t *trial) isError(err error, class ledger.Class, code string) {
	t.Helper()
	require.ErrorIs(t, err, class)
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, "%v", err)
}

// note remembers the objects that a change names.
func (t *trial) note(c *ledger.Change) {
	for i := range c.Put {
		t.seen[c.Put[i].ID] = true
	}
	for i := range c.Holds {
		t.seen[ledger.ID{Kind: ledger.HoldKind, ID: c.Holds[i].ID}] = true
	}
}

func (t *trial) view(fn func(v ledger.View) error) {
	t.Helper()
	require.NoError(t, t.s.Read(t.ctx, fn))
}

func (t *trial) get(r ledger.Ref) (a ledger.Account) {
	t.Helper()
	t.view(func(v ledger.View) error {
		list, err := v.Accounts(r)
		if err == nil {
			a = list[0]
		}
		return err
	})
	return a
}

// has checks what an account holds, and how much of it is set aside.
func (t *trial) has(r ledger.Ref, posted, held int64) {
	t.Helper()
	a := t.get(r)
	require.Equal(t, ledger.Minor(posted, r.Currency), a.Posted, "balance of %v", r)
	require.Equal(t, ledger.Minor(held, r.Currency), a.Held, "held in %v", r)
}

func (t *trial) object(id ledger.ID) (o ledger.Object) {
	t.Helper()
	t.view(func(v ledger.View) error {
		list, err := v.Objects(id)
		if err == nil {
			o = list[0]
		}
		return err
	})
	return o
}

// together runs fn n times at once and returns what each returned.
func together(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Add(1)
		go func() {
			defer group.Done()
			defer func() {
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("panic: %v", p)
				}
			}()
			<-start
			errs[i] = fn(i)
		}()
	}
	close(start)
	group.Wait()
	return errs
}

// won counts the nils, and checks that all others are of one class.
func (t *trial) won(errs []error, class ledger.Class) int {
	t.Helper()
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
			continue
		}
		require.ErrorIs(t, err, class)
	}
	return n
}

// again repeats what lost a race, as a caller of the store would.
func again(fn func() error) error {
	var err error
	for range 1000 {
		var e *ledger.Error
		err = fn()
		if !errors.As(err, &e) || e.Class != ledger.Conflict && e.Code != "account_not_empty" {
			return err
		}
	}
	return err
}
