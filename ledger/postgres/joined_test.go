package postgres_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// shop is a host with a table of its own in the database of the books.
func shop(t *testing.T) (*pgxpool.Pool, *postgres.Store) {
	t.Helper()
	p := poolOf(t, pgtest.DSN(t), wide)
	s := open(t, p)
	require.NoError(t, s.Migrate(t.Context()))
	execute(t, p, "create table orders (id text primary key)")
	openBank(t, s)
	return p, s
}

// openBank opens the account that everybody posts to: whoever opens it in a
// transaction of the host's keeps all others waiting who want to.
func openBank(t *testing.T, s ledger.Store) {
	t.Helper()
	commit(t, s, &ledger.Change{ID: "bank", At: noon, Open: []ledger.Account{{Ref: bank, Shared: true}}})
}

func begin(t *testing.T, p *pgxpool.Pool) pgx.Tx {
	t.Helper()
	tx, err := p.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // if the test did not end it
	return tx
}

func orders(t *testing.T, p *pgxpool.Pool) int {
	t.Helper()
	return count(t, p, "select count(*) from orders")
}

func requireFinal(t *testing.T, err error, class ledger.Class, code string) {
	t.Helper()
	requireCode(t, err, class, code)
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.True(t, e.Final, "%v", err)
}

// host is a transaction of a host's, by pgx or by database/sql.
type host struct {
	store         ledger.Store
	exec          func(query string) error
	commit, abort func() error
}

// hosts lists the ways to begin one.
func hosts(t *testing.T, p *pgxpool.Pool, s *postgres.Store) map[string]func() host {
	db := stdlib.OpenDBFromPool(p)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	ctx := context.Background()
	return map[string]func() host{
		"pgx": func() host {
			tx := begin(t, p)
			return host{s.Join(tx), func(q string) error { _, err := tx.Exec(ctx, q); return err },
				func() error { return tx.Commit(ctx) }, func() error { return tx.Rollback(ctx) }}
		},
		"database/sql": func() host {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			return host{s.JoinSQL(tx), func(q string) error { _, err := tx.Exec(q); return err }, tx.Commit, tx.Rollback}
		},
	}
}

