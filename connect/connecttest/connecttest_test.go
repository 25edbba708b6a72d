package connecttest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// A host's test: sell, wait, pay out.
func Example() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	check(err)
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	check(err)
	seller, err := shop.CreateAccount(ctx, connecttest.Seller("US"))
	check(err)
	_, err = shop.Charge(ctx, connect.ChargeRequest{
		Key: "order-1", Amount: ledger.Minor(100_00, ledger.USD), AccountID: seller.ID, Source: connect.TestCard,
	})
	check(err)
	check(m.Pass(ctx, 3*24*time.Hour))
	paid, err := shop.Payout(ctx, connect.PayoutRequest{Key: "payday", AccountID: seller.ID})
	check(err)
	check(m.Pass(ctx, 3*24*time.Hour))
	paid, err = shop.GetPayout(ctx, paid.ID)
	check(err)
	fmt.Println(paid.Amount, paid.Status, "on", m.Clock.Now().Format(time.DateOnly))
	// Output: 100.00 USD paid on 2026-03-08
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Two runs that do the same get the same ids, times and events.
func TestRunsRepeat(t *testing.T) {
	run := func() []ledger.Event {
		ctx := t.Context()
		m, err := connecttest.New(connecttest.Config{})
		require.NoError(t, err)
		shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "GB"})
		require.NoError(t, err)
		a, err := shop.CreateAccount(ctx, connecttest.Seller("GB"))
		require.NoError(t, err)
		_, err = shop.Charge(ctx, connect.ChargeRequest{Key: "1", Amount: ledger.Minor(500, ledger.GBP), AccountID: a.ID, Source: connect.TestReceived})
		require.NoError(t, err)
		require.NoError(t, m.Pass(ctx, 10*24*time.Hour))
		events, _, err := shop.Events(ctx, "", 1000)
		require.NoError(t, err)
		return events
	}
	first := run()
	require.NotEmpty(t, first)
	require.Equal(t, first, run())
}

// The clock stands still until it is moved.
func TestClock(t *testing.T) {
	c := connecttest.NewClock(connecttest.Start)
	require.Equal(t, connecttest.Start, c.Now())
	c.Advance(time.Hour)
	c.Advance(-30 * time.Minute)
	require.Equal(t, connecttest.Start.Add(30*time.Minute), c.Now())
	c.Set(connecttest.Start)
	require.Equal(t, connecttest.Start, c.Now())
}

// Pass drains each day at its own time, and tells of work that failed.
func TestPass(t *testing.T) {
	ctx := t.Context()
	rail := &brokenRail{payout.NewSimulator(payout.SimulatorConfig{}), nil}
	at := time.Date(2027, 12, 31, 23, 0, 0, 0, time.UTC)
	m, err := connecttest.New(connecttest.Config{Config: connect.Config{Rail: rail}, Start: at})
	require.NoError(t, err)
	require.Nil(t, m.Rail, "the test brought its own")
	require.NotNil(t, m.Acquirer)
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	require.NoError(t, err)
	a, err := shop.CreateAccount(ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	_, err = shop.Charge(ctx, connect.ChargeRequest{Key: "1", Amount: ledger.Minor(500, ledger.USD), AccountID: a.ID, Source: connect.TestCard})
	require.NoError(t, err)
	require.NoError(t, m.Pass(ctx, 7*24*time.Hour))
	require.Equal(t, at.Add(7*24*time.Hour), m.Clock.Now())
	balance, err := shop.Balance(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, ledger.Minor(500, ledger.USD), balance.In(ledger.USD).Available)

	_, err = shop.Payout(ctx, connect.PayoutRequest{Key: "2", AccountID: a.ID})
	require.NoError(t, err)
	rail.err = ledger.Unavailable
	require.ErrorIs(t, m.Pass(ctx, 24*time.Hour), ledger.Unavailable)
}

// brokenRail tells no news while it has an error.
type brokenRail struct {
	*payout.Simulator
	err error
}

func (r *brokenRail) Updates(ctx context.Context, after string) ([]payout.Update, string, error) {
	if r.err != nil {
		return nil, "", r.err
	}
	return r.Simulator.Updates(ctx, after)
}

// A Seller of each country can be paid at once, in its currency.
func TestSellers(t *testing.T) {
	ctx := t.Context()
	m, err := connecttest.New(connecttest.Config{})
	require.NoError(t, err)
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	require.NoError(t, err)
	countries := compliance.Countries()
	require.Len(t, countries, 18)
	for _, country := range countries {
		a, err := shop.CreateAccount(ctx, connecttest.Seller(country))
		require.NoError(t, err, country)
		currency, ok := compliance.DefaultCurrency(country)
		require.True(t, ok)
		require.Equal(t, currency, a.Currency)
		_, err = shop.Charge(ctx, connect.ChargeRequest{
			Key: "charge-" + country, Amount: ledger.Minor(100_00, currency), AccountID: a.ID, Source: connect.TestCardAtOnce,
		})
		require.NoError(t, err, country)
		_, err = shop.Payout(ctx, connect.PayoutRequest{Key: "payout-" + country, AccountID: a.ID})
		require.NoError(t, err, country)
	}
}
