package pricing_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

func percent(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func usd(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }

// currencies have no, two, three and eight minor digits, and units of which
// banks pay whole ones only.
var currencies = []ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD, ledger.HUF, ledger.TWD, ledger.ISK, ledger.BTC}

// drawn draws prices and sales that pass the checks.
type drawn struct {
	*rapid.T
	cur ledger.Currency
}

func draw(t *rapid.T) drawn { return drawn{t, rapid.SampledFrom(currencies).Draw(t, "currency")} }

func (d drawn) amount(most int64, name string) ledger.Money {
	return ledger.Minor(rapid.Int64Range(0, most).Draw(d.T, name), d.cur)
}

func (d drawn) percent(most int64, name string) decimal.Decimal {
	return decimal.New(rapid.Int64Range(0, most*1_000_000).Draw(d.T, name), -6)
}

// price is one whose percentages are at most so much.
func (d drawn) price(most int64) pricing.Price {
	p := pricing.Price{Min: d.amount(20, "min")}
	if rapid.IntRange(0, 3).Draw(d.T, "capped") == 3 {
		p.Cap = ledger.Minor(p.Min.Minor()+rapid.Int64Range(1, 10_000).Draw(d.T, "cap"), d.cur)
	}
	n := rapid.IntRange(0, 4).Draw(d.T, "tiers")
	if n == 0 {
		p.Percent, p.Fixed = d.percent(most, "percent"), d.amount(1000, "fixed")
		return p
	}
	to := int64(0)
	for i := range n {
		t := pricing.Tier{Percent: d.percent(most, "percent"), Fixed: d.amount(1000, "fixed")}
		if to += rapid.Int64Range(1, 10_000).Draw(d.T, "up to"); i < n-1 {
			t.UpTo = ledger.Minor(to, d.cur)
		}
		p.Tiers = append(p.Tiers, t)
	}
	p.Graduated = rapid.Bool().Draw(d.T, "graduated")
	return p
}

func (d drawn) modifiers() []pricing.Modifier {
	list := make([]pricing.Modifier, rapid.IntRange(0, 3).Draw(d.T, "modifiers"))
	for i := range list {
		list[i] = pricing.Modifier{
			Name: fmt.Sprint("m", i), When: pricing.Match{Currency: d.cur},
			Percent: decimal.New(rapid.Int64Range(-100_000_000, 100_000_000).Draw(d.T, "change"), -6),
			Fixed:   ledger.Minor(rapid.Int64Range(-500, 500).Draw(d.T, "shift"), d.cur),
		}
	}
	return list
}

func (d drawn) prices(most int64) pricing.Prices {
	rule := pricing.Rule{Name: "rule", When: pricing.Match{Currency: d.cur}, Price: d.price(most)}
	if rapid.Bool().Draw(d.T, "prorated") {
		rule.OnCapture = pricing.Prorated
	}
	return pricing.Prices{Rules: []pricing.Rule{rule}, Modifiers: d.modifiers()}
}

// exactly computes a price by fractions, rounded once at the end, as the words of
// package pricing have it.
func exactly(p pricing.Prices, of int64) int64 {
	price := p.Rules[0].Price
	sum, below := new(big.Rat), int64(0)
	part := func(amount int64, percent decimal.Decimal, fixed ledger.Money) {
		sum.Add(sum, new(big.Rat).Mul(percent.Rat(), big.NewRat(amount, 100)))
		sum.Add(sum, big.NewRat(fixed.Minor(), 1))
	}
	if len(price.Tiers) == 0 {
		part(of, price.Percent, price.Fixed)
	}
	for _, t := range price.Tiers {
		to := t.UpTo.Minor()
		if to == 0 || of <= to {
			to = of
		}
		if price.Graduated {
			part(to-below, t.Percent, t.Fixed)
		} else if to == of {
			part(of, t.Percent, t.Fixed)
		}
		if below = to; to == of {
			break
		}
	}
	for _, m := range p.Modifiers {
		sum.Mul(sum, new(big.Rat).Add(big.NewRat(1, 1), new(big.Rat).Quo(m.Percent.Rat(), big.NewRat(100, 1))))
		if sum.Add(sum, big.NewRat(m.Fixed.Minor(), 1)); sum.Sign() < 0 {
			sum.SetInt64(0)
		}
	}
	sum.Add(sum, big.NewRat(1, 2))
	n := max(new(big.Int).Quo(sum.Num(), sum.Denom()).Int64(), price.Min.Minor())
	if !price.Cap.IsZero() {
		n = min(n, price.Cap.Minor())
	}
	return n
}

