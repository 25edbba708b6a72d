package storetest

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// written reads a feed to its end, so many rows at a time, and returns what is of the
// law's book, and where it began and ended.
func (t *trial) written(s ledger.Store, q ledger.WrittenQuery) (txs []ledger.Archived, events []ledger.Event, end ledger.Cursor) {
	t.Helper()
	require.NoError(t, s.Read(t.ctx, func(v ledger.View) error {
		for range 100_000 {
			w, err := v.Written(q)
			if err != nil {
				return err
			}
			for _, a := range w.Transactions {
				if a.Transaction.Book == t.book {
					txs = append(txs, a)
				}
			}
			for _, e := range w.Events {
				if e.Platform == t.book {
					events = append(events, e)
				}
			}
			q.After, end = w.Next, w.Next
			if len(w.Transactions)+len(w.Events) < q.Limit {
				return nil
			}
		}
		return errEndless
	}))
	return txs, events, end
}

// writtenOnce compares the journal with the entries of accounts.
func writtenOnce(t *trial) {
	bank, fees, a := t.ref("house", "bank/main"), t.ref("house", "processing_fees"), t.ref("acct_1", "available")
	t.open(account(bank), ledger.Account{Ref: fees, Shared: true}, account(a))
	_, _, start := t.written(t.s, ledger.WrittenQuery{Limit: ledger.MaxPage})
	_, _, told := t.written(t.s, ledger.WrittenQuery{Feed: ledger.EventFeed, Limit: ledger.MaxPage})
	want := map[string]ledger.Transaction{}
	for i := range 7 {
		t.clock.move(time.Second)
		c := t.say("a", int64(i), "x")
		for range i%2 + 1 {
			x := t.tx("charge", move(bank, -100), move(a, 90), move(fees, 10))
			x.Meta = map[string]string{"n": fmt.Sprint(i)}
			c.Post, want[x.ID] = append(c.Post, x), x
		}
		if i == 3 {
			c.Post[0].Effective = noon.Add(-time.Hour)
		}
		t.commit(c)
	}
	all, _, end := t.written(t.s, ledger.WrittenQuery{After: start, Limit: ledger.MaxPage})
	require.Len(t, all, len(want), "promise 62: every transaction once")
	d := t.dump(t.s)
	for _, x := range all {
		require.Equal(t, want[x.Transaction.ID].Meta, x.Transaction.Meta)
		require.Equal(t, d.Txs[x.Transaction.ID], x.Transaction)
		require.Len(t, x.Entries, 3)
		for _, e := range x.Entries {
			require.Contains(t, d.Entries[e.Account], e)
		}
		delete(want, x.Transaction.ID)
	}
	require.Empty(t, want)
	t.commit(t.moves("charge", bank, a, 5))
	_, events, toldEnd := t.written(t.s, ledger.WrittenQuery{Feed: ledger.EventFeed, After: told, Limit: ledger.MaxPage})
	require.ElementsMatch(t, t.feed(t.s, ledger.MaxPage), events)
	for _, limit := range []int{1, 2, 5, ledger.MaxPage} {
		part, _, same := t.written(t.second, ledger.WrittenQuery{After: start, To: end, Limit: limit})
		require.Equal(t, all, part, "between two cursors there is always the same, by %d", limit)
		require.Equal(t, end, same)
		_, again, same := t.written(t.second, ledger.WrittenQuery{Feed: ledger.EventFeed, After: told, To: toldEnd, Limit: limit})
		require.Equal(t, events, again)
		require.Equal(t, toldEnd, same)
	}
	t.view(func(v ledger.View) error {
		for _, q := range []ledger.WrittenQuery{{Feed: 2}, {After: "x"}, {To: "1.x"}, {Limit: ledger.MaxPage + 1}, {Limit: -1}} {
			_, err := v.Written(q)
			require.ErrorIs(t, err, ledger.Invalid, "%+v", q)
		}
		return nil
	})
}

// writtenUnderLoad follows the journal while many commit: what is committed late is
// not skipped, and nothing comes twice.
func writtenUnderLoad(t *trial) {
	const workers, each = 8, 12
	bank, fees := t.ref("house", "bank/main"), t.ref("house", "processing_fees")
	t.open(ledger.Account{Ref: bank, Shared: true}, ledger.Account{Ref: fees, Shared: true})
	_, _, start := t.written(t.s, ledger.WrittenQuery{Limit: ledger.MaxPage})
	var done atomic.Int64
	seen := map[string]int{}
	at := start
	errs := together(workers+1, func(i int) error {
		if i < workers {
			defer done.Add(1)
			s := t.s
			if i%2 == 1 {
				s = t.second
			}
			for range each {
				if err := again(func() error { _, err := s.Commit(t.ctx, t.moves("charge", bank, fees, 1)); return err }); err != nil {
					return err
				}
			}
			return nil
		}
		for last := false; ; last = done.Load() == workers {
			runtime.Gosched()
			n := 0
			err := t.s.Read(t.ctx, func(v ledger.View) error {
				w, err := v.Written(ledger.WrittenQuery{After: at, Limit: 5})
				if err != nil {
					return err
				}
				n, at = len(w.Transactions), w.Next
				for _, x := range w.Transactions {
					seen[x.Transaction.ID]++
				}
				return nil
			})
			if err != nil || last && n == 0 {
				return err
			}
		}
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	all, _, _ := t.written(t.s, ledger.WrittenQuery{After: start, To: at, Limit: ledger.MaxPage})
	require.Len(t, all, workers*each, "promise 63: what is sealed has all that was committed")
	for _, x := range all {
		require.Equal(t, 1, seen[x.Transaction.ID], "it was seen so often")
	}
}

// sealedChain seals what others write meanwhile, on both handles at once.
func sealedChain(t *trial) {
	bank, a := t.ref("house", "bank/main"), t.ref("acct_1", "available")
	t.open(account(bank), account(a))
	_, err := t.env.Update(t.ctx, t.s, ledger.StartSealing)
	require.NoError(t, err)
	for range 4 {
		t.clock.move(time.Hour)
		errs := together(4, func(i int) error {
			if i < 2 {
				return again(func() error { _, err := t.s.Commit(t.ctx, t.moves("charge", bank, a, 1)); return err })
			}
			s := t.s
			if i == 3 {
				s = t.second
			}
			return again(func() error {
				return t.env.Sealing(time.Minute).Do(t.ctx, s, ledger.Object{})
			})
		})
		for _, err := range errs {
			require.NoError(t, err)
		}
	}
	t.clock.move(time.Hour)
	require.NoError(t, t.env.Sealing(time.Minute).Do(t.ctx, t.s, ledger.Object{}))
	r, err := ledger.VerifySeals(t.ctx, t.second, ledger.SealCheck{})
	require.NoError(t, err)
	require.NoError(t, r.Err(), "promise 63")
	var last ledger.Seal
	t.view(func(v ledger.View) (err error) { last, err = ledger.LatestSeal(v); return err })
	require.Equal(t, last.Block, r.Blocks)
	rows, _, _ := t.written(t.s, ledger.WrittenQuery{After: last.Journal.To, Limit: ledger.MaxPage})
	require.Empty(t, rows, "promise 63: all of it is sealed")
}
