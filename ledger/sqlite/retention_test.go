package sqlite_test

import (
	"database/sql"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/sqlstore/archivetest"
	"github.com/soukhq/souk/internal/sqlstore/viewtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

func TestArchives(t *testing.T) {
	archivetest.Suite(func(t *testing.T) *archivetest.Books {
		path := file(t)
		s := open(t, path)
		db := pool(t, path, good)
		return &archivetest.Books{
			Store: s, DB: db, Prefix: "souk_",
			Spread: func(t testing.TB, c *ledger.Change) {
				_, err := s.Commit(t.Context(), c)
				require.NoError(t, err)
			},
			Rows:    func(t testing.TB, query string) []string { return viewtest.Rows(t, db, query) },
			Compare: func(t *testing.T) { viewtest.Compare(t, s, db, "souk_") },
			Join:    func(tx *sql.Tx) ledger.Store { return sqlite.Join(tx) },
			Disarm:  disarm(db),
		}
	}).Run(t)
}

// It takes one connection at a time (promise 41).
func TestArchiveTakesOneConnection(t *testing.T) {
	db := migrated(t, file(t))
	db.SetMaxOpenConns(1)
	s, err := sqlite.New(t.Context(), db)
	require.NoError(t, err)
	for _, id := range []string{"a", "b", "c"} {
		commit(t, s, topUp(id, 5))
	}
	until := noon.Add(time.Hour)
	e := ledger.Env{Now: func() time.Time { return until }}
	require.NoError(t, e.ClosePeriod(t.Context(), s, book, until))
	r, err := s.Archive(t.Context(), ledger.ArchiveRequest{Book: book, Before: until, To: io.Discard, Limit: 1})
	require.NoError(t, err)
	require.EqualValues(t, 3, r.Transactions)
	addsUp(t, s)
	r, err = (*sqlite.Store)(nil).Archive(t.Context(), ledger.ArchiveRequest{})
	requireCode(t, err, ledger.Invalid, "missing_argument")
	require.Zero(t, *r)
}

// disarm drops every trigger.
func disarm(db *sql.DB) func(t testing.TB) {
	return func(t testing.TB) {
		t.Helper()
		rows, err := db.QueryContext(t.Context(), `select name from sqlite_schema where type = 'trigger'`)
		require.NoError(t, err)
		var names []string
		for rows.Next() {
			var name string
			require.NoError(t, rows.Scan(&name))
			names = append(names, name)
		}
		require.NoError(t, rows.Err())
		require.NotEmpty(t, names)
		for _, name := range names {
			_, err := db.ExecContext(t.Context(), `drop trigger `+name)
			require.NoError(t, err)
		}
	}
}

// Nobody deletes an entry but between the rows that let it, and no part of a
// transaction (promise 62).
func TestEntriesAreGuarded(t *testing.T) {
	path := file(t)
	s := open(t, path)
	for _, id := range []string{"a", "b", "c"} {
		commit(t, s, topUp(id, 5))
	}
	e := ledger.Env{Now: func() time.Time { return noon.Add(time.Hour) }}
	require.NoError(t, e.ClosePeriod(t.Context(), s, book, noon.Add(time.Hour)))
	db := pool(t, path, good)
	const (
		mark    = `insert into souk_archiving (tx) values (1);`
		carry   = `insert into souk_carried select account, posted_at, tx, posted_at, tx, number, balance from souk_entries where tx = 1;`
		forget  = `delete from souk_entries where tx = 1;`
		part    = `delete from souk_entries where tx = 1 and position = 0;`
		unmark  = `delete from souk_archiving;`
		further = `delete from souk_entries where tx = 2;`
	)
	for script, want := range map[string]string{
		forget:                       "never deleted",
		mark + forget:                "never deleted",
		carry + forget:               "never deleted",
		mark + carry + further:       "never deleted",
		mark + carry + part + unmark: "with all its entries",
		mark + carry + unmark:        "with all its entries",
		mark + `update souk_archiving set tx = 2;`: "deleted when its entries are",
		mark + carry + forget + unmark:             "",
	} {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		t.Cleanup(func() { _ = tx.Rollback() }) // it may have ended
		_, err = tx.ExecContext(t.Context(), script)
		if want != "" {
			require.ErrorContains(t, err, want, script)
		} else {
			require.NoError(t, err, script)
		}
		require.NoError(t, tx.Rollback())
	}
	addsUp(t, s)
}
