package pricing_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// fee is what a table takes for an amount.
func fee(t require.TestingT, table *pricing.Table, amount string) string {
	m, err := ledger.ParseMoney(amount)
	require.NoError(t, err)
	f, err := table.Processing(m)
	require.NoError(t, err)
	return f.String()
}

// Worked numbers: 59, 320, 33, 31, 45; halves go up.
func TestProcessing(t *testing.T) {
	table := pricing.Default()
	for amount, want := range map[string]string{
		"10.00 USD": "0.59 USD", "100.00 USD": "3.20 USD", "1.00 USD": "0.33 USD", "0.50 USD": "0.31 USD", "5.00 USD": "0.45 USD",
		"7.50 USD": "0.52 USD", "12.95 USD": "0.68 USD", "29.99 USD": "1.17 USD", "24.99 USD": "1.02 USD", "50.00 USD": "1.75 USD",
		"10.80 USD": "0.61 USD", "8.00 USD": "0.53 USD",
		"10.00 EUR": "0.59 EUR", "10.00 GBP": "0.49 GBP", "10.00 CAD": "0.59 CAD", "10.00 AUD": "0.59 AUD",
		"10.00 CHF": "0.29 CHF", // no fixed part elsewhere
		"1000 JPY":  "29 JPY", "50 JPY": "1 JPY", "17 JPY": "0 JPY", "18 JPY": "1 JPY", "172 JPY": "5 JPY",
		"10.000 KWD": "0.290 KWD", "0.017 KWD": "0.000 KWD", "0.018 KWD": "0.001 KWD",
		"0.08000000 BTC": "0.00232000 BTC", "1.000000 USDC/6": "0.029000 USDC/6", "100 SEAT/0": "3 SEAT/0",
	} {
		require.Equal(t, want, fee(t, table, amount), amount)
	}
}

// 3.6 % of 1000 yen are 36. Prices of three decimals are as exact.
func TestOwnPrices(t *testing.T) {
	table := &pricing.Table{
		Charges: map[ledger.Currency]pricing.Price{
			ledger.JPY: {Percent: decimal.RequireFromString("3.6")},
			ledger.KWD: {Percent: decimal.RequireFromString("2.75"), Fixed: ledger.Minor(100, ledger.KWD)},
			ledger.USD: {Fixed: ledger.Minor(5, ledger.USD)},
			ledger.CHF: {Percent: decimal.New(1, 2)}, // a hundred percent, written with an exponent
		},
		Conversion: decimal.RequireFromString("0.25"),
	}
	require.NoError(t, table.Check())
	require.Equal(t, "36 JPY", fee(t, table, "1000 JPY"))
	require.Equal(t, "0.375 KWD", fee(t, table, "10.000 KWD"))
	require.Equal(t, "0.100 KWD", fee(t, table, "0.018 KWD")) // 0.000495
	require.Equal(t, "0.101 KWD", fee(t, table, "0.019 KWD")) // 0.0005225
	require.Equal(t, "0.05 USD", fee(t, table, "10.00 USD"))
	require.Equal(t, "10.00 CHF", fee(t, table, "10.00 CHF"))
	require.Equal(t, "0.00 EUR", fee(t, table, "10.00 EUR")) // otherwise: nothing
	require.True(t, table.Spread().Equal(decimal.RequireFromString("0.0025")))
	require.True(t, pricing.Default().Spread().Equal(decimal.RequireFromString("0.01")))
	require.True(t, new(pricing.Table).Spread().IsZero())
	require.NoError(t, new(pricing.Table).Check())
	require.Equal(t, "0.00 USD", fee(t, new(pricing.Table), "10.00 USD"))
}

// For any price and amount: half away from zero, once, plus the fixed part; or
// an error, never a wrong number. Promise 6.
func TestProcessingIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		percent := decimal.New(rapid.Int64Range(0, 10_000_000).Draw(t, "percent"), -5)
		fixed := rapid.Int64Range(0, math.MaxInt64).Draw(t, "fixed")
		table := &pricing.Table{Charges: map[ledger.Currency]pricing.Price{ledger.USD: {Percent: percent, Fixed: ledger.Minor(fixed, ledger.USD)}}}
		require.NoError(t, table.Check())
		amount := rapid.Int64Min(0).Draw(t, "amount")

		want := new(big.Rat).Mul(percent.Rat(), big.NewRat(amount, 100))
		want.Add(want, big.NewRat(1, 2))
		sum := new(big.Int).Quo(want.Num(), want.Denom())
		sum.Add(sum, big.NewInt(fixed))
		got, err := table.Processing(ledger.Minor(amount, ledger.USD))
		if !sum.IsInt64() {
			require.ErrorIs(t, err, ledger.Invalid)
			return
		}
		require.NoError(t, err)
		require.Equal(t, ledger.Minor(sum.Int64(), ledger.USD), got)
	})
}

// A refusal names the part of the table. Numbers too large to work with are
// refused, not tried.
func TestCheck(t *testing.T) {
	require.NoError(t, pricing.Default().Check())
	bad := []decimal.Decimal{
		decimal.New(-1, 0), decimal.RequireFromString("-0.0001"), decimal.RequireFromString("100.0001"), decimal.New(101, 0), decimal.New(1, 3),
		decimal.New(1, 2_000_000_000), decimal.New(1, -2_000_000_000), decimal.New(1, -17), decimal.RequireFromString("1.000000000000000001"),
	}
	for _, d := range bad {
		refused(t, &pricing.Table{Charges: map[ledger.Currency]pricing.Price{ledger.USD: {Percent: d}}}, "charges")
		refused(t, &pricing.Table{Otherwise: d}, "otherwise")
		refused(t, &pricing.Table{Conversion: d}, "conversion")
	}
	refused(t, &pricing.Table{Conversion: decimal.New(100, 0)}, "conversion") // nothing would be left
	require.NoError(t, (&pricing.Table{Conversion: decimal.RequireFromString("99.99"), Otherwise: decimal.New(100, 0)}).Check())
	for _, fixed := range []ledger.Money{ledger.Minor(30, ledger.EUR), ledger.Minor(-1, ledger.USD), ledger.Zero(ledger.EUR), ledger.Minor(30, 0)} {
		refused(t, &pricing.Table{Charges: map[ledger.Currency]pricing.Price{ledger.USD: {Fixed: fixed}}}, "charges")
	}
	require.NoError(t, (&pricing.Table{Charges: map[ledger.Currency]pricing.Price{ledger.USD: {Fixed: ledger.Zero(ledger.USD)}}}).Check())
}

func refused(t *testing.T, table *pricing.Table, field string) {
	t.Helper()
	err := table.Check()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, ledger.Invalid)
	require.Equal(t, []string{"invalid_price", "prices." + field}, []string{e.Code, e.Field})
}

// Each table is the caller's own.
func TestDefaultIsNew(t *testing.T) {
	pricing.Default().Charges[ledger.USD] = pricing.Price{}
	require.Equal(t, "0.59 USD", fee(t, pricing.Default(), "10.00 USD"))
}
