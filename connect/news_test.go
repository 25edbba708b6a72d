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

// News may come twice, before the answer, and after it; what is decided stays
// (promise 31, as far as it exists).
func TestNewsInAnyOrder(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestReceived)
	require.Equal(t, connect.ChargeProcessing, c.Status)
	approved := connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Reference: c.Reference, Amount: usd(1000)}}
	received := connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Received, Reference: c.Reference}}
	declined := connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Declined, Code: "generic_decline"}}
	require.NoError(t, m.News(m.ctx, received))
	require.NoError(t, m.News(m.ctx, approved))
	after := snapshot(t, m.Store())
	require.NoError(t, m.News(m.ctx, approved))
	require.NoError(t, m.News(m.ctx, received))
	requireCode(t, m.News(m.ctx, declined), ledger.State, "contradicting_news")
	require.Equal(t, after, snapshot(t, m.Store()))
	m.pass(2 * time.Minute)
	require.Equal(t, usd(877), m.has(a.ID).Pending)
	m.verify()
}

// News of another amount books nothing, and the charge goes on waiting.
func TestNewsOfAnotherAmount(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestReceived)
	before := snapshot(t, m.Store())
	err := m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Amount: usd(999)}})
	requireCode(t, err, ledger.State, "amount_mismatch")
	require.Equal(t, before, snapshot(t, m.Store()))
	for _, key := range []string{"", "nothing", "ch_nothing", "re_nothing", "po_1-1"} {
		require.ErrorIs(t, m.News(m.ctx, connect.News{Key: key, Answer: connect.Answer{Status: connect.Approved}}), ledger.NotFound)
	}
	m.pass(2 * time.Minute)
	require.Equal(t, usd(877), m.has(a.ID).Pending)
}

// A declined charge that was only "received" first.
func TestReceivedThenDeclined(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestReceivedDeclined)
	require.Equal(t, connect.ChargeProcessing, c.Status)
	m.pass(2 * time.Minute)
	c, err := m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeFailed, c.Status)
	require.Equal(t, "generic_decline", c.Code)
	require.Equal(t, usd(0), m.has(a.ID).Pending)
	m.verify()
}

// A lost answer, by what the acquirer promises: keyed is asked again, askable is
// looked up, blind waits for news.
func TestLostAnswers(t *testing.T) {
	for _, d := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for _, card := range []string{connect.TestAnswerLost, connect.TestRequestLost} {
			t.Run(d.String()+" "+card, func(t *testing.T) {
				m := newMarket(t, connecttest.Config{AcquirerDelivery: d})
				a := m.seller()
				c := m.charge(a.ID, 1000, 123, card)
				if d == ledger.Blind {
					require.Equal(t, connect.ChargeUnknown, c.Status)
				} else {
					require.Equal(t, connect.ChargeProcessing, c.Status)
				}
				for range 3 {
					m.pass(2 * time.Minute)
				}
				for _, n := range m.Acquirer.Notifications() {
					require.NoError(t, m.News(m.ctx, n))
				}
				c, err := m.platform.GetCharge(m.ctx, c.ID)
				require.NoError(t, err)
				if d == ledger.Blind && card == connect.TestRequestLost {
					require.Equal(t, connect.ChargeUnknown, c.Status, "it never arrived, and nobody can tell")
					require.Equal(t, 0, m.Acquirer.Taken(c.ID))
					require.Equal(t, usd(0), m.has(a.ID).Pending)
				} else {
					require.Equal(t, connect.ChargeSucceeded, c.Status)
					require.Equal(t, 1, m.Acquirer.Taken(c.ID))
					require.Equal(t, usd(877), m.has(a.ID).Pending)
				}
				m.verify()
			})
		}
	}
}

// The acquirer tells twice what it answered.
func TestAnsweredTwice(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 1000, 123, connect.TestAnsweredTwice)
	list := m.Acquirer.Notifications()
	require.Len(t, list, 1)
	for range 3 {
		require.NoError(t, m.News(m.ctx, list[0]))
	}
	require.Equal(t, usd(877), m.has(a.ID).Pending)
	m.verify()
}

// oddRail tells, before its real news, something that no rail may tell.
type oddRail struct{ *payout.Simulator }

func (r oddRail) Updates(ctx context.Context, after string) ([]payout.Update, string, error) {
	list, next, err := r.Simulator.Updates(ctx, after)
	if err == nil && len(list) > 0 {
		odd := list[0]
		odd.ID, odd.Kind = odd.ID+"-odd", "exploded"
		list = append([]payout.Update{odd}, list...)
	}
	return list, next, err
}

