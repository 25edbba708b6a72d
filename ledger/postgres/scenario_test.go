package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/internal/scenario"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// Every flow of the marketplace posts on PostgreSQL what it posts in memory
// (promise 45). Each has a schema of its own, in one database.
func TestScenarios(t *testing.T) {
	t.Parallel()
	p := poolOf(t, pgtest.DSN(t), wide)
	scenario.RunAll(t, "../../connect/testdata", func(t *testing.T, f scenario.Flow) ledger.Store {
		s := openWith(t, p, postgres.Options{Schema: "flow " + f.Name})
		require.NoError(t, s.Migrate(t.Context()))
		return s
	})
}
