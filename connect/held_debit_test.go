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

// What waits of a transfer of a charge that credit paid for goes back into that.
func TestHeldTransferOfCreditGoesBack(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	m.sell("b", usd(1000))
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), Tenders: []connect.TenderRequest{{BuyerID: "b"}}})
	require.NoError(t, err)
	_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{
		Key: m.key(), ChargeID: c.ID, To: m.seller().ID, Amount: usd(400), Hold: &connect.HoldTerms{LongestDays: 5, AtEnd: connect.HoldRefunds},
	})
	require.NoError(t, err)
	m.pass(7 * 24 * time.Hour)
	m.verify()
	require.Equal(t, usd(400), m.now(c).Refunded)
	require.Equal(t, usd(400), m.creditOf("b", ledger.USD))
}
