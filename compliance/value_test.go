package compliance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// A value is of one kind, and is nothing of any other; what is empty is missing.
func TestValues(t *testing.T) {
	third, err := compliance.OfDecimal(decimal.RequireFromString("0.3333"))
	require.NoError(t, err)
	amount := ledger.Minor(310, ledger.EUR)
	for text, v := range map[string]compliance.Value{
		"missing": {}, "true": compliance.OfTruth(compliance.True), "-7": compliance.OfWhole(-7), "0.3333": third, "3.10 EUR": compliance.OfMoney(amount),
		"1h0m0s": compliance.OfDuration(time.Hour), `"a\nb"`: compliance.OfText("a\nb"),
	} {
		require.Equal(t, text, v.String())
		require.Equal(t, text == "missing", v.Missing())
		require.Equal(t, v.Kind() == compliance.MoneyValue, v.Money() == amount, text)
		require.Equal(t, v.Kind() == compliance.DurationValue, v.Duration() == time.Hour, text)
		require.Equal(t, v.Kind() == compliance.TextValue, v.Text() != "", text)
		require.Equal(t, v.Kind() == compliance.TruthValue, v.Truth() == compliance.True, text)
		require.Equal(t, v.Kind() == compliance.NumberValue, !v.Decimal().IsZero(), text)
	}
	require.True(t, compliance.OfText("").Missing())
	require.True(t, compliance.OfMoney(ledger.Money{}).Missing())
	require.False(t, compliance.OfMoney(ledger.Zero(ledger.EUR)).Missing())
	kinds := map[string]bool{}
	for k := compliance.NoValue; k <= compliance.TextValue; k++ {
		kinds[k.String()] = true
	}
	require.Len(t, kinds, 6)
}

// Numbers are exact, and bounded: an exponent of a billion is refused at once
// (edge-case 15).
func TestNumbers(t *testing.T) {
	for _, d := range []decimal.Decimal{
		decimal.New(1, 2_000_000_000), decimal.New(1, -2_000_000_000), decimal.New(1, 41), decimal.New(1, -41), decimal.RequireFromString(strings.Repeat("9", 41)),
	} {
		_, err := compliance.OfDecimal(d)
		refused(t, err, "invalid_number", "number")
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (decimal.Decimal, compliance.Value) {
			d := decimal.New(rapid.Int64().Draw(t, name), rapid.Int32Range(-20, 20).Draw(t, name+" exponent"))
			v, err := compliance.OfDecimal(d)
			require.NoError(t, err)
			require.True(t, v.Decimal().Equal(d))
			return d, v
		}
		a, x := draw("a")
		b, y := draw("b")
		require.Equal(t, a.Cmp(b), x.CmpNumber(y))
		require.Equal(t, 0, x.CmpNumber(x))
	})
}

// Fold agrees with strings.EqualFold.
func TestFold(t *testing.T) {
	runes := []rune("aAkK\u212asS\u017fåÅ\u212bσςΣßẞiIİıǅǆǄé日\ufffd1 ")
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string {
			return string(rapid.SliceOfN(rapid.SampledFrom(runes), 0, 3).Draw(t, name)) + rapid.SampledFrom([]string{"", "\xff", "\xe2"}).Draw(t, name+" end")
		}
		a, b := text("a"), text("b")
		require.Equal(t, strings.EqualFold(a, b), compliance.Fold(a) == compliance.Fold(b), "%q %q", a, b)
		require.Equal(t, compliance.Fold(a), compliance.Fold(compliance.Fold(a)))
		require.Equal(t, compliance.Fold(a), string(compliance.AppendFold(nil, a)))
	})
	require.Equal(t, "ann@example.com", compliance.Fold("Ann@EXAMPLE.com"))
	require.Equal(t, "already", compliance.Fold("already"))
}

// Amounts of one currency are compared as they are; of two by a rate of that pair in
// that direction, exactly, and otherwise not at all (edge-case 83).
func TestCmpMoney(t *testing.T) {
	p := compliance.Payment{Rates: []compliance.PaymentRate{
		{Base: ledger.EUR, Quote: ledger.JPY, Value: decimal.RequireFromString("163.55"), Per: decimal.New(1, 0)},
		{Base: ledger.USD, Quote: ledger.EUR, Value: decimal.New(1, 0), Per: decimal.New(-1, 0)},
		{Base: ledger.USD, Quote: ledger.EUR, Value: decimal.New(1, 0), Per: decimal.New(3, 0)},
	}}
	for _, c := range []struct {
		a, b ledger.Money
		n    int
		ok   bool
	}{
		{ledger.Minor(5, ledger.EUR), ledger.Minor(7, ledger.EUR), -1, true},
		{ledger.Minor(100, ledger.EUR), ledger.Minor(163, ledger.JPY), 1, true},
		{ledger.Minor(100, ledger.EUR), ledger.Minor(164, ledger.JPY), -1, true},
		{ledger.Minor(10000, ledger.EUR), ledger.Minor(16355, ledger.JPY), 0, true},
		{ledger.Minor(300, ledger.USD), ledger.Minor(100, ledger.EUR), 0, true}, // three for one, and the rate that is none is passed over
		{ledger.Minor(163, ledger.JPY), ledger.Minor(100, ledger.EUR), 0, false},
		{ledger.Minor(163, ledger.GBP), ledger.Minor(100, ledger.EUR), 0, false},
		{ledger.Money{}, ledger.Money{}, 0, false},
		{ledger.Money{}, ledger.Minor(100, ledger.EUR), 0, false},
	} {
		n, ok := p.CmpMoney(c.a, c.b)
		require.Equal(t, []any{c.n, c.ok}, []any{n, ok}, "%s %s", c.a, c.b)
	}
}

// Codes of countries are looked up in either case.
func TestIsCountry(t *testing.T) {
	for _, code := range []string{"US", "us", "uS", "KP", "ZW", "AD"} {
		require.True(t, compliance.IsCountry(code), code)
	}
	for _, code := range []string{"", "U", "USA", "UK", "EU", "XK", "U1", "@A", "é"} {
		require.False(t, compliance.IsCountry(code), code)
	}
}
