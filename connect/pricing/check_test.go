package pricing_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// requireRefused requires that a refusal names its field.
func requireRefused(t *testing.T, field string, err error) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e, field)
	require.Equal(t, []any{ledger.Invalid, "invalid_price", "prices." + field}, []any{e.Class, e.Code, e.Field})
}

// badRules are refused in every table: what is wrong, by the field that says so.
var badRules = map[string][]pricing.Rule{
	".name": {
		{}, {Name: strings.Repeat("x", 61)}, {Name: "a\nb"}, {Name: "\xff"}, {Name: "a\u202eb"},
	},
	".onCapture":               {{Name: "x", OnCapture: "doubled"}},
	".when.currency":           {{Name: "x", When: pricing.Match{Currency: 12345}}},
	".when.countries":          {{Name: "x", When: pricing.Match{Countries: []string{}}}},
	".when.countries[1]":       {{Name: "x", When: pricing.Match{Countries: []string{"US", "us"}}}, {Name: "x", When: pricing.Match{Countries: []string{"US", "USA"}}}},
	".when.sellerCountries[0]": {{Name: "x", When: pricing.Match{SellerCountries: []string{""}}}},
	".when.sellers[0]":         {{Name: "x", When: pricing.Match{Sellers: []string{""}}}, {Name: "x", When: pricing.Match{Sellers: []string{"a b"}}}},
	".when.categories[0]":      {{Name: "x", When: pricing.Match{Categories: []string{"Books"}}}},
	".when.methods[0]":         {{Name: "x", When: pricing.Match{Methods: []string{"bank debit"}}}},
	".when.until":              {{Name: "x", When: pricing.Match{From: time.Unix(5, 0), Until: time.Unix(5, 0)}}},
	".price.percent":           {priced(pricing.Price{Percent: percent("-0.1")}), priced(pricing.Price{Percent: percent("100.1")}), priced(pricing.Price{Percent: decimal.New(1, 2_000_000_000)})},
	".price":                   {priced(pricing.Price{Percent: percent("0.0000001")}), priced(pricing.Price{Fixed: usd(1_000_000_000_000)}), tiered(pricing.Tier{UpTo: usd(1_000_000_000_000)}, pricing.Tier{})},
	".price.fixed":             {priced(pricing.Price{Fixed: usd(-1)}), priced(pricing.Price{Fixed: ledger.Minor(1, ledger.EUR)}), {Name: "x", Price: pricing.Price{Fixed: usd(1)}}},
	".price.min":               {priced(pricing.Price{Min: usd(-1)}), priced(pricing.Price{Min: ledger.Minor(1, ledger.EUR)}), {Name: "x", Price: pricing.Price{Min: usd(1)}}},
	".price.cap":               {priced(pricing.Price{Cap: usd(-1)}), priced(pricing.Price{Cap: ledger.Minor(1, ledger.EUR)}), priced(pricing.Price{Min: usd(2), Cap: usd(1)})},
	".price.tiers": {
		priced(pricing.Price{Tiers: []pricing.Tier{}}), priced(pricing.Price{Graduated: true}), tiered(make([]pricing.Tier, 101)...),
		priced(pricing.Price{Tiers: []pricing.Tier{{}}, Percent: percent("1")}), priced(pricing.Price{Tiers: []pricing.Tier{{}}, Fixed: usd(1)}),
	},
	".price.tiers[0].upTo": {tiered(pricing.Tier{UpTo: usd(5)}), tiered(pricing.Tier{}, pricing.Tier{}), tiered(pricing.Tier{UpTo: usd(-5)}, pricing.Tier{})},
	".price.tiers[1].upTo": {
		tiered(pricing.Tier{UpTo: usd(5)}, pricing.Tier{UpTo: usd(5)}, pricing.Tier{}), tiered(pricing.Tier{UpTo: usd(5)}, pricing.Tier{UpTo: usd(4)}, pricing.Tier{}),
		tiered(pricing.Tier{UpTo: usd(5)}, pricing.Tier{UpTo: ledger.Minor(6, ledger.EUR)}, pricing.Tier{}),
	},
	".price.tiers[0].percent": {tiered(pricing.Tier{Percent: percent("101")})},
	".price.tiers[0].fixed":   {tiered(pricing.Tier{Fixed: usd(-1)}), tiered(pricing.Tier{Fixed: ledger.Minor(1, ledger.EUR)})},
}

