package storetest

import (
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// noLostUpdate counts in an object and in an expected account from many
// goroutines: every increment that was acknowledged is in the sum.
func noLostUpdate(t *trial) {
	id := t.id("counter", "1")
	c := t.change()
	c.Put = []ledger.Object{object(id, 0, "0")}
	t.commit(c)
	const workers, each = 8, 5
	errs := together(workers, func(int) error {
		for range each {
			if err := again(func() error { return t.increment(id) }); err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, workers, t.won(errs, ledger.Conflict))
	o := t.object(id)
	require.EqualValues(t, 1+workers*each, o.Version)
	require.Equal(t, data(workers*each), string(o.Data), "an update was lost")

	stale := t.change()
	stale.Put = []ledger.Object{object(id, o.Version-1, "0")}
	t.refused(stale, ledger.Conflict, "changed")
	stale.Put[0].Version = o.Version + 1
	t.refused(stale, ledger.Conflict, "changed")
}

// increment reads a number and puts the next one, as a caller with no lock does.
func (t *trial) increment(id ledger.ID) error {
	var o ledger.Object
	err := t.s.Read(t.ctx, func(v ledger.View) error {
		list, err := v.Objects(id)
		if err == nil {
			o = list[0]
		}
		return err
	})
	if err != nil {
		return err
	}
	c := t.change()
	c.Put = []ledger.Object{object(id, o.Version, data(number(o.Data)+1))}
	_, err = t.s.Commit(t.ctx, c)
	return err
}

func expectations(t *trial) {
	a, b, none := t.ref("acct_1", "available"), t.ref("acct_2", "available"), t.ref("none", "available")
	t.fund(a, 100)
	t.open(account(b))
	id := t.id("charge", "1")
	c := t.change()
	c.Put = []ledger.Object{object(id, 0, "{}")}
	t.commit(c)
	version := t.get(a).Version
	good := []ledger.Expectation{{Account: a, Version: version}, {Object: id, Version: 1}, {Account: none}, {Object: t.id("charge", "none")}}
	bad := []ledger.Expectation{
		{Account: a, Version: version - 1}, {Account: a, Version: version + 1}, {Account: a},
		{Account: none, Version: 1},
		{Object: id}, {Object: id, Version: 2}, {Object: t.id("charge", "none"), Version: 1},
	}
	for _, e := range bad {
		c := t.moves("transfer", a, b, 1)
		c.Expect = append([]ledger.Expectation{e}, good[2:]...)
		t.refused(c, ledger.Conflict, "changed")
	}
	c = t.moves("transfer", a, b, 1)
	c.Expect = good
	t.commit(c)
	for _, e := range []ledger.Expectation{{}, {Account: a, Object: id, Version: 1}} {
		c := t.moves("transfer", a, b, 1)
		c.Expect = []ledger.Expectation{e}
		t.refused(c, ledger.Invalid, "invalid_expectation")
	}
	c = t.moves("transfer", a, b, 1)
	c.Expect = good[:1]
	t.refused(c, ledger.Conflict, "changed") // an entry is a change of the account
	c.Expect = []ledger.Expectation{{Account: a, Version: t.get(a).Version}}
	h := t.change()
	h.Holds = []ledger.HoldStep{{Op: ledger.PlaceHold, ID: t.book + "h", Account: a, Amount: ledger.Minor(1, ledger.EUR)}}
	t.commit(h)
	t.refused(c, ledger.Conflict, "changed") // and so is a hold
}

// noWriteSkew lets two changes look at the same two things and write one each.
// Were both to happen, each would have decided on what the other changed.
func noWriteSkew(t *trial) {
	a, b, bank := t.ref("acct_1", "host_cash"), t.ref("acct_2", "host_cash"), t.ref("house", "bank/main")
	t.open(account(a), account(b), account(bank))
	t.commit(t.change(t.tx("top-up", move(bank, -100), move(a, 50), move(b, 50))))
	x, y := t.id("doctor", "x"), t.id("doctor", "y")
	c := t.change()
	c.Put = []ledger.Object{object(x, 0, "0"), object(y, 0, "0")}
	t.commit(c)
	for range 12 {
		vx, vy := t.object(x).Version, t.object(y).Version
		va, vb := t.get(a).Version, t.get(b).Version
		both := []ledger.Expectation{{Object: x, Version: vx}, {Object: y, Version: vy}}
		errs := together(2, func(i int) error {
			c := t.change()
			c.Expect = both
			c.Put = []ledger.Object{object([]ledger.ID{x, y}[i], []int64{vx, vy}[i], "1")}
			_, err := t.s.Commit(t.ctx, c)
			return err
		})
		require.LessOrEqual(t, t.won(errs, ledger.Conflict), 1, "promise 48: write skew on objects")
		errs = together(2, func(i int) error {
			from, to := []ledger.Ref{a, b}[i], []ledger.Ref{b, a}[i]
			c := t.moves("transfer", from, bank, 1)
			c.Expect = []ledger.Expectation{{Account: to, Version: []int64{vb, va}[i]}}
			_, err := t.s.Commit(t.ctx, c)
			return err
		})
		require.LessOrEqual(t, t.won(errs, ledger.Conflict), 1, "promise 48: write skew on accounts")
	}
}

// insertRace has many callers create the same thing at once.
func insertRace(t *trial) {
	const n = 12
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 1000)
	t.open(account(b))
	id, txID := t.id("charge", "1"), t.book+"tx"
	opened := t.ref("racer", "host_cash")
	races := []struct {
		what string
		of   func(i int) *ledger.Change
	}{
		{"object", func(int) *ledger.Change {
			c := t.change()
			c.Put = []ledger.Object{object(id, 0, "{}")}
			return c
		}},
		{"transaction", func(int) *ledger.Change {
			c := t.moves("transfer", a, b, 10)
			c.Post[0].ID = txID
			return c
		}},
		{"hold", func(int) *ledger.Change {
			c := t.change()
			c.Holds = []ledger.HoldStep{{Op: ledger.PlaceHold, ID: t.book + "h", Account: a, Amount: ledger.Minor(10, ledger.EUR)}}
			return c
		}},
		{"account on other terms", func(i int) *ledger.Change {
			c := t.change()
			c.Open = []ledger.Account{{Ref: opened, Floor: ledger.Floor{Kind: ledger.Guarded, AtMinor: int64(-i)}}}
			return c
		}},
	}
	for _, r := range races {
		errs := together(n, func(i int) error {
			_, err := t.s.Commit(t.ctx, r.of(i))
			return err
		})
		require.Equal(t, 1, t.won(errs, ledger.Exists), "how many created the same %s", r.what)
	}
	t.has(a, 990, 10)
	t.has(b, 10, 0)
	require.EqualValues(t, 1, t.object(id).Version)
	errs := together(n, func(int) error {
		c := t.change()
		c.Open = []ledger.Account{account(t.ref("same", "available"))}
		_, err := t.s.Commit(t.ctx, c)
		return err
	})
	require.Equal(t, n, t.won(errs, ledger.Exists), "opening on the same terms always succeeds")
}

// linearAccount pays into one account from many goroutines. Each receipt says
// where its entry stands; no two say the same, and a payment that began after
// another had been acknowledged stands behind it.
func linearAccount(t *trial) {
	a, bank := t.ref("acct_1", "available"), t.ref("house", "bank/main")
	t.open(account(a), account(bank))
	type span struct{ began, ended, number, balance int64 }
	var ticks atomic.Int64
	var mu sync.Mutex
	var spans []span
	const workers, each = 10, 6
	errs := together(workers, func(int) error {
		for range each {
			s := span{began: ticks.Add(1)}
			r, err := t.s.Commit(t.ctx, t.moves("top-up", bank, a, 1))
			if err != nil {
				return err
			}
			s.ended = ticks.Add(1)
			for _, b := range r.Balances {
				if b.Account == a {
					s.number, s.balance = b.Entries, b.Posted.Minor()
				}
			}
			mu.Lock()
			spans = append(spans, s)
			mu.Unlock()
		}
		return nil
	})
	require.Equal(t, workers, t.won(errs, ledger.Conflict))
	taken := map[int64]bool{}
	for _, s := range spans {
		require.Equal(t, s.number, s.balance, "a receipt tells number and balance of different moments")
		require.False(t, taken[s.number], "two receipts say that theirs was entry %d", s.number)
		taken[s.number] = true
		for _, o := range spans {
			if s.ended < o.began {
				require.Less(t, s.number, o.number, "promise 47: order of what did not overlap")
			}
		}
	}
	t.has(a, workers*each, 0)
}
