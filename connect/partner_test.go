package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// twoEngines returns two engines on one store.
func twoEngines(t *testing.T, one, two connect.Config) (*connect.Engine, *connect.Engine) {
	t.Helper()
	one.Store = ledger.NewMemory()
	two.Store, one.NewID = one.Store, connecttest.Counter()
	two.NewID = one.NewID
	e1, err := connect.New(one)
	require.NoError(t, err)
	e2, err := connect.New(two)
	require.NoError(t, err)
	return e1, e2
}

// Two engines with different acquirers on one store, as during a change from one
// to the other: what was begun at one is never sent to the other.
func TestAnotherAcquirerIsNotAsked(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	one := connect.NewSimulator(connect.SimulatorConfig{Name: "one", Now: clock.Now})
	two := connect.NewSimulator(connect.SimulatorConfig{Name: "two", Now: clock.Now})
	e1, e2 := twoEngines(t, connect.Config{Acquirer: one, Now: clock.Now}, connect.Config{Acquirer: two, Now: clock.Now})
	p, err := e1.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestAnswerLost})
	require.NoError(t, err)
	clock.Advance(time.Hour)
	for range 3 {
		_, err = e2.Drain(ctx) // a new release with another acquirer
		require.NoError(t, err)
		clock.Advance(time.Minute)
	}
	_, err = e1.Drain(ctx)
	require.NoError(t, err)
	c, err = p.GetCharge(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	require.Equal(t, []int{1, 0}, []int{one.Taken(c.ID), two.Taken(c.ID)})
}

// References of two acquirers may be the same words: a refund through the wrong
// one would give another buyer's money back.
func TestARefundGoesToTheAcquirerOfItsCharge(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	one := connect.NewSimulator(connect.SimulatorConfig{Name: "one", Now: clock.Now})
	two := connect.NewSimulator(connect.SimulatorConfig{Name: "two", Now: clock.Now})
	e1, e2 := twoEngines(t, connect.Config{Acquirer: one, Now: clock.Now}, connect.Config{Acquirer: two, Now: clock.Now})
	p1, err := e1.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	p2, err := e2.Platform(ctx, p1.ID())
	require.NoError(t, err)
	old, err := p1.Charge(ctx, connect.ChargeRequest{Key: "old", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	_, err = p2.Refund(ctx, connect.RefundRequest{Key: "r", ChargeID: old.ID})
	requireCode(t, err, ledger.State, "other_acquirer")
}

// A payout stays with the rail that it was begun with; those begun with the new
// one are read from it.
func TestPayoutsStayWithTheirRail(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	store := ledger.NewMemory()
	ids := connecttest.Counter()
	acq := connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})
	one := payout.NewSimulator(payout.SimulatorConfig{Name: "one", Now: clock.Now})
	two := payout.NewSimulator(payout.SimulatorConfig{Name: "two", Now: clock.Now})
	e1, err := connect.New(connect.Config{Store: store, Acquirer: acq, Rail: one, Now: clock.Now, NewID: ids})
	require.NoError(t, err)
	e2, err := connect.New(connect.Config{Store: store, Acquirer: acq, Rail: two, Now: clock.Now, NewID: ids})
	require.NoError(t, err)
	p1, err := e1.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	s := connecttest.Seller("US")
	s.Bank.Token = payout.TestLostAnswer
	a, err := p1.CreateAccount(ctx, s)
	require.NoError(t, err)
	_, err = p1.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	po, err := p1.Payout(ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: usd(400)})
	require.NoError(t, err)
	require.Equal(t, payout.Pending, po.Status)
	p2, err := e2.Platform(ctx, p1.ID())
	require.NoError(t, err)
	s2 := connecttest.Seller("US")
	s2.Key = "second"
	b, err := p2.CreateAccount(ctx, s2)
	require.NoError(t, err)
	_, err = p2.Charge(ctx, connect.ChargeRequest{Key: "c2", Amount: usd(1000), AccountID: b.ID, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	po2, err := p2.Payout(ctx, connect.PayoutRequest{Key: "po2", AccountID: b.ID})
	require.NoError(t, err)
	for range 20 {
		clock.Advance(24 * time.Hour)
		done, err := e2.Drain(ctx)
		require.NoError(t, err)
		require.NoError(t, done.Err)
	}
	done, err := e1.Drain(ctx)
	require.NoError(t, err)
	require.NoError(t, done.Err)
	po, err = p1.GetPayout(ctx, po.ID)
	require.NoError(t, err)
	po2, err = p1.GetPayout(ctx, po2.ID)
	require.NoError(t, err)
	require.Equal(t, 1, one.Taken(po.Key())+two.Taken(po.Key()))
	require.Equal(t, payout.Paid, po2.Status)
}

// An engine reads its rail's news though the platforms were registered with
// another.
func TestTheNewsOfANewRailIsRead(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	store := ledger.NewMemory()
	one := payout.NewSimulator(payout.SimulatorConfig{Name: "one", Now: clock.Now})
	two := payout.NewSimulator(payout.SimulatorConfig{Name: "two", Now: clock.Now})
	_, p1 := platformOn(t, connect.Config{Store: store, Rail: one, Now: clock.Now})
	e2, err := connect.New(connect.Config{Store: store, Rail: two, Now: clock.Now})
	require.NoError(t, err)
	p2, err := e2.Platform(ctx, p1.ID())
	require.NoError(t, err)
	b, err := p2.CreateAccount(ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	_, err = p2.Charge(ctx, connect.ChargeRequest{Key: "c2", Amount: usd(1000), AccountID: b.ID, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	po2, err := p2.Payout(ctx, connect.PayoutRequest{Key: "po2", AccountID: b.ID})
	require.NoError(t, err)
	for range 20 {
		clock.Advance(24 * time.Hour)
		_, err = e2.Drain(ctx)
		require.NoError(t, err)
	}
	po2, err = p2.GetPayout(ctx, po2.ID)
	require.NoError(t, err)
	require.Equal(t, payout.Paid, po2.Status)
}

// News of one acquirer is no news of another's charges and refunds.
func TestNewsOfAnotherAcquirer(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	store := ledger.NewMemory()
	simulator := func(name string) *connect.Simulator {
		return connect.NewSimulator(connect.SimulatorConfig{Name: name, Delivery: ledger.Blind, Now: clock.Now})
	}
	one, p := platformOn(t, connect.Config{Store: store, Acquirer: simulator("one"), Now: clock.Now})
	two, err := connect.New(connect.Config{Store: store, Acquirer: simulator("two"), Now: clock.Now})
	require.NoError(t, err)
	ctx := context.Background()
	c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestAnswerLost})
	require.NoError(t, err)
	news := connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Reference: "r", Amount: usd(1000)}}
	requireCode(t, two.News(ctx, news), ledger.NotFound, "not_found")
	require.NoError(t, one.News(ctx, news))
	c, err = p.GetCharge(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
}