func priced(p pricing.Price) pricing.Rule {
	return pricing.Rule{Name: "x", When: pricing.Match{Currency: ledger.USD}, Price: p}
}

func tiered(list ...pricing.Tier) pricing.Rule { return priced(pricing.Price{Tiers: list}) }

// Every bad table is refused with the field that is wrong (promise 71).
func TestBadPrices(t *testing.T) {
	good := priced(pricing.Price{Percent: percent("1")})
	good.Name = "good"
	for field, rules := range badRules {
		for _, r := range rules {
			list := []pricing.Rule{good, r}
			requireRefused(t, "rules[1]"+field, (&pricing.Table{Rules: list}).Check())
			requireRefused(t, "commission.rules[1]"+field, (&pricing.List{Commission: pricing.Prices{Rules: list}}).Check())
			requireRefused(t, "service.rules[1]"+field, (&pricing.List{Service: pricing.Prices{Rules: list}}).Check())
		}
	}
	requireRefused(t, "rules[1].name", (&pricing.Table{Rules: []pricing.Rule{good, good}}).Check())
	many := make([]pricing.Rule, 1001)
	requireRefused(t, "rules", (&pricing.Table{Rules: many}).Check())
	long := good
	long.When.Sellers = make([]string, 1001)
	requireRefused(t, "rules[0].when.sellers", (&pricing.Table{Rules: []pricing.Rule{long}}).Check())
}

// What only one kind of table has is refused in the others.
func TestPricesOutOfPlace(t *testing.T) {
	surcharge := priced(pricing.Price{CrossBorder: percent("1")})
	foreign := priced(pricing.Price{FX: percent("1")})
	origin, odd, empty := priced(pricing.Price{}), priced(pricing.Price{}), priced(pricing.Price{})
	origin.When.Origins, odd.When.Origins, empty.When.Origins = []pricing.Origin{pricing.Regional}, []pricing.Origin{"lunar"}, []pricing.Origin{}
	total, kept := priced(pricing.Price{Percent: percent("5")}), priced(pricing.Price{})
	total.OfTotal, kept.Kept = true, true
	jumps := tiered(pricing.Tier{UpTo: usd(5)}, pricing.Tier{})
	jumps.OfTotal = true

	table := func(r pricing.Rule) error { return (&pricing.Table{Rules: []pricing.Rule{r}}).Check() }
	commission := func(r pricing.Rule) error {
		return (&pricing.List{Commission: pricing.Prices{Rules: []pricing.Rule{r}}}).Check()
	}
	service := func(r pricing.Rule) error {
		return (&pricing.List{Service: pricing.Prices{Rules: []pricing.Rule{r}}}).Check()
	}
	require.NoError(t, table(surcharge))
	require.NoError(t, table(foreign))
	require.NoError(t, table(origin))
	requireRefused(t, "rules[0].when.origins", table(odd))
	requireRefused(t, "rules[0].when.origins", table(empty))
	requireRefused(t, "rules[0].ofTotal", table(total))
	requireRefused(t, "rules[0].kept", table(kept))
	requireRefused(t, "rules[0].price.crossBorder", table(priced(pricing.Price{CrossBorder: percent("-1")})))
	requireRefused(t, "rules[0].price.fx", table(priced(pricing.Price{FX: percent("101")})))
	for _, x := range []struct {
		in    func(pricing.Rule) error
		field string
	}{{commission, "commission.rules[0]"}, {service, "service.rules[0]"}} {
		requireRefused(t, x.field+".price.crossBorder", x.in(surcharge))
		requireRefused(t, x.field+".price.fx", x.in(foreign))
		requireRefused(t, x.field+".when.origins", x.in(origin))
	}
	requireRefused(t, "commission.rules[0].ofTotal", commission(total))
	requireRefused(t, "commission.rules[0].kept", commission(kept))
	require.NoError(t, service(total))
	require.NoError(t, service(kept))
	requireRefused(t, "service.rules[0].ofTotal", service(jumps))
	jumps.Price.Graduated = true
	require.NoError(t, service(jumps))
	require.NoError(t, (*pricing.List)(nil).Check())
}

