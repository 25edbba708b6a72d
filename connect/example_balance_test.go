package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A seller looks at what happened to their balance: a sale with its fees is one line.
func ExamplePlatform_ListBalanceTransactions() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	if err != nil {
		panic(err)
	}
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	if err != nil {
		panic(err)
	}
	seller, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		panic(err)
	}
	c, err := p.Charge(ctx, connect.ChargeRequest{
		Key: "order-1", Amount: ledger.Minor(1000, ledger.USD), AccountID: seller.ID, ApplicationFee: ledger.Minor(123, ledger.USD),
		Direct: true, Source: connect.TestCard,
	})
	if err != nil {
		panic(err)
	}
	if _, err := p.Refund(ctx, connect.RefundRequest{Key: "back-1", ChargeID: c.ID, Amount: ledger.Minor(250, ledger.USD), RefundFee: true}); err != nil {
		panic(err)
	}
	page, err := p.ListBalanceTransactions(ctx, connect.BalanceTransactionsRequest{AccountID: seller.ID})
	if err != nil {
		panic(err)
	}
	for _, l := range page.Items {
		fmt.Println(l.Type, l.Amount, "less", l.Fee, "is", l.Net)
		for _, f := range l.Fees {
			fmt.Println("  ", f.Type, f.Amount)
		}
	}
	b, err := p.Balance(ctx, seller.ID)
	if err != nil {
		panic(err)
	}
	fmt.Println("pending", b.In(ledger.USD).Pending)
	// Output:
	// refund -2.50 USD less -0.31 USD is -2.19 USD
	//    application_fee -0.31 USD
	// charge 10.00 USD less 1.82 USD is 8.18 USD
	//    processing_fee 0.59 USD
	//    application_fee 1.23 USD
	// pending 5.99 USD
}
