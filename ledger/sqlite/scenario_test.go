package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/scenario"
	"github.com/soukhq/souk/ledger"
)

// Every flow of the marketplace posts on SQLite what it posts in memory
// (promise 45).
func TestScenarios(t *testing.T) {
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
				t.Parallel()
				scenario.Run(t, f, func(t *testing.T) ledger.Store { return open(t, file(t)) })
			})
		}
	}
}
