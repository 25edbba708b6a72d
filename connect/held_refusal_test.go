package connect_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// Terms that do not go together are refused before anything is written, naming the
// field.
func TestHoldRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	own, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "own", Amount: usd(9000), Source: connect.TestCard})
	require.NoError(t, err)
	date := connecttest.Start.Add(time.Hour)
	amounts := func(list ...int64) (ms []connect.Milestone) {
		for i, n := range list {
			ms = append(ms, connect.Milestone{Name: string(rune('a' + i)), Amount: usd(n)})
		}
		return ms
	}
	parts := func(list ...int64) (ms []connect.Milestone) {
		for i, n := range list {
			ms = append(ms, connect.Milestone{Name: string(rune('a' + i)), Parts: n})
		}
		return ms
	}
	before := snapshot(t, m.Store())
	for name, x := range map[string]struct {
		h           connect.HoldTerms
		code, field string
	}{
		"until something":      {connect.HoldTerms{Until: "escaped"}, "invalid_hold", "hold.until"},
		"a date of none":       {connect.HoldTerms{Until: connect.HoldDate}, "invalid_hold", "hold.date"},
		"a date with no use":   {connect.HoldTerms{Date: date}, "invalid_hold", "hold.date"},
		"a date that is past":  {connect.HoldTerms{Until: connect.HoldDate, Date: connecttest.Start}, "invalid_date", "hold.date"},
		"a date too late":      {connect.HoldTerms{Until: connect.HoldDate, Date: date.AddDate(3, 0, 0)}, "wait_too_long", "hold.date"},
		"a date after its end": {connect.HoldTerms{Until: connect.HoldDate, Date: date.AddDate(0, 0, 3), LongestDays: 3}, "wait_too_long", "hold.date"},
		"an event for nothing": {connect.HoldTerms{Event: "x"}, "invalid_hold", "hold.event"},
		"days for nothing":     {connect.HoldTerms{Days: 1}, "invalid_hold", "hold.event"},
		"an event with spaces": {connect.HoldTerms{Until: connect.HoldEvent, Event: "Not so"}, "invalid_hold", "hold.event"},
		"days below zero":      {connect.HoldTerms{Until: connect.HoldEvent, Days: -1}, "invalid_hold", "hold.days"},
		"days too many":        {connect.HoldTerms{Until: connect.HoldEvent, Days: 731}, "wait_too_long", "hold.days"},
		"a wait below zero":    {connect.HoldTerms{LongestDays: -1}, "invalid_hold", "hold.longestDays"},
		"a wait too long":      {connect.HoldTerms{LongestDays: 731}, "wait_too_long", "hold.longestDays"},
		"an end of none":       {connect.HoldTerms{AtEnd: "keep"}, "invalid_hold", "hold.atEnd"},
		"milestones by date":   {connect.HoldTerms{Until: connect.HoldDate, Date: date, Milestones: parts(1)}, "invalid_hold", "hold.milestones"},
		"too little in all":    {connect.HoldTerms{Milestones: amounts(300, 699)}, "invalid_milestones", "hold.milestones"},
		"too much in all":      {connect.HoldTerms{Milestones: amounts(300, 701)}, "invalid_milestones", "hold.milestones"},
		"a part of nothing":    {connect.HoldTerms{Milestones: parts(1, 0)}, "invalid_milestones", "hold.milestones"},
		"a part too large":     {connect.HoldTerms{Milestones: parts(1_000_001)}, "invalid_milestones", "hold.milestones"},
		"amounts and parts":    {connect.HoldTerms{Milestones: append(amounts(300), connect.Milestone{Name: "z", Parts: 1})}, "invalid_milestones", "hold.milestones"},
		"an amount of nothing": {connect.HoldTerms{Milestones: amounts(1000, 0)}, "invalid_milestones", "hold.milestones"},
		"a name twice":         {connect.HoldTerms{Milestones: append(parts(1), parts(1)...)}, "invalid_milestones", "hold.milestones"},
		"a name of none":       {connect.HoldTerms{Milestones: []connect.Milestone{{Parts: 1}}}, "invalid_milestones", "hold.milestones"},
		"one that was reached": {connect.HoldTerms{Milestones: []connect.Milestone{{Name: "a", Parts: 1, Done: date}}}, "invalid_milestones", "hold.milestones"},
		"milestones in euros":  {connect.HoldTerms{Milestones: []connect.Milestone{{Name: "a", Amount: eur}}}, "currency_mismatch", "hold.milestones"},
		"many milestones":      {connect.HoldTerms{Milestones: make([]connect.Milestone, 51)}, "invalid_milestones", "hold.milestones"},
	} {
		_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard, Hold: &x.h})
		requireCode(t, err, ledger.Invalid, x.code)
		requireAbout(t, err, x.field)
		if strings.Contains(name, "in all") {
			continue
		}
		_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "k", ChargeID: own.ID, To: a.ID, Amount: usd(1000), Hold: &x.h})
		requireCode(t, err, ledger.Invalid, x.code)
	}
	h := &connect.HoldTerms{}
	_, err = m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(1000), Source: connect.TestCard, Hold: h})
	requireCode(t, err, ledger.Invalid, "invalid_hold")
	_, err = m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(1000), AccountID: "acct_x", Source: connect.TestCard, Hold: h})
	requireCode(t, err, ledger.NotFound, "not_found")
	_, err = m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: "k", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard, CaptureLater: true, Hold: &connect.HoldTerms{Milestones: amounts(1000)},
	})
	requireCode(t, err, ledger.Invalid, "invalid_milestones")
	for _, r := range []connect.TransferRequest{
		{To: a.ID, Amount: usd(10), Hold: h},
		{To: a.ID, Amount: usd(10), ChargeID: own.ID, Currency: ledger.EUR, Hold: h},
		{From: a.ID, To: m.platform.ID(), Amount: usd(10), Hold: h},
	} {
		r.Key = "k"
		_, err = m.platform.Transfer(m.ctx, r)
		requireCode(t, err, ledger.Invalid, "invalid_hold")
		requireAbout(t, err, "hold")
	}
	require.Equal(t, before, snapshot(t, m.Store()))
}

