package tax_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/ledger"
)

func eur(minor int64) ledger.Money { return ledger.Minor(minor, ledger.EUR) }

func at(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t
}

// sale is one of a German seller to a consumer somewhere.
func sale(day, to string, lines ...tax.Line) tax.Sale {
	return tax.Sale{
		At: at(day), Seller: tax.Party{Place: tax.Place{Country: "DE"}, Business: true, Number: "DE123456789"},
		Buyer: tax.Party{Place: tax.Place{Country: to}}, Lines: lines,
	}
}

func goods(minor int64, category string) tax.Line {
	return tax.Line{Name: "goods " + category, Kind: "goods", Category: category, Amount: eur(minor)}
}

// taxes is what a table says, in minor units of each line.
func taxes(t *testing.T, table *tax.Table, s tax.Sale) map[string]int64 {
	t.Helper()
	r, err := table.Tax(context.Background(), s)
	require.NoError(t, err)
	sums := make(map[string]int64)
	for _, a := range r.Taxes {
		sums[a.Line] += a.Amount.Minor()
		if a.Included {
			continue
		}
		require.Equal(t, a.Amount.Currency(), a.Base.Currency())
	}
	return sums
}

// Every country that souk has as a market has its standard rate of the day, but for the
// United States; the days on which rates changed are those of the laws.
func TestStandardRates(t *testing.T) {
	table := tax.Builtin()
	for _, code := range market.Builtin().Countries() {
		if code != "US" {
			require.NotNil(t, table.Countries[code], code)
		}
	}
	for _, x := range []struct{ country, day, rate string }{
		{"AT", "2026-01-02", "20"}, {"AU", "2026-01-02", "10"}, {"BE", "2026-01-02", "21"}, {"CA", "2026-01-02", "5"}, {"CH", "2023-12-31", "7.7"},
		{"CH", "2024-01-01", "8.1"}, {"DE", "2020-06-30", "19"}, {"DE", "2020-07-01", "16"}, {"DE", "2020-12-31", "16"}, {"DE", "2021-01-01", "19"},
		{"DK", "2026-01-02", "25"}, {"ES", "2026-01-02", "21"}, {"FI", "2024-08-31", "24"}, {"FI", "2024-09-01", "25.5"}, {"FR", "2026-01-02", "20"},
		{"GB", "2026-01-02", "20"}, {"IE", "2021-02-28", "21"}, {"IE", "2021-03-01", "23"}, {"IT", "2026-01-02", "22"}, {"LU", "2023-05-05", "16"},
		{"LU", "2024-01-01", "17"}, {"NL", "2026-01-02", "21"}, {"NO", "2026-01-02", "25"}, {"SE", "2026-01-02", "25"}, {"JP", "2019-09-30", "8"},
		{"JP", "2019-10-01", "10"},
	} {
		r, err := table.Tax(context.Background(), sale(x.day, x.country, goods(10000, "")))
		require.NoError(t, err)
		require.Len(t, r.Taxes, 1, x.country)
		require.Equal(t, x.rate, r.Taxes[0].Rate.String(), x)
	}
	require.Empty(t, taxes(t, table, sale("2026-01-02", "US", goods(10000, ""))))
}

