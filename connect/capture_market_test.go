package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	markets "github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
)

// What a market lets be charged can be captured whole, also where that is less than all
// countries have as their least, and with credit as with the card alone.
func TestAMarketsLeastIsCaptured(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "u", Markets: &markets.List{Rules: []markets.Rules{
		{Country: "US", Limits: map[ledger.Currency]*markets.Limit{ledger.USD: {Min: markets.Is[int64](10)}}},
	}}})
	require.NoError(t, err)
	m.sell("b", usd(5000))
	a := m.seller()
	for _, tenders := range [][]connect.TenderRequest{nil, {{BuyerID: "b", Amount: usd(15)}}} {
		r := connect.ChargeRequest{Amount: usd(30), AccountID: a.ID, Source: connect.TestCard, BuyerCountry: "US", CaptureLater: true, Tenders: tenders}
		c, err := m.pay(r)
		require.NoError(t, err)
		_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(20)})
		requireCode(t, err, ledger.Invalid, "amount_below_minimum")
		k, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID})
		require.NoError(t, err)
		require.Equal(t, connect.StepSucceeded, k.Status)
	}
	y, err := m.platform.Pay(m.ctx, connect.PayRequest{Key: "pay", Charge: connect.ChargeRequest{
		Amount: usd(50), AccountID: a.ID, Source: connect.TestCard, BuyerCountry: "US",
	}, Others: []connect.SourcePart{{Source: connect.TestCardGB, Amount: usd(20)}}})
	require.NoError(t, err)
	require.Equal(t, connect.PaymentSucceeded, y.Status)
	m.verify()
}
