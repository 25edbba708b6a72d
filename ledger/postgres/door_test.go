package postgres_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// Who takes all stripes has those too that were added while it waited for the door.
func TestWhoTakesAllStripesMissesNone(t *testing.T) {
	p, s := shop(t)
	ctx := context.Background()
	commit(t, s, topUp("1", 10))
	commit(t, s, topUp("2", -10)) // the bank is empty, and shared
	hosts := make([]pgx.Tx, 9)
	for i := range hosts {
		hosts[i] = begin(t, p)
		id := "h" + strconv.Itoa(i)
		commit(t, s.Join(hosts[i]), puts(id, map[ledger.ID]int64{{Kind: "thing", ID: id}: 0}))
	}
	taker := begin(t, p)
	closed := make(chan error, 1)
	go func() {
		_, err := s.Join(taker).Commit(ctx, &ledger.Change{ID: "close", At: noon, Close: []ledger.Ref{bank}})
		closed <- err
	}()
	for _, tx := range hosts[:8] {
		require.NoError(t, tx.Rollback(ctx))
	}
	waits(t, p, 1)
	require.NoError(t, hosts[8].Commit(ctx)) // who added a stripe
	require.NoError(t, <-closed)
	_, err := openWith(t, p, postgres.Options{Wait: 300 * time.Millisecond}).Commit(ctx, topUp("late", 10))
	require.Error(t, err, "it posted on a stripe that was not taken")
	require.NoError(t, taker.Commit(ctx))
	addsUp(t, s)
}

// A host's transaction that goes on seeing an older moment is refused: it would post
// into what others have closed since.
func TestAHostSeesWhatOthersHaveClosed(t *testing.T) {
	for _, level := range []pgx.TxIsoLevel{pgx.ReadUncommitted, pgx.ReadCommitted, pgx.RepeatableRead, pgx.Serializable} {
		t.Run(string(level), func(t *testing.T) {
			p, s := shop(t)
			ctx := t.Context()
			commit(t, s, topUp("1", 10))
			tx, err := p.BeginTx(ctx, pgx.TxOptions{IsoLevel: level})
			require.NoError(t, err)
			t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // it may have ended
			_, err = tx.Exec(ctx, "select count(*) from orders")
			require.NoError(t, err)
			env := ledger.Env{Now: func() time.Time { return noon.Add(48 * time.Hour) }}
			require.NoError(t, env.ClosePeriod(ctx, s, book, noon.Add(24*time.Hour)))
			c := topUp("2", 10)
			c.Post[0].Effective = noon
			_, err = s.Join(tx).Commit(ctx, c)
			if level == pgx.ReadCommitted || level == pgx.ReadUncommitted {
				requireCode(t, err, ledger.State, "period_closed")
			} else {
				requireCode(t, err, ledger.Invalid, "isolation_level")
			}
		})
	}
}

// Holds that changes look at are gates as other objects are: of two changes that each
// release one hold while the other stands, one goes through.
func TestHoldsAreGates(t *testing.T) {
	p, s := shop(t)
	ctx := context.Background()
	sellers := map[string]ledger.Ref{"x": available("acct_x"), "y": available("acct_y")}
	hold := func(id string) ledger.Expectation {
		return ledger.Expectation{Object: ledger.ID{Kind: ledger.HoldKind, ID: id}, Version: 1}
	}
	for id, r := range sellers {
		commit(t, s, pay(r, id, 10))
		commit(t, s, &ledger.Change{ID: "place" + id, At: noon,
			Holds: []ledger.HoldStep{{Op: ledger.PlaceHold, ID: id, Account: r, Amount: ledger.Minor(5, ledger.EUR)}}})
	}
	release := func(id, other string) *ledger.Change {
		return &ledger.Change{ID: "release" + id, At: noon, Expect: []ledger.Expectation{hold(other)},
			Holds: []ledger.HoldStep{{Op: ledger.ReleaseHold, ID: id, Account: sellers[id]}}}
	}
	commit(t, s, puts("look", map[ledger.ID]int64{{Kind: "thing", ID: "w"}: 0}, hold("x"))) // the gate is learnt
	tx := begin(t, p)
	commit(t, s.Join(tx), release("x", "y"))
	done := make(chan error, 1)
	go func() { _, err := open(t, p).Commit(ctx, release("y", "x")); done <- err }()
	waits(t, p, 1)
	require.NoError(t, tx.Commit(ctx))
	requireCode(t, <-done, ledger.Conflict, "changed")
}
