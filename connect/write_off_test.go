package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// debtor is a seller who owes dollars that the house bears.
func (m *market) debtor(minor int64) string {
	m.t.Helper()
	a := m.seller(func(r *connect.AccountRequest) {
		r.LossesBearer, r.MayOwe = connect.PartyHouse, []ledger.Money{usd(minor)}
	})
	_, err := m.platform.ChargeFee(m.ctx, connect.FeeRequest{Key: m.key(), AccountID: a.ID, Kind: connect.FeePlan, Amount: usd(minor), Force: true})
	require.NoError(m.t, err)
	return a.ID
}

// writtenOff writes off what an account owes, and lets it earn something again.
func (m *market) writtenOff(account string, earns int64) *connect.WriteOff {
	m.t.Helper()
	w, err := m.platform.WriteOff(m.ctx, connect.WriteOffRequest{Key: m.key(), By: clerk, AccountID: account, Amount: usd(0), Description: "gone"})
	require.NoError(m.t, err)
	m.approve(w.Signed.Proposal, chief)
	m.charge(account, earns, 0, connect.TestCardAtOnce)
	w, err = m.platform.GetWriteOff(m.ctx, w.ID)
	require.NoError(m.t, err)
	return w
}

func (s *scene) writesOff(change func(*connect.WriteOffRequest)) error {
	r := connect.WriteOffRequest{Key: "off", By: clerk, AccountID: s.ids["debtor"], Amount: usd(100), Description: "gone"}
	change(&r)
	_, err := s.platform.WriteOff(s.ctx, r)
	return err
}

func (s *scene) recovers(change func(*connect.RecoverWriteOffRequest)) error {
	r := connect.RecoverWriteOffRequest{Key: "recover", By: clerk, WriteOffID: s.ids["off"], Amount: usd(100)}
	change(&r)
	_, err := s.platform.RecoverWriteOff(s.ctx, r)
	return err
}

