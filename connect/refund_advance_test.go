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

// A refund that fails after it had succeeded goes back to where the payment's money is,
// which need not be where the refund was taken from; its explanation finds it there.
func TestExplainARefusedRefundOfWhatIsPending(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	p, err := m.Register(m.ctx, connect.PlatformRequest{Key: m.key(), Name: "P", Country: "US", ShortBalance: connect.ShortRefuse})
	require.NoError(t, err)
	_, err = p.RecordTopUp(m.ctx, connect.TopUpRequest{Key: m.key(), Amount: usd(5000)})
	require.NoError(t, err)
	c, err := p.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	r, err := p.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(250)})
	require.NoError(t, err)
	m.Acquirer.RefuseRefund(r.ID, "account_closed")
	require.NoError(t, m.News(m.ctx, failedNews(r)))
	x, err := p.Explain(m.ctx, c.ID)
	require.NoError(t, err)
	require.Empty(t, x.Differences)
	m.requireExplained()
	m.verify()
}
