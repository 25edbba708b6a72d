package connect_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// A request that never arrived at an askable partner is sent again once the
// partner has settled what it saw, however the retries fall.
func TestAnAskableRequestThatWasLostIsSentAgain(t *testing.T) {
	m := newMarket(t, connecttest.Config{AcquirerDelivery: ledger.Askable, RailDelivery: ledger.Askable})
	a := m.seller(func(r *connect.AccountRequest) { r.Bank.Token = payout.TestLostRequest })
	m.charge(a.ID, 5000, 0, connect.TestCardAtOnce)
	c := m.charge(a.ID, 1000, 0, connect.TestRequestLost)
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	for range 3600 * 6 / 10 { // six hours, Run-like
		m.Clock.Advance(10 * time.Second)
		_, err := m.Drain(m.ctx)
		require.NoError(t, err)
	}
	c, err = m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	po, err = m.platform.GetPayout(m.ctx, po.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	require.Equal(t, 1, m.Acquirer.Taken(c.ID))
	require.Equal(t, payout.InTransit, po.Status)
	require.Equal(t, 1, m.Rail.Taken(po.Key()))
}

type slowAskable struct {
	*connect.Simulator
	clock *connecttest.Clock
	acted map[string]time.Time
	sends int
}

func (s *slowAskable) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	s.sends++
	if s.sends == 1 {
		s.clock.Advance(55 * time.Second) // the request is slow, within the lease; acts; answer lost
	}
	a, err := s.Simulator.Authorize(ctx, key, o)
	s.acted[key] = s.clock.Now()
	if s.sends == 1 {
		return connect.Answer{}, &ledger.Error{Class: ledger.Unknown, Code: "timeout"}
	}
	return a, err
}

func (s *slowAskable) Lookup(ctx context.Context, key string) (connect.Answer, error) {
	if at, ok := s.acted[key]; ok && s.clock.Now().Before(at.Add(time.Minute-time.Second)) {
		return connect.Answer{}, &ledger.Error{Class: ledger.NotFound, Code: "not_found"}
	}
	return s.Simulator.Lookup(ctx, key)
}

// The time in which an askable partner settles counts from the end of the call,
// which may be long after its start.
func TestASlowCallIsNotSentTwice(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	acq := &slowAskable{Simulator: connect.NewSimulator(connect.SimulatorConfig{Delivery: ledger.Askable, Now: clock.Now}), clock: clock, acted: map[string]time.Time{}}
	ctx := context.Background()
	eng, p := platformOn(t, connect.Config{Acquirer: acq, Now: clock.Now})
	c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	for range 100 {
		clock.Advance(time.Second)
		_, err = eng.Drain(ctx)
		require.NoError(t, err)
	}
	require.Equal(t, 1, acq.Taken(c.ID))
}

// Nobody can be asked about what was sent blind: it waits for news without work,
// and without events.
func TestAnUnknownChargeRests(t *testing.T) {
	m := newMarket(t, connecttest.Config{AcquirerDelivery: ledger.Blind})
	a := m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestAnswerLost)
	require.Equal(t, connect.ChargeUnknown, c.Status)
	before := len(events(t, m))
	for range 60 {
		m.pass(time.Minute)
	}
	now, err := m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, c, now)
	require.False(t, now.Work.Open())
	require.Equal(t, before, len(events(t, m)))
}

type hooked struct {
	*connect.Simulator
	after func(ctx context.Context, key string)
}

func (h *hooked) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	a, err := h.Simulator.Authorize(ctx, key, o)
	if h.after != nil {
		fn := h.after
		h.after = nil
		fn(ctx, key)
	}
	return a, err
}

