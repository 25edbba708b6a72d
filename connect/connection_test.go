package connect_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// standalone opens an account that exists by itself.
func (m *market) standalone() *connect.Account {
	m.t.Helper()
	a, err := m.OpenAccount(m.ctx, connect.OpenAccountRequest{Key: m.key(), Name: "Zoe's workshop", Account: connecttest.Seller("US")})
	require.NoError(m.t, err)
	return a
}

// connected opens one and connects it to the market's platform.
func (m *market) connected(s connect.Scope) string {
	m.t.Helper()
	a := m.standalone()
	m.connect(m.platform, a.ID, s, false)
	return a.ID
}

func (m *market) connect(p *connect.Platform, account string, s connect.Scope, controls bool) *connect.Connection {
	m.t.Helper()
	c, err := m.Connect(m.ctx, connect.ConnectRequest{Key: m.key(), AccountID: account, PlatformID: p.ID(), Scope: s, Controls: controls, By: "u1"})
	require.NoError(m.t, err)
	return c
}

func (m *market) on(p *connect.Platform, account string) *connect.Platform {
	m.t.Helper()
	on, err := p.On(m.ctx, account)
	require.NoError(m.t, err)
	return on
}

// Two platforms work on one account that exists by itself: each charges for it, in the
// account's own book; each sees what it has made, and of the rest how much, when and
// what; and after disconnecting nothing (promise 66), while what was made stands.
func TestTwoPlatformsOnOneAccount(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Rival", Country: "US"})
	require.NoError(t, err)
	a := m.standalone()
	m.connect(m.platform, a.ID, connect.ScopeReadWrite, true)
	m.connect(other, a.ID, connect.ScopeReadWrite, false)
	mine, theirs := m.on(m.platform, a.ID), m.on(other, a.ID)
	charge := connect.ChargeRequest{Key: "same key", Amount: usd(10_000), Source: connect.TestCardAtOnce, Description: "private", Metadata: map[string]string{"a": "b"}}
	c1, err := mine.Charge(m.ctx, charge)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c1.Status)
	require.True(t, c1.Direct)
	charge.Amount = usd(5000)
	c2, err := theirs.Charge(m.ctx, charge) // the same key is another's
	require.NoError(t, err)
	require.Equal(t, other.ID(), c2.Via)

	seen, err := mine.GetCharge(m.ctx, c2.ID)
	require.NoError(t, err)
	require.Equal(t, &connect.Charge{ID: c2.ID, Account: a.ID, Amount: usd(5000), Status: c2.Status, Created: c2.Created, Settled: c2.Settled, Refunded: seen.Refunded}, seen)
	own, err := mine.GetCharge(m.ctx, c1.ID)
	require.NoError(t, err)
	require.Equal(t, "private", own.Description)
	page, err := mine.ListCharges(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	require.Empty(t, page.Items[0].Via)
	_, err = mine.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c2.ID, Amount: usd(1)})
	requireCode(t, err, ledger.Forbidden, "made_by_another")
	r, err := mine.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c1.ID, Amount: usd(1000)})
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status)
	b, err := mine.Balance(m.ctx, "")
	require.NoError(t, err)
	require.Equal(t, a.ID, b.Owner)
	require.Equal(t, usd(10_000-320+5000-175-1000), b.In(ledger.USD).Owed)
	for l, err := range mine.BalanceTransactions(m.ctx, connect.BalanceTransactionsRequest{}) {
		require.NoError(t, err)
		require.Equal(t, l.Source.ID == c2.ID, l.Fee == ledger.Money{}, "fees of others are not shown: %v", l)
	}
	acct, err := mine.GetAccount(m.ctx, a.ID)
	require.NoError(t, err)
	require.Empty(t, acct.Banks)
	require.Empty(t, acct.TaxNumber)
	require.Empty(t, acct.Platform)
	_, err = theirs.Payout(m.ctx, connect.PayoutRequest{Key: "po"})
	requireCode(t, err, ledger.Forbidden, "not_in_control")
	po, err := mine.Payout(m.ctx, connect.PayoutRequest{Key: "po"})
	require.NoError(t, err)
	require.Equal(t, payout.Destination{}, po.Destination)
	events, _, err := mine.Events(m.ctx, "", 0)
	require.NoError(t, err)
	require.NotEmpty(t, events)
	for _, e := range events {
		require.NotContains(t, e.Type, "application")
	}

	was, err := m.Disconnect(m.ctx, connect.DisconnectRequest{Key: "end", AccountID: a.ID, PlatformID: m.platform.ID()})
	require.NoError(t, err)
	require.False(t, was.Revoked.IsZero())
	_, err = mine.GetCharge(m.ctx, c1.ID)
	requireCode(t, err, ledger.NotFound, "not_found")
	_, err = mine.Charge(m.ctx, connect.ChargeRequest{Key: "late", Amount: usd(100), Source: connect.TestCard})
	requireCode(t, err, ledger.NotFound, "not_found")
	_, err = m.platform.On(m.ctx, a.ID)
	requireCode(t, err, ledger.NotFound, "not_found")
	m.connect(m.platform, a.ID, connect.ScopeReadOnly, false)
	_, err = mine.GetCharge(m.ctx, c1.ID) // what an earlier grant opened stays closed
	requireCode(t, err, ledger.NotFound, "not_found")
	require.NoError(t, m.Pass(m.ctx, 72*3600e9))
	m.verify()
}

