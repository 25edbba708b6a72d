package connect_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// Verify finds where shares do not say what waits, or count something else than
// their releases and refunds say.
func TestVerifyFindsWhatWaits(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	c := m.hold(m.seller().ID, connect.HoldTerms{})
	_, err := m.platform.Release(m.ctx, connect.ReleaseRequest{Key: "r", ChargeID: c.ID, Amount: usd(400)})
	require.NoError(t, err)
	_, err = m.platform.In(m.Store()).Refund(m.ctx, connect.RefundRequest{Key: "b", ChargeID: c.ID, Amount: usd(250), ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	m.verify()
	for _, x := range [][4]string{
		{"connect.held_share", `"in":{"amount":{"amountMinor":1000,"currency":"USD"},"account":{"amountMinor":877,`, `"in":{"amount":{"amountMinor":1000,"currency":"USD"},"account":{"amountMinor":878,`, "held"},
		{"connect.held_share", `"platform":{"amountMinor":123,`, `"platform":{"amountMinor":124,`, "held"},
		{"connect.held_share", `"account":{"amountMinor":351,`, `"account":{"amountMinor":350,`, "it counts"},
		{"connect.held_share", `"account":{"amountMinor":219,`, `"account":{"amountMinor":218,`, "it counts"},
		{"connect.held_share", `"status":"waiting"`, `"status":"released"`, "it is released"},
		{"connect.held_share", `"amountMinor":1000,`, `"amountMinor":100,`, "more of it is gone"},
		{"connect.held_share", `"out":{"amount":{"amountMinor":400,`, `"out":{"amount":{"amountMinor":1001,`, "more of it is gone"},
		{"connect.share_release", `"toAccount":{"amountMinor":351,`, `"toAccount":{"amountMinor":352,`, "it counts"},
		{"connect.share_release", `"share":"held_`, `"share":"held_x`, "is not there"},
		{"connect.refund", `"platform":{"amountMinor":31,`, `"platform":{"amountMinor":30,`, "it counts"},
	} {
		swapped := false
		store.forge = func(o *ledger.Object) {
			if o.Kind == x[0] {
				swapped = swapped || bytes.Contains(o.Data, []byte(x[1]))
				o.Data = bytes.Replace(o.Data, []byte(x[1]), []byte(x[2]), 1)
			}
		}
		r, err := m.Verify(m.ctx)
		require.NoError(t, err)
		require.True(t, swapped, "%v", x)
		text := ""
		for _, d := range r.Differences {
			text += d.String() + "\n"
		}
		require.Contains(t, text, x[3], "%v", x)
	}
}
