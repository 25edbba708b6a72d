package webhook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	stripe "github.com/stripe/stripe-go/v82/webhook"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/webhook"
)

// Libraries that others receive webhooks with accept what is delivered, with each secret
// while it is rolled, and refuse it once anything of it is changed.
func TestOthersVerify(t *testing.T) {
	ctx := t.Context()
	type request struct {
		header http.Header
		body   []byte
	}
	var got []request
	sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			got = append(got, request{r.Header.Clone(), body})
		}
	}))
	defer sink.Close()
	eng, err := connect.New(connect.Config{})
	require.NoError(t, err)
	hooks, err := webhook.New(eng, webhook.Config{Loopback: true, Header: "Stripe-Signature"})
	require.NoError(t, err)
	defer hooks.Close()
	shop, err := eng.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	require.NoError(t, err)
	p, err := hooks.Platform(ctx, shop.ID())
	require.NoError(t, err)
	made, err := p.Create(ctx, webhook.EndpointRequest{Key: "made", URL: sink.URL})
	require.NoError(t, err)
	rolled, err := p.Roll(ctx, webhook.RollRequest{Key: "rolled", EndpointID: made.ID, Overlap: 3600e9})
	require.NoError(t, err)
	_, err = shop.UpdatePlatform(ctx, connect.PlatformUpdate{Key: "name", Name: "Shop & <Söhne>"})
	require.NoError(t, err)
	_, err = eng.Drain(ctx)
	require.NoError(t, err)
	sent, err := hooks.Deliver(ctx)
	require.NoError(t, err)
	require.NotZero(t, sent.Delivered)
	require.NotEmpty(t, got)

	options := stripe.ConstructEventOptions{IgnoreAPIVersionMismatch: true}
	for _, secret := range []string{made.Secret, rolled.Secret} {
		ours, err := standard.NewWebhook(secret)
		require.NoError(t, err)
		for _, r := range got {
			header := r.header.Get("Stripe-Signature")
			event, err := stripe.ConstructEventWithOptions(r.body, header, secret, options)
			require.NoError(t, err)
			require.Equal(t, event.ID, r.header.Get(webhook.HeaderID))
			require.NoError(t, ours.Verify(r.body, r.header))

			other := append([]byte(nil), r.body...)
			other[len(other)/2] ^= 1
			_, err = stripe.ConstructEventWithOptions(other, header, secret, options)
			require.ErrorIs(t, err, stripe.ErrNoValidSignature)
			require.Error(t, ours.Verify(other, r.header))
			changed := r.header.Clone()
			changed.Set(webhook.HeaderID, "evt_other")
			require.Error(t, ours.Verify(r.body, changed))
		}
	}
	foreign, err := standard.NewWebhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	require.Error(t, foreign.Verify(got[0].body, got[0].header))
}
