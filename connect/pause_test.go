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

// interrupted is a store with hooks: after a commit, and before a read.
type interrupted struct {
	ledger.Store
	after func(c *ledger.Change)
	read  func() error
}

func (s *interrupted) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	r, err := s.Store.Commit(ctx, c)
	if fn := s.after; fn != nil && err == nil {
		fn(c)
	}
	return r, err
}

func (s *interrupted) Read(ctx context.Context, fn func(ledger.View) error) error {
	if s.read != nil {
		if err := s.read(); err != nil {
			return err
		}
	}
	return s.Store.Read(ctx, fn)
}

func (s *interrupted) onPut(kind string, fn func()) {
	s.after = func(c *ledger.Change) {
		for _, o := range c.Put {
			if o.ID.Kind == kind {
				s.after = nil
				fn()
				return
			}
		}
	}
}

// A process pauses between its commit and the call for longer than the lease, and
// another takes over: the first one wakes and sends nothing. A blind partner then
// was sent nothing, and a person says so (promises 15 and 60).
func TestAPauseBeforeTheCall(t *testing.T) {
	for _, d := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		ctx := context.Background()
		clock := connecttest.NewClock(connecttest.Start)
		mem := ledger.NewMemory()
		st := &interrupted{Store: mem}
		acq := connect.NewSimulator(connect.SimulatorConfig{Delivery: d, Now: clock.Now})
		_, p := platformOn(t, connect.Config{Store: st, Acquirer: acq, Now: clock.Now})
		e2, err := connect.New(connect.Config{Store: mem, Acquirer: acq, Now: clock.Now})
		require.NoError(t, err)
		st.onPut("connect.charge", func() {
			for range 10 {
				clock.Advance(time.Minute)
				_, err := e2.Drain(ctx)
				require.NoError(t, err)
			}
		})
		c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
		require.NoError(t, err)
		if d != ledger.Blind {
			require.Equal(t, 1, acq.Taken(c.ID), "delivery %v", d)
			require.Equal(t, connect.ChargeSucceeded, c.Status)
			continue
		}
		require.Equal(t, 0, acq.Taken(c.ID))
		require.Equal(t, connect.ChargeUnknown, c.Status)
		require.NoError(t, e2.News(ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Declined, Code: "never_sent"}}))
	}
}

