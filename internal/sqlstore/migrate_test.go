package sqlstore

import (
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

func steps(texts ...string) plainSQLite {
	files := fstest.MapFS{}
	for i, text := range texts {
		files["000"+string(rune('1'+i))+"_step.sql"] = &fstest.MapFile{Data: []byte(text)}
	}
	return plainSQLite{files}
}

// Promise 43: a migration that fails leaves the schema as it was after the step
// before, and is run again; one that is there is not run again.
func TestMigrationsGoForward(t *testing.T) {
	db, ctx := pool(t), t.Context()
	one, two, broken := "create table a (n integer) strict; insert into a values (1);", "insert into a values (2);", "insert into a values (3); insert into nothing values (1);"
	rows := func() (n int) {
		t.Helper()
		require.NoError(t, db.QueryRow("select count(*) from a").Scan(&n))
		return n
	}
	requireCode(t, CheckSchema(ctx, db, steps(one)), ledger.State, "schema_older")
	require.NoError(t, Migrate(ctx, db, steps(one)))
	require.NoError(t, Migrate(ctx, db, steps(one)))
	require.Equal(t, 1, rows())
	requireCode(t, CheckSchema(ctx, db, steps(one, two)), ledger.State, "schema_older")

	require.Error(t, Migrate(ctx, db, steps(one, two, broken)))
	require.Equal(t, 2, rows(), "what a broken step had done is undone, and the one before it stays")
	require.NoError(t, CheckSchema(ctx, db, steps(one, two)))
	require.NoError(t, Migrate(ctx, db, steps(one, two, two)))
	require.Equal(t, 3, rows())

	requireCode(t, Migrate(ctx, db, steps(one, two)), ledger.State, "schema_newer")
	requireCode(t, CheckSchema(ctx, db, steps(one)), ledger.State, "schema_newer")
	requireCode(t, Migrate(ctx, db, steps(one, two+" ", two)), ledger.State, "schema_changed")
	requireCode(t, CheckSchema(ctx, db, steps(one+" ", two, two)), ledger.State, "schema_changed")
	require.Equal(t, 3, rows())
	_, err := db.Exec("delete from souk_schema_migrations where version = 2")
	require.NoError(t, err)
	requireCode(t, Migrate(ctx, db, steps(one, two, two)), ledger.State, "schema_changed")
	var applied string
	require.NoError(t, db.QueryRow("select applied_at from souk_schema_migrations").Scan(&applied))
	require.NotEmpty(t, applied)
}

func TestEachMigrationHappensOnce(t *testing.T) {
	db, ctx := pool(t), t.Context()
	d := steps("create table a (n integer) strict;", "insert into a values (1);", "insert into a values (2);")
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			require.NoError(t, Migrate(ctx, db, d))
		}()
	}
	group.Wait()
	var n int
	require.NoError(t, db.QueryRow("select count(*) from a").Scan(&n))
	require.Equal(t, 2, n)
}

func TestMigrationsAreNumbered(t *testing.T) {
	for _, name := range []string{"0002_first.sql", "first.sql", "0000_first.sql", "_.sql"} {
		d := plainSQLite{fstest.MapFS{name: &fstest.MapFile{}}}
		requireCode(t, Migrate(t.Context(), pool(t), d), ledger.State, "schema_unreadable")
		requireCode(t, CheckSchema(t.Context(), pool(t), d), ledger.State, "schema_unreadable")
	}
}