// What is asked of a share that cannot be is refused before anything is written.
func TestShareRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.hold(a.ID, connect.HoldTerms{Until: connect.HoldEvent, Event: "shipped", Days: 1})
	free := m.charge(a.ID, 1000, 0, connect.TestCard)
	done := m.hold(a.ID, connect.HoldTerms{})
	_, err := m.platform.Release(m.ctx, connect.ReleaseRequest{Key: "all", ChargeID: done.ID})
	require.NoError(t, err)
	m.Clock.Advance(time.Hour)
	before := snapshot(t, m.Store())
	release := func(r connect.ReleaseRequest) error { r.Key = "k"; _, err := m.platform.Release(m.ctx, r); return err }
	event := func(r connect.EventRequest) error {
		r.Key = "k"
		_, err := m.platform.ReportEvent(m.ctx, r)
		return err
	}
	for name, x := range map[string]struct {
		err         error
		class       ledger.Class
		code, field string
	}{
		"nobody's":        {release(connect.ReleaseRequest{}), ledger.Invalid, "invalid_request", "charge"},
		"both":            {release(connect.ReleaseRequest{ChargeID: c.ID, TransferID: "tr_1"}), ledger.Invalid, "invalid_request", "transfer"},
		"not one":         {release(connect.ReleaseRequest{ChargeID: free.ID}), ledger.NotFound, "not_found", "charge"},
		"by another kind": {release(connect.ReleaseRequest{TransferID: c.ID}), ledger.NotFound, "not_found", "transfer"},
		"nothing":         {release(connect.ReleaseRequest{ChargeID: c.ID, Amount: usd(0)}), ledger.Invalid, "invalid_amount", "amount"},
		"less":            {release(connect.ReleaseRequest{ChargeID: c.ID, Amount: usd(-1)}), ledger.Invalid, "invalid_amount", "amount"},
		"euros":           {release(connect.ReleaseRequest{ChargeID: c.ID, Amount: eur}), ledger.Invalid, "currency_mismatch", "amount"},
		"more":            {release(connect.ReleaseRequest{ChargeID: c.ID, Amount: usd(1001)}), ledger.State, "release_exceeds_held", "amount"},
		"a milestone":     {release(connect.ReleaseRequest{ChargeID: c.ID, Milestone: "a"}), ledger.Invalid, "invalid_milestone", "milestone"},
		"two ways":        {release(connect.ReleaseRequest{ChargeID: c.ID, Milestone: "a", Amount: usd(1)}), ledger.Invalid, "invalid_request", "milestone"},
		"what is done":    {release(connect.ReleaseRequest{ChargeID: done.ID}), ledger.State, "nothing_held", "charge"},
		"another event":   {event(connect.EventRequest{ChargeID: c.ID}), ledger.Invalid, "invalid_event", "event"},
		"an event to be":  {event(connect.EventRequest{ChargeID: c.ID, Event: "shipped", At: m.Clock.Now().Add(1)}), ledger.Invalid, "invalid_date", "at"},
		"an event before": {event(connect.EventRequest{ChargeID: c.ID, Event: "shipped", At: connecttest.Start.Add(-1)}), ledger.Invalid, "invalid_date", "at"},
	} {
		requireCode(t, x.err, x.class, x.code)
		requireAbout(t, x.err, x.field, name)

	}
	_, err = m.platform.OpenComplaint(m.ctx, connect.ComplaintRequest{Key: "k", ChargeID: c.ID, Reason: strings.Repeat("x", 1001)})
	requireCode(t, err, ledger.Invalid, "invalid_text")
	_, err = m.platform.CloseComplaint(m.ctx, connect.CloseComplaintRequest{Key: "k", ChargeID: c.ID, Then: "keep"})
	requireCode(t, err, ledger.Invalid, "invalid_hold")
	_, err = m.platform.ReleaseGroup(m.ctx, connect.GroupRequest{Key: "k"})
	requireCode(t, err, ledger.Invalid, "invalid_request")
	_, err = m.platform.RefundGroup(m.ctx, connect.GroupRequest{Key: "k", TransferGroup: strings.Repeat("x", 201)})
	requireCode(t, err, ledger.Invalid, "invalid_text")
	_, err = m.platform.GetHeldGroup(m.ctx, "nothing")
	requireCode(t, err, ledger.NotFound, "not_found")
	_, err = m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "k", Unverified: "never"})
	requireCode(t, err, ledger.Invalid, "invalid_unverified")
	require.Equal(t, before, snapshot(t, m.Store()))
}

