package scenario

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// RunAll runs every flow in the files of a folder and of the folders in it, side by
// side, each on a store that open makes.
func RunAll(t *testing.T, folder string, open func(t *testing.T, f Flow) ledger.Store) {
	var files []string
	for _, pattern := range []string{"*.txt", "*/*.txt"} {
		list, err := filepath.Glob(filepath.Join(folder, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, list)
		files = append(files, list...)
	}
	seen := make(map[string]string)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		flows, err := Parse(name, string(text))
		require.NoError(t, err)
		for _, f := range flows {
			require.Empty(t, seen[f.Name], "two flows are called %s", f.Name)
			seen[f.Name] = name
			t.Run(f.Name, func(t *testing.T) {
				t.Parallel()
				Run(t, f, func(t *testing.T) ledger.Store { return open(t, f) })
			})
		}
	}
}
