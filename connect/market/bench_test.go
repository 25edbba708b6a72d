package market_test

import (
	"testing"
	"time"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
)

// at is a day on which all rules that are built in are in force.
var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// BenchmarkRules: what a charge pays for its market. The platform has rules of its
// own for another 30 countries.
func BenchmarkRules(b *testing.B) {
	over := &market.List{}
	for _, code := range append(market.Builtin().Countries(), "NZ", "JP", "SG", "MX", "BR", "PL", "CZ", "HU", "RO", "PT", "GR", "IS") {
		over.Rules = append(over.Rules, market.Rules{Country: code, Methods: map[string]*market.Method{
			"card": {Place: market.Is(1)}, "bank_debit": {Offered: market.Is(true)},
		}})
	}
	for _, c := range []struct {
		name string
		over *market.List
		sale market.Sale
	}{
		{"built in", nil, market.Sale{Amount: ledger.Minor(1000, ledger.EUR), Seller: "FR", Descriptor: "SHOP BERLIN"}},
		{"overridden", over, market.Sale{Amount: ledger.Minor(1000, ledger.EUR), Seller: "FR", Descriptor: "SHOP BERLIN"}},
		{"bank debit", over, market.Sale{Amount: ledger.Minor(1000, ledger.EUR), Settled: ledger.Minor(850, ledger.GBP), Seller: "FR", Method: "bank_debit"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v := market.Builtin().View("DE", at, c.over)
				if err := v.Refuse(&c.sale); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("all countries", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			v := market.Builtin().View("", at, nil)
			if least, _, _ := v.Limit(ledger.USD); least != 50 {
				b.Fatal(least)
			}
		}
	})
}
