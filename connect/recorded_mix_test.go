package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/payout"
)

// Where a source is a payment of which there is one charge, what has no source is not
// the same payment: bank debits, and what credit pays whole.
func TestWhatHasNoSourceIsNotRecordedTwice(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: connect.NewRecorded("host")}})
	a := m.seller()
	x := m.mandate(achMandate("m", payout.TestAccount))
	_, err := m.pay(connect.ChargeRequest{Amount: usd(5000), SellsCredit: "b", Source: "pay-1"})
	require.NoError(t, err)
	for range 3 {
		_, err := m.pay(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, MandateID: x.ID})
		require.NoError(t, err)
		c, err := m.pay(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, Tenders: []connect.TenderRequest{{BuyerID: "b"}}})
		require.NoError(t, err)
		require.Equal(t, connect.ChargeSucceeded, c.Status)
	}
	m.verify()
}
