package storetest

import (
	"errors"
	"math"
	"strings"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

func openAccounts(t *trial) {
	a := account(t.ref("acct_1", "available"))
	own := ledger.Account{Ref: t.ref("acct_1", "host_purse"), Floor: ledger.Floor{Kind: ledger.Guarded, AtMinor: -100}}
	none := t.get(a.Ref)
	require.Equal(t, ledger.Account{Ref: a.Ref, Posted: ledger.Zero(ledger.EUR), Held: ledger.Zero(ledger.EUR)}, none, "an account that does not exist")
	t.open(a, own)
	got := t.get(own.Ref)
	require.Equal(t, own.Floor, got.Floor)
	require.EqualValues(t, 1, got.Version)
	require.True(t, got.Last.IsZero() && got.Entries == 0 && !got.Closed && !got.Shared)
	before := t.dump(t.s)
	t.open(a, own)
	t.open(own)
	t.same(before, t.dump(t.s), "opening again changed something")
	// Posted, Held and the like of what is opened say nothing.
	odd := account(t.ref("acct_2", "available"))
	odd.Posted, odd.Held, odd.Version, odd.Closed, odd.Entries = ledger.Minor(100, ledger.EUR), ledger.Minor(5, ledger.EUR), 7, true, 9
	t.open(odd)
	t.has(odd.Ref, 0, 0)
	require.False(t, t.get(odd.Ref).Closed)

	for _, f := range []ledger.Floor{{}, {Kind: ledger.Guarded}, {Kind: ledger.HardFloor, AtMinor: -100}} {
		c := t.change()
		c.Open = []ledger.Account{{Ref: own.Ref, Floor: f}}
		t.refused(c, ledger.Exists, "account_exists")
	}
	for _, a := range []ledger.Account{
		{Ref: t.ref("x", "host_purse"), Floor: ledger.Floor{Kind: ledger.Guarded}, Shared: true},
		{Ref: t.ref("x", "host_purse"), Floor: ledger.Floor{Kind: 9}},
		{Ref: t.ref("x", "host_purse"), Floor: ledger.Floor{AtMinor: 1}},
		{Ref: t.ref("x", "host_purse"), Floor: ledger.Floor{Kind: ledger.HardFloor, AtMinor: 1}},
		{Ref: t.ref("x", "host_purse"), Floor: ledger.Floor{Kind: ledger.HardFloor, AtMinor: math.MinInt64}},
		{Ref: t.ref("x", "host_purse"), Floor: ledger.Floor{Kind: ledger.Guarded, AtMinor: -1<<62 - 1}},
		{Ref: t.ref("x", "host_purse"), Floor: ledger.Floor{Kind: ledger.Guarded, AtMinor: 1<<62 + 1}},
	} {
		c := t.change()
		c.Open = []ledger.Account{a}
		t.refused(c, ledger.Invalid, "invalid_floor")
	}
	deep := ledger.Account{Ref: t.ref("deep", "host_purse"), Floor: ledger.Floor{Kind: ledger.Guarded, AtMinor: -1 << 62}}
	bank := t.ref("house", "bank/main")
	t.open(deep, account(bank))
	t.commit(t.moves("x", deep.Ref, bank, 1<<62))
	t.refused(t.moves("x", deep.Ref, bank, 1), ledger.InsufficientFunds, "insufficient_funds")
	t.commit(t.moves("x", bank, deep.Ref, 1<<62))
	for _, r := range []ledger.Ref{
		{Book: t.book, Owner: "x", Purpose: ""}, {Book: t.book, Owner: "", Purpose: "x"}, {Book: "", Owner: "x", Purpose: "x"},
		t.ref("a:b", "x"), t.ref("x", "a/"), t.ref("x", "/a"), t.ref("x", "ä"), t.ref("x\x00", "a"), t.ref("x", "a\n"),
		t.ref(strings.Repeat("x", 65), "a"), t.ref("x", strings.Repeat("x", 97)),
	} {
		r.Currency = ledger.EUR
		c := t.change()
		c.Open = []ledger.Account{{Ref: r}}
		t.refused(c, ledger.Invalid, "invalid_account")
	}
}

// chartFloors opens accounts of every purpose of the chart: on its floor, and
// on each other one.
func chartFloors(t *trial) {
	for _, p := range ledger.Chart() {
		good := t.change()
		for _, f := range []ledger.Floor{{}, {Kind: ledger.Guarded}, {Kind: ledger.HardFloor}, {Kind: ledger.Guarded, AtMinor: -1}} {
			a := ledger.Account{Ref: t.ref("x", p.Name+"/detail"), Floor: f}
			if f == p.Floor {
				good.Open = append(good.Open, a)
				continue
			}
			c := t.change()
			c.Open = []ledger.Account{a}
			_, err := t.s.Commit(t.ctx, c)
			t.isError(err, ledger.Invalid, "invalid_floor")
		}
		require.Len(t, good.Open, 1)
		t.commit(good)
	}
}

func closeAccounts(t *trial) {
	day, a, bank := t.ref("acct_1", "pending/2026-03-01"), t.ref("acct_1", "available"), t.ref("house", "bank/main")
	t.fund(day, 100)
	t.open(account(a))
	ends := func(r ledger.Ref, c *ledger.Change) *ledger.Change {
		c.Close = []ledger.Ref{r}
		return c
	}
	t.refused(ends(day, t.change()), ledger.State, "account_not_empty")
	t.refused(ends(day, t.moves("available", day, a, 99)), ledger.State, "account_not_empty")
	t.refused(ends(t.ref("nobody", "available"), t.change()), ledger.NotFound, "account_not_found")
	held := t.moves("top-up", bank, a, 1)
	held.Holds = t.holdStep(ledger.PlaceHold, "h", a, 1).Holds
	t.commit(held)
	t.commit(t.moves("dispute", a, bank, 1))
	t.has(a, 0, 1)
	t.refused(ends(a, t.change()), ledger.State, "account_not_empty") // its hold is open
	last := t.get(day)
	t.commit(ends(day, t.moves("available", day, a, 100)))
	closed := t.get(day)
	require.True(t, closed.Closed)
	require.Equal(t, last.Version+1, closed.Version)
	require.EqualValues(t, 2, closed.Entries)

	t.refused(t.moves("charge", bank, day, 1), ledger.State, "account_closed")
	t.refused(t.moves("payment failed", day, bank, 1), ledger.State, "account_closed") // forced or not
	t.refused(t.holdStep(ledger.PlaceHold, "i", day, 1), ledger.State, "account_closed")
	t.refused(ends(day, t.change()), ledger.State, "account_closed")
	reopen := t.change()
	reopen.Open = []ledger.Account{account(day)}
	t.refused(reopen, ledger.State, "account_closed")
	c := t.moves("charge", bank, day, 1)
	_, err := t.s.Commit(t.ctx, c)
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, day, e.Account)

	t.view(func(v ledger.View) error {
		entries, err := v.Entries(day, ledger.Page{})
		require.NoError(t, err)
		require.Len(t, entries, 2, "the history of a closed account stays")
		all, err := v.AccountsOf(ledger.AccountQuery{Book: t.book, Owner: "acct_1"})
		require.NoError(t, err)
		require.Len(t, all, 2)
		open, err := v.AccountsOf(ledger.AccountQuery{Book: t.book, Owner: "acct_1", Open: true})
		require.NoError(t, err)
		require.Len(t, open, 1, "a closed account is still in the list of open ones")
		byPurpose, err := v.AccountsOf(ledger.AccountQuery{Book: t.book, Purpose: day.Purpose, Open: true})
		require.Empty(t, byPurpose)
		return err
	})
}

