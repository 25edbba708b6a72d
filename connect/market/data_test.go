package market_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
)

// shipped is what the data say of a country on the day of at, for its own sellers.
type shipped struct {
	currency  ledger.Currency
	languages string // the first, and what a reader of French gets
	level     market.Level
	prices    market.TaxDisplay
	cash      string // 10.23 in cash
	scheme    string // of bank debits
}

var countries = map[string]shipped{
	"AT": {ledger.EUR, "de de", market.Required, market.WithTax, "10.23 EUR", "sepa"},
	"AU": {ledger.AUD, "en en", market.Optional, market.WithTax, "10.25 AUD", "becs"},
	"BE": {ledger.EUR, "nl fr", market.Required, market.WithTax, "10.25 EUR", "sepa"},
	"CA": {ledger.CAD, "en fr", market.Optional, market.WithoutTax, "10.25 CAD", "pad"},
	"CH": {ledger.CHF, "de fr", market.Optional, market.WithTax, "10.25 CHF", ""},
	"DE": {ledger.EUR, "de de", market.Required, market.WithTax, "10.23 EUR", "sepa"},
	"DK": {ledger.DKK, "da da", market.Required, market.WithTax, "10.00 DKK", ""},
	"ES": {ledger.EUR, "es es", market.Required, market.WithTax, "10.23 EUR", "sepa"},
	"FI": {ledger.EUR, "fi fi", market.Required, market.WithTax, "10.25 EUR", "sepa"},
	"FR": {ledger.EUR, "fr fr", market.Required, market.WithTax, "10.23 EUR", "sepa"},
	"GB": {ledger.GBP, "en en", market.Required, market.WithTax, "10.23 GBP", "bacs"},
	"IE": {ledger.EUR, "en en", market.Required, market.WithTax, "10.25 EUR", "sepa"},
	"IT": {ledger.EUR, "it it", market.Required, market.WithTax, "10.25 EUR", "sepa"},
	"LU": {ledger.EUR, "fr fr", market.Required, market.WithTax, "10.23 EUR", "sepa"},
	"NL": {ledger.EUR, "nl nl", market.Required, market.WithTax, "10.25 EUR", "sepa"},
	"NO": {ledger.NOK, "nb nb", market.Required, market.WithTax, "10.00 NOK", ""},
	"SE": {ledger.SEK, "sv sv", market.Required, market.WithTax, "10.00 SEK", ""},
	"US": {ledger.USD, "en en", market.Optional, market.WithoutTax, "10.23 USD", "ach"},
}

// All 18 countries ship, with everything that is asked of a market.
func TestCountries(t *testing.T) {
	require.Equal(t, compliance.Countries(), market.Builtin().Countries())
	require.Len(t, countries, 18)
	for code, want := range countries {
		v := market.Builtin().View(code, at, nil)
		require.True(t, v.Known(), code)
		own, ok := compliance.DefaultCurrency(code)
		require.True(t, ok)
		require.Equal(t, own, want.currency, code)
		cash, err := v.Cash(own).Value.Round(ledger.Minor(1023, own))
		require.NoError(t, err)
		is := shipped{
			currency: v.Currency().Value, languages: v.Language("") + " " + v.Language("fr-CA"),
			level: v.Authentication(code).Value.Level, prices: v.Prices().Value, cash: cash.String(),
		}
		// Card is shown and nothing else: bank debits and bitcoin wait for the host.
		shown, hidden := v.Offers(&market.Sale{Amount: ledger.Minor(1000, own), Seller: code})
		require.Len(t, shown, 1, code)
		require.Equal(t, "card", shown[0].Method, code)
		require.Equal(t, []string{"amex", "mastercard", "visa"}, shown[0].Brands, code)
		require.Equal(t, want.level, shown[0].Authentication, code)
		for _, h := range hidden {
			require.Equal(t, market.NotConfirmed, h.Reason, code)
		}
		is.scheme = schemeOf(t, code)
		require.Equal(t, want, is, code)
		require.Equal(t, market.Descriptor{Min: 5, Max: 22, Forbidden: `<>\'"*`, Letter: true}, v.Descriptor().Value, code)
	}
}