// The same for a payout.
func TestAPauseBeforeThePayout(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	mem := ledger.NewMemory()
	st := &interrupted{Store: mem}
	rail := payout.NewSimulator(payout.SimulatorConfig{Delivery: ledger.Askable, Now: clock.Now})
	_, p := platformOn(t, connect.Config{Store: st, Rail: rail, Now: clock.Now})
	e2, err := connect.New(connect.Config{Store: mem, Rail: rail, Now: clock.Now})
	require.NoError(t, err)
	a := fund(t, p)
	st.onPut("payout", func() {
		for range 10 {
			clock.Advance(time.Minute)
			_, err := e2.Drain(ctx)
			require.NoError(t, err)
		}
	})
	po, err := p.Payout(ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	require.Equal(t, 1, rail.Taken(po.Key()))
}

// Who goes away between commit and call was never sent anything: it is sent later,
// to a blind partner too.
func TestACallerWhoGoesBeforeTheCall(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	clock := connecttest.NewClock(connecttest.Start)
	st := &interrupted{Store: ledger.NewMemory()}
	rail := payout.NewSimulator(payout.SimulatorConfig{Delivery: ledger.Blind, Now: clock.Now})
	eng, p := platformOn(t, connect.Config{Store: st, Rail: rail, Now: clock.Now})
	bg := context.Background()
	a := fund(t, p)
	st.onPut("payout", cancel)
	po, err := p.Payout(ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	for range 100 {
		clock.Advance(time.Hour)
		_, err = eng.Drain(bg)
		require.NoError(t, err)
	}
	po, err = p.GetPayout(bg, po.ID)
	require.NoError(t, err)
	require.Equal(t, 1, rail.Taken(po.Key()), "%v", po.Status)
}

// The same where Drain is shut down.
func TestADrainThatEndsBeforeTheCall(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	clock := connecttest.NewClock(connecttest.Start)
	st := &interrupted{Store: ledger.NewMemory()}
	rail := payout.NewSimulator(payout.SimulatorConfig{Delivery: ledger.Blind, Now: clock.Now})
	eng, p := platformOn(t, connect.Config{Store: st, Rail: rail, Now: clock.Now})
	bg := context.Background()
	a := fund(t, p)
	po, err := p.In(st).Payout(bg, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	st.onPut("payout", cancel)
	_, _ = eng.Drain(ctx)
	for range 10 {
		clock.Advance(time.Hour)
		_, err = eng.Drain(bg)
		require.NoError(t, err)
	}
	po, err = p.GetPayout(bg, po.ID)
	require.NoError(t, err)
	require.Equal(t, 1, rail.Taken(po.Key()), "%v", po.Status)
}

// The store fails before a refund is sent to a blind acquirer: it is sent later.
func TestARefundThatCouldNotBeSent(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	st := &interrupted{Store: ledger.NewMemory()}
	acq := connect.NewSimulator(connect.SimulatorConfig{Delivery: ledger.Blind, Now: clock.Now})
	eng, p := platformOn(t, connect.Config{Store: st, Acquirer: acq, Now: clock.Now})
	c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	st.onPut("connect.refund", func() {
		st.read = func() error {
			st.read = nil
			return &ledger.Error{Class: ledger.Unavailable, Code: "unavailable"}
		}
	})
	r, err := p.Refund(ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID})
	require.NoError(t, err)
	for range 100 {
		clock.Advance(time.Hour)
		_, err = eng.Drain(ctx)
		require.NoError(t, err)
	}
	r, err = p.GetRefund(ctx, r.ID)
	require.NoError(t, err)
	require.Equal(t, 1, acq.Taken(r.ID), "%v", r.Status)
}

// A charge that was recorded long ago is young where it was first sent just now.
func TestTheLifeOfAKeyBeginsWithItsSending(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	acq := shortLived{connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now}), 24 * time.Hour}
	eng, p := platformOn(t, connect.Config{Acquirer: acq, Now: clock.Now})
	c, err := p.In(eng.Store()).Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestAnswerLost})
	require.NoError(t, err)
	clock.Advance(25 * time.Hour)
	for range 10 {
		_, err = eng.Drain(ctx)
		require.NoError(t, err)
		clock.Advance(time.Minute)
	}
	c, err = p.GetCharge(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
}

type daily struct {
	*connect.Simulator
	clock *connecttest.Clock
	seen  map[string]time.Time
	acted int
	lost  int
}

func (f *daily) Info() connect.AcquirerInfo {
	return connect.AcquirerInfo{Name: "daily", Delivery: ledger.Keyed, KeyLife: 24 * time.Hour}
}

func (f *daily) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	now := f.clock.Now()
	if at, ok := f.seen[key]; !ok || now.Sub(at) >= 24*time.Hour {
		f.seen[key] = now
		f.acted++
	}
	if f.lost > 0 {
		f.lost--
		return connect.Answer{}, &ledger.Error{Class: ledger.Unknown, Code: "timeout"}
	}
	return connect.Answer{Status: connect.Approved, Reference: "r", Amount: o.Amount}, nil
}

// A key that ends before the lease does is not sent again, since the call may come
// as late as that.
func TestAKeyThatEndsWithinTheLease(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	st := &interrupted{Store: ledger.NewMemory()}
	acq := &daily{Simulator: connect.NewSimulator(connect.SimulatorConfig{}), clock: clock, seen: map[string]time.Time{}, lost: 1}
	eng, p := platformOn(t, connect.Config{Store: st, Acquirer: acq, Now: clock.Now})
	_, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	clock.Advance(24*time.Hour - 10*time.Second) // the host was down for a day
	st.onPut("connect.charge", func() { clock.Advance(30 * time.Second) })
	_, err = eng.Drain(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, acq.acted)
}

type shortLived struct {
	*connect.Simulator
	life time.Duration
}

func (l shortLived) Info() connect.AcquirerInfo {
	i := l.Simulator.Info()
	i.KeyLife = l.life
	return i
}

type hookedLookup struct {
	*connect.Simulator
	after func()
}

