package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/webhook"
)

// deadly is a Sealer that ends each process that opens what it sealed.
type deadly struct{ mirror }

func (deadly) Open(context.Context, string, []byte) ([]byte, error) { panic("out of memory") }

// A delivery that kills each process that tries it parks after the schedule, as any other
// that can never be delivered (promise 58).
func TestPromise58WhatKillsParks(t *testing.T) {
	b := newStage(t, webhook.Config{Sealer: deadly{}}, nil)
	e := b.endpoint(only(connect.EventChargeSucceeded))
	b.charge()
	start := b.Clock.Now()
	b.untilParked(e.ID, func() {
		sent, err := b.hooks.Deliver(b.ctx)
		require.NoError(t, err)
		require.Zero(t, sent.Delivered+sent.Failed)
	})
	d := b.all(e.ID)[0]
	require.Equal(t, 10, d.Attempts)
	require.Equal(t, webhook.Interrupted, d.Result)
	require.Less(t, 71*time.Hour, b.Clock.Now().Sub(start), "one loop of crashes uses up no schedule of days")
}

// A receiver that is slower than each Deliver is let run is not tried for ever either.
func TestPromise58WhatIsAlwaysInterruptedParks(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	e := b.endpoint(only(connect.EventChargeSucceeded))
	b.charge()
	b.untilParked(e.ID, func() {
		ctx, stop := context.WithCancel(b.ctx)
		defer stop()
		b.mu.Lock()
		b.answer = func(_ http.ResponseWriter, r *http.Request, _ string) {
			stop()
			wait(r.Context(), 2*time.Second)
		}
		b.mu.Unlock()
		_, _ = b.hooks.Deliver(ctx)
	})
	require.Len(t, b.took(), 11, "the first interruption costs no attempt")
	require.Equal(t, 10, b.all(e.ID)[0].Attempts)
}

// untilParked delivers whenever the endpoint's one delivery is due, until it is parked.
func (b *stage) untilParked(endpoint string, deliver func()) {
	b.t.Helper()
	_, err := b.Drain(b.ctx)
	require.NoError(b.t, err)
	for range 40 {
		d := b.all(endpoint)[0]
		if d.Status == webhook.Parked {
			return
		}
		if b.Clock.Now().Before(d.Work.Due) {
			b.Clock.Set(d.Work.Due)
		}
		deliver()
	}
	require.Fail(b.t, "it is tried for ever")
}

// locked is a Sealer whose keys are not to be had.
type locked struct{ mirror }

func (locked) Open(context.Context, string, []byte) ([]byte, error) {
	return nil, errors.New("no keys")
}

// That a secret cannot be opened is no failure of the endpoint, however long that lasts.
func TestALockedSecretDisablesNoEndpoint(t *testing.T) {
	b := newStage(t, webhook.Config{Sealer: locked{}, DisableAfter: time.Hour}, nil)
	e := b.endpoint(only(connect.EventChargeSucceeded))
	b.charge()
	b.untilParked(e.ID, func() { b.run() })
	d := b.all(e.ID)[0]
	require.Equal(t, webhook.NotSigned, d.Result)
	now, err := b.p.Get(b.ctx, e.ID)
	require.NoError(t, err)
	require.False(t, now.Disabled)
	require.True(t, now.Failing.IsZero())
}
