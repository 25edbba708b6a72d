package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// The buyer's card was closed: the bank sends the refund back days later. Everybody has
// what they had before, and the buyer is owed it until it is paid by cheque.
func ExamplePlatform_ListOwed() {
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
	order, err := p.Charge(ctx, connect.ChargeRequest{
		Key: "order-1", Amount: ledger.Minor(10000, ledger.USD), AccountID: seller.ID, ApplicationFee: ledger.Minor(1000, ledger.USD), Source: connect.TestCard,
	})
	if err != nil {
		panic(err)
	}
	refund, err := p.Refund(ctx, connect.RefundRequest{Key: "refund-1", ChargeID: order.ID, ReverseTransfer: true, RefundFee: true})
	if err != nil {
		panic(err)
	}
	m.Acquirer.RefuseRefund(refund.ID, "account_closed")
	for _, n := range m.Acquirer.Notifications() { // an acquirer that posts tells Engine.Notify
		if err := m.News(ctx, n); err != nil {
			panic(err)
		}
	}
	for c, err := range p.Owed(ctx, connect.ListRequest{}) {
		if err != nil {
			panic(err)
		}
		for _, o := range c.Owed {
			fmt.Println("owed to the buyer:", o.Amount)
			r, err := p.Refund(ctx, connect.RefundRequest{Key: "cheque-1", ChargeID: c.ID, Repays: o.Refund, Paid: "cheque 4711"})
			if err != nil {
				panic(err)
			}
			fmt.Println("paid by hand:", r.Amount, r.Status, "of which the seller gave", r.Reversal)
		}
	}
	// Output:
	// owed to the buyer: 100.00 USD
	// paid by hand: 100.00 USD succeeded of which the seller gave 100.00 USD
}