var writeOffRefusals = []refusal{
	{"no amount", func(s *scene) error {
		return s.writesOff(func(r *connect.WriteOffRequest) { r.Amount = ledger.Money{} })
	}, ledger.Invalid, "invalid_amount", "amount"},
	{"below zero", func(s *scene) error { return s.writesOff(func(r *connect.WriteOffRequest) { r.Amount = usd(-1) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"too much", func(s *scene) error { return s.writesOff(func(r *connect.WriteOffRequest) { r.Amount = usd(1e12) }) }, ledger.Invalid, "amount_too_large", "amount"},
	{"more than is owed", func(s *scene) error { return s.writesOff(func(r *connect.WriteOffRequest) { r.Amount = usd(124) }) }, ledger.State, "write_off_exceeds_debt", "amount"},
	{"in another currency", func(s *scene) error {
		return s.writesOff(func(r *connect.WriteOffRequest) { r.Amount = ledger.Minor(0, ledger.EUR) })
	}, ledger.State, "write_off_exceeds_debt", "amount"},
	{"without a word", func(s *scene) error { return s.writesOff(func(r *connect.WriteOffRequest) { r.Description = "" }) }, ledger.Invalid, "invalid_text", "description"},
	{"with a card", func(s *scene) error {
		return s.writesOff(func(r *connect.WriteOffRequest) { r.Document = "4242424242424242" })
	}, ledger.Invalid, "card_number", "document"},
	{"nobody's", func(s *scene) error { return s.writesOff(func(r *connect.WriteOffRequest) { r.AccountID = "acct_x" }) }, ledger.NotFound, "not_found", "account"},
	{"the platform's to bear", func(s *scene) error { return s.writesOff(func(r *connect.WriteOffRequest) { r.AccountID = s.seller }) }, ledger.State, "house_not_liable", "account"},
	{"no right", func(s *scene) error { return s.writesOff(func(r *connect.WriteOffRequest) { r.By = legal }) }, ledger.Forbidden, "right_missing", "by.rights"},
	{"recover nothing", func(s *scene) error {
		return s.recovers(func(r *connect.RecoverWriteOffRequest) { r.WriteOffID = "woff_x" })
	}, ledger.NotFound, "not_found", "writeOff"},
	{"recover what was not made", func(s *scene) error {
		return s.recovers(func(r *connect.RecoverWriteOffRequest) { r.WriteOffID = s.ids["asked"] })
	}, ledger.State, "invalid_state", "writeOff"},
	{"recover zero", func(s *scene) error { return s.recovers(func(r *connect.RecoverWriteOffRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"recover euros", func(s *scene) error {
		return s.recovers(func(r *connect.RecoverWriteOffRequest) { r.Amount = ledger.Minor(1, ledger.EUR) })
	}, ledger.Invalid, "currency_mismatch", "amount"},
	{"recover more", func(s *scene) error {
		return s.recovers(func(r *connect.RecoverWriteOffRequest) { r.Amount = usd(201) })
	}, ledger.State, "recovery_exceeds_write_off", "amount"},
	{"recover what is not there", func(s *scene) error {
		return s.recovers(func(r *connect.RecoverWriteOffRequest) { r.Amount = usd(151) })
	}, ledger.InsufficientFunds, "insufficient_funds", ""},
	{"recover by nobody", func(s *scene) error { return s.recovers(func(r *connect.RecoverWriteOffRequest) { r.By = by("") }) }, ledger.Invalid, "invalid_actor", "by.id"},
	{"recover without the right", func(s *scene) error { return s.recovers(func(r *connect.RecoverWriteOffRequest) { r.By = legal }) }, ledger.Forbidden, "right_missing", "by.rights"},
}

// What is refused of write-offs and recoveries changes nothing.
func TestRefusalsOfWriteOffs(t *testing.T) {
	s := newScene(t)
	s.ids = map[string]string{"debtor": s.debtor(123), "off": s.writtenOff(s.debtor(200), 150).ID}
	w, err := s.platform.WriteOff(s.ctx, connect.WriteOffRequest{Key: "asked", By: clerk, AccountID: s.ids["debtor"], Amount: usd(1), Description: "gone"})
	require.NoError(t, err)
	s.ids["asked"] = w.ID
	requireRefusals(t, s, writeOffRefusals)
	require.NoError(t, s.writesOff(func(*connect.WriteOffRequest) {}), "the key is free")
	require.NoError(t, s.recovers(func(*connect.RecoverWriteOffRequest) {}))
	s.verify()
}

// Two write-offs of one debt, approved at once in two processes, give up the debt at
// most once; and no more is recovered than was given up (promises 10 and 20).
func TestWriteOffsAtOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.debtor(100)
	var ids []string
	for range 8 {
		w, err := m.platform.WriteOff(m.ctx, connect.WriteOffRequest{Key: m.key(), By: clerk, AccountID: a, Amount: usd(40), Description: "gone"})
		require.NoError(t, err)
		ids = append(ids, w.Signed.Proposal)
	}
	_, other := m.second()
	of := func(i int) *connect.Platform { return []*connect.Platform{m.platform, other}[i%2] }
	require.Equal(t, 2, m.both(func(i int) error {
		_, err := of(i).ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: nthKey("y", i), ProposalID: ids[i], By: chief})
		return err
	}))
	require.Equal(t, usd(-20), m.has(a).Available)
	m.charge(a, 1000, 0, connect.TestCardAtOnce)
	list, err := m.platform.ListWriteOffs(m.ctx, connect.ListRequest{AccountID: a})
	require.NoError(t, err)
	var made *connect.WriteOff
	for _, w := range list.Items {
		if w.Status == connect.WriteOffMade {
			made = w
		}
	}
	require.Equal(t, 2, m.both(func(i int) error {
		_, err := of(i).RecoverWriteOff(m.ctx, connect.RecoverWriteOffRequest{Key: nthKey("r", i), By: clerk, WriteOffID: made.ID, Amount: usd(15)})
		return err
	}))
	r, err := m.platform.RecoverWriteOff(m.ctx, connect.RecoverWriteOffRequest{Key: "rest", By: clerk, WriteOffID: made.ID})
	require.NoError(t, err)
	require.Equal(t, usd(10), r.Amount)
	require.Equal(t, made.Transaction, m.lastOf(r.ID).Corrects)
	all, err := m.platform.ListRecoveries(m.ctx, connect.ListRequest{AccountID: a})
	require.NoError(t, err)
	require.Len(t, all.Items, 3)
	got, err := m.platform.GetRecovery(m.ctx, r.ID)
	require.NoError(t, err)
	require.Equal(t, usd(10), got.Amount)
	m.verify()
}

// lastOf is the last transaction of an object in the house's losses.
func (m *market) lastOf(object string) (t ledger.Transaction) {
	m.t.Helper()
	ref := ledger.Ref{Book: m.platform.ID(), Owner: ledger.House, Purpose: "losses", Currency: ledger.USD}
	id := ""
	require.NoError(m.t, m.Store().Read(m.ctx, func(v ledger.View) error {
		list, err := v.Entries(ref, ledger.Page{Limit: ledger.MaxPage})
		for _, e := range list {
			if e.Object.ID == object {
				id = e.Transaction
			}
		}
		return err
	}))
	return m.transaction(id)
}

// Verify finds a write-off or a recovery that says something else than the books.
func TestVerifyFindsWriteOffs(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	w := m.writtenOff(m.debtor(123), 1000)
	_, err := m.platform.RecoverWriteOff(m.ctx, connect.RecoverWriteOffRequest{Key: "r", By: clerk, WriteOffID: w.ID, Amount: usd(77)})
	require.NoError(t, err)
	m.verify()
	m.requireForged(store, [][4]string{
		{"connect.write_off", `"amount":{"amountMinor":123,`, `"amount":{"amountMinor":124,`, "losses"},
		{"connect.write_off", `"recovered":{"amountMinor":77,`, `"recovered":{"amountMinor":76,`, "it counts"},
		{"connect.write_off", `"approver":"chief"`, `"approver":"clerk"`, "its proposal"},
		{"connect.write_off", `"status":"made"`, `"status":"refused"`, "which is not what was done"},
		{"connect.recovery", `"amountMinor":77,`, `"amountMinor":78,`, "losses"},
		{"connect.recovery", `"writeOff":"woff_`, `"writeOff":"woff_x`, "is not there"},
	})
}