// Any price of any amount is what fractions say, rounded once, between minimum
// and cap; its parts add up to it, and what the buyer pays is the amount and the
// fee (promises 7 and 8).
func TestPricesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		l := pricing.List{Commission: d.prices(100), Service: d.prices(100)}
		require.NoError(t, l.Check())
		s := pricing.Sale{Amount: d.amount(rapid.SampledFrom([]int64{2000, 100_000, 999_999_999_999}).Draw(t, "most"), "amount")}
		if rapid.Bool().Draw(t, "part") {
			s.Of = ledger.Minor(rapid.Int64Range(0, s.Amount.Minor()).Draw(t, "of"), d.cur)
		}
		of := s.Amount
		if s.Of != (ledger.Money{}) {
			of = s.Of
		}
		q, err := l.Quote(s)
		require.NoError(t, err)
		for _, x := range []struct {
			line   *pricing.Line
			prices pricing.Prices
		}{{q.Commission, l.Commission}, {q.Service, l.Service}} {
			require.Equal(t, exactly(x.prices, of.Minor()), x.line.Amount.Minor())
			require.True(t, x.line.Whole())
			require.Equal(t, of, x.line.Of)
			require.GreaterOrEqual(t, x.line.Amount.Minor(), x.prices.Rules[0].Price.Min.Minor())
			if limit := x.prices.Rules[0].Price.Cap; !limit.IsZero() {
				require.LessOrEqual(t, x.line.Amount.Minor(), limit.Minor())
			}
		}
		require.Equal(t, q.Amount.Minor()-q.Commission.Amount.Minor(), q.Net.Minor())
		require.Equal(t, q.Amount.Minor()+q.Service.Amount.Minor(), q.Total.Minor())
	})
}

// Who sells for more pays no less, but where whole amounts have tiers.
func TestPricesRise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		p := d.prices(100)
		p.Rules[0].Price.Graduated = len(p.Rules[0].Price.Tiers) > 0
		less, more := d.amount(1_000_000, "less"), d.amount(1_000_000, "more")
		if less.Minor() > more.Minor() {
			less, more = more, less
		}
		a, err := p.Price(pricing.Sale{Amount: less})
		require.NoError(t, err)
		b, err := p.Price(pricing.Sale{Amount: more})
		require.NoError(t, err)
		require.LessOrEqual(t, a.Amount.Minor(), b.Amount.Minor())
	})
}

// Gross is Quote the other way: the amount that it finds leaves the net, and no
// lesser amount does.
func TestGrossIsTheInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		p := d.prices(60)
		p.Rules[0].Price.Graduated, p.Modifiers = len(p.Rules[0].Price.Tiers) > 0, nil
		l := &pricing.List{Commission: p}
		net := ledger.Minor(rapid.Int64Range(1, 20_000).Draw(t, "net"), d.cur)
		q, err := l.Gross(pricing.Sale{}, net)
		require.NoError(t, err)
		require.Equal(t, net, q.Net)
		again, err := l.Quote(pricing.Sale{Amount: q.Amount})
		require.NoError(t, err)
		require.Equal(t, q, again)
		for less := max(net.Minor(), q.Amount.Minor()-50); less < q.Amount.Minor(); less++ {
			q, err := l.Quote(pricing.Sale{Amount: ledger.Minor(less, d.cur)})
			require.NoError(t, err)
			require.NotEqual(t, net, q.Net, "%d would do", less)
		}

		// The same price on top, of the total, is the same fee.
		p.Rules[0].OfTotal = true
		onTop := &pricing.List{Service: p}
		require.NoError(t, onTop.Check())
		top, err := onTop.Quote(pricing.Sale{Amount: net})
		require.NoError(t, err)
		require.Equal(t, q.Amount, top.Total)
		require.Equal(t, top.Total, top.Service.Of)
		require.True(t, top.Service.Whole())
	})
}

