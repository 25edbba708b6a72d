package ledger_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// The reasons are found by binary search, so they stand in order; and which of
// them force is fixed here as in the chart (promise 4).
func TestReasonsOfTheChart(t *testing.T) {
	var names []string
	forced := map[ledger.Force][]string{}
	for _, r := range ledger.Reasons() {
		names = append(names, r.Name)
		forced[r.Force] = append(forced[r.Force], r.Name)
	}
	require.True(t, slices.IsSorted(names))
	require.Equal(t, names, slices.Compact(slices.Clone(names)))
	require.Equal(t, []string{"adjustment", "collection debit", "discount returned", "fee refund", "platform fee", "refund", "transfer reversal"}, forced[ledger.ForcedByPolicy])
	require.Equal(t, []string{
		"available", "collection", "commission", "cover", "dispute", "dispute fee", "fee refund undone",
		"payment failed", "refund failed", "top-up reversed", "transfer reversal undone",
	}, forced[ledger.AlwaysForced])
}

func TestPurposesOfTheChart(t *testing.T) {
	never, guarded, groups, group := []string{}, []string{}, []string{}, ""
	seen := map[string]bool{}
	for _, p := range ledger.Chart() {
		require.False(t, seen[p.Name] || strings.Contains(p.Name, "/"), p.Name)
		seen[p.Name] = true
		require.Zero(t, p.Floor.AtMinor)
		require.NotEmpty(t, p.Holds)
		if p.Group != group {
			group = p.Group
			groups = append(groups, group)
		}
		switch p.Floor.Kind {
		case ledger.HardFloor:
			never = append(never, p.Name)
		case ledger.Guarded:
			guarded = append(guarded, p.Name)
		}
		got, ok := ledger.PurposeOf(p.Name + "/some/detail")
		require.True(t, ok)
		require.Equal(t, p, got)
	}
	require.Equal(t, []string{"available"}, guarded)
	require.Equal(t, []string{"held", "reserved", "cover", "in_transit", "frozen", "unclaimed", "credit", "unapplied", "allowance"}, never, "those that nothing takes below zero")
	require.Equal(t, []string{
		ledger.GroupOthersHold, ledger.GroupSellers, ledger.GroupBuyers, ledger.GroupTax, ledger.GroupBridges,
		ledger.GroupResult, ledger.GroupPositions, ledger.GroupAllowances,
	}, groups, "each group stands in one piece, in statement order")
	for _, none := range []string{"", "/", "availableX", "Available", "host_cash", "/available"} {
		_, ok := ledger.PurposeOf(none)
		require.False(t, ok, none)
	}
}

// The chart is the package's own: what it returns may be changed.
func TestChartIsCopied(t *testing.T) {
	ledger.Chart()[0].Name = "spoilt"
	ledger.Reasons()[0].Name = "spoilt"
	require.NotEqual(t, "spoilt", ledger.Chart()[0].Name)
	require.NotEqual(t, "spoilt", ledger.Reasons()[0].Name)
}

func TestRefTexts(t *testing.T) {
	for _, r := range []ledger.Ref{
		euros("acct_1", "pending/2026-03-01"), inCurrency("a b", `x"'/y/z`, ledger.BTC), inCurrency("x", "y", mustAsset(t, "USDC/6")),
	} {
		got, err := ledger.ParseRef(r.String())
		require.NoError(t, err)
		require.Equal(t, r, got)
	}
	for _, bad := range []string{"", "a", "a:b:c", "a:b:c:", "a:b:c:XXX1", "a:b:c:d:EUR", ":b:c:EUR", "a:b:/c:EUR", "a:b:c/:EUR", "ä:b:c:EUR", strings.Repeat("x", 1<<20)} {
		_, err := ledger.ParseRef(bad)
		require.ErrorIs(t, err, ledger.Invalid, "%.30q", bad)
		require.Less(t, len(err.Error()), 200)
	}
	a, b := euros("a", "x"), euros("b", "x")
	require.Negative(t, a.Compare(b))
	require.Positive(t, b.Compare(a))
	require.Zero(t, a.Compare(a))
	require.Negative(t, inCurrency("a", "x", ledger.EUR).Compare(inCurrency("a", "x", ledger.USD)))
	require.Negative(t, ledger.Ref{Book: "a"}.Compare(ledger.Ref{Book: "b", Owner: "0"}))
}

func mustAsset(t *testing.T, text string) ledger.Currency {
	t.Helper()
	c, err := ledger.Asset(text)
	require.NoError(t, err)
	return c
}
