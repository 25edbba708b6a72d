package connect_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A tenth of what a seller earns is kept back for thirty days, until the seller closes
// the account: then it is all that buyers may still dispute.
func ExamplePlatform_SetReserve() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	check(err)
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	check(err)
	seller, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	check(err)
	ann := connect.Actor{ID: "ann", Rights: []connect.Right{connect.RightRisk}}
	_, err = p.SetReserve(ctx, connect.ReserveRequest{
		Key: "reserve", By: ann, AccountID: seller.ID, Terms: connect.ReserveTerms{Percent: decimal.New(10, 0), Days: 30},
		Description: "a new seller of event tickets",
	})
	check(err)
	_, err = p.Charge(ctx, connect.ChargeRequest{Key: "order-1", Amount: ledger.Minor(100_00, ledger.USD), AccountID: seller.ID, Source: connect.TestCardAtOnce})
	check(err)
	show := func() {
		b, err := p.Balance(ctx, seller.ID)
		check(err)
		fmt.Println("available", b.In(ledger.USD).Available, "reserved", b.In(ledger.USD).Reserved)
	}
	show()
	x, err := p.Exposure(ctx, seller.ID)
	check(err)
	fmt.Println("may be disputed:", x.In(ledger.USD).Amount, "until", x.In(ledger.USD).Falls[0].After)
	closing, err := p.CloseAccount(ctx, connect.CloseAccountRequest{Key: "bye", By: ann, AccountID: seller.ID, Description: "the seller asked for it"})
	check(err)
	show()
	for range 140 {
		check(m.Pass(ctx, 24*time.Hour))
	}
	show()
	closing, err = p.GetAccountClosing(ctx, closing.ID)
	check(err)
	fmt.Println(closing.Status, len(closing.Payouts))
	// Output:
	// available 90.00 USD reserved 10.00 USD
	// may be disputed: 100.00 USD until 2026-06-30
	// available 0.00 USD reserved 100.00 USD
	// available 0.00 USD reserved 0.00 USD
	// closed 1
}
