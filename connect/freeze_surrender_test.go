package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// handsOver asks for frozen dollars to be paid to an authority.
func (m *market) handsOver(f *connect.Freeze, minor int64, token string) (*connect.Freeze, error) {
	r := connect.SurrenderFrozenRequest{
		Key: m.key(), By: legal, FreezeID: f.ID, Document: "7 O 3/26", Bank: &connect.BankDetails{Token: token, Country: "US", Currency: ledger.USD},
	}
	if minor > 0 {
		r.Amount = usd(minor)
	}
	return m.platform.SurrenderFrozen(m.ctx, r)
}

func (m *market) freezeNow(id string) *connect.Freeze {
	m.t.Helper()
	f, err := m.platform.GetFreeze(m.ctx, id)
	require.NoError(m.t, err)
	return f
}

// Frozen money is handed over by two people of compliance, in parts too; until it is
// paid nothing else may take it, and the order takes no more than it was for.
func TestSurrenderFrozen(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	s := m.seller()
	m.charge(s.ID, 1000, 0, connect.TestCardAtOnce)
	f := m.frozen(s.ID, usd(800))
	f, err := m.handsOver(f, 300, payout.TestAccount)
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(800)}, f.Frozen)
	_, err = m.handsOver(f, 300, payout.TestAccount)
	require.Equal(t, "surrender_proposed", codeOf(t, err))
	_, err = m.platform.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: m.key(), ProposalID: f.Surrender.Signed.Proposal, By: legal})
	require.Equal(t, "same_person", codeOf(t, err))
	m.approve(f.Surrender.Signed.Proposal, boss)
	f = m.freezeNow(f.ID)
	require.Equal(t, []ledger.Money{usd(500)}, f.Frozen)
	require.Equal(t, usd(800), m.has(s.ID).Frozen, "it is there until it is paid")
	m.verify()
	lift, err := m.platform.Unfreeze(m.ctx, connect.UnfreezeRequest{Key: m.key(), By: legal, FreezeID: f.ID, Document: "d"})
	require.NoError(t, err)
	_, err = m.platform.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: m.key(), ProposalID: lift.Lift.Signed.Proposal, By: boss})
	require.Equal(t, "surrender_under_way", codeOf(t, err))
	m.pass(96 * time.Hour)
	require.Equal(t, usd(500), m.has(s.ID).Frozen)
	require.Equal(t, usd(200), m.has(s.ID).Available, "what comes free is not taken for what was handed over")
	_, err = m.handsOver(f, 501, payout.TestAccount)
	require.Equal(t, "insufficient_frozen", codeOf(t, err))
	requireAbout(t, err, "amount")
	f, err = m.handsOver(f, 0, payout.TestAccount)
	require.NoError(t, err)
	m.approve(f.Surrender.Signed.Proposal, boss)
	m.pass(96 * time.Hour)
	require.Equal(t, usd(0), m.has(s.ID).Frozen)
	require.Equal(t, connect.FreezeLifted, m.lifted(f).Status, "the first lift has expired")
	m.requireExplained()
	m.verify()
}

// What the bank sends back is frozen again, and handed over anew; a surrender that
// nobody approves leaves everything.
func TestSurrenderFrozenComesBack(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	s := m.seller()
	m.charge(s.ID, 1000, 0, connect.TestCardAtOnce)
	f := m.frozen(s.ID, ledger.Money{})
	for _, token := range []string{payout.TestReturned, payout.TestRefused} {
		x, err := m.handsOver(f, 400, token)
		require.NoError(t, err)
		m.approve(x.Surrender.Signed.Proposal, boss)
		m.pass(240 * time.Hour)
		require.Equal(t, usd(1000), m.has(s.ID).Frozen, token)
		m.verify()
	}
	x, err := m.handsOver(f, 0, payout.TestAccount)
	require.NoError(t, err)
	require.Equal(t, usd(1000), x.Surrender.Amount, "all of it again")
	_, err = m.platform.RefuseProposal(m.ctx, connect.RefuseProposalRequest{Key: "no", ProposalID: x.Surrender.Signed.Proposal, By: boss})
	require.NoError(t, err)
	require.Nil(t, m.freezeNow(f.ID).Surrender)
	m.lifted(f)
	require.Equal(t, usd(1000), m.has(s.ID).Available)
	_, err = m.handsOver(f, 0, payout.TestAccount)
	require.Equal(t, "insufficient_frozen", codeOf(t, err))
	m.requireExplained()
	m.verify()
}

// What comes back after the freeze has ended is freed by two people too, and only once.
func TestSurrenderFrozenComesBackAfterTheEnd(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	s := m.seller()
	m.charge(s.ID, 1000, 0, connect.TestCardAtOnce)
	f := m.frozen(s.ID, usd(400))
	x, err := m.handsOver(f, 400, payout.TestReturned)
	require.NoError(t, err)
	m.approve(x.Surrender.Signed.Proposal, boss)
	var o *payout.Payout
	for range 20 {
		m.pass(12 * time.Hour)
		if o, err = m.platform.GetPayout(m.ctx, m.freezeNow(f.ID).Surrenders[0].Payout); o.Status == payout.Paid {
			break
		}
	}
	require.NoError(t, err)
	require.Equal(t, payout.Paid, o.Status)
	m.lifted(f)
	ask := func() (*connect.Freeze, error) {
		return m.platform.Unfreeze(m.ctx, connect.UnfreezeRequest{Key: m.key(), By: legal, FreezeID: f.ID, Document: "returned"})
	}
	_, err = ask()
	require.Equal(t, "invalid_state", codeOf(t, err), "nothing came back yet")
	m.pass(240 * time.Hour)
	require.Equal(t, usd(400), m.has(s.ID).Frozen)
	again, err := ask()
	require.NoError(t, err)
	_, err = ask()
	require.Equal(t, "lift_proposed", codeOf(t, err))
	_, err = m.platform.RefuseProposal(m.ctx, connect.RefuseProposalRequest{Key: m.key(), ProposalID: again.Relift.Signed.Proposal, By: boss})
	require.NoError(t, err)
	again = m.freezeNow(f.ID)
	require.Nil(t, again.Relift)
	require.NotNil(t, again.Lift)
	m.verify()
	again, err = ask()
	require.NoError(t, err)
	m.approve(again.Relift.Signed.Proposal, boss)
	require.Equal(t, usd(0), m.has(s.ID).Frozen)
	require.Equal(t, usd(1000), m.has(s.ID).Available)
	require.Equal(t, []ledger.Money{usd(400)}, m.freezeNow(f.ID).Relift.Freed)
	_, err = ask()
	require.Equal(t, "invalid_state", codeOf(t, err))
	m.requireExplained()
	m.verify()
}
