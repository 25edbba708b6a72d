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

// order charges dollars for an order of a campaign.
func (m *market) order(seller string, minor int64, campaign string) *connect.Charge {
	m.t.Helper()
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: m.key(), Amount: usd(minor), AccountID: seller, ApplicationFee: usd(minor / 10), Source: connect.TestCardAtOnce, Metadata: map[string]string{"campaign": campaign},
	})
	require.NoError(m.t, err)
	m.pass(time.Second)
	return c
}

// items are what a bulk did: "amount status code".
func (m *market) items(id string) (list []string) {
	m.t.Helper()
	for i, err := range m.platform.BulkItems(m.ctx, id) {
		require.NoError(m.t, err)
		list = append(list, fmt.Sprint(i.Amount.Minor(), " ", i.Status, " ", i.Code))
	}
	return list
}

func (m *market) bulkNow(id string) *connect.Bulk {
	m.t.Helper()
	b, err := m.platform.GetBulk(m.ctx, id)
	require.NoError(m.t, err)
	return b
}

var springRefund = connect.BulkRequest{
	Key: "spring", By: clerk, Action: connect.BulkRefund, Filter: connect.BulkFilter{Metadata: map[string]string{"campaign": "spring"}},
	Most: usd(2500), ReverseTransfer: true, RefundFee: true, Reason: "requested_by_customer",
}

// A bulk refund is previewed, approved by another person for a sum, and done charge by
// charge: what is more than the sum, or cannot be refunded, is refused for that charge
// alone, and what was made after it was asked for is not meant.
func TestBulkRefund(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	s := m.seller()
	first := m.order(s.ID, 1000, "spring")
	m.order(s.ID, 700, "autumn")
	gone := m.order(s.ID, 300, "spring")
	m.order(s.ID, 2000, "spring")
	part := m.order(s.ID, 1500, "spring")
	for c, minor := range map[*connect.Charge]int64{gone: 300, part: 500} {
		_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(minor)})
		require.NoError(t, err)
	}
	r := springRefund
	before := snapshot(t, m.Store())
	x, err := m.platform.PreviewBulk(m.ctx, r)
	require.NoError(t, err)
	require.EqualValues(t, 2, x.Count)
	require.Equal(t, []ledger.Money{usd(2000)}, x.Sums)
	require.Len(t, x.Refused, 2)
	require.Equal(t, connect.BulkRefusal{Code: "bulk_limit_exceeded", Count: 1, Sums: []ledger.Money{usd(2000)}}, x.Refused[0])
	require.EqualValues(t, 1, x.Refused[1].Count)
	r.Most = ledger.Money{}
	x, err = m.platform.PreviewBulk(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(4000)}, x.Sums, "without a limit it says what is needed")
	require.Equal(t, before, snapshot(t, m.Store()), "a preview leaves no trace")

	b, err := m.platform.StartBulk(m.ctx, springRefund)
	require.NoError(t, err)
	require.Equal(t, connect.BulkProposed, b.Status)
	m.pass(time.Minute)
	require.Empty(t, m.items(b.ID), "nobody has approved it")
	m.order(s.ID, 1000, "spring")
	o, err := m.platform.GetProposal(m.ctx, b.Signed.Proposal)
	require.NoError(t, err)
	require.Equal(t, usd(2500), o.Amount)
	m.approve(o.ID, chief)
	m.pass(time.Minute)
	b = m.bulkNow(b.ID)
	require.Equal(t, connect.BulkDone, b.Status)
	require.Equal(t, []any{int64(2), int64(2), usd(2000), "chief"}, []any{b.Count, b.Refused, b.Moved, b.Signed.Approver})
	refused := "0 refused " + x.Refused[0].Code
	require.Equal(t, []string{"1000 done ", refused, "0 refused bulk_limit_exceeded", "1000 done "}, m.items(b.ID))
	require.Equal(t, usd(1000), m.now(first).Refunded)
	require.Equal(t, usd(1500), m.now(part).Refunded)
	require.Contains(t, m.trail(connect.ActsRequest{ObjectID: first.ID, ActorID: "clerk"}), "clerk charge.updated", "who asked for it has done it")
	again, err := m.platform.StartBulk(m.ctx, springRefund)
	require.NoError(t, err)
	require.Equal(t, b.ID, again.ID)
	m.pass(time.Minute)
	m.verify()
}

