package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// Lists are newest first, page by page, and lose nothing where many objects
// have the same time (edge-case 98).
func TestListsLoseNothing(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller(), m.seller()
	var want []string
	for i := range 57 {
		seller := a
		if i%3 == 0 {
			seller = b
		}
		c := m.charge(seller.ID, 1000, 0, connect.TestCard)
		want = append([]string{c.ID}, want...)
		if i%20 == 19 {
			m.Clock.Advance(time.Second) // else all have the same time
		}
	}
	for _, limit := range []int{0, 1, 7, 57, 100} {
		var got []string
		r := connect.ListRequest{Limit: limit}
		for {
			page, err := m.platform.ListCharges(m.ctx, r)
			require.NoError(t, err)
			for _, c := range page.Items {
				got = append(got, c.ID)
			}
			if !page.More {
				break
			}
			r.After = got[len(got)-1]
		}
		require.Equal(t, want, got, "pages of %d", limit)
	}
	var walked []string
	for c, err := range m.platform.Charges(m.ctx, connect.ListRequest{AccountID: b.ID}) {
		require.NoError(t, err)
		require.Equal(t, b.ID, c.Account)
		walked = append(walked, c.ID)
	}
	require.Len(t, walked, 19)
}

// Charges and transfers that belong together are listed together, whatever their
// group is called, and those of another platform's group of that name are not.
func TestListsOfAGroup(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	a := m.seller()
	own := map[string][]string{}
	for _, group := range []string{"order 1/2", "order 1", ""} {
		for _, p := range []*connect.Platform{m.platform, other} {
			c, err := p.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), Source: connect.TestCard, TransferGroup: group})
			require.NoError(t, err)
			if p == other {
				continue
			}
			tr, err := p.Transfer(m.ctx, connect.TransferRequest{Key: m.key(), Amount: usd(100), To: a.ID, ChargeID: c.ID})
			require.NoError(t, err)
			own[group] = []string{c.ID, tr.ID}
		}
	}
	for _, group := range []string{"order 1/2", "order 1", "order 3"} {
		var found []string
		for c, err := range m.platform.Charges(m.ctx, connect.ListRequest{TransferGroup: group}) {
			require.NoError(t, err)
			found = append(found, c.ID)
		}
		for tr, err := range m.platform.Transfers(m.ctx, connect.ListRequest{TransferGroup: group}) {
			require.NoError(t, err)
			found = append(found, tr.ID)
		}
		require.Equal(t, own[group], found, group)
	}
	_, err = m.platform.ListCharges(m.ctx, connect.ListRequest{TransferGroup: "order 1", AccountID: a.ID})
	requireCode(t, err, ledger.Invalid, "invalid_request")
	_, err = m.platform.ListRefunds(m.ctx, connect.ListRequest{TransferGroup: "order 1"})
	requireCode(t, err, ledger.Invalid, "invalid_request")
}

// Every list can be walked, and stops when the caller does.
func TestEveryList(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 10000, 0, connect.TestCardAtOnce)
	_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(1)})
	require.NoError(t, err)
	_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "t", From: a.ID, To: m.seller().ID, Amount: usd(10)})
	require.NoError(t, err)
	_, err = m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: "cash", AccountID: a.ID, Commission: usd(10)})
	require.NoError(t, err)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: usd(5)})
	require.NoError(t, err)
	counts := map[string]int{}
	of := connect.ListRequest{AccountID: a.ID}
	for _, err := range m.platform.Accounts(m.ctx, connect.ListRequest{}) {
		require.NoError(t, err)
		counts["accounts"]++
	}
	for _, err := range m.platform.Charges(m.ctx, of) {
		require.NoError(t, err)
		counts["charges"]++
	}
	for _, of := range []connect.ListRequest{{}, of, {ChargeID: c.ID}} {
		for _, err := range m.platform.Refunds(m.ctx, of) {
			require.NoError(t, err)
			counts["refunds"]++
		}
	}
	for _, err := range m.platform.Transfers(m.ctx, of) {
		require.NoError(t, err)
		counts["transfers"]++
	}
	for _, err := range m.platform.CashSales(m.ctx, of) {
		require.NoError(t, err)
		counts["cash sales"]++
	}
	for _, err := range m.platform.Payouts(m.ctx, of) {
		require.NoError(t, err)
		counts["payouts"]++
	}
	require.Equal(t, map[string]int{"accounts": 2, "charges": 1, "refunds": 3, "transfers": 1, "cash sales": 1, "payouts": 1}, counts)
	for range m.platform.Accounts(m.ctx, connect.ListRequest{}) {
		break
	}
	_, err = m.platform.ListAccounts(m.ctx, of)
	requireCode(t, err, ledger.Invalid, "invalid_request")
	for _, of := range []connect.ListRequest{{AccountID: a.ID, ChargeID: c.ID}, {AccountID: m.platform.ID()}} {
		_, err = m.platform.ListRefunds(m.ctx, of)
		requireCode(t, err, ledger.Invalid, "invalid_request")
	}
	_, err = m.platform.ListPayouts(m.ctx, connect.ListRequest{ChargeID: c.ID})
	requireCode(t, err, ledger.Invalid, "invalid_request")
	_, err = m.platform.ListRefunds(m.ctx, connect.ListRequest{ChargeID: "ch_other"})
	requireCode(t, err, ledger.NotFound, "not_found")
	own, err := m.platform.ListTransfers(m.ctx, connect.ListRequest{AccountID: m.platform.ID()})
	require.NoError(t, err)
	require.Empty(t, own.Items, "the transfer was between accounts")
	for _, err := range m.platform.Charges(m.ctx, connect.ListRequest{After: "ch_nothing"}) {
		requireCode(t, err, ledger.Invalid, "invalid_cursor")
	}
}

// The feed tells of each change of state once, in the commit that made it, and
// a reader that follows the cursor misses none (promise 56).
func TestEventsFoldToTheObjects(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 10000, 100, connect.TestCard)
	_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(100), ReverseTransfer: true})
	require.NoError(t, err)
	m.charge(a.ID, 1000, 0, connect.TestDeclined)
	m.pass(72 * time.Hour)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	m.pass(72 * time.Hour)

	var cursor ledger.Cursor
	last := map[ledger.ID]int64{}
	seen := map[string]bool{}
	for {
		list, next, err := m.platform.Events(m.ctx, cursor, 3)
		require.NoError(t, err)
		for _, e := range list {
			require.False(t, seen[e.ID], "told once")
			seen[e.ID] = true
			if e.Type != "balance.available" {
				require.Equal(t, last[e.Object]+1, e.Version, "%s of %s", e.Type, e.Object)
				last[e.Object] = e.Version
			}
		}
		if cursor = next; len(list) < 3 {
			break
		}
	}
	err = m.Store().Read(m.ctx, func(v ledger.View) error {
		for id, version := range last {
			list, err := v.Objects(id)
			require.NoError(t, err)
			require.Equal(t, list[0].Version, version, "the last event of %s is of its last version", id)
		}
		return nil
	})
	require.NoError(t, err)
	_, _, err = m.platform.Events(m.ctx, "not a cursor", 0)
	requireCode(t, err, ledger.Invalid, "invalid_cursor")
}

func events(t *testing.T, m *market) []ledger.Event {
	list, _, err := m.platform.Events(m.ctx, "", 1000)
	require.NoError(t, err)
	return list
}
