package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A customer who pays all of a charge with store credit needs no saved source, and none
// is said to be used or saved; one who pays a part with it needs one.
func TestCustomersPayWithCredit(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.sell("b", usd(5000))
	k := m.customer("")
	tender := []connect.TenderRequest{{BuyerID: "b", Amount: usd(1000)}}
	r := connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, CustomerID: k.ID, Tenders: tender}
	c, err := m.pay(r)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	require.Equal(t, k.ID, c.Customer)
	r.Amount = usd(1500)
	_, err = m.pay(r)
	requireCode(t, err, ledger.Invalid, "tenders_too_small")

	r.Amount, r.Source, r.Save = usd(1000), connect.TestCard, &connect.SaveTerms{Agreement: agreed}
	c, err = m.pay(r)
	require.NoError(t, err)
	require.Equal(t, "not_saved", c.SaveCode)
	require.Empty(t, m.buyer(k.ID).Sources)

	s := m.save(k.ID, connect.TestCard)
	r.Source, r.Save = "", nil
	c, err = m.pay(r)
	require.NoError(t, err)
	require.Empty(t, c.SavedSource)
	r.Amount = usd(1500)
	c, err = m.pay(r)
	require.NoError(t, err)
	require.Equal(t, s.ID, c.SavedSource)
	require.Equal(t, usd(500), usd(c.Amount.Minor()-c.Tenders[0].Amount.Minor()))
	m.verify()
}