// News that says nothing known holds up nothing that comes after it.
func TestOddRailNews(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	rail := oddRail{payout.NewSimulator(payout.SimulatorConfig{Now: clock.Now})}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rail: rail}})
	a := m.seller()
	m.charge(a.ID, 1000, 123, connect.TestCardAtOnce)
	o, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: m.key(), AccountID: a.ID})
	require.NoError(t, err)
	for range 5 {
		clock.Advance(24 * time.Hour)
		m.pass(24 * time.Hour)
	}
	o, err = m.platform.GetPayout(m.ctx, o.ID)
	require.NoError(t, err)
	require.Equal(t, payout.Paid, o.Status)
	m.verify()
}

// News without a reference takes the known one from no charge: refunds name it.
func TestAReferenceIsKept(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.charge("", 1000, 0, connect.TestReceived)
	require.NotEmpty(t, c.Reference)
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Amount: usd(1000)}}))
	m.Clock.Advance(time.Hour)
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status, r.Code)
}

// Nor from a refund.
func TestAReferenceOfARefundIsKept(t *testing.T) {
	m := newMarket(t, connecttest.Config{AcquirerDelivery: ledger.Blind})
	c := m.charge("", 1000, 0, connect.TestRefundPending)
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, connect.RefundPending, r.Status)
	require.NotEmpty(t, r.Reference)
	require.NoError(t, m.News(m.ctx, connect.News{Key: r.ID, Answer: connect.Answer{Status: connect.Received}}))
	r, err = m.platform.GetRefund(m.ctx, r.ID)
	require.NoError(t, err)
	require.NotEmpty(t, r.Reference)
}

// A charge that is heard of as received keeps no code of the time when it was
// unknown.
func TestACodeEndsWithItsState(t *testing.T) {
	m := newMarket(t, connecttest.Config{AcquirerDelivery: ledger.Blind})
	c := m.charge("", 1000, 0, connect.TestAnswerLost)
	require.Equal(t, connect.ChargeUnknown, c.Status)
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Received, Reference: "x"}}))
	c, err := m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeProcessing, c.Status)
	require.Empty(t, c.Code)
}

// A person says that a charge was approved, and the acquirer's answer comes
// after that: it brings the reference that refunds name.
func TestAnAnswerAfterNewsBringsItsReference(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	acq := &hooked{Simulator: connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})}
	eng, p := platformOn(t, connect.Config{Acquirer: acq, Now: clock.Now})
	ctx := context.Background()
	acq.after = func(ctx context.Context, key string) {
		require.NoError(t, eng.News(ctx, connect.News{Key: key, Answer: connect.Answer{Status: connect.Approved, Amount: usd(1000)}}))
	}
	c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	require.NotEmpty(t, c.Reference)
	r, err := p.Refund(ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status, r.Code)
}

// What a blind acquirer has received waits for news alone, and is told of once.
func TestABlindChargeThatWasReceivedWaits(t *testing.T) {
	m := newMarket(t, connecttest.Config{AcquirerDelivery: ledger.Blind})
	c := m.charge("", 1000, 0, connect.TestReceived)
	require.Equal(t, connect.ChargeProcessing, c.Status)
	require.False(t, c.Work.Open())
	told := []string{}
	for _, e := range events(t, m) {
		if e.Object.ID == c.ID {
			told = append(told, e.Type)
		}
	}
	require.Equal(t, []string{connect.EventChargePending, connect.EventChargeUpdated}, told)
	m.pass(48 * time.Hour)
	now, err := m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, c, now)
	for _, n := range m.Acquirer.Notifications() {
		require.NoError(t, m.News(m.ctx, n))
	}
	now, err = m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, now.Status)
}

// An answer to a refund that comes after news brings its reference too, once.
func TestALateAnswerToARefund(t *testing.T) {
	m := newMarket(t, connecttest.Config{AcquirerDelivery: ledger.Blind})
	c := m.charge("", 1000, 0, connect.TestRefundPending)
	r, err := m.platform.In(m.Store()).Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID})
	require.NoError(t, err)
	answer := connect.Answer{Status: connect.Approved, Amount: usd(1000)}
	for _, reference := range []string{"", "", "theirs", "another"} {
		answer.Reference = reference
		require.NoError(t, m.News(m.ctx, connect.News{Key: r.ID, Answer: answer}))
	}
	r, err = m.platform.GetRefund(m.ctx, r.ID)
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status)
	require.Equal(t, "theirs", r.Reference)
	updates := 0
	for _, e := range events(t, m) {
		if e.Object.ID == r.ID && e.Type == connect.EventRefundUpdated {
			updates++
		}
	}
	require.Equal(t, 2, updates, "that it succeeded, and its reference")
	m.verify()
}
