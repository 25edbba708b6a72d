package archivetest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// notClosed: what is wrong with a request is said before anything is written.
func notClosed(t *testing.T, b *Books) {
	w := newWorld(t, b)
	w.does(w.pay(seller(0), 100))
	ask := func(r ledger.ArchiveRequest, class ledger.Class, code, field string) {
		t.Helper()
		done, err := b.Store.Archive(t.Context(), r)
		hasCode(t, err, class, code, field)
		require.Equal(t, ledger.ArchiveResult{}, *done)
	}
	end := w.now.Add(time.Hour)
	ask(ledger.ArchiveRequest{Book: "", Before: end, To: &w.out}, ledger.Invalid, "invalid_account", "book")
	ask(ledger.ArchiveRequest{Book: "a:b", Before: end, To: &w.out}, ledger.Invalid, "invalid_account", "book")
	ask(ledger.ArchiveRequest{Book: book, To: &w.out}, ledger.Invalid, "invalid_period", "before")
	ask(ledger.ArchiveRequest{Book: book, Before: end}, ledger.Invalid, "missing_argument", "to")
	ask(ledger.ArchiveRequest{Book: book, Before: end, To: &w.out, Limit: -1}, ledger.Invalid, "invalid_limit", "limit")
	ask(ledger.ArchiveRequest{Book: book, Before: end, To: &w.out, Limit: 10_001}, ledger.Invalid, "invalid_limit", "limit")
	ask(ledger.ArchiveRequest{Book: book, Before: start, To: &w.out}, ledger.State, "period_open", "before")
	other := w.change(w.pay(seller(0), 100)) // of a book that stays
	other.Open, other.Post[0].Book = nil, "plat_2"
	for i := range other.Post[0].Entries {
		e := &other.Post[0].Entries[i]
		e.Account.Book = "plat_2"
		a := ledger.Account{Ref: e.Account}
		if e.Account.Purpose == "available" {
			a.Floor.Kind = ledger.Guarded
		}
		other.Open = append(other.Open, a)
	}
	w.Spread(t, other)
	was := w.books()
	until := w.closes()
	ask(ledger.ArchiveRequest{Book: book, Before: until.Add(time.Microsecond), To: &w.out}, ledger.State, "period_open", "before")
	ask(ledger.ArchiveRequest{Book: book, Before: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), To: &w.out}, ledger.State, "period_open", "before")
	ask(ledger.ArchiveRequest{Book: "plat_2", Before: until, To: &w.out}, ledger.State, "period_open", "before")
	require.Zero(t, w.out.Len())
	w.nothingIsLost(was)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Store.Archive(ended, ledger.ArchiveRequest{Book: book, Before: until, To: &w.out})
	hasCode(t, err, ledger.Unavailable, "canceled", "")
	require.Equal(t, ledger.ArchiveResult{}, *w.archives(start, 0), "nothing is older")
	require.Zero(t, w.out.Len())
	require.EqualValues(t, 1, w.archives(until, 0).Transactions)
	w.nothingIsLost(was)
	require.Len(t, w.books(), 1)
}

// many are more than one statement takes, of which one is wide.
func many(t *testing.T, b *Books) {
	w := newWorld(t, b)
	for i := range 150 {
		w.does(w.pay(seller(i%3), int64(100+i)))
	}
	wide := w.change(w.pay(seller(0), 100))
	for i := range 700 {
		r := ref("house", "bank/"+number(i))
		wide.Open = append(wide.Open, ledger.Account{Ref: r})
		amount := int64(i/2 + 1)
		if i%2 == 1 {
			amount = -amount
		}
		wide.Post[0].Entries = append(wide.Post[0].Entries, ledger.Entry{Account: r, Amount: ledger.Minor(amount, ledger.EUR)})
	}
	w.Spread(t, wide)
	was, until := w.books(), w.closes()
	ctx, cancel := context.WithCancel(t.Context())
	to := &cancelling{cancel: cancel, syncs: 2}
	done, err := b.Store.Archive(ctx, ledger.ArchiveRequest{Book: book, Before: until, To: to, Limit: 70})
	require.ErrorIs(t, err, ledger.Unavailable)
	require.EqualValues(t, 70, done.Transactions)
	w.out.Write(to.Bytes())
	w.addsUp()
	require.EqualValues(t, 81, w.archives(until, 0).Transactions)
	w.nothingIsLost(was)
	w.addsUp()
}

