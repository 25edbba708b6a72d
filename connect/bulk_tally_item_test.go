package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// Verify compares what a bulk says that it did to a charge with the refund, release or
// share that it names.
func TestVerifyFindsWhatBulksDidNotDo(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	s := m.seller()
	first := m.order(s.ID, 1000, "spring")
	b, err := m.platform.StartBulk(m.ctx, springRefund)
	require.NoError(t, err)
	m.approve(b.Signed.Proposal, chief)
	held := m.hold(s.ID, connect.HoldTerms{Until: connect.HoldDate, Date: m.Clock.Now().Add(48 * time.Hour)})
	m.pass(time.Hour)
	_, err = m.platform.StartBulk(m.ctx, connect.BulkRequest{Key: "hold", By: legal, Action: connect.BulkHold, Filter: connect.BulkFilter{AccountID: s.ID}, Reason: "r"})
	require.NoError(t, err)
	m.pass(time.Hour)
	b, err = m.platform.StartBulk(m.ctx, connect.BulkRequest{Key: "release", By: chief, Action: connect.BulkRelease, Filter: connect.BulkFilter{AccountID: s.ID}, Most: usd(2500)})
	require.NoError(t, err)
	m.approve(b.Signed.Proposal, boss)
	m.pass(time.Hour)
	m.verify()
	const item = "connect.bulk_item"
	m.requireForged(store, [][4]string{
		{item, `"object":"re_`, `"object":"re_x`, "what it names is not there"},
		{item, `"object":"held_`, `"object":"held_x`, "what it names is not there"},
		{item, `"object":"rel_`, `"object":"rel_x`, "what it names is not there"},
		{item, `"charge":"` + first.ID, `"charge":"` + held.ID, "it says 10.00 USD of " + held.ID},
		{item, `"amountMinor":1000`, `"amountMinor":999`, "it says 9.99 USD of"},
	})
}
