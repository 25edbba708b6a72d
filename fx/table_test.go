package fx_test

import (
	"context"
	"errors"
	"io"
	"math/big"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// ask asks a provider for a rate that it must know.
func ask(t require.TestingT, p fx.RateProvider, base, quote ledger.Currency) fx.Rate {
	r, err := p.Rate(context.Background(), base, quote, time.Time{})
	require.NoError(t, err)
	require.Equal(t, []ledger.Currency{base, quote}, []ledger.Currency{r.Base, r.Quote})
	require.NoError(t, r.Check())
	return r
}

// ratio is a rate as a fraction.
func ratio(r fx.Rate) *big.Rat { return new(big.Rat).Quo(r.Value.Rat(), r.Per.Rat()) }

func TestTable(t *testing.T) {
	rates := map[ledger.Currency]decimal.Decimal{
		ledger.USD: decimal.RequireFromString("1.1"), ledger.GBP: decimal.RequireFromString("0.85"), ledger.EUR: decimal.New(1, 0),
	}
	table, err := fx.NewTable(ledger.EUR, day, "test", rates)
	require.NoError(t, err)
	rates[ledger.USD] = decimal.New(2, 0) // the table has its own
	require.Equal(t, day, table.At())
	require.Equal(t, "1 EUR = 1.1 USD", ask(t, table, ledger.EUR, ledger.USD).String())
	require.Equal(t, "1.1 USD = 1 EUR", ask(t, table, ledger.USD, ledger.EUR).String()) // edge-case 83: no inverse is rounded
	require.Equal(t, "1.1 USD = 0.85 GBP", ask(t, table, ledger.USD, ledger.GBP).String())
	require.Equal(t, "1 JPY = 1 JPY", ask(t, table, ledger.JPY, ledger.JPY).String())
	require.Equal(t, "test", ask(t, table, ledger.GBP, ledger.USD).Source)
	require.Equal(t, day, ask(t, table, ledger.GBP, ledger.USD).At)
	for _, pair := range [][2]ledger.Currency{{ledger.EUR, ledger.JPY}, {ledger.JPY, ledger.EUR}, {ledger.JPY, ledger.CHF}, {ledger.EUR, 0}, {0, 0}} {
		_, err := table.Rate(t.Context(), pair[0], pair[1], day)
		require.ErrorIs(t, err, ledger.NotFound)
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "rate_not_found", e.Code)
	}
}

func TestNewTableRefuses(t *testing.T) {
	one := decimal.New(1, 0)
	for _, c := range []struct {
		pivot ledger.Currency
		rates map[ledger.Currency]decimal.Decimal
	}{
		{0, nil},
		{ledger.EUR, map[ledger.Currency]decimal.Decimal{ledger.USD: {}}},
		{ledger.EUR, map[ledger.Currency]decimal.Decimal{ledger.USD: decimal.New(-1, 0)}},
		{ledger.EUR, map[ledger.Currency]decimal.Decimal{ledger.USD: decimal.New(1, 2_000_000_000)}},
		{ledger.EUR, map[ledger.Currency]decimal.Decimal{ledger.USD: one, 0: one}},
		{ledger.EUR, map[ledger.Currency]decimal.Decimal{ledger.USD: one, ledger.EUR: decimal.New(2, 0)}}, // a euro of two euros
	} {
		_, err := fx.NewTable(c.pivot, day, "test", c.rates)
		refused(t, err, "invalid_rate", "rate")
	}
}