func (z *hookedLookup) Lookup(ctx context.Context, key string) (connect.Answer, error) {
	a, err := z.Simulator.Lookup(ctx, key)
	if fn := z.after; fn != nil {
		z.after = nil
		fn()
	}
	return a, err
}

// Who asks so long that another finishes returns the object as it is by then.
func TestWhoIsOvertakenReturnsWhatIs(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	mem := ledger.NewMemory()
	acq := connect.NewSimulator(connect.SimulatorConfig{Delivery: ledger.Askable, Now: clock.Now})
	hook := &hookedLookup{Simulator: acq}
	_, p := platformOn(t, connect.Config{Store: mem, Acquirer: hook, Now: clock.Now})
	e2, err := connect.New(connect.Config{Store: mem, Acquirer: acq, Now: clock.Now})
	require.NoError(t, err)
	_, err = p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestRequestLost})
	require.NoError(t, err)
	clock.Advance(time.Hour)
	hook.after = func() { // the question takes longer than the lease; another process finishes
		clock.Advance(2 * time.Minute)
		for range 3 {
			_, err := e2.Drain(ctx)
			require.NoError(t, err)
			clock.Advance(2 * time.Minute)
		}
	}
	c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestRequestLost})
	require.NoError(t, err)
	now, err := p.GetCharge(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, now.Status, c.Status)
	require.Equal(t, connect.ChargeSucceeded, now.Status)
	require.Equal(t, 1, acq.Taken(c.ID), "it is not sent again for who is late")
	r, err := e2.Verify(ctx)
	require.NoError(t, err)
	require.NoError(t, r.Err(), "nor booked again")
}

// The pause comes at any reading, also that of what the call is about, after the lease
// was looked at: whichever it is, an askable partner acts once (promises 15 and 60).
func TestAPauseAtAReading(t *testing.T) {
	for name, ask := range map[string]func(ctx context.Context, p *connect.Platform, charge string) (string, error){
		"capture": func(ctx context.Context, p *connect.Platform, charge string) (string, error) {
			x, err := p.Capture(ctx, connect.CaptureRequest{Key: "k", ChargeID: charge})
			return idOf(x, err, func(x *connect.Capture) string { return x.ID })
		},
		"cancel": func(ctx context.Context, p *connect.Platform, charge string) (string, error) {
			x, err := p.Cancel(ctx, connect.CancelRequest{Key: "k", ChargeID: charge})
			return idOf(x, err, func(x *connect.Cancellation) string { return x.ID })
		},
		"refund": func(ctx context.Context, p *connect.Platform, charge string) (string, error) {
			x, err := p.Refund(ctx, connect.RefundRequest{Key: "k", ChargeID: charge})
			return idOf(x, err, func(x *connect.Refund) string { return x.ID })
		},
	} {
		for at, over := 1, false; !over; at++ {
			m := newMarket(t, connecttest.Config{AcquirerDelivery: ledger.Askable})
			c := m.authorize(m.seller().ID, 1000, 0, connect.TestCard)
			if name == "refund" {
				_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "before", ChargeID: c.ID})
				require.NoError(t, err)
			}
			others, _ := m.second()
			st, left := &interrupted{Store: m.Store()}, at
			st.read = func() error {
				if left--; left != 0 {
					return nil
				}
				m.Clock.Advance(2 * time.Minute) // the lease is over
				for range 3 {
					_, err := others.Drain(m.ctx)
					require.NoError(t, err)
					m.Clock.Advance(10 * time.Minute)
				}
				return nil
			}
			engine, err := connect.New(connect.Config{Store: st, Now: m.Clock.Now, Acquirer: m.Acquirer, Rail: m.Rail})
			require.NoError(t, err)
			p, err := engine.Platform(m.ctx, m.platform.ID())
			require.NoError(t, err)
			id, err := ask(m.ctx, p, c.ID)
			require.NoError(t, err, "%s, reading %d", name, at)
			over = left > 0
			m.pass(time.Hour)
			require.Equal(t, 1, m.Acquirer.Taken(id), "%s, reading %d", name, at)
			m.verify()
		}
	}
}

func idOf[T any](x *T, err error, id func(*T) string) (string, error) {
	if err != nil {
		return "", err
	}
	return id(x), nil
}
