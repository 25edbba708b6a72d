package market_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// What is true of all countries bounds every charge, also of a buyer of whom
// nothing is known (edge-case 18).
func TestLimitsOfAllCountries(t *testing.T) {
	least := map[ledger.Currency]int64{
		ledger.USD: 50, ledger.AED: 200, ledger.ARS: 50, ledger.AUD: 50, ledger.BRL: 50, ledger.CAD: 50,
		ledger.CHF: 50, ledger.COP: 50, ledger.CZK: 1500, ledger.DKK: 250, ledger.EUR: 50, ledger.GBP: 30,
		ledger.HKD: 400, ledger.HUF: 17500, ledger.IDR: 50, ledger.ILS: 50, ledger.INR: 50, ledger.JPY: 50,
		ledger.KRW: 50, ledger.MXN: 1000, ledger.MYR: 200, ledger.NOK: 300, ledger.NZD: 50, ledger.PHP: 50,
		ledger.PLN: 200, ledger.RON: 200, ledger.RUB: 50, ledger.SEK: 300, ledger.SGD: 50, ledger.THB: 1000,
		ledger.ZAR: 50, ledger.BGN: 100,
	}
	most := map[ledger.Currency]int64{ledger.INR: 999_999_999, ledger.COP: 9_999_999_999}
	steps := map[ledger.Currency]int64{ledger.BHD: 10, ledger.JOD: 10, ledger.KWD: 10, ledger.OMR: 10, ledger.TND: 10, ledger.MGA: 100}
	v := market.Builtin().View("", at, nil)
	require.False(t, v.Known())
	for _, c := range append(ledger.Currencies(at), ledger.BGN) {
		l, m, s := v.Limit(c)
		if most[c] == 0 {
			most[c] = 999_999_999_999
		}
		require.Equal(t, []int64{least[c], most[c], max(1, steps[c])}, []int64{l, m, s}, c)
	}
}

func day(t *testing.T, text string) payout.Day {
	d, err := payout.ParseDay(text)
	require.NoError(t, err)
	return d
}

// Each reason hides a method and refuses a sale by it, alike.
func TestReasons(t *testing.T) {
	set, err := market.Builtin().With(market.Rules{
		Country: "DE",
		Sellers: market.Is([]string{"EEA", "US"}),
		Methods: map[string]*market.Method{
			"bank_debit": {Offered: market.Is(true)},
			"voucher": {Offered: []market.Fact[bool]{
				{Value: true, Until: day(t, "2024-12-31")}, {Value: false, From: day(t, "2025-01-01"), Until: day(t, "2026-05-31")},
			}},
			"coupon":  {Offered: []market.Fact[bool]{{Value: true, From: day(t, "2024-02-01"), Until: day(t, "2024-12-31")}, {Value: true, Until: day(t, "2023-12-31")}}},
			"wallet":  {Offered: []market.Fact[bool]{{Value: true, Until: day(t, "2024-12-31")}, {Value: true, From: day(t, "2026-07-01"), Until: day(t, "2026-08-01")}, {Value: true, From: day(t, "2026-05-01"), Until: day(t, "2026-06-01")}, {Value: true, From: day(t, "2026-09-01")}}},
			"bitcoin": {Offered: market.Is(true)},
		},
	})
	require.NoError(t, err)
	eur := func(minor int64) market.Sale {
		return market.Sale{Amount: ledger.Minor(minor, ledger.EUR), Seller: "FR"}
	}
	by := func(s market.Sale, method string) market.Sale { s.Method = method; return s }
	from := func(s market.Sale, seller string) market.Sale { s.Seller = seller; return s }
	v := set.View("DE", at, nil)
	for _, c := range []struct {
		sale  market.Sale
		want  market.Hidden
		field string
	}{
		{by(eur(1000), "voucher"), market.Hidden{Reason: market.NotOffered}, "method"},
		{by(eur(1000), "barter"), market.Hidden{Reason: market.NotOffered}, "method"},
		{by(eur(1000), "coupon"), market.Hidden{Reason: market.NoLonger, Day: day(t, "2024-12-31")}, "method"},
		{by(eur(1000), "wallet"), market.Hidden{Reason: market.NotYet, Day: day(t, "2026-05-01")}, "method"},
		{by(eur(1000), "bitcoin"), market.Hidden{Reason: market.BadSeller}, "account"},
		{from(by(eur(1000), "bitcoin"), "US"), market.Hidden{Reason: market.BadCurrency}, "amount"},
		{from(by(eur(1000), "bank_debit"), "US"), market.Hidden{Reason: market.BadSeller}, "account"},
		{from(by(eur(1000), "bank_debit"), ""), market.Hidden{Reason: market.BadSeller}, "account"},
		{from(eur(1000), "AU"), market.Hidden{Reason: market.BadSeller}, "account"},
		{by(eur(100_000_000), "bank_debit"), market.Hidden{Reason: market.TooLarge, Limit: ledger.Minor(99_999_999, ledger.EUR)}, "amount"},
		{eur(1_000_000_000_000), market.Hidden{Reason: market.TooLarge, Limit: ledger.Minor(999_999_999_999, ledger.EUR)}, "amount"},
		{eur(49), market.Hidden{Reason: market.TooSmall, Limit: ledger.Minor(50, ledger.EUR)}, "amount"},
		{market.Sale{Amount: ledger.Minor(99, ledger.MGA), Seller: "FR"}, market.Hidden{Reason: market.BadStep, Limit: ledger.Minor(100, ledger.MGA)}, "amount"},
	} {
		name := c.sale.Method
		if name == "" {
			name = "card"
		}
		requireRefusal(t, v.Refuse(&c.sale), string(c.want.Reason), c.field)
		c.want.Method = name
		_, hidden := v.Offers(&c.sale)
		if name != "barter" { // of which nobody says anything
			require.Contains(t, hidden, c.want)
		}
	}
	ok, short := eur(1000), eur(1000)
	require.NoError(t, v.Refuse(&ok))
	short.Descriptor = "1234567"
	err = v.Refuse(&short)
	requireRefusal(t, err, "invalid_descriptor", "descriptor")
	require.ErrorContains(t, err, `a descriptor is 5 to 22 ASCII characters with a letter, without < > \ ' " *`)
}

