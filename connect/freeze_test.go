package connect_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// frozen freezes an amount of an account, or everything.
func (m *market) frozen(account string, amount ledger.Money) *connect.Freeze {
	m.t.Helper()
	f, err := m.platform.Freeze(m.ctx, connect.FreezeRequest{
		Key: m.key(), By: legal, AccountID: account, Amount: amount, Cause: connect.FreezeCourt, Authority: "the court", Document: "7 O 1/26",
	})
	require.NoError(m.t, err)
	m.approve(f.Signed.Proposal, boss)
	f, err = m.platform.GetFreeze(m.ctx, f.ID)
	require.NoError(m.t, err)
	return f
}

// lifted ends a freeze.
func (m *market) lifted(f *connect.Freeze) *connect.Freeze {
	m.t.Helper()
	f, err := m.platform.Unfreeze(m.ctx, connect.UnfreezeRequest{Key: m.key(), By: legal, FreezeID: f.ID, Document: "7 O 2/26"})
	require.NoError(m.t, err)
	m.approve(f.Lift.Signed.Proposal, boss)
	f, err = m.platform.GetFreeze(m.ctx, f.ID)
	require.NoError(m.t, err)
	return f
}

func (s *scene) freezes(change func(*connect.FreezeRequest)) error {
	r := connect.FreezeRequest{Key: "freeze", By: legal, AccountID: s.seller, Cause: connect.FreezeSanctions, Authority: "it", Document: "o"}
	change(&r)
	_, err := s.platform.Freeze(s.ctx, r)
	return err
}

func (s *scene) lifts(change func(*connect.UnfreezeRequest)) error {
	r := connect.UnfreezeRequest{Key: "lift", By: legal, FreezeID: s.ids["freeze"], Document: "o"}
	change(&r)
	_, err := s.platform.Unfreeze(s.ctx, r)
	return err
}

