package sqlite_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

// shop is a host with a table of its own in the file of the books.
func shop(t *testing.T, settings string) (*sql.DB, *sqlite.Store) {
	t.Helper()
	path := file(t)
	db := pool(t, path, settings)
	require.NoError(t, sqlite.Migrate(t.Context(), db))
	_, err := db.Exec("create table orders (id text primary key) strict")
	require.NoError(t, err)
	s, err := sqlite.New(t.Context(), db)
	require.NoError(t, err)
	return db, s
}

func orders(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRow("select count(*) from orders").Scan(&n))
	return n
}

func requireFinal(t *testing.T, err error, class ledger.Class, code string) {
	t.Helper()
	requireCode(t, err, class, code)
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.True(t, e.Final, "%v", err)
}

// The host's row and the money are committed as one, or not at all, and the card
// is not touched before.
func TestTheOrderAndItsChargeAreOne(t *testing.T) {
	db, s := shop(t, good)
	m, err := connecttest.New(connecttest.Config{Config: connect.Config{Store: s}})
	require.NoError(t, err)
	ctx := t.Context()
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	require.NoError(t, err)
	ann, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	order := func(end func(*sql.Tx) error) *connect.Charge {
		t.Helper()
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		_, err = tx.Exec("insert into orders values ('order-1')")
		require.NoError(t, err)
		c, err := p.In(sqlite.Join(tx)).Charge(ctx, connect.ChargeRequest{
			Key: "order-1", Amount: ledger.Minor(100_00, ledger.USD), AccountID: ann.ID, Source: connect.TestCard,
		})
		require.NoError(t, err)
		require.Equal(t, connect.ChargeProcessing, c.Status)
		require.Zero(t, m.Acquirer.Taken(c.ID))
		require.NoError(t, end(tx))
		return c
	}
	c := order((*sql.Tx).Rollback)
	require.Zero(t, orders(t, db))
	_, err = p.GetCharge(ctx, c.ID)
	require.ErrorIs(t, err, ledger.NotFound)
	require.ErrorIs(t, p.Finish(ctx, c.ID), ledger.NotFound)
	require.Zero(t, m.Acquirer.Taken(c.ID))

	c = order((*sql.Tx).Commit)
	require.Equal(t, 1, orders(t, db))
	require.NoError(t, p.Finish(ctx, c.ID))
	require.Equal(t, 1, m.Acquirer.Taken(c.ID))
	got, err := p.GetCharge(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, got.Status)
	report, err := m.Verify(ctx)
	require.NoError(t, err)
	require.NoError(t, report.Err())
}

// What fails in a joined store undoes its own part and leaves the host's.
func TestAJoinedRefusalLeavesTheHostsPart(t *testing.T) {
	db, s := shop(t, good)
	_, err := db.Exec("create trigger poison before insert on souk_changes when new.id = 'chg_poison' begin select raise(abort, 'no'); end")
	require.NoError(t, err)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	in := sqlite.Join(tx)
	commit(t, in, topUp("1", 100))
	_, err = tx.Exec("insert into orders values ('order-1')")
	require.NoError(t, err)
	_, err = in.Commit(t.Context(), topUp("poison", 100)) // fails at its last statement
	requireFinal(t, err, ledger.Invalid, "constraint")
	_, err = in.Commit(t.Context(), topUp("1", 7))
	require.NoError(t, err, "the first, handed in again")
	short := topUp("2", -101)
	_, err = in.Commit(t.Context(), short)
	requireFinal(t, err, ledger.InsufficientFunds, "insufficient_funds")
	require.EqualValues(t, 100, balance(t, in))
	require.Zero(t, balance(t, s), "others see nothing of it yet")
	require.NoError(t, tx.Commit())
	require.Equal(t, 1, orders(t, db))
	require.EqualValues(t, 100, balance(t, s))
	addsUp(t, s)

	_, err = in.Commit(t.Context(), topUp("3", 1))
	requireFinal(t, err, ledger.Invalid, "transaction_ended")
	requireFinal(t, in.Read(t.Context(), func(v ledger.View) error {
		_, err := v.Accounts(seller)
		return err
	}), ledger.Invalid, "transaction_ended")
}

// A transaction that read first and finds that others have written since has
// lost a race: its host runs it again. Waiting would not help it.
func TestAJoinedTransactionThatReadFirst(t *testing.T) {
	db, s := shop(t, "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	commit(t, s, topUp("1", 100))
	for range 2 { // others have written, or are writing
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		in := sqlite.Join(tx)
		require.EqualValues(t, 100, balance(t, in))
		other, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		commit(t, sqlite.Join(other), topUp("other", 1))
		_, err = in.Commit(t.Context(), topUp("2", 100))
		requireFinal(t, err, ledger.Conflict, "busy")
		require.NoError(t, other.Rollback())
		require.NoError(t, tx.Rollback())
	}
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	in := sqlite.Join(tx)
	require.EqualValues(t, 100, balance(t, in))
	commit(t, s, topUp("2", 1))
	_, err = in.Commit(t.Context(), topUp("3", 100))
	requireFinal(t, err, ledger.Conflict, "busy")
	require.NoError(t, tx.Rollback())
	addsUp(t, s)
}
