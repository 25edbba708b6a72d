package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A buyer pays an order of 100.00 with the store credit that they have, a voucher and
// two cards.
func ExamplePlatform_Pay() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	if err != nil {
		panic(err)
	}
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "platform", Name: "Market", Country: "US"})
	if err != nil {
		panic(err)
	}
	anna, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		panic(err)
	}
	usd := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }
	_, err = p.Charge(ctx, connect.ChargeRequest{Key: "credit", Amount: usd(2000), Source: connect.TestCard, SellsCredit: "user-7"})
	if err != nil {
		panic(err)
	}
	_, err = p.IssueVoucher(ctx, connect.VoucherRequest{Key: "voucher", Amount: usd(500), Code: "WELCOME", Uses: 1000})
	if err != nil {
		panic(err)
	}

	order, err := p.Pay(ctx, connect.PayRequest{
		Key: "order-1",
		Charge: connect.ChargeRequest{
			Amount: usd(10000), AccountID: anna.ID, ApplicationFee: usd(1000), Source: connect.TestCard,
			Tenders: []connect.TenderRequest{{BuyerID: "user-7"}, {Code: "WELCOME"}},
		},
		Others: []connect.SourcePart{{Source: connect.TestCardUS, Amount: usd(3000)}},
	})
	if err != nil {
		panic(err)
	}
	left, err := p.CreditOf(ctx, "user-7", ledger.USD)
	if err != nil {
		panic(err)
	}
	balance, err := p.Balance(ctx, anna.ID)
	if err != nil {
		panic(err)
	}
	fmt.Println(order.Status, "of", order.Amount, "by", len(order.Parts), "charges")
	fmt.Println("credit left:", left.Balance)
	fmt.Println("the seller's:", balance.In(ledger.USD).Pending)
	// Output:
	// succeeded of 100.00 USD by 2 charges
	// credit left: 0.00 USD
	// the seller's: 90.00 USD
}
