package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// What an account has in a currency that nobody has a rate of holds up neither Drain nor
// its other currencies: the closing says what it waits for.
func TestClosingWithoutARate(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	for _, amount := range []ledger.Money{ledger.Minor(5000, ledger.KWD), usd(7000)} {
		_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: m.key(), Amount: amount})
		require.NoError(t, err)
		_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: m.key(), To: a, Amount: amount})
		require.NoError(t, err)
	}
	c := m.closing(a)
	for range 48 {
		m.pass(6 * time.Hour)
		done, err := m.Drain(m.ctx)
		require.NoError(t, err)
		require.NoError(t, done.Err)
	}
	require.Equal(t, usd(0), m.has(a).Available)
	require.Equal(t, []string{"rate_not_found", "closing"}, m.waits(c))
	m.verify()
}
