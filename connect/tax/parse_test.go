package tax_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/ledger"
)

const good = `{"countries":{"DE":{"authority":"de-vat","name":"VAT","included":true,"rates":{"standard":[{"value":"19","until":"2020-06-30","source":"law"},
 {"value":"16","from":"2020-07-01","source":"law"}],"reduced":[{"value":"7","source":"law"}]},"categories":{"books":[{"value":"reduced","source":"law"}]},
 "platformBy":[{"value":"always","source":"law"}],"regions":{"BE":{"authority":"be","name":"Berlin","rates":{"standard":[{"value":"1","source":"law"}]}}}}},
 "zones":{"EU":["DE","FR"]},"fees":[{"supplier":"EU","customer":"!EU","outcome":"out_of_scope","source":"law"}]}`

// badTables are what is wrong with a table, made from the good one.
var badTables = []struct{ field, old, new string }{
	{"", `{"countries"`, `[{"countries"`}, {"", `]}`, `]} {}`}, {"countries.DE.included", `"included":true`, `"included":null`},
	{"countries.DE.includes", `"included":true`, `"includes":true`},
	{"countries.DE.included", `"included":true`, `"included":true,"included":true`}, {"countries.DE.Included", `"included":true`, `"Included":true`},
	{"countries.de", `"DE":{`, `"de":{`}, {"countries.DE.authority", `"de-vat"`, `"DE VAT"`}, {"countries.DE.rounding", `"included":true`, `"rounding":"up"`},
	{"countries.DE.supply", `"included":true`, `"supply":"moon"`}, {"countries.DE.rates.standard", `"standard"`, `"normal"`},
	{"countries.DE.rates.standard[0].value", `"19"`, `"101"`}, {"countries.DE.rates.standard[0].value", `"19"`, `"1e300"`}, {"countries.DE.rates.standard[0].value", `"19"`, `"1e3000000000"`},
	{"countries.DE.rates.standard[0].value", `"19"`, `"1e2000000000"`}, {"countries.DE.rates.standard[0].value", `"value":"19",`, ``},
	{"countries.DE.rates.standard[0].value", `"19"`, `"-1"`}, {"countries.DE.rates.standard[1].from", `"2020-07-01"`, `"2020-06-30"`},
	{"countries.DE.rates.standard[1].from", `"2020-07-01"`, `"2020-7-1"`}, {"countries.DE.rates.reduced[0].source", `"7","source":"law"`, `"7","source":""`},
	{"countries.DE.categories.books[0].value", `"value":"reduced"`, `"value":"lower"`}, {"countries.DE.platformBy[0].value", `"always"`, `"often"`},
	{"countries.DE.regions.BE.authority", `"authority":"be"`, `"authority":""`}, {"zones.EU", `"FR"`, `"France"`},
	{"fees[0].outcome", `"out_of_scope"`, `"free"`}, {"fees[0].source", `"out_of_scope","source":"law"`, `"out_of_scope","source":""`},
	{"fees[0].supplier", `"supplier":"EU"`, `"supplier":"!"`}, {"fees[0].from", `"outcome"`, `"from":"2020-13-01","outcome"`},
}

// A table that is none is refused with the field that is wrong (promise 71).
func TestParseRefuses(t *testing.T) {
	_, err := tax.Parse([]byte(good))
	require.NoError(t, err)
	for _, x := range badTables {
		text := strings.Replace(good, x.old, x.new, 1)
		require.NotEqual(t, good, text, x)
		_, err := tax.Parse([]byte(text))
		var e *ledger.Error
		require.ErrorAs(t, err, &e, "%v", x)
		require.Equal(t, []any{ledger.Invalid, "invalid_tax_table", x.field}, []any{e.Class, e.Code, e.Field}, "%v: %v", x, err)
	}
	for _, text := range []string{"", "null", "5", strings.Repeat(" ", 5<<20), strings.Repeat(`{"zones":`, 50), `{"countries":{"DE":null}}`} {
		_, err := tax.Parse([]byte(text))
		require.ErrorIs(t, err, ledger.Invalid, text[:min(len(text), 20)])
	}
	_, err = tax.Builtin().With(map[string]*tax.Country{"XX": nil})
	require.ErrorIs(t, err, ledger.Invalid)
}

// A host may begin with a table of nothing.
func TestWithOnATableOfNothing(t *testing.T) {
	none, err := tax.Parse([]byte("{}"))
	require.NoError(t, err)
	one, err := none.With(map[string]*tax.Country{"DE": tax.Builtin().Countries["DE"]})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"goods ": 1900}, taxes(t, one, sale("2026-01-02", "DE", goods(11900, ""))))
}

// FuzzParse: any input is a table that is written and read again as it is, and that
// answers every sale, or an error of its type (promise 71).
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	for _, x := range badTables {
		f.Add([]byte(strings.Replace(good, x.old, x.new, 1)))
	}
	data, err := os.ReadFile("data/table.json")
	require.NoError(f, err)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := tax.Parse(data)
		if err != nil {
			var e *ledger.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "invalid_tax_table", e.Code)
			require.Less(t, len(err.Error()), 2000)
			return
		}
		text, err := json.Marshal(table)
		require.NoError(t, err)
		again, err := tax.Parse(text)
		require.NoError(t, err)
		left, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(text), string(left))
		for country := range table.Countries {
			r, err := table.Tax(t.Context(), sale("2026-01-02", country, goods(10000, ""), goods(999, "books")))
			if err != nil {
				require.ErrorIs(t, err, ledger.Invalid)
				continue
			}
			for _, a := range r.Taxes {
				require.True(t, a.Amount.Sign() >= 0 && (!a.Included || a.Amount.Minor() <= 10000))
			}
		}
	})
}