// The host's row and the money are committed as one, or not at all, and the card
// is not touched before.
func TestTheOrderAndItsChargeAreOne(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	m, err := connecttest.New(connecttest.Config{Config: connect.Config{Store: s}})
	require.NoError(t, err)
	ctx := t.Context()
	platform, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	require.NoError(t, err)
	ann, err := platform.CreateAccount(ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	for name, start := range hosts(t, p, s) {
		order := func(h host) *connect.Charge {
			t.Helper()
			require.NoError(t, h.exec("insert into orders values ('"+name+"')"))
			c, err := platform.In(h.store).Charge(ctx, connect.ChargeRequest{
				Key: name, Amount: ledger.Minor(100_00, ledger.USD), AccountID: ann.ID, Source: connect.TestCard,
			})
			require.NoError(t, err)
			require.Equal(t, connect.ChargeProcessing, c.Status)
			require.Zero(t, m.Acquirer.Taken(c.ID))
			return c
		}
		before := orders(t, p)
		h := start()
		c := order(h)
		require.NoError(t, h.abort())
		require.Equal(t, before, orders(t, p))
		_, err = platform.GetCharge(ctx, c.ID)
		require.ErrorIs(t, err, ledger.NotFound)
		require.ErrorIs(t, platform.Finish(ctx, c.ID), ledger.NotFound)
		require.Zero(t, m.Acquirer.Taken(c.ID))

		h = start()
		c = order(h)
		require.NoError(t, h.commit())
		require.Equal(t, before+1, orders(t, p))
		require.NoError(t, platform.Finish(ctx, c.ID))
		require.Equal(t, 1, m.Acquirer.Taken(c.ID))
		got, err := platform.GetCharge(ctx, c.ID)
		require.NoError(t, err)
		require.Equal(t, connect.ChargeSucceeded, got.Status)
	}
	report, err := m.Verify(ctx)
	require.NoError(t, err)
	require.NoError(t, report.Err())
}

// What fails in a joined store undoes its own part and leaves the host's.
func TestAJoinedRefusalLeavesTheHostsPart(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	poison(t, p, "23514")
	for name, start := range hosts(t, p, s) {
		before := balance(t, s)
		h := start()
		in := h.store
		commit(t, in, topUp(name, 100))
		require.NoError(t, h.exec("insert into orders values ('"+name+"')"))
		_, err := in.Commit(t.Context(), topUp("poison", 100))
		requireFinal(t, err, ledger.Invalid, "constraint")
		require.True(t, commit(t, in, topUp(name, 7)).Replayed, "the first, handed in again")
		_, err = in.Commit(t.Context(), topUp("short", -1_000_000))
		requireFinal(t, err, ledger.InsufficientFunds, "insufficient_funds")
		require.EqualValues(t, before+100, balance(t, in))
		require.EqualValues(t, before, balance(t, s), "others see nothing of it yet")
		require.NoError(t, h.commit())
		require.EqualValues(t, before+100, balance(t, s))
		addsUp(t, s)

		_, err = in.Commit(t.Context(), topUp("3", 1))
		requireFinal(t, err, ledger.Invalid, "transaction_ended")
		requireFinal(t, in.Read(t.Context(), func(v ledger.View) error {
			_, err := v.Accounts(seller)
			return err
		}), ledger.Invalid, "transaction_ended")
	}
	require.Equal(t, 2, orders(t, p))
	whole(t, p)
}

// A host that goes back to a savepoint takes back what was committed to it since,
// also the stripe.
func TestAHostGoesBackToASavepoint(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	for name, start := range hosts(t, p, s) {
		h := start()
		require.NoError(t, h.exec("savepoint mine"))
		commit(t, h.store, topUp(name+"-gone", 1))
		require.NoError(t, h.exec("rollback to savepoint mine"))
		commit(t, h.store, topUp(name, 1))
		require.NoError(t, h.commit())
	}
	require.EqualValues(t, 2, balance(t, s))
	require.Equal(t, 2, whole(t, p))
	addsUp(t, s)
}

// A host that keeps the account of a seller locked keeps only changes of that
// seller waiting, whatever was handed in before and with them.
func TestAHostKeepsOneSellerWaiting(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	commit(t, s, topUp("first", 1))
	tx := begin(t, p)
	commit(t, s.Join(tx), topUp("host", 1))
	const behind = 10
	waiting := make(chan error, behind)
	for i := range behind {
		go func() {
			_, err := s.Commit(context.Background(), topUp(fmt.Sprint("behind", i), 1))
			waiting <- err
		}()
	}
	waits(t, p, 1)
	var others sync.WaitGroup
	for i := range 8 {
		others.Add(1)
		go func() {
			defer others.Done()
			for n := range 5 {
				_, err := s.Commit(context.Background(), pay(available(fmt.Sprint("acct_other", i)), fmt.Sprint("other", i, "-", n), 1))
				require.NoError(t, err)
			}
		}()
	}
	others.Wait() // the host's transaction is open still
	require.Empty(t, waiting, "what waits for the host's end")
	require.EqualValues(t, 1, balance(t, s))
	require.NoError(t, tx.Commit(t.Context()))
	for range behind {
		require.NoError(t, <-waiting)
	}
	require.EqualValues(t, 2+behind, balance(t, s))
	require.Equal(t, 2+behind+40, whole(t, p))
	addsUp(t, s)
}

// Two hosts that lock two sellers in opposite orders: one of them is told to run
// its transaction again, and does not take the other with it.
func TestTwoHostsMeetCrosswise(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	one, two := available("acct_1"), available("acct_2")
	commit(t, s, pay(one, "1", 1))
	commit(t, s, pay(two, "2", 1))
	first, second := begin(t, p), begin(t, p)
	in, other := s.Join(first), s.Join(second)
	commit(t, in, pay(one, "3", 1))
	commit(t, other, pay(two, "4", 1))
	done := make(chan error)
	go func() {
		_, err := in.Commit(context.Background(), pay(two, "5", 1))
		done <- err
	}()
	waits(t, p, 1)
	_, err := other.Commit(t.Context(), pay(one, "6", 1))
	lost, won := err, <-done
	if lost == nil {
		first, second, lost, won = second, first, won, lost
	}
	requireFinal(t, lost, ledger.Conflict, "deadlock")
	require.NoError(t, won)
	require.Error(t, second.Commit(t.Context()), "the database has ended it")
	require.NoError(t, first.Commit(t.Context()))
	require.Equal(t, 4, whole(t, p))
	addsUp(t, s)
}

// Promise 57: an event of a transaction that commits late comes late, and is not
// skipped by who has read on meanwhile.
func TestTheFeedWaitsForALateTransaction(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	late, later := begin(t, p), begin(t, p)
	commit(t, s.Join(late), pay(available("acct_late"), "late", 1))
	commit(t, s.Join(later), pay(available("acct_later"), "later", 1))
	for i := range 20 {
		commit(t, s, topUp(fmt.Sprint(i), 1))
	}
	list, at := events(t, s, "", 100)
	require.Len(t, list, 20)
	for _, tx := range []pgx.Tx{later, late} {
		require.NoError(t, tx.Commit(t.Context()))
		list, at = events(t, s, at, 100)
		require.Len(t, list, 1)
	}
	require.Equal(t, "late", list[0].Object.ID)
	list, _ = events(t, s, at, 100)
	require.Empty(t, list)
}

// Promise 57, under load: hosts whose transactions overlap and end in any order,
// commits beside them, and one who follows with small pages.
func TestTheFeedSkipsNothing(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	const workers, each = 12, 12
	var group sync.WaitGroup
	for w := range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			draw := rand.New(rand.NewPCG(1, uint64(w)))
			for i := range each {
				id := fmt.Sprint("w", w, "-", i)
				if w%3 == 0 {
					_, err := s.Commit(context.Background(), pay(available("acct_"+id), id, 1))
					require.NoError(t, err)
					continue
				}
				require.NoError(t, pgx.BeginFunc(context.Background(), p, func(tx pgx.Tx) error {
					_, err := s.Join(tx).Commit(context.Background(), pay(available("acct_"+id), id, 1))
					for range draw.IntN(20) { // the host has other work
						if err == nil {
							_, err = tx.Exec(context.Background(), "select 1")
						}
					}
					return err
				}))
			}
		}()
	}
	over := make(chan struct{})
	go func() { group.Wait(); close(over) }()
	seen, at := make(map[string]int), ledger.Cursor("")
	for last := false; ; {
		list, next := events(t, s, at, 7)
		for _, e := range list {
			seen[e.Object.ID]++
		}
		if at = next; len(list) == 0 {
			if last {
				break
			}
			select {
			case <-over:
				last = true
			default:
			}
		}
	}
	require.Len(t, seen, workers*each)
	require.Equal(t, feed(t, s), seen)
	require.Equal(t, []int{1}, slices.Compact(slices.Collect(maps.Values(seen))), "once each")
	require.Equal(t, workers*each, whole(t, p))
	addsUp(t, s)
}