// The other rates, and those of provinces, before and after the days on which they
// changed.
func TestOtherRates(t *testing.T) {
	for _, x := range []struct{ country, region, name, day, rate string }{
		{"AT", "", "reduced", "2026-07-01", "10"}, {"AT", "", "super_reduced", "2026-07-01", "4.9"}, {"AT", "", "intermediate", "2016-01-01", "13"},
		{"FI", "", "reduced", "2025-12-31", "14"}, {"FI", "", "reduced", "2026-01-01", "13.5"}, {"FI", "", "super_reduced", "2026-01-01", "10"},
		{"NL", "", "reduced", "2018-12-31", "6"}, {"NL", "", "reduced", "2019-01-01", "9"},
		{"LU", "", "intermediate", "2022-12-31", "14"}, {"LU", "", "intermediate", "2023-01-01", "13"}, {"LU", "", "reduced", "2024-01-01", "8"},
		{"NO", "", "second_reduced", "2017-12-31", "10"}, {"NO", "", "second_reduced", "2020-03-31", "12"},
		{"NO", "", "second_reduced", "2020-04-01", "6"}, {"NO", "", "second_reduced", "2021-09-30", "6"}, {"NO", "", "second_reduced", "2021-10-01", "12"},
		{"CH", "", "lodging", "2023-12-31", "3.7"}, {"CH", "", "lodging", "2024-01-01", "3.8"}, {"JP", "", "reduced", "2019-10-01", "8"},
		{"CA", "NS", "standard", "2025-03-31", "10"}, {"CA", "NS", "standard", "2025-04-01", "9"}, {"CA", "NB", "standard", "2016-06-30", "8"},
		{"CA", "NL", "standard", "2016-07-01", "10"}, {"CA", "PE", "standard", "2016-09-30", "9"}, {"CA", "PE", "standard", "2016-10-01", "10"},
		{"CA", "SK", "standard", "2017-03-22", "5"}, {"CA", "SK", "standard", "2017-03-23", "6"}, {"CA", "MB", "standard", "2019-06-30", "8"},
		{"CA", "MB", "standard", "2019-07-01", "7"},
	} {
		c := *tax.Builtin().Countries[x.country]
		c.Categories = map[string][]tax.Fact[string]{"x": {{Value: x.name, Source: "test"}}}
		table, err := tax.Builtin().With(map[string]*tax.Country{x.country: &c})
		require.NoError(t, err)
		s := sale(x.day, x.country, goods(10000, "x"))
		s.Seller.Country, s.Buyer.Region = x.country, x.region // so that it is taxed by nobody's starting point
		r, err := table.Tax(context.Background(), s)
		require.NoError(t, err, x)
		last := r.Taxes[len(r.Taxes)-1]
		require.Equal(t, x.rate, last.Rate.String(), x)
		require.False(t, last.Confirm, x)
	}
	_, err := tax.Builtin().Tax(context.Background(), sale("1983-12-31", "AT", goods(1, "")))
	require.ErrorIs(t, err, ledger.Invalid, "before the rate there was another")
}

// A price with the tax in it, and one without: 19 % of 100.00 are 19.00 on top, and
// 15.97 of 100.00 (100.00 × 19 ÷ 119).
func TestInAndOnTop(t *testing.T) {
	table := tax.Builtin()
	require.Equal(t, map[string]int64{"goods ": 1597}, taxes(t, table, sale("2026-01-02", "DE", goods(10000, ""))))
	de := *table.Countries["DE"]
	de.Included = false
	onTop, err := table.With(map[string]*tax.Country{"DE": &de})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"goods ": 1900}, taxes(t, onTop, sale("2026-01-02", "DE", goods(10000, ""))))
	require.True(t, table.Countries["DE"].Included, "the table is as it was")
}

// Categories have their rates, delivery those of the goods in proportion, tips none.
func TestCategoriesAndDelivery(t *testing.T) {
	de := *tax.Builtin().Countries["DE"]
	de.Included = false
	de.Categories = map[string][]tax.Fact[string]{
		"books": {{Value: "reduced", Source: "test"}}, "stamps": {{Value: tax.Exempt, Source: "test"}},
		"meals": {{Value: "reduced", From: "2026-01-01", Source: "test"}},
	}
	table, err := tax.Builtin().With(map[string]*tax.Country{"DE": &de})
	require.NoError(t, err)
	ship := tax.Line{Name: "ship", Kind: "delivery", Amount: eur(1000)}
	tip := tax.Line{Name: "tip", Kind: "tip", Amount: eur(1000)}
	got := taxes(t, table, sale("2026-01-02", "DE", goods(10000, ""), goods(30000, "books"), goods(0, "stamps"), ship, tip))
	require.Equal(t, map[string]int64{"goods ": 1900, "goods books": 2100, "goods stamps": 0, "ship": 48 + 53}, got,
		"a quarter of the delivery at 19 %: 47.5 is 48; three quarters at 7 %: 52.5 is 53")
	require.Equal(t, map[string]int64{"ship": 190}, taxes(t, table, sale("2026-01-02", "DE", ship)), "of nothing else: standard")
	require.Equal(t, map[string]int64{"goods meals": 190}, taxes(t, table, sale("2025-12-31", "DE", goods(1000, "meals"))))
	require.Equal(t, map[string]int64{"goods meals": 70}, taxes(t, table, sale("2026-01-01", "DE", goods(1000, "meals"))))
	r, err := table.Tax(context.Background(), sale("2026-01-02", "DE", goods(500, "stamps")))
	require.NoError(t, err)
	require.Equal(t, "Exempt from tax", r.Taxes[0].Note)
}

