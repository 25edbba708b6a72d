package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A seller with an account of their own lets a platform charge for them.
func ExamplePlatform_On() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	check(err)
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	check(err)
	zoe, err := m.OpenAccount(ctx, connect.OpenAccountRequest{Key: "zoe", Name: "Zoe", Account: connecttest.Seller("US")})
	check(err)
	_, err = m.Connect(ctx, connect.ConnectRequest{Key: "yes", AccountID: zoe.ID, PlatformID: shop.ID(), Scope: connect.ScopeReadWrite, By: "user-1"})
	check(err)
	on, err := shop.On(ctx, zoe.ID)
	check(err)
	c, err := on.Charge(ctx, connect.ChargeRequest{Key: "order-1", Amount: ledger.Minor(100_00, ledger.USD), Source: connect.TestCard})
	check(err)
	fmt.Println(c.Amount, c.Status)

	_, err = m.Disconnect(ctx, connect.DisconnectRequest{Key: "no", AccountID: zoe.ID, PlatformID: shop.ID()})
	check(err)
	_, err = on.GetCharge(ctx, c.ID)
	fmt.Println(err)
	// Output:
	// 100.00 USD succeeded
	// connect: charge: not found: account: there is no such account
}
