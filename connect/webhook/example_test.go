package webhook_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/webhook"
)

// A receiving end verifies what it gets. The receiver of this example listens on loopback;
// without Config.Loopback only https to public addresses is taken.
func Example() {
	ctx := context.Background()
	eng, _ := connect.New(connect.Config{})
	hooks, _ := webhook.New(eng, webhook.Config{Loopback: true})
	defer hooks.Close()
	shop, _ := eng.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "FR"})
	p, _ := hooks.Platform(ctx, shop.ID())

	secret := ""
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		event, err := webhook.Verify(r.Header, body, secret)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Println(event.Type)
	}))
	defer receiver.Close()
	made, _ := p.Create(ctx, webhook.EndpointRequest{Key: "hook", URL: receiver.URL, Types: []string{"platform.*"}})
	secret = made.Secret

	_, _ = shop.UpdatePlatform(ctx, connect.PlatformUpdate{Key: "name", Name: "Boutique"})
	_, _ = eng.Drain(ctx) // reads the feed of events; Engine.Run does so every second
	_, _ = hooks.Deliver(ctx)
	// Output: platform.updated
}
