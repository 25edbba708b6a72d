package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// To carry an object out takes the right to record it: a key for charges alone starts no
// payout and no refund of others.
func TestFinishTakesTheRightToRecord(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	c := m.charge(a, 5000, 0, connect.TestCardAtOnce)
	recorded := m.platform.In(m.Store())
	out, err := recorded.Payout(m.ctx, connect.PayoutRequest{Key: "out", AccountID: a, Amount: usd(100)})
	require.NoError(t, err)
	back, err := recorded.Refund(m.ctx, connect.RefundRequest{Key: "back", ChargeID: c.ID, Amount: usd(100)})
	require.NoError(t, err)
	next, err := recorded.Charge(m.ctx, connect.ChargeRequest{Key: "next", AccountID: a, Amount: usd(100), Source: connect.TestCard})
	require.NoError(t, err)
	charges := m.byKey(m.apiKey(connect.KeyRestricted, map[connect.Group]connect.Access{connect.GroupCharges: connect.AccessWrite}))
	before := snapshot(t, m.Store())
	for _, id := range []string{out.ID, back.ID} {
		err := charges.Finish(m.ctx, id)
		requireCode(t, err, ledger.Forbidden, "key_scope")
	}
	require.ErrorIs(t, charges.Finish(m.ctx, "x_1"), ledger.NotFound)
	require.Equal(t, before, snapshot(t, m.Store()))
	require.NoError(t, charges.Finish(m.ctx, next.ID))
	require.Equal(t, connect.ChargeSucceeded, m.now(next).Status)
	require.NoError(t, m.platform.Finish(m.ctx, back.ID))
	m.verify()
}

// Under a connection a platform carries out what it recorded there, and nothing of the
// account's own or of another platform's.
func TestFinishUnderAConnection(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	account := m.connected(connect.ScopeReadWrite)
	home, err := m.OwnBook(m.ctx, account)
	require.NoError(t, err)
	on := m.on(m.platform, account)
	charge := func(p *connect.Platform, key string) *connect.Charge {
		c, err := p.In(m.Store()).Charge(m.ctx, connect.ChargeRequest{Key: key, AccountID: account, Amount: usd(1000), Direct: true, NoFee: true, Source: connect.TestCardAtOnce})
		require.NoError(t, err)
		return c
	}
	own, theirs := charge(home, "own"), charge(on, "theirs")
	requireCode(t, on.Finish(m.ctx, own.ID), ledger.Forbidden, "made_by_another")
	require.NoError(t, on.Finish(m.ctx, theirs.ID))
	require.NoError(t, home.Finish(m.ctx, own.ID))
	for c, by := range map[*connect.Charge]*connect.Platform{own: home, theirs: on} {
		r, err := by.In(m.Store()).Refund(m.ctx, connect.RefundRequest{Key: "back " + c.ID, ChargeID: c.ID, Amount: usd(500)})
		require.NoError(t, err)
		if by == home {
			requireCode(t, on.Finish(m.ctx, r.ID), ledger.Forbidden, "made_by_another")
		}
		require.NoError(t, by.Finish(m.ctx, r.ID))
	}
	_, err = m.Disconnect(m.ctx, connect.DisconnectRequest{Key: "off", AccountID: account, PlatformID: m.platform.ID()})
	require.NoError(t, err)
	require.ErrorIs(t, on.Finish(m.ctx, theirs.ID), ledger.NotFound)
}

// A review is decided, and what waited for it goes on, by a key for approvals alone.
func TestAKeyForApprovalsDecides(t *testing.T) {
	m, _ := ruled(t, bigIsReviewed)
	c := m.charge(m.seller().ID, 200_00, 20_00, connect.TestCard)
	key := m.byKey(m.apiKey(connect.KeyRestricted, map[connect.Group]connect.Access{connect.GroupApprovals: connect.AccessWrite}))
	_, err := key.ApproveReview(m.ctx, connect.DecideReviewRequest{Key: "ok", ReviewID: c.Review, By: risk, Reason: "known"})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, m.now(c).Status)
}
