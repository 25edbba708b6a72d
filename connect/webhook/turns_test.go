package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/webhook"
	"github.com/soukhq/souk/ledger"
)

// A platform with a long history of events does not hold up the others, and is read to its end.
func TestLongHistoriesTakeTurns(t *testing.T) {
	var order []string
	render := func(e ledger.Event, o ledger.Object) ([]byte, error) {
		order = append(order, e.Platform)
		return []byte(`{"id":"` + o.ID.ID + `"}`), nil
	}
	b := newStage(t, webhook.Config{Render: render}, nil)
	b.endpoint(only("test.*"))
	b.Clock.Advance(1)
	other, err := b.Register(b.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	p, err := b.hooks.Platform(b.ctx, other.ID())
	require.NoError(t, err)
	_, err = p.Create(b.ctx, webhook.EndpointRequest{Key: "k", URL: "https://hooks.example/", Types: []string{"test.*"}})
	require.NoError(t, err)
	emit := func(platform string, n int) {
		for ; n > 0; n -= 100 {
			_, err := b.Engine.Env().Update(b.ctx, b.Store(), func(u *ledger.Unit) error {
				for range min(n, 100) {
					u.Emit(ledger.Event{Type: "test.made", Platform: platform, Object: ledger.ID{Kind: "test", ID: "test_1"}})
				}
				return nil
			})
			require.NoError(t, err)
		}
	}
	emit(b.shop.ID(), 1500)
	emit(other.ID(), 1)
	done, err := b.Drain(b.ctx)
	require.NoError(t, err)
	require.NoError(t, done.Err)
	require.Len(t, order, 1501)
	require.NotEqual(t, other.ID(), order[1500], "the other platform's does not come last")
}
