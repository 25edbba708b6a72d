// Package webhook tells platforms what happens, at addresses of their own: each event of
// connect is delivered to the endpoints that want it, signed, and again until it is taken.
//
//	hooks, err := webhook.New(webhook.Config{Engine: engine})
//	…
//	err = engine.Attach(hooks.Part())
//	…
//	endpoint, err := hooks.CreateEndpoint(ctx, platform, webhook.EndpointRequest{
//		Key: "main", URL: "https://shop.example/hooks", Types: []string{"charge.*", "payout.failed"},
//	})
//
// Engine.Drain, and so Engine.Run, reads the same feed as Platform.Subscribe, which skips
// no event, and delivers from the store: what was not delivered when a process ended is by
// the next one, and of two that work at once each attempt is made by one. A delivery comes
// at least once, and more than once where its answer was lost: its id (Webhook-Id) and body
// are the same each time. Of one object the events are made in order; an endpoint that asks
// for it (Ordered) gets them in order too, and waits for one that failed. Failures are tried
// again over three days. An endpoint that took nothing for five is disabled.
//
// The body is Event as JSON, which names what it is about and shows none of it, or what
// Config.Body makes. It is signed twice, by Souk-Signature, which has the form of Stripe's
// header (t=…,v1=…), and by the headers of Standard Webhooks; receivers that are written in
// Go use Verifier, and others the library that they have for either.
//
// The addresses are stated by strangers. They are https at a public address, which is looked
// at when the endpoint is made and again as it is called; redirects are not followed, and
// what the address answered is not shown to who stated it.
package webhook
