package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// A claim under a scheme's guarantee is lost on arrival, in whatever order and however often
// the bank says so: no evidence is staged and no answer given, nothing is pulled back
// twice, and a return for another reason is no dispute (promise 13).
func TestClaimsUnderAGuarantee(t *testing.T) {
	for _, x := range []struct {
		code    string
		claimed bool
	}{{"R10", true}, {"R11", true}, {"R01", false}} {
		for _, late := range []bool{false, true} {
			m := newMarket(t, connecttest.Config{})
			a := m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative })
			c := m.debited(m.mandate(achMandate("m", payout.TestStalled)).ID, a.ID, 1000, 123)
			say := func(id string, kind payout.UpdateKind, code string) {
				require.NoError(t, m.RailNews(m.ctx, payout.Update{ID: id, Key: c.ID + "-1", Kind: kind, Code: code, Amount: usd(1000), At: m.Clock.Now()}))
				m.verify()
			}
			if late {
				say("2", payout.UpdateReturned, x.code)
			}
			say("1", payout.UpdateSettled, "")
			for _, id := range []string{"2", "3"} {
				say(id, payout.UpdateReturned, x.code)
			}
			list, err := m.platform.ListDisputes(m.ctx, connect.ListRequest{ChargeID: c.ID})
			require.NoError(t, err)
			if !x.claimed {
				require.Empty(t, list.Items, x.code)
				continue
			}
			require.Len(t, list.Items, 1, x.code)
			d := list.Items[0]
			require.Equal(t, []any{connect.DisputeLost, "guaranteed", "debit_not_authorized", x.code, usd(1000), usd(0), usd(1500), m.platform.ID()},
				[]any{d.Status, d.Code, d.Reason, d.Network, d.Amount, d.Moved, d.Fee.Amount, d.Fee.Owner})
			_, err = m.platform.StageEvidence(m.ctx, connect.StageEvidenceRequest{Key: "s", DisputeID: d.ID, Evidence: said("I sent it.")})
			require.ErrorIs(t, err, ledger.State)
			_, err = m.platform.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: "a", DisputeID: d.ID, Evidence: said("I sent it.")})
			require.ErrorIs(t, err, ledger.State)
			_, err = m.platform.RecoverDispute(m.ctx, connect.RecoverDisputeRequest{Key: "r", DisputeID: d.ID})
			require.Equal(t, "not_recoverable", codeOf(t, err))
			_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: "f", ChargeID: c.ID})
			require.ErrorIs(t, err, ledger.State)
			var told []string
			for _, e := range m.events(m.Store()) {
				if e.Object.ID == d.ID {
					told = append(told, e.Type)
				}
			}
			require.Equal(t, []string{connect.EventDisputeCreated, connect.EventDisputeClosed}, told)
			y, err := m.platform.Explain(m.ctx, d.ID)
			require.NoError(t, err)
			require.Empty(t, y.Differences)
		}
	}
}