// Rates through a third currency are exact, consistent (a→b times b→c is a→c),
// and inverse to each other, whatever the table says.
func TestCrossRates(t *testing.T) {
	currencies := worldly(t)
	rapid.Check(t, func(t *rapid.T) {
		rates := make(map[ledger.Currency]decimal.Decimal)
		for _, c := range currencies[1:] {
			rates[c] = decimal.New(rapid.Int64Range(1, 1e15).Draw(t, c.String()), rapid.Int32Range(-14, 4).Draw(t, c.String()+" exponent"))
		}
		table, err := fx.NewTable(currencies[0], day, "test", rates)
		require.NoError(t, err)
		draw := func(label string) ledger.Currency { return rapid.SampledFrom(currencies).Draw(t, label) }
		a, b, c := draw("a"), draw("b"), draw("c")
		ab, bc, ac := ask(t, table, a, b), ask(t, table, b, c), ask(t, table, a, c)
		require.Zero(t, new(big.Rat).Mul(ratio(ab), ratio(bc)).Cmp(ratio(ac)))
		require.Zero(t, new(big.Rat).Inv(ratio(ab)).Cmp(ratio(ask(t, table, b, a))))

		m := ledger.Minor(rapid.Int64Range(0, 1e12).Draw(t, "minor"), a)
		for _, mode := range []ledger.Rounding{ledger.RoundHalfUp, ledger.RoundHalfEven} {
			want := round(worth(m, ratio(ac), big.NewRat(1, 1), c), mode)
			got, err := ac.Of(m, mode)
			if !want.IsInt64() {
				refused(t, err, "amount_too_large", "amount")
				continue
			}
			require.NoError(t, err)
			require.Equal(t, ledger.Minor(want.Int64(), c), got)
		}
	})
}

// exampleRates are what the example file says, by another reading of it.
func exampleRates(t *testing.T) map[string]string {
	data, err := os.ReadFile("eurofxref-daily.xml")
	require.NoError(t, err)
	list := make(map[string]string)
	for line := range strings.Lines(string(data)) {
		if p := strings.Split(line, "'"); len(p) == 5 && strings.Contains(line, "currency=") {
			list[p[1]] = p[3]
		}
	}
	return list
}

func TestExampleRates(t *testing.T) {
	example, err := fx.ExampleRates()
	require.NoError(t, err)
	require.NotEmpty(t, example.TestOnly()) // promise 67: it prices nothing real
	require.Equal(t, "2025-05-09", example.At().Format(time.DateOnly))
	want := exampleRates(t)
	require.Len(t, want, 30)
	for code, text := range want {
		c, err := ledger.ParseCurrency(code)
		require.NoError(t, err)
		r := ask(t, example, ledger.EUR, c)
		require.True(t, r.Value.Equal(decimal.RequireFromString(text)), code)
		require.Equal(t, "ECB 2025-05-09", r.Source)
		require.Equal(t, example.At(), r.At)
		for other := range want {
			o, _ := ledger.ParseCurrency(other)
			cross := new(big.Rat).Quo(decimal.RequireFromString(want[other]).Rat(), decimal.RequireFromString(text).Rat())
			if c == o {
				cross.SetInt64(1)
			}
			require.Zero(t, cross.Cmp(ratio(ask(t, example, c, o))), "%s in %s", code, other)
		}
	}
	// 163.36 yen are 1.1252 dollars: 1,000,000 yen are 6887.8549… dollars.
	m, err := ask(t, example, ledger.JPY, ledger.USD).Of(ledger.Minor(1_000_000, ledger.JPY), ledger.RoundHalfEven)
	require.NoError(t, err)
	require.Equal(t, "6887.86 USD", m.String())
}

// ecb is a small daily file.
const ecb = `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<gesmes:subject>Reference rates</gesmes:subject>
<Cube><Cube time="2026-03-02"><Cube currency="USD" rate="1.1"/><Cube currency="JPY" rate="160"/></Cube></Cube>
</gesmes:Envelope>
<!-- the end -->
`

func TestParseECB(t *testing.T) {
	for _, r := range []io.Reader{strings.NewReader(ecb), iotest.OneByteReader(strings.NewReader(ecb)), iotest.DataErrReader(strings.NewReader(ecb))} {
		table, err := fx.ParseECB(r)
		require.NoError(t, err)
		require.Equal(t, day, table.At())
		require.Equal(t, "1.1 USD = 160 JPY", ask(t, table, ledger.USD, ledger.JPY).String())
	}
}

// A currency that is not known, or is none, leaves the others alone: edge-case 97.
func TestParseECBLeavesOutUnknownCurrencies(t *testing.T) {
	for _, code := range []string{"AAA", "XAU"} {
		table, err := fx.ParseECB(strings.NewReader(strings.ReplaceAll(ecb, "USD", code)))
		require.NoError(t, err)
		require.Equal(t, "1 EUR = 160 JPY", ask(t, table, ledger.EUR, ledger.JPY).String())
		_, err = table.Rate(t.Context(), ledger.EUR, ledger.USD, day)
		require.ErrorIs(t, err, ledger.NotFound)
	}
}

