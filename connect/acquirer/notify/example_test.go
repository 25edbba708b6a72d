package notify_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/notify"
	"github.com/soukhq/souk/connect/acquirer/notify/notifytest"
	"github.com/soukhq/souk/ledger"
)

// A marketplace on the API, here on a server of the tests. What it is asked for is only
// received; a notification brings the truth, and is answered with notify.Accepted.
func Example() {
	api := notifytest.New(notifytest.Config{APIKey: "key", MerchantAccount: "Shop", HMACKey: keyBytes()})
	server := httptest.NewServer(api)
	defer server.Close()

	acquirer, err := notify.New(notify.Config{BaseURL: server.URL + "/v71", APIKey: "key", MerchantAccount: "Shop", HMACKeys: []string{hmacKey}})
	check(err)
	engine, err := connect.New(connect.Config{Acquirer: acquirer})
	check(err)
	ctx := context.Background()
	shop, err := engine.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "DE"})
	check(err)
	c, err := shop.Charge(ctx, connect.ChargeRequest{Key: "order-1", Amount: ledger.Minor(1999, ledger.EUR), Source: notifytest.Card})
	check(err)
	fmt.Println(c.Status)

	_, err = engine.Notify(ctx, api.Post(api.Items()...)) // connect.Notification{Header: r.Header.Get, Body: body}
	check(err)
	c, err = shop.GetCharge(ctx, c.ID)
	check(err)
	fmt.Println(c.Status, c.Amount)

	// Output:
	// processing
	// succeeded 19.99 EUR
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