// What happens while a blind acquirer approves takes nothing from its answer:
// the caller goes away (promise 42), the lease ends and another worker comes by,
// or news tells that it was received.
func TestAnAnswerIsBookedWhateverHappens(t *testing.T) {
	for name, happens := range map[string]func(t *testing.T, clock *connecttest.Clock, e *connect.Engine, cancel func(), key string){
		"the caller goes away": func(_ *testing.T, _ *connecttest.Clock, _ *connect.Engine, cancel func(), _ string) { cancel() },
		"the lease ends": func(t *testing.T, clock *connecttest.Clock, e *connect.Engine, _ func(), _ string) {
			clock.Advance(61 * time.Second)
			_, err := e.Drain(context.Background())
			require.NoError(t, err)
		},
		"it was received": func(t *testing.T, _ *connecttest.Clock, e *connect.Engine, _ func(), key string) {
			news := connect.News{Key: key, Answer: connect.Answer{Status: connect.Received, Reference: "sim_1"}}
			require.NoError(t, e.News(context.Background(), news))
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := connecttest.NewClock(connecttest.Start)
			acq := &hooked{Simulator: connect.NewSimulator(connect.SimulatorConfig{Delivery: ledger.Blind, Now: clock.Now})}
			eng, p := platformOn(t, connect.Config{Acquirer: acq, Now: clock.Now})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			acq.after = func(_ context.Context, key string) { happens(t, clock, eng, cancel, key) }
			c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
			require.NoError(t, err)
			for range 5 {
				clock.Advance(time.Hour)
				_, err = eng.Drain(context.Background())
				require.NoError(t, err)
			}
			now, err := p.GetCharge(context.Background(), c.ID)
			require.NoError(t, err)
			require.Equal(t, connect.ChargeSucceeded, now.Status)
			require.Equal(t, now, c, "the caller got it as it is")
			require.Equal(t, 1, acq.Taken(c.ID))
		})
	}
}

// A worker that sleeps between its claim and its call acts once, whoever else
// comes by (promise 60).
func TestAPausedWorkerActsOnce(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	acq := &gate{Simulator: connect.NewSimulator(connect.SimulatorConfig{Delivery: ledger.Askable, Now: clock.Now}), stop: make(chan struct{}), in: make(chan struct{}, 1)}
	ctx := context.Background()
	eng, p := platformOn(t, connect.Config{Acquirer: acq, Now: clock.Now})
	got := make(chan *connect.Charge)
	go func() {
		c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
		if err != nil {
			t.Error(err)
		}
		got <- c
	}()
	<-acq.in
	acq.open = true
	clock.Advance(61 * time.Second)
	_, err := eng.Drain(ctx)
	require.NoError(t, err)
	close(acq.stop)
	c := <-got
	require.Equal(t, 1, acq.Taken(c.ID))
}

type hung struct{ *connect.Simulator }

func (h hung) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	<-ctx.Done()
	return connect.Answer{}, ctx.Err()
}

// A partner that never answers holds Drain up for one lease at most.
func TestAHungCallEndsWithTheLease(t *testing.T) {
	eng, err := connect.New(connect.Config{Acquirer: hung{connect.NewSimulator(connect.SimulatorConfig{})}, Lease: 50 * time.Millisecond})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	_, err = p.In(eng.Store()).Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	done := make(chan struct{})
	go func() { _, _ = eng.Drain(ctx); close(done) }()
	select {
	case <-done:
	case <-time.After(2 * time.Second):
		t.Fatal("Drain hangs for forty leases")
	}
}

type partial struct{ *connect.Simulator }

func (p partial) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	a, err := p.Simulator.Authorize(ctx, key, o)
	a.Amount = ledger.Minor(o.Amount.Minor()/2, o.Amount.Currency())
	return a, err
}

// An answer for another amount can never be booked: the charge waits for news,
// and says why. Nobody asks for ever.
func TestAnAnswerForAnotherAmountIsLeftToPeople(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	acq := &partial{connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})}
	ctx := context.Background()
	eng, p := platformOn(t, connect.Config{Acquirer: acq, Now: clock.Now})
	c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeUnknown, c.Status)
	require.Equal(t, "amount_mismatch", c.Code)
	require.True(t, c.Settled.IsZero())
	for range 100 {
		clock.Advance(time.Minute)
		d, err := eng.Drain(ctx)
		require.NoError(t, err)
		require.NoError(t, d.Err)
	}
	require.Equal(t, 1, acq.Taken(c.ID))
	answer := connect.Answer{Status: connect.Approved, Reference: "by hand", Amount: usd(1000)}
	require.NoError(t, eng.News(ctx, connect.News{Key: c.ID, Answer: answer}))
	c, err = p.GetCharge(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	require.Empty(t, c.Code)
}

