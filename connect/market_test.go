package connect_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// market is a marketplace with one platform, for the tests.
type market struct {
	*connecttest.Marketplace
	t        testing.TB
	ctx      context.Context
	platform *connect.Platform
	keys     int
}

func newMarket(t testing.TB, c connecttest.Config) *market {
	t.Helper()
	m := &market{t: t, ctx: context.Background()}
	var err error
	m.Marketplace, err = connecttest.New(c)
	require.NoError(t, err)
	m.platform, err = m.Register(m.ctx, connect.PlatformRequest{Key: "platform", Name: "Platform", Country: "US"})
	require.NoError(t, err)
	return m
}

// platformOn returns an engine and a platform on it.
func platformOn(t *testing.T, c connect.Config) (*connect.Engine, *connect.Platform) {
	t.Helper()
	engine, err := connect.New(c)
	require.NoError(t, err)
	p, err := engine.Register(context.Background(), connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	return engine, p
}

// fund returns a seller to whom 10.00 USD are available.
func fund(t *testing.T, p *connect.Platform) *connect.Account {
	t.Helper()
	a, err := p.CreateAccount(context.Background(), connecttest.Seller("US"))
	require.NoError(t, err)
	_, err = p.Charge(context.Background(), connect.ChargeRequest{Key: "fund", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	return a
}

// second is another process on the same store, and its platform.
func (m *market) second() (*connect.Engine, *connect.Platform) {
	m.t.Helper()
	engine, err := connect.New(connect.Config{Store: m.Store(), Now: m.Clock.Now, Acquirer: m.Acquirer, Rail: m.Rail})
	require.NoError(m.t, err)
	p, err := engine.Platform(m.ctx, m.platform.ID())
	require.NoError(m.t, err)
	return engine, p
}

func (m *market) key() string {
	m.keys++
	return fmt.Sprintf("key-%d", m.keys)
}

// seller creates an account; change may alter the request.
func (m *market) seller(change ...func(*connect.AccountRequest)) *connect.Account {
	m.t.Helper()
	r := connecttest.Seller("US")
	r.Key = m.key()
	for _, fn := range change {
		fn(&r)
	}
	a, err := m.platform.CreateAccount(m.ctx, r)
	require.NoError(m.t, err)
	return a
}

// charge charges dollars for a seller with a commission.
func (m *market) charge(seller string, minor, fee int64, source string) *connect.Charge {
	m.t.Helper()
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: m.key(), Amount: usd(minor), AccountID: seller, ApplicationFee: usd(fee), Source: source,
	})
	require.NoError(m.t, err)
	return c
}

// pass lets time pass and drains.
func (m *market) pass(d time.Duration) {
	m.t.Helper()
	require.NoError(m.t, m.Pass(m.ctx, d))
}

// verify requires that everything adds up.
func (m *market) verify() {
	m.t.Helper()
	r, err := m.Verify(m.ctx)
	require.NoError(m.t, err)
	require.NoError(m.t, r.Err())
	trial, err := m.platform.TrialBalance(m.ctx)
	require.NoError(m.t, err)
	require.True(m.t, trial.IsZero(), "%v", trial.Totals)
}

// has returns what somebody has in dollars.
func (m *market) has(account string) connect.CurrencyBalance {
	m.t.Helper()
	b, err := m.platform.Balance(m.ctx, account)
	require.NoError(m.t, err)
	return b.In(ledger.USD)
}

// eachAccount calls fn with each account in the platform's books.
func (m *market) eachAccount(fn func(ledger.Account)) {
	m.t.Helper()
	require.NoError(m.t, m.Store().Read(m.ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{Book: m.platform.ID()}, func(a ledger.Account) error {
			fn(a)
			return nil
		})
	}))
}
