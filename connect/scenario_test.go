package connect_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/scenario"
	"github.com/soukhq/souk/ledger"
)

// TestScenarios runs every table under testdata. The tables are the authority
// on what each flow posts; docs/chart-of-accounts.md is generated from them.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		flows, err := scenario.Parse(file, string(text))
		require.NoError(t, err)
		for _, f := range flows {
			t.Run(f.Name, func(t *testing.T) {
				t.Parallel()
				scenario.Run(t, f, func(*testing.T) ledger.Store { return ledger.NewMemory() })
			})
		}
	}
}
