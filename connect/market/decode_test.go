package market_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
)

func requireRefusal(t *testing.T, err error, code, field string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{ledger.Invalid, code, field}, []any{e.Class, e.Code, e.Field}, "%v", err)
}

// fact is a fact of a field with a source.
func fact(field, value string) string {
	return `{"` + field + `":[{"value":` + value + `,"source":"x"}]}`
}

var badRules = []struct{ text, field string }{
	{``, ""}, {`[]`, ""}, {`{`, ""}, {`{} {}`, ""}, {`null`, ""}, {`"x"`, ""},
	{`{"Country":"NZ"}`, "Country"},
	{`{"country":"nz"}`, "country"}, {`{"country":"NZL"}`, "country"}, {`{"country":7}`, "country"}, {`{"country":null}`, "country"},
	{`{"country":"NZ","country":"AU"}`, "country"},
	{`{"currency":{}}`, "currency"},
	{`{"currency":["NZD"]}`, "currency[0]"},
	{`{"currency":[{"value":"NZD"}]}`, "currency[0].source"},
	{`{"currency":[{"value":"NZD","source":""}]}`, "currency[0].source"},
	{`{"currency":[{"value":"NZD","source":"` + strings.Repeat("x", 501) + `"}]}`, "currency[0].source"},
	{`{"currency":[{"value":"NZD","source":"x","note":"y"}]}`, "currency[0].note"},
	{`{"currency":[{"source":"x"}]}`, "currency[0].value"},
	{fact("currency", `"nzd"`), "currency[0].value"}, {fact("currency", `"XAU"`), "currency[0].value"},
	{`{"currency":[{"value":"NZD","source":"x","from":"2026-02-30"}]}`, "currency[0].from"},
	{`{"currency":[{"value":"NZD","source":"x","from":"2026-3-1"}]}`, "currency[0].from"},
	{`{"currency":[{"value":"NZD","source":"x","from":"2026-03-02","until":"2026-03-01"}]}`, "currency[0].until"},
	{`{"currency":[{"value":"NZD","source":"x"},{"value":"AUD","source":"x","from":"2026-03-02"}]}`, "currency[1].from"},
	{`{"currency":[{"value":"NZD","source":"x","until":"2026-03-02"},{"value":"AUD","source":"x","from":"2026-03-02"}]}`, "currency[1].from"},
	{`{"currency":[{"value":"NZD","source":"x","confirm":"yes"}]}`, "currency[0].confirm"},
	{`{"languages":[{"source":"x"}]}`, "languages[0].value"},
	{`{"methods":{"card":{"place":[{"source":"x"}]}}}`, "methods.card.place[0].value"},
	{fact("languages", `["english"]`), "languages[0].value"}, {fact("languages", `["EN"]`), "languages[0].value"}, {fact("languages", `["en","en"]`), "languages[0].value"},
	{fact("currencies", `["NZD","NZD"]`), "currencies[0].value"}, {fact("currencies", `["NZ"]`), "currencies[0].value[0]"},
	{fact("sellers", `["XX"]`), "sellers[0].value"}, {fact("sellers", `["KP"]`), "sellers[0].value"},
	{fact("prices", `"gross"`), "prices[0].value"},
	{fact("authentication", `{"level":"some"}`), "authentication[0].value"}, {fact("authentication", `{}`), "authentication[0].value.level"},
	{fact("authentication", `{"level":"required","lowValue":{"amountMinor":-1,"currency":"EUR"}}`), "authentication[0].value"},
	{fact("authentication", `{"level":"required","lowValue":{"amountMinor":1.5,"currency":"EUR"}}`), "authentication[0].value.lowValue"},
	{fact("cash", `{"currency":"NZD","step":0}`), "cash[0].value"}, {fact("cash", `{"currency":"NZD","step":5,"mode":"nearest"}`), "cash[0].value.mode"},
	{fact("cash", `{"step":5}`), "cash[0].value.currency"}, {fact("cash", `{"currency":"NZD","step":5.5}`), "cash[0].value.step"},
	{fact("descriptor", `{"min":9,"max":8}`), "descriptor[0].value"}, {fact("descriptor", `{"min":1}`), "descriptor[0].value.max"},
	{`{"limits":{"nzd":{}}}`, "limits.nzd"}, {`{"limits":{"NZD":null}}`, "limits.NZD"},
	{`{"limits":{"NZD":` + fact("min", `-1`) + `}}`, "limits.NZD.min[0].value"},
	{`{"limits":{"NZD":` + fact("max", `1000000000000`) + `}}`, "limits.NZD.max[0].value"},
	{`{"limits":{"NZD":` + fact("step", `0`) + `}}`, "limits.NZD.step[0].value"},
	{`{"limits":{"NZD":` + fact("min", `99999999999999999999`) + `}}`, "limits.NZD.min[0].value"},
	{`{"methods":{"Card":{}}}`, "methods.Card"}, {`{"methods":{"card":[]}}`, "methods.card"},
	{`{"methods":{"card":` + fact("offered", `1`) + `}}`, "methods.card.offered[0].value"},
	{`{"methods":{"card":` + fact("place", `-1`) + `}}`, "methods.card.place[0].value"},
	{`{"methods":{"card":` + fact("scheme", `"S EPA"`) + `}}`, "methods.card.scheme[0].value"},
	{`{"methods":{"card":` + fact("digits", `13`) + `}}`, "methods.card.digits[0].value"},
	{`{"methods":{"card":` + fact("text", `""`) + `}}`, "methods.card.text[0].value"},
	{`{"methods":{"card":{"brands":{"AMEX":{}}}}}`, "methods.card.brands.AMEX"},
	{`{"methods":{"card":{"brands":{"amex":` + fact("digits", `0`) + `}}}}`, "methods.card.brands.amex.digits[0].value"},
	{`{"methods":{"card":{"brands":{"amex":` + fact("except", `["XXX"]`) + `}}}}`, "methods.card.brands.amex.except[0].value[0]"},
	{`{"texts":{"Mandate":{}}}`, "texts.Mandate"}, {`{"texts":{"mandate":{"english":[]}}}`, "texts.mandate.english"},
	{`{"texts":{"mandate":` + fact("en", `""`) + `}}`, "texts.mandate.en[0].value"},
	{`{"texts":{"mandate":` + fact("en", `"a\u0007b"`) + `}}`, "texts.mandate.en[0].value"},
	{`{"regions":` + fact("eea", `["DE"]`) + `}`, "regions.eea"}, {`{"regions":` + fact("EEA", `["EU"]`) + `}`, "regions.EEA[0].value"},
	{`{"country":"NZ","regions":` + fact("EEA", `["DE"]`) + `}`, "regions.EEA"},
	{`{"a\nb":1}`, `"a\nb"`}, {`{"` + strings.Repeat("a", 50) + `":1}`, `"` + strings.Repeat("a", 40) + `"…`},
}

