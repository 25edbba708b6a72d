// Package webhook delivers a platform's events to URLs of its choice: signed, in order,
// again and again for three days, from the store. It stands on connect's public face:
//
//	hooks, err := webhook.New(eng, webhook.Config{})
//	p, err := hooks.Platform(ctx, platformID)
//	made, err := p.Create(ctx, webhook.EndpointRequest{Key: "k", URL: "https://shop.example/hooks"})
//	keep(made.Secret) // shown now, and with the same key again
//	go hooks.Run(ctx)
//
// The engine's Drain reads the feed of events and writes one Delivery for each endpoint that
// wants an event; that takes no network. Deliver and Run send them, beside Drain, so that a
// slow receiver holds no payment up. Any number of processes may do both on one store.
//
// # What is sent
//
// A POST with a JSON body:
//
//	{"id": "evt_…", "object": "event", "type": "charge.succeeded", "created": 1767225600,
//	 "api_version": "2026-12-01", "platform": "plat_…", "account": "acct_…",
//	 "data": {"object": {"id": "ch_…", "object": "connect.charge", "version": 3, …}}}
//
// created is in seconds since 1970. account is there where the object belongs to one. The
// object is as it stood when the event was read from the feed, which may be later than the
// event; version says how it stood. Its fields are the columns of its kind (connect.Kinds),
// without customers' names and addresses and cards' fingerprints; no column holds bank or
// identity details. Config.Render puts another object in their place.
// data.details is what the event itself says, where it does (connect.Signed).
//
// The body is made once: a redelivery has the same bytes, and other timestamps and signatures.
// Receivers must expect an event twice, and tell by its id (Dedupe).
//
// # Secrets
//
// To sign, a secret must be readable. It is kept in the endpoint's object, in the clear
// unless Config.Sealer is set; whoever reads the database can then sign. Lists never show it.
package webhook
