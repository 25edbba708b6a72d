package connect_test

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A shop takes 20.00 USD in bitcoin for a seller: it shows the address, somebody
// pays, a block confirms it, and the seller's share is pending like that of any
// payment. A host with real coins sets connect.Config.Bitcoin to its own node and
// wallet; without, both are simulated.
func Example_bitcoin() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	check(err)
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	check(err)
	seller, err := shop.CreateAccount(ctx, connecttest.Seller("US"))
	check(err)

	order, err := shop.CreateReceiver(ctx, connect.ReceiverRequest{
		Key: "order-1", Amount: ledger.Minor(20_00, ledger.USD), AccountID: seller.ID,
		ApplicationFee: ledger.Minor(2_00, ledger.USD), Description: "Two lamps",
	})
	check(err)
	fmt.Println(order.URI())
	fmt.Println("pay within", order.Until.Sub(m.Clock.Now()))

	m.Coins.Pay(order.Address, order.Satoshi.Minor()) // the buyer's wallet
	m.Coins.Mine(1)
	check(m.Pass(ctx, 2*time.Minute)) // Run or Drain sees it

	order, err = shop.GetReceiver(ctx, order.ID)
	check(err)
	paid, err := shop.GetCharge(ctx, order.Charge)
	check(err)
	balance, err := shop.Balance(ctx, seller.ID)
	check(err)
	fmt.Println(order.Status, paid.Amount, paid.Status, "- the seller has", balance.In(ledger.USD).Pending)
	// Output:
	// bitcoin:tb1qflspxvffq8gclwdshpyqqhlyj7xg54t7e2vvqj?amount=0.08&message=Two%20lamps
	// pay within 10m0s
	// filled 20.00 USD succeeded - the seller has 18.00 USD
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
