package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/webhook"
)

// A platform is told of its customers, and verifies that it was souk who told it.
func Example() {
	ctx := context.Background()
	engine, err := connect.New(connect.Config{})
	check(err)
	hooks, err := webhook.New(webhook.Config{Engine: engine, Development: true})
	check(err)
	defer hooks.Close()
	check(engine.Attach(hooks.Part()))
	platform, err := engine.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Shop", Country: "FR"})
	check(err)

	verifier := new(webhook.Verifier)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message, err := verifier.VerifyRequest(r)
		if err != nil {
			http.Error(w, "not signed", http.StatusBadRequest)
			return
		}
		fmt.Println(len(message.Body) > 0, message.ID != "")
	}))
	defer receiver.Close()
	endpoint, err := hooks.CreateEndpoint(ctx, platform, webhook.EndpointRequest{Key: "main", URL: receiver.URL, Types: []string{"customer.*"}})
	check(err)
	verifier.Secrets = []string{endpoint.Secret.Plain()}

	_, err = platform.CreateCustomer(ctx, connect.CustomerRequest{Key: "ada"})
	check(err)
	_, err = engine.Drain(ctx) // Engine.Run does, every second
	check(err)
	list, err := hooks.Deliveries(ctx, platform, webhook.DeliveriesRequest{EndpointID: endpoint.ID})
	check(err)
	fmt.Println(list[0].Type, list[0].Status)
	// Output:
	// true true
	// customer.created succeeded
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