var freezeRefusals = []refusal{
	{"no cause", func(s *scene) error { return s.freezes(func(r *connect.FreezeRequest) { r.Cause = "" }) }, ledger.Invalid, "invalid_cause", "cause"},
	{"nobody's order", func(s *scene) error { return s.freezes(func(r *connect.FreezeRequest) { r.Authority = "" }) }, ledger.Invalid, "invalid_text", "authority"},
	{"no document", func(s *scene) error { return s.freezes(func(r *connect.FreezeRequest) { r.Document = "" }) }, ledger.Invalid, "invalid_text", "document"},
	{"a card ordered it", func(s *scene) error {
		return s.freezes(func(r *connect.FreezeRequest) { r.Authority = "4242 4242 4242 4242" })
	}, ledger.Invalid, "card_number", "authority"},
	{"zero", func(s *scene) error { return s.freezes(func(r *connect.FreezeRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"less than zero", func(s *scene) error { return s.freezes(func(r *connect.FreezeRequest) { r.Amount = usd(-1) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"nobody", func(s *scene) error { return s.freezes(func(r *connect.FreezeRequest) { r.AccountID = "" }) }, ledger.NotFound, "not_found", "account"},
	{"no right", func(s *scene) error { return s.freezes(func(r *connect.FreezeRequest) { r.By = clerk }) }, ledger.Forbidden, "right_missing", "by.rights"},
	{"lift nothing", func(s *scene) error { return s.lifts(func(r *connect.UnfreezeRequest) { r.FreezeID = "" }) }, ledger.NotFound, "not_found", "freeze"},
	{"lift without a document", func(s *scene) error { return s.lifts(func(r *connect.UnfreezeRequest) { r.Document = "" }) }, ledger.Invalid, "invalid_text", "document"},
	{"lift by risk", func(s *scene) error {
		return s.lifts(func(r *connect.UnfreezeRequest) { r.By = by("r", connect.RightRisk) })
	}, ledger.Forbidden, "right_missing", "by.rights"},
	{"lift what was lifted", func(s *scene) error {
		return s.lifts(func(r *connect.UnfreezeRequest) { r.FreezeID = s.ids["lifted"] })
	}, ledger.State, "invalid_state", "freeze"},
	{"lift what is about to be", func(s *scene) error {
		return s.lifts(func(r *connect.UnfreezeRequest) { r.FreezeID = s.ids["lifting"] })
	}, ledger.State, "lift_proposed", "freeze"},
	{"pay out what is frozen", func(s *scene) error {
		_, err := s.platform.Payout(s.ctx, connect.PayoutRequest{Key: "p", AccountID: s.ids["account"], Amount: usd(1)})
		return err
	}, ledger.State, "account_frozen", "account"},
	{"transfer what is frozen", func(s *scene) error {
		_, err := s.platform.Transfer(s.ctx, connect.TransferRequest{Key: "t", From: s.ids["account"], To: s.seller, Amount: usd(1)})
		return err
	}, ledger.State, "account_frozen", "from"},
	{"debit what is frozen", func(s *scene) error {
		_, err := s.platform.Transfer(s.ctx, connect.TransferRequest{Key: "t", From: s.ids["account"], To: s.platform.ID(), Amount: usd(1), AgreementID: s.ids["agreement"]})
		return err
	}, ledger.State, "account_frozen", "from"},
	{"take a transfer back from who is frozen", func(s *scene) error {
		_, err := s.platform.ReverseTransfer(s.ctx, connect.ReverseTransferRequest{Key: "t", TransferID: s.ids["transfer"]})
		return err
	}, ledger.State, "account_frozen", "transfer"},
	{"take a fee of who is frozen", func(s *scene) error {
		return s.charges(func(r *connect.FeeRequest) { r.AccountID = s.ids["account"] })
	}, ledger.State, "account_frozen", "account"},
}

// What is refused of freezes, and what a freeze refuses, changes nothing.
func TestRefusalsOfFreezes(t *testing.T) {
	s := newScene(t)
	a := s.market.seller()
	s.market.charge(a.ID, 10000, 0, connect.TestCardAtOnce)
	tr, err := s.platform.Transfer(s.ctx, connect.TransferRequest{Key: "tr", From: s.seller, To: a.ID, Amount: usd(10)})
	require.NoError(t, err)
	g, err := s.platform.RecordAgreement(s.ctx, connect.AgreementRequest{Key: "g", AccountID: a.ID, Text: "yes", By: "u"})
	require.NoError(t, err)
	s.frozen(a.ID, ledger.Money{})
	lifting := s.frozen(s.seller, usd(5))
	_, err = s.platform.Unfreeze(s.ctx, connect.UnfreezeRequest{Key: "l", By: legal, FreezeID: lifting.ID, Document: "o"})
	require.NoError(t, err)
	s.ids = map[string]string{
		"account": a.ID, "transfer": tr.ID, "agreement": g.ID, "freeze": s.frozen(s.seller, usd(1)).ID,
		"lifted": s.lifted(s.frozen(s.seller, usd(1))).ID, "lifting": lifting.ID,
	}
	requireRefusals(t, s, freezeRefusals)
	require.NoError(t, s.freezes(func(*connect.FreezeRequest) {}), "the key is free")
	require.NoError(t, s.lifts(func(*connect.UnfreezeRequest) {}))
	s.verify()
}

// Another process knows of a freeze at once, and of its end, whatever it remembers of
// the account (promise 48).
func TestFreezesAreKnownEverywhere(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller(), m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	_, other := m.second()
	move := func(key string) error {
		_, err := other.Transfer(m.ctx, connect.TransferRequest{Key: key, From: a.ID, To: b.ID, Amount: usd(1)})
		return err
	}
	require.NoError(t, move("1"))
	f := m.frozen(a.ID, ledger.Money{})
	requireCode(t, move("2"), ledger.State, "account_frozen")
	requireCode(t, move("2"), ledger.State, "account_frozen")
	m.lifted(f)
	require.NoError(t, move("2"))
	m.verify()
}

// A payout and a freeze at once: what was paid out before is gone, and the rest is
// frozen; nothing is both (promise 48).
func TestFreezeWhileOthersTake(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller(), m.seller()
	m.charge(a.ID, 100_000, 0, connect.TestCardAtOnce)
	f, err := m.platform.Freeze(m.ctx, connect.FreezeRequest{Key: "f", By: legal, AccountID: a.ID, Cause: connect.FreezeCourt, Authority: "c", Document: "d"})
	require.NoError(t, err)
	_, other := m.second()
	done := m.both(func(i int) error {
		if i == 3 {
			_, err := other.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: "yes", ProposalID: f.Signed.Proposal, By: boss})
			return err
		}
		p := []*connect.Platform{m.platform, other}[i%2]
		_, err := p.Transfer(m.ctx, connect.TransferRequest{Key: nthKey("t", i), From: a.ID, To: b.ID, Amount: usd(1000)})
		return err
	})
	f, err = m.platform.GetFreeze(m.ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(100_000 - 1000*int64(done-1))}, f.Frozen)
	require.Equal(t, usd(0), m.has(a.ID).Available)
	m.verify()
}

// What is set aside for a refund under way is not frozen, and is once the refund has
// failed; a payout that comes back is frozen, too.
func TestFreezeTakesWhatComesBack(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 0, connect.TestRefundPending)
	m.pass(72 * time.Hour)
	_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(300), ReverseTransfer: true})
	require.NoError(t, err)
	f := m.frozen(a.ID, usd(900))
	require.Equal(t, []ledger.Money{usd(700)}, f.Frozen)
	list, err := m.platform.ListRefunds(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.NoError(t, m.News(m.ctx, connect.News{Key: list.Items[0].ID, Answer: connect.Answer{Status: connect.Declined, Code: "no"}}))
	m.pass(time.Hour)
	f, err = m.platform.GetFreeze(m.ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(900)}, f.Frozen)
	require.Equal(t, usd(100), m.has(a.ID).Available)
	x, err := m.platform.GetAccount(m.ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, []connect.AccountFreeze{{ID: f.ID}}, x.Freezes, "it waits for nothing more")
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "p", AccountID: a.ID, Amount: usd(100)})
	require.NoError(t, err, "what is beyond the order is the seller's")
	m.verify()
}