// One platform at a time sets payouts and bank details, with the scope to write.
func TestOnePlatformControls(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Rival", Country: "US"})
	require.NoError(t, err)
	a := m.standalone()
	m.connect(m.platform, a.ID, connect.ScopeReadWrite, true)
	wish := connect.ConnectRequest{Key: "c", AccountID: a.ID, PlatformID: other.ID(), Scope: connect.ScopeReadWrite, Controls: true, By: "u1"}
	_, err = m.Connect(m.ctx, wish)
	requireAbout(t, err, "controls", "controlled")
	_, err = m.platform.Disconnect(m.ctx, connect.DisconnectRequest{Key: "d", AccountID: a.ID})
	require.NoError(t, err)
	_, err = m.Connect(m.ctx, wish)
	require.NoError(t, err)
	bank := &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD}
	on := m.on(other, a.ID)
	got, err := on.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "b", Bank: bank})
	require.NoError(t, err)
	require.Empty(t, got.Banks)
	_, err = on.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "e", Email: "a@b.co"})
	requireAbout(t, err, "email", "not_on_connected")
}

// What cannot be connected, or asked for a connected account, is refused by name.
func TestConnectionRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	managed, a := m.seller(), m.standalone()
	refused := func(r connect.ConnectRequest, field, code string) {
		t.Helper()
		r.Key = "k"
		before := snapshot(t, m.Store())
		_, err := m.Connect(m.ctx, r)
		requireAbout(t, err, field, code)
		require.Equal(t, before, snapshot(t, m.Store()))
	}
	id := m.platform.ID()
	refused(connect.ConnectRequest{AccountID: managed.ID, PlatformID: id, By: "u"}, "account", "account_managed")
	refused(connect.ConnectRequest{AccountID: "acct_none", PlatformID: id, By: "u"}, "account", "not_found")
	refused(connect.ConnectRequest{AccountID: a.ID, PlatformID: "plat_none", By: "u"}, "platform", "not_found")
	refused(connect.ConnectRequest{AccountID: a.ID, PlatformID: a.Platform, By: "u"}, "platform", "not_found")
	refused(connect.ConnectRequest{AccountID: a.ID, PlatformID: id, By: "u", Scope: "all"}, "scope", "invalid_scope")
	refused(connect.ConnectRequest{AccountID: a.ID, PlatformID: id, By: "u", Controls: true}, "controls", "invalid_scope")
	refused(connect.ConnectRequest{AccountID: a.ID, PlatformID: id}, "by", "invalid_actor")

	on := m.on(m.platform, m.connected(connect.ScopeReadWrite))
	for field, r := range map[string]connect.ChargeRequest{
		"applicationFee": {ApplicationFee: usd(10)},
		"customerID":     {CustomerID: "cus_1"},
		"savedSourceID":  {SavedSourceID: "src_1"},
		"onBehalfOf":     {OnBehalfOf: "acct_1"},
		"hold":           {Hold: &connect.HoldTerms{}},
	} {
		r.Key, r.Amount, r.Source = "c", usd(1000), connect.TestCard
		_, err := on.Charge(m.ctx, r)
		code := "not_on_connected"
		if field == "applicationFee" {
			code = "connected_commission"
		}
		requireAbout(t, err, field, code)
	}
	_, err := on.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard, AccountID: managed.ID})
	requireCode(t, err, ledger.NotFound, "not_found")
	_, err = m.platform.GetAccount(m.ctx, a.ID)
	requireCode(t, err, ledger.NotFound, "not_found")
}

