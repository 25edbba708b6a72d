package connect_test

import (
	"testing"
	"time"

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

// Who approves by a clock that is behind books before the moment at which a freeze was
// asked for, and its explanation has that. The simulation found it (seed 1).
func TestExplainWhatAClockBehindBooked(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	m.charge(a, 1000, 100, connect.TestCardAtOnce)
	m.pass(time.Hour)
	f, err := m.platform.Freeze(m.ctx, connect.FreezeRequest{Key: m.key(), By: legal, AccountID: a, Cause: connect.FreezeCourt, Authority: "the court", Document: "7 O 1/26"})
	require.NoError(t, err)
	behind := func() time.Time { return m.Clock.Now().Add(-time.Minute) }
	engine, err := connect.New(connect.Config{Store: m.Store(), Now: behind, Acquirer: m.Acquirer, Rail: m.Rail})
	require.NoError(t, err)
	p, err := engine.Platform(m.ctx, m.platform.ID())
	require.NoError(t, err)
	_, err = p.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: m.key(), ProposalID: f.Signed.Proposal, By: boss})
	require.NoError(t, err)
	require.Equal(t, usd(0), m.has(a).Available)
	m.requireExplained()
}
