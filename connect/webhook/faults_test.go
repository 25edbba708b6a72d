package webhook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/webhook"
	"github.com/soukhq/souk/internal/faults"
)

// Whatever call of the store fails while a process delivers, each event comes at least once,
// with the same bytes each time and in order (promises 57, 59), and its record says so.
func TestFaultsWhileDelivering(t *testing.T) {
	deliver := func(plans ...faults.Plan) []faults.Call {
		b := newStage(t, webhook.Config{}, nil)
		e := b.endpoint(only("charge.*"))
		b.charge()
		_, err := b.Drain(b.ctx)
		require.NoError(t, err)
		s := faults.Wrap(b.Store(), plans...)
		other, err := connect.New(connect.Config{Store: s, Now: b.Clock.Now})
		require.NoError(t, err)
		_, err = other.Platform(b.ctx, b.shop.ID()) // it has started
		if len(plans) == 0 {
			require.NoError(t, err)
		}
		before := len(s.Log())
		func() {
			defer func() { _ = recover() }() // a process that is killed while it lists
			_, _ = b.attach(other, webhook.Config{}).Deliver(b.ctx)
		}()
		log := s.Log()[before:]
		require.Equal(t, len(plans) > 0, s.Hit())
		s.Heal()
		for range 3 {
			b.Clock.Advance(10 * time.Minute)
			b.run()
		}
		bodies, order := make(map[string]string), []string{}
		for _, g := range b.took() {
			id := g.Header.Get(webhook.HeaderID)
			if was, ok := bodies[id]; ok {
				require.Equal(t, was, g.Body)
				require.Equal(t, order[len(order)-1], id, "a repetition comes before the next")
				continue
			}
			bodies[id] = g.Body
			order = append(order, id)
		}
		require.Len(t, order, 2)
		require.True(t, strings.Contains(bodies[order[0]], connect.EventChargePending))
		for _, d := range b.all(e.ID) {
			require.Equal(t, webhook.Delivered, d.Status)
		}
		return log
	}
	log := deliver()
	require.Greater(t, len(log), 8)
	first := len(faultsBefore(t))
	for plan := range faults.Plans(log, faults.After, faults.Late, faults.Twice, faults.CrashAfter) {
		plan.Call += first
		t.Run(plan.String(), func(*testing.T) { deliver(plan) })
	}
}

// faultsBefore are the calls of an engine until it has started.
func faultsBefore(t *testing.T) []faults.Call {
	b := newStage(t, webhook.Config{}, nil)
	s := faults.Wrap(b.Store())
	other, err := connect.New(connect.Config{Store: s, Now: b.Clock.Now})
	require.NoError(t, err)
	_, err = other.Platform(b.ctx, b.shop.ID())
	require.NoError(t, err)
	return s.Log()
}
