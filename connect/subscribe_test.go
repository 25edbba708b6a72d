package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A subscription hands out what has come since its cursor, of the types asked for, goes
// on while new ones come, and ends with its context (promise 56).
func TestSubscribe(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	s := m.seller()
	m.charge(s.ID, 1000, 100, connect.TestCard)
	ctx, cancel := context.WithCancel(m.ctx)
	defer cancel()
	var heard []string
	var last ledger.Cursor
	for told, err := range m.platform.Subscribe(ctx, connect.SubscribeRequest{Types: []string{"charge.", connect.EventTransferCreated}, Every: time.Nanosecond}) {
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
			break
		}
		for _, e := range told.Events {
			heard = append(heard, e.Type)
		}
		switch last = told.Next; {
		case len(heard) == 2: // while somebody listens
			m.charge(s.ID, 1000, 100, connect.TestDeclined)
		case len(heard) >= 4:
			cancel()
		}
	}
	require.Equal(t, []string{"charge.pending", "charge.succeeded", "charge.pending", "charge.failed"}, heard)
	m.charge(s.ID, 1000, 100, connect.TestCard)
	for told, err := range m.platform.Subscribe(m.ctx, connect.SubscribeRequest{After: last}) {
		require.NoError(t, err)
		require.Equal(t, "charge.pending", told.Events[0].Type, "it goes on where it was")
		break
	}
	for _, err := range m.platform.Subscribe(m.ctx, connect.SubscribeRequest{Every: -1}) {
		require.Equal(t, "invalid_request", codeOf(t, err))
	}
	for _, err := range m.platform.Subscribe(m.ctx, connect.SubscribeRequest{After: "x"}) {
		require.Equal(t, "invalid_cursor", codeOf(t, err))
	}
}
