package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// trail lists what the audit trail says, newest first: "who event".
func (m *market) trail(r connect.ActsRequest) (list []string) {
	m.t.Helper()
	for a, err := range m.platform.Acts(m.ctx, r) {
		require.NoError(m.t, err)
		for _, s := range a.Did {
			list = append(list, a.Actor+" "+s.Event)
		}
	}
	return list
}

// Every verb that a person uses is in the audit trail with that person: those that take
// who acts, and all others by Platform.By. It is listed by person, object and time.
func TestTheAuditTrail(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	s := m.seller()
	c := m.charge(s.ID, 1000, 123, connect.TestCardAtOnce)
	require.Empty(t, m.trail(connect.ActsRequest{}), "nobody did that")
	r, err := m.platform.By(clerk).Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(100)})
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status)
	_, err = m.platform.By(clerk).Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(100)})
	require.NoError(t, err, "sent again")
	require.Equal(t, []string{"clerk charge.updated", "clerk refund.created"}, m.trail(connect.ActsRequest{ActorID: "clerk"}), "what the acquirer answered is nobody's")
	m.pass(time.Hour)
	from := m.Clock.Now()
	a := m.adjust(s.ID, 50)
	m.approve(a.Signed.Proposal, chief)
	require.Contains(t, m.trail(connect.ActsRequest{ObjectID: a.ID}), "chief adjustment.made")
	require.Contains(t, m.trail(connect.ActsRequest{ObjectID: a.ID}), "clerk adjustment.proposed")
	require.Equal(t, []string{"chief adjustment.made", "chief proposal.carried_out"}, m.trail(connect.ActsRequest{ObjectID: a.ID, ActorID: "chief"}))
	require.NotContains(t, m.trail(connect.ActsRequest{From: from}), "clerk refund.created")
	require.Equal(t, []string{"clerk charge.updated", "clerk refund.created"}, m.trail(connect.ActsRequest{To: from}))

	page, err := m.platform.ListActs(m.ctx, connect.ActsRequest{Limit: 1})
	require.NoError(t, err)
	require.True(t, page.More)
	rest, err := m.platform.ListActs(m.ctx, connect.ActsRequest{Limit: 100, After: page.Items[0].ID})
	require.NoError(t, err)
	require.NotContains(t, rest.Items, page.Items[0])
	m.verify()
}

// What cannot be is refused, a foreign object has no trail as one that is not, previews
// leave none, and a change of the trail is found (promises 62, 65).
func TestTheAuditTrailIsKept(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	s := m.seller()
	m.adjusted(s.ID, 50)
	p := m.platform
	_, err := p.By(chief).Adjust(m.ctx, connect.AdjustRequest{Key: "x", By: clerk, AccountID: s.ID, Amount: usd(50), Bearer: connect.PartyHouse, Reason: connect.AdjustGoodwill})
	require.Equal(t, "actor_mismatch", codeOf(t, err))
	_, err = p.By(connect.Actor{}).Transfer(m.ctx, connect.TransferRequest{Key: "y", To: s.ID, Amount: usd(1)})
	require.Error(t, err)
	for name, r := range map[string]connect.ActsRequest{
		"invalid_limit": {Limit: 101}, "invalid_cursor": {After: "act_x"}, "invalid_actor": {ActorID: "a b"}, "invalid_request": {ObjectID: "a b"},
	} {
		_, err := p.ListActs(m.ctx, r)
		require.Equal(t, name, codeOf(t, err))
	}
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	for _, id := range []string{s.ID, "acct_unknown"} {
		list, err := other.ListActs(m.ctx, connect.ActsRequest{ObjectID: id})
		require.NoError(t, err)
		require.Empty(t, list.Items)
	}
	before := m.trail(connect.ActsRequest{})
	_, err = p.By(chief).Preview().ChargeFee(m.ctx, connect.FeeRequest{Key: "z", AccountID: s.ID, Kind: connect.FeeListing, Amount: usd(1)})
	require.NoError(t, err)
	require.Equal(t, before, m.trail(connect.ActsRequest{}))
	m.verify()

	page, err := p.ListActs(m.ctx, connect.ActsRequest{Limit: 1})
	require.NoError(t, err)
	forgeAct := ledger.Kind[connect.Act]{Name: "connect.act", Prefix: "act_"}
	_, err = ledger.Update(m.ctx, m.Store(), func(u *ledger.Unit) error {
		a, err := forgeAct.Get(u, page.Items[0].ID)
		if err != nil {
			return err
		}
		a.Actor = "boss"
		return forgeAct.Put(u, a.ID, a)
	})
	require.NoError(t, err)
	r, err := m.Verify(m.ctx)
	require.NoError(t, err)
	require.Equal(t, "act "+page.Items[0].ID, r.Differences[0].What)
}

// The chain of blocks is made by Drain, and says who did what.
func TestTheAuditTrailIsSealed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	none, err := m.Seal(m.ctx)
	require.NoError(t, err)
	require.Zero(t, *none)
	m.adjusted(m.seller().ID, 50)
	m.pass(time.Hour)
	first, err := m.Seal(m.ctx)
	require.NoError(t, err)
	require.Positive(t, first.Journal.Rows)
	require.Positive(t, first.Events.Rows)
	m.adjusted(m.seller().ID, 50)
	m.pass(time.Hour)
	r, err := m.Engine.VerifyKept(m.ctx, ledger.Block{Number: first.Block, Hash: first.Hash})
	require.NoError(t, err)
	require.NoError(t, r.Err())
	require.Greater(t, r.Blocks, first.Block)
	r, err = m.Engine.VerifyKept(m.ctx, ledger.Block{Number: first.Block, Hash: "other"})
	require.NoError(t, err)
	require.Error(t, r.Err())
}
