package market_test

import (
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

func nzd(minor int64) ledger.Money { return ledger.Minor(minor, ledger.NZD) }

func methods(list []market.Offer) (names []string) {
	for _, o := range list {
		names = append(names, o.Method)
	}
	return names
}

// A nineteenth country is a file: everything that all countries have, and what the
// file says.
func TestANineteenthCountry(t *testing.T) {
	s, err := market.Builtin().Load(os.DirFS("testdata/nineteenth"))
	require.NoError(t, err)
	require.Len(t, s.Countries(), 19)
	require.Contains(t, s.Countries(), "NZ")
	require.NotContains(t, market.Builtin().Countries(), "NZ", "a set never changes")

	v := s.View("NZ", at, nil)
	require.True(t, v.Known())
	require.Equal(t, ledger.NZD, v.Currency().Value)
	shown, _ := v.Offers(&market.Sale{Amount: nzd(1000), Seller: "AU"})
	require.Equal(t, []string{"bank_transfer", "card"}, methods(shown))
	require.Equal(t, []ledger.Money{nzd(50), nzd(99_999_999)}, []ledger.Money{shown[0].Min, shown[0].Max})
	shown, hidden := v.Offers(&market.Sale{Amount: nzd(1000), Seller: "DE"})
	require.Equal(t, []string{"card"}, methods(shown))
	require.Contains(t, hidden, market.Hidden{Method: "bank_transfer", Reason: market.BadSeller})

	early := s.View("NZ", time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC), nil)
	shown, hidden = early.Offers(&market.Sale{Amount: nzd(1000), Seller: "NZ"})
	require.Equal(t, []string{"card"}, methods(shown))
	day, _ := payout.ParseDay("2026-01-01")
	require.Contains(t, hidden, market.Hidden{Method: "bank_transfer", Reason: market.NotYet, Day: day})

	for _, c := range []struct {
		at, sum, paid int64
	}{{2006, 102, 100}, {2006, 103, 105}, {2026, 105, 100}, {2026, 106, 110}, {2026, -105, -100}} {
		v := s.View("NZ", time.Date(int(c.at), 2, 1, 0, 0, 0, 0, time.UTC), nil)
		paid, err := v.Cash(ledger.NZD).Value.Round(nzd(c.sum))
		require.NoError(t, err)
		require.Equal(t, nzd(c.paid), paid)
	}
	gone := market.Builtin().View("NZ", at, nil)
	require.False(t, gone.Known())
}

// What a platform says otherwise is one fact: all others stay, and it ends on its
// day.
func TestOverrides(t *testing.T) {
	from, _ := payout.ParseDay("2026-03-02")
	until, _ := payout.ParseDay("2026-03-08")
	over := &market.List{Rules: []market.Rules{
		{Methods: map[string]*market.Method{"card": {Place: market.Is(50), Brands: map[string]*market.Brand{"amex": {Offered: market.Is(false)}}}}},
		{
			Country: "DE",
			Methods: map[string]*market.Method{"bank_debit": {Offered: []market.Fact[bool]{{Value: true, From: from, Until: until}}}},
			Limits:  map[ledger.Currency]*market.Limit{ledger.EUR: {Min: market.Is[int64](500)}},
			Texts:   map[string]map[string][]market.Fact[string]{"mandate": {"de": market.Is("Ja.")}},
			Prices:  market.Since(from+2, market.WithoutTax),
		},
	}}
	require.NoError(t, market.Builtin().Check(over))
	sale := &market.Sale{Amount: ledger.Minor(500, ledger.EUR), Seller: "DE"}
	see := func(country string, day payout.Day) ([]string, market.TaxDisplay, string) {
		v := market.Builtin().View(country, day.Time(), over)
		shown, _ := v.Offers(sale)
		text, _ := v.Text("mandate", "de")
		return methods(shown), v.Prices().Value, text.Value
	}
	shown, prices, text := see("DE", from)
	require.Equal(t, []string{"bank_debit", "card"}, shown)
	require.Equal(t, market.WithTax, prices)
	require.Equal(t, "Ja.", text)
	_, prices, _ = see("DE", from+2)
	require.Equal(t, market.WithoutTax, prices)
	shown, _, _ = see("DE", until+1) // what is built in holds again: a starting point
	require.Equal(t, []string{"card"}, shown)
	shown, prices, text = see("AT", from)
	require.Equal(t, []string{"card"}, shown)
	require.Equal(t, market.WithTax, prices)
	require.Contains(t, text, "Ich ermächtige")

	v := market.Builtin().View("DE", from.Time(), over)
	offers, hidden := v.Offers(sale)
	require.Equal(t, []string{"mastercard", "visa"}, offers[1].Brands)
	require.Contains(t, hidden, market.Hidden{Method: "card", Brand: "amex", Reason: market.NotOffered})
	sale.Amount = ledger.Minor(499, ledger.EUR)
	requireRefusal(t, v.Refuse(sale), "amount_below_minimum", "amount")
	v = market.Builtin().View("AT", from.Time(), over)
	require.NoError(t, v.Refuse(sale))
	require.Equal(t, over, over.Clone())
	require.Nil(t, new(market.List).Clone())
}

