package fx_test

import (
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// anyTable draws a table of all worldly currencies.
func anyTable(t *rapid.T, currencies []ledger.Currency) *fx.Table {
	rates := make(map[ledger.Currency]decimal.Decimal)
	for _, c := range currencies[1:] {
		rates[c] = decimal.New(rapid.Int64Range(1, 1e9).Draw(t, "1 "+currencies[0].String()+" in "+c.String()), rapid.Int32Range(-9, 0).Draw(t, "exponent"))
	}
	table, err := fx.NewTable(currencies[0], day, "test", rates)
	require.NoError(t, err)
	return table
}

// anyOrder draws an order at the rates of a table.
func anyOrder(t *rapid.T, table *fx.Table, currencies []ledger.Currency) fx.Order {
	list := rapid.Permutation(currencies).Draw(t, "currencies")
	from, to := list[0], list[1]
	m := ledger.Minor(rapid.Int64Range(1, 1e9).Draw(t, "minor"), from)
	o := order(m, ask(t, table, from, to), "0")
	o.Base = rapid.SampledFrom(list[:3]).Draw(t, "base")
	if o.Base != from && o.Base != to {
		o.InBase = ask(t, table, from, o.Base)
	}
	o.Spread = decimal.New(rapid.Int64Range(0, 9_999).Draw(t, "spread"), -rapid.Int32Range(4, 6).Draw(t, "of"))
	return o
}

// fund gives an account what an order takes.
func fund(u *ledger.Unit, o fx.Order) {
	wallet := ledger.Ref{Book: o.Book, Owner: ledger.House, Purpose: "wallet/main", Currency: o.Amount.Currency()}
	u.Open(ledger.Account{Ref: wallet, Shared: true})
	u.Open(ledger.Account{Ref: o.From})
	out, _ := o.Amount.Neg()
	u.Post(ledger.Transaction{Book: o.Book, Reason: "receipt", Entries: []ledger.Entry{{Account: wallet, Amount: out}, {Account: o.From, Amount: o.Amount}}})
}

// Whatever is converted into whatever, at whatever base: the entries balance in
// each currency and the ledger takes them; the spread is what is left, and
// never below zero. Promises 2, 5, 17.
func TestConvertBalances(t *testing.T) {
	currencies := worldly(t)
	rapid.Check(t, func(t *rapid.T) {
		o := anyOrder(t, anyTable(t, currencies), currencies)
		c, err := fx.Convert(o)
		if err != nil {
			var e *ledger.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, []string{"amount_too_large", "amount_below_minimum"}, e.Code)
			return
		}
		exact := worth(o.Amount, o.Rate.Value.Rat(), o.Rate.Per.Rat(), o.Rate.Quote)
		require.Equal(t, round(exact, ledger.RoundHalfEven).Int64(), c.Gross.Minor())
		kept := new(big.Rat).Mul(exact, new(big.Rat).Sub(big.NewRat(1, 1), o.Spread.Rat()))
		require.Equal(t, round(kept, ledger.RoundHalfEven).Int64(), c.Credited.Minor())
		require.Equal(t, o.Amount, c.Sold)
		require.GreaterOrEqual(t, c.Spread.Minor(), int64(0))
		require.Equal(t, c.Gross.Minor(), c.Credited.Minor()+c.Spread.Minor())
		require.Equal(t, o.Base, c.Value.Currency())

		sums, seen := map[ledger.Currency]int64{}, map[ledger.Ref]bool{}
		for _, e := range c.Entries {
			require.False(t, e.Amount.IsZero() || seen[e.Account], "%v", lines(c.Entries))
			seen[e.Account] = true
			sums[e.Amount.Currency()] += e.Amount.Minor()
		}
		for cur, sum := range sums {
			require.Zero(t, sum, "%s: %v", cur, lines(c.Entries))
		}
		require.True(t, seen[o.From] && seen[o.To])
		books(t, o, c)
	})
}

