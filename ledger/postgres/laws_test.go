package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
	"github.com/soukhq/souk/ledger/storetest"
)

// pool opens a pool as a host does.
func pool(t *testing.T, dsn string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// open makes a store on a pool, with the schema as it is.
func open(t *testing.T, p *pgxpool.Pool) *postgres.Store {
	t.Helper()
	s, err := postgres.New(p, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// migrated makes a store on a database of its own.
func migrated(t *testing.T) (*postgres.Store, string) {
	t.Helper()
	dsn := pgtest.DSN(t)
	s := open(t, pool(t, dsn))
	require.NoError(t, s.Migrate(t.Context()))
	require.NoError(t, s.CheckSchema(t.Context()))
	return s, dsn
}

func TestPostgresKeepsTheLaws(t *testing.T) {
	s, _ := migrated(t)
	storetest.Run(t, func(*testing.T) ledger.Store { return s })
}

// Two stores on one database are two processes.
func TestTwoStoresKeepTheLaws(t *testing.T) {
	s, dsn := migrated(t)
	second := open(t, pool(t, dsn))
	storetest.Suite{
		Open:   func(*testing.T) ledger.Store { return s },
		Second: func(*testing.T, ledger.Store) ledger.Store { return second },
	}.Run(t)
}

func TestAJoinedStoreKeepsTheLaws(t *testing.T) {
	s, dsn := migrated(t)
	p := pool(t, dsn)
	storetest.Run(t, func(t *testing.T) ledger.Store {
		tx, err := p.Begin(context.Background())
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, tx.Commit(context.Background())) })
		return s.Join(tx)
	})
}

func TestAStoreJoinedByDatabaseSQLKeepsTheLaws(t *testing.T) {
	s, dsn := migrated(t)
	db := stdlib.OpenDBFromPool(pool(t, dsn))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	storetest.Run(t, func(t *testing.T) ledger.Store {
		tx, err := db.BeginTx(context.Background(), nil)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, tx.Commit()) })
		return s.JoinSQL(tx)
	})
}
