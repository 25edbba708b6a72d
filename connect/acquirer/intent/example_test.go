package intent_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/intent"
	"github.com/soukhq/souk/connect/acquirer/intent/intenttest"
	"github.com/soukhq/souk/ledger"
)

// A marketplace on the API, here on a server of the tests. Its events go to
// Engine.Notify, with the header and the body of the request that brings them.
func Example() {
	api := intenttest.New(intenttest.Config{SecretKey: "sk_test_x", Secret: "whsec_x"})
	server := httptest.NewServer(api)
	defer server.Close()

	acquirer, err := intent.New(intent.Config{BaseURL: server.URL, SecretKey: "sk_test_x", WebhookSecrets: []string{"whsec_x"}})
	check(err)
	engine, err := connect.New(connect.Config{Acquirer: acquirer})
	check(err)
	ctx := context.Background()
	shop, err := engine.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "DE"})
	check(err)
	c, err := shop.Charge(ctx, connect.ChargeRequest{Key: "order-1", Amount: ledger.Minor(1999, ledger.EUR), Source: intenttest.Debit})
	check(err)
	fmt.Println(c.Status)

	api.Settle() // days later
	for _, event := range api.Events() {
		done, err := engine.Notify(ctx, api.Post(event)) // connect.Notification{Header: r.Header.Get, Body: body}
		check(err)
		fmt.Println(event.Type, done.Booked)
	}
	c, err = shop.GetCharge(ctx, c.ID)
	check(err)
	fmt.Println(c.Status, c.Amount)

	// Output:
	// processing
	// payment_intent.processing 1
	// payment_intent.succeeded 1
	// succeeded 19.99 EUR
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