// An amount with no fixed point is refused, and soon.
func TestNoGross(t *testing.T) {
	for name, price := range map[string]pricing.Price{
		"all of it":      {Percent: percent("100")},
		"nearly":         {Percent: percent("99.999999")},
		"it jumps":       {Tiers: []pricing.Tier{{UpTo: usd(1000), Percent: percent("50")}, {Percent: percent("10")}}},
		"it jumps again": {Tiers: []pricing.Tier{{UpTo: usd(1000)}, {Fixed: usd(500)}}, Min: usd(1)},
	} {
		l := &pricing.List{Commission: pricing.Prices{Rules: []pricing.Rule{{Name: "x", When: pricing.Match{Currency: ledger.USD}, Price: price}}}}
		require.NoError(t, l.Check(), name)
		net := usd(999_999_999_999)
		if len(price.Tiers) > 0 {
			net = usd(700)
		}
		if name == "it jumps again" {
			net = usd(999)
			q, err := l.Gross(pricing.Sale{}, net) // the first tier has it
			require.NoError(t, err)
			require.Equal(t, usd(1000), q.Amount)
			continue
		}
		_, err := l.Gross(pricing.Sale{}, net)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, "no_gross_amount", e.Code, name)
	}
	none, err := (*pricing.List)(nil).Gross(pricing.Sale{}, usd(5))
	require.NoError(t, err)
	require.Equal(t, pricing.Quote{Amount: usd(5), Total: usd(5), Net: usd(5)}, none)
}

// Capturing 60 of 100 computes a percentage from 60; a fixed part stays whole, or
// goes in proportion (edge-case 19).
func TestCaptured(t *testing.T) {
	rule := pricing.Rule{Name: "r", When: pricing.Match{Currency: ledger.USD}, Price: pricing.Price{Percent: percent("10"), Fixed: usd(30)}}
	line := func(policy pricing.Capture, mods ...pricing.Modifier) *pricing.Line {
		rule.OnCapture = policy
		l, err := (&pricing.Prices{Rules: []pricing.Rule{rule}, Modifiers: mods}).Price(pricing.Sale{Amount: usd(10_000)})
		require.NoError(t, err)
		return l
	}
	half := pricing.Modifier{Name: "half", Percent: percent("-50")}
	for _, c := range []struct {
		line     *pricing.Line
		captured int64
		want     [4]int64 // percentage, fixed, modifier, amount
	}{
		{line(pricing.Recomputed), 6000, [4]int64{600, 30, 0, 630}},
		{line(pricing.Prorated), 6000, [4]int64{600, 18, 0, 618}},
		{line(pricing.Recomputed, half), 6000, [4]int64{600, 30, -315, 315}},
		{line(pricing.Prorated, half), 6000, [4]int64{600, 18, -309, 309}},
		{line(pricing.Recomputed), 10_000, [4]int64{1000, 30, 0, 1030}},
		{line(pricing.Recomputed), 0, [4]int64{}},
	} {
		got, err := c.line.Captured(usd(c.captured), usd(10_000))
		require.NoError(t, err)
		mod := int64(0)
		if len(got.Modifiers) > 0 {
			mod = got.Modifiers[0].Amount.Minor()
		}
		require.Equal(t, c.want, [4]int64{got.Percentage.Minor(), got.Fixed.Minor(), mod, got.Amount.Minor()})
		require.True(t, got.Whole())
		require.Equal(t, []any{"r", c.line.OnCapture}, []any{got.Rule, got.OnCapture})
	}
	for _, bad := range [][2]ledger.Money{{usd(2), usd(1)}, {usd(-1), usd(1)}, {usd(0), usd(0)}, {usd(1), ledger.Minor(2, ledger.EUR)}, {ledger.Minor(1, ledger.EUR), ledger.Minor(2, ledger.EUR)}} {
		_, err := line(pricing.Recomputed).Captured(bad[0], bad[1])
		require.ErrorIs(t, err, ledger.Invalid)
	}
}

