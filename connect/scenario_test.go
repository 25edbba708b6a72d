package connect_test

import (
	"testing"

	"github.com/soukhq/souk/internal/scenario"
	"github.com/soukhq/souk/ledger"
)

// TestScenarios runs every table under testdata. The tables are the authority
// on what each flow posts; docs/chart-of-accounts.md is generated from them. Those
// in matrix are each shape of charges with each thing that can happen to it, in
// currencies of no, two and three minor digits, and in one that settles in another;
// they say nothing new, and are not in the chart.
func TestScenarios(t *testing.T) {
	scenario.RunAll(t, "testdata", func(*testing.T, scenario.Flow) ledger.Store { return ledger.NewMemory() })
}
