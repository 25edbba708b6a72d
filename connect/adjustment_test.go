package connect_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// The people of these tests.
var (
	clerk = connect.Actor{ID: "clerk", Rights: []connect.Right{connect.RightSupport, connect.RightFinance}}
	chief = connect.Actor{ID: "chief", Rights: []connect.Right{connect.RightFinance}}
	boss  = connect.Actor{ID: "boss", Rights: []connect.Right{connect.RightAdmin}}
	aid   = connect.Actor{ID: "aid", Rights: []connect.Right{connect.RightAdmin}}
	legal = connect.Actor{ID: "legal", Rights: []connect.Right{connect.RightCompliance}}
)

// adjust proposes to give dollars to a seller at the house's cost.
func (m *market) adjust(account string, minor int64) *connect.Adjustment {
	m.t.Helper()
	a, err := m.platform.Adjust(m.ctx, connect.AdjustRequest{
		Key: m.key(), By: clerk, AccountID: account, Amount: usd(minor), Bearer: connect.PartyHouse, Reason: connect.AdjustGoodwill, Document: "case 7",
	})
	require.NoError(m.t, err)
	return a
}

// approve approves a proposal.
func (m *market) approve(id string, by connect.Actor) *connect.Proposal {
	m.t.Helper()
	o, err := m.platform.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: m.key(), ProposalID: id, By: by})
	require.NoError(m.t, err)
	return o
}

// adjusted gives dollars to a seller at the house's cost.
func (m *market) adjusted(account string, minor int64) *connect.Adjustment {
	m.t.Helper()
	a := m.adjust(account, minor)
	m.approve(a.Signed.Proposal, chief)
	a, err := m.platform.GetAdjustment(m.ctx, a.ID)
	require.NoError(m.t, err)
	return a
}

// limits makes limits that hold from now on.
func (m *market) limits(list ...connect.RightLimit) {
	m.t.Helper()
	o, err := m.platform.ProposeLimits(m.ctx, connect.LimitsRequest{Key: m.key(), By: boss, Limits: list})
	require.NoError(m.t, err)
	m.approve(o.ID, aid)
}

// transaction is one of the ledger's.
func (m *market) transaction(id string) (t ledger.Transaction) {
	m.t.Helper()
	require.NoError(m.t, m.Store().Read(m.ctx, func(v ledger.View) error {
		list, err := v.Transactions(id)
		if err == nil {
			t = list[0]
		}
		return err
	}))
	return t
}

// Who asked and who approved stand on the adjustment, on its proposal, in the events
// and in the transaction, of its undoing too, which names what it undoes.
func TestWhoAdjusted(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.adjusted(m.seller().ID, 50)
	want := connect.Signed{
		Author: "clerk", AuthorRight: connect.RightSupport, Approver: "chief", ApproverRight: connect.RightFinance, Proposal: a.Signed.Proposal,
	}
	require.Equal(t, want, a.Signed)
	require.Equal(t, map[string]string{
		"author": "clerk", "approver": "chief", "reason": "goodwill", "document": "case 7", "proposal": a.Signed.Proposal,
	}, m.transaction(a.Transaction).Meta)
	o, err := m.platform.GetProposal(m.ctx, a.Signed.Proposal)
	require.NoError(t, err)
	require.Equal(t, []any{a.ID, "clerk", "chief", connect.ProposalCarriedOut}, []any{o.Object, o.Author, o.Decider, o.Status})
	a, err = m.platform.UndoAdjustment(m.ctx, connect.UndoAdjustmentRequest{Key: "u", By: chief, AdjustmentID: a.ID, Reason: connect.AdjustCorrection})
	require.NoError(t, err)
	m.approve(a.Undo.Signed.Proposal, boss)
	a, err = m.platform.GetAdjustment(m.ctx, a.ID)
	require.NoError(t, err)
	undo := m.transaction(a.Undo.Transaction)
	require.Equal(t, a.Transaction, undo.Corrects)
	require.Equal(t, []string{"chief", "boss", "correction"}, []string{undo.Meta["author"], undo.Meta["approver"], undo.Meta["reason"]})
	said := map[string]string{}
	for _, e := range m.events(m.Store()) {
		if e.Object.ID == a.ID || e.Object.ID == o.ID {
			var s connect.Signed
			require.NoError(t, json.Unmarshal(e.Data, &s))
			said[e.Type] = s.Author + " " + s.Approver
		}
	}
	require.Equal(t, map[string]string{
		connect.EventProposalCreated: "clerk ", connect.EventProposalCarriedOut: "clerk chief",
		connect.EventAdjustmentProposed: "clerk ", connect.EventAdjustmentMade: "clerk chief",
		connect.EventAdjustmentUndoProposed: "chief ", connect.EventAdjustmentUndone: "chief boss",
	}, said)
	m.verify()
}

