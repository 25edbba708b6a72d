package ledger_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

var roundingModes = []ledger.Rounding{
	ledger.RoundHalfUp, ledger.RoundHalfEven, ledger.RoundHalfDown, ledger.RoundUp, ledger.RoundDown, ledger.RoundCeiling, ledger.RoundFloor,
}

// The table that the doc comments state, column by column in roundingModes.
func TestRoundingModes(t *testing.T) {
	for text, want := range map[string][7]int64{
		"2.5":  {3, 2, 2, 3, 2, 3, 2},
		"3.5":  {4, 4, 3, 4, 3, 4, 3},
		"-2.5": {-3, -2, -2, -3, -2, -2, -3},
		"-3.5": {-4, -4, -3, -4, -3, -3, -4},
		"2.1":  {2, 2, 2, 3, 2, 3, 2},
		"2.9":  {3, 3, 3, 3, 2, 3, 2},
		"-2.1": {-2, -2, -2, -3, -2, -2, -3},
		"-2.9": {-3, -3, -3, -3, -2, -2, -3},
		"0.5":  {1, 0, 0, 1, 0, 1, 0},
		"-0.5": {-1, 0, 0, -1, 0, 0, -1},
		"7.0":  {7, 7, 7, 7, 7, 7, 7},
		// Big integers: exact halves, and a part far down that tips the balance.
		"2.50000000000000000000000":            {3, 2, 2, 3, 2, 3, 2},
		"-3.50000000000000000000000":           {-4, -4, -3, -4, -3, -3, -4},
		"2.5000000000000000000000000000000001": {3, 3, 3, 3, 2, 3, 2},
		"2.4999999999999999999999999999999999": {2, 2, 2, 3, 2, 3, 2},
	} {
		for i, mode := range roundingModes {
			have, err := ledger.Minor(1, ledger.JPY).Times(decimal.RequireFromString(text), mode)
			require.NoError(t, err)
			require.Equal(t, ledger.Minor(want[i], ledger.JPY), have, "%s %s", text, mode)
		}
	}
}

func TestRoundingText(t *testing.T) {
	for i, name := range strings.Fields("half_up half_even half_down up down ceiling floor") {
		mode := roundingModes[i]
		require.Equal(t, name, mode.String())
		data, err := json.Marshal(mode)
		require.NoError(t, err)
		var back ledger.Rounding
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, mode, back)
	}
	var mode ledger.Rounding
	for _, bad := range []string{"", "HALF_UP", "half-up", "invalid", "half_odd"} {
		moneyRefused(t, mode.UnmarshalText([]byte(bad)), "invalid_rounding")
	}
	// A number that is no mode is refused, not taken for one that cuts off.
	forged := ledger.Rounding(7)
	require.Equal(t, "invalid", forged.String())
	_, err := forged.MarshalText()
	moneyRefused(t, err, "invalid_rounding")
	_, err = ledger.Minor(1, ledger.EUR).Times(decimal.New(5, -1), forged)
	moneyRefused(t, err, "invalid_rounding")
}

// roundBig is the judge: it rounds num/den by the definition of each mode.
func roundBig(num, den *big.Int, mode ledger.Rounding) *big.Int {
	floor, mod := new(big.Int).DivMod(num, den, new(big.Int)) // Euclidean: floor, as den > 0
	if mod.Sign() == 0 {
		return floor
	}
	ceiling := new(big.Int).Add(floor, big.NewInt(1))
	toZero, away := floor, ceiling
	if num.Sign() < 0 {
		toZero, away = ceiling, floor
	}
	half := new(big.Int).Lsh(mod, 1).Cmp(den) // the distance from floor against one half
	switch mode {
	case ledger.RoundFloor:
		return floor
	case ledger.RoundCeiling:
		return ceiling
	case ledger.RoundUp:
		return away
	case ledger.RoundDown:
		return toZero
	}
	switch {
	case half < 0:
		return floor
	case half > 0:
		return ceiling
	case mode == ledger.RoundHalfUp:
		return away
	case mode == ledger.RoundHalfDown:
		return toZero
	case floor.Bit(0) == 0:
		return floor
	}
	return ceiling
}

