package postgres_test

import (
	"hash/fnv"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/internal/scenario"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// Every flow of the marketplace posts on PostgreSQL what it posts in memory
// (promise 45). Each has a schema of its own, in one database. To make one costs more
// than all else, so that a quarter of them is run, and all with SOUK_LONG.
func TestScenarios(t *testing.T) {
	t.Parallel()
	p := poolOf(t, pgtest.DSN(t), wide)
	scenario.RunAll(t, "../../connect/testdata", func(t *testing.T, f scenario.Flow) ledger.Store {
		sum := fnv.New32a()
		_, _ = sum.Write([]byte(f.Name))
		if sum.Sum32()%4 != 0 && os.Getenv("SOUK_LONG") == "" {
			t.Skip("SOUK_LONG=1 runs it")
		}
		s := openWith(t, p, postgres.Options{Schema: "flow " + f.Name})
		require.NoError(t, s.Migrate(t.Context()))
		return s
	})
}
