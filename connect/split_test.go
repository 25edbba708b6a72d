package connect_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// fickle is an acquirer that declines one capture of all.
type fickle struct {
	*connect.Simulator
	mu       sync.Mutex
	captures int
	declines int
}

func (f *fickle) Capture(ctx context.Context, key string, o connect.CaptureOrder) (connect.Answer, error) {
	f.mu.Lock()
	f.captures++
	no := f.captures == f.declines
	f.mu.Unlock()
	if no {
		return connect.Answer{Status: connect.Declined, Code: "capture_declined", Amount: o.Amount}, nil
	}
	return f.Simulator.Capture(ctx, key, o)
}

// If the capture of one source fails, those before it are given back, and those after
// it let go: nothing of an order stands unless all of it does, and the credit is there
// again (promises 11 and 12).
func TestOneCaptureOfSeveralFails(t *testing.T) {
	for declines := 1; declines <= 3; declines++ {
		for _, direct := range []bool{false, true} {
			clock := connecttest.NewClock(connecttest.Start)
			acq := &fickle{Simulator: connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now}), declines: declines}
			eng, p := platformOn(t, connect.Config{Acquirer: acq, Now: clock.Now})
			ctx := context.Background()
			r := connecttest.Seller("US")
			r.ShortBalance, r.FeesPayer = connect.ShortNegative, connect.PartyPlatform
			a, err := p.CreateAccount(ctx, r)
			require.NoError(t, err)
			_, err = p.Charge(ctx, connect.ChargeRequest{Key: "sell", Amount: usd(500), SellsCredit: "b", Source: connect.TestCard})
			require.NoError(t, err)
			y, err := p.Pay(ctx, connect.PayRequest{Key: "pay", Charge: connect.ChargeRequest{
				Amount: usd(2000), AccountID: a.ID, ApplicationFee: usd(200), Direct: direct, Source: connect.TestCard,
				Tenders: []connect.TenderRequest{{BuyerID: "b"}},
			}, Others: []connect.SourcePart{{Source: connect.TestCardUS, Amount: usd(700)}, {Source: connect.TestCardGB, Amount: usd(300)}}})
			require.NoError(t, err)
			require.Equal(t, connect.PaymentFailed, y.Status)
			require.Equal(t, "capture_declined", y.Code)
			refunded := 0
			for _, part := range y.Parts {
				c, err := p.GetCharge(ctx, part.Charge)
				require.NoError(t, err)
				if c.Status == connect.ChargeSucceeded {
					require.Equal(t, c.Amount, c.Refunded)
					refunded++
				} else {
					require.Equal(t, connect.ChargeCanceled, c.Status)
				}
			}
			require.Equal(t, 2, refunded, "the others were captured")
			w, err := p.CreditOf(ctx, "b", ledger.USD)
			require.NoError(t, err)
			require.Equal(t, usd(500), w.Balance)
			b, err := p.Balance(ctx, a.ID)
			require.NoError(t, err)
			require.True(t, b.In(ledger.USD).Pending.IsZero())
			report, err := eng.Verify(ctx)
			require.NoError(t, err)
			require.NoError(t, report.Err())
			again, err := p.Pay(ctx, connect.PayRequest{Key: "pay", Charge: connect.ChargeRequest{
				Amount: usd(2000), AccountID: a.ID, ApplicationFee: usd(200), Direct: direct, Source: connect.TestCard,
				Tenders: []connect.TenderRequest{{BuyerID: "b"}},
			}, Others: []connect.SourcePart{{Source: connect.TestCardUS, Amount: usd(700)}, {Source: connect.TestCardGB, Amount: usd(300)}}})
			require.NoError(t, err)
			require.True(t, again.Replayed)
			require.Equal(t, connect.PaymentFailed, again.Status)
		}
	}
}

// deaf is an acquirer that does not answer when it is asked to let something go.
type deaf struct{ *connect.Simulator }

func (deaf) Cancel(context.Context, string, connect.CancelOrder) (connect.Answer, error) {
	return connect.Answer{}, &ledger.Error{Class: ledger.Unavailable, Code: "no_answer"}
}

// A source that is being let go when all are authorized ends the payment: what was captured
// of those before it goes back, and Drain is not held up.
func TestASourceIsLetGoBeforeTheCapture(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	sim := connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})
	store := ledger.NewMemory()
	eng, p := platformOn(t, connect.Config{Store: store, Acquirer: deaf{sim}, Now: clock.Now})
	ctx := context.Background()
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	y, err := p.Pay(ctx, connect.PayRequest{Key: "pay", Charge: connect.ChargeRequest{Amount: usd(2000), AccountID: a.ID, Source: connect.TestCard},
		Others: []connect.SourcePart{{Source: connect.TestCardUS, Amount: usd(700)}, {Source: connect.TestChallenge, Amount: usd(300)}}})
	require.NoError(t, err)
	_, _ = p.Cancel(ctx, connect.CancelRequest{Key: "go", ChargeID: y.Parts[1].Charge})
	sim.Act(y.Parts[2].Charge, true)
	_, err = p.Confirm(ctx, connect.ConfirmRequest{Key: "yes", ChargeID: y.Parts[2].Charge})
	require.NoError(t, err)
	done, err := eng.Drain(ctx)
	require.NoError(t, err)
	require.NoError(t, done.Err)
	hears, err := connect.New(connect.Config{Store: store, Acquirer: sim, Now: clock.Now})
	require.NoError(t, err)
	for range 20 {
		clock.Advance(time.Hour)
		_, err = hears.Drain(ctx)
		require.NoError(t, err)
	}
	y, err = p.GetPayment(ctx, y.ID)
	require.NoError(t, err)
	require.Equal(t, connect.PaymentFailed, y.Status)
	report, err := hears.Verify(ctx)
	require.NoError(t, err)
	require.NoError(t, report.Err())
}