// books books a conversion on fresh books and looks at what is there.
func books(t *rapid.T, o fx.Order, c *fx.Conversion) {
	s := ledger.NewMemory()
	_, err := ledger.Update(t.Context(), s, func(u *ledger.Unit) error {
		fund(u, o)
		for _, e := range c.Entries {
			u.Open(ledger.Account{Ref: e.Account, Shared: e.Account.Owner == ledger.House})
		}
		u.Post(ledger.Transaction{Book: o.Book, Reason: "conversion", Entries: c.Entries})
		return nil
	})
	require.NoError(t, err, "%v", lines(c.Entries))
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Accounts(o.From, o.To)
		require.NoError(t, err)
		require.True(t, list[0].Posted.IsZero())
		require.Equal(t, c.Credited, list[1].Posted)
		return nil
	}))
	report, err := ledger.Verify(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, report.Err())
}

// there converts and answers what is credited, false if it is refused.
func there(t require.TestingT, table *fx.Table, m ledger.Money, to ledger.Currency, spread decimal.Decimal) (ledger.Money, bool) {
	o := order(m, ask(t, table, m.Currency(), to), "0")
	o.Base, o.Spread = m.Currency(), spread
	c, err := fx.Convert(o)
	if err != nil {
		require.ErrorIs(t, err, ledger.Invalid)
		return ledger.Money{}, false
	}
	return c.Credited, true
}

// There and back never gains where the other currency counts at least as finely
// as one's own. Where it counts more coarsely the nearest unit may be worth more
// than what was given; what comes back then is still no more than the two
// roundings allow: half a unit of each. A host that converts tiny amounts sets
// a least amount of its own.
func TestThereAndBack(t *testing.T) {
	currencies := worldly(t)
	half := big.NewRat(1, 2)
	gained := func(m, back ledger.Money) *big.Rat { return big.NewRat(back.Minor()-m.Minor(), 1) }
	rapid.Check(t, func(t *rapid.T) {
		table := anyTable(t, currencies)
		list := rapid.Permutation(currencies).Draw(t, "currencies")
		m := ledger.Minor(rapid.Int64Range(1, 1e9).Draw(t, "minor"), list[0])
		spread := decimal.New(rapid.Int64Range(0, 500).Draw(t, "spread"), -4)
		middle, ok := there(t, table, m, list[1], spread)
		if !ok {
			return
		}
		back, ok := there(t, table, middle, list[0], spread)
		if !ok {
			return
		}
		unit := worth(ledger.Minor(1, list[1]), ratio(ask(t, table, list[1], list[0])), big.NewRat(1, 1), list[0])
		if unit.Cmp(big.NewRat(1, 1)) <= 0 {
			require.LessOrEqual(t, back.Minor(), m.Minor())
		}
		// back ≤ m·(1−s)² + ½ unit·(1−s) + ½
		keep := new(big.Rat).Sub(big.NewRat(1, 1), spread.Rat())
		bound := new(big.Rat).Mul(new(big.Rat).SetInt64(m.Minor()), keep)
		bound.Add(bound, new(big.Rat).Mul(unit, half)).Mul(bound, keep).Add(bound, half)
		require.LessOrEqual(t, new(big.Rat).SetInt64(back.Minor()).Cmp(bound), 0, "%v gained %v", m, gained(m, back))
	})
}

// One yen is worth 0.612 cents and buys a whole one, which is worth two yen.
// The chart rounds each result once, to the nearest: that is the known price.
func TestTinyAmountsGoToTheNearest(t *testing.T) {
	example, err := fx.ExampleRates()
	require.NoError(t, err)
	cent, ok := there(t, example.Table, ledger.Minor(1, ledger.JPY), ledger.EUR, percent("1"))
	require.True(t, ok)
	require.Equal(t, "0.01 EUR", cent.String())
	yen, ok := there(t, example.Table, cent, ledger.JPY, percent("1"))
	require.True(t, ok)
	require.Equal(t, "2 JPY", yen.String())
}

// Assets of one code and other digits are two positions: edge-case 82.
func TestConvertBetweenAssetsOfOneCode(t *testing.T) {
	six, eight := asset(t, "USDC/6"), asset(t, "USDC/8")
	o := order(ledger.Minor(1_000_000, six), rate(t, six, eight, "1"), "0")
	o.InBase = rate(t, six, ledger.USD, "1")
	c, err := fx.Convert(o)
	require.NoError(t, err)
	require.Equal(t, []string{
		"A.available -1.000000 USDC/6", "fx_position 1.000000 USDC/6", "fx_value/USDC/6 -1.00 USD", "fx_value/USDC/8 1.00 USD",
		"fx_position -1.00000000 USDC/8", "A.available 1.00000000 USDC/8",
	}, lines(c.Entries))
}
