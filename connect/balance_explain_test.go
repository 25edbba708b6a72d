package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A balance comes from its balance transactions, type by type, and nothing of it is
// unexplained unless something is wrong.
func TestExplainBalance(t *testing.T) {
	store := &skewed{ledger.NewMemory(), func(*ledger.Transaction) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller().ID
	for range 3 {
		c := m.charge(a, 1000, 123, connect.TestCardAtOnce)
		_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(250), ReverseTransfer: true, RefundFee: true})
		require.NoError(t, err)
	}
	_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a, Amount: usd(300)})
	require.NoError(t, err)
	list, err := m.platform.ExplainBalance(m.ctx, a)
	require.NoError(t, err)
	require.Equal(t, []*connect.BalanceExplanation{{
		Owner: a, Currency: ledger.USD, Archived: usd(0), Has: usd(3*658 - 300), Unexplained: usd(0),
		Parts: []connect.BalancePart{
			{Category: connect.CategoryCharge, Type: connect.TypePayment, Count: 3, Amount: usd(3000), Fee: usd(369), Net: usd(2631)},
			{Category: connect.CategoryPayout, Type: connect.TypePayout, Count: 1, Amount: usd(-300), Fee: usd(0), Net: usd(-300)},
			{Category: connect.CategoryRefund, Type: connect.TypePaymentRefund, Count: 3, Amount: usd(-750), Fee: usd(-93), Net: usd(-657)},
		},
	}}, list)
	of, err := m.platform.ExplainBalance(m.ctx, "")
	require.NoError(t, err)
	require.Equal(t, usd(0), of[0].Unexplained)
	require.Equal(t, m.has("").Pending, of[0].Has)
	store.skew = func(x *ledger.Transaction) { m.more(x, "transfer") }
	list, err = m.platform.ExplainBalance(m.ctx, a)
	require.NoError(t, err)
	require.Equal(t, usd(-3), list[0].Unexplained)
	_, err = m.platform.ExplainBalance(m.ctx, "acct_none")
	requireCode(t, err, ledger.NotFound, "not_found")
}