// Within what one person may move alone no second one is asked; a bulk that is refused
// or expires does nothing.
func TestBulkTakesTwo(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	m.limits(connect.RightLimit{Right: connect.RightFinance, Alone: usd(1500)})
	s := m.seller()
	m.order(s.ID, 1000, "spring")
	r := springRefund
	r.By, r.Most = chief, usd(1000)
	b, err := m.platform.StartBulk(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, connect.BulkRunning, b.Status)
	r.Key = "more"
	over, err := m.platform.StartBulk(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, connect.BulkProposed, over.Status, "it is more than is left of the day")
	_, err = m.platform.RefuseProposal(m.ctx, connect.RefuseProposalRequest{Key: "no", ProposalID: over.Signed.Proposal, By: boss})
	require.NoError(t, err)
	require.Equal(t, connect.BulkRefused, m.bulkNow(over.ID).Status)
	r.Key = "late"
	late, err := m.platform.StartBulk(m.ctx, r)
	require.NoError(t, err)
	m.pass(8 * 24 * time.Hour)
	require.Equal(t, connect.BulkExpired, m.bulkNow(late.ID).Status)
	require.Equal(t, []string{"1000 done "}, m.items(b.ID))
	require.Empty(t, m.items(over.ID))
	m.verify()
}

// Shares that wait are held, so that nothing is released by itself, and released; a
// bulk that is stopped begins nothing further.
func TestBulkHoldAndRelease(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	s := m.seller()
	terms := connect.HoldTerms{Until: connect.HoldDate, Date: m.Clock.Now().Add(48 * time.Hour)}
	for range 3 {
		m.hold(s.ID, terms)
		m.pass(time.Second)
	}
	m.order(s.ID, 1000, "x")
	b, err := m.platform.StartBulk(m.ctx, connect.BulkRequest{Key: "hold", By: legal, Action: connect.BulkHold, Filter: connect.BulkFilter{AccountID: s.ID}, Reason: "looked at"})
	require.NoError(t, err)
	require.Equal(t, "legal", b.Signed.Author)
	m.pass(72 * time.Hour)
	require.Equal(t, []string{"0 done ", "0 done ", "0 done ", "0 refused not_found"}, m.items(b.ID))
	release := connect.BulkRequest{Key: "release", By: chief, Action: connect.BulkRelease, Filter: connect.BulkFilter{AccountID: s.ID, Least: usd(1), Largest: usd(1000)}, Most: usd(2500)}
	x, err := m.platform.PreviewBulk(m.ctx, release)
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(2000)}, x.Sums)
	b, err = m.platform.StartBulk(m.ctx, release)
	require.NoError(t, err)
	m.approve(b.Signed.Proposal, boss)
	m.pass(time.Minute)
	require.Equal(t, []string{"1000 done ", "1000 done ", "0 refused bulk_limit_exceeded", "0 refused not_found"}, m.items(b.ID))

	release.Key, release.By = "stopped", boss
	b, err = m.platform.StartBulk(m.ctx, release)
	require.NoError(t, err)
	m.approve(b.Signed.Proposal, aid)
	_, err = m.platform.StopBulk(m.ctx, connect.StopBulkRequest{Key: "s", By: clerk, BulkID: b.ID})
	require.NoError(t, err)
	m.pass(time.Minute)
	require.Empty(t, m.items(b.ID))
	require.Equal(t, connect.BulkStopped, m.bulkNow(b.ID).Status)
	_, err = m.platform.StopBulk(m.ctx, connect.StopBulkRequest{Key: "s2", By: clerk, BulkID: b.ID})
	require.Equal(t, "invalid_state", codeOf(t, err))
	m.verify()
}