// A platform that sells first and verifies later takes only what waits.
func TestUnverifiedSellersWait(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "u", Unverified: connect.UnverifiedHeld})
	require.NoError(t, err)
	a := m.seller(func(r *connect.AccountRequest) { r.Details.Fields = nil })
	own, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "own", Amount: usd(9000), Source: connect.TestCard})
	require.NoError(t, err)
	_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "k", ChargeID: own.ID, To: a.ID, Amount: usd(10)})
	requireCode(t, err, ledger.State, "account_not_verified")
	requireAbout(t, err, "to")
	_, err = m.platform.CreateReceiver(m.ctx, connect.ReceiverRequest{Key: "k", Amount: usd(1000), AccountID: a.ID})
	requireCode(t, err, ledger.State, "account_not_verified")

	tr, err := m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "t", ChargeID: own.ID, To: a.ID, Amount: usd(1000), Hold: &connect.HoldTerms{}})
	require.NoError(t, err)
	_, err = m.platform.Release(m.ctx, connect.ReleaseRequest{Key: "r", TransferID: tr.ID})
	requireCode(t, err, ledger.State, "account_not_verified")
	dated := m.hold(a.ID, connect.HoldTerms{Until: connect.HoldDate, Date: connecttest.Start.Add(time.Hour), LongestDays: 2})
	m.pass(24 * time.Hour)
	s := m.share(dated.ID)
	require.Equal(t, []any{connect.ShareWaiting, "account_not_verified"}, []any{s.Status, s.Code})
	m.pass(25 * time.Hour)
	require.Equal(t, connect.ShareGivenBack, m.share(dated.ID).Status)

	_, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "v", AccountID: a.ID, Details: connecttest.Seller("US").Details})
	require.NoError(t, err)
	_, err = m.platform.Release(m.ctx, connect.ReleaseRequest{Key: "r", TransferID: tr.ID})
	require.NoError(t, err)
	m.verify()
}

// requireAbout requires that an error names a field.
func requireAbout(t testing.TB, err error, field string, what ...any) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e, what...)
	require.Equal(t, field, e.Field, what...)
}
