package connect_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// In every currency that can be presented, and in bitcoin: a charge, a capture of a
// part, and refunds of both in parts, with a commission of 12.3 %, in each shape. Parts
// add up to the whole and nobody is left a unit (promises 1, 7 and 8).
func TestEveryCurrency(t *testing.T) {
	var table pricing.Table
	codes := []string{"BTC"}
	for _, line := range presentedCurrencies(t) {
		codes = append(codes, strings.ToUpper(line.Code))
	}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Prices: &table, CaptureRules: []connect.CaptureRule{{Captures: 2}}}})
	m.setPrices(pricing.List{Commission: rule("12.3")})
	tried := 0
	for _, code := range codes {
		cur, err := ledger.ParseCurrency(code)
		if err != nil || !cur.Current(m.Clock.Now()) {
			continue
		}
		tried++
		whole := ledger.Minor(max(99_999, 17*pow10(cur.Digits()+1)), cur)
		part := ledger.Minor(whole.Minor()/3, cur)
		seller := m.seller(func(r *connect.AccountRequest) { r.Currency, r.Bank, r.ShortBalance = cur, nil, connect.ShortNegative }).ID
		for _, direct := range []bool{false, true} {
			r := connect.ChargeRequest{Key: m.key(), Amount: whole, AccountID: seller, Direct: direct, Source: connect.TestCard}
			once, err := m.platform.Charge(m.ctx, r)
			require.NoError(t, err, code)
			r.Key, r.CaptureLater = m.key(), true
			parts, err := m.platform.Charge(m.ctx, r)
			require.NoError(t, err, code)
			for i, amount := range []ledger.Money{part, {}} {
				k, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: parts.ID, Amount: amount, KeepRest: i == 0})
				require.NoError(t, err, code)
				require.Equal(t, connect.StepSucceeded, k.Status, code)
			}
			parts = m.now(parts)
			fee, err := whole.Times(decimal.New(123, -3), ledger.RoundHalfUp)
			require.NoError(t, err)
			require.Equal(t, []ledger.Money{whole, fee, whole, fee}, []ledger.Money{once.Amount, once.ApplicationFee, parts.Amount, parts.ApplicationFee}, code)
			for _, id := range []string{once.ID, parts.ID} {
				for _, amount := range []ledger.Money{part, part, {}} {
					_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: id, Amount: amount, ReverseTransfer: !direct, RefundFee: true})
					require.NoError(t, err, code)
				}
			}
		}
		m.separate(whole, part, seller)
		for _, owner := range []string{seller, ""} {
			b, err := m.platform.Balance(m.ctx, owner)
			require.NoError(t, err)
			for _, has := range b.Currencies {
				require.True(t, has.Pending.IsZero() && has.Available.IsZero(), "%q is left %v and %v", owner, has.Pending, has.Available)
			}
		}
	}
	require.Greater(t, tried, 130)
	m.verify()
}

// separate charges for the platform and captures in two parts, transfers a third of each
// charge to the seller, and gives all of it back.
func (m *market) separate(whole, part ledger.Money, seller string) {
	m.t.Helper()
	code := whole.Currency().String()
	for _, later := range []bool{false, true} {
		c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: whole, Source: connect.TestCard, CaptureLater: later})
		require.NoError(m.t, err, code)
		for i := 0; later && i < 2; i++ {
			amount := []ledger.Money{part, {}}[i]
			k, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: amount, KeepRest: i == 0})
			require.NoError(m.t, err, code)
			require.Equal(m.t, connect.StepSucceeded, k.Status, code)
		}
		x, err := m.platform.Transfer(m.ctx, connect.TransferRequest{Key: m.key(), To: seller, ChargeID: c.ID, Amount: part})
		require.NoError(m.t, err, code)
		require.Equal(m.t, whole, m.now(c).Amount, code)
		_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: m.key(), To: seller, ChargeID: c.ID, Amount: whole})
		requireCode(m.t, err, ledger.State, "transfer_exceeds_charge")
		_, err = m.platform.ReverseTransfer(m.ctx, connect.ReverseTransferRequest{Key: m.key(), TransferID: x.ID})
		require.NoError(m.t, err, code)
		for _, amount := range []ledger.Money{part, {}} {
			_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: amount})
			require.NoError(m.t, err, code)
		}
	}
}