func (s *scene) adjusts(change func(*connect.AdjustRequest)) error {
	r := connect.AdjustRequest{Key: "adjust", By: clerk, AccountID: s.seller, Amount: usd(10), Reason: connect.AdjustGoodwill}
	change(&r)
	_, err := s.platform.Adjust(s.ctx, r)
	return err
}

func (s *scene) undoes(change func(*connect.UndoAdjustmentRequest)) error {
	r := connect.UndoAdjustmentRequest{Key: "undo", By: clerk, AdjustmentID: s.ids["made"], Reason: connect.AdjustCorrection}
	change(&r)
	_, err := s.platform.UndoAdjustment(s.ctx, r)
	return err
}

func (s *scene) approves(proposal string, by connect.Actor) error {
	_, err := s.platform.ApproveProposal(s.ctx, connect.ApproveProposalRequest{Key: "approve", ProposalID: s.ids[proposal], By: by})
	return err
}

func (s *scene) refuses(proposal string, by connect.Actor, reason string) error {
	_, err := s.platform.RefuseProposal(s.ctx, connect.RefuseProposalRequest{Key: "refuse", ProposalID: s.ids[proposal], By: by, Reason: reason})
	return err
}

func (s *scene) limited(change func(*connect.LimitsRequest)) error {
	r := connect.LimitsRequest{Key: "limits", By: boss, Limits: []connect.RightLimit{{Right: connect.RightSupport, Alone: usd(10)}}}
	change(&r)
	_, err := s.platform.ProposeLimits(s.ctx, r)
	return err
}

func (s *scene) oneLimit(l ...connect.RightLimit) error {
	return s.limited(func(r *connect.LimitsRequest) { r.Limits = l })
}

// by is a person with rights.
func by(id string, rights ...connect.Right) connect.Actor {
	return connect.Actor{ID: id, Rights: rights}
}

