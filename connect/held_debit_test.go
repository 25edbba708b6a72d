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

// What waits of a bank debit goes back by the rail when the wait is over.
func TestHeldDebitGoesBack(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.mandate(achMandate("m", payout.TestAccount))
	c, err := m.collect(connect.ChargeRequest{
		MandateID: x.ID, Amount: usd(1000), AccountID: m.seller().ID, ApplicationFee: usd(100),
		Hold: &connect.HoldTerms{LongestDays: 20, AtEnd: connect.HoldRefunds},
	})
	require.NoError(t, err)
	m.pass(15 * 24 * time.Hour)
	require.Equal(t, usd(1000), m.share(c.ID).In.Amount)
	m.pass(30 * 24 * time.Hour)
	m.verify()
	require.Equal(t, connect.ShareGivenBack, m.share(c.ID).Status)
	require.Equal(t, []ledger.Money{usd(1000), usd(100)}, []ledger.Money{m.now(c).Refunded, m.now(c).FeeBack})
}