// By line 3 × 0.33 at 7 % are 3 × 0.02; by total 0.99 at 7 % are 0.07, every cent of
// which is on a line.
func TestRounding(t *testing.T) {
	c := *tax.Builtin().Countries["DE"]
	c.Included, c.Rates = false, map[string][]tax.Fact[decimal.Decimal]{"standard": {{Value: decimal.New(7, 0), Source: "test"}}}
	lines := []tax.Line{{Name: "a", Kind: "goods", Amount: eur(33)}, {Name: "b", Kind: "goods", Amount: eur(33)}, {Name: "c", Kind: "goods", Amount: eur(33)}}
	byLine, err := tax.Builtin().With(map[string]*tax.Country{"DE": &c})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"a": 2, "b": 2, "c": 2}, taxes(t, byLine, sale("2026-01-02", "DE", lines...)))
	total := c
	total.Rounding = tax.RoundTotal
	byTotal, err := tax.Builtin().With(map[string]*tax.Country{"DE": &total})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"a": 3, "b": 2, "c": 2}, taxes(t, byTotal, sale("2026-01-02", "DE", lines...)))
}

// Where a sale is taxed and who remits: at the destination, with a region's tax on
// top; at the origin where a host's table says so; by the platform for foreign sellers;
// not at all between businesses of one zone.
func TestPlaces(t *testing.T) {
	table := tax.Builtin()
	ca := sale("2026-01-02", "CA", goods(10000, ""))
	ca.Buyer.Region = "QC"
	r, err := table.Tax(context.Background(), ca)
	require.NoError(t, err)
	require.Len(t, r.Taxes, 2)
	require.Equal(t, []any{"ca-gst", int64(500), tax.ByPlatform}, []any{r.Taxes[0].Authority, r.Taxes[0].Amount.Minor(), r.Taxes[0].Remitter}, "a German seller")
	require.Equal(t, []any{"ca-qc", int64(998), tax.BySeller}, []any{r.Taxes[1].Authority, r.Taxes[1].Amount.Minor(), r.Taxes[1].Remitter}, "9.975 %")

	fr := sale("2026-01-02", "FR", goods(12000, ""))
	r, err = table.Tax(context.Background(), fr)
	require.NoError(t, err)
	require.Equal(t, []any{"fr-vat", int64(2000), tax.BySeller}, []any{r.Taxes[0].Authority, r.Taxes[0].Amount.Minor(), r.Taxes[0].Remitter})
	fr.Buyer.Business, fr.Buyer.Number = true, "FR12345678901"
	r, err = table.Tax(context.Background(), fr)
	require.NoError(t, err)
	require.True(t, r.Taxes[0].Amount.IsZero())
	require.Contains(t, r.Taxes[0].Note, "Reverse charge")

	state := func(rate int64, supply tax.Supply) *tax.Country {
		return &tax.Country{
			Authority: "us", Name: "US", Supply: supply, PlatformBy: []tax.Fact[tax.Facilitator]{{Value: tax.Always, Source: "test"}},
			Rates: map[string][]tax.Fact[decimal.Decimal]{"standard": {{Value: decimal.New(0, 0), Source: "test"}}},
			Regions: map[string]*tax.Country{
				"TX": {Authority: "us-tx", Rates: map[string][]tax.Fact[decimal.Decimal]{"standard": {{Value: decimal.New(rate, -2), Source: "test"}}}},
			},
		}
	}
	us, err := table.With(map[string]*tax.Country{"US": state(625, tax.Origin)})
	require.NoError(t, err)
	s := sale("2026-01-02", "US", goods(10000, ""))
	s.Seller.Place, s.Buyer.Region = tax.Place{Country: "US", Region: "TX"}, "NY"
	require.Equal(t, map[string]int64{"goods ": 625}, taxes(t, us, s), "where it comes from")
	us, err = table.With(map[string]*tax.Country{"US": state(625, tax.Destination)})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"goods ": 0}, taxes(t, us, s), "where it goes to")
}

