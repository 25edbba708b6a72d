package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A share that waits gives itself back whatever its seller owes elsewhere: nothing is to
// be advanced, and no hold of nothing is asked for.
func TestARefundOfWhatWaitsNeedsNoAdvance(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortAdvance }).ID
	_, err := m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: m.key(), AccountID: a, Commission: usd(300)})
	require.NoError(t, err)
	require.Equal(t, usd(-300), m.has(a).Available)
	asked := m.hold(a, connect.HoldTerms{})
	m.hold(a, connect.HoldTerms{LongestDays: 1, AtEnd: connect.HoldRefunds})
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: asked.ID, ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status)
	require.True(t, r.Advanced.IsZero())
	m.pass(2 * day)
	require.Equal(t, []ledger.Money{usd(-300), usd(0)}, []ledger.Money{m.has(a).Available, m.has(a).Held})
	m.verify()
}