func TestBadModifiers(t *testing.T) {
	good := pricing.Modifier{Name: "good", Percent: percent("-100")}
	for field, list := range map[string][]pricing.Modifier{
		".name":            {{}, good},
		".when.categories": {{Name: "x", When: pricing.Match{Categories: []string{}}}},
		".when.origins":    {{Name: "x", When: pricing.Match{Origins: []pricing.Origin{pricing.Domestic}}}},
		".percent":         {{Name: "x", Percent: percent("-100.1")}, {Name: "x", Percent: percent("101")}, {Name: "x", Percent: percent("0.0000001")}, {Name: "x", Percent: decimal.New(-1, 2_000_000_000)}},
		".fixed": {
			{Name: "x", Fixed: usd(1)}, {Name: "x", Fixed: usd(1), When: pricing.Match{Currency: ledger.EUR}},
			{Name: "x", Fixed: usd(1_000_000_000_000), When: pricing.Match{Currency: ledger.USD}}, {Name: "x", Fixed: usd(-1_000_000_000_000), When: pricing.Match{Currency: ledger.USD}},
		},
	} {
		for _, m := range list {
			p := pricing.Prices{Modifiers: []pricing.Modifier{good, m}}
			requireRefused(t, "commission.modifiers[1]"+field, (&pricing.List{Commission: p}).Check())
			requireRefused(t, "service.modifiers[1]"+field, (&pricing.List{Service: p}).Check())
		}
	}
	requireRefused(t, "service.modifiers", (&pricing.List{Service: pricing.Prices{Modifiers: make([]pricing.Modifier, 21)}}).Check())
}

// The older part of a table has minimums, caps and tiers, too.
func TestBadCharges(t *testing.T) {
	for field, p := range map[string]pricing.Price{
		"charges.USD.cap":         {Min: usd(2), Cap: usd(1)},
		"charges.USD.min":         {Min: ledger.Minor(2, ledger.EUR)},
		"charges.USD.tiers":       {Tiers: []pricing.Tier{}},
		"charges.USD.crossBorder": {CrossBorder: percent("-1")},
	} {
		requireRefused(t, field, (&pricing.Table{Charges: map[ledger.Currency]pricing.Price{ledger.USD: p}}).Check())
	}
	requireRefused(t, "regions[1][0]", (&pricing.Table{Regions: [][]string{pricing.EEA(), {"Germany"}}}).Check())
	requireRefused(t, "regions[0]", (&pricing.Table{Regions: [][]string{{}}}).Check())
}

const tableText = `{
	"rules": [
		{"name": "debit", "when": {"currency": "USD", "methods": ["bank_debit"]}, "price": {"percent": "0.8", "cap": {"amountMinor": 500, "currency": "USD"}}},
		{"name": "spring", "when": {"countries": ["DE"], "from": "2026-03-01T00:00:00Z", "until": "2026-06-01T00:00:00Z", "origins": ["international"]}, "price": {"percent": 2.5, "crossBorder": "1.5"}}
	],
	"charges": {"USD": {"percent": "2.9", "fixed": {"amountMinor": 30, "currency": "USD"}}},
	"otherwise": "2.9", "conversion": "1", "regions": [["DE", "FR"]]
}`

const listText = `{
	"commission": {
		"rules": [{"name": "books", "when": {"categories": ["books"], "currency": "USD"}, "onCapture": "prorated",
			"price": {"graduated": true, "tiers": [{"upTo": {"amountMinor": 1000, "currency": "USD"}, "percent": "10"}, {"percent": "5"}]}}],
		"modifiers": [{"name": "summer", "percent": "-50"}]
	},
	"service": {"rules": [{"name": "guests", "price": {"percent": "5"}, "ofTotal": true, "kept": true}]}
}`