var handRefusals = []refusal{
	{"nobody acts", func(s *scene) error {
		return s.adjusts(func(r *connect.AdjustRequest) { r.By = by("", connect.RightAdmin) })
	}, ledger.Invalid, "invalid_actor", "by.id"},
	{"a name with spaces", func(s *scene) error {
		return s.adjusts(func(r *connect.AdjustRequest) { r.By = by("Ann Lee", connect.RightAdmin) })
	}, ledger.Invalid, "invalid_actor", "by.id"},
	{"a card acts", func(s *scene) error {
		return s.adjusts(func(r *connect.AdjustRequest) { r.By = by("4242424242424242", connect.RightAdmin) })
	}, ledger.Invalid, "card_number", "by.id"},
	{"no such right", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.By = by("a", "god") }) }, ledger.Invalid, "invalid_right", "by.rights"},
	{"no right", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.By = by("a") }) }, ledger.Forbidden, "right_missing", "by.rights"},
	{"not this right", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.By = legal }) }, ledger.Forbidden, "right_missing", "by.rights"},
	{"no amount", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.Amount = ledger.Money{} }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"zero", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"too much", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.Amount = usd(1e12) }) }, ledger.Invalid, "amount_too_large", "amount"},
	{"far too little", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.Amount = usd(-1 << 63) }) }, ledger.Invalid, "amount_too_large", "amount"},
	{"the account bears it", func(s *scene) error {
		return s.adjusts(func(r *connect.AdjustRequest) { r.Bearer = connect.PartyAccount })
	}, ledger.Invalid, "invalid_party", "bearer"},
	{"the platform to itself", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.AccountID = "" }) }, ledger.Invalid, "invalid_party", "bearer"},
	{"no reason", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.Reason = "" }) }, ledger.Invalid, "invalid_reason", "reason"},
	{"other, without words", func(s *scene) error {
		return s.adjusts(func(r *connect.AdjustRequest) { r.Reason = connect.AdjustOther })
	}, ledger.Invalid, "invalid_text", "description"},
	{"a forced gift", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.Force = true }) }, ledger.Invalid, "invalid_request", "force"},
	{"a card's number", func(s *scene) error {
		return s.adjusts(func(r *connect.AdjustRequest) { r.Document = "4242 4242 4242 4242" })
	}, ledger.Invalid, "card_number", "document"},
	{"nobody's account", func(s *scene) error { return s.adjusts(func(r *connect.AdjustRequest) { r.AccountID = "acct_x" }) }, ledger.NotFound, "not_found", "account"},

	{"undo what is not", func(s *scene) error {
		return s.undoes(func(r *connect.UndoAdjustmentRequest) { r.AdjustmentID = "adj_x" })
	}, ledger.NotFound, "not_found", "adjustment"},
	{"undo what was not made", func(s *scene) error {
		return s.undoes(func(r *connect.UndoAdjustmentRequest) { r.AdjustmentID = s.ids["proposed"] })
	}, ledger.State, "invalid_state", "adjustment"},
	{"undo without a reason", func(s *scene) error { return s.undoes(func(r *connect.UndoAdjustmentRequest) { r.Reason = "" }) }, ledger.Invalid, "invalid_reason", "reason"},
	{"undo without the right", func(s *scene) error { return s.undoes(func(r *connect.UndoAdjustmentRequest) { r.By = legal }) }, ledger.Forbidden, "right_missing", "by.rights"},

	{"approve nothing", func(s *scene) error { return s.approves("", chief) }, ledger.NotFound, "not_found", "proposal"},
	{"approve one's own", func(s *scene) error { return s.approves("proposal", clerk) }, ledger.Forbidden, "same_person", "by.id"},
	{"approve without the right", func(s *scene) error { return s.approves("proposal", by("x", connect.RightSupport)) }, ledger.Forbidden, "right_missing", "by.rights"},
	{"approve by nobody", func(s *scene) error { return s.approves("proposal", by("")) }, ledger.Invalid, "invalid_actor", "by.id"},
	{"approve what was done", func(s *scene) error { return s.approves("done", boss) }, ledger.State, "invalid_state", "proposal"},
	{"approve what there is no money for", func(s *scene) error { return s.approves("poor", boss) }, ledger.InsufficientFunds, "insufficient_funds", ""},
	{"refuse what was done", func(s *scene) error { return s.refuses("done", boss, "") }, ledger.State, "invalid_state", "proposal"},
	{"refuse without the right", func(s *scene) error { return s.refuses("proposal", legal, "") }, ledger.Forbidden, "right_missing", "by.rights"},
	{"refuse with a card", func(s *scene) error { return s.refuses("proposal", boss, "4242424242424242") }, ledger.Invalid, "card_number", "reason"},

	{"limits by others", func(s *scene) error { return s.limited(func(r *connect.LimitsRequest) { r.By = chief }) }, ledger.Forbidden, "right_missing", "by.rights"},
	{"open for long", func(s *scene) error { return s.limited(func(r *connect.LimitsRequest) { r.Days = 91 }) }, ledger.Invalid, "invalid_request", "days"},
	{"open for less than no time", func(s *scene) error { return s.limited(func(r *connect.LimitsRequest) { r.Days = -1 }) }, ledger.Invalid, "invalid_request", "days"},
	{"a limit of nothing", func(s *scene) error { return s.oneLimit(connect.RightLimit{Right: connect.RightRisk}) }, ledger.Invalid, "invalid_amount", "limits"},
	{"a limit below zero", func(s *scene) error { return s.oneLimit(connect.RightLimit{Right: connect.RightRisk, Alone: usd(-1)}) }, ledger.Invalid, "invalid_amount", "limits"},
	{"a limit of no right", func(s *scene) error { return s.oneLimit(connect.RightLimit{Right: "x", Alone: usd(1)}) }, ledger.Invalid, "invalid_right", "limits"},
	{"a limit too large", func(s *scene) error {
		return s.oneLimit(connect.RightLimit{Right: connect.RightRisk, Alone: usd(1e12)})
	}, ledger.Invalid, "amount_too_large", "limits"},
	{"a limit in two currencies", func(s *scene) error {
		return s.oneLimit(connect.RightLimit{Right: connect.RightRisk, Alone: usd(1), Approves: ledger.Minor(1, ledger.EUR)})
	}, ledger.Invalid, "currency_mismatch", "limits"},
	{"two limits", func(s *scene) error {
		return s.oneLimit(connect.RightLimit{Right: connect.RightRisk, Alone: usd(1)}, connect.RightLimit{Right: connect.RightRisk, Approves: usd(1)})
	}, ledger.Invalid, "invalid_request", "limits"},
}

