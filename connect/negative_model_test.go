package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// negativeModel is what should be of one seller, in cents: the platform pays what has
// been owed for ten days, and a plan keeps it from that.
type negativeModel struct {
	available, collected, debited int64
	since                         time.Time
}

func (x *negativeModel) move(minor int64, now time.Time) {
	was := x.available
	if x.available += minor; x.available < 0 && was >= 0 {
		x.since = now
	}
}

// What is owed, since when, and what stands behind it are what a small model says,
// whatever a seller earns and owes and whenever somebody drains: nothing is recovered
// beyond the debt (promise 20, identity 6 of the chart).
func TestNegativesFollowTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMarket(t, connecttest.Config{})
		_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "p", Negative: &connect.NegativePolicy{CollectAfter: 10}})
		require.NoError(t, err)
		a := m.seller().ID
		mandate := m.ownMandate(payout.TestAccount)
		x := &negativeModel{}
		pass := func(d time.Duration) {
			m.pass(d)
			if x.available < 0 && m.Clock.Now().Sub(x.since) >= 10*24*time.Hour {
				x.collected -= x.available
				x.available = 0
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"owe": func(t *rapid.T) {
				n := rapid.Int64Range(1, 500).Draw(t, "owes")
				m.owe(a, usd(n))
				x.move(-n, m.Clock.Now())
			},
			"earn": func(t *rapid.T) {
				n := rapid.Int64Range(50, 600).Draw(t, "earns")
				m.earn(a, usd(n))
				x.move(n, m.Clock.Now())
			},
			"wait": func(t *rapid.T) {
				m.verify()
				pass(time.Duration(rapid.IntRange(1, 24).Draw(t, "hours")) * time.Hour)
			},
			"debit": func(t *rapid.T) {
				owed := -x.available
				_, err := m.platform.DebitNegative(m.ctx, connect.NegativeDebitRequest{Key: m.key(), AccountID: a, Amount: usd(0), MandateID: mandate})
				if owed <= 0 {
					require.Equal(t, "nothing_owed", codeOf(m.t, err))
					return
				}
				require.NoError(t, err)
				for m.negative(a).Debit != "" { // and the platform pays nothing meanwhile
					m.pass(24 * time.Hour)
				}
				x.debited += owed
				x.move(owed, m.Clock.Now())
			},
			"": func(t *rapid.T) {
				require.Equal(t, usd(x.available), m.has(a).Available)
				m.drain()
				if x.available < 0 {
					require.Equal(t, x.since, m.negative(a).Since)
				}
				kept := ledger.Zero(ledger.USD)
				if x.since.IsZero() {
					require.Equal(t, kept, m.has("").Cover)
					return
				}
				n := m.negative(a)
				for _, k := range n.Kept {
					kept = usd(kept.Minor() + k.Amount.Minor())
				}
				require.Equal(t, usd(max(0, -x.available)+kept.Minor()), m.has("").Cover)
				require.Equal(t, []ledger.Money{usd(x.collected), usd(x.debited)}, []ledger.Money{n.Collected, n.Debited})
			},
		})
	})
}
