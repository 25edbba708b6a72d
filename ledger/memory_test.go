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
	r := euros("acct_1", "available")
	over := ledger.Overlay(ledger.NewMemory())
	funded(t, newClock().env(), over, r, 100)
	for _, s := range []ledger.Store{ledger.NewMemory(), over} {
		requireViewEnds(t, s, r)
	}
}

func requireViewEnds(t *testing.T, s ledger.Store, r ledger.Ref) {
	t.Helper()
	var kept ledger.View
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error { kept = v; return nil }))
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

// requireField checks that an error is Invalid and names the field at fault.
func requireField(t testing.TB, err error, code, field string) {
	t.Helper()
	requireCode(t, err, ledger.Invalid, code)
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, field, e.Field, "%v", err)
}

// What is left out by mistake is an error that says what is missing, not a
// panic.
func TestNothingWhereSomethingIsNeeded(t *testing.T) {
	nothing := func(*ledger.Unit) error { return nil }
	view := func(ledger.View) error { return nil }
	for _, s := range []ledger.Store{ledger.NewMemory(), ledger.Overlay(ledger.NewMemory())} {
		_, err := s.Commit(t.Context(), nil)
		requireField(t, err, "missing_argument", "change")
		requireField(t, s.Read(t.Context(), nil), "missing_argument", "fn")
		_, err = ledger.Update(t.Context(), s, nil)
		requireField(t, err, "missing_argument", "fn")
	}
	for _, s := range []ledger.Store{nil, ledger.Overlay(nil), &ledger.Memory{}, (*ledger.Memory)(nil)} {
		if s != nil {
			_, err := s.Commit(t.Context(), &ledger.Change{ID: "x", At: noon})
			requireField(t, err, "missing_argument", "store")
			requireField(t, s.Read(t.Context(), view), "missing_argument", "store")
		}
		_, err := ledger.Update(t.Context(), s, func(u *ledger.Unit) error { u.Open(ledger.Account{Ref: bank}); return nil })
		requireField(t, err, "missing_argument", "store")
		_, err = ledger.NewStatement(t.Context(), s, ledger.StatementRequest{Account: bank})
		requireField(t, err, "missing_argument", "store")
		_, err = ledger.NewTrialBalance(t.Context(), s, book)
		requireField(t, err, "missing_argument", "store")
		_, err = ledger.Verify(t.Context(), s)
		requireField(t, err, "missing_argument", "store")
		_, err = ledger.Drain(t.Context(), s, ledger.DrainOptions{}, ledger.Env{}.HoldExpiry())
		requireField(t, err, "missing_argument", "store")
		requireField(t, ledger.Env{}.ClosePeriod(t.Context(), s, book, noon), "missing_argument", "store")
	}
	_, err := ledger.Update(t.Context(), nil, nothing)
	requireField(t, err, "missing_argument", "store")
	_, results := ledger.Plan([]*ledger.Change{nil}, ledger.NewBooks(newSource()))
	requireField(t, results[0].Err, "missing_argument", "change")
	require.Empty(t, ledger.NeedOf([]*ledger.Change{nil}).Changes)
}

func TestMemoryIsForTests(t *testing.T) {
	for _, s := range []ledger.Store{ledger.NewMemory(), ledger.Overlay(ledger.NewMemory())} {
		require.NotEmpty(t, s.(ledger.TestOnly).TestOnly())
	}
}
