package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// sharedAccounts pays through two shared accounts from many goroutines: the
// sums are exact, every entry is listed once, and past balances add up too.
func sharedAccounts(t *trial) {
	in, fees := t.ref("house", "acquirer/test"), t.ref("house", "processing_fees")
	t.open(ledger.Account{Ref: in, Shared: true}, ledger.Account{Ref: fees, Shared: true})
	const workers, each = 8, 6
	errs := together(workers, func(i int) error {
		seller := t.ref("acct_"+data(int64(i)), "available")
		for range each {
			c := t.change(t.tx("charge", move(in, -100), move(seller, 97), move(fees, 3)))
			c.Open = []ledger.Account{account(seller)}
			if _, err := t.s.Commit(t.ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, workers, t.won(errs, ledger.Unknown))
	const n = workers * each
	t.has(in, -100*n, 0)
	t.has(fees, 3*n, 0)
	a := t.get(fees)
	require.True(t, a.Shared)
	require.EqualValues(t, n, a.Entries)
	t.view(func(v ledger.View) error {
		all, err := allEntries(v, fees, ledger.Page{})
		require.NoError(t, err)
		for _, desc := range []bool{false, true} {
			for _, by := range []ledger.TimeKind{ledger.ByPosting, ledger.ByEffective} {
				paged, err := allEntries(v, fees, ledger.Page{By: by, Desc: desc, Limit: 5})
				require.NoError(t, err)
				require.ElementsMatch(t, all, paged, "pages of a shared account lose or repeat entries")
			}
		}
		balance := int64(0)
		for i, e := range all {
			balance += e.Amount.Minor()
			if i+1 < len(all) && all[i+1].At.Equal(e.At) {
				continue // a balance is that after all entries of its moment
			}
			at, err := v.BalanceAt(fees, e.At)
			require.NoError(t, err)
			require.Equal(t, balance, at.Minor(), "balance of a shared account at %v", e.At)
		}
		return nil
	})
	before := t.moves("refund", t.ref("acct_1", "available"), in, 1)
	before.Expect = []ledger.Expectation{{Account: in, Version: t.get(in).Version}}
	t.refused(before, ledger.Invalid, "shared_account")
	t.refused(t.holdStep(ledger.PlaceHold, "h", fees, 1), ledger.Invalid, "shared_account")
	c := t.change()
	c.Open = []ledger.Account{{Ref: fees}}
	t.refused(c, ledger.Exists, "account_exists")
	t.expectedAbsent(in)
	// Nor is it absent while only one of its parts was ever written to.
	young := t.ref("house", "own")
	t.open(ledger.Account{Ref: young, Shared: true})
	t.expectedAbsent(young)
}

// expectedAbsent expects a shared account that is there not to exist, whichever
// part of it a change would touch.
func (t *trial) expectedAbsent(r ledger.Ref) {
	t.Helper()
	for range 8 {
		c := t.change()
		c.Expect = []ledger.Expectation{{Account: r}}
		c.Put = []ledger.Object{object(t.id("x", "1"), 0, "{}")}
		t.refused(c, ledger.Conflict, "changed")
	}
}

// sharedClose empties and closes a shared account while others pay into it.
// What it moves is exact, over all its parts.
func sharedClose(t *trial) {
	day, to, bank := t.ref("plat", "pending/2026-03-01"), t.ref("plat", "available"), t.ref("house", "bank/main")
	t.open(ledger.Account{Ref: day, Shared: true}, account(to), ledger.Account{Ref: bank, Shared: true})
	t.commit(t.moves("charge", bank, day, 3))
	c := t.change()
	c.Close = []ledger.Ref{day}
	t.refused(c, ledger.State, "account_not_empty")
	in := t.payWhileClosing(3, day, bank, func() error { return t.emptyAndClose(day, to) })
	t.has(day, 0, 0)
	t.has(to, in, 0)
	t.has(bank, -in, 0)
	require.True(t, t.get(day).Closed)
	for range 4 { // whichever part of it a change would touch
		t.refused(t.moves("charge", bank, day, 1), ledger.State, "account_closed")
	}
}