// promise 6, and one rounding a line: Times and Convert are the exact product,
// rounded once, or a typed error.
func TestTimesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := ledger.Minor(moneyInt64(t, "minor"), moneyCurrency(t, rapid.SampledFrom(moneyDigits).Draw(t, "from")))
		to := moneyCurrency(t, rapid.SampledFrom(moneyDigits).Draw(t, "to"))
		exp := rapid.Int32Range(-30, 6).Draw(t, "exp")
		coef := big.NewInt(moneyInt64(t, "coef"))
		if rapid.Bool().Draw(t, "wide") { // more than one word
			coef.Mul(coef, big.NewInt(moneyInt64(t, "coef2")))
		}
		mode := rapid.SampledFrom(roundingModes).Draw(t, "mode")
		rate := decimal.NewFromBigInt(coef, exp)
		judge := func(have ledger.Money, err error, c ledger.Currency, shift int) {
			num, den := new(big.Int).Mul(big.NewInt(m.Minor()), coef), big.NewInt(1)
			ten := new(big.Int).Exp(big.NewInt(10), new(big.Int).Abs(big.NewInt(int64(exp)+int64(shift))), nil)
			if int(exp)+shift >= 0 {
				num.Mul(num, ten)
			} else {
				den = ten
			}
			want := roundBig(num, den, mode)
			if !want.IsInt64() {
				moneyRefused(t, err, "amount_too_large")
				return
			}
			require.NoError(t, err)
			require.Equal(t, ledger.Minor(want.Int64(), c), have)
		}
		have, err := m.Times(rate, mode)
		judge(have, err, m.Currency(), 0)
		have, err = m.Convert(rate, to, mode)
		judge(have, err, to, to.Digits()-m.Currency().Digits())
		have, err = m.ConvertRatio(rate.Rat(), to, mode)
		judge(have, err, to, to.Digits()-m.Currency().Digits())
	})
}

// A rate through a third currency may have no end as a decimal; rounding comes
// once, after the exact fraction.
func TestConvertRatio(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := ledger.Minor(moneyInt64(t, "minor"), ledger.EUR)
		num, den := big.NewInt(moneyInt64(t, "num")), big.NewInt(rapid.Int64Range(1, math.MaxInt64).Draw(t, "den"))
		mode := rapid.SampledFrom(roundingModes).Draw(t, "mode")
		have, err := m.ConvertRatio(new(big.Rat).SetFrac(num, den), ledger.JPY, mode)
		want := roundBig(num.Mul(num, big.NewInt(m.Minor())), den.Mul(den, big.NewInt(100)), mode)
		if !want.IsInt64() {
			moneyRefused(t, err, "amount_too_large")
			return
		}
		require.NoError(t, err)
		require.Equal(t, ledger.Minor(want.Int64(), ledger.JPY), have)
	})
	m := ledger.Minor(100, ledger.EUR)
	huge := new(big.Int).Lsh(big.NewInt(1), 1024)
	for _, rate := range []*big.Rat{new(big.Rat).SetInt(huge), new(big.Rat).SetFrac(big.NewInt(1), huge)} {
		_, err := m.ConvertRatio(rate, ledger.JPY, ledger.RoundHalfEven)
		moneyRefused(t, err, "invalid_rate")
	}
	_, err := m.ConvertRatio(big.NewRat(1, 3), ledger.JPY, ledger.Rounding(7))
	moneyRefused(t, err, "invalid_rounding")
	_, err = m.ConvertRatio(nil, ledger.JPY, ledger.RoundHalfEven)
	moneyRefused(t, err, "invalid_rate")
}

