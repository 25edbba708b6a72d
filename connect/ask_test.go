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

// finding is a simulator that is asked by its own references.
type finding struct {
	*connect.Simulator
	found []string
}

func (f *finding) Find(ctx context.Context, key, reference string) (connect.Answer, error) {
	f.found = append(f.found, reference)
	return f.Simulator.Lookup(ctx, key)
}

func (f *finding) Lookup(context.Context, string) (connect.Answer, error) {
	return connect.Answer{}, &ledger.Error{Class: ledger.Unavailable, Code: "asked_by_key"}
}

// Where the acquirer has told its name for a request, it is asked by that.
func TestFinder(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	f := &finding{Simulator: connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})}
	eng, p := platformOn(t, connect.Config{Acquirer: f, Now: clock.Now})
	c, err := p.Charge(t.Context(), connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestReceived})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeProcessing, c.Status)
	other, err := p.Charge(t.Context(), connect.ChargeRequest{Key: "d", Amount: usd(1000), Source: connect.TestRefundPending})
	require.NoError(t, err)
	r, err := p.Refund(t.Context(), connect.RefundRequest{Key: "r", ChargeID: other.ID, Amount: usd(300)})
	require.NoError(t, err)
	for range 3 {
		clock.Advance(time.Minute)
		_, err = eng.Drain(t.Context())
		require.NoError(t, err)
	}
	c, err = p.GetCharge(t.Context(), c.ID)
	require.NoError(t, err)
	r, err = p.GetRefund(t.Context(), r.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	require.Equal(t, connect.RefundSucceeded, r.Status)
	require.Subset(t, f.found, []string{"sim_" + c.ID, "sim_" + r.ID})
}

// unsendable is a simulator that cannot be sent what it is asked for.
type unsendable struct {
	*connect.Simulator
	calls int
}

func (u *unsendable) Authorize(context.Context, string, connect.AuthorizeOrder) (connect.Answer, error) {
	u.calls++
	return connect.Answer{}, &ledger.Error{Class: ledger.Invalid, Code: "invalid_key", Field: "key"}
}

// An order that can never be sent is not tried for ever: a person decides.
func TestAnOrderThatCannotBeSentRests(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	u := &unsendable{Simulator: connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})}
	eng, p := platformOn(t, connect.Config{Acquirer: u, Now: clock.Now})
	c, err := p.Charge(t.Context(), connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeUnknown, c.Status)
	require.Equal(t, "invalid_key", c.Code)
	for range 10 {
		clock.Advance(time.Hour)
		_, err = eng.Drain(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, 1, u.calls)
	require.NoError(t, eng.News(t.Context(), connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Declined, Code: "never_sent"}}))
	c, err = p.GetCharge(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeFailed, c.Status)
}
