package sqlite_test

import (
	"database/sql"
	"testing"

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