// A wallet in euros pays no amount in dollars (edge-case 85).
func TestAMethodOfOneCurrency(t *testing.T) {
	set, err := market.Builtin().With(market.Rules{Country: "DE", Methods: map[string]*market.Method{
		"wallet": {Offered: market.Is(true), Currencies: market.Is([]ledger.Currency{ledger.EUR})},
	}})
	require.NoError(t, err)
	v := set.View("DE", at, nil)
	require.NoError(t, v.Refuse(&market.Sale{Amount: ledger.Minor(1000, ledger.EUR), Method: "wallet"}))
	requireRefusal(t, v.Refuse(&market.Sale{Amount: ledger.Minor(1000, ledger.USD), Method: "wallet"}), "unsupported_currency", "amount")
}

// IDR has twelve digits by every method.
func TestTheCurrencysMaximumComesFirst(t *testing.T) {
	set, err := market.Builtin().With(market.Rules{Methods: map[string]*market.Method{"transfer": {Offered: market.Is(true), Digits: market.Is(8)}}})
	require.NoError(t, err)
	v := set.View("DE", at, nil)
	for cur, most := range map[ledger.Currency]int64{ledger.IDR: 999_999_999_999, ledger.USD: 99_999_999, ledger.INR: 999_999_999} {
		sale := market.Sale{Amount: ledger.Minor(most, cur), Method: "transfer"}
		require.NoError(t, v.Refuse(&sale), cur)
		sale.Amount = ledger.Minor(most+1, cur)
		requireRefusal(t, v.Refuse(&sale), "amount_too_large", "amount")
	}
}

// Asking parses and allocates nothing.
func TestRefuseAllocatesNothing(t *testing.T) {
	sale := market.Sale{Amount: ledger.Minor(1000, ledger.EUR), Seller: "FR", Descriptor: "SHOP BERLIN"}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		v := market.Builtin().View("DE", at, nil)
		if v.Refuse(&sale) != nil {
			t.Fail()
		}
	}))
}

