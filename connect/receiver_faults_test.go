package connect_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
)

// coinWorld is what outlives a crash: the store, the clock, the chain and the
// wallet, and what buyers have paid.
type coinWorld struct {
	*world
	coins *bitcoin.Simulator
	paid  map[string]bool
	back  []string // returns that were asked for
}

func newCoinWorld(d ledger.Delivery, plans ...faults.Plan) *coinWorld {
	w := &coinWorld{world: newWorld(d, plans...), paid: make(map[string]bool)}
	w.coins = bitcoin.NewSimulator(bitcoin.SimulatorConfig{Delivery: d, Now: w.clock.Now})
	return w
}

func (w *coinWorld) engine(t *testing.T) *connect.Engine {
	eng, err := connect.New(connect.Config{
		Store: w.store, Acquirer: w.acq, Rail: w.rail, Now: w.clock.Now, NewID: w.newID,
		Bitcoin: &bitcoin.Config{Addresses: w.coins, Chain: w.coins, Wallet: w.coins, Window: 24 * time.Hour},
	})
	require.NoError(t, err)
	return eng
}

// day sells twice, once paid in full and once short, and gives back of both. It
// reports whether it came to its end.
func (w *coinWorld) day(t *testing.T) (whole bool) {
	defer survived()
	ctx := context.Background()
	eng := w.engine(t)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	if err != nil {
		return false
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return false
	}
	full, short := w.receive(p, "full", a.ID, 8_000_000), w.receive(p, "short", a.ID, 5_000_000)
	if full == nil || short == nil {
		return false
	}
	w.coins.Mine(1)
	w.after(t, eng, 25*time.Hour)
	_, err1 := p.ApplyCoins(ctx, connect.ApplyRequest{Key: "apply", ReceiverID: short.ID, Satoshi: btc(2_000_000), NoFee: true})
	x, err2 := p.ReturnCoins(ctx, connect.ReturnRequest{Key: "return", ReceiverID: short.ID, Satoshi: btc(3_000_000)})
	if err2 == nil {
		w.back = append(w.back, x.ID)
	}
	if full, err = p.GetReceiver(ctx, full.ID); err != nil {
		return false
	}
	x, err3 := p.RefundCoins(ctx, connect.CoinRefundRequest{Key: "refund", ChargeID: full.Charge, Amount: usd(500), ReverseTransfer: true, RefundFee: true})
	if err3 == nil {
		w.back = append(w.back, x.ID)
	}
	w.after(t, eng, time.Hour)
	return err1 == nil && err2 == nil && err3 == nil
}

// rest lets what is pending become available, and returns what everybody has.
func (w *coinWorld) rest(t *testing.T) map[string]string {
	w.after(t, w.engine(t), 10*24*time.Hour)
	return w.balances(t)
}

// receive asks for coins until there is an address, and pays there once.
func (w *coinWorld) receive(p *connect.Platform, key, seller string, satoshi int64) *connect.Receiver {
	for range 3 {
		r, err := p.CreateReceiver(context.Background(), connect.ReceiverRequest{
			Key: key, Amount: usd(2000), AccountID: seller, ApplicationFee: usd(200), RefundTo: buyer,
		})
		if err == nil && r.Address != "" {
			if !w.paid[key] {
				w.coins.Pay(r.Address, satoshi)
				w.paid[key] = true
			}
			return r
		}
		w.clock.Advance(2 * time.Minute)
	}
	return nil
}

// A crash, a lost answer or a dead store between any two steps: retried with the
// same keys everything comes to the same end, and no coins go out twice (promises
// 15, 26, 35; edge-case 95).
func TestFaultsBetweenAnyTwoStepsOfCoins(t *testing.T) {
	t.Parallel()
	deliveries := []ledger.Delivery{ledger.Askable, ledger.Keyed}
	if os.Getenv("SOUK_LONG") == "" {
		deliveries = deliveries[:1]
	}
	for _, delivery := range deliveries {
		clean := newCoinWorld(delivery)
		require.True(t, clean.day(t))
		calls := clean.store.Log()
		want := clean.rest(t)
		require.NotEmpty(t, want)
		for plan := range plans(calls) {
			w := newCoinWorld(delivery, plan)
			w.day(t)
			w.store.Heal()
			w.clock.Advance(2 * time.Minute)
			w.day(t)
			require.True(t, w.day(t), plan.String())
			require.Equal(t, want, w.rest(t), plan.String())
			for _, id := range w.back {
				require.Equal(t, 1, w.coins.Taken(id), plan.String())
			}
			report, err := w.engine(t).Verify(context.Background())
			require.NoError(t, err)
			require.NoError(t, report.Err(), plan.String())
		}
	}
}
