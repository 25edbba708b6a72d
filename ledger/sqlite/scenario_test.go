package sqlite_test

import (
	"testing"

	"github.com/soukhq/souk/internal/scenario"
	"github.com/soukhq/souk/ledger"
)

// Every flow of the marketplace posts on SQLite what it posts in memory
// (promise 45).
func TestScenarios(t *testing.T) {
	scenario.RunAll(t, "../../connect/testdata", func(t *testing.T, _ scenario.Flow) ledger.Store { return open(t, file(t)) })
}
