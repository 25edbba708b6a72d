package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// An advance is what a refund takes, also of a seller who owes by then: the debt stays
// what it was, and so does the cover behind it (promise 20).
func TestAnAdvanceOfWhoOwes(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "up", Amount: usd(5000)})
	require.NoError(t, err)
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortAdvance })
	c := m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	m.owe(a.ID, usd(1500))
	m.drain()
	require.Equal(t, usd(500), m.negative(a.ID).Cover)
	r := m.refund(connect.RefundRequest{ChargeID: c.ID, ReverseTransfer: true})
	require.Equal(t, []any{connect.RefundSucceeded, usd(1000)}, []any{r.Status, r.Advanced})
	require.Equal(t, usd(-500), m.has(a.ID).Available)
	m.drain()
	require.Equal(t, usd(500), m.negative(a.ID).Cover)
	m.verify()
}

// A platform that waits for money waits for that of an advance, too, and a refund that
// waits is made once all of it is there.
func TestAPlatformWaitsForAnAdvance(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "p", ShortBalance: connect.ShortWait})
	require.NoError(t, err)
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortAdvance })
	c := m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "all", AccountID: a.ID})
	require.NoError(t, err)
	r := m.refund(connect.RefundRequest{ChargeID: c.ID, ReverseTransfer: true})
	require.Equal(t, connect.RefundWaiting, r.Status)
	_, err = m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "some", Amount: usd(999)})
	require.NoError(t, err)
	m.pass(time.Hour)
	require.Equal(t, connect.RefundWaiting, m.getRefund(r.ID).Status)
	_, err = m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "all of it", Amount: usd(1)})
	require.NoError(t, err)
	m.pass(time.Hour)
	require.Equal(t, []any{connect.RefundSucceeded, usd(1000)}, []any{m.getRefund(r.ID).Status, m.getRefund(r.ID).Advanced})
	require.Equal(t, usd(0), m.has("").Available)
	m.verify()
}

// What is kept back is freed for a refund that is made, not for one that waits, whoever it
// waits for.
func TestReservesOfRefundsThatWait(t *testing.T) {
	for _, whom := range []string{"seller", "platform"} {
		m := newMarket(t, connecttest.Config{})
		update := connect.PlatformUpdate{Key: "p", ShortBalance: connect.ShortWait}
		_, err := m.platform.UpdatePlatform(m.ctx, update)
		require.NoError(t, err)
		a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortWait })
		fee := map[string]int64{"seller": 0, "platform": 500}[whom] // of which it has nothing available yet
		c := m.charge(a.ID, 1000, fee, connect.TestCardAtOnce)
		if whom == "seller" {
			m.owe(a.ID, usd(41))
		}
		m.closing(a.ID)
		kept := m.has(a.ID).Reserved
		require.NotZero(t, kept.Minor())
		r := m.refund(connect.RefundRequest{ChargeID: c.ID, ReverseTransfer: true, RefundFee: fee > 0})
		require.Equal(t, connect.RefundWaiting, r.Status, whom)
		require.Equal(t, []ledger.Money{usd(0), kept}, []ledger.Money{m.has(a.ID).Available, m.has(a.ID).Reserved}, whom)
		if whom == "seller" {
			m.adjusted(a.ID, 41)
		} else {
			_, err = m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "up", Amount: usd(1000)})
			require.NoError(t, err)
		}
		m.pass(time.Hour)
		require.Equal(t, connect.RefundSucceeded, m.getRefund(r.ID).Status, whom)
		m.verify()
	}
}