// An acquirer that declines by news and approves in its answer contradicts
// itself, and the caller hears of it.
func TestAContradictingAnswerIsAnError(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	acq := &hooked{Simulator: connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})}
	ctx := context.Background()
	eng, p := platformOn(t, connect.Config{Acquirer: acq, Now: clock.Now})
	acq.after = func(ctx context.Context, key string) {
		require.NoError(t, eng.News(ctx, connect.News{Key: key, Answer: connect.Answer{Status: connect.Declined, Code: "generic_decline"}}))
	}
	_, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	requireCode(t, err, ledger.State, "contradicting_news")
}

type exists struct{ *connect.Simulator }

func (e exists) Authorize(context.Context, string, connect.AuthorizeOrder) (connect.Answer, error) {
	return connect.Answer{}, &ledger.Error{Class: ledger.Exists, Code: "idempotency_mismatch"}
}

// A key that the acquirer knows for another order is not asked for again.
func TestAKeyOfAnotherOrderEndsTheAsking(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	ctx := context.Background()
	eng, p := platformOn(t, connect.Config{Acquirer: exists{connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})}, Now: clock.Now})
	c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	for range 2000 {
		clock.Advance(time.Minute)
		d, err := eng.Drain(ctx)
		require.NoError(t, err)
		require.NoError(t, d.Err)
	}
	c, err = p.GetCharge(ctx, c.ID)
	require.NoError(t, err)
	require.NotEqual(t, connect.ChargeProcessing, c.Status)
}

// Errors of a partner reach the log, since the charge keeps only a code.
func TestTheLogSaysWhyThereIsNoAnswer(t *testing.T) {
	var log bytes.Buffer
	clock := connecttest.NewClock(connecttest.Start)
	ctx := context.Background()
	_, p := platformOn(t, connect.Config{Acquirer: exists{connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})}, Now: clock.Now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	_, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	require.Contains(t, log.String(), "idempotency_mismatch")
}

// forgetful is a keyed acquirer that remembers a key for a day only.
type forgetful struct{ *connect.Simulator }

func (f forgetful) Info() connect.AcquirerInfo {
	i := f.Simulator.Info()
	i.KeyLife = 24 * time.Hour
	return i
}

// A key that the acquirer may have forgotten is not sent again: it would act
// twice (promise 15).
func TestAForgottenKeyIsNotSentAgain(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	for _, wait := range []time.Duration{23 * time.Hour, 24 * time.Hour} {
		acq := forgetful{connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})}
		eng, p := platformOn(t, connect.Config{Acquirer: acq, Now: clock.Now})
		ctx := context.Background()
		c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestRequestLost})
		require.NoError(t, err)
		require.Equal(t, connect.ChargeProcessing, c.Status)
		clock.Advance(wait)
		d, err := eng.Drain(ctx)
		require.NoError(t, err)
		require.NoError(t, d.Err)
		c, err = p.GetCharge(ctx, c.ID)
		require.NoError(t, err)
		if wait < 24*time.Hour {
			require.Equal(t, connect.ChargeSucceeded, c.Status)
			continue
		}
		require.Equal(t, connect.ChargeUnknown, c.Status)
		require.Equal(t, 0, acq.Taken(c.ID))
	}
}

// Who gets no answer asks again after a while that grows to an hour, and is never
// given up.
func TestRetriesBackOffToAnHour(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	acq := hung{connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})}
	eng, p := platformOn(t, connect.Config{Acquirer: acq, Now: clock.Now, Lease: time.Millisecond})
	ctx := context.Background()
	c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	for i := range 80 {
		want := min(30*time.Second<<min(i, 10), time.Hour)
		require.Equal(t, want, c.Work.Due.Sub(clock.Now()), "attempt %d", i)
		clock.Set(c.Work.Due)
		_, err := eng.Drain(ctx)
		require.NoError(t, err)
		c, err = p.GetCharge(ctx, c.ID)
		require.NoError(t, err)
	}
}
