package postgres_test

import (
	"os"
	"path/filepath"
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
	p := poolOf(t, pgtest.DSN(t), wide)
	files, err := filepath.Glob("../../connect/testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		flows, err := scenario.Parse(name, string(text))
		require.NoError(t, err)
		for _, f := range flows {
			t.Run(f.Name, func(t *testing.T) {
				scenario.Run(t, f, func(t *testing.T) ledger.Store {
					s := openWith(t, p, postgres.Options{Schema: "flow " + f.Name})
					require.NoError(t, s.Migrate(t.Context()))
					return s
				})
			})
		}
	}
}
