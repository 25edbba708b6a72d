package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
	"github.com/soukhq/souk/ledger/storetest"
)

// open opens a file of books and closes it with the test.
func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "books.db") }

const good = "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"

// pool opens a file as a host does.
func pool(t *testing.T, path, settings string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path+settings)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func migrated(t *testing.T, path string) *sql.DB {
	t.Helper()
	db := pool(t, path, good)
	require.NoError(t, sqlite.Migrate(t.Context(), db))
	return db
}

func TestSQLiteKeepsTheLaws(t *testing.T) {
	storetest.Run(t, func(t *testing.T) ledger.Store { return open(t, file(t)) })
}

// Two handles on one file are two processes to SQLite, but for the memory that
// they share.
func TestTwoHandlesKeepTheLaws(t *testing.T) {
	var path string // of the law that runs: they take turns
	storetest.Suite{
		Open:   func(t *testing.T) ledger.Store { path = file(t); return open(t, path) },
		Second: func(t *testing.T, _ ledger.Store) ledger.Store { return open(t, path) },
	}.Run(t)
}

// A pool of the host's with one connection is enough: nothing needs two
// (promise 41).
func TestAPoolOfTheHostKeepsTheLaws(t *testing.T) {
	storetest.Run(t, func(t *testing.T) ledger.Store {
		db := migrated(t, file(t))
		db.SetMaxOpenConns(1)
		s, err := sqlite.New(t.Context(), db)
		require.NoError(t, err)
		return s
	})
}

func TestAJoinedStoreKeepsTheLaws(t *testing.T) {
	storetest.Run(t, func(t *testing.T) ledger.Store {
		tx, err := migrated(t, file(t)).BeginTx(context.Background(), nil)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, tx.Commit()) })
		return sqlite.Join(tx)
	})
}
