package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// A charge of lines that a rule blocks has its commission on its lines, as any other.
func TestBlockedLines(t *testing.T) {
	m, _ := ruled(t, `block if amount > 5 USD`)
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: m.key(), AccountID: m.seller().ID, Lines: []connect.Line{goods(1000)}, ApplicationFee: usd(100), Source: connect.TestCard,
	})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeFailed, c.Status)
	require.Equal(t, usd(100), c.Lines[0].Parts.Commission)
	m.verify()
}
