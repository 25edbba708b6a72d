package ledger_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
)

// moneyRefused asserts that err is of class Invalid and has the code.
func moneyRefused(t require.TestingT, err error, code string) {
	require.ErrorIs(t, err, ledger.Invalid)
	require.NotErrorIs(t, err, ledger.State)
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, err.Error())
	require.NotEmpty(t, e.Field)
	require.Contains(t, err.Error(), e.Msg)
}

// moneyCurrency parses a code that must be good.
func moneyCurrency(t require.TestingT, text string) ledger.Currency {
	c, err := ledger.ParseCurrency(text)
	require.NoError(t, err)
	return c
}

// moneyDigits are currencies of every number of minor digits there is.
var moneyDigits = []string{"JPY", "EUR", "KWD", "CLF", "BTC", "IDR", "DEM", "POINTS/0", "USDC/6", "WEI/12"}

// moneyInt64 draws amounts, many of them at the ends of what 64 bits hold and
// around 2^53, where a reader with floats loses units.
func moneyInt64(t *rapid.T, label string) int64 {
	edges := []int64{math.MinInt64, math.MinInt64 + 1, -1<<53 - 1, -1 << 53, -1, 0, 1, 1 << 53, 1<<53 + 1, math.MaxInt64 - 1, math.MaxInt64}
	return rapid.OneOf(rapid.Int64(), rapid.SampledFrom(edges), rapid.Int64Range(-1000, 1000)).Draw(t, label)
}

func TestMoneyValue(t *testing.T) {
	a, b := ledger.Minor(1234, ledger.EUR), ledger.Minor(1234, ledger.EUR)
	require.True(t, a == b, "amounts compare with ==")
	require.NotEqual(t, a, ledger.Minor(1234, ledger.USD))
	require.EqualValues(t, 1234, a.Minor())
	require.Equal(t, ledger.EUR, a.Currency())
	require.True(t, ledger.Zero(ledger.EUR).IsZero())
	require.True(t, ledger.Money{}.IsZero())
	require.False(t, a.IsZero())
	require.Equal(t, "0", ledger.Money{}.String(), "nothing, in no currency")
	require.Equal(t, "-5", ledger.Minor(-5, 0).String())
	for minor, sign := range map[int64]int{math.MinInt64: -1, -1: -1, 0: 0, 1: 1, math.MaxInt64: 1} {
		require.Equal(t, sign, ledger.Minor(minor, ledger.EUR).Sign())
	}
}

// promise 6, edge-case 2: whatever the operation, the result is exact or a
// typed error. Big integers are the judge.
func TestMoneyNeverWraps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := moneyInt64(t, "x"), moneyInt64(t, "y")
		a, b := ledger.Minor(x, ledger.EUR), ledger.Minor(y, ledger.EUR)
		bx, by := big.NewInt(x), big.NewInt(y)
		judge := func(want *big.Int, have ledger.Money, err error) {
			if !want.IsInt64() {
				moneyRefused(t, err, "amount_too_large")
				require.Equal(t, ledger.Money{}, have)
				return
			}
			require.NoError(t, err)
			require.Equal(t, ledger.Minor(want.Int64(), ledger.EUR), have)
		}
		sum, err := a.Add(b)
		judge(new(big.Int).Add(bx, by), sum, err)
		diff, err := a.Sub(b)
		judge(new(big.Int).Sub(bx, by), diff, err)
		product, err := a.Mul(y)
		judge(new(big.Int).Mul(bx, by), product, err)
		neg, err := a.Neg()
		judge(new(big.Int).Neg(bx), neg, err)
		abs, err := a.Abs()
		judge(new(big.Int).Abs(bx), abs, err)
		order, err := a.Cmp(b)
		require.NoError(t, err)
		require.Equal(t, bx.Cmp(by), order)
	})
}

