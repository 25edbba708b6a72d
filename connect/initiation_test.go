package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
)

// listening is an acquirer that keeps what it was asked for, and grants exemptions.
type listening struct {
	*connect.Simulator
	orders []connect.AuthorizeOrder
	auth   connect.Authentication
}

func (l *listening) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	l.orders = append(l.orders, o)
	a, err := l.Simulator.Authorize(ctx, key, o)
	a.Auth = l.auth
	return a, err
}

func newListening(t *testing.T) (*market, *listening) {
	clock := connecttest.NewClock(connecttest.Start)
	acq := &listening{Simulator: connect.NewSimulator(connect.SimulatorConfig{Now: func() time.Time { return clock.Now() }})}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: acq}})
	clock = m.Clock
	return m, acq
}

// Whoever starts a payment, by whatever right, is kept with it and told to the
// acquirer as it was: the agreement with its text, time and address, and the network's
// first transaction. Each but the buyer has to have one of them.
func TestWhoStartsAPayment(t *testing.T) {
	m, acq := newListening(t)
	seller := m.seller().ID
	pay := func(i connect.Initiation) (*connect.Charge, error) {
		return m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: seller, Source: connect.TestCard, Initiation: i})
	}
	_, err := pay(connect.Initiation{})
	require.NoError(t, err, "the buyer is present")
	all := []connect.Initiator{connect.Recurring, connect.Instalment, connect.Unscheduled, connect.NoShow, connect.Delayed, connect.Incremental}
	require.Equal(t, []connect.Initiator{"recurring", "instalment", "unscheduled", "no_show", "delayed", "incremental"}, all)
	for _, by := range all {
		for _, i := range []connect.Initiation{{By: by, Agreement: agreed}, {By: by, First: "net_1"}, {By: by, Agreement: agreed, First: "net_1"}} {
			c, err := pay(i)
			require.NoError(t, err, by)
			require.Equal(t, &i, m.now(c).Initiation, by)
			require.Equal(t, i, acq.orders[len(acq.orders)-1].Initiation, by)
		}
		before := snapshot(t, m.Store())
		_, err := pay(connect.Initiation{By: by})
		requireField(t, "agreement_required", "initiation", err)
		require.Equal(t, before, snapshot(t, m.Store()))
	}
	_, err = pay(connect.Initiation{By: "nobody", First: "net_1"})
	requireField(t, "invalid_initiator", "initiation", err)
}

// The exemption that was asked for goes to the acquirer, and the record says which one
// was asked for and which was granted, and who bears a dispute for fraud after it.
func TestExemptionsAreRecorded(t *testing.T) {
	m, acq := newListening(t)
	for _, asked := range []connect.Exemption{connect.LowValue, connect.LowRisk, connect.Trusted, connect.Corporate, connect.RecurringTo} {
		for _, granted := range []connect.Exemption{"", asked, connect.LowRisk} {
			acq.auth = connect.Authentication{Version: "2.2.0", ECI: "07", Asked: asked, Granted: granted, Liability: connect.MerchantBears, Transaction: "net_9"}
			c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), Source: connect.TestCard, Exemption: asked})
			require.NoError(t, err)
			require.Equal(t, asked, acq.orders[len(acq.orders)-1].Exemption)
			require.Equal(t, &acq.auth, m.now(c).Auth)
		}
	}
	_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), Source: connect.TestCard, Exemption: "because"})
	requireField(t, "invalid_exemption", "exemption", err)
}

// A deposit for longer than an authorization lasts: the card is saved, authenticated,
// with the authorization, and what came up is charged after that has expired, by the
// buyer's agreement and the network's first transaction.
func TestHoldBeyondAnAuthorization(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	seller, buyer := m.seller().ID, m.customer("").ID
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: "deposit", Amount: usd(50_000), AccountID: seller, Source: connect.TestChallenge, CustomerID: buyer, CaptureLater: true,
		Save: &connect.SaveTerms{Agreement: agreed, For: []connect.Initiator{connect.Delayed}},
	})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeRequiresAction, c.Status)
	m.Acquirer.Act(c.ID, true)
	c, err = m.platform.Confirm(m.ctx, connect.ConfirmRequest{Key: "back", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, []any{connect.ChargeAuthorized, connect.IssuerBears}, []any{c.Status, c.Auth.Liability})
	saved := c.SavedSource
	require.NotEmpty(t, saved)

	m.pass(30 * 24 * time.Hour)
	require.Equal(t, connect.ChargeCanceled, m.now(c).Status)
	require.Equal(t, usd(0), m.has(seller).Pending)
	_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "late", ChargeID: c.ID, Amount: usd(7000)})
	require.Error(t, err)
	later, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: "damage", Amount: usd(7000), AccountID: seller, SavedSourceID: saved, Initiation: connect.Initiation{By: connect.Delayed},
	})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, later.Status)
	require.Equal(t, []any{connect.Delayed, c.Auth.Transaction, agreed}, []any{later.Initiation.By, later.Initiation.First, later.Initiation.Agreement})
	require.Equal(t, connect.MerchantBears, later.Auth.Liability)
	require.Equal(t, usd(7000), m.has(seller).Pending)
	m.verify()
}