// Whatever is not rules is refused, by the field that is not.
func TestParseRefuses(t *testing.T) {
	for _, c := range badRules {
		_, err := market.Parse([]byte(c.text))
		require.Error(t, err, c.text)
		requireRefusal(t, err, "invalid_market", c.field)
	}
	_, err := market.Parse([]byte(`{"country":"NZ"` + strings.Repeat(" ", 256<<10) + `}`))
	requireRefusal(t, err, "invalid_market", "")
	many := strings.Repeat(`{"value":"NZD","source":"x"},`, 101)
	_, err = market.Parse([]byte(`{"currency":[` + strings.TrimSuffix(many, ",") + `]}`))
	requireRefusal(t, err, "invalid_market", "currency")
}

// The rules of a platform are refused alike; their facts need no source.
func TestParseList(t *testing.T) {
	l, err := market.ParseList([]byte(`{"rules":[{"country":"DE","prices":[{"value":"with_tax"}]}]}`))
	require.NoError(t, err)
	require.Equal(t, market.Is(market.WithTax), l.Rules[0].Prices)
	for text, field := range map[string]string{
		`{"rules":[{"country":"DE"},{"country":"DE"}]}`:                "rules[1].country",
		`{"rules":[{},{"country":"DE","prices":[{"value":"gross"}]}]}`: "rules[1].prices[0].value",
		`{"rules":[{"country":"DE","price":[]}]}`:                      "rules[0].price",
		`{"rule":[]}`: "rule",
		`{"rules":[` + strings.TrimSuffix(strings.Repeat(`{},`, 301), ",") + `]}`: "rules",
	} {
		_, err := market.ParseList([]byte(text))
		require.Error(t, err, text)
		requireRefusal(t, err, "invalid_market", field)
	}
	// Written in Go, rules may hold what no JSON says.
	for field, l := range map[string]*market.List{
		"rules[0].limits.":                   {Rules: []market.Rules{{Limits: map[ledger.Currency]*market.Limit{0: {}}}}},
		"rules[0].limits.NZD":                {Rules: []market.Rules{{Limits: map[ledger.Currency]*market.Limit{ledger.NZD: nil}}}},
		"rules[0].methods.card":              {Rules: []market.Rules{{Methods: map[string]*market.Method{"card": nil}}}},
		"rules[0].methods.card.brands.amex":  {Rules: []market.Rules{{Methods: map[string]*market.Method{"card": {Brands: map[string]*market.Brand{"amex": nil}}}}}},
		"rules[0].cash[0].value":             {Rules: []market.Rules{{Cash: market.Is(market.Cash{Currency: ledger.NZD, Step: 5, Mode: 9})}}},
		"rules[0].sellers[0].value":          {Rules: []market.Rules{{Sellers: market.Is([]string{"OECD"})}}},
		"rules[0].texts.mandate.en[0].value": {Rules: []market.Rules{{Texts: map[string]map[string][]market.Fact[string]{"mandate": {"en": market.Is("\xff")}}}}},
		"rules[0].authentication[0].value":   {Rules: []market.Rules{{Authentication: market.Is(market.Authentication{Level: market.Required, LowValue: ledger.Minor(1, 0)})}}},
	} {
		requireRefusal(t, market.Builtin().Check(l), "invalid_market", field)
	}
}

// FuzzParse: any input is rules that are written and read again as they are, or an
// error of its type; what encoding/json cannot read is never rules.
func FuzzParse(f *testing.F) {
	for _, c := range badRules {
		f.Add([]byte(c.text))
	}
	for _, name := range []string{"data/all.json", "data/DE.json", "testdata/nineteenth/NZ.json"} {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := market.Parse(data)
		if err != nil {
			var e *ledger.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "invalid_market", e.Code)
			require.Less(t, len(err.Error()), 2000)
			return
		}
		loose := new(market.Rules)
		require.NoError(t, json.Unmarshal(data, loose))
		require.Equal(t, loose, r, "encoding/json reads the same")
		text, err := json.Marshal(r)
		require.NoError(t, err)
		again, err := market.Parse(text)
		require.NoError(t, err)
		left, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(text), string(left))
	})
}