// edge-case 17: the least amount has no negative and no absolute value.
func TestMoneyLeastAmount(t *testing.T) {
	least := ledger.Minor(math.MinInt64, ledger.EUR)
	_, err := least.Neg()
	moneyRefused(t, err, "amount_too_large")
	_, err = least.Abs()
	moneyRefused(t, err, "amount_too_large")
	_, err = least.Mul(-1)
	moneyRefused(t, err, "amount_too_large")
	_, err = ledger.Zero(ledger.EUR).Sub(least)
	moneyRefused(t, err, "amount_too_large")
	same, err := least.Mul(1)
	require.NoError(t, err)
	require.Equal(t, least, same)
}

func TestMoneyDoesNotMix(t *testing.T) {
	a, b := ledger.Minor(1, ledger.EUR), ledger.Minor(math.MaxInt64, ledger.USD)
	_, err := a.Add(b)
	moneyRefused(t, err, "currency_mismatch")
	require.EqualError(t, err, "invalid: currency: amounts in EUR and USD do not mix")
	_, err = a.Sub(b)
	moneyRefused(t, err, "currency_mismatch")
	_, err = a.Cmp(b)
	moneyRefused(t, err, "currency_mismatch")
	_, err = ledger.Sum(ledger.EUR, a, b)
	moneyRefused(t, err, "currency_mismatch")
	// Nothing is of every currency, not even zero.
	_, err = a.Add(ledger.Money{})
	moneyRefused(t, err, "currency_mismatch")
	// Assets that differ in digits only are two assets.
	_, err = ledger.Minor(1, moneyCurrency(t, "USDC/6")).Add(ledger.Minor(1, moneyCurrency(t, "USDC/2")))
	moneyRefused(t, err, "currency_mismatch")
	require.False(t, errors.Is(err, errors.ErrUnsupported))
}

func TestMoneySum(t *testing.T) {
	sum, err := ledger.Sum(ledger.EUR)
	require.NoError(t, err)
	require.Equal(t, ledger.Zero(ledger.EUR), sum)
	sum, err = ledger.Sum(ledger.EUR, ledger.Minor(1, ledger.EUR), ledger.Minor(-3, ledger.EUR))
	require.NoError(t, err)
	require.Equal(t, ledger.Minor(-2, ledger.EUR), sum)
	_, err = ledger.Sum(ledger.EUR, ledger.Minor(math.MaxInt64, ledger.EUR), ledger.Minor(1, ledger.EUR))
	moneyRefused(t, err, "amount_too_large")
}

// edge-case 18: no cap is built in that would be tiny in one currency: the
// largest amount is 64 bits of minor units in each.
func TestMoneyHasNoSmallCap(t *testing.T) {
	for code, amount := range map[string]string{"IDR": "99999999999.99", "COP": "99999999999.99", "IRR": "99999999999999", "VND": "99999999999", "BTC": "21000000"} {
		c := moneyCurrency(t, code)
		m, err := ledger.ParseAmount(amount, c) // far above 8 digits of minor units
		require.NoError(t, err, code)
		back, err := ledger.ParseMoney(m.String())
		require.NoError(t, err)
		require.Equal(t, m, back)
	}
	_, err := ledger.ParseAmount("92233720368.54775808", ledger.BTC)
	moneyRefused(t, err, "amount_too_large")
}

