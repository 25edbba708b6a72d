package ledger_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
)

var (
	_ encoding.TextMarshaler   = ledger.Money{}
	_ encoding.TextUnmarshaler = (*ledger.Money)(nil)
	_ driver.Valuer            = ledger.Money{}
	_ sql.Scanner              = (*ledger.Money)(nil)
	_ driver.Valuer            = ledger.EUR
	_ sql.Scanner              = (*ledger.Currency)(nil)
)

func TestMoneyJSON(t *testing.T) {
	for want, m := range map[string]ledger.Money{
		`{"amountMinor":1234,"currency":"EUR"}`:                   ledger.Minor(1234, ledger.EUR),
		`{"amountMinor":0,"currency":"JPY"}`:                      ledger.Zero(ledger.JPY),
		`{"amountMinor":9007199254740993,"currency":"EUR"}`:       ledger.Minor(1<<53+1, ledger.EUR),
		`{"amountMinor":-9223372036854775808,"currency":"EUR"}`:   ledger.Minor(math.MinInt64, ledger.EUR),
		`{"amountMinor":1500000,"currency":"USDC/6"}`:             ledger.Minor(1_500_000, moneyCurrency(t, "USDC/6")), // edge-case 82
		`{"amountMinor":1,"currency":"DEM"}`:                      ledger.Minor(1, ledger.DEM),                         // old books stay readable
		`{"amountMinor":9223372036854775807,"currency":"Z99/12"}`: ledger.Minor(math.MaxInt64, moneyCurrency(t, "Z99/12")),
		`null`: {},
	} {
		data, err := json.Marshal(m)
		require.NoError(t, err)
		require.Equal(t, want, string(data))
		var back ledger.Money
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, m, back)

		// Quoted is for readers that hold numbers in 53 bits.
		data, err = json.Marshal(ledger.Quoted(m))
		require.NoError(t, err)
		if m != (ledger.Money{}) {
			require.Equal(t, fmt.Sprintf(`{"amountMinor":"%d","currency":"%s"}`, m.Minor(), m.Currency()), string(data))
		}
		var quoted ledger.Quoted
		require.NoError(t, json.Unmarshal(data, &quoted))
		require.Equal(t, ledger.Quoted(m), quoted)
		require.NoError(t, json.Unmarshal(data, &back), "both forms are read by both types")
		require.Equal(t, m, back)
	}
}

// What MarshalJSON would not write but means the same.
func TestMoneyJSONIsReadInAnyLayout(t *testing.T) {
	for _, text := range []string{
		` { "currency" : "EUR" , "amountMinor" : 5 } `,
		"{\n\t\"amountMinor\": \"5\",\n\t\"currency\": \"\\u0045UR\"\n}",
		`{"amountMinor":"5","currency":"EUR"}`,
	} {
		var m ledger.Money
		require.NoError(t, json.Unmarshal([]byte(text), &m), text)
		require.Equal(t, ledger.Minor(5, ledger.EUR), m)
	}
	m := ledger.Minor(1, ledger.EUR)
	require.NoError(t, json.Unmarshal([]byte("null"), &m))
	require.Equal(t, ledger.Money{}, m)
}

func TestMoneyJSONRefuses(t *testing.T) {
	amount := func(text string) string { return `{"amountMinor":` + text + `,"currency":"EUR"}` }
	for text, code := range map[string]string{
		amount("9223372036854775808"):  "invalid_amount", // promise 6: it does not wrap on the way in
		amount("-9223372036854775809"): "invalid_amount",
		amount("18446744073709551616"): "invalid_amount",
		amount("1e3"):                  "invalid_amount",
		amount("1E400"):                "invalid_amount",
		amount("1e99999999"):           "invalid_amount",
		amount("0.1"):                  "invalid_amount",
		amount("1.0"):                  "invalid_amount",
		amount("-0"):                   "invalid_amount",
		amount("true"):                 "invalid_amount",
		amount("null"):                 "invalid_amount",
		amount("[100]"):                "invalid_amount",
		amount(`{"value":100}`):        "invalid_amount",
		amount(`""`):                   "invalid_amount",
		amount(`"1,00"`):               "invalid_amount",
		amount(`" 100"`):               "invalid_amount",
		amount(`"+1"`):                 "invalid_amount",
		amount(`"0x10"`):               "invalid_amount",
		amount(`"٣"`):                  "invalid_amount",
		amount(`"１００"`):                "invalid_amount",
		`{}`:                           "invalid_amount",
		`{"amountMinor":1}`:            "invalid_amount",
		`{"currency":"EUR"}`:           "invalid_amount",
		`{"amountMinor":1,"currency":"EUR","x":1}`:            "invalid_amount",
		`{"amountMinor":1,"amountMinor":2,"currency":"EUR"}`:  "invalid_amount",
		`{"amountMinor":1,"currency":"EUR","currency":"USD"}`: "invalid_amount",
		`{"AmountMinor":1,"currency":"EUR"}`:                  "invalid_amount",
		`{"amount_minor":1,"currency":"EUR"}`:                 "invalid_amount",
		`{"amountMinor":1,"currency":978}`:                    "invalid_amount",
		`{"amountMinor":1,"currency":null}`:                   "invalid_amount",
		`{"amountMinor":1,"currency":{"code":"EUR"}}`:         "invalid_amount",
		`[1,"EUR"]`:                           "invalid_amount",
		`"12.34 EUR"`:                         "invalid_amount",
		`12`:                                  "invalid_amount",
		`true`:                                "invalid_amount",
		`{"amountMinor":1,"currency":""}`:     "invalid_currency",
		`{"amountMinor":1,"currency":"eur"}`:  "invalid_currency",
		`{"amountMinor":1,"currency":"USDC"}`: "invalid_currency",
		`{"amountMinor":1,"currency":"XXX"}`:  "unsupported_currency",
		`{"amountMinor":1,"currency":"` + "E\\u0000R" + `"}`:   "invalid_currency",
		`{"amountMinor":1,"currency":"\ud800"}`:                "invalid_currency",
		`{"amountMinor":1,"currency":"EUR"` + `,"currency":1}`: "invalid_amount",
	} {
		m := ledger.Minor(7, ledger.USD)
		moneyRefused(t, json.Unmarshal([]byte(text), &m), code)
		require.Equal(t, ledger.Minor(7, ledger.USD), m, "an error changes nothing")
	}
	// UnmarshalJSON by hand, without encoding/json in front of it.
	for _, text := range []string{``, `{`, `{"amountMinor":1`, amount("1") + "}", amount("1") + amount("2"), amount("1") + " x", `{"amountMinor":1 "currency":"EUR"}`, amount("1,"), amount("")} {
		var m ledger.Money
		moneyRefused(t, m.UnmarshalJSON([]byte(text)), "invalid_amount")
		require.Zero(t, m)
	}
}

