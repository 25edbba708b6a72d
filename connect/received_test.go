package connect_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// mute is a blind acquirer that answers nothing once it was switched off.
type mute struct {
	*connect.Simulator
	off bool
}

func (f *mute) lost() error {
	if f.off {
		return &ledger.Error{Class: ledger.Unknown, Code: "no_answer"}
	}
	return nil
}

func (f *mute) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	if err := f.lost(); err != nil {
		return connect.Answer{}, err
	}
	return f.Simulator.Authorize(ctx, key, o)
}

func (f *mute) Capture(ctx context.Context, key string, o connect.CaptureOrder) (connect.Answer, error) {
	return connect.Answer{}, f.lost()
}

func (f *mute) Cancel(ctx context.Context, key string, o connect.CancelOrder) (connect.Answer, error) {
	return connect.Answer{}, f.lost()
}

func (f *mute) Increase(ctx context.Context, key string, o connect.IncreaseOrder) (connect.Answer, error) {
	return connect.Answer{}, f.lost()
}

func (f *mute) Refund(ctx context.Context, key string, o connect.RefundOrder) (connect.Answer, error) {
	return connect.Answer{}, f.lost()
}

// Whatever was unknown, or waited for the buyer, and is heard to be under way: that is a
// change, and is told once (promise 56).
func TestReceivedIsToldOnce(t *testing.T) {
	acq := &mute{Simulator: connect.NewSimulator(connect.SimulatorConfig{Delivery: ledger.Blind})}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: acq}})
	a := m.seller()
	paid, challenged := m.charge(a.ID, 1000, 0, connect.TestCard), m.charge(a.ID, 1000, 0, connect.TestChallenge)
	auths := []*connect.Charge{m.authorize(a.ID, 1000, 0, connect.TestCard), m.authorize(a.ID, 1000, 0, connect.TestCard), m.authorize(a.ID, 1000, 0, connect.TestCard)}
	acq.off = true
	lost := m.charge(a.ID, 1000, 0, connect.TestCard)
	require.Equal(t, connect.ChargeUnknown, lost.Status)
	capture, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "c", ChargeID: auths[0].ID})
	require.NoError(t, err)
	void, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: "v", ChargeID: auths[1].ID})
	require.NoError(t, err)
	inc, err := m.increase(auths[2].ID, 100)
	require.NoError(t, err)
	refund, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: paid.ID, ReverseTransfer: true})
	require.NoError(t, err)
	require.Equal(t, connect.RefundUnknown, refund.Status)
	for what, id := range map[string]string{
		"a challenged charge": challenged.ID, "a charge": lost.ID, "a capture": capture.ID, "a cancellation": void.ID, "an increase": inc.ID, "a refund": refund.ID,
	} {
		n := len(m.told(id))
		for range 2 {
			require.NoError(t, m.News(m.ctx, connect.News{Key: id, Answer: connect.Answer{Status: connect.Received}}))
		}
		require.Len(t, m.told(id), n+1, what)
	}
	m.verify()
}
