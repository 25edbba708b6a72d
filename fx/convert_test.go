package fx_test

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// percent is a spread: 1 is one percent.
func percent(text string) decimal.Decimal { return decimal.RequireFromString(text).Shift(-2) }

// order converts what a seller has available, with the dollar as base.
func order(m ledger.Money, r fx.Rate, spread string) fx.Order {
	of := func(c ledger.Currency) ledger.Ref {
		return ledger.Ref{Book: "plat", Owner: "acct", Purpose: "available", Currency: c}
	}
	return fx.Order{
		Book: "plat", From: of(m.Currency()), To: of(r.Quote), Amount: m, Base: ledger.USD, Rate: r, Spread: percent(spread),
	}
}

// lines are the entries as the chart writes them.
func lines(list []ledger.Entry) []string {
	var out []string
	for _, e := range list {
		owner := "A."
		if e.Account.Owner == ledger.House {
			owner = ""
		}
		out = append(out, owner+e.Account.Purpose+" "+e.Amount.String())
	}
	return out
}

// The flows of the chart, to the unit.
func TestConvertChart(t *testing.T) {
	eur := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.EUR) }
	cross := order(eur(10000), rate(t, ledger.EUR, ledger.GBP, "0.8500"), "1")
	cross.InBase = rate(t, ledger.EUR, ledger.USD, "1.1000")
	for name, c := range map[string]struct {
		order fx.Order
		want  []string
	}{
		"F1": {order(eur(10000), rate(t, ledger.EUR, ledger.USD, "1.1000"), "1"), []string{
			"A.available -100.00 EUR", "fx_position 100.00 EUR", "fx_value/EUR -110.00 USD", "A.available 108.90 USD", "fx_spread 1.10 USD",
		}},
		"F2": {cross, []string{
			"A.available -100.00 EUR", "fx_position 100.00 EUR", "fx_value/EUR -110.00 USD", "fx_value/GBP 110.00 USD",
			"fx_position -85.00 GBP", "A.available 84.15 GBP", "fx_spread 0.85 GBP",
		}},
		"F6": {order(eur(123), rate(t, ledger.EUR, ledger.USD, "1.1000"), "1"), []string{
			"A.available -1.23 EUR", "fx_position 1.23 EUR", "fx_value/EUR -1.35 USD", "A.available 1.34 USD", "fx_spread 0.01 USD",
		}},
		"the base is sold": {order(ledger.Minor(11000, ledger.USD), fx.Rate{
			Base: ledger.USD, Quote: ledger.EUR, Value: decimal.New(1, 0), Per: decimal.RequireFromString("1.1"), At: day,
		}, "1"), []string{
			"A.available -110.00 USD", "fx_value/EUR 110.00 USD", "fx_position -100.00 EUR", "A.available 99.00 EUR", "fx_spread 1.00 EUR",
		}},
		"no spread": {order(eur(10000), rate(t, ledger.EUR, ledger.USD, "1.1000"), "0"), []string{
			"A.available -100.00 EUR", "fx_position 100.00 EUR", "fx_value/EUR -110.00 USD", "A.available 110.00 USD",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := fx.Convert(c.order)
			require.NoError(t, err)
			require.Equal(t, c.want, lines(got.Entries))
			for _, e := range got.Entries {
				require.Equal(t, "plat", e.Account.Book)
				require.False(t, e.Forced)
			}
		})
	}
}

// 0.40 EUR is 0.34 GBP; 0.35 EUR is 0.2975 GBP, which rounds to
// 0.30. Digits of 0, 2, 3 and 8 go both ways: edge-case 79.
func TestConvertDigits(t *testing.T) {
	for _, c := range []struct{ amount, quote, rate, want string }{
		{"0.40 EUR", "GBP", "0.85", "0.34 GBP"},
		{"0.35 EUR", "GBP", "0.85", "0.30 GBP"},
		{"1000 JPY", "KWD", "0.00211", "2.110 KWD"},
		{"1 JPY", "KWD", "0.00211", "0.002 KWD"},
		{"2.110 KWD", "JPY", "473.93", "1000 JPY"},
		{"0.001 KWD", "JPY", "500", "0 JPY"}, // half a yen goes to the even one
		{"0.003 KWD", "JPY", "500", "2 JPY"}, // one and a half too
		{"20.00 USD", "BTC", "0.004", "0.08000000 BTC"},
		{"0.08000000 BTC", "USD", "250", "20.00 USD"},
		{"5 ISK", "EUR", "0.0068", "0.03 EUR"},
		{"1 UGX", "IDR", "4.4", "4.40 IDR"}, // edge-case 81
		{"1.0 MRU", "MGA", "112.5", "112.5 MGA"},
		{"1.000000 USDC/6", "USDC/8", "1", "1.00000000 USDC/8"},
	} {
		quote, err := ledger.ParseCurrency(c.quote)
		require.NoError(t, err)
		m, err := ledger.ParseMoney(c.amount)
		require.NoError(t, err)
		o := order(m, rate(t, m.Currency(), quote, c.rate), "0")
		o.InBase = rate(t, m.Currency(), ledger.USD, "1")
		got, err := fx.Convert(o)
		if want, parsed := ledger.ParseMoney(c.want); parsed == nil && want.IsZero() {
			refused(t, err, "amount_below_minimum", "amount")
			continue
		}
		require.NoError(t, err, c.amount)
		want, err := ledger.ParseMoney(c.want)
		require.NoError(t, err)
		require.Equal(t, want.String(), got.Credited.String(), c.amount)
	}
}

