package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// A rule sees what buyers may still dispute of the seller, in the currency of the payment.
func TestRulesSeeExposure(t *testing.T) {
	m, _ := ruled(t, `much: block if seller.exposure >= 20 USD`)
	a, b := m.seller().ID, m.seller().ID
	m.charge(b, 5000, 0, connect.TestCard)
	c := m.charge(a, 1500, 0, connect.TestCard)
	require.Equal(t, connect.ChargeSucceeded, m.charge(a, 500, 0, connect.TestCard).Status, "fifteen dollars so far")
	require.Equal(t, connect.ChargeFailed, m.charge(a, 500, 0, connect.TestCard).Status)
	m.refund(connect.RefundRequest{ChargeID: c.ID, ReverseTransfer: true})
	require.Equal(t, connect.ChargeSucceeded, m.charge(a, 500, 0, connect.TestCard).Status)
	m.verify()
}
