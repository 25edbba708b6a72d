package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A balance of the past is what was seen then, day by day, whatever came after.
func TestBalanceOfThePast(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative }).ID
	type then struct {
		at time.Time
		of map[string]*connect.Balance
	}
	var seen []then
	for i := range 12 {
		c := m.charge(a, 1000+int64(i), 100, []string{connect.TestCard, connect.TestCardAtOnce}[i%2])
		if i%3 == 2 {
			_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, ReverseTransfer: true})
			require.NoError(t, err)
		}
		if i%4 == 3 {
			_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: m.key(), AccountID: a})
			require.NoError(t, err)
		}
		m.Clock.Advance(time.Second) // what was posted at once has times of its own, a microsecond apart
		now := then{m.Clock.Now(), map[string]*connect.Balance{}}
		for _, owner := range []string{a, ""} {
			b, err := m.platform.Balance(m.ctx, owner)
			require.NoError(t, err)
			now.of[owner] = b
		}
		seen = append(seen, now)
		m.pass(24 * time.Hour)
	}
	for _, x := range seen {
		for owner, b := range x.of {
			got, err := m.platform.BalanceAt(m.ctx, owner, x.at)
			require.NoError(t, err)
			require.Equal(t, x.at, got.At)
			for _, cur := range []ledger.Currency{ledger.USD, ledger.EUR} {
				want := b.In(cur)
				want.Held, want.HeldPending = ledger.Zero(cur), ledger.Zero(cur)
				require.Equal(t, want, got.In(cur), "%s at %v", owner, x.at)
			}
		}
	}
	before, err := m.platform.BalanceAt(m.ctx, a, connecttest.Start.Add(-time.Hour))
	require.NoError(t, err)
	require.Empty(t, before.Currencies, "before there was anything")
	_, err = m.platform.BalanceAt(m.ctx, a, time.Time{})
	requireCode(t, err, ledger.Invalid, "invalid_time")
	_, err = m.platform.BalanceAt(m.ctx, "acct_none", m.Clock.Now())
	requireCode(t, err, ledger.NotFound, "not_found")
}

// Who owes what: an account that owes is told as such, with who bears it, and what it
// has beside that is owed to it.
func TestBalanceSaysWhoOwes(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.LossesBearer = connect.PartyHouse }).ID
	_, err := m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: "cash", AccountID: a, Commission: usd(300)})
	require.NoError(t, err)
	m.charge(a, 1000, 0, connect.TestCard)
	b, err := m.platform.Balance(m.ctx, a)
	require.NoError(t, err)
	require.Equal(t, connect.PartyHouse, b.LossesBearer)
	has := b.In(ledger.USD)
	require.Equal(t, []ledger.Money{usd(300), usd(1000), usd(-300), usd(1000)}, []ledger.Money{has.Negative, has.Owed, has.Available, has.Pending})
	pos, err := m.platform.Position(m.ctx, time.Time{})
	require.NoError(t, err)
	require.Len(t, pos, 1)
	x := pos[0]
	require.Equal(t, ledger.USD, x.Currency)
	require.Equal(t, []ledger.Money{usd(1000), usd(300), usd(300), usd(59)}, []ledger.Money{x.OwedToAccounts, x.OwedByAccounts, x.OwedToPlatform, x.OwedByPlatform})
	require.Equal(t, usd(1000), x.WithOthers)
	require.Equal(t, usd(59), x.House)
	require.True(t, x.Sum().IsZero())
	past, err := m.platform.Position(m.ctx, connecttest.Start.Add(-time.Hour))
	require.NoError(t, err)
	require.Empty(t, past)
}
