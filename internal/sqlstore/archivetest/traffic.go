package archivetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// traffic: callers post while their book is closed and archived, again and again.
// In the end the archive and the books have what was acknowledged, once (promises
// 32, 35 and 47).
func traffic(t *testing.T, b *Books) {
	w := newWorld(t, b)
	w.does(w.pay(seller(0), 100))
	const callers, rounds, each = 4, 5, 15
	var clock, posted atomic.Int64
	now := func() time.Time { return start.Add(time.Hour + time.Duration(clock.Add(1))*time.Second) }
	stop, done := make(chan struct{}), make(chan error)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for err := error(nil); err == nil; {
				n := posted.Add(1)
				_, err = b.Store.Commit(context.Background(), busy(int(n), now()))
				select {
				case done <- err:
				case <-stop:
					return
				}
			}
		})
	}
	for range rounds {
		until := start.Add(time.Hour + time.Duration(clock.Load())*time.Second)
		for range each {
			require.NoError(t, <-done)
		}
		w.now = until
		w.closesAt(until)
		w.archives(until, 3)
		w.addsUp()
	}
	close(stop)
	wg.Wait()
	w.addsUp()
	moved, _ := w.archive()
	left := w.books()
	require.EqualValues(t, posted.Load()+1, len(moved)+len(left))
	require.Greater(t, len(moved), each*(rounds-2))
	sum := int64(0)
	for _, all := range []map[string]ledger.Archived{moved, left} {
		for _, a := range all {
			require.NoError(t, a.Check())
			sum += a.Transaction.Entries[0].Amount.Minor()
		}
	}
	w.view(func(v ledger.View) error {
		list, err := v.Accounts(bank)
		require.Equal(t, sum, list[0].Posted.Minor())
		return err
	})
}

// busy is a payment of one of many callers.
func busy(n int, at time.Time) *ledger.Change {
	to := seller(n % 5)
	return &ledger.Change{ID: "chg_busy" + number(n), At: at, Open: []ledger.Account{{Ref: to, Floor: ledger.Floor{Kind: ledger.Guarded}}},
		Post: []ledger.Transaction{{ID: "tx_busy" + number(n), Book: book, Reason: "top-up", Entries: []ledger.Entry{
			{Account: bank, Amount: ledger.Minor(-int64(n+2), ledger.EUR)}, {Account: to, Amount: ledger.Minor(int64(n+2), ledger.EUR)}}}}}
}
