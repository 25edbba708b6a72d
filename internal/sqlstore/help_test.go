package sqlstore

import (
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/soukhq/souk/ledger"
)

// plainSQLite is a dialect with migrations of the test's own. That of
// ledger/sqlite is tested there, with all laws of a store.
type plainSQLite struct{ files fs.FS }

func (plainSQLite) Name() string         { return "sqlite" }
func (plainSQLite) SQL(q string) string  { return q }
func (plainSQLite) Step(q string) string { return q }
func (plainSQLite) BeginRead() string    { return "begin" }
func (plainSQLite) BeginWrite() string   { return "begin immediate" }
func (plainSQLite) JoinWrite() string {
	return "update souk_schema_migrations set version = version where version = 0"
}
func (plainSQLite) Using(index string) string { return " indexed by " + index }
func (plainSQLite) Merges() bool              { return true }
func (plainSQLite) Fault(error) Fault {
	return Fault{Class: ledger.Unavailable, Code: "database_error", Poison: true}
}
func (plainSQLite) InBooks() string {
	return "exists (select 1 from souk_entries e where e.tx = t.seq)"
}
func (plainSQLite) EntriesOf() string {
	return "souk_transactions t join souk_entries e on e.tx = t.seq"
}
func (plainSQLite) Lanes() string       { return "select 0, coalesce(max(number), 0) from souk_events" }
func (plainSQLite) Journal() string     { return "select 0, coalesce(max(seq), 0) from souk_transactions" }
func (plainSQLite) Written() string     { return "0" }
func (d plainSQLite) Migrations() fs.FS { return d.files }
func (plainSQLite) History() string {
	return `create table if not exists souk_schema_migrations
		(version integer primary key, name text, checksum text, applied_at text default current_timestamp) strict`
}
func (plainSQLite) HasHistory() string {
	return `select count(*) from sqlite_schema where name = 'souk_schema_migrations'`
}

// real has the schema of ledger/sqlite.
var real = plainSQLite{os.DirFS("../../ledger/sqlite/schema")}

// pool opens a new file.
func pool(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "books.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// store opens a store on a new file.
func store(t *testing.T) *Store {
	t.Helper()
	db := pool(t)
	require.NoError(t, Migrate(t.Context(), db, real))
	s := New(db, real, Options{Readers: 2, Wait: 10 * time.Second})
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// put is a change that puts a new object.
func put(id string) *ledger.Change {
	return &ledger.Change{
		ID: "change-" + id, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Put: []ledger.Object{{ID: ledger.ID{Kind: "thing", ID: id}, Data: []byte("{}")}},
	}
}

func requireCode(t *testing.T, err error, class ledger.Class, code string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{class, code}, []any{e.Class, e.Code}, "%v", err)
}