// Languages go by their tag, then by the language, then by what most read.
func TestLanguages(t *testing.T) {
	v := market.Builtin().View("CH", at, nil)
	for wish, want := range map[string]string{"": "de", "it": "it", "fr-CH": "fr", "de-AT": "de", "en": "de", "rm": "de"} {
		require.Equal(t, want, v.Language(wish), wish)
	}
	v = market.Builtin().View("", at, nil)
	require.Equal(t, "pt-BR", v.Language("pt-BR"), "a market of no languages answers the wish")
	v = market.Builtin().View("AT", at, nil)
	text, in := v.Text("mandate", "de-AT")
	require.Equal(t, "de", in)
	require.Contains(t, text.Value, "Ich ermächtige {platform}")
	text, in = v.Text("mandate", "fr")
	require.Equal(t, "en", in)
	require.Contains(t, text.Value, "8 weeks")
	text, _ = v.Text("oath", "de")
	require.Nil(t, text)
}

// Cash is rounded to what coins can pay: by the market's rule, or else by what
// coins of the currency there are.
func TestCash(t *testing.T) {
	for _, c := range []struct {
		country string
		sum     ledger.Money
		want    string
	}{
		{"CH", ledger.Minor(1002, ledger.CHF), "10.00 CHF"}, {"CH", ledger.Minor(1003, ledger.CHF), "10.05 CHF"},
		{"CH", ledger.Minor(-1003, ledger.CHF), "-10.05 CHF"}, {"DE", ledger.Minor(1003, ledger.CHF), "10.05 CHF"},
		{"CH", ledger.Minor(1003, ledger.EUR), "10.03 EUR"}, {"FI", ledger.Minor(1002, ledger.EUR), "10.00 EUR"},
		{"FI", ledger.Minor(1003, ledger.EUR), "10.05 EUR"}, {"FI", ledger.Minor(1003, ledger.CHF), "10.05 CHF"}, {"DE", ledger.Minor(1003, ledger.EUR), "10.03 EUR"},
		{"SE", ledger.Minor(1049, ledger.SEK), "10.00 SEK"}, {"SE", ledger.Minor(1050, ledger.SEK), "11.00 SEK"},
		{"NO", ledger.Minor(1049, ledger.NOK), "10.00 NOK"}, {"NO", ledger.Minor(1050, ledger.NOK), "11.00 NOK"},
		{"DK", ledger.Minor(1024, ledger.DKK), "10.00 DKK"}, {"DK", ledger.Minor(1025, ledger.DKK), "10.50 DKK"},
		{"CA", ledger.Minor(1002, ledger.CAD), "10.00 CAD"}, {"AU", ledger.Minor(1003, ledger.AUD), "10.05 AUD"},
		{"US", ledger.Minor(1003, ledger.USD), "10.03 USD"}, {"US", ledger.Minor(1003, ledger.JPY), "1003 JPY"},
		{"US", ledger.Minor(1030, ledger.HUF), "10.00 HUF"}, {"SE", ledger.Minor(0, ledger.SEK), "0.00 SEK"},
	} {
		v := market.Builtin().View(c.country, at, nil)
		paid, err := v.Cash(c.sum.Currency()).Value.Round(c.sum)
		require.NoError(t, err)
		require.Equal(t, c.want, paid.String(), "%s %s", c.country, c.sum)
	}
	_, err := market.Cash{Currency: ledger.SEK, Step: 100, Mode: ledger.RoundUp}.Round(ledger.Minor(1<<63-1, ledger.SEK))
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, ledger.Invalid, e.Class)
	other, err := market.Cash{Currency: ledger.SEK, Step: 100}.Round(ledger.Minor(1049, ledger.EUR))
	require.NoError(t, err)
	require.Equal(t, "10.49 EUR", other.String(), "a rule is for its currency")
	same, err := market.Cash{}.Round(ledger.Minor(1003, ledger.SEK))
	require.NoError(t, err)
	require.Equal(t, "10.03 SEK", same.String(), "no rule rounds nothing")
}

// The order of layers holds at every moment of a day.
func TestTheDayOfAView(t *testing.T) {
	over := &market.List{Rules: []market.Rules{{Prices: market.Since(day(t, "2026-03-02"), market.WithoutTax)}}}
	for text, want := range map[string]market.TaxDisplay{"2026-03-01T23:59:59Z": market.WithTax, "2026-03-02T00:00:00Z": market.WithoutTax} {
		moment, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		v := market.Builtin().View("DE", moment, over)
		require.Equal(t, want, v.Prices().Value, text)
	}
}
