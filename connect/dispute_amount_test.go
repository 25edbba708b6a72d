package connect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// What is disputed may be corrected, and its news come in any order and twice: the latest
// amount is the one that is taken, and won, or lost.
func TestCorrectedDisputesInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, end := range []connect.DisputeStatus{connect.DisputeUnderReview, connect.DisputeWon, connect.DisputeLost} {
		list := []connect.DisputeNews{
			{Status: connect.DisputeNeedsResponse, Amount: usd(1000)}, {Status: connect.DisputeNeedsResponse, Amount: usd(600)},
			{Status: connect.DisputeUnderReview, Amount: usd(1300)}, {Status: end, Amount: usd(700)},
		}
		for policy, p := range disputePolicies {
			for shape, s := range disputeShapes {
				want, n := "", 0
				permutations(len(list), func(order []int) {
					if n++; n%5 != 1 && policy+shape != "at once"+"destination" {
						return
					}
					m, c, names := beginDisputes(t, p, s)
					at := m.Clock.Now()
					for _, i := range order {
						n := list[i]
						n.ID, n.Key, n.At = "d", c.ID, at.Add(time.Duration(i)*time.Hour)
						for range 2 {
							require.NoError(t, m.DisputeNews(m.ctx, n))
						}
					}
					m.verify()
					d := m.disputed(c)
					require.Equal(t, usd(700), d.Amount)
					got := fmt.Sprint(d.Status, m.now(c).Refunding, m.now(c).Refunded, m.standings(names))
					if want == "" {
						want = got
					}
					require.Equal(t, want, got, "%s, %s, %s, %v", end, policy, shape, order)
				})
			}
		}
	}
}