// What is refused of what people do by hand changes nothing, and counts against no
// limit (promises 10, 21 and 28).
func TestRefusalsByHand(t *testing.T) {
	s := newScene(t)
	made, proposed := s.adjusted(s.seller, 10), s.adjust(s.seller, 10)
	poor, err := s.platform.Adjust(s.ctx, connect.AdjustRequest{Key: "poor", By: clerk, AccountID: s.seller, Amount: usd(-1e9), Reason: connect.AdjustPenalty})
	require.NoError(t, err)
	s.ids = map[string]string{
		"made": made.ID, "proposed": proposed.ID, "proposal": proposed.Signed.Proposal, "done": made.Signed.Proposal, "poor": poor.Signed.Proposal,
	}
	requireRefusals(t, s, handRefusals)
	require.NoError(t, s.adjusts(func(*connect.AdjustRequest) {}), "the key is free")
	require.NoError(t, s.undoes(func(*connect.UndoAdjustmentRequest) {}))
	require.NoError(t, s.approves("proposal", chief))
	require.NoError(t, s.limited(func(*connect.LimitsRequest) {}))
	s.verify()
}

// A request that is sent again is the same though the person has other rights by then.
func TestRightsAreNotOfTheRequest(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	r := connect.AdjustRequest{Key: "k", By: clerk, AccountID: m.seller().ID, Amount: usd(10), Reason: connect.AdjustGoodwill}
	first, err := m.platform.Adjust(m.ctx, r)
	require.NoError(t, err)
	r.By.Rights = nil
	again, err := m.platform.Adjust(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, first.ID, again.ID)
	r.By.ID = "other"
	_, err = m.platform.Adjust(m.ctx, r)
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")
}

// Eight at once, in two processes, pass no limit together, alone or approving, and one
// proposal is carried out once (promises 4, 10 and 23).
func TestLimitsAtOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "up", Amount: usd(100_000)})
	require.NoError(t, err)
	m.limits(connect.RightLimit{Right: connect.RightSupport, Alone: usd(1000), Approves: usd(0)}, connect.RightLimit{Right: connect.RightFinance, Approves: usd(500)})
	_, other := m.second()
	of := func(i int) *connect.Platform { return []*connect.Platform{m.platform, other}[i%2] }
	proposals := make([]string, 8)
	m.both(func(i int) error {
		x, err := of(i).Adjust(m.ctx, connect.AdjustRequest{
			Key: nthKey("a", i), By: by("ann", connect.RightSupport), AccountID: a.ID, Amount: usd(300), Reason: connect.AdjustGoodwill,
		})
		if err == nil {
			proposals[i] = x.Signed.Proposal
		}
		return err
	})
	require.Equal(t, usd(900), m.has(a.ID).Available, "three of 3.00 within 10.00")
	var open []string
	for _, id := range proposals {
		if id != "" {
			open = append(open, id)
		}
	}
	require.Len(t, open, 5)
	require.Equal(t, 1, m.both(func(i int) error {
		_, err := of(i).ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: nthKey("b", i), ProposalID: open[i%5], By: chief})
		return err
	}), "one of 3.00 within 5.00")
	require.Equal(t, usd(1200), m.has(a.ID).Available)
	left := ""
	for _, id := range open {
		o, err := m.platform.GetProposal(m.ctx, id)
		require.NoError(t, err)
		if o.Status == connect.ProposalOpen {
			left = id
		}
	}
	require.Equal(t, 1, m.both(func(i int) error {
		_, err := of(i).ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: nthKey("c", i), ProposalID: left, By: boss})
		return err
	}))
	require.Equal(t, usd(1500), m.has(a.ID).Available)
	m.verify()
}

// A proposal is open until its time is over, whether Drain has run or not, and for as
// many days as the limits say.
func TestProposalsExpire(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	o, err := m.platform.ProposeLimits(m.ctx, connect.LimitsRequest{Key: "l", By: boss, Days: 2})
	require.NoError(t, err)
	m.approve(o.ID, aid)
	l, err := m.platform.RightLimits(m.ctx)
	require.NoError(t, err)
	require.Equal(t, []any{2, "boss", "aid"}, []any{l.Days, l.Signed.Author, l.Signed.Approver})
	x := m.adjust(a.ID, 10)
	m.Clock.Advance(48*time.Hour - time.Microsecond)
	y := m.adjust(a.ID, 10)
	m.approve(y.Signed.Proposal, chief)
	m.Clock.Advance(time.Microsecond)
	_, err = m.platform.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: "late", ProposalID: x.Signed.Proposal, By: chief})
	requireCode(t, err, ledger.State, "proposal_expired")
	m.pass(0)
	x, err = m.platform.GetAdjustment(m.ctx, x.ID)
	require.NoError(t, err)
	require.Equal(t, connect.AdjustmentExpired, x.Status)
	require.Equal(t, 1, counts(m.told(x.Signed.Proposal))[connect.EventProposalExpired])
	require.Equal(t, usd(10), m.has(a.ID).Available)
	m.verify()
}

