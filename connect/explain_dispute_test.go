package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
)

// News that tells of a dispute and of the money that was taken, of a charge whose share
// waits: the share is given back between what is posted for the dispute, and all of that
// is in its explanation. The simulation found it (seed 1).
func TestExplainADisputeOfWhatWaits(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	policy := connect.DisputePolicy{ClawBack: connect.ClawBackOpened}
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Disputes: &policy})
	require.NoError(t, err)
	a := m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative })
	c := m.hold(a.ID, connect.HoldTerms{Until: connect.HoldEvent, Days: 5})
	require.NoError(t, m.DisputeNews(m.ctx, connect.DisputeNews{ID: "d", Key: c.ID, Status: connect.DisputeLost, Amount: usd(1000), Withdrawn: usd(600), At: m.Clock.Now()}))
	m.verify()
	m.requireExplained()
}