// closedStore: a store that was closed says so.
func closedStore(t *testing.T, b *Books) {
	w := newWorld(t, b)
	w.does(w.pay(seller(0), 100))
	until := w.closes()
	require.NoError(t, b.Store.(interface{ Close() error }).Close())
	_, err := b.Store.Archive(t.Context(), ledger.ArchiveRequest{Book: book, Before: until, To: &w.out})
	hasCode(t, err, ledger.Unavailable, "store_closed", "")
	require.Zero(t, w.out.Len())
}

// cutOff: a writer that fails at any byte, and a call that ends at any part,
// leaves books that add up, and the next call goes on (promises 35, 36 and 42).
func cutOff(t *testing.T, b *Books) {
	w := newWorld(t, b)
	for i := range 12 {
		w.does(w.pay(seller(i%3), int64(100+i)))
	}
	was, until := w.books(), w.closes()
	for left := 0; ; left += 400 {
		done, err := b.Store.Archive(t.Context(), ledger.ArchiveRequest{Book: book, Before: until, To: &torn{&w.out, left}, Limit: 2})
		w.addsUp()
		if err == nil {
			break
		}
		var both []string
		moved, _ := w.archive()
		for id := range w.books() {
			if _, ok := moved[id]; ok {
				both = append(both, id)
			}
		}
		require.LessOrEqual(t, len(both), 2)
		w.nothingIsLost(was, both...)
		hasCode(t, err, ledger.Unavailable, "archive_not_written", "to")
		require.LessOrEqual(t, done.Transactions, int64(left/400))
	}
	w.nothingIsLost(was)
	require.Empty(t, w.books())
}

// cancelling ends a context when it is synced for the n-th time, so that what was
// written is not deleted.
type cancelling struct {
	bytes.Buffer
	cancel context.CancelFunc
	syncs  int
	err    error
}

func (c *cancelling) Sync() error {
	if c.syncs--; c.syncs == 0 {
		c.cancel()
		return c.err
	}
	return nil
}

// linesTwice: between writing and deleting a crash leaves lines twice and loses
// nothing (promises 32 and 36); a sync that fails deletes nothing.
func linesTwice(t *testing.T, b *Books) {
	w := newWorld(t, b)
	for i := range 9 {
		w.does(w.pay(seller(i%2), int64(100+i)))
	}
	was, until := w.books(), w.closes()
	ctx, cancel := context.WithCancel(t.Context())
	to := &cancelling{cancel: cancel, syncs: 3}
	done, err := b.Store.Archive(ctx, ledger.ArchiveRequest{Book: book, Before: until, To: to, Limit: 2})
	require.ErrorIs(t, err, ledger.Unavailable)
	require.EqualValues(t, 4, done.Transactions)
	require.EqualValues(t, 12, done.Entries)
	w.out.Write(to.Bytes())
	w.out.WriteString(`{"id": "tx_00`)        // and the line that was being written
	held := bufio.NewWriter(&torn{&w.out, 0}) // which has taken it all, and holds it back
	done, err = b.Store.Archive(t.Context(), ledger.ArchiveRequest{Book: book, Before: until, To: held})
	hasCode(t, err, ledger.Unavailable, "archive_not_written", "to")
	require.Zero(t, done.Transactions)
	failing := &cancelling{cancel: func() {}, syncs: 1, err: errors.New("the disk is gone")}
	done, err = b.Store.Archive(t.Context(), ledger.ArchiveRequest{Book: book, Before: until, To: failing})
	hasCode(t, err, ledger.Unavailable, "archive_not_written", "to")
	require.Zero(t, done.Transactions)
	require.EqualValues(t, 5, w.archives(until, 2).Transactions)
	moved, lines := w.archive()
	require.Equal(t, []int{9, 11}, []int{len(moved), lines})
	w.nothingIsLost(was)
	w.addsUp()
}