// More hosts at once than there are stripes add some. All of them commit, and the
// feed has every event.
func TestMoreHostsThanStripes(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	before := count(t, p, "select count(*) from souk.stripes")
	const n = 20
	var open []pgx.Tx
	for i := range n {
		tx := begin(t, p)
		commit(t, s.Join(tx), pay(available(fmt.Sprint("acct_", i)), fmt.Sprint("joined", i), 1))
		open = append(open, tx)
	}
	commit(t, s, pay(available("acct_beside"), "beside", 1))
	_, at := events(t, s, "", 100)
	draw := rand.New(rand.NewPCG(2, 2))
	draw.Shuffle(n, func(i, j int) { open[i], open[j] = open[j], open[i] })
	for _, tx := range open {
		require.NoError(t, tx.Commit(t.Context()))
	}
	list, _ := events(t, s, at, 100)
	require.Len(t, list, n)
	require.Greater(t, count(t, p, "select count(*) from souk.stripes"), before)
	require.Len(t, feed(t, s), n+1)
	require.Equal(t, n+1, whole(t, p))
	require.EqualValues(t, -n-1, balanceOf(t, s, bank))
	addsUp(t, s)
}

// What somebody else holds locked is there: a key is answered as a replay, also
// where the request could not be made again, and nobody decides on an account
// that it did not exist (promises 21, 48).
func TestWhatIsHeldIsNotAbsent(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	commit(t, s, topUp("1", 1))
	spent := topUp("2", -1)
	commit(t, s, spent)
	tx := begin(t, p)
	_, err := tx.Exec(t.Context(), "select 1 from souk.objects for no key update")
	require.NoError(t, err)
	alone := &ledger.Change{ID: "chg_3", At: noon, Idem: spent.Idem}
	require.True(t, commit(t, s, alone).Replayed)
	again := topUp("4", -1)
	again.Idem = spent.Idem
	require.True(t, commit(t, s, again).Replayed, "the money is spent, by the first")
	other := topUp("5", -1)
	other.Idem = ledger.Idem{Scope: book, Key: spent.Idem.Key}
	_, err = s.Commit(t.Context(), other)
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")
	require.NoError(t, tx.Rollback(t.Context()))

	tx = begin(t, p)
	_, err = tx.Exec(t.Context(), "select 1 from souk.accounts where owner = $1 for no key update", seller.Owner)
	require.NoError(t, err)
	c := pay(available("acct_2"), "6", 1)
	c.Expect = []ledger.Expectation{{Account: seller}}
	done := make(chan error)
	go func() {
		_, err := s.Commit(context.Background(), c)
		done <- err
	}()
	waits(t, p, 1)
	require.NoError(t, tx.Rollback(t.Context()))
	require.ErrorIs(t, <-done, ledger.Conflict)
	require.Equal(t, 2, whole(t, p))
	addsUp(t, s)
}

// between is a transaction of a host's in which something happens before a query.
type between struct {
	pgx.Tx
	before func(query string)
}

func (b between) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	b.before(query)
	return b.Tx.Query(ctx, query, args...)
}

// A host that follows the feed in a transaction of its own gets each event once,
// also those that come while a page is read (promise 57).
func TestAHostFollowsTheFeed(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	came := ""
	tx := between{begin(t, p), func(query string) {
		if came != "" && strings.Contains(query, "events where") {
			commit(t, s, topUp(came, 1))
			came = ""
		}
	}}
	in, at := s.Join(tx), ledger.Cursor("")
	seen := make(map[string]int)
	for i := range 4 {
		if i < 3 {
			commit(t, s, topUp(fmt.Sprint("before", i), 1))
			came = fmt.Sprint("while", i)
		}
		list, next := events(t, in, at, 10)
		for _, e := range list {
			seen[e.Object.ID]++
		}
		at = next
	}
	require.Empty(t, came)
	require.Equal(t, feed(t, s), seen)
	require.Len(t, seen, 6)
}
