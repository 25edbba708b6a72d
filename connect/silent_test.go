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

// newSilentMarket is a market whose acquirer honours keys and cannot be asked.
func newSilentMarket(t *testing.T) (*market, *connect.Simulator) {
	t.Helper()
	clock := connecttest.NewClock(connecttest.Start)
	acq := connect.NewSimulator(connect.SimulatorConfig{NewsOnly: true, Now: func() time.Time { return clock.Now() }})
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: acq}})
	clock = m.Clock
	return m, acq
}

// hear books what a silent acquirer tells, twice.
func (m *market) hear(acq *connect.Simulator) {
	m.t.Helper()
	for _, n := range acq.Notifications() {
		for range 2 {
			require.NoError(m.t, m.News(m.ctx, n))
		}
	}
}

// A source that waits for its buyer at an acquirer that cannot be asked waits for news,
// whoever confirms it, and is over when the buyer's time is.
func TestSaveSourceAtASilentAcquirer(t *testing.T) {
	for _, token := range []string{connect.TestChallenge, connect.TestSoftDecline} {
		for _, confirmed := range []bool{false, true} {
			for _, end := range []string{"passes", "fails", "late"} {
				m, acq := newSilentMarket(t)
				k := m.customer("")
				s := m.save(k.ID, token, connect.Unscheduled)
				what := token + " " + end
				require.Equal(t, connect.SourceRequiresAction, s.Status, what)
				if confirmed {
					c, err := m.platform.ConfirmSource(m.ctx, connect.ConfirmSourceRequest{Key: "c", SavedSourceID: s.ID})
					require.NoError(t, err)
					require.Equal(t, connect.SourceRequiresAction, c.Status, what)
				}
				key := s.ID
				if token == connect.TestSoftDecline {
					key += "-3ds"
				}
				if end == "late" {
					m.pass(2 * time.Hour)
				} else {
					acq.Act(key, end == "passes")
				}
				m.hear(acq)
				m.pass(time.Minute)
				s = m.source(s.ID)
				want := map[string]string{"passes": "active", "fails": "failed authentication_failed", "late": "failed action_expired"}
				require.Equal(t, want[end], trim(string(s.Status)+" "+s.Code), what)
				if end != "passes" {
					require.Empty(t, m.buyer(k.ID).Sources, what)
				}
				m.verify()
			}
		}
	}
}

// An acquirer that has received a request and is asked again and again says nothing
// new, and nothing is told of it (promise 56).
func TestReceivedAgainIsNoEvent(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	s := m.save(k.ID, connect.TestReceived)
	told := m.told(s.ID)
	for range 3 {
		n := connect.News{Key: s.ID, Answer: connect.Answer{Status: connect.Received, Reference: s.Reference}}
		require.NoError(t, m.News(m.ctx, n))
	}
	require.Equal(t, told, m.told(s.ID))
	m.pass(3 * time.Minute)
	require.Equal(t, connect.SourceActive, m.source(s.ID).Status)
}

