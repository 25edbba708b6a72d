package ledger_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// noon is when the tests of the books begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// handClock is a clock that stands until it is moved.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *handClock { return &handClock{now: noon} }

func (c *handClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *handClock) env() ledger.Env { return ledger.Env{Now: c.read} }

const book = "plat_1"

func inCurrency(owner, purpose string, c ledger.Currency) ledger.Ref {
	return ledger.Ref{Book: book, Owner: owner, Purpose: purpose, Currency: c}
}

func euros(owner, purpose string) ledger.Ref { return inCurrency(owner, purpose, ledger.EUR) }

func entry(r ledger.Ref, amountMinor int64) ledger.Entry {
	return ledger.Entry{Account: r, Amount: ledger.Minor(amountMinor, r.Currency)}
}

// transfer is a transaction of two entries.
func transfer(reason string, from, to ledger.Ref, amountMinor int64) ledger.Transaction {
	return ledger.Transaction{Book: book, Reason: reason, Entries: []ledger.Entry{entry(from, -amountMinor), entry(to, amountMinor)}}
}

// mustUpdate is an Update that succeeds.
func mustUpdate(t testing.TB, e ledger.Env, s ledger.Store, fn func(u *ledger.Unit)) *ledger.Receipt {
	t.Helper()
	r, err := e.Update(t.Context(), s, func(u *ledger.Unit) error { fn(u); return nil })
	require.NoError(t, err)
	return r
}

var bank = euros("house", "bank/main")

// funded opens an account with an amount in it.
func funded(t testing.TB, e ledger.Env, s ledger.Store, r ledger.Ref, amountMinor int64) {
	t.Helper()
	from := bank
	from.Currency = r.Currency
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		u.Open(ledger.Account{Ref: from})
		u.Open(ledger.Account{Ref: r})
		if amountMinor > 0 {
			u.Post(transfer("top-up", from, r, amountMinor))
		}
	})
}

func balance(t testing.TB, s ledger.Store, r ledger.Ref) ledger.Account {
	t.Helper()
	var a ledger.Account
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Accounts(r)
		if err == nil {
			a = list[0]
		}
		return err
	}))
	return a
}

func requireBalance(t testing.TB, s ledger.Store, r ledger.Ref, posted, held int64) {
	t.Helper()
	a := balance(t, s, r)
	require.Equal(t, []int64{posted, held}, []int64{a.Posted.Minor(), a.Held.Minor()}, "balance and held of %v", r)
}

func objectOf(t testing.TB, s ledger.Store, id ledger.ID) ledger.Object {
	t.Helper()
	var o ledger.Object
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Objects(id)
		if err == nil {
			o = list[0]
		}
		return err
	}))
	return o
}

func requireCode(t testing.TB, err error, class ledger.Class, code string) {
	t.Helper()
	require.ErrorIs(t, err, class)
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, "%v", err)
}

// requireVerified adds up the whole books.
func requireVerified(t testing.TB, s ledger.Store) {
	t.Helper()
	r, err := ledger.Verify(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, r.Err())
}