func TestParse(t *testing.T) {
	table, err := pricing.ParseTable([]byte(tableText))
	require.NoError(t, err)
	l, err := table.Price(pricing.Sale{Amount: usd(1000), Method: pricing.BankDebit})
	require.NoError(t, err)
	require.Equal(t, []any{"debit", usd(8)}, []any{l.Rule, l.Amount})
	list, err := pricing.ParseList([]byte(listText))
	require.NoError(t, err)
	q, err := list.Quote(pricing.Sale{Amount: usd(3000), Category: "books"})
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(100), usd(158)}, []ledger.Money{q.Commission.Amount, q.Service.Amount})

	require.False(t, list.Empty())
	require.True(t, new(pricing.List).Empty())

	// What is written is read again as it was.
	for _, v := range []any{table, list, &q} {
		data, err := json.Marshal(v)
		require.NoError(t, err)
		require.NotContains(t, string(data), "null", "what is not there is left out, not nothing")
	}
	data, err := json.Marshal(list)
	require.NoError(t, err)
	again, err := pricing.ParseList(data)
	require.NoError(t, err)
	require.Equal(t, list, again)
}

func TestParseRefuses(t *testing.T) {
	for field, texts := range map[string][]string{
		"": {
			"", "null x", "{} {}", `{"percnt": 5}`, `{"rules": [{"name": "x", "price": {"percnt": "5"}}]}`, "[1]", `{"rules": 5}`,
			`{"otherwise": "many"}`, `{"otherwise": "1e1000000000"}`, `{"charges": {"XXQ": {}}}`, strings.Repeat(" ", 600_000),
		},
		"otherwise":      {`{"otherwise": "1e300"}`, `{"otherwise": 101}`, `{"otherwise": -1}`},
		"rules[0].name":  {`{"rules": [{}]}`},
		"rules[0].price": {`{"rules": [{"name": "x", "price": {"percent": "0.0000001"}}]}`},
	} {
		for _, text := range texts {
			_, err := pricing.ParseTable([]byte(text))
			requireRefused(t, field, trimmed(err))
		}
	}
	_, err := pricing.ParseList([]byte(`{"commission": {"rules": [{"name": "x", "price": {"percent": "1e300"}}]}}`))
	requireRefused(t, "commission.rules[0].price.percent", err)
}

// trimmed gives the field of a whole table a point, as all others have.
func trimmed(err error) error {
	if e, ok := err.(*ledger.Error); ok && e.Field == "prices" {
		c := *e
		c.Field = "prices."
		return &c
	}
	return err
}

// FuzzParse: whatever is read is refused with a class, or is a table that prices
// every sale without a wrong sum (promise 71).
func FuzzParse(f *testing.F) {
	for _, text := range []string{tableText, listText, "{}", "null", `{"otherwise":"1e1000000000"}`, `{"rules":[{"name":"x","price":{"tiers":[]}}]}`} {
		f.Add([]byte(text), int64(1000))
	}
	f.Fuzz(func(t *testing.T, data []byte, minor int64) {
		amount := usd(max(minor, -minor, 0) % 1_000_000_000_000)
		sale := pricing.Sale{Amount: amount, Country: "DE", Books: ledger.EUR, CardCountry: "US", At: time.Unix(1_790_000_000, 0)}
		if table, err := pricing.ParseTable(data); err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
		} else if line, err := table.Price(sale); err == nil {
			require.True(t, line.Whole())
		}
		list, err := pricing.ParseList(data)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			return
		}
		q, err := list.Quote(sale)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			return
		}
		for _, line := range []*pricing.Line{q.Commission, q.Service} {
			require.True(t, line == nil || line.Whole() && line.Amount.Sign() >= 0)
		}
		again, err := json.Marshal(list)
		require.NoError(t, err)
		_, err = pricing.ParseList(again)
		require.NoError(t, err)
	})
}