func TestMoneyWithoutCurrencyIsNotWritten(t *testing.T) {
	for _, m := range []ledger.Money{ledger.Minor(5, 0), ledger.Minor(5, 12345), ledger.Minor(0, 1<<63)} {
		_, err := json.Marshal(m)
		require.ErrorIs(t, err, ledger.Invalid)
		_, err = json.Marshal(ledger.Quoted(m))
		require.ErrorIs(t, err, ledger.Invalid)
		_, err = m.MarshalText()
		moneyRefused(t, err, "invalid_currency")
		_, err = m.Value()
		moneyRefused(t, err, "invalid_currency")
	}
}

func FuzzMoneyJSON(f *testing.F) {
	for _, seed := range []string{
		`{"amountMinor":1234,"currency":"EUR"}`, `{"amountMinor":"-9223372036854775808","currency":"USDC/6"}`, `{"currency":"JPY","amountMinor":0}`,
		`null`, "\tnull\r\n", "null\v", `{"amountMinor":1e3,"currency":"EUR"}`, `{"amountMinor":-0,"currency":"EUR"}`, `{"amountMinor":01,"currency":"EUR"}`, ` {} `, `{"amountMinor":1,"currency":"EUR"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m ledger.Money
		if err := m.UnmarshalJSON(data); err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			require.Zero(t, m)
			return
		}
		require.True(t, json.Valid(data), "what is read is JSON: %q", data)
		again, err := m.MarshalJSON()
		require.NoError(t, err)
		var back ledger.Money
		require.NoError(t, back.UnmarshalJSON(again))
		require.Equal(t, m, back)
		if m == (ledger.Money{}) {
			return
		}
		// encoding/json, told nothing of money, must see the same.
		var fields struct {
			AmountMinor json.Number
			Currency    string
		}
		require.NoError(t, json.Unmarshal(data, &fields))
		require.Equal(t, fmt.Sprint(m.Minor()), fields.AmountMinor.String())
		require.Equal(t, m.Currency().String(), fields.Currency)
	})
}

// edge-case 82: every amount survives text, JSON and SQL, and every
// currency a map's key too.
func TestMoneySurvivesEveryEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := ledger.Minor(moneyInt64(t, "minor"), moneyCurrency(t, rapid.SampledFrom(moneyDigits).Draw(t, "currency")))
		type document struct {
			Amount ledger.Money
			Quoted ledger.Quoted
			Where  map[ledger.Currency]ledger.Money
		}
		doc := document{m, ledger.Quoted(m), map[ledger.Currency]ledger.Money{m.Currency(): m}}
		data, err := json.Marshal(doc)
		require.NoError(t, err)
		var back document
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, doc, back)

		value, err := m.Value()
		require.NoError(t, err)
		require.Equal(t, m.String(), value)
		for _, src := range []any{value, []byte(value.(string))} {
			var scanned ledger.Money
			require.NoError(t, scanned.Scan(src))
			require.Equal(t, m, scanned)
		}
		value, err = m.Currency().Value()
		require.NoError(t, err)
		var c ledger.Currency
		require.NoError(t, c.Scan(value))
		require.Equal(t, m.Currency(), c)
	})
}

func TestScan(t *testing.T) {
	m, c := ledger.Minor(1, ledger.EUR), ledger.EUR
	moneyRefused(t, m.Scan(12.34), "invalid_amount") // no way in through floating point
	moneyRefused(t, m.Scan(int64(12)), "invalid_amount")
	moneyRefused(t, m.Scan("12.345 EUR"), "invalid_amount")
	moneyRefused(t, c.Scan(int64(978)), "invalid_currency")
	moneyRefused(t, c.Scan("eur"), "invalid_currency")
	require.Equal(t, ledger.Minor(1, ledger.EUR), m)
	require.Equal(t, ledger.EUR, c)
	require.NoError(t, m.Scan(nil))
	require.NoError(t, c.Scan(nil))
	require.Equal(t, ledger.Money{}, m)
	require.Zero(t, c)
	for _, v := range []driver.Valuer{m, c} {
		value, err := v.Value()
		require.NoError(t, err)
		require.Nil(t, value, "nothing is NULL")
	}
	text, err := m.MarshalText()
	require.NoError(t, err)
	require.Empty(t, text)
	require.NoError(t, m.UnmarshalText(nil))
	require.NoError(t, c.UnmarshalText([]byte(strings.TrimSpace(" "))))
}
