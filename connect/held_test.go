package connect_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	markets "github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// hold charges 10.00 USD with a commission of 1.23 for a seller, to wait.
func (m *market) hold(seller string, h connect.HoldTerms, change ...func(*connect.ChargeRequest)) *connect.Charge {
	m.t.Helper()
	r := connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: seller, ApplicationFee: usd(123), Source: connect.TestCard, Hold: &h}
	for _, fn := range change {
		fn(&r)
	}
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(m.t, err)
	return c
}

// share is a share as it is now.
func (m *market) share(of string) *connect.HeldShare {
	m.t.Helper()
	s, err := m.platform.GetHeldShare(m.ctx, of)
	require.NoError(m.t, err)
	return s
}

// The verbs of what waits only record in a host's transaction, replay under their
// keys, and leave no trace in a preview (promises 21 and 22; edge-case 94).
func TestHeldJoinedReplayedPreviewed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.hold(a.ID, connect.HoldTerms{Until: connect.HoldEvent, Days: 5})
	before := snapshot(t, m.Store())
	r := connect.ReleaseRequest{Key: "r", ChargeID: c.ID, Amount: usd(400)}
	seen, err := m.platform.Preview().Release(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, []any{usd(400), usd(351), usd(49), "pending/2026-03-04"}, []any{seen.Amount, seen.ToAccount, seen.ToPlatform, seen.AccountIn})
	back, err := m.platform.Preview().Refund(m.ctx, connect.RefundRequest{Key: "b", ChargeID: c.ID, ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	require.Equal(t, usd(877), back.FromHeld.Account)
	require.Equal(t, before, snapshot(t, m.Store()))

	inside := m.platform.In(m.Store())
	o, err := inside.Release(m.ctx, r)
	require.NoError(t, err)
	again, err := m.platform.Release(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, o.ID, again.ID)
	r.Amount = usd(401)
	_, err = m.platform.Release(m.ctx, r)
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")

	// A refund that is only recorded sets aside what it will take from held.
	back, err = inside.Refund(m.ctx, connect.RefundRequest{Key: "b", ChargeID: c.ID, Amount: usd(300), ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	require.Equal(t, usd(300), m.share(c.ID).Going.Amount)
	_, err = inside.Release(m.ctx, connect.ReleaseRequest{Key: "r2", ChargeID: c.ID, Amount: usd(301)})
	requireCode(t, err, ledger.State, "release_exceeds_held")
	m.verify()
	require.NoError(t, m.platform.Finish(m.ctx, back.ID))
	require.True(t, m.share(c.ID).Going.Amount.IsZero())
	m.verify()

	ev := connect.EventRequest{Key: "e", ChargeID: c.ID}
	s, err := inside.ReportEvent(m.ctx, ev)
	require.NoError(t, err)
	require.Equal(t, connecttest.Start.Add(5*24*time.Hour), s.ReleaseAt)
	s, err = m.platform.ReportEvent(m.ctx, ev)
	require.NoError(t, err)
	require.True(t, s.Replayed)
	s, err = m.platform.OpenComplaint(m.ctx, connect.ComplaintRequest{Key: "o", ChargeID: c.ID, Reason: "it is broken"})
	require.NoError(t, err)
	require.Equal(t, []any{connect.ShareDisputed, "it is broken"}, []any{s.Status, s.Complaint.Reason})
	s, err = m.platform.CloseComplaint(m.ctx, connect.CloseComplaintRequest{Key: "x", ChargeID: c.ID, Then: connect.HoldReleases})
	require.NoError(t, err)
	require.Equal(t, connect.ShareWaiting, s.Status)
	require.NoError(t, m.platform.Finish(m.ctx, s.ID))
	require.Equal(t, connect.ShareReleased, m.share(c.ID).Status)
	require.NoError(t, m.platform.Finish(m.ctx, s.ID))
	requireCode(t, m.platform.Finish(m.ctx, "held_ch_nothing"), ledger.NotFound, "not_found")
	m.verify()
}

// Times are moved within the longest wait of the seller's country, which is data.
func TestTheLongestWait(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	us := m.seller()
	s := m.share(m.hold(us.ID, connect.HoldTerms{}).ID)
	require.Equal(t, 730*24*time.Hour, s.End.Sub(s.Created))
	de := m.seller(func(r *connect.AccountRequest) {
		key := r.Key
		*r = connecttest.Seller("DE")
		r.Key = key
	})
	c := m.hold(de.ID, connect.HoldTerms{})
	s = m.share(c.ID)
	require.Equal(t, 90*24*time.Hour, s.End.Sub(s.Created))
	try := func(h connect.HoldTerms) error {
		_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: de.ID, Source: connect.TestCard, Hold: &h})
		return err
	}
	requireCode(t, try(connect.HoldTerms{LongestDays: 91}), ledger.Invalid, "wait_too_long")

	change := func(r connect.HoldChange) (*connect.HeldShare, error) {
		r.Key, r.ChargeID = m.key(), c.ID
		return m.platform.ChangeHold(m.ctx, r)
	}
	day := func(n int) time.Time { return s.Created.Add(time.Duration(n) * 24 * time.Hour) }
	for _, x := range []struct {
		what connect.HoldChange
		code string
	}{
		{connect.HoldChange{}, "invalid_request"}, {connect.HoldChange{End: day(91)}, "wait_too_long"}, {connect.HoldChange{End: day(0)}, "invalid_date"},
		{connect.HoldChange{ReleaseAt: day(91)}, "wait_too_long"}, {connect.HoldChange{ReleaseAt: day(0)}, "invalid_date"},
		{connect.HoldChange{ReleaseAt: day(31), End: day(30)}, "wait_too_long"},
	} {
		_, err := change(x.what)
		requireCode(t, err, ledger.Invalid, x.code)
	}
	moved, err := change(connect.HoldChange{ReleaseAt: day(20), End: day(30)})
	require.NoError(t, err)
	require.Equal(t, []time.Time{day(20), day(30)}, []time.Time{moved.ReleaseAt, moved.End})

	// A platform's own data take the place of what is built in.
	_, err = m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "u", Markets: &markets.List{Rules: []markets.Rules{
		{Country: "DE", Holding: markets.Is(120)},
	}}})
	require.NoError(t, err)
	require.NoError(t, try(connect.HoldTerms{LongestDays: 120}))
	requireCode(t, try(connect.HoldTerms{LongestDays: 121}), ledger.Invalid, "wait_too_long")
	_, err = change(connect.HoldChange{End: day(120)})
	require.NoError(t, err)
	m.pass(20 * 24 * time.Hour)
	require.Equal(t, connect.ShareReleased, m.share(c.ID).Status)
	_, err = change(connect.HoldChange{End: day(40)})
	requireCode(t, err, ledger.State, "nothing_held")
	m.verify()
}

