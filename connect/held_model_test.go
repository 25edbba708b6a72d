package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// heldModel is what one share should be, in minor units: an independent reckoning
// of what waits, what was released and what went back.
type heldModel struct {
	share, fee                     int64 // in all
	left, account, platform        int64 // what waits
	out, outAccount, outPlatform   int64
	refunded, feeBase, feeBack     int64
	elsewhere, elsewhereOfPlatform int64 // what refunds took from what had been released
}

// part is a × n ÷ d, rounded half away from zero.
func part(a, n, d int64) int64 { return (2*a*n + d) / (2 * d) }

func (h *heldModel) release(x int64) {
	account, platform := h.account, h.platform
	if x < h.left {
		both := part(h.account+h.platform+h.outAccount+h.outPlatform, h.out+x, h.out+h.left) - h.outAccount - h.outPlatform
		platform = min(max(part(h.platform+h.outPlatform, h.out+x, h.out+h.left)-h.outPlatform, 0), h.platform)
		both = min(max(both, 0), h.account+h.platform)
		account = min(max(both-platform, 0), h.account)
	}
	h.left, h.account, h.platform = h.left-x, h.account-account, h.platform-platform
	h.out, h.outAccount, h.outPlatform = h.out+x, h.outAccount+account, h.outPlatform+platform
}

func (h *heldModel) refund(y int64, withFee bool) {
	fee := int64(0)
	if withFee && h.fee > 0 {
		fee = max(part(h.fee, h.feeBase+y, h.share)-h.feeBack, 0)
		h.feeBase, h.feeBack = h.feeBase+y, h.feeBack+fee
	}
	h.refunded += y
	owes := y - fee
	account, platform := min(owes, h.account), min(fee, h.platform)
	h.left, h.account, h.platform = h.left-min(y, h.left), h.account-account, h.platform-platform
	h.elsewhere, h.elsewhereOfPlatform = h.elsewhere+owes-account, h.elsewhereOfPlatform+fee-platform
	if h.left == 0 { // nothing is waited for
		h.outAccount, h.outPlatform = h.outAccount+h.account, h.outPlatform+h.platform
		h.account, h.platform = 0, 0
	}
}

// A share is what a small model says of it, after any releases and refunds, in
// currencies of all digits: what waits is what was not released (promises 1 and 7).
func TestHeldModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := newMarket(t, connecttest.Config{})
		_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "short", ShortBalance: connect.ShortNegative})
		require.NoError(r, err)
		a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
		cur := rapid.SampledFrom([]ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD, ledger.HUF}).Draw(r, "currency")
		h := &heldModel{share: rapid.Int64Range(20_000, 60_000).Draw(r, "share")}
		h.fee = rapid.Int64Range(0, h.share).Draw(r, "fee")
		h.left, h.account, h.platform = h.share, h.share-h.fee, h.fee
		c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
			Key: "c", Amount: ledger.Minor(h.share, cur), AccountID: a.ID, ApplicationFee: ledger.Minor(h.fee, cur), Source: connect.TestCard,
			Hold: &connect.HoldTerms{},
		})
		require.NoError(r, err)
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			if rapid.Bool().Draw(r, "release") {
				x := rapid.Int64Range(1, h.share).Draw(r, "amount")
				_, err := m.platform.Release(m.ctx, connect.ReleaseRequest{Key: m.key(), ChargeID: c.ID, Amount: ledger.Minor(x, cur)})
				require.Equal(r, x <= h.left, err == nil, "%d of %d: %v", x, h.left, err)
				if err == nil {
					h.release(x)
				}
			} else {
				y, withFee := rapid.Int64Range(1, h.share/2).Draw(r, "refund"), rapid.Bool().Draw(r, "with fee")
				_, err := m.platform.Refund(m.ctx, connect.RefundRequest{
					Key: m.key(), ChargeID: c.ID, Amount: ledger.Minor(y, cur), ReverseTransfer: true, RefundFee: withFee,
				})
				require.Equal(r, y <= h.share-h.refunded, err == nil, "%v", err)
				if err == nil {
					h.refund(y, withFee)
				}
			}
			h.compare(r, m, a.ID, c.ID, cur)
		}
	})
}

func (h *heldModel) compare(r *rapid.T, m *market, account, charge string, cur ledger.Currency) {
	s := m.share(charge)
	seller, err := m.platform.Balance(m.ctx, account)
	require.NoError(r, err)
	platform, err := m.platform.Balance(m.ctx, "")
	require.NoError(r, err)
	require.Equal(r, []int64{h.left, h.account, h.platform, h.outAccount, h.outPlatform}, []int64{
		s.Left().Amount.Minor(), s.Left().Account.Minor(), s.Left().Platform.Minor(), s.Out.Account.Minor(), s.Out.Platform.Minor(),
	})
	require.Equal(r, []int64{h.account, h.platform}, []int64{seller.In(cur).Waiting.Minor(), platform.In(cur).Waiting.Minor()})
	has := seller.In(cur)
	require.Equal(r, h.outAccount-h.elsewhere, has.Available.Minor()+has.Pending.Minor())
	report, err := m.Verify(m.ctx)
	require.NoError(r, err)
	require.NoError(r, report.Err())
}
