package fx_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// day is when the rates of these tests are of.
var day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// refused asserts an error of class Invalid that names its field.
func refused(t require.TestingT, err error, code, field string) {
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, ledger.Invalid)
	require.Equal(t, []string{code, field}, []string{e.Code, e.Field}, "%v", err)
}

func rate(t require.TestingT, base, quote ledger.Currency, text string) fx.Rate {
	r, err := fx.ParseRate(base, quote, text, day, "test")
	require.NoError(t, err)
	return r
}

func asset(t require.TestingT, text string) ledger.Currency {
	c, err := ledger.Asset(text)
	require.NoError(t, err)
	return c
}

// worldly returns currencies of 0, 2, 3 and 8 digits and assets of 0 to 12, two
// of which share a code.
func worldly(t require.TestingT) []ledger.Currency {
	list := []ledger.Currency{ledger.JPY, ledger.EUR, ledger.USD, ledger.GBP, ledger.KWD, ledger.BTC}
	for _, text := range []string{"SEAT/0", "USDC/6", "USDC/8", "WEI/12"} {
		list = append(list, asset(t, text))
	}
	return list
}

// A rate is a plain positive number of bounded length and nothing else.
func TestParseRateIsStrict(t *testing.T) {
	for _, text := range []string{
		"0", "-1.1", "1e309", "NaN", "1.1.1", strings.Repeat("9", 400), "0." + strings.Repeat("0", 40) + "1", "1,1",
		"", " ", "1.1 ", "+1.1", ".5", "5.", "01.1", "0.0", "-0", "1e5", "0x10", "Inf", "½", "１", "1\x00", "1_000",
		strings.Repeat("9", 31), "0." + strings.Repeat("1", 30), strings.Repeat("9", 1<<20),
	} {
		_, err := fx.ParseRate(ledger.EUR, ledger.USD, text, day, "test")
		refused(t, err, "invalid_rate", "rate")
		require.Less(t, len(err.Error()), 300) // whatever came in
	}
	for _, text := range []string{"1", "1.1252", "163.36", "0.84770", "18606.59", strings.Repeat("9", 30), "0." + strings.Repeat("0", 28) + "1"} {
		r := rate(t, ledger.EUR, ledger.USD, text)
		require.True(t, r.Value.Equal(decimal.RequireFromString(text)), text) // edge-case 83
		require.True(t, r.Per.Equal(decimal.New(1, 0)))
	}
	_, err := fx.ParseRate(0, ledger.USD, "1.1", day, "test")
	refused(t, err, "invalid_rate", "rate")
	_, err = fx.ParseRate(ledger.EUR, 0, "1.1", day, "test")
	refused(t, err, "invalid_rate", "rate")
}

func TestRateKeepsItsTimeInUTC(t *testing.T) {
	east := time.FixedZone("east", 9*3600)
	r, err := fx.ParseRate(ledger.EUR, ledger.JPY, "163.36", day.In(east), "test")
	require.NoError(t, err)
	require.Equal(t, day, r.At)
	require.Equal(t, day, fx.Identity(ledger.EUR, day.In(east)).At)
	require.Equal(t, "1 EUR = 163.36 JPY", r.String())
	require.Equal(t, "1 EUR = 1 EUR", fx.Identity(ledger.EUR, day).String())
}

// anyDecimal draws a decimal above zero, written out in up to 40 digits.
func anyDecimal(t *rapid.T, label string) decimal.Decimal {
	n := new(big.Int).SetUint64(rapid.Uint64Min(1).Draw(t, label+" digits"))
	if rapid.Bool().Draw(t, label+" is long") {
		n.Mul(n, n)
	}
	return decimal.NewFromBigInt(n, rapid.Int32Range(-40, 12).Draw(t, label+" exponent"))
}

// Whatever passes Check is stored and read back exactly; edge-case 83.
func TestRateJSON(t *testing.T) {
	currencies := worldly(t)
	rapid.Check(t, func(t *rapid.T) {
		r := fx.Rate{
			Base: rapid.SampledFrom(currencies).Draw(t, "base"), Quote: rapid.SampledFrom(currencies).Draw(t, "quote"),
			Value: anyDecimal(t, "value"), Per: anyDecimal(t, "per"), At: day, Source: rapid.String().Draw(t, "source"),
		}
		if err := r.Check(); err != nil {
			refused(t, err, "invalid_rate", "rate")
			return
		}
		data, err := json.Marshal(r)
		require.NoError(t, err)
		var back fx.Rate
		require.NoError(t, json.Unmarshal(data, &back))
		require.True(t, r.Value.Equal(back.Value) && r.Per.Equal(back.Per), "%s", data)
		require.Equal(t, []any{r.Base, r.Quote, r.At}, []any{back.Base, back.Quote, back.At})
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.Equal(t, string(data), string(again))
	})
}

func TestRateJSONRefuses(t *testing.T) {
	const good = `{"base":"EUR","quote":"USD","value":"1.1","per":"1","at":"2026-03-02T00:00:00Z","source":"x"}`
	var r fx.Rate
	require.NoError(t, json.Unmarshal([]byte(good), &r))
	for _, c := range []struct{ old, new string }{
		{`"1.1"`, `1.1`}, {`"1.1"`, `"0"`}, {`"1.1"`, `"-1.1"`}, {`"1.1"`, `"1e1000000000"`}, {`"1.1"`, `null`},
		{`"per":"1"`, `"per":"0"`}, {`"per":"1"`, `"per":"NaN"`}, {`"per":"1"`, `"per":1`}, {`,"per":"1"`, ``},
		{`"USD"`, `"usd"`}, {`"USD"`, `"XXX"`}, {`"USD"`, `""`}, {`"quote":"USD",`, ``}, {`}`, ``}, {good, `[]`}, {good, `{}`},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		require.NotEqual(t, good, bad)
		kept := r
		require.Error(t, json.Unmarshal([]byte(bad), &kept), bad)
		require.Equal(t, r, kept, bad) // nothing of it is taken
	}
}