// What waits is listed, shown in balances and told in events, in the commit that
// changed it (promise 56).
func TestHeldListsBalancesEvents(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	late := m.hold(a.ID, connect.HoldTerms{Until: connect.HoldDate, Date: connecttest.Start.Add(48 * time.Hour)})
	soon := m.hold(a.ID, connect.HoldTerms{Until: connect.HoldDate, Date: connecttest.Start.Add(24 * time.Hour)})
	host := m.hold(a.ID, connect.HoldTerms{})
	require.Equal(t, []any{usd(3 * 877), usd(0), usd(0)}, []any{m.has(a.ID).Waiting, m.has(a.ID).Pending, m.has(a.ID).Other})
	require.Equal(t, usd(3*123), m.has("").Waiting)
	of := func(charges ...*connect.Charge) (ids []string) {
		for _, c := range charges {
			ids = append(ids, m.share(c.ID).ID)
		}
		return ids
	}
	var got []string
	for s, err := range m.platform.HeldShares(m.ctx, connect.ListRequest{AccountID: a.ID, Limit: 1}) {
		require.NoError(t, err)
		got = append(got, s.ID)
	}
	require.Equal(t, of(soon, late, host), got)
	m.pass(36 * time.Hour)
	page, err := m.platform.ListHeldShares(m.ctx, connect.ListRequest{AccountID: a.ID, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, []any{of(late)[0], true}, []any{page.Items[0].ID, page.More})
	page, err = m.platform.ListHeldShares(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Len(t, page.Items, 3)
	_, err = m.platform.ListHeldShares(m.ctx, connect.ListRequest{AccountID: a.ID, After: of(soon)[0]})
	requireCode(t, err, ledger.Invalid, "invalid_cursor")

	o, err := m.platform.Release(m.ctx, connect.ReleaseRequest{Key: "r", ChargeID: host.ID})
	require.NoError(t, err)
	list, err := m.platform.ListReleases(m.ctx, connect.ListRequest{ChargeID: host.ID})
	require.NoError(t, err)
	require.Equal(t, o.ID, list.Items[0].ID)
	for x, err := range m.platform.Releases(m.ctx, connect.ListRequest{AccountID: a.ID}) {
		require.NoError(t, err)
		require.Equal(t, a.ID, x.Account)
		one, err := m.platform.GetRelease(m.ctx, x.ID)
		require.NoError(t, err)
		require.Equal(t, x, one)
	}
	told := counts(m.told(""))
	require.Equal(t, []int{3, 2}, []int{told[connect.EventShareHeld], told[connect.EventShareReleased]})
}

// What is another platform's is not there, in the same words as what is nobody's,
// and two platforms' groups of one name are two (promise 65).
func TestHeldIsTheirs(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	a := m.seller()
	c := m.hold(a.ID, connect.HoldTerms{}, func(r *connect.ChargeRequest) { r.TransferGroup = "well" })
	o, err := m.platform.Release(m.ctx, connect.ReleaseRequest{Key: "r", ChargeID: c.ID, Amount: usd(1)})
	require.NoError(t, err)
	_, err = other.ReleaseGroup(m.ctx, connect.GroupRequest{Key: "g", TransferGroup: "well"})
	require.NoError(t, err)
	m.pass(time.Minute)
	require.Equal(t, usd(999), m.share(c.ID).Free().Amount)
	for name, try := range map[string]func(charge, share, release string) error{
		"get":         func(_, share, _ string) error { _, err := other.GetHeldShare(m.ctx, share); return err },
		"get of":      func(charge, _, _ string) error { _, err := other.GetHeldShare(m.ctx, charge); return err },
		"get release": func(_, _, release string) error { _, err := other.GetRelease(m.ctx, release); return err },
		"release": func(charge, _, _ string) error {
			_, err := other.Release(m.ctx, connect.ReleaseRequest{Key: "k", ChargeID: charge})
			return err
		},
		"event": func(charge, _, _ string) error {
			_, err := other.ReportEvent(m.ctx, connect.EventRequest{Key: "k", ChargeID: charge})
			return err
		},
		"complaint": func(charge, _, _ string) error {
			_, err := other.OpenComplaint(m.ctx, connect.ComplaintRequest{Key: "k", ChargeID: charge})
			return err
		},
		"close": func(charge, _, _ string) error {
			_, err := other.CloseComplaint(m.ctx, connect.CloseComplaintRequest{Key: "k", ChargeID: charge})
			return err
		},
		"change": func(charge, _, _ string) error {
			_, err := other.ChangeHold(m.ctx, connect.HoldChange{Key: "k", ChargeID: charge, End: m.Clock.Now().Add(time.Hour)})
			return err
		},
		"releases of": func(charge, _, _ string) error {
			_, err := other.ListReleases(m.ctx, connect.ListRequest{ChargeID: charge})
			return err
		},
	} {
		theirs, nobodys := try(c.ID, m.share(c.ID).ID, o.ID), try("ch_nothing", "held_ch_nothing", "rel_nothing")
		requireCode(t, theirs, ledger.NotFound, "not_found")
		require.Equal(t, nobodys.Error(), theirs.Error(), name)
	}
}

// A goal of many: the decision reaches every share once, whoever drains, and stops
// where it is when the process ends (promises 19 and 24).
func TestAGoalOfMany(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	const pledges = 250
	for range pledges {
		m.hold(a.ID, connect.HoldTerms{AtEnd: connect.HoldRefunds}, func(r *connect.ChargeRequest) { r.TransferGroup = "well" })
	}
	_, err := m.platform.RefundGroup(m.ctx, connect.GroupRequest{Key: "g", TransferGroup: "well"})
	require.NoError(t, err)
	store := &interrupted{Store: m.Store()}
	engine, err := connect.New(connect.Config{Store: store, Acquirer: m.Acquirer, Rail: m.Rail, Now: m.Clock.Now})
	require.NoError(t, err)
	for range 3 { // a page in each, and the process ends
		ctx, cancel := context.WithCancel(m.ctx)
		store.onPut("connect.held_group", cancel)
		_, _ = engine.Drain(ctx)
	}
	m.pass(2 * time.Minute)
	g, err := m.platform.GetHeldGroup(m.ctx, "well")
	require.NoError(t, err)
	require.Equal(t, []any{pledges, false}, []any{g.Marked, g.Done.IsZero()})
	require.True(t, m.has(a.ID).Waiting.IsZero())
	refunds := map[string]int{}
	for r, err := range m.platform.Refunds(m.ctx, connect.ListRequest{}) {
		require.NoError(t, err)
		require.Equal(t, []any{connect.RefundSucceeded, usd(1000), true}, []any{r.Status, r.Amount, r.Held})
		refunds[r.Charge]++
	}
	require.Len(t, refunds, pledges)
	for c, n := range refunds {
		require.Equal(t, 1, n, c)
	}
	m.verify()
}

// A complaint outlives the decision for the seller.
func TestAComplaintKeepsAGroupsReleaseUp(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.hold(a.ID, connect.HoldTerms{}, func(r *connect.ChargeRequest) { r.TransferGroup = "well" })
	_, err := m.platform.OpenComplaint(m.ctx, connect.ComplaintRequest{Key: "o", ChargeID: c.ID})
	require.NoError(t, err)
	_, err = m.platform.ReleaseGroup(m.ctx, connect.GroupRequest{Key: "g", TransferGroup: "well"})
	require.NoError(t, err)
	m.pass(24 * time.Hour)
	require.Equal(t, connect.ShareDisputed, m.share(c.ID).Status)
	_, err = m.platform.CloseComplaint(m.ctx, connect.CloseComplaintRequest{Key: "x", ChargeID: c.ID})
	require.NoError(t, err)
	m.pass(time.Minute)
	require.Equal(t, connect.ShareReleased, m.share(c.ID).Status)
	m.verify()
}

// More sellers than a page holds are released when they are verified, also where
// their order changes meanwhile.
func TestVerifiedReleasesAll(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.Details.Fields = nil })
	for i := range 120 {
		m.hold(a.ID, connect.HoldTerms{Until: connect.HoldVerified, LongestDays: 1 + i%7})
	}
	other := m.hold(a.ID, connect.HoldTerms{})
	_, err := m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "u", AccountID: a.ID, Details: connecttest.Seller("US").Details})
	require.NoError(t, err)
	m.pass(time.Minute)
	require.Equal(t, usd(877), m.has(a.ID).Waiting, fmt.Sprint("only ", other.ID))
	m.verify()
}

