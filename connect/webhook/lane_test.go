package webhook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/webhook"
	"github.com/soukhq/souk/internal/faults"
)

// Those that wait behind one that fails cost nothing whenever that one is tried again, and
// follow at once when it is through (promise 57).
func TestWhatWaitsIsLeftAlone(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	b.endpoint(only(connect.EventChargeSucceeded), func(r *webhook.EndpointRequest) { r.Order = webhook.ByFeed })
	for range 30 {
		b.charge()
	}
	b.status(500)
	require.Equal(t, 1, b.run().Failed)
	s := faults.Wrap(b.Store())
	other, err := connect.New(connect.Config{Store: s, Now: b.Clock.Now})
	require.NoError(t, err)
	again := b.attach(other, webhook.Config{})
	b.Clock.Advance(10 * time.Second)
	sent, err := again.Deliver(b.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, sent.Failed)
	require.Less(t, len(s.Log()), 30)

	b.status(200)
	b.took()
	b.Clock.Advance(10 * time.Minute)
	require.Equal(t, 30, b.run().Delivered)
	seen := make(map[string]bool)
	for _, g := range b.took() {
		seen[g.Body] = true
	}
	require.Len(t, seen, 30)
}
