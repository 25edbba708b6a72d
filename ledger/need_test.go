package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// NeedOf names all that Plan asks about, each once and in order, so that an
// adapter locks in one order (promise 55).
func TestNeedOf(t *testing.T) {
	a, b, c := euros("a", "own"), euros("b", "own"), euros("c", "own")
	x, y, z := ledger.ID{Kind: "k", ID: "x"}, ledger.ID{Kind: "k", ID: "y"}, ledger.ID{Kind: "k", ID: "z"}
	one := posting("2", "x", b, a, 1)
	one.Open = []ledger.Account{{Ref: c}, {Ref: a}}
	one.Close = []ledger.Ref{c, b}
	one.Expect = []ledger.Expectation{{Account: c}, {Object: y, Version: 3}}
	one.Put = []ledger.Object{{ID: x}}
	one.Emit = []ledger.Event{{Type: "t", Object: z}, {Type: "t", Object: ledger.ID{Kind: "k", ID: "told"}, Version: 7}}
	one.Holds = []ledger.HoldStep{{Op: ledger.PlaceHold, ID: "h", Account: a, Amount: ledger.Minor(1, ledger.EUR)}}
	one.Idem = ledger.Idem{Scope: "s", Key: "k"}
	two := posting("1", "x", a, b, 1)
	n := ledger.NeedOf([]*ledger.Change{one, two, one})
	hold, key, period := ledger.ID{Kind: ledger.HoldKind, ID: "h"}, ledger.ID{Kind: ledger.IdemKind, ID: "s|k"}, ledger.ID{Kind: ledger.PeriodKind, ID: book}
	require.Equal(t, ledger.Need{
		Accounts: []ledger.Ref{a, b, c}, Expected: []ledger.Ref{c}, Closing: []ledger.Ref{b, c},
		Put: []ledger.ID{x, hold, key}, Read: []ledger.ID{y, z, period}, Data: []ledger.ID{hold, key, period},
		Transactions: []string{"tx_1", "tx_2"}, Changes: []string{"1", "2"},
	}, n)
	require.Equal(t, ledger.Need{}, ledger.NeedOf(nil))
}

// What Plan refuses by its form is not looked up, nor are names that nothing
// can have: no such text gets into a query (edge case 102).
func TestNeedOfLeavesOutNonsense(t *testing.T) {
	bad := euros("a\x00", "own")
	c := posting("1", "x", bad, euros("b", "own"), 1)
	c.Expect = []ledger.Expectation{{Object: ledger.ID{Kind: "k", ID: "\xff"}}, {Account: euros("", "x")}}
	c.Close = []ledger.Ref{bad}
	n := ledger.NeedOf([]*ledger.Change{c})
	require.Equal(t, []ledger.Ref{euros("b", "own")}, n.Accounts)
	require.Empty(t, n.Expected)
	require.Empty(t, n.Closing)
	require.Equal(t, []ledger.ID{{Kind: ledger.PeriodKind, ID: book}}, n.Read)
	c.Post[0].ID = "\x00"
	require.Equal(t, ledger.Need{}, ledger.NeedOf([]*ledger.Change{c}))
}
