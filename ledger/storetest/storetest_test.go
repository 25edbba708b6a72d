package storetest_test

import (
	"testing"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/storetest"
)

// Books that other laws have used are as good as new ones.
func TestSameBooks(t *testing.T) {
	s := ledger.NewMemory()
	storetest.Suite{Open: func(*testing.T) ledger.Store { return s }}.Run(t)
}
