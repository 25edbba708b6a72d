package postgres_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
	"github.com/soukhq/souk/ledger/storetest"
)

// trips counts round trips.
type trips struct{ n atomic.Int64 }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (*trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (*trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (*trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// counted opens a store whose round trips are counted.
func counted(t *testing.T, dsn string, o *postgres.Options) (*postgres.Store, *trips) {
	t.Helper()
	c, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	count := new(trips)
	c.ConnConfig.Tracer = count
	p, err := pgxpool.NewWithConfig(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	s, err := postgres.New(p, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, count
}

// A change that comes alone takes one round trip, if what it needs was seen
// lately; two, if not, and where the host wants that.
func TestAChangeAloneTakesOneRoundTrip(t *testing.T) {
	_, dsn := migrated(t)
	s, n := counted(t, dsn, nil)
	slow, of := counted(t, dsn, &postgres.Options{TwoSteps: true})
	took := func(s ledger.Store, n *trips, c *ledger.Change) int64 {
		before := n.n.Load()
		commit(t, s, c)
		return n.n.Load() - before
	}
	for _, id := range []string{"1", "2", "3", "4"} { // learns gates, accounts, statements
		commit(t, s, topUp(id, 10))
	}
	require.EqualValues(t, 1, took(s, n, topUp("5", 10)))
	require.EqualValues(t, 1, took(s, n, puts("p", map[ledger.ID]int64{{Kind: "thing", ID: "5"}: 1})), "of an object that it wrote")
	commit(t, slow, pay(available("acct_2"), "10", 10))
	require.EqualValues(t, 2, took(s, n, pay(available("acct_2"), "6", 10)), "to somebody whom it has not seen")
	require.EqualValues(t, 1, took(s, n, pay(available("acct_2"), "7", 10)))
	require.EqualValues(t, 1, took(s, n, topUp("8", 10)), "to somebody whom it knew before")
	for _, id := range []string{"11", "12", "13"} {
		commit(t, slow, topUp(id, 10))
	}
	require.EqualValues(t, 2, took(slow, of, topUp("14", 10)))
	require.EqualValues(t, 100, balance(t, s))
	addsUp(t, s)
}

// asUnit names the transaction of a change as units do.
func asUnit(c *ledger.Change) *ledger.Change {
	c.Post[0].ID = c.ID + ".1"
	return c
}

// Whatever another process has done meanwhile, a change that was planned on what
// was there before is judged by what is there.
func TestACommitChecksWhatItWasPlannedOn(t *testing.T) {
	thing := ledger.ID{Kind: "thing", ID: "1"}
	spend := func(id string, amountMinor int64) *ledger.Change {
		c := topUp(id, -amountMinor)
		c.ID = "chg_" + id + "_spend"
		return c
	}
	for name, c := range map[string]struct {
		other *ledger.Change // what the other process commits
		then  *ledger.Change
		class ledger.Class // 0: it goes through
		code  string
		left  int64
	}{
		"nothing":                    {nil, topUp("9", 5), 0, "", 55},
		"the balance has risen":      {topUp("o", 7), topUp("9", 5), 0, "", 62},
		"the balance was spent":      {spend("o", 45), spend("9", 45), ledger.InsufficientFunds, "insufficient_funds", 5},
		"an object has changed":      {puts("o", map[ledger.ID]int64{thing: 1}), puts("p", map[ledger.ID]int64{thing: 1}), ledger.Conflict, "changed", 50},
		"an object is there":         {puts("o", map[ledger.ID]int64{{Kind: "x", ID: "x"}: 0}), puts("p", map[ledger.ID]int64{{Kind: "x", ID: "x"}: 0}), ledger.Exists, "object_exists", 50},
		"the change was committed":   {topUp("9", 5), topUp("9", 5), 0, "", 55},
		"its key was used":           {topUp("9", 5), &ledger.Change{ID: "other", At: noon, Idem: key("9"), Put: topUp("9", 5).Put}, 0, "", 55},
		"its id is another change's": {&ledger.Change{ID: "chg_9", At: noon.Add(time.Second), Put: topUp("o", 5).Put}, topUp("9", 5), ledger.Exists, "change_exists", 50},
		"its id is one's without postings": {
			&ledger.Change{ID: "chg_9", At: noon.Add(time.Second), Put: topUp("o", 5).Put}, asUnit(topUp("9", 5)), ledger.Exists, "change_exists", 50},
		"its id is one's with postings": {
			asUnit(topUp("9", 5)), &ledger.Change{ID: "chg_9", At: noon.Add(time.Second), Put: topUp("o", 5).Put}, ledger.Exists, "change_exists", 55},
		"its transaction is there": {topUp("o", 5), func() *ledger.Change { c := topUp("9", 5); c.Post[0].ID = "tx_o"; return c }(), ledger.Exists, "transaction_exists", 55},
		"the account was closed": {
			func() *ledger.Change { c := spend("o", 50); c.Close = []ledger.Ref{seller}; return c }(),
			topUp("9", 5), ledger.State, "account_closed", 0},
		"what it expects has changed": {
			puts("o", map[ledger.ID]int64{thing: 1}),
			puts("p", map[ledger.ID]int64{{Kind: "x", ID: "x"}: 0}, ledger.Expectation{Object: thing, Version: 1}), ledger.Conflict, "changed", 50},
		"what it expects to be absent is there": {
			puts("o", map[ledger.ID]int64{{Kind: "lock", ID: "x"}: 0}),
			puts("p", map[ledger.ID]int64{{Kind: "x", ID: "x"}: 0}, ledger.Expectation{Object: ledger.ID{Kind: "lock", ID: "x"}}), ledger.Conflict, "changed", 50},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, dsn := migrated(t)
			s, n := counted(t, dsn, nil)
			for _, id := range []string{"1", "2", "3", "4", "5"} {
				commit(t, s, topUp(id, 10))
			}
			// What it will look at is a gate by now.
			commit(t, s, puts("g1", map[ledger.ID]int64{{Kind: "y", ID: "1"}: 0}, ledger.Expectation{Object: thing, Version: 1}))
			commit(t, s, puts("g2", map[ledger.ID]int64{{Kind: "y", ID: "2"}: 0}, ledger.Expectation{Object: ledger.ID{Kind: "lock", ID: "x"}}))
			commit(t, s, topUp("6", 10))
			commit(t, s, spend("7", 10))
			other, _ := counted(t, dsn, &postgres.Options{TwoSteps: true})
			if c.other != nil {
				commit(t, other, c.other)
			}
			before := n.n.Load()
			_, err := s.Commit(t.Context(), c.then)
			if c.other == nil {
				require.EqualValues(t, 1, n.n.Load()-before, "the short path was not taken")
			}
			if c.class == 0 {
				require.NoError(t, err)
			} else {
				requireCode(t, err, c.class, c.code)
			}
			require.Equal(t, c.left, balance(t, s))
			addsUp(t, s)
		})
	}
}

// The laws hold where no change goes alone.
func TestTheLawsAreKeptInTwoSteps(t *testing.T) {
	dsn := pgtest.DSN(t)
	s, err := postgres.New(pool(t, dsn), &postgres.Options{TwoSteps: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Migrate(t.Context()))
	storetest.Run(t, func(*testing.T) ledger.Store { return s })
}

// A charge reads nothing that its engine has seen: it is two commits, of two round
// trips each, or of one where nobody else is there.
func TestAChargeIsTwoCommits(t *testing.T) {
	for name, c := range map[string]struct {
		o     *postgres.Options
		trips int64
	}{"alone": {nil, 2}, "in two steps": {&postgres.Options{TwoSteps: true}, 4}} {
		t.Run(name, func(t *testing.T) {
			_, dsn := migrated(t)
			s, n := counted(t, dsn, c.o)
			engine, err := connect.New(connect.Config{Store: s})
			require.NoError(t, err)
			p, err := engine.Register(t.Context(), connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
			require.NoError(t, err)
			r := connecttest.Seller("US")
			r.Key = "seller"
			a, err := p.CreateAccount(t.Context(), r)
			require.NoError(t, err)
			var took int64
			for i := range 8 { // the first ones learn
				before := n.n.Load()
				ch, err := p.Charge(t.Context(), connect.ChargeRequest{
					Key: "order-" + strconv.Itoa(i), Amount: ledger.Minor(1000, ledger.USD), AccountID: a.ID,
					ApplicationFee: ledger.Minor(123, ledger.USD), Source: connect.TestCard,
				})
				require.NoError(t, err)
				require.Equal(t, connect.ChargeSucceeded, ch.Status)
				took = n.n.Load() - before
			}
			require.Equal(t, c.trips, took)
			addsUp(t, s)
		})
	}
}