// Verify finds a freeze that says something else than the books, its proposals or its
// account.
func TestVerifyFindsFreezes(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	m.lifted(m.frozen(a.ID, usd(300)))
	m.frozen(a.ID, usd(411))
	m.verify()
	m.requireForged(store, [][4]string{
		{"connect.freeze", `"frozen":[{"amountMinor":411,`, `"frozen":[{"amountMinor":410,`, "frozen: the ledger has"},
		{"connect.freeze", `"frozen":[{"amountMinor":411,`, `"frozen":[{"amountMinor":412,`, "blocks"},
		{"connect.freeze", `"status":"active"`, `"status":"lifted"`, "nobody has approved"},
		{"connect.freeze", `"status":"lifted"`, `"status":"active"`, "its account says otherwise"},
		{"connect.freeze", `"approver":"boss"`, `"approver":"legal"`, "its proposal"},
		{"connect.freeze", `"amount":{"amountMinor":411,`, `"amount":{"amountMinor":500,`, "its account says otherwise"},
	})
}

// An account has at most twenty orders against it.
func TestManyFreezes(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	for range 20 {
		m.frozen(a.ID, usd(1))
	}
	f, err := m.platform.Freeze(m.ctx, connect.FreezeRequest{Key: "f", By: legal, AccountID: a.ID, Cause: connect.FreezeCourt, Authority: "c", Document: "d"})
	require.NoError(t, err)
	_, err = m.platform.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: "yes", ProposalID: f.Signed.Proposal, By: boss})
	requireCode(t, err, ledger.State, "too_many_freezes")
	require.False(t, errors.Is(err, ledger.Conflict))
	list, err := m.platform.ListFreezes(m.ctx, connect.ListRequest{AccountID: a.ID, Limit: 100})
	require.NoError(t, err)
	require.Len(t, list.Items, 21)
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	m.pass(time.Hour)
	require.Equal(t, usd(980), m.has(a.ID).Available)
	m.verify()
}
