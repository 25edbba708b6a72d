package connect_test

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A pledge: the buyer's card is saved, authenticated, when they pledge, and charged
// 60 days later, when the goal is met. No authorization lasts that long.
func Example_pledge() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	check(err)
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	check(err)
	maker, err := shop.CreateAccount(ctx, connecttest.Seller("US"))
	check(err)

	buyer, err := shop.CreateCustomer(ctx, connect.CustomerRequest{Key: "buyer-7", Email: "bo@example.com"})
	check(err)
	card, err := shop.SaveSource(ctx, connect.SaveSourceRequest{
		Key: "pledge-1", CustomerID: buyer.ID, Source: connect.TestChallenge,
		Agreement: connect.BuyerAgreement{Text: "Charge my card if the goal is met.", At: m.Clock.Now(), IP: "192.0.2.7"},
		For:       []connect.Initiator{connect.Unscheduled},
	})
	check(err)
	fmt.Println(card.Status) // the buyer goes to card.Action.URL
	m.Acquirer.Act(card.ID, true)
	card, err = shop.ConfirmSource(ctx, connect.ConfirmSourceRequest{Key: "pledge-1-back", SavedSourceID: card.ID})
	check(err)
	fmt.Println(card.Status, card.Details.Brand, card.Details.Last4)

	check(m.Pass(ctx, 60*24*time.Hour))
	paid, err := shop.Charge(ctx, connect.ChargeRequest{
		Key: "pledge-1-paid", Amount: ledger.Minor(50_00, ledger.USD), AccountID: maker.ID, ApplicationFee: ledger.Minor(5_00, ledger.USD),
		SavedSourceID: card.ID, Initiation: connect.Initiation{By: connect.Unscheduled},
	})
	check(err)
	fmt.Println(paid.Status, paid.Amount, paid.Auth.Liability)
	// Output:
	// requires_action
	// active visa 3220
	// succeeded 50.00 USD merchant
}

// A hotel authorizes three nights, and a fourth one when the guest stays on.
func ExamplePlatform_IncreaseAuthorization() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	check(err)
	hotels, err := m.Register(ctx, connect.PlatformRequest{Key: "hotels", Name: "Hotels", Country: "US"})
	check(err)
	inn, err := hotels.CreateAccount(ctx, connecttest.Seller("US"))
	check(err)
	stay, err := hotels.Charge(ctx, connect.ChargeRequest{
		Key: "stay", Amount: ledger.Minor(300_00, ledger.USD), AccountID: inn.ID, ApplicationFee: ledger.Minor(30_00, ledger.USD),
		Source: connect.TestCard, CaptureLater: true,
	})
	check(err)
	more, err := hotels.IncreaseAuthorization(ctx, connect.IncreaseRequest{Key: "night-4", ChargeID: stay.ID, Amount: ledger.Minor(100_00, ledger.USD)})
	check(err)
	paid, err := hotels.Capture(ctx, connect.CaptureRequest{Key: "out", ChargeID: stay.ID})
	check(err)
	fmt.Println(more.Status, more.Total)
	fmt.Println(paid.Status, paid.Amount, paid.ApplicationFee)
	// Output:
	// succeeded 400.00 USD
	// succeeded 400.00 USD 40.00 USD
}
