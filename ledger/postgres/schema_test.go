package postgres_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/internal/sqlstore/viewtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// A tool of the host's makes the schema that Migrate makes, and either goes on
// from where the other was.
func TestAToolOfTheHostsMigrates(t *testing.T) {
	for _, name := range []string{"", "books", `What's my "souk_"?`} {
		files, err := postgres.Schema(name)
		require.NoError(t, err)
		list, err := fs.Glob(files, "*.sql")
		require.NoError(t, err)
		require.NoError(t, fstest.TestFS(files, list...))
		p := pool(t, pgtest.DSN(t))
		s, err := postgres.New(p, &postgres.Options{Schema: name})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		hasCode(t, s.CheckSchema(t.Context()), ledger.State, "schema_older")
		for i, file := range list {
			require.True(t, strings.HasPrefix(file, "000"+string(rune('1'+i))+"_"))
			text, err := fs.ReadFile(files, file)
			require.NoError(t, err)
			_, err = p.Exec(t.Context(), string(text))
			require.NoError(t, err, file)
			_, err = p.Exec(t.Context(), string(text))
			require.Error(t, err, "nothing is done twice")
			if i < len(list)-1 {
				hasCode(t, s.CheckSchema(t.Context()), ledger.State, "schema_older")
			}
		}
		require.NoError(t, s.CheckSchema(t.Context()))
		require.NoError(t, s.Migrate(t.Context(), connect.Kinds()...))
		viewtest.Fill(t, s)

		half := pool(t, pgtest.DSN(t))
		text, err := fs.ReadFile(files, list[0])
		require.NoError(t, err)
		_, err = half.Exec(t.Context(), string(text))
		require.NoError(t, err)
		other, err := postgres.New(half, &postgres.Options{Schema: name})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, other.Close()) })
		require.NoError(t, other.Migrate(t.Context()))
		require.NoError(t, other.CheckSchema(t.Context()))
	}
	_, err := postgres.Schema(strings.Repeat("x", 64))
	hasCode(t, err, ledger.Invalid, "invalid_options")
}

func hasCode(t *testing.T, err error, class ledger.Class, code string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{class, code}, []any{e.Class, e.Code}, "%v", err)
}
