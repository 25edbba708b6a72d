package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/ledger"
)

// BenchmarkLines is what lines, taxes by the table, prices and the market's rules add
// to a charge: four lines, one of them a discount, and a tax on three.
func BenchmarkLines(b *testing.B) {
	m, err := connecttest.New(connecttest.Config{})
	require.NoError(b, err)
	p, err := m.Register(b.Context(), connect.PlatformRequest{Key: "p", Name: "P", Country: "DE"})
	require.NoError(b, err)
	eur := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.EUR) }
	r := connect.ChargeRequest{AccountID: "acct_a", BuyerCountry: "DE", Lines: []connect.Line{
		{Kind: connect.LineGoods, Amount: eur(10000)}, {Kind: connect.LineGoods, Amount: eur(2500)},
		{Kind: connect.LineDelivery, Amount: eur(500), Owner: p.ID()}, {Kind: connect.LineDiscount, Amount: eur(-1000), PlatformPays: eur(500)},
	}}
	de := tax.Party{Place: tax.Place{Country: "DE"}}
	at := m.Clock.Now()
	s := tax.Sale{At: at, Seller: de, Buyer: de, Lines: []tax.Line{
		{Name: "1", Kind: "goods", Amount: eur(9200)}, {Name: "2", Kind: "goods", Amount: eur(2300)}, {Name: "3", Kind: "delivery", Amount: eur(500)},
	}}
	list := percentList("10")
	b.ReportAllocs()
	for b.Loop() {
		if err := connect.RulesOfLines(b.Context(), p, r, s, list, at); err != nil {
			b.Fatal(err)
		}
	}
}