// A broken file is refused whole, and says what is wrong with it.
func TestParseECBRefuses(t *testing.T) {
	const usd, second = `<Cube currency="USD" rate="1.1"/>`, `</Cube><Cube time="2026-03-03"><Cube currency="USD" rate="1.1"/></Cube>`
	for name, c := range map[string]struct{ old, new, code string }{
		"empty":               {ecb, ``, "invalid_rate_file"},
		"not XML":             {ecb, `{"USD":1.1}`, "invalid_rate_file"},
		"HTML":                {ecb, `<!DOCTYPE html><html><body>503</body></html>`, "invalid_rate_file"},
		"cut short":           {`</Cube></Cube>`, ``, "invalid_rate_file"},
		"another root":        {`gesmes:Envelope`, `gesmes:Letter`, "invalid_rate_file"},
		"another namespace":   {`http://www.gesmes.org/xml/2002-08-01`, `urn:x`, "invalid_rate_file"},
		"another encoding":    {`UTF-8`, `EBCDIC`, "invalid_rate_file"},
		"not UTF-8":           {`Reference`, "Ref\xff", "invalid_rate_file"},
		"an entity":           {`Reference`, `&lol;`, "invalid_rate_file"},
		"two files":           {ecb, ecb + ecb, "invalid_rate_file"},
		"something behind it": {`<!-- the end -->`, `!`, "invalid_rate_file"},
		"too long":            {`<!-- the end -->`, "<!--" + strings.Repeat(" ", 1<<20) + "-->", "invalid_rate_file"},
		"no day":              {` time="2026-03-02"`, ``, "invalid_rate_file"},
		"no such day":         {`2026-03-02`, `2026-02-30`, "invalid_rate_file"},
		"a moment":            {`2026-03-02`, `2026-03-02T16:00:00Z`, "invalid_rate_file"},
		"two days":            {`</Cube></Cube>`, second + `</Cube>`, "invalid_rate_file"},
		"no rates":            {usd + `<Cube currency="JPY" rate="160"/>`, ``, "invalid_rate_file"},
		"a currency twice":    {usd, usd + usd, "invalid_rate_file"},
		"a rate of none":      {usd, `<Cube rate="1.1"/>`, "invalid_currency"},
		"a small currency":    {`"USD"`, `"usd"`, "invalid_currency"},
		"no rate":             {` rate="1.1"`, ``, "invalid_rate"},
		"nothing":             {`"1.1"`, `"0"`, "invalid_rate"},
		"less than nothing":   {`"1.1"`, `"-1.1"`, "invalid_rate"},
		"a comma":             {`"1.1"`, `"1,1"`, "invalid_rate"},
		"an exponent":         {`"1.1"`, `"1e1000000000"`, "invalid_rate"},
		"not available":       {`"1.1"`, `"N/A"`, "invalid_rate"},
		"a euro of two":       {`"USD"`, `"EUR"`, "invalid_rate"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.ReplaceAll(ecb, c.old, c.new)
			require.NotEqual(t, ecb, bad)
			table, err := fx.ParseECB(strings.NewReader(bad))
			require.Nil(t, table)
			var e *ledger.Error
			require.ErrorAs(t, err, &e)
			require.ErrorIs(t, err, ledger.Invalid)
			require.Equal(t, c.code, e.Code)
			require.Less(t, len(err.Error()), 300)
		})
	}
	_, err := fx.ParseECB(iotest.ErrReader(errors.New("the line is down")))
	require.ErrorIs(t, err, ledger.Invalid)
}

// Whatever comes in, the parser answers with a table of proper rates or with an
// error of class Invalid: promise 71.
func FuzzParseECB(f *testing.F) {
	f.Add(ecb)
	f.Add(strings.ReplaceAll(ecb, "1.1", "1e9"))
	f.Add(strings.ReplaceAll(ecb, "USD", "EUR"))
	f.Add(ecb + ecb)
	f.Add(strings.Repeat("<Cube>", 5000))
	if data, err := os.ReadFile("eurofxref-daily.xml"); err == nil {
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := fx.ParseECB(strings.NewReader(text))
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			return
		}
		for _, c := range ledger.Currencies(day) {
			if r, err := table.Rate(t.Context(), c, ledger.EUR, day); err == nil {
				require.NoError(t, r.Check())
			}
		}
	})
}