// A payment from several sources at an acquirer that tells everything later: all or
// nothing, and each source is asked once (promise 15).
func TestPayAtASilentAcquirer(t *testing.T) {
	for _, first := range []string{connect.TestCard, connect.TestReceived, connect.TestChallenge, connect.TestSoftDecline, connect.TestReceivedDeclined} {
		for _, second := range []string{connect.TestCardGB, connect.TestReceived, connect.TestChallenge, connect.TestReceivedDeclined, connect.TestDeclined} {
			for _, passes := range []bool{true, false} {
				m, acq := newSilentMarket(t)
				a := m.seller()
				y, err := m.platform.Pay(m.ctx, connect.PayRequest{Key: "pay", Charge: connect.ChargeRequest{
					Amount: usd(2000), AccountID: a.ID, ApplicationFee: usd(200), Source: first,
				}, Others: []connect.SourcePart{{Source: second, Amount: usd(700)}}})
				require.NoError(t, err)
				for range 8 {
					for _, part := range y.Parts {
						acq.Act(part.Charge, passes)
						acq.Act(part.Charge+"-3ds", passes)
					}
					m.hear(acq)
					m.pass(2 * time.Minute)
				}
				y, err = m.platform.GetPayment(m.ctx, y.ID)
				require.NoError(t, err)
				what := first + " " + second
				good := func(token string) bool {
					switch token {
					case connect.TestReceivedDeclined, connect.TestDeclined:
						return false
					case connect.TestChallenge, connect.TestSoftDecline:
						return passes
					}
					return true
				}
				if good(first) && good(second) {
					require.Equal(t, connect.PaymentSucceeded, y.Status, what)
					require.Equal(t, usd(1800), m.has(a.ID).Pending, what)
				} else {
					require.Equal(t, connect.PaymentFailed, y.Status, what)
					require.Equal(t, usd(0), m.has(a.ID).Pending, what)
				}
				for _, part := range y.Parts {
					require.LessOrEqual(t, acq.Taken(part.Charge), 1, what)
				}
				m.verify()
			}
		}
	}
}

// What a payment is of is fixed: none of its charges is raised.
func TestAPartOfAPaymentIsNotRaised(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	y, err := m.platform.Pay(m.ctx, connect.PayRequest{Key: "pay", Charge: connect.ChargeRequest{
		Amount: usd(2000), AccountID: m.seller().ID, Source: connect.TestCard,
	}, Others: []connect.SourcePart{{Source: connect.TestChallenge, Amount: usd(700)}}})
	require.NoError(t, err)
	before := snapshot(t, m.Store())
	_, err = m.increase(y.Parts[0].Charge, 100)
	requireCode(t, err, ledger.State, "part_of_payment")
	require.Equal(t, before, snapshot(t, m.Store()))
}

// nameless is an acquirer that gives what waits for the buyer no name.
type nameless struct{ *connect.Simulator }

func (n nameless) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	a, err := n.Simulator.Authorize(ctx, key, o)
	a.Reference = ""
	return a, err
}

func (n nameless) SaveSource(ctx context.Context, key string, o connect.SaveOrder) (connect.Answer, error) {
	a, err := n.Simulator.SaveSource(ctx, key, o)
	a.Reference = ""
	return a, err
}

// What the buyer has confirmed was sent before: the acquirer is asked about it, by its
// key where it has no name, and never charges again (promise 15).
func TestConfirmNeverSendsAgain(t *testing.T) {
	for _, joined := range []bool{false, true} {
		clock := connecttest.NewClock(connecttest.Start)
		sim := connect.NewSimulator(connect.SimulatorConfig{Delivery: ledger.Askable, Now: func() time.Time { return clock.Now() }})
		m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: nameless{sim}}})
		clock = m.Clock
		c := m.charge(m.seller().ID, 1000, 100, connect.TestChallenge)
		s := m.save(m.customer("").ID, connect.TestChallenge)
		require.Equal(t, connect.ChargeRequiresAction, c.Status)
		m.pass(5 * time.Minute)
		sim.Act(c.ID, true)
		sim.Act(s.ID, true)
		p := m.platform
		if joined {
			p = p.In(m.Store())
		}
		_, err := p.Confirm(m.ctx, connect.ConfirmRequest{Key: "c", ChargeID: c.ID})
		require.NoError(t, err)
		_, err = p.ConfirmSource(m.ctx, connect.ConfirmSourceRequest{Key: "s", SavedSourceID: s.ID})
		require.NoError(t, err)
		m.pass(time.Minute)
		require.Equal(t, connect.ChargeSucceeded, m.now(c).Status)
		require.Equal(t, connect.SourceActive, m.source(s.ID).Status)
		require.Equal(t, 1, sim.Taken(c.ID))
		require.Equal(t, 1, sim.Taken(s.ID))
		m.verify()
	}
}