// What would credit nothing is refused; it is not booked as spread.
func TestConvertTooSmall(t *testing.T) {
	for _, c := range []struct {
		minor  int64
		rate   string
		spread string
		ok     bool
	}{
		{1, "0.5", "0", false},  // half to even: nothing
		{1, "0.51", "0", true},  // a unit
		{1, "0.51", "2", false}, // 0.4998
		{1, "1", "99.99", false},
		{1_000_000, "0.0000004", "0", false},
		{1_000_000, "0.000001", "0", true},
	} {
		o := order(ledger.Minor(c.minor, ledger.EUR), rate(t, ledger.EUR, ledger.USD, c.rate), c.spread)
		got, err := fx.Convert(o)
		if c.ok {
			require.NoError(t, err)
			require.EqualValues(t, 1, got.Credited.Minor())
			continue
		}
		refused(t, err, "amount_below_minimum", "amount")
		require.Nil(t, got)
	}
}

// A refusal names its field.
func TestConvertRefuses(t *testing.T) {
	good := order(ledger.Minor(10000, ledger.EUR), rate(t, ledger.EUR, ledger.GBP, "0.85"), "1")
	good.InBase = rate(t, ledger.EUR, ledger.USD, "1.1")
	_, err := fx.Convert(good)
	require.NoError(t, err)
	huge, tiny := decimal.New(1, 2_000_000_000), decimal.New(1, -2_000_000_000)
	for name, c := range map[string]struct {
		change      func(*fx.Order)
		code, field string
	}{
		"one currency":         {func(o *fx.Order) { o.To.Currency = ledger.EUR }, "same_currency", "currency"},
		"nothing":              {func(o *fx.Order) { o.Amount = ledger.Zero(ledger.EUR) }, "invalid_amount", "amount"},
		"less than nothing":    {func(o *fx.Order) { o.Amount = ledger.Minor(-1, ledger.EUR) }, "invalid_amount", "amount"},
		"the least":            {func(o *fx.Order) { o.Amount = ledger.Minor(math.MinInt64, ledger.EUR) }, "invalid_amount", "amount"},
		"another currency":     {func(o *fx.Order) { o.Amount = ledger.Minor(1, ledger.USD) }, "invalid_amount", "amount"},
		"no amount":            {func(o *fx.Order) { o.Amount = ledger.Money{} }, "invalid_amount", "amount"},
		"too much":             {func(o *fx.Order) { o.Amount = ledger.Minor(math.MaxInt64, ledger.EUR) }, "amount_too_large", "amount"},
		"a rate of another":    {func(o *fx.Order) { o.Rate.Base = ledger.USD }, "invalid_rate", "rate"},
		"a rate in another":    {func(o *fx.Order) { o.Rate.Quote = ledger.JPY }, "invalid_rate", "rate"},
		"a rate upside down":   {func(o *fx.Order) { o.Rate.Base, o.Rate.Quote = o.Rate.Quote, o.Rate.Base }, "invalid_rate", "rate"},
		"no rate":              {func(o *fx.Order) { o.Rate = fx.Rate{} }, "invalid_rate", "rate"},
		"a rate of nothing":    {func(o *fx.Order) { o.Rate.Value = decimal.Decimal{} }, "invalid_rate", "rate"},
		"a rate per nothing":   {func(o *fx.Order) { o.Rate.Per = decimal.Decimal{} }, "invalid_rate", "rate"},
		"a huge rate":          {func(o *fx.Order) { o.Rate.Value = huge }, "invalid_rate", "rate"},
		"a tiny rate":          {func(o *fx.Order) { o.Rate.Per = tiny }, "invalid_rate", "rate"},
		"a spread below zero":  {func(o *fx.Order) { o.Spread = percent("-1") }, "invalid_spread", "spread"},
		"a spread of all":      {func(o *fx.Order) { o.Spread = percent("100") }, "invalid_spread", "spread"},
		"a spread of more":     {func(o *fx.Order) { o.Spread = percent("1000") }, "invalid_spread", "spread"},
		"a huge spread":        {func(o *fx.Order) { o.Spread = huge }, "invalid_spread", "spread"},
		"a tiny spread":        {func(o *fx.Order) { o.Spread = tiny }, "invalid_spread", "spread"},
		"no base":              {func(o *fx.Order) { o.Base = 0 }, "invalid_currency", "base"},
		"no rate in the base":  {func(o *fx.Order) { o.InBase = fx.Rate{} }, "invalid_rate", "in_base"},
		"another in the base":  {func(o *fx.Order) { o.InBase.Base = ledger.GBP }, "invalid_rate", "in_base"},
		"the base in another":  {func(o *fx.Order) { o.InBase.Quote = ledger.JPY }, "invalid_rate", "in_base"},
		"nothing in the base":  {func(o *fx.Order) { o.InBase.Value = decimal.Decimal{} }, "invalid_rate", "in_base"},
		"a huge rate in it":    {func(o *fx.Order) { o.InBase.Per = huge }, "invalid_rate", "in_base"},
		"too much in the base": {func(o *fx.Order) { o.InBase.Value = decimal.New(1, 29) }, "amount_too_large", "amount"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			if name == "too much" {
				o.Rate.Value = decimal.New(2, 0)
			}
			c.change(&o)
			got, err := fx.Convert(o)
			refused(t, err, c.code, c.field)
			require.Nil(t, got)
		})
	}
}
