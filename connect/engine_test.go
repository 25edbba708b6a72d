package connect_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Live is refused, naming each part that is not for real money.
func TestLiveIsRefused(t *testing.T) {
	_, err := connect.New(connect.Config{Live: true})
	require.ErrorIs(t, err, ledger.Invalid)
	for _, part := range []string{"Store is an in-memory store", "Acquirer is a simulated acquirer", "Rail is a simulated rail", "Rates is an example rate table"} {
		require.ErrorContains(t, err, part)
	}
	_, err = connect.New(connect.Config{Live: true, Store: ledger.Overlay(ledger.NewMemory()), Acquirer: real{}})
	require.ErrorContains(t, err, "Store is an overlay")
	require.NotContains(t, err.Error(), "Acquirer")
}

// real is an acquirer that is no simulator.
type real struct{ connect.Acquirer }

func (real) Info() connect.AcquirerInfo { return connect.AcquirerInfo{Name: "real"} }

// A store is live or not for good (promise 67, as far as modes exist).
func TestModeOfAStoreStays(t *testing.T) {
	ctx, store := context.Background(), ledger.NewMemory()
	_, err := ledger.Update(ctx, store, func(u *ledger.Unit) error {
		u.Put(ledger.Object{ID: ledger.ID{Kind: "connect.mode", ID: "mode"}, Data: []byte(`{"live":true}`)})
		return nil
	})
	require.NoError(t, err)
	eng, err := connect.New(connect.Config{Store: store})
	require.NoError(t, err)
	_, err = eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.ErrorIs(t, err, ledger.State)
	require.ErrorContains(t, err, "live")
	_, err = eng.Drain(ctx)
	require.ErrorIs(t, err, ledger.State)
}

func TestConfigIsChecked(t *testing.T) {
	for name, c := range map[string]connect.Config{
		"lease":    {Lease: -1},
		"rail":     {Rail: payout.NewSimulator(payout.SimulatorConfig{Name: "Not A Name"})},
		"acquirer": {Acquirer: connect.NewSimulator(connect.SimulatorConfig{Name: "a/b"})},
	} {
		_, err := connect.New(c)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, name, e.Field)
	}
}

// Two engines, and many goroutines in each, drain one store: every piece of
// work is done once (promises 60 and 61).
func TestManyDrainOneStore(t *testing.T) {
	store := ledger.NewMemory()
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	other, err := connect.New(connect.Config{Store: store, Acquirer: m.Acquirer, Rail: m.Rail, Now: m.Clock.Now})
	require.NoError(t, err)
	a := m.seller()
	joined := m.platform.In(store)
	var ids []string
	for range 40 {
		c, err := joined.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCard})
		require.NoError(t, err)
		require.Equal(t, connect.ChargeProcessing, c.Status)
		ids = append(ids, c.ID)
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			eng := []*connect.Engine{m.Engine, other}[i%2]
			done, err := eng.Drain(m.ctx)
			if err = errors.Join(err, done.Err); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	m.pass(time.Hour)
	for _, id := range ids {
		c, err := m.platform.GetCharge(m.ctx, id)
		require.NoError(t, err)
		require.Equal(t, connect.ChargeSucceeded, c.Status)
		require.Equal(t, 1, m.Acquirer.Taken(id))
	}
	require.Equal(t, usd(40*877), m.has(a.ID).Pending)
	m.verify()
}

// A worker that was paused beyond its lease wakes up and cannot settle what
// another one took over (promise 60): the money is booked once.
func TestPausedWorkerIsFenced(t *testing.T) {
	acq := &gate{Simulator: connect.NewSimulator(connect.SimulatorConfig{}), stop: make(chan struct{}), in: make(chan struct{}, 1)}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: acq}})
	a := m.seller()
	got := make(chan *connect.Charge)
	go func() {
		c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "paused", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard})
		if err != nil {
			t.Error(err)
		}
		got <- c
	}()
	<-acq.in // the first worker is at the acquirer
	acq.open = true
	m.pass(2 * time.Minute) // its lease runs out, and Drain takes over
	require.Equal(t, usd(1000), m.has(a.ID).Pending)
	close(acq.stop) // the first worker wakes up
	require.Equal(t, connect.ChargeSucceeded, (<-got).Status)
	require.Equal(t, usd(1000), m.has(a.ID).Pending)
	m.verify()
}

// gate holds the first authorization up until stop is closed.
type gate struct {
	*connect.Simulator
	mu   sync.Mutex
	open bool
	in   chan struct{}
	stop chan struct{}
}

func (g *gate) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	g.mu.Lock()
	first := !g.open
	g.mu.Unlock()
	if first {
		g.in <- struct{}{}
		<-g.stop
	}
	return g.Simulator.Authorize(ctx, key, o)
}

// Run drains until its context ends, and logs what fails.
func TestRun(t *testing.T) {
	var log bytes.Buffer
	m := newMarket(t, connecttest.Config{Config: connect.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}})
	_, err := m.platform.In(m.Store()).Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(m.ctx)
	ended := make(chan error)
	go func() { ended <- m.Run(ctx) }()
	require.Eventually(t, func() bool { return m.has("").Pending == usd(941) }, 10*time.Second, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Empty(t, log.String())
	m.verify()
}

func TestConfigErrorsNameTheirField(t *testing.T) {
	_, err := connect.New(connect.Config{Retry: -1})
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "retry", e.Field)
}

type noAsk struct{ payout.Rail }

func TestAnAskableRailCanBeAsked(t *testing.T) {
	_, err := connect.New(connect.Config{Rail: noAsk{payout.NewSimulator(payout.SimulatorConfig{Delivery: ledger.Askable})}})
	require.Error(t, err)
}