// What cannot be is refused with its field, before anything is written.
func TestBulkRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	before := snapshot(t, m.Store())
	for field, change := range map[string]func(r *connect.BulkRequest){
		"action": func(r *connect.BulkRequest) { r.Action = "sell" },
		"most": func(r *connect.BulkRequest) {
			r.Action, r.ReverseTransfer, r.RefundFee = connect.BulkHold, false, false
		},
		"reverseTransfer":      func(r *connect.BulkRequest) { r.Action = connect.BulkRelease },
		"reason":               func(r *connect.BulkRequest) { r.Reason = "because" },
		"by.rights":            func(r *connect.BulkRequest) { r.By = legal },
		"by.id":                func(r *connect.BulkRequest) { r.By.ID = "" },
		"filter.status":        func(r *connect.BulkRequest) { r.Filter.Status = "sold" },
		"filter.to":            func(r *connect.BulkRequest) { r.Filter.From, r.Filter.To = m.Clock.Now(), m.Clock.Now() },
		"filter.least":         func(r *connect.BulkRequest) { r.Filter.Least = ledger.Minor(1, ledger.EUR) },
		"filter.largest":       func(r *connect.BulkRequest) { r.Filter.Largest = usd(-1) },
		"account":              func(r *connect.BulkRequest) { r.Filter.AccountID = "acct_unknown" },
		"metadata":             func(r *connect.BulkRequest) { r.Filter.Metadata = map[string]string{"": "x"} },
		"document":             func(r *connect.BulkRequest) { r.Document = "\x00" },
		"filter.transferGroup": func(r *connect.BulkRequest) { r.Filter.TransferGroup = "\x00" },
	} {
		r := springRefund
		change(&r)
		_, err := m.platform.StartBulk(m.ctx, r)
		requireAbout(t, err, field, field)
	}
	r := springRefund
	r.Most = usd(-1)
	_, err := m.platform.StartBulk(m.ctx, r)
	require.ErrorIs(t, err, ledger.Invalid)
	require.Equal(t, before, snapshot(t, m.Store()))
}

// dies is a store that is gone once so many changes were committed, and whose last
// answer was lost.
type dies struct {
	ledger.Store
	left int
}

func (d *dies) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if d.left--; d.left < 0 {
		return nil, &ledger.Error{Class: ledger.Unavailable, Code: "gone"}
	}
	return d.Store.Commit(ctx, c)
}

// Wherever it is cut off, a bulk goes on and does each charge once (promises 24, 35).
func TestABulkIsCutOff(t *testing.T) {
	for cut := range 14 {
		m := newMarket(t, connecttest.Config{})
		s := m.seller()
		for range 3 {
			m.order(s.ID, 1000, "spring")
		}
		b, err := m.platform.StartBulk(m.ctx, springRefund)
		require.NoError(t, err)
		m.approve(b.Signed.Proposal, chief)
		for _, left := range []int{cut, cut / 2} {
			e, err := connect.New(connect.Config{Store: &dies{m.Store(), left}, Now: m.Clock.Now, Acquirer: m.Acquirer, Rail: m.Rail})
			require.NoError(t, err)
			_, _ = e.Drain(m.ctx) // it fails somewhere
			m.Clock.Advance(2 * time.Minute)
		}
		m.pass(time.Hour)
		m.pass(time.Hour)
		require.Equal(t, []string{"1000 done ", "1000 done ", "0 refused bulk_limit_exceeded"}, m.items(b.ID), "cut off after %d", cut)
		require.Equal(t, connect.BulkDone, m.bulkNow(b.ID).Status)
		list, err := m.platform.ListRefunds(m.ctx, connect.ListRequest{AccountID: s.ID})
		require.NoError(t, err)
		require.Len(t, list.Items, 2)
		m.verify()
	}
}
