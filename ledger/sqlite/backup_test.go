package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// Promise 44: a copy that SQLite makes while others write is one moment of the
// books. They go on from it: keys are remembered, what was reversed stays so and
// the rest is reversed once, and cursors of the feed go on.
func TestABackupIsRestored(t *testing.T) {
	path, copied := file(t), filepath.Join(t.TempDir(), "copy.db")
	s := open(t, path)
	for i := range 10 {
		commit(t, s, keyed(fmt.Sprint("old-", i), fmt.Sprint("key-old-", i)))
	}
	commit(t, s, sale("sold"))
	commit(t, s, sale("given-back"))
	require.NoError(t, reverse(t, s, "tx_given-back"))
	cursor := lastCursor(t, s)

	w := write(t, s)
	before := w.acknowledged(t, 20)
	_, err := pool(t, path, good).Exec("vacuum into ?", copied)
	require.NoError(t, err)
	w.acknowledged(t, 20) // they were not held up for good
	w.stop()

	whole(t, copied)
	c := open(t, copied)
	has := kept(t, c)
	for i := range 10 {
		require.Contains(t, has, fmt.Sprint("old-", i))
	}
	for g, n := range before {
		for i := range n {
			require.Contains(t, has, fmt.Sprint(g, "-", i), "it was acknowledged before the copy began")
		}
	}
	require.Less(t, len(has), len(kept(t, s)))
	for id, data := range has {
		key := data[1 : len(data)-1]
		r := commit(t, c, keyed("again", key))
		require.True(t, r.ByKey)
		require.Equal(t, []ledger.ID{{Kind: "thing", ID: id}}, r.Made)
	}
	require.Len(t, has, 10+len(eventsAfter(t, c, cursor)))
	require.False(t, commit(t, c, keyed("new", "key-new")).Replayed)
	require.Len(t, has, 10+len(eventsAfter(t, c, cursor))-1)
	reversedOnce(t, c)
	reversedOnce(t, s) // the copy is another file
}

// sale is a change that pays another seller and makes nothing else.
func sale(id string) *ledger.Change {
	c := topUp(id, 100)
	other := seller
	other.Owner = "acct_2"
	c.Open[1].Ref, c.Post[0].Entries[1].Account = other, other
	c.Put, c.Emit = nil, nil
	return c
}

func reverse(t *testing.T, s ledger.Store, tx string) error {
	t.Helper()
	_, err := ledger.Update(t.Context(), s, func(u *ledger.Unit) error {
		_, err := u.Reverse(ledger.Reversal{Transaction: tx})
		return err
	})
	return err
}

// reversedOnce reverses the sale, many at once, and then what was reversed before.
func reversedOnce(t *testing.T, s ledger.Store) {
	t.Helper()
	const n = 4
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Add(1)
		go func() {
			defer group.Done()
			errs[i] = reverse(t, s, "tx_sold")
		}()
	}
	group.Wait()
	first := slices.Index(errs, nil)
	require.GreaterOrEqual(t, first, 0, "%v", errs)
	for _, err := range append(slices.Delete(errs, first, first+1), reverse(t, s, "tx_given-back")) {
		requireCode(t, err, ledger.State, "already_reversed")
	}
	addsUp(t, s)
}

// lastCursor returns the end of the feed.
func lastCursor(t *testing.T, s ledger.Store) (cursor ledger.Cursor) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) (err error) {
		_, cursor, err = v.Events("", "", ledger.MaxPage)
		return err
	}))
	return cursor
}

func eventsAfter(t *testing.T, s ledger.Store, cursor ledger.Cursor) (all []ledger.Event) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		for {
			list, next, err := v.Events(cursor, "", ledger.MaxPage)
			if err != nil || len(list) == 0 {
				return err
			}
			all, cursor = append(all, list...), next
		}
	}))
	return all
}

// writers commit changes until they are stopped. Of each, done counts how many
// were acknowledged.
type writers struct {
	done  [3]atomic.Int64
	quit  atomic.Bool // asked to, or one could not go on
	group sync.WaitGroup
	errs  [3]error
}

func write(t *testing.T, s ledger.Store) *writers {
	t.Helper()
	w := &writers{}
	for g := range w.done {
		w.group.Add(1)
		go func() {
			defer w.group.Done()
			for n := 0; !w.quit.Load(); n++ {
				if _, w.errs[g] = s.Commit(context.Background(), keyed(fmt.Sprint(g, "-", n), fmt.Sprint("key-", g, "-", n))); w.errs[g] != nil {
					w.quit.Store(true)
					return
				}
				w.done[g].Add(1)
			}
		}()
	}
	t.Cleanup(func() { w.stop(); require.NoError(t, errors.Join(w.errs[:]...)) })
	return w
}

// stop may be called twice.
func (w *writers) stop() {
	w.quit.Store(true)
	w.group.Wait()
}

// acknowledged waits until each writer has been told of more changes, and
// returns of how many in all.
func (w *writers) acknowledged(t *testing.T, more int64) (counts [3]int64) {
	t.Helper()
	for g := range w.done {
		for until := w.done[g].Load() + more; w.done[g].Load() < until; time.Sleep(100 * time.Microsecond) {
			require.False(t, w.quit.Load())
		}
	}
	for g := range w.done {
		counts[g] = w.done[g].Load()
	}
	return counts
}