// idsStay: what was moved is answered as a replay, its ids are taken, and it is
// reversed once or not at all (promises 10, 29 and 62).
func idsStay(t *testing.T, b *Books) {
	w := newWorld(t, b)
	first := w.change(w.pay(seller(0), 500))
	first.Open = append(first.Open, ledger.Account{Ref: seller(0), Floor: ledger.Floor{Kind: ledger.Guarded}})
	w.Spread(w, first)
	w.does(w.pay(seller(0), 300))
	e := ledger.Env{Now: func() time.Time { return w.now }}
	undo := func(id string) error {
		_, err := e.Update(t.Context(), b.Store, func(u *ledger.Unit) error {
			_, err := u.Reverse(ledger.Reversal{Transaction: id})
			return err
		})
		return err
	}
	w.now = w.now.Add(time.Second)
	require.NoError(t, undo("tx_00002"))
	until := w.closes()
	require.EqualValues(t, 3, w.archives(until, 1).Transactions)

	r, err := b.Store.Commit(t.Context(), first)
	require.NoError(t, err)
	require.True(t, r.Replayed)
	again := w.change(w.pay(seller(0), 2))
	again.Post[0].ID = "tx_00001"
	_, err = b.Store.Commit(t.Context(), again)
	require.ErrorIs(t, err, ledger.Exists)
	hasCode(t, undo("tx_00001"), ledger.State, "period_archived", "transaction")
	hasCode(t, undo("tx_00002"), ledger.State, "period_archived", "transaction")
	w.view(func(v ledger.View) error {
		list, err := v.Transactions("tx_00001", "tx_00003", "tx_00002")
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, []any{"tx_00001", "top-up", 0}, []any{list[0].ID, list[0].Reason, len(list[0].Entries)})
		return nil
	})
	// A preview knows of it, too, and goes on from what is carried forward.
	over := ledger.Overlay(b.Store)
	_, err = over.Commit(t.Context(), again)
	require.ErrorIs(t, err, ledger.Exists)
	_, err = over.Commit(t.Context(), w.change(w.pay(seller(0), 70)))
	require.NoError(t, err)
	report, err := ledger.Verify(t.Context(), over)
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Equal(t, []int64{3, 9}, []int64{report.Entries, report.Archived})
	w.addsUp()
}

// countsLater: what counts after the moment stops the move, and goes with the
// period in which it counts.
func countsLater(t *testing.T, b *Books) {
	w := newWorld(t, b)
	w.does(w.pay(seller(0), 100))
	later := w.pay(seller(1), 100)
	later.Effective = w.now.AddDate(0, 1, 0)
	w.does(later)
	w.does(w.pay(seller(2), 100))
	was, until := w.books(), w.closes()
	r := w.archives(until, 0)
	require.Equal(t, []any{int64(1), later.ID}, []any{r.Transactions, r.Stopped})
	w.nothingIsLost(was)
	w.addsUp()
	w.now = later.Effective
	r = w.archives(w.closes(), 1)
	require.Equal(t, []any{int64(2), ""}, []any{r.Transactions, r.Stopped})
	w.nothingIsLost(was)
	w.addsUp()
}

// fromTheBeginning: parts of one transaction at a time leave each account with
// what follows on what it carries forward.
func fromTheBeginning(t *testing.T, b *Books) {
	w := newWorld(t, b)
	for i := range 10 {
		tx := w.pay(seller(i%3), int64(100+i))
		if i%4 == 1 {
			tx.Effective = w.now.Add(-time.Hour) // counts before it was posted
		}
		w.does(tx)
	}
	was, until := w.books(), w.closes()
	for n := range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		to := &cancelling{cancel: cancel, syncs: 2}
		done, err := b.Store.Archive(ctx, ledger.ArchiveRequest{Book: book, Before: until, To: to, Limit: 1})
		if n < 9 {
			require.ErrorIs(t, err, ledger.Unavailable)
		}
		require.EqualValues(t, 1, done.Transactions)
		w.out.Write(to.Bytes())
		r := w.addsUp()
		require.Equal(t, []int64{30, int64(n+1) * 3}, []int64{r.Entries + r.Archived, r.Archived})
		if n < 9 { // it was written, too
			w.nothingIsLost(was, "tx_"+number(n+2))
		}
	}
}

// twoAtOnce: whoever moves the same at the same time, everything is moved once,
// though some lines may be written by both.
func twoAtOnce(t *testing.T, b *Books) {
	w := newWorld(t, b)
	for i := range 40 {
		w.does(w.pay(seller(i%3), int64(100+i)))
	}
	was, until := w.books(), w.closes()
	var outs [3]bytes.Buffer
	var results [3]*ledger.ArchiveResult
	var errs [3]error
	var wg sync.WaitGroup
	for i := range outs {
		wg.Go(func() {
			results[i], errs[i] = b.Store.Archive(context.Background(), ledger.ArchiveRequest{Book: book, Before: until, To: &outs[i], Limit: 2})
		})
	}
	wg.Wait()
	moved := int64(0)
	for i := range outs {
		if errs[i] != nil { // who always comes too late says so, and the others went on
			require.ErrorIs(t, errs[i], ledger.Conflict)
		}
		moved += results[i].Transactions
		w.out.Write(outs[i].Bytes())
	}
	moved += w.archives(until, 0).Transactions
	require.EqualValues(t, 40, moved)
	w.nothingIsLost(was)
	w.addsUp()
}