// A failure that is heard of before the approval leaves nothing waiting, and both are
// booked.
func TestAFailureBeforeTheApprovalOfAHeldCharge(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.hold(a.ID, connect.HoldTerms{}, func(r *connect.ChargeRequest) { r.Source = connect.TestReceived })
	_, err := m.platform.GetHeldShare(m.ctx, c.ID)
	requireCode(t, err, ledger.NotFound, "not_found")
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "x"}}))
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Amount: usd(1000)}}))
	s := m.share(c.ID)
	require.Equal(t, []any{connect.ShareGivenBack, usd(1000)}, []any{s.Status, s.Back.Amount})
	require.True(t, m.has(a.ID).Waiting.IsZero() && m.has(a.ID).Available.IsZero())
	m.verify()
}

// A direct charge whose card cost more than its seller's share does not wait: there
// is nothing that could.
func TestNothingWaitsOfLessThanNothing(t *testing.T) {
	prices := pricing.Default()
	prices.Rules = []pricing.Rule{{Name: "cards", Price: pricing.Price{Percent: decimal.New(29, -1), CrossBorder: decimal.New(15, -1)}}}
	cards := abroad{Acquirer: connect.NewSimulator(connect.SimulatorConfig{})}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: cards, Prices: prices}})
	a := m.seller()
	c := m.hold(a.ID, connect.HoldTerms{}, func(r *connect.ChargeRequest) { r.Direct, r.ApplicationFee = true, usd(971) })
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	_, err := m.platform.GetHeldShare(m.ctx, c.ID)
	requireCode(t, err, ledger.NotFound, "not_found")
	require.Equal(t, usd(-15), m.has(a.ID).Pending)
	m.pass(10 * 24 * time.Hour)
	require.Equal(t, usd(-15), m.has(a.ID).Available)
	m.verify()
}

// A seller who is verified when the wait is over has the share, also before Drain has
// come to that.
func TestVerifiedAtTheLastMoment(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.Details.Fields = nil })
	c := m.hold(a.ID, connect.HoldTerms{Until: connect.HoldVerified, LongestDays: 2})
	_, err := m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "u", AccountID: a.ID, Details: connecttest.Seller("US").Details})
	require.NoError(t, err)
	m.Clock.Advance(49 * time.Hour)
	require.NoError(t, m.platform.Finish(m.ctx, m.share(c.ID).ID))
	require.Equal(t, connect.ShareReleased, m.share(c.ID).Status)
	m.verify()
}
