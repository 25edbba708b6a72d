package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A host with an acquirer and a processor of its own has two engines on one store:
// one platform, one balance, and each leaves what is the other's alone.
func TestRecordedBesideAnAcquirer(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	engine, err := connect.New(connect.Config{Store: m.Store(), Now: m.Clock.Now, Acquirer: connect.NewRecorded("terminal"), Rail: m.Rail})
	require.NoError(t, err)
	p, err := engine.Platform(m.ctx, m.platform.ID())
	require.NoError(t, err)
	r := connect.ChargeRequest{Key: "t-1", Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: "t-1"}
	c, err := p.Charge(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, []string{"succeeded", "terminal", "t-1"}, []string{string(c.Status), c.Acquirer, c.Reference})
	m.charge(a.ID, 1000, 123, connect.TestCard)
	require.Equal(t, usd(1754), m.has(a.ID).Pending)

	again, err := p.Charge(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	before := snapshot(t, m.Store())
	r.Key = "another"
	_, err = p.Charge(m.ctx, r)
	requireCode(t, err, ledger.Exists, "already_recorded")
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID})
	requireCode(t, err, ledger.State, "other_acquirer")
	require.Equal(t, before, snapshot(t, m.Store()))
	other, err := engine.Register(m.ctx, connect.PlatformRequest{Key: "o", Name: "Other", Country: "US"})
	require.NoError(t, err)
	_, err = other.Charge(m.ctx, connect.ChargeRequest{Key: "another", Amount: usd(1000), Source: "t-1"})
	require.NoError(t, err, "platforms have processors of their own (promise 65)")

	refund, err := p.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(250), ReverseTransfer: true})
	require.NoError(t, err)
	require.Equal(t, connect.RefundPending, refund.Status)
	for range 3 {
		m.pass(time.Hour)
		done, err := engine.Drain(m.ctx)
		require.NoError(t, err)
		require.NoError(t, done.Err)
	}
	refund, err = p.GetRefund(m.ctx, refund.ID)
	require.NoError(t, err)
	require.False(t, refund.Work.Open(), "nobody asks for what only the host can say")
	news := connect.News{Key: refund.ID, Answer: connect.Answer{Status: connect.Approved, Reference: "t-9", Amount: usd(250)}}
	require.ErrorIs(t, m.News(m.ctx, news), ledger.NotFound)
	for range 2 {
		require.NoError(t, engine.News(m.ctx, news))
	}
	refund, err = p.GetRefund(m.ctx, refund.ID)
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, refund.Status)
	require.NoError(t, engine.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "charged_back"}}))
	c, err = p.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeFailed, c.Status)
	m.verify()
}

// What was authorized elsewhere is captured, raised and let go when the host says so,
// and a call that was lost on the way is made again without harm.
func TestRecordedAuthorizations(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: connect.NewRecorded("terminal")}})
	a := m.seller()
	c, err := m.platform.In(m.Store()).Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), AccountID: a.ID, Source: "t-1", CaptureLater: true})
	require.NoError(t, err)
	m.pass(time.Minute)
	require.Equal(t, connect.ChargeAuthorized, m.now(c).Status)
	i, err := m.increase(c.ID, 500)
	require.NoError(t, err)
	require.Equal(t, connect.StepPending, i.Status)
	require.NoError(t, m.News(m.ctx, connect.News{Key: i.ID, Answer: connect.Answer{Status: connect.Approved, Amount: usd(1500)}}))
	k, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, connect.StepPending, k.Status)
	require.NoError(t, m.News(m.ctx, connect.News{Key: k.ID, Answer: connect.Answer{Status: connect.Approved, Amount: usd(1500)}}))
	require.Equal(t, usd(1500), m.has(a.ID).Pending)

	c, err = m.pay(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, Source: "t-2", CaptureLater: true})
	require.NoError(t, err)
	x, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: "x", ChargeID: c.ID})
	require.NoError(t, err)
	require.NoError(t, m.News(m.ctx, connect.News{Key: x.ID, Answer: connect.Answer{Status: connect.Approved}}))
	require.Equal(t, connect.ChargeCanceled, m.now(c).Status)
	m.verify()
	_, err = connect.New(connect.Config{Acquirer: connect.NewRecorded("no name")})
	requireCode(t, err, ledger.Invalid, "invalid_config")
}
