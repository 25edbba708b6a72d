package fx_test

import (
	"encoding/csv"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// history is the European Central Bank's reference rates of every day from 1999
// to 2023, newest first.
type history struct {
	header []string
	rows   [][]string
}

func readHistory(t *testing.T) history {
	rows := readCSV(t, "fx-ecb/eurofxref-hist-to-2023.csv.gz")
	require.Greater(t, len(rows), 6000)
	return history{rows[0], rows[1:]}
}

func readCSV(t *testing.T, name string) [][]string {
	f := shareddata.Open(t, name)
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	require.NoError(t, err)
	return rows
}

// table is the list of one row. Currencies that are gone still parse, so that
// rates of old books can be read.
func (h history) table(t *testing.T, row []string) *fx.Table {
	at, err := time.Parse(time.DateOnly, row[0])
	require.NoError(t, err)
	rates := make(map[ledger.Currency]decimal.Decimal)
	for i, text := range row {
		if i == 0 || text == "" || text == "N/A" {
			continue
		}
		c, err := ledger.ParseCurrency(h.header[i])
		require.NoError(t, err)
		r, err := fx.ParseRate(ledger.EUR, c, text, at, "ECB")
		require.NoError(t, err, "%s %s", row[0], h.header[i])
		rates[c] = r.Value
	}
	table, err := fx.NewTable(ledger.EUR, at, "ECB", rates)
	require.NoError(t, err)
	return table
}

// lastBefore is the newest row of or before a day, the oldest if there is none.
func (h history) lastBefore(day string) []string {
	for _, row := range h.rows {
		if row[0] <= day {
			return row
		}
	}
	return h.rows[len(h.rows)-1]
}

// Every hundredth day of 25 years: cross rates of all currencies of the day
// price 12345.67 (or so) exactly as fractions do. Edge-case 83.
func TestHistoryCrossRates(t *testing.T) {
	h := readHistory(t)
	days, pairs := 0, 0
	for i := 0; i < len(h.rows); i += 100 {
		row := h.rows[i]
		table := h.table(t, row)
		days++
		for a := range h.header {
			for b := range h.header {
				if a == 0 || b == 0 || a == b || !quoted(row[a]) || !quoted(row[b]) {
					continue
				}
				from, _ := ledger.ParseCurrency(h.header[a])
				to, _ := ledger.ParseCurrency(h.header[b])
				m := ledger.Minor(1_234_567, from)
				got, err := ask(t, table, from, to).Of(m, ledger.RoundHalfEven)
				require.NoError(t, err)
				value, _ := new(big.Rat).SetString(row[b])
				per, _ := new(big.Rat).SetString(row[a])
				if want := round(worth(m, value, per, to), ledger.RoundHalfEven); want.Int64() != got.Minor() {
					require.Fail(t, "inexact", "%s: %s is %s, not %s minor units", row[0], m, got, want)
				}
				pairs++
			}
		}
	}
	require.Greater(t, days, 60)
	require.Greater(t, pairs, 50_000)
}

func quoted(cell string) bool { return cell != "" && cell != "N/A" }

// The cases of another converter, as far as one list of rates can express them:
// where it falls back to another day, that day's list is asked.
func TestConverterCases(t *testing.T) {
	h := readHistory(t)
	for _, row := range readCSV(t, "fx-ecb/convert-cases-currencyconverter.csv")[1:] {
		amount, from, to, date, expected := row[0], row[1], row[2], row[3], row[4]
		if date == "" {
			date = "2023-12-29"
		}
		table := h.table(t, h.lastBefore(date))
		base, err := ledger.ParseCurrency(from)
		if expected == "ERROR" {
			require.ErrorIs(t, err, ledger.Invalid, row)
			continue
		}
		require.NoError(t, err)
		quote, err := ledger.ParseCurrency(to)
		require.NoError(t, err)
		m, err := ledger.ParseAmount(amount, base)
		require.NoError(t, err)
		got, err := ask(t, table, base, quote).Of(m, ledger.RoundHalfEven)
		require.NoError(t, err)
		words := strings.Fields(expected) // "ERROR_OR_FALLBACK 5.11…", "FALLBACK linear 9.02… ; last_known 9.01…"
		want, err := ledger.FromDecimal(decimal.RequireFromString(words[len(words)-1]), quote, ledger.RoundHalfEven)
		require.NoError(t, err)
		require.Equal(t, want, got, row)
	}
}

// The daily file as the bank publishes it is read; the file of ninety days,
// which looks alike, is not taken for one.
func TestPublishedFiles(t *testing.T) {
	f := shareddata.Open(t, "fx-ecb/eurofxref-daily.xml")
	defer f.Close()
	table, err := fx.ParseECB(f)
	require.NoError(t, err)
	require.Equal(t, "1.1252 USD = 163.36 JPY", ask(t, table, ledger.USD, ledger.JPY).String())
	many := shareddata.Open(t, "fx-ecb/eurofxref-hist-90d-2017.xml")
	defer many.Close()
	_, err = fx.ParseECB(many)
	refused(t, err, "invalid_rate_file", "file")
}