// The later layer wins, in it the country before all countries: what a host says
// of all countries is said of each, also where what is built in knows better.
func TestLayers(t *testing.T) {
	s, err := market.Builtin().With(market.Rules{Prices: market.Is(market.WithoutTax)}, market.Rules{Country: "FR", Prices: market.Is(market.WithTax)})
	require.NoError(t, err)
	s2, err := s.With(market.Rules{Country: "DE", Prices: market.Is(market.WithTax)})
	require.NoError(t, err)
	for code, want := range map[string][2]market.TaxDisplay{
		"FR": {market.WithTax, market.WithTax}, "IT": {market.WithoutTax, market.WithoutTax}, "DE": {market.WithoutTax, market.WithTax},
	} {
		one, two := s.View(code, at, nil), s2.View(code, at, nil)
		require.Equal(t, want, [2]market.TaxDisplay{one.Prices().Value, two.Prices().Value}, code)
	}
	var none *market.Set
	v := none.View("DE", at, nil)
	require.True(t, v.Known(), "no set is the one that is built in")
	for range 10 {
		if s, err = s.With(market.Rules{Country: "DE"}); err != nil {
			break
		}
	}
	require.ErrorContains(t, err, "at most 7 layers")
}

// A bad file is refused by its name and the field's.
func TestBadFiles(t *testing.T) {
	for _, c := range []struct{ name, text, field, says string }{
		{"NZ.json", `{"country":"AU"}`, "country", "named after its country"},
		{"all.json", `{"country":"AU"}`, "country", "named after its country"},
		{"NZ.json", `{}`, "country", "named after its country"},
		{"NZ.json", `{"country":"NZ","curency":[]}`, "curency", "no such field"},
		{"NZ.json", `{"country":"NZ","methods":{"card":{"sellers":[{"value":["OECD"],"source":"x"}]}}}`, "methods.card.sellers[0].value", "known regions"},
		{"CU.json", `{"country":"CU"}`, "country", "embargo"},
		{"XX.json", `{"country":"XX"}`, "country", "ISO 3166-1"},
	} {
		_, err := market.Builtin().Load(fstest.MapFS{c.name: {Data: []byte(c.text)}})
		var e *ledger.Error
		require.ErrorAs(t, err, &e, c.text)
		require.Equal(t, []any{ledger.Invalid, "invalid_market", c.field, "market: " + c.name}, []any{e.Class, e.Code, e.Field, e.Op}, c.text)
		require.ErrorContains(t, err, c.says, c.text)
	}
	_, err := market.Builtin().Load(os.DirFS("testdata/nowhere"))
	require.NoError(t, err, "no files are no rules")
	region := fstest.MapFS{
		"all.json": {Data: []byte(`{"regions":{"OECD":[{"value":["NZ","AU"],"source":"x"}]}}`)},
		"NZ.json":  {Data: []byte(`{"country":"NZ","sellers":[{"value":["OECD"],"source":"x"}]}`)},
	}
	s, err := market.Builtin().Load(region)
	require.NoError(t, err, "a region may come with the files")
	v := s.View("NZ", at, nil)
	require.NoError(t, v.Refuse(&market.Sale{Amount: nzd(1000), Seller: "AU"}))
	requireRefusal(t, v.Refuse(&market.Sale{Amount: nzd(1000), Seller: "DE"}), "seller_not_supported", "account")
}
