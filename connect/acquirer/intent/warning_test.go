package intent_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/intent/intenttest"
	"github.com/soukhq/souk/ledger"
)

// A warning comes as an event, also of a kind of fraud that nobody knows yet, and its payment is
// refunded by the platform's rule, once.
func TestWarnings(t *testing.T) {
	for said, heard := range map[string]string{"made_with_stolen_card": "made_with_stolen_card", "made_by_moonlight": "misc"} {
		b, m, p, c := disputedAt(t)
		_, err := p.UpdatePlatform(t.Context(), connect.PlatformUpdate{Key: "w", Warnings: &connect.WarningPolicy{Fraud: connect.WarningRule{Refund: connect.RefundAlways}}})
		require.NoError(t, err)
		id := b.Warn(c.ID, said)
		require.NotEmpty(t, id)
		require.Empty(t, b.Warn("ch_other", said))
		tell(t, b, m)
		for range 2 {
			_, err = m.Drain(t.Context())
			require.NoError(t, err)
		}
		list, err := p.ListWarnings(t.Context(), connect.ListRequest{})
		require.NoError(t, err)
		require.Len(t, list.Items, 1)
		w := list.Items[0]
		require.Equal(t, []any{id, connect.WarningFraud, heard, connect.WarningActed}, []any{w.Reference, w.Kind, w.FraudType, w.Status})
		c, err = p.GetCharge(t.Context(), c.ID)
		require.NoError(t, err)
		require.Equal(t, ledger.Minor(1000, ledger.EUR), c.Refunded)
	}
}

// A bank debit that its payer claims back has failed, and is a dispute that is lost on
// arrival: its money is taken once.
func TestClaims(t *testing.T) {
	b, m, p, _ := disputedAt(t)
	c, err := p.Charge(t.Context(), connect.ChargeRequest{Key: "debit", Amount: ledger.Minor(2000, ledger.EUR), Source: intenttest.Debit})
	require.NoError(t, err)
	b.Settle()
	tell(t, b, m)
	b.Claim(c.ID)
	tell(t, b, m)
	c, err = p.GetCharge(t.Context(), c.ID)
	require.NoError(t, err)
	d := theDispute(t, p)
	require.Equal(t, []any{connect.ChargeFailed, connect.DisputeLost, c.ID, ledger.Minor(0, ledger.EUR), true}, []any{c.Status, d.Status, d.Charge, d.Moved, d.Failed})
	require.NotNil(t, d.Fee)
	report, err := m.Verify(t.Context())
	require.NoError(t, err)
	require.True(t, report.OK(), "%v", report)
}