// Verify finds what says something else than the books, than its proposal, or than
// what was counted.
func TestVerifyFindsAdjustments(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller()
	_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "up", Amount: usd(1000)})
	require.NoError(t, err)
	m.limits(connect.RightLimit{Right: connect.RightSupport, Alone: usd(1000)})
	m.adjusted(a.ID, 51)
	_, err = m.platform.Adjust(m.ctx, connect.AdjustRequest{Key: "k", By: clerk, AccountID: a.ID, Amount: usd(77), Reason: connect.AdjustGoodwill})
	require.NoError(t, err)
	m.verify()
	m.requireForged(store, [][4]string{
		{"connect.adjustment", `"amountMinor":51,`, `"amountMinor":52,`, "balance"},
		{"connect.adjustment", `"amountMinor":51,`, `"amountMinor":52,`, "losses"},
		{"connect.adjustment", `"amountMinor":77,`, `"amountMinor":78,`, "it has"},
		{"connect.adjustment", `"bearer":"house"`, `"bearer":"platform"`, "losses"},
		{"connect.adjustment", `"bearer":"platform"`, `"bearer":"house"`, "takes two people"},
		{"connect.adjustment", `"approver":"chief"`, `"approver":"clerk"`, "its proposal"},
		{"connect.adjustment", `"status":"made"`, `"status":"refused"`, "which is not what was done"},
		{"connect.proposal", `"decider":"chief"`, `"decider":"clerk"`, "nobody but its author"},
		{"connect.proposal", `"status":"carried_out","author":"clerk"`, `"status":"refused","author":"clerk"`, "its proposal"},
		{"connect.right_use", `"amountMinor":77,`, `"amountMinor":76,`, "it has"},
		{"connect.right_use", `"id":"ruse_`, `"id":"ruse_x`, "does not count"},
	})
}

// What stands in the books and on no object is found, too: a planted booking.
func TestVerifyFindsAPlantedAdjustment(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.adjusted(m.seller().ID, 50)
	m.verify()
	_, err := ledger.Env{Now: m.Clock.Now}.Update(m.ctx, m.Store(), func(u *ledger.Unit) error {
		losses := ledger.Ref{Book: m.platform.ID(), Owner: ledger.House, Purpose: "losses", Currency: ledger.USD}
		own := ledger.Ref{Book: m.platform.ID(), Owner: a.Owner, Purpose: "available", Currency: ledger.USD}
		u.Post(ledger.Transaction{Book: m.platform.ID(), Reason: "adjustment", Entries: []ledger.Entry{{Account: losses, Amount: usd(-1)}, {Account: own, Amount: usd(1)}}})
		return nil
	})
	require.NoError(t, err)
	r, err := m.Verify(m.ctx)
	require.NoError(t, err)
	require.Len(t, r.Differences, 2, fmt.Sprint(r.Differences))
}

// Adjustments and proposals are listed by whose money they are about.
func TestHandIsListed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller(), m.seller()
	x, y := m.adjusted(a.ID, 10), m.adjust(b.ID, 20)
	z, err := m.platform.Adjust(m.ctx, connect.AdjustRequest{Key: "p", By: clerk, Amount: usd(5), Bearer: connect.PartyHouse, Reason: connect.AdjustCorrection})
	require.NoError(t, err)
	for owner, want := range map[string][]string{a.ID: {x.ID}, b.ID: {y.ID}, m.platform.ID(): {z.ID}, "": {z.ID, y.ID, x.ID}} {
		var ids, of []string
		for i, err := range m.platform.Adjustments(m.ctx, connect.ListRequest{AccountID: owner, Limit: 2}) {
			require.NoError(t, err)
			ids = append(ids, i.ID)
		}
		for o, err := range m.platform.Proposals(m.ctx, connect.ListRequest{AccountID: owner, Limit: 2}) {
			require.NoError(t, err)
			of = append(of, o.Object)
		}
		require.Equal(t, want, ids)
		require.Equal(t, want, of)
	}
}