// closeRace posts into an account while another caller empties and closes it.
func closeRace(t *trial) {
	day, a, bank := t.ref("acct_1", "pending/2026-03-01"), t.ref("acct_1", "available"), t.ref("house", "bank/main")
	t.fund(day, 5)
	t.open(account(a))
	in := t.payWhileClosing(5, day, bank, func() error { return t.emptyAndClose(day, a) })
	t.has(day, 0, 0)
	t.has(a, in, 0)
}

// payWhileClosing pays cents into an account from many goroutines while one
// closes it. It returns how much got in, with what was there before. Who pays
// after the account was closed is refused.
func (t *trial) payWhileClosing(before int64, day, bank ledger.Ref, end func() error) int64 {
	t.Helper()
	const payers, each = 12, 4
	var in atomic.Int64
	in.Store(before)
	closed := make(chan struct{})
	errs := together(payers+1, func(i int) error {
		if i == payers/2 {
			defer close(closed)
			return again(end)
		}
		for n := range each + 1 {
			if n == each {
				<-closed
			}
			_, err := t.s.Commit(t.ctx, t.moves("charge", bank, day, 1))
			var e *ledger.Error
			switch {
			case errors.As(err, &e) && e.Code == "account_closed" && e.Account == day:
				return nil
			case err != nil:
				return err
			}
			in.Add(1)
		}
		return mixed("an entry got into an account after it was closed")
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	return in.Load()
}

// emptyAndClose moves what it saw in an account and ends it, in one change.
func (t *trial) emptyAndClose(day, to ledger.Ref) error {
	var left int64
	err := t.s.Read(t.ctx, func(v ledger.View) error {
		list, err := v.Accounts(day)
		if err == nil {
			left = list[0].Posted.Minor()
		}
		return err
	})
	if err != nil {
		return err
	}
	c := t.change()
	if left != 0 {
		c = t.moves("available", day, to, left)
	}
	c.Close = []ledger.Ref{day}
	_, err = t.s.Commit(t.ctx, c)
	return err
}
