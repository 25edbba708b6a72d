package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A refund that waits goes on waiting, quietly, for whoever has too little once another
// has enough: also where their policy is to refuse.
func TestARefundThatWaitsIsNotRefusedLater(t *testing.T) {
	for _, whom := range []string{"platform", "seller", "advance"} {
		m := newMarket(t, connecttest.Config{})
		policies := func(key string, p connect.ShortPolicy) {
			_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: key, ShortBalance: p})
			require.NoError(t, err)
		}
		topUp := func(minor int64) {
			_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: m.key(), Amount: usd(minor)})
			require.NoError(t, err)
		}
		platform, seller := connect.ShortWait, connect.ShortRefuse
		switch whom {
		case "platform":
			platform, seller = connect.ShortRefuse, connect.ShortWait
		case "advance":
			seller = connect.ShortAdvance
		}
		policies("p", platform)
		a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = seller })
		c, err := m.pay(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(500), Direct: whom == "advance", Source: connect.TestCardAtOnce})
		require.NoError(t, err)
		if whom != "seller" {
			m.owe(a.ID, usd(700))
		}
		r := m.refund(connect.RefundRequest{ChargeID: c.ID, ReverseTransfer: whom != "advance", RefundFee: true})
		require.Equal(t, connect.RefundWaiting, r.Status, whom)
		if has := m.has("").Available; has.Sign() > 0 {
			_, err := m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "all", To: m.seller().ID, Amount: has})
			require.NoError(t, err)
		}
		switch whom { // who was waited for has it, and the other not
		case "platform":
			m.adjusted(a.ID, 2000)
		case "seller":
			_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "out", AccountID: a.ID})
			require.NoError(t, err)
			topUp(5000)
		case "advance":
			policies("n", connect.ShortNegative)
		}
		for range 2 {
			m.pass(time.Hour)
			require.Equal(t, connect.RefundWaiting, m.getRefund(r.ID).Status, whom)
		}
		if whom == "seller" {
			m.adjusted(a.ID, 2000)
		} else {
			topUp(5000)
		}
		m.pass(time.Hour)
		require.Equal(t, connect.RefundSucceeded, m.getRefund(r.ID).Status, whom)
		m.verify()
	}
}

// What is kept back of a seller's for what may be disputed is freed for a refund, but not
// where an order by law would take it: the refund waits until that is lifted.
func TestARefundWaitsForAFreeze(t *testing.T) {
	for _, everything := range []bool{true, false} {
		m := newMarket(t, connecttest.Config{})
		a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortWait }).ID
		m.setReserve(a, connect.ReserveTerms{Exposure: true})
		sell := func() *connect.Charge {
			c, err := m.pay(connect.ChargeRequest{Amount: usd(1000), AccountID: a, Direct: true, Source: connect.TestCardAtOnce})
			require.NoError(t, err)
			return c
		}
		r := m.refund(connect.RefundRequest{ChargeID: sell().ID})
		require.Equal(t, connect.RefundWaiting, r.Status, "941 are kept back, and 1,000 go")
		sell()
		amount := usd(5000)
		if everything {
			amount = ledger.Money{}
		}
		f := m.frozen(a, amount)
		for range 2 {
			m.pass(time.Hour)
			require.Equal(t, connect.RefundWaiting, m.getRefund(r.ID).Status)
		}
		require.EqualValues(t, 0, m.has(a).Available.Minor())
		m.lifted(f)
		m.pass(time.Hour)
		require.Equal(t, connect.RefundSucceeded, m.getRefund(r.ID).Status)
		m.verify()
	}
}
