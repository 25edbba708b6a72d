package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// A dispute that is won after a part was refunded gives back what it had taken, which is the
// disputed amount less the refund, and no more (edge case 49). Its fee is a line of its own,
// which goes back where the price says so, and else is kept (edge case 54). What was read of a
// balance before is not what is read after (edge case 55).
func TestDisputeWonAfterARefund(t *testing.T) {
	for _, returned := range []bool{false, true} {
		prices := pricing.Default()
		prices.Disputes = []pricing.DisputePrice{{Fee: usd(1500), Returned: returned}}
		m := newMarket(t, connecttest.Config{Config: connect.Config{Prices: prices}})
		c := m.charge(m.seller().ID, 1000, 123, connect.TestCardAtOnce)
		has := func() int64 {
			b, err := m.platform.Balance(m.ctx, "")
			require.NoError(t, err)
			for _, x := range b.Currencies {
				if x.Currency == ledger.USD {
					return x.Pending.Minor() + x.Available.Minor()
				}
			}
			return 0
		}
		_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(250)})
		require.NoError(t, err)
		before := has()
		news := connect.DisputeNews{ID: "d", Key: c.ID, Amount: usd(1000), Withdrawn: usd(1000)}
		require.NoError(t, m.DisputeNews(m.ctx, news))
		require.Equal(t, before-750-1500, has())
		require.Equal(t, usd(250), m.disputed(c).Excess)
		news.Status, news.Reinstated = connect.DisputeWon, usd(1000)
		require.NoError(t, m.DisputeNews(m.ctx, news))
		kept := int64(1500)
		if returned {
			kept = 0
		}
		require.Equal(t, before-kept, has())
		fees := 0
		for _, tx := range m.booked(m.disputed(c)) {
			if tx == "dispute fee" {
				fees++
			}
		}
		require.Equal(t, map[bool]int{false: 1, true: 2}[returned], fees)
		m.verify()
	}
}

// booked are the reasons of what was posted for a dispute.
func (m *market) booked(d *connect.Dispute) (reasons []string) {
	x, err := m.platform.Explain(m.ctx, d.ID)
	require.NoError(m.t, err)
	for _, s := range x.Steps {
		if s.Transaction.Object.ID == d.ID {
			reasons = append(reasons, s.Transaction.Reason)
		}
	}
	return reasons
}