// A processing price goes in proportion, with its surcharges.
func TestCapturedSurcharges(t *testing.T) {
	table := &pricing.Table{Rules: []pricing.Rule{{Name: "cards", When: pricing.Match{Currency: ledger.USD}, Price: pricing.Price{
		Percent: percent("2.9"), Fixed: usd(30), CrossBorder: percent("1.5"), FX: percent("1"),
	}}}}
	require.NoError(t, table.Check())
	whole, err := table.Price(pricing.Sale{Amount: usd(10_000), Country: "DE", Books: ledger.EUR, CardCountry: "US"})
	require.NoError(t, err)
	require.Equal(t, usd(290+30+150+100), whole.Amount)
	part, err := whole.Captured(usd(1000), usd(10_000))
	require.NoError(t, err)
	require.True(t, part.Whole())
	require.Equal(t, []ledger.Money{usd(57), usd(29), usd(3), usd(15), usd(10)}, []ledger.Money{part.Amount, part.Percentage, part.Fixed, part.CrossBorder, part.FX})
}

// However a sale is captured, in whatever parts: the prices of the parts add up to
// that of what was captured, and in the end to the price of the whole.
func TestCapturesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		p := d.prices(100)
		all := ledger.Minor(rapid.Int64Range(1, 100_000).Draw(t, "authorized"), d.cur)
		whole, err := p.Price(pricing.Sale{Amount: all})
		require.NoError(t, err)
		steps := rapid.SliceOfN(rapid.Int64Range(0, all.Minor()), 1, 5).Draw(t, "captured")
		for _, n := range append(steps, all.Minor()) {
			part, err := whole.Captured(ledger.Minor(n, d.cur), all)
			require.NoError(t, err)
			require.True(t, part.Whole())
			switch {
			case n == 0:
				require.True(t, part.Amount.IsZero())
			case n == all.Minor():
				require.Equal(t, *whole, part)
			case whole.OnCapture == pricing.Prorated:
				due, err := whole.Amount.Proportion(ledger.Minor(n, d.cur), all)
				require.NoError(t, err)
				require.Equal(t, due, part.Amount)
			default:
				require.Equal(t, exactly(p, n), part.Amount.Minor())
			}
		}
	})
}