func TestNoSale(t *testing.T) {
	for field, lines := range map[string][]tax.Line{
		"lines[1].name":   {goods(1, ""), goods(2, "")},
		"lines[0].name":   {{Kind: "goods", Amount: eur(1)}},
		"lines[0].amount": {goods(-1, "")},
		"lines[1].amount": {goods(1, ""), {Name: "x", Kind: "goods", Amount: ledger.Minor(1, ledger.USD)}},
	} {
		_, err := tax.Builtin().Tax(context.Background(), sale("2026-01-02", "DE", lines...))
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, []string{"invalid_sale", field}, []string{e.Code, e.Field})
	}
	_, err := tax.Builtin().Tax(context.Background(), sale("1990-01-02", "CH", goods(1, "")))
	require.ErrorIs(t, err, ledger.Invalid, "no rate of that day is known")
}

// The tax on a commission, by where both are and whether the seller has a number.
func TestOnFee(t *testing.T) {
	party := func(country, number string) tax.Party {
		return tax.Party{Place: tax.Place{Country: country}, Number: number}
	}
	for _, x := range []struct {
		platform, seller, number string
		outcome                  tax.Outcome
		authority                string
		minor                    int64
		confirm                  bool
	}{
		{"DE", "DE", "", tax.SupplierRate, "de-vat", 190, false},
		{"DE", "DE", "DE1", tax.SupplierRate, "de-vat", 190, false},
		{"DE", "FR", "FR1", tax.Reverse, "", 0, false},
		{"DE", "FR", "", tax.CustomerRate, "fr-vat", 200, true}, // unless the platform is an intermediary
		{"DE", "PL", "", tax.OutOfScope, "", 0, true},           // the table has no rate of it
		{"DE", "US", "X1", tax.OutOfScope, "", 0, false},
		{"DE", "US", "", tax.OutOfScope, "", 0, true},
		{"US", "DE", "DE1", tax.Reverse, "", 0, false},
		{"US", "DE", "", tax.CustomerRate, "de-vat", 190, true},
		{"GB", "GB", "", tax.SupplierRate, "gb-vat", 200, false},
		{"DE", "GB", "GB1", tax.OutOfScope, "", 0, false},
		{"US", "GB", "GB1", tax.Reverse, "", 0, false},
		{"CH", "CH", "", tax.SupplierRate, "ch-vat", 81, false},
		{"US", "CH", "", tax.CustomerRate, "ch-vat", 81, true},
		{"US", "CH", "CHE1", tax.Reverse, "", 0, false},
		{"NO", "NO", "", tax.SupplierRate, "no-vat", 250, false},
		{"US", "NO", "NO1", tax.Reverse, "", 0, false},
		{"US", "NO", "", tax.CustomerRate, "no-vat", 250, false},
		{"AU", "AU", "", tax.SupplierRate, "au-gst", 100, false},
		{"US", "AU", "AU1", tax.OutOfScope, "", 0, false},
		{"US", "AU", "", tax.CustomerRate, "au-gst", 100, false},
		{"US", "CA", "CA1", tax.OutOfScope, "", 0, false},
		{"US", "CA", "", tax.CustomerRate, "ca-gst", 50, true}, // without the province's part
		{"CA", "CA", "", tax.SupplierRate, "ca-gst", 50, true},
		{"JP", "JP", "", tax.SupplierRate, "jp-ct", 100, false},
		{"US", "JP", "T1", tax.Reverse, "", 0, true},
		{"US", "US", "", tax.OutOfScope, "", 0, true},
	} {
		f := tax.Builtin().OnFee(party(x.platform, "N1"), party(x.seller, x.number), at("2026-01-02"))
		require.Equal(t, []any{x.outcome, x.authority, x.confirm}, []any{f.Outcome, f.Authority, f.Confirm}, "%v: %+v", x, f)
		amount, err := f.On(eur(1000))
		require.NoError(t, err)
		require.Equal(t, x.minor, amount.Minor(), x)
		if f.Outcome == tax.Reverse {
			require.NotEmpty(t, f.Note, "an invoice has to say so")
		}
	}
}

// BenchmarkTax is a sale of four lines by the built-in table.
func BenchmarkTax(b *testing.B) {
	table := tax.Builtin()
	s := sale("2026-01-02", "DE", goods(10000, ""), goods(2500, "books"), tax.Line{Name: "ship", Kind: "delivery", Amount: eur(500)}, tax.Line{Name: "tip", Kind: "tip", Amount: eur(100)})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.Tax(b.Context(), s); err != nil {
			b.Fatal(err)
		}
	}
}
