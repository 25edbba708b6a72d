package sqlite_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/sqlstore/viewtest"
)

// The SQL in docs/operations.md does what is said there.
func TestOperations(t *testing.T) {
	path := file(t)
	viewtest.Fill(t, open(t, path))
	blocks := viewtest.SQL(t, "../../docs/operations.md", "## SQLite", "")
	require.Len(t, blocks, 1)
	db := pool(t, path, good)
	for _, query := range blocks[0] {
		rows := viewtest.Rows(t, db, query)
		if !strings.Contains(query, "'due'") { // the day is in the past
			require.Empty(t, rows, query)
		}
	}
	require.Equal(t, []string{"ok"}, viewtest.Rows(t, db, "pragma integrity_check"))
}