// On an account that the platform manages all verbs are about that account.
func TestOnAManagedAccount(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller(), m.seller()
	m.charge(b.ID, 1000, 0, connect.TestCard)
	on := m.on(m.platform, a.ID)
	c, err := on.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	require.Equal(t, a.ID, c.Account)
	page, err := on.ListCharges(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	_, err = on.Balance(m.ctx, b.ID)
	requireCode(t, err, ledger.NotFound, "not_found")
	_, err = on.On(m.ctx, b.ID)
	requireCode(t, err, ledger.NotFound, "not_found")
}

// Of a charge and a revocation that race, each in a process of its own, either the charge
// is recorded first or it is refused: none is recorded after the owner was told that the
// connection, or the key, has ended (promise 66).
func TestRevocationRaces(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for i, revoke := range []func(account string, k *connect.APIKey) error{
		func(account string, _ *connect.APIKey) error {
			_, err := m.Disconnect(m.ctx, connect.DisconnectRequest{Key: m.key(), AccountID: account, PlatformID: m.platform.ID()})
			return err
		},
		func(_ string, k *connect.APIKey) error {
			_, err := m.platform.RevokeKey(m.ctx, connect.RevokeKeyRequest{Key: m.key(), KeyID: k.ID})
			return err
		},
	} {
		for late := range 12 {
			account := m.connected(connect.ScopeReadWrite)
			k := m.apiKey(connect.KeySecret, nil)
			on, err := m.byKey(k).On(m.ctx, account)
			require.NoError(t, err)
			between := &betweenCalls{Store: m.Store(), at: late, do: func() { require.NoError(t, revoke(account, k)) }}
			_, err = on.In(between).Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(100), Source: connect.TestCard})
			if !between.done {
				require.NoError(t, err)
				continue
			}
			home, ownErr := m.OwnBook(m.ctx, account)
			require.NoError(t, ownErr)
			page, listErr := home.ListCharges(m.ctx, connect.ListRequest{})
			require.NoError(t, listErr)
			require.Empty(t, page.Items, "%d %d", i, late)
			require.Error(t, err, "%d %d", i, late)
		}
	}
	m.verify()
}

// betweenCalls does something before a call of the store, once.
type betweenCalls struct {
	ledger.Store
	at   int
	done bool
	do   func()
}

func (b *betweenCalls) step() {
	if b.at--; b.at < 0 && !b.done {
		b.done = true
		b.do()
	}
}

func (b *betweenCalls) Read(ctx context.Context, fn func(ledger.View) error) error {
	b.step()
	return b.Store.Read(ctx, fn)
}

func (b *betweenCalls) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	b.step()
	return b.Store.Commit(ctx, c)
}
