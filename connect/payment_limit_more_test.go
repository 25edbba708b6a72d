package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
)

// What an authorization is raised by counts on the day on which it is raised, also where
// the day on which it was made has left a rolling limit; what is not raised in the end
// comes back to that day.
func TestLimitCountsIncreases(t *testing.T) {
	for _, another := range []bool{true, false} { // whose charge gives the first day back
		m := newMarket(t, connecttest.Config{Config: connect.Config{CaptureRules: []connect.CaptureRule{{Increases: 9}}}})
		a := m.seller().ID
		m.limit(connect.SetLimitRequest{Name: "three-days", AccountID: a, Amount: usd(1000), Window: connect.LimitRolling, Days: 3})
		left := func() int64 { return m.allowed(m.platform, a, "three-days") }
		c := m.authorize(a, 400, 0, connect.TestCard)
		m.pass(3 * day)
		require.EqualValues(t, 1000, left())
		if another {
			m.charge(a, 100, 0, connect.TestCard)
		} else {
			m.authorize(a, 100, 0, connect.TestDeclined)
			_, err := m.increase(c.ID, 100)
			require.NoError(t, err)
		}
		_, err := m.increase(c.ID, 901)
		require.Equal(t, "limit_exceeded", codeOf(t, err))
		_, err = m.increase(c.ID, 200)
		require.NoError(t, err)
		require.EqualValues(t, 700, left())
		m.pass(day)
		_, err = m.increase(c.ID, 300)
		require.NoError(t, err)
		require.EqualValues(t, 400, left())
		m.verify()
		m.requireExplained()
		part := m.now(c).Authorization.Amount.Minor() - 350
		_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "part", ChargeID: c.ID, Amount: usd(part)})
		require.NoError(t, err)
		require.EqualValues(t, 750, left(), "the last day gives 3.00 back, and the one before 0.50")
		m.pass(2 * day)
		require.EqualValues(t, 1000, left())
		m.charge(a, 1000, 0, connect.TestCard)
		require.EqualValues(t, 0, left())
		m.verify()
	}
}