// schemeOf is how bank debits are called in a country, once a host has confirmed
// them.
func schemeOf(t *testing.T, code string) string {
	s, err := market.Builtin().With(market.Rules{Country: code, Methods: map[string]*market.Method{"bank_debit": {Offered: market.Is(true)}}})
	require.NoError(t, err)
	v := s.View(code, at, nil)
	shown, _ := v.Offers(&market.Sale{Amount: ledger.Minor(1000, v.Currency().Value), Seller: code})
	if i := slices.IndexFunc(shown, func(o market.Offer) bool { return o.Method == "bank_debit" }); i >= 0 && shown[i].Scheme != "" {
		require.Equal(t, "mandate", shown[i].Text)
		require.Equal(t, market.Optional, shown[i].Authentication, "authentication is about cards")
		text, in := v.Text("mandate", v.Language(""))
		require.NotNil(t, text)
		require.Contains(t, []string{"en", "de"}, in)
		require.Contains(t, text.Value, "{platform}")
		return shown[i].Scheme
	}
	return ""
}

// Every fact of every file names its source, and no country says what all say.
func TestFiles(t *testing.T) {
	list, err := os.ReadDir("data")
	require.NoError(t, err)
	require.Len(t, list, 19)
	for _, f := range list {
		data, err := os.ReadFile("data/" + f.Name())
		require.NoError(t, err)
		r, err := market.Parse(data)
		require.NoError(t, err, f.Name())
		require.Equal(t, strings.TrimSuffix(f.Name(), ".json"), orAll(r.Country))
		var tree any
		require.NoError(t, json.Unmarshal(data, &tree))
		facts := 0
		eachFact(tree, func(fact map[string]any) {
			facts++
			require.NotEmpty(t, fact["source"], "%s: %v", f.Name(), fact["value"])
		})
		require.Greater(t, facts, 4, f.Name())
		again, err := json.Marshal(r)
		require.NoError(t, err)
		require.JSONEq(t, string(data), string(again), "what is read is what stands there")
	}
}

func orAll(country string) string {
	if country == "" {
		return "all"
	}
	return country
}

func eachFact(tree any, fn func(map[string]any)) {
	switch tree := tree.(type) {
	case map[string]any:
		if _, ok := tree["value"]; ok {
			fn(tree)
			return
		}
		for _, v := range tree {
			eachFact(v, fn)
		}
	case []any:
		for _, v := range tree {
			eachFact(v, fn)
		}
	}
}

// A rule that begins on a day holds from midnight in UTC, wherever the host is,
// and to the end of its last.
func TestDates(t *testing.T) {
	day := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return moment
	}
	for _, c := range []struct {
		country, seller, at string
		want                market.Level
	}{
		{"DE", "FR", "2019-09-13T23:59:59Z", market.Optional},
		{"DE", "FR", "2019-09-14T00:00:00Z", market.Expected},
		{"DE", "FR", "2020-12-31T23:59:59Z", market.Expected},
		{"DE", "FR", "2021-01-01T00:59:59+01:00", market.Expected}, // midnight in Berlin is an hour too early
		{"DE", "FR", "2021-01-01T00:00:00Z", market.Required},
		{"DE", "FR", "2020-12-31T19:00:00-05:00", market.Required},
		{"DE", "US", "2021-01-01T00:00:00Z", market.Optional}, // the seller's bank is not bound
		{"DE", "GB", "2020-12-31T00:00:00Z", market.Expected},
		{"DE", "GB", "2021-01-01T00:00:00Z", market.Optional}, // which has left
		{"GB", "GB", "2022-03-13T23:59:59Z", market.Expected},
		{"GB", "GB", "2022-03-14T00:00:00Z", market.Required},
		{"GB", "DE", "2022-03-14T00:00:00Z", market.Optional},
		{"US", "DE", "2026-03-02T00:00:00Z", market.Optional},
		{"DE", "", "2026-03-02T00:00:00Z", market.Optional},
	} {
		v := market.Builtin().View(c.country, day(c.at), nil)
		require.Equal(t, c.want, v.Authentication(c.seller).Value.Level, "%s %s %s", c.country, c.seller, c.at)
	}
	for text, want := range map[string]string{"2010-09-30T23:59:59Z": "10.50 SEK", "2010-10-01T00:00:00Z": "10.00 SEK"} {
		v := market.Builtin().View("SE", day(text), nil)
		cash, err := v.Cash(ledger.SEK).Value.Round(ledger.Minor(1049, ledger.SEK))
		require.NoError(t, err)
		require.Equal(t, want, cash.String(), text)
	}
}
