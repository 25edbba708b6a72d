package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/ledger"
)

// A basket with a delivery of the platform's own and a discount that it pays half of.
// What tax is in the prices is the table's to say; then one thing comes back.
func ExampleLine() {
	ctx := context.Background()
	eur := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.EUR) }
	m, err := connecttest.New(connecttest.Config{Config: connect.Config{Tax: tax.Builtin()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "DE"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ann, err := shop.CreateAccount(ctx, connecttest.Seller("DE"))
	if err != nil {
		fmt.Println(err)
		return
	}
	order, err := shop.Charge(ctx, connect.ChargeRequest{
		Key: "order-1", AccountID: ann.ID, Source: connect.TestCard,
		Lines: []connect.Line{
			{Name: "lamp", Kind: connect.LineGoods, Amount: eur(80_00)},
			{Name: "shade", Kind: connect.LineGoods, Amount: eur(20_00)},
			{Name: "parcel", Kind: connect.LineDelivery, Amount: eur(5_00), Owner: shop.ID()},
			{Kind: connect.LineDiscount, Amount: eur(-10_00), PlatformPays: eur(5_00)},
		},
		Taxed: &connect.TaxPlaces{Buyer: tax.Party{Place: tax.Place{Country: "DE"}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("paid:", order.Amount, "- the platform's own:", order.PlatformPart, "- its part of the discount:", order.Discount)
	for _, l := range order.Lines {
		if l.Kind == connect.LineTax {
			fmt.Println("in", l.On[0]+":", l.Amount, l.Jurisdiction, l.Rate.String()+" %")
		}
	}
	back, err := shop.Refund(ctx, connect.RefundRequest{
		Key: "return-1", ChargeID: order.ID, Lines: []connect.RefundLine{{Line: "shade"}}, ReverseTransfer: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("back:", back.Amount, "- of the discount to the platform:", back.DiscountBack)
	// Output:
	// paid: 95.00 EUR - the platform's own: 5.00 EUR - its part of the discount: 5.00 EUR
	// in lamp: 11.50 EUR Umsatzsteuer 19 %
	// in shade: 2.87 EUR Umsatzsteuer 19 %
	// in parcel: 0.80 EUR Umsatzsteuer 19 %
	// back: 18.00 EUR - of the discount to the platform: 1.00 EUR
}
