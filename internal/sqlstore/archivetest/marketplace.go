package archivetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// marketplace: what is decided hangs on objects and balances, so that a charge
// which was moved is refunded, and a seller is paid, as if nothing had been.
func marketplace(t *testing.T, b *Books) {
	w := newWorld(t, b)
	ctx := t.Context()
	usd := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }
	m, err := connecttest.New(connecttest.Config{Config: connect.Config{Store: b.Store}})
	require.NoError(t, err)
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Atelier", Country: "US"})
	require.NoError(t, err)
	seller, err := shop.CreateAccount(ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	charge := func(key string) *connect.Charge {
		t.Helper()
		c, err := shop.Charge(ctx, connect.ChargeRequest{Key: key, Amount: usd(100_00), AccountID: seller.ID, ApplicationFee: usd(12_30), Source: connect.TestCard})
		require.NoError(t, err)
		return c
	}
	old := charge("old")
	require.NoError(t, m.Pass(ctx, 96*time.Hour))
	until := connecttest.Start.Add(90 * time.Hour)
	e := ledger.Env{Now: func() time.Time { return until }}
	require.NoError(t, e.ClosePeriod(ctx, b.Store, shop.ID(), until))
	r, err := b.Store.Archive(ctx, ledger.ArchiveRequest{Book: shop.ID(), Before: until, To: &w.out, Limit: 2})
	require.NoError(t, err)
	require.NotZero(t, r.Transactions)
	require.Empty(t, r.Stopped)

	again := charge("old")
	require.Equal(t, []any{old.ID, true}, []any{again.ID, again.Replayed})
	refund, err := shop.Refund(ctx, connect.RefundRequest{Key: "return", ChargeID: old.ID, Amount: usd(25_05), ReverseTransfer: true})
	require.NoError(t, err)
	require.Equal(t, usd(25_05), refund.Amount)
	charge("new")
	require.NoError(t, m.Pass(ctx, 96*time.Hour))
	_, err = shop.Payout(ctx, connect.PayoutRequest{Key: "payout", AccountID: seller.ID, Amount: usd(50_00)})
	require.NoError(t, err)
	require.NoError(t, m.Pass(ctx, 24*time.Hour))
	report, err := m.Verify(ctx)
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Equal(t, r.Entries, report.Archived)
}
