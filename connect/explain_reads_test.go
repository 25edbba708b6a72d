package connect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// What an object with many parts is made of is read in pages: a charge with sixty refunds
// takes a few reads more than one with two, not three for each of them; also where its
// days were released in between, and others sold beside it.
func TestExplainReadsInPages(t *testing.T) {
	s := &counting{Store: ledger.NewMemory()}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: s}})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	reads := map[int]int{}
	for _, parts := range []int{2, 60} {
		c := m.charge(a.ID, 10000, 1230, connect.TestCard)
		for i := range parts {
			_, err := m.platform.Refund(m.ctx, connect.RefundRequest{
				Key: fmt.Sprint(parts, "-", i), ChargeID: c.ID, Amount: usd(100), ReverseTransfer: true, RefundFee: true,
			})
			require.NoError(t, err)
			if m.charge(a.ID, 500, 50, connect.TestCard); i%20 == 19 {
				m.pass(24 * time.Hour)
			}
		}
		s.reads = 0
		x, err := m.platform.Explain(m.ctx, c.ID)
		require.NoError(t, err)
		require.Empty(t, x.Differences)
		require.Len(t, x.Steps, 3+3*parts)
		reads[parts] = s.reads
	}
	require.LessOrEqual(t, reads[60], reads[2]+20, "%v", reads)
	require.LessOrEqual(t, reads[2], 30, "%v", reads)
}