// Conditions: what is empty does not matter, of a list one must fit, dates are
// from a moment on and before another.
func TestFirstMatchWins(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	sale := pricing.Sale{
		Amount: usd(1000), Country: "US", Seller: "acct_1", SellerCountry: "DE", Category: "books", At: noon,
	}
	for _, c := range []struct {
		when pricing.Match
		fits bool
	}{
		{pricing.Match{}, true},
		{pricing.Match{Currency: ledger.USD}, true},
		{pricing.Match{Currency: ledger.EUR}, false},
		{pricing.Match{Countries: []string{"CA", "US"}}, true},
		{pricing.Match{Countries: []string{"CA"}}, false},
		{pricing.Match{SellerCountries: []string{"DE"}}, true},
		{pricing.Match{SellerCountries: []string{"US"}}, false},
		{pricing.Match{Sellers: []string{"acct_2", "acct_1"}}, true},
		{pricing.Match{Sellers: []string{"acct_2"}}, false},
		{pricing.Match{Categories: []string{"books"}}, true},
		{pricing.Match{Categories: []string{"maps"}}, false},
		{pricing.Match{Methods: []string{pricing.Card}}, true}, // nothing stated is a card
		{pricing.Match{Methods: []string{pricing.BankDebit, pricing.Bitcoin}}, false},
		{pricing.Match{From: noon}, true},
		{pricing.Match{From: noon.Add(1)}, false},
		{pricing.Match{Until: noon}, false},
		{pricing.Match{Until: noon.Add(1)}, true},
		{pricing.Match{From: noon.Add(-1), Until: noon.Add(1), Currency: ledger.USD, Categories: []string{"books"}}, true},
		{pricing.Match{From: noon.Add(-1), Until: noon.Add(1), Currency: ledger.USD, Categories: []string{"maps"}}, false},
	} {
		l := pricing.List{Commission: pricing.Prices{
			Rules:     []pricing.Rule{{Name: "first", When: c.when, Price: pricing.Price{Percent: percent("1")}}, {Name: "second", Price: pricing.Price{Percent: percent("2")}}},
			Modifiers: []pricing.Modifier{{Name: "third", When: c.when, Percent: percent("100")}},
		}}
		require.NoError(t, l.Check())
		want, modifiers := "second", 0
		if c.fits {
			want, modifiers = "first", 1
		}
		q, err := l.Quote(sale)
		require.NoError(t, err)
		require.Equal(t, want, q.Commission.Rule, "%+v", c.when)
		require.Len(t, q.Commission.Modifiers, modifiers)
		require.Equal(t, usd(20), q.Commission.Amount) // 2 %, or 1 % doubled
		require.Equal(t, len(c.when.SellerCountries) > 0, l.NeedsSellerCountry())
		table := pricing.Table{Rules: l.Commission.Rules}
		line, err := table.Price(sale)
		require.NoError(t, err)
		require.Equal(t, want, line.Rule)
		require.Equal(t, len(c.when.SellerCountries) > 0, table.NeedsSellerCountry())
	}
}

// A list that a platform has is its own: what is done to the host's afterwards
// does not reach it.
func TestCloneSharesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		l := &pricing.List{Commission: d.prices(100), Service: d.prices(100)}
		when := pricing.Match{
			Countries: []string{"US"}, SellerCountries: []string{"DE"}, Sellers: []string{"a"}, Categories: []string{"b"},
			Methods: []string{"card"}, Origins: []pricing.Origin{pricing.Domestic}, From: time.Unix(1, 0), Until: time.Unix(2, 0),
		}
		l.Commission.Rules[0].When, l.Service.Modifiers = when, append(l.Service.Modifiers, pricing.Modifier{Name: "x", When: when})
		c := l.Clone()
		require.Equal(t, l, c)
		before := fmt.Sprintf("%+v", c)
		scribble(l)
		require.Equal(t, before, fmt.Sprintf("%+v", c))
	})
}

func scribble(l *pricing.List) {
	for _, p := range []*pricing.Prices{&l.Commission, &l.Service} {
		for i := range p.Rules {
			p.Rules[i].Name = "scribbled"
			for j := range p.Rules[i].Price.Tiers {
				p.Rules[i].Price.Tiers[j] = pricing.Tier{}
			}
			scribbleOn(p.Rules[i].When)
		}
		for i := range p.Modifiers {
			p.Modifiers[i].Name = "scribbled"
			scribbleOn(p.Modifiers[i].When)
		}
	}
}

func scribbleOn(m pricing.Match) {
	for _, list := range [][]string{m.Countries, m.SellerCountries, m.Sellers, m.Categories, m.Methods} {
		for i := range list {
			list[i] = "scribbled"
		}
	}
	for i := range m.Origins {
		m.Origins[i] = "scribbled"
	}
}
