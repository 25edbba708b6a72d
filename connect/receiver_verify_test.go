package connect_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// Verify finds where receivers and returns do not say what the ledger has: coins in
// are coins that became payments, went back, or are still there (edge-case 101).
func TestVerifyFindsCoinsThatWereChanged(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	paid := m.receiver(m.seller().ID)
	m.Coins.Pay(paid.Address, 8_000_000, 1_000_000)
	m.Coins.Mine(1)
	m.pass(time.Minute)
	_, err := m.platform.ReturnCoins(m.ctx, connect.ReturnRequest{Key: "r", ReceiverID: paid.ID, Satoshi: btc(500_000)})
	require.NoError(t, err)
	_, err = m.platform.ApplyCoins(m.ctx, connect.ApplyRequest{Key: "a", ReceiverID: paid.ID, Satoshi: btc(300_000), NoFee: true})
	require.NoError(t, err)
	_, err = m.platform.RefundCoins(m.ctx, connect.CoinRefundRequest{Key: "f", ChargeID: m.getReceiver(paid.ID).Charge, Amount: usd(500), ReverseTransfer: true})
	require.NoError(t, err)
	m.verify()

	coins := func(minor int64) map[string]any { return map[string]any{"amountMinor": minor, "currency": "BTC"} }
	for name, f := range map[string]struct {
		kind  string
		forge func(map[string]any)
		says  string
	}{
		"more received":            {"connect.receiver", func(o map[string]any) { o["received"] = coins(9_000_001) }, "wallet"},
		"a coin of more":           {"connect.receiver", func(o map[string]any) { o["coins"].([]any)[0].(map[string]any)["satoshi"] = 1 }, "received"},
		"less applied":             {"connect.receiver", func(o map[string]any) { o["applied"] = coins(1) }, "unapplied"},
		"a return that is unknown": {"connect.receiver", func(o map[string]any) { delete(o, "returned") }, "returned"},
		"being returned":           {"connect.receiver", func(o map[string]any) { o["returning"] = coins(1) }, "held unapplied"},
		"missing":                  {"connect.receiver", func(o map[string]any) { o["missing"] = coins(1) }, "suspense"},
		"no payment":               {"connect.receiver", func(o map[string]any) { delete(o, "charge") }, "paid"},
		"a return of less":         {"connect.coin_return", func(o map[string]any) { o["sent"] = coins(1) }, "sent"},
		"a return that failed":     {"connect.coin_return", func(o map[string]any) { o["status"] = "failed" }, "wallet"},
		"a payment that failed":    {"connect.charge", func(o map[string]any) { o["status"] = "failed" }, "balance"},
	} {
		store.forge = func(o *ledger.Object) {
			if o.Kind != f.kind {
				return
			}
			var data map[string]any
			require.NoError(t, json.Unmarshal(o.Data, &data))
			f.forge(data)
			o.Data, _ = json.Marshal(data)
		}
		r, err := m.Verify(m.ctx)
		require.NoError(t, err, name)
		text := ""
		for _, d := range r.Differences {
			text += d.String() + "\n"
		}
		require.Contains(t, text, f.says, name)
	}
	store.forge = func(*ledger.Object) {}
	m.verify()
}

// A refund that the wallet refuses after the chain took the payment back leaves
// nobody with money of a payment that never was.
func TestRefundRefusedAfterThePaymentFailed(t *testing.T) {
	m := newMarket(t, connecttest.Config{WalletDelivery: ledger.Askable})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	x := m.receiver(a.ID)
	m.Coins.Pay(x.Address, 8_000_000)
	m.Coins.Mine(1)
	m.pass(time.Minute)
	c := m.getReceiver(x.ID).Charge
	back, err := m.platform.In(m.Store()).RefundCoins(m.ctx, connect.CoinRefundRequest{Key: "r", ChargeID: c, ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	m.verify()
	m.Coins.Reorganise(1)
	require.NoError(t, m.platform.Finish(m.ctx, x.ID))
	m.verify()
	m.Coins.Next("refuse")
	require.NoError(t, m.platform.Finish(m.ctx, back.ID))
	m.verify()
	got, err := m.platform.GetCharge(m.ctx, c)
	require.NoError(t, err)
	require.Equal(t, "failed payment_undone", string(got.Status)+" "+got.Code)
	require.True(t, m.has(a.ID).Pending.IsZero())
	require.True(t, m.has("").Pending.IsZero())
	r, err := m.platform.GetRefund(m.ctx, back.Refund)
	require.NoError(t, err)
	require.Equal(t, connect.RefundFailed, r.Status)
}
