package pricing_test

import (
	"testing"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// BenchmarkPrice: what a charge pays for its prices. The list has nine rules that
// do not fit before the one that does.
func BenchmarkPrice(b *testing.B) {
	rules := func(price pricing.Price) pricing.Prices {
		p := pricing.Prices{Modifiers: []pricing.Modifier{{Name: "others", Percent: percent("-10"), When: pricing.Match{Categories: []string{"others"}}}}}
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} {
			p.Rules = append(p.Rules, pricing.Rule{Name: name, When: pricing.Match{Categories: []string{name}, Currency: ledger.USD}, Price: price})
		}
		p.Rules = append(p.Rules, pricing.Rule{Name: "last", When: pricing.Match{Currency: ledger.USD}, Price: price})
		return p
	}
	plain := pricing.Price{Percent: percent("10"), Fixed: usd(30), Min: usd(50), Cap: usd(5000)}
	graduated := pricing.Price{Graduated: true, Tiers: []pricing.Tier{{UpTo: usd(500), Percent: percent("10")}, {Percent: percent("5"), Fixed: usd(10)}}}
	promoted := rules(plain)
	promoted.Modifiers = append(promoted.Modifiers, pricing.Modifier{Name: "summer", Percent: percent("-50")})
	total := rules(plain)
	total.Rules[9].OfTotal = true
	sale := pricing.Sale{Amount: usd(1000), Category: "x"}
	for _, c := range []struct {
		name string
		p    pricing.Prices
	}{{"plain", rules(plain)}, {"modified", promoted}, {"graduated", rules(graduated)}, {"of the total", total}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.p.Price(sale); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("processing", func(b *testing.B) {
		table := pricing.Default()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := table.Price(sale); err != nil {
				b.Fatal(err)
			}
		}
	})
}
