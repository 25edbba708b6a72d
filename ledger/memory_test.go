package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/storetest"
)

func TestMemoryKeepsTheLaws(t *testing.T) {
	storetest.Run(t, func(*testing.T) ledger.Store { return ledger.NewMemory() })
}

// A View that is kept beyond its Read says so; it would show another moment.
func TestViewEndsWithItsRead(t *testing.T) {
	s := ledger.NewMemory()
	var kept ledger.View
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error { kept = v; return nil }))
	r := euros("acct_1", "available")
	_, err1 := kept.Accounts(r)
	_, err2 := kept.AccountsOf(ledger.AccountQuery{})
	_, err3 := kept.BalanceAt(r, noon)
	_, err4 := kept.Entries(r, ledger.Page{})
	_, err5 := kept.Transactions("tx")
	_, err6 := kept.Objects(ledger.ID{Kind: "k", ID: "i"})
	_, err7 := kept.Find(ledger.Query{Kind: "k", Name: "n"})
	_, _, err8 := kept.Events("", "", 1)
	for _, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8} {
		requireCode(t, err, ledger.Invalid, "view_ended")
	}
}

func TestMemoryIsForTests(t *testing.T) {
	for _, s := range []ledger.Store{ledger.NewMemory(), ledger.Overlay(ledger.NewMemory())} {
		require.NotEmpty(t, s.(ledger.TestOnly).TestOnly())
	}
}