// edge-case 79: units of a network or a file are exact both ways, or refused;
// nothing is cut off.
func TestMoneyUnits(t *testing.T) {
	for _, c := range []struct {
		text   string
		digits int
		units  int64
		code   string // of the refusal
	}{
		{"5 ISK", 2, 500, ""},
		{"5 UGX", 2, 500, ""},
		{"12.00 MGA", 0, 12, ""},
		{"12.34 MGA", 0, 0, "inexact_amount"},
		{"10.45 HUF", 0, 0, "inexact_amount"}, // paid out in whole units only
		{"10.00 TWD", 0, 10, ""},
		{"500 KRW", 0, 500, ""},
		{"1.20 MRU", 1, 12, ""}, // five khoums to the ouguiya
		{"1.23 MRU", 1, 0, "inexact_amount"},
		{"1.2345 CLF", 4, 12345, ""},
		{"1.2345 CLF", 2, 0, "inexact_amount"},
		{"5.124 BHD", 3, 5124, ""},
		{"5.124 KWD", 2, 0, "inexact_amount"},
		{"0.00000001 BTC", 8, 1, ""},
		{"0.00000001 BTC", 11, 1000, ""}, // millisatoshi
		{"-0.05 EUR", 4, -500, ""},
		{"92233720368547758.07 EUR", 3, 0, "amount_too_large"},
		{"1.00 EUR", 19, 0, "invalid_digits"},
		{"1.00 EUR", -1, 0, "invalid_digits"},
	} {
		m, err := ledger.ParseMoney(c.text)
		require.NoError(t, err)
		units, err := m.Units(c.digits)
		if c.code != "" {
			moneyRefused(t, err, c.code)
			continue
		}
		require.NoError(t, err, c.text)
		require.Equal(t, c.units, units, c.text)
		back, err := ledger.FromUnits(units, c.digits, m.Currency())
		require.NoError(t, err)
		require.Equal(t, m, back)
	}
	_, err := ledger.FromUnits(501, 2, ledger.ISK)
	moneyRefused(t, err, "inexact_amount")
	for _, c := range []ledger.Currency{0, 7, ledger.EUR + 1} {
		_, err = ledger.FromUnits(100, 2, c)
		moneyRefused(t, err, "invalid_currency")
	}
	rapid.Check(t, func(t *rapid.T) {
		m := ledger.Minor(moneyInt64(t, "minor"), moneyCurrency(t, rapid.SampledFrom(moneyDigits).Draw(t, "currency")))
		digits := rapid.IntRange(0, 18).Draw(t, "digits")
		units, err := m.Units(digits)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			return
		}
		require.True(t, m.Decimal().Equal(decimal.New(units, int32(-digits))), "%d units of %d digits are not %s", units, digits, m)
		back, err := ledger.FromUnits(units, digits, m.Currency())
		require.NoError(t, err)
		require.Equal(t, m, back)
	})
}

func TestMoneyRoundCash(t *testing.T) {
	for _, c := range []struct {
		text string
		mode ledger.Rounding
		want string
	}{
		{"12.33 CHF", ledger.RoundHalfUp, "12.35 CHF"},
		{"12.32 CHF", ledger.RoundHalfUp, "12.30 CHF"},
		{"-12.33 CHF", ledger.RoundHalfUp, "-12.35 CHF"},
		{"0.25 DKK", ledger.RoundHalfUp, "0.50 DKK"},
		{"0.25 DKK", ledger.RoundHalfEven, "0.00 DKK"},
		{"12.49 SEK", ledger.RoundHalfUp, "12.00 SEK"},
		{"12.01 SEK", ledger.RoundUp, "13.00 SEK"},
		{"1042.50 HUF", ledger.RoundHalfDown, "1040.00 HUF"},
		{"1042.50 HUF", ledger.RoundHalfUp, "1045.00 HUF"},
		{"12.34 EUR", ledger.RoundHalfUp, "12.34 EUR"},
		{"0.123456 USDC/6", ledger.RoundHalfUp, "0.123456 USDC/6"},
	} {
		m, err := ledger.ParseMoney(c.text)
		require.NoError(t, err)
		have, err := m.RoundCash(c.mode)
		require.NoError(t, err)
		require.Equal(t, c.want, have.String(), "%s %s", c.text, c.mode)
	}
	_, err := ledger.Minor(math.MaxInt64, ledger.SEK).RoundCash(ledger.RoundUp)
	moneyRefused(t, err, "amount_too_large")
	_, err = ledger.Minor(1, ledger.SEK).RoundCash(ledger.Rounding(7))
	moneyRefused(t, err, "invalid_rounding")
}