// worth computes what m is worth as a fraction of minor units of quote.
func worth(m ledger.Money, value, per *big.Rat, quote ledger.Currency) *big.Rat {
	x := new(big.Rat).SetInt64(m.Minor())
	x.Mul(x, value).Quo(x, per)
	ten := func(n int) *big.Rat {
		return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
	}
	return x.Mul(x, ten(quote.Digits())).Quo(x, ten(m.Currency().Digits()))
}

// round is an oracle that shares nothing with the code: the nearest integer,
// halves up (positive numbers only) or to the even neighbour.
func round(x *big.Rat, mode ledger.Rounding) *big.Int {
	floor := new(big.Int).Quo(x.Num(), x.Denom())
	rest := new(big.Rat).Sub(x, new(big.Rat).SetInt(floor))
	switch cmp := rest.Cmp(big.NewRat(1, 2)); {
	case cmp > 0, cmp == 0 && (mode == ledger.RoundHalfUp || floor.Bit(0) == 1):
		floor.Add(floor, big.NewInt(1))
	}
	return floor
}

// Of is exact for any rate, derived or not, in both modes: promise 17.
func TestOfIsExact(t *testing.T) {
	currencies := worldly(t)
	rapid.Check(t, func(t *rapid.T) {
		r := fx.Rate{
			Base: rapid.SampledFrom(currencies).Draw(t, "base"), Quote: rapid.SampledFrom(currencies).Draw(t, "quote"),
			Value: anyDecimal(t, "value"), Per: decimal.New(1, 0), At: day,
		}
		if rapid.Bool().Draw(t, "is derived") {
			r.Per = anyDecimal(t, "per")
		}
		if r.Check() != nil {
			return
		}
		m := ledger.Minor(rapid.Int64Min(0).Draw(t, "minor"), r.Base)
		for _, mode := range []ledger.Rounding{ledger.RoundHalfUp, ledger.RoundHalfEven} {
			want := round(worth(m, r.Value.Rat(), r.Per.Rat(), r.Quote), mode)
			got, err := r.Of(m, mode)
			if !want.IsInt64() {
				refused(t, err, "amount_too_large", "amount") // promise 6
				continue
			}
			require.NoError(t, err)
			require.Equal(t, ledger.Minor(want.Int64(), r.Quote), got)
		}
	})
}

// Halves are where the two modes differ.
func TestOfAtTheHalf(t *testing.T) {
	half := fx.Rate{Base: ledger.USD, Quote: ledger.EUR, Value: decimal.New(1, 0), Per: decimal.New(2, 0), At: day}
	for _, c := range []struct{ minor, up, even int64 }{{1, 1, 0}, {3, 2, 2}, {5, 3, 2}, {7, 4, 4}, {4, 2, 2}} {
		for _, r := range []fx.Rate{half, rate(t, ledger.USD, ledger.EUR, "0.5")} {
			up, err := r.Of(ledger.Minor(c.minor, ledger.USD), ledger.RoundHalfUp)
			require.NoError(t, err)
			even, err := r.Of(ledger.Minor(c.minor, ledger.USD), ledger.RoundHalfEven)
			require.NoError(t, err)
			require.Equal(t, []int64{c.up, c.even}, []int64{up.Minor(), even.Minor()})
		}
	}
}

// Rates that nobody checked, such as those of a host's provider, are refused
// and never panic; one with a huge exponent is not worked with. Promise 71.
func TestOfRefuses(t *testing.T) {
	m := ledger.Minor(100, ledger.EUR)
	good := rate(t, ledger.EUR, ledger.USD, "1.1")
	with := func(change func(*fx.Rate)) fx.Rate {
		r := good
		change(&r)
		return r
	}
	for _, r := range []fx.Rate{
		{Base: ledger.EUR, Quote: ledger.USD},
		with(func(r *fx.Rate) { r.Per = decimal.Decimal{} }),
		with(func(r *fx.Rate) { r.Per = decimal.New(-1, 0) }),
		with(func(r *fx.Rate) { r.Per = decimal.New(1, 2_000_000_000) }),
		with(func(r *fx.Rate) { r.Per = decimal.New(1, -2_000_000_000) }),
		with(func(r *fx.Rate) { r.Value = decimal.New(1, 2_000_000_000) }),
		with(func(r *fx.Rate) { r.Value, r.Per = decimal.New(1, -2_000_000_000), decimal.New(3, 0) }),
	} {
		require.Error(t, r.Check())
		_, err := r.Of(m, ledger.RoundHalfEven)
		refused(t, err, "invalid_rate", "rate")
	}
	_, err := good.Of(ledger.Minor(100, ledger.USD), ledger.RoundHalfEven)
	refused(t, err, "currency_mismatch", "currency")
	_, err = good.Of(ledger.Money{}, ledger.RoundHalfEven)
	require.True(t, errors.Is(err, ledger.Invalid))
	_, err = good.Of(m, ledger.Rounding(99))
	refused(t, err, "invalid_rounding", "rounding")
}
