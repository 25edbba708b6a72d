package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// A debit that came back is presented again on the same terms, as a charge of its own,
// and no more than once at a time.
func TestRepresent(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	r := achMandate("m", payout.TestDebitReturn+"R01")
	r.OneOff = true
	x := m.mandate(r)
	c, err := m.collect(connect.ChargeRequest{
		MandateID: x.ID, Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Tax: []connect.Tax{{Authority: "nyc", Amount: usd(80)}},
		Description: "order", Metadata: map[string]string{"order": "17"}, Category: "books",
	})
	require.NoError(t, err)
	require.Equal(t, payout.OneOff, c.Debit.Sequence)
	m.pass(4 * 24 * time.Hour)
	first := m.now(c)
	require.Equal(t, "R01", first.Code)
	ask := connect.RepresentRequest{Key: "again", ChargeID: c.ID, CollectOn: payout.DayOf(m.Clock.Now(), time.UTC) + 20}
	again, err := m.platform.Represent(m.ctx, ask)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeScheduled, again.Status)
	require.NotEqual(t, c.ID, again.ID)
	require.Equal(t, 2, again.Debit.Attempt)
	require.Equal(t, c.ID, again.Debit.Of)
	require.Equal(t, again.ID, m.now(c).Debit.Again)
	for _, same := range [][2]any{
		{c.Amount, again.Amount}, {c.ApplicationFee, again.ApplicationFee}, {c.Tax, again.Tax}, {c.Metadata, again.Metadata},
		{c.Category, again.Category}, {c.Method, again.Method}, {c.Account, again.Account}, {first.Debit.SettledOn, again.Debit.FirstOn},
	} {
		require.Equal(t, same[0], same[1])
	}
	replay, err := m.platform.Represent(m.ctx, ask)
	require.NoError(t, err)
	require.True(t, replay.Replayed)
	require.Equal(t, again.ID, replay.ID)

	// Let go, it may be presented again after all; the mandate still serves this alone.
	_, err = m.platform.Cancel(m.ctx, connect.CancelRequest{Key: "void", ChargeID: again.ID})
	require.NoError(t, err)
	require.Empty(t, m.now(c).Debit.Again)
	_, err = m.collect(connect.ChargeRequest{MandateID: x.ID, Amount: usd(1000)})
	requireCode(t, err, ledger.State, "mandate_used")
	again, err = m.platform.Represent(m.ctx, connect.RepresentRequest{Key: "again 2", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, 2, again.Debit.Attempt)
	m.pass(7 * 24 * time.Hour)
	require.Equal(t, "R01", m.now(again).Code)
	m.verify()
	require.Contains(t, m.told(c.ID), connect.EventDebitRepresented)
}

// What was refunded is not presented again: the buyer would have paid for what they
// have back.
func TestRefundedIsNotRepresented(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.debited(m.mandate(achMandate("m", payout.TestDebitReturn+"R01")).ID, m.seller().ID, 1000, 100)
	m.pass(24 * time.Hour)
	_, err := m.platform.In(m.Store()).Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(100), ReverseTransfer: true})
	require.NoError(t, err)
	m.pass(3 * 24 * time.Hour)
	require.Equal(t, connect.ChargeFailed, m.now(c).Status)
	_, err = m.platform.Represent(m.ctx, connect.RepresentRequest{Key: "again", ChargeID: c.ID})
	requireCode(t, err, ledger.State, "already_refunded")
	m.verify()
}

// A refund of a debit is paid to the account that was debited. One that the bank does
// not pay is undone, and so is one that comes back after it was paid (edge-case 39).
func TestRefundsOfDebits(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	debited := func(token string) *connect.Charge {
		c := m.debited(m.mandate(achMandate("", payout.TestStalled)).ID, a.ID, 1000, 123)
		require.NoError(t, m.RailNews(m.ctx, payout.Update{ID: m.key(), Key: c.ID + "-1", Kind: payout.UpdateSettled, Amount: c.Amount, At: m.Clock.Now()}))
		return c
	}
	news := func(r *connect.Refund, id string, kind payout.UpdateKind, minor int64) error {
		return m.RailNews(m.ctx, payout.Update{ID: id, Key: r.ID + "-1", Kind: kind, Code: "no_account", Amount: usd(minor), At: m.Clock.Now()})
	}
	refund := func(c *connect.Charge) *connect.Refund {
		r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(400), ReverseTransfer: true, RefundFee: true})
		require.NoError(t, err)
		require.Equal(t, connect.RefundPending, r.Status)
		require.Equal(t, "simulated", r.Rail)
		require.Equal(t, 1, m.Rail.Taken(r.ID+"-1"))
		return r
	}
	c := debited(payout.TestStalled)
	before := m.balances()
	r := refund(c)
	require.NoError(t, news(r, "1", payout.UpdateFailed, 400))
	require.NoError(t, news(r, "1", payout.UpdateFailed, 400))
	require.Equal(t, before, m.balances())
	require.Zero(t, m.now(c).Refunding.Minor())

	r = refund(c)
	requireCode(t, news(r, "2", payout.UpdatePaid, 399), ledger.State, "amount_mismatch")
	requireCode(t, news(r, "2", payout.UpdateSettled, 400), ledger.Invalid, "invalid_update")
	require.NoError(t, news(r, "2", payout.UpdatePaid, 400))
	require.NoError(t, news(r, "2", payout.UpdatePaid, 400))
	require.Equal(t, usd(400), m.now(c).Refunded)
	require.NoError(t, news(r, "3", payout.UpdateReturned, 400))
	require.NoError(t, news(r, "4", payout.UpdateReturned, 400))
	require.Equal(t, before, m.balances())
	require.Equal(t, usd(0), m.now(c).Refunded)
	require.Equal(t, int64(800), owed(m.now(c)))
	m.verify()
}