func TestConvert(t *testing.T) {
	for _, c := range []struct{ from, rate, to, want string }{
		{"100.00 EUR", "1.1000", "USD", "110.00 USD"},
		{"1.00 EUR", "161.335", "JPY", "161 JPY"},
		{"1000 JPY", "0.0061982", "EUR", "6.20 EUR"},
		{"20.00 USD", "0.004", "BTC", "0.08000000 BTC"}, // 250 dollars a bitcoin
		{"0.08000000 BTC", "250", "USD", "20.00 USD"},
		{"1.000 KWD", "3.25", "USD", "3.25 USD"},
		{"0.01 EUR", "0.5", "USD", "0.00 USD"}, // half-even
		{"0.03 EUR", "0.5", "USD", "0.02 USD"},
		// A rate that 53 bits cannot hold is used as it stands.
		{"1000000000000.00 EUR", "1.00000000000000001", "USD", "1000000000000.00 USD"},
		{"90000000000000000.00 EUR", "1.000000000000000001", "USD", "90000000000000000.09 USD"},
	} {
		m, err := ledger.ParseMoney(c.from)
		require.NoError(t, err)
		have, err := m.Convert(decimal.RequireFromString(c.rate), moneyCurrency(t, c.to), ledger.RoundHalfEven)
		require.NoError(t, err)
		require.Equal(t, c.want, have.String())
	}
	_, err := ledger.Minor(math.MaxInt64, ledger.JPY).Convert(decimal.New(1, 0), ledger.BTC, ledger.RoundHalfEven)
	moneyRefused(t, err, "amount_too_large")
	// Without a currency nobody knows what a minor unit is.
	for _, bad := range []ledger.Currency{0, 7, ledger.EUR + 1} {
		for _, x := range []struct {
			m ledger.Money
			c ledger.Currency
		}{{ledger.Minor(100, ledger.EUR), bad}, {ledger.Minor(100, bad), ledger.EUR}} {
			_, err = x.m.Convert(decimal.New(1, 0), x.c, ledger.RoundHalfEven)
			moneyRefused(t, err, "invalid_currency")
			_, err = x.m.ConvertRatio(big.NewRat(1, 1), x.c, ledger.RoundHalfEven)
			moneyRefused(t, err, "invalid_currency")
		}
	}
}

// edge-case 15: no exponent, however large, costs more than a look at it.
func TestTimesRefusesHugeExponents(t *testing.T) {
	for _, d := range []decimal.Decimal{
		decimal.New(1, 1<<30), decimal.New(1, -1<<30), decimal.New(0, 1<<30), decimal.New(1, math.MaxInt32), decimal.New(1, math.MinInt32), decimal.New(1, 201), decimal.New(1, -201),
	} {
		_, err := ledger.Minor(1, ledger.EUR).Times(d, ledger.RoundHalfUp)
		moneyRefused(t, err, "invalid_rate")
		_, err = ledger.Minor(1, ledger.EUR).Convert(d, ledger.EUR, ledger.RoundHalfUp)
		moneyRefused(t, err, "invalid_rate")
		_, err = ledger.FromDecimal(d, ledger.JPY, ledger.RoundHalfUp)
		moneyRefused(t, err, "invalid_rate")
	}
}

// moneyphpModes are the modes of moneyphp; those that souk does not have would
// be one more way for two systems to differ by a unit.
var moneyphpModes = map[string]string{
	"ROUND_HALF_UP": "half_up", "ROUND_HALF_EVEN": "half_even", "ROUND_HALF_DOWN": "half_down",
	"ROUND_HALF_ODD":               "", // nobody's rule
	"ROUND_HALF_POSITIVE_INFINITY": "", // not symmetric: a refund would not be its charge
	"ROUND_HALF_NEGATIVE_INFINITY": "",
}

func TestRoundingThirdPartyCases(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(string(shareddata.Read(t, "decimal/moneyphp-rounding.csv")))).ReadAll()
	require.NoError(t, err)
	ran, other := 0, 0
	for _, row := range rows[1:] {
		name, ok := moneyphpModes[row[1]]
		require.True(t, ok, row)
		if name == "" {
			other++
			continue
		}
		ran++
		var mode ledger.Rounding
		require.NoError(t, mode.UnmarshalText([]byte(name)))
		have, err := ledger.FromDecimal(decimal.RequireFromString(row[0]), ledger.JPY, mode)
		require.NoError(t, err)
		require.Equal(t, row[2], have.Amount(), "%v", row)
	}
	require.Equal(t, []int{26, 29}, []int{ran, other})
}
