package connect_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	markets "github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// soon lets sellers in the United States be dormant after a day.
func (m *market) soon() {
	m.t.Helper()
	rule := markets.Rules{Country: "US", Dormancy: []markets.Fact[markets.Dormancy]{{Value: markets.Dormancy{Days: 1, Notice: 1}}}}
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Markets: &markets.List{Rules: []markets.Rules{rule}}})
	require.NoError(m.t, err)
}

// silent is a seller to whom dollars are available.
func (m *market) silent(minor int64) string {
	m.t.Helper()
	a := m.seller().ID
	m.charge(a, minor, 0, connect.TestCardAtOnce)
	return a
}

// dormant says that a seller cannot be reached.
func (m *market) dormant(account string) *connect.Dormancy {
	m.t.Helper()
	d, err := m.platform.MarkDormant(m.ctx, connect.DormantRequest{
		Key: m.key(), By: legal, AccountID: account, Since: m.Clock.Now().Add(-time.Hour), Notice: connect.OwnerNotice{How: "letter"},
	})
	require.NoError(m.t, err)
	return d
}

// unclaimed are unclaimed balances in dollars.
func (m *market) unclaimed(minor ...int64) (ids []string) {
	m.t.Helper()
	m.soon()
	for _, n := range minor {
		ids = append(ids, m.dormant(m.silent(n)).ID)
	}
	m.pass(24 * time.Hour)
	for _, id := range ids {
		d, err := m.platform.GetDormancy(m.ctx, id)
		require.NoError(m.t, err)
		require.Equal(m.t, connect.DormancyUnclaimed, d.Status)
	}
	return ids
}

// surrendered asks for a dormant balance to be paid to the authority.
func (m *market) surrender(id, token string) *connect.Dormancy {
	m.t.Helper()
	d, err := m.platform.SurrenderUnclaimed(m.ctx, connect.SurrenderRequest{
		Key: m.key(), By: legal, DormancyID: id, Document: "r", Bank: &connect.BankDetails{Token: token, Country: "US", Currency: ledger.USD},
	})
	require.NoError(m.t, err)
	return d
}

func (s *scene) marks(change func(*connect.DormantRequest)) error {
	r := connect.DormantRequest{Key: "mark", By: legal, AccountID: s.seller, Since: s.Clock.Now(), Notice: connect.OwnerNotice{How: "letter"}}
	change(&r)
	_, err := s.platform.MarkDormant(s.ctx, r)
	return err
}

func (s *scene) notices(change func(*connect.OwnerNoticeRequest)) error {
	r := connect.OwnerNoticeRequest{Key: "notice", By: legal, DormancyID: s.ids["noticed"], Notice: connect.OwnerNotice{How: "letter"}}
	change(&r)
	_, err := s.platform.RecordOwnerNotice(s.ctx, r)
	return err
}

func (s *scene) reclaims(id string, by connect.Actor) error {
	_, err := s.platform.ReclaimDormant(s.ctx, connect.ReclaimRequest{Key: "reclaim", By: by, DormancyID: s.ids[id]})
	return err
}

func (s *scene) surrenders(change func(*connect.SurrenderRequest)) error {
	r := connect.SurrenderRequest{
		Key: "surrender", By: legal, DormancyID: s.ids["unclaimed"], Document: "r",
		Bank: &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD},
	}
	change(&r)
	_, err := s.platform.SurrenderUnclaimed(s.ctx, r)
	return err
}

var dormancyRefusals = []refusal{
	{"nobody's account", func(s *scene) error { return s.marks(func(r *connect.DormantRequest) { r.AccountID = "acct_x" }) }, ledger.NotFound, "not_found", "account"},
	{"never heard of", func(s *scene) error { return s.marks(func(r *connect.DormantRequest) { r.Since = time.Time{} }) }, ledger.Invalid, "invalid_time", "since"},
	{"heard of tomorrow", func(s *scene) error {
		return s.marks(func(r *connect.DormantRequest) { r.Since = r.Since.Add(time.Hour) })
	}, ledger.Invalid, "invalid_time", "since"},
	{"a notice of tomorrow", func(s *scene) error {
		return s.marks(func(r *connect.DormantRequest) { r.Notice.At = r.Since.Add(time.Hour) })
	}, ledger.Invalid, "invalid_time", "notice.at"},
	{"a notice of before", func(s *scene) error {
		return s.marks(func(r *connect.DormantRequest) { r.Notice.At = r.Since.Add(-time.Hour) })
	}, ledger.Invalid, "invalid_time", "notice.at"},
	{"no notice", func(s *scene) error {
		return s.marks(func(r *connect.DormantRequest) { r.Notice = connect.OwnerNotice{} })
	}, ledger.Invalid, "invalid_notice", "notice.how"},
	{"a card in a notice", func(s *scene) error {
		return s.marks(func(r *connect.DormantRequest) { r.Notice.Document = "4242424242424242" })
	}, ledger.Invalid, "card_number", "notice.document"},
	{"in marks", func(s *scene) error {
		return s.marks(func(r *connect.DormantRequest) { r.Currency = must(ledger.ParseCurrency("DEM")) })
	}, ledger.Invalid, "unsupported_currency", "currency"},
	{"no right", func(s *scene) error {
		return s.marks(func(r *connect.DormantRequest) { r.By = by("x", connect.RightSupport) })
	}, ledger.Forbidden, "right_missing", "by.rights"},
	{"a country without a rule of the host's", func(s *scene) error {
		return s.marks(func(r *connect.DormantRequest) { r.AccountID = s.ids["french"] })
	}, ledger.State, "dormancy_not_confirmed", "account"},
	{"notice of nobody", func(s *scene) error { return s.notices(func(r *connect.OwnerNoticeRequest) { r.DormancyID = "" }) }, ledger.NotFound, "not_found", "dormancy"},
	{"notice after the time", func(s *scene) error {
		return s.notices(func(r *connect.OwnerNoticeRequest) { r.DormancyID = s.ids["unclaimed"] })
	}, ledger.State, "invalid_state", "dormancy"},
	{"notice without the right", func(s *scene) error { return s.notices(func(r *connect.OwnerNoticeRequest) { r.By = by("x") }) }, ledger.Forbidden, "right_missing", "by.rights"},
	{"reclaim nothing", func(s *scene) error { return s.reclaims("", legal) }, ledger.NotFound, "not_found", "dormancy"},
	{"reclaim what the authority has", func(s *scene) error { return s.reclaims("gone", legal) }, ledger.State, "surrendered", "dormancy"},
	{"reclaim without the right", func(s *scene) error { return s.reclaims("unclaimed", by("x", connect.RightRisk)) }, ledger.Forbidden, "right_missing", "by.rights"},
	{"surrender nothing", func(s *scene) error { return s.surrenders(func(r *connect.SurrenderRequest) { r.DormancyID = "" }) }, ledger.NotFound, "not_found", "dormancy"},
	{"surrender too early", func(s *scene) error {
		return s.surrenders(func(r *connect.SurrenderRequest) { r.DormancyID = s.ids["noticed"] })
	}, ledger.State, "invalid_state", "dormancy"},
	{"surrender twice", func(s *scene) error {
		return s.surrenders(func(r *connect.SurrenderRequest) { r.DormancyID = s.ids["gone"] })
	}, ledger.State, "surrendered", "dormancy"},
	{"surrender without a report", func(s *scene) error { return s.surrenders(func(r *connect.SurrenderRequest) { r.Document = "" }) }, ledger.Invalid, "invalid_text", "document"},
	{"surrender to nobody", func(s *scene) error { return s.surrenders(func(r *connect.SurrenderRequest) { r.Bank = nil }) }, ledger.Invalid, "invalid_request", "bank"},
	{"surrender in euros", func(s *scene) error {
		return s.surrenders(func(r *connect.SurrenderRequest) { r.Bank.Currency = ledger.EUR })
	}, ledger.Invalid, "currency_mismatch", "bank.currency"},
	{"surrender to an account's number", func(s *scene) error {
		return s.surrenders(func(r *connect.SurrenderRequest) { r.Bank.Token = "DE89370400440532013000" })
	}, ledger.Invalid, "invalid_account_number", "bank.token"},
	{"surrender without the right", func(s *scene) error {
		return s.surrenders(func(r *connect.SurrenderRequest) { r.By = by("x", connect.RightRisk) })
	}, ledger.Forbidden, "right_missing", "by.rights"},
}

// What is refused of dormant balances changes nothing.
func TestRefusalsOfDormancies(t *testing.T) {
	s := newScene(t)
	ids := s.unclaimed(100, 100)
	french := connecttest.Seller("FR")
	french.Key = "fr"
	a, err := s.platform.CreateAccount(s.ctx, french)
	require.NoError(t, err)
	s.approve(s.surrender(ids[1], payout.TestAccount).Surrender.Signed.Proposal, boss)
	s.ids = map[string]string{"unclaimed": ids[0], "gone": ids[1], "french": a.ID, "noticed": s.dormant(s.silent(100)).ID}
	requireRefusals(t, s, dormancyRefusals)
	require.NoError(t, s.marks(func(*connect.DormantRequest) {}), "the key is free")
	require.NoError(t, s.notices(func(*connect.OwnerNoticeRequest) {}))
	require.NoError(t, s.surrenders(func(*connect.SurrenderRequest) {}))
	require.NoError(t, s.reclaims("unclaimed", legal))
	s.pass(72 * time.Hour)
	s.verify()
}

// The owner is heard of while a second person approves the surrender, in two
// processes: one of them wins, and the money is in one place (promises 14 and 48).
func TestReclaimedWhileSurrendered(t *testing.T) {
	for range 8 {
		m := newMarket(t, connecttest.Config{})
		id := m.unclaimed(100)[0]
		d := m.surrender(id, payout.TestAccount)
		_, other := m.second()
		errs := make(chan error, 2)
		go func() {
			_, err := m.platform.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: "yes", ProposalID: d.Surrender.Signed.Proposal, By: boss})
			errs <- err
		}()
		go func() {
			_, err := other.ReclaimDormant(m.ctx, connect.ReclaimRequest{Key: "back", By: legal, DormancyID: id})
			errs <- err
		}()
		one, two := <-errs, <-errs
		require.True(t, (one == nil) != (two == nil), "%v, %v", one, two)
		require.ErrorIs(t, errors.Join(one, two), ledger.State)
		m.pass(72 * time.Hour)
		d, err := m.platform.GetDormancy(m.ctx, id)
		require.NoError(t, err)
		if d.Status == connect.DormancyReclaimed {
			require.Equal(t, usd(100), m.has(d.Account).Available)
		} else {
			require.Equal(t, usd(0), m.has(d.Account).Available)
		}
		require.Equal(t, usd(0), m.has(d.Account).Other)
		m.verify()
	}
}

// Who is heard of after the payout came back has the money again, and history keeps
// each payout.
func TestSurrenderComesBack(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	id := m.unclaimed(100)[0]
	for range 2 {
		m.approve(m.surrender(id, payout.TestReturned).Surrender.Signed.Proposal, boss)
		m.pass(9 * 24 * time.Hour)
		m.verify()
	}
	d, err := m.platform.GetDormancy(m.ctx, id)
	require.NoError(t, err)
	require.Len(t, d.Earlier, 1)
	po, err := m.platform.GetPayout(m.ctx, d.Surrender.Payout)
	require.NoError(t, err)
	require.Equal(t, payout.Returned, po.Status)
	d, err = m.platform.ReclaimDormant(m.ctx, connect.ReclaimRequest{Key: "back", By: legal, DormancyID: id})
	require.NoError(t, err)
	require.Equal(t, "legal", d.Heard.Author)
	require.Equal(t, usd(100), m.has(d.Account).Available)
	list, err := m.platform.ListDormancies(m.ctx, connect.ListRequest{AccountID: d.Account})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	m.verify()
}

// Verify finds a dormant balance that says something else than the books.
func TestVerifyFindsDormancies(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	ids := m.unclaimed(111, 222)
	m.approve(m.surrender(ids[1], payout.TestAccount).Surrender.Signed.Proposal, boss)
	m.pass(72 * time.Hour)
	m.verify()
	m.requireForged(store, [][4]string{
		{"connect.dormancy", `"amount":{"amountMinor":111,`, `"amount":{"amountMinor":110,`, "unclaimed: the ledger has"},
		{"connect.dormancy", `"status":"unclaimed"`, `"status":"noticed"`, "it is noticed"},
		{"connect.dormancy", `"status":"unclaimed"`, `"status":"surrendered"`, "nobody has approved"},
		{"connect.dormancy", `"approver":"boss"`, `"approver":"legal"`, "its proposal"},
		{"payout", `"amountMinor":222,`, `"amountMinor":221,`, "unclaimed"},
	})
}

// dormantDay is some days of a balance that nobody claims, each step under its own key.
func (w *world) dormantDay(t *testing.T) {
	defer survived()
	eng := w.engine(t)
	ctx := t.Context()
	rule := markets.Rules{Country: "US", Dormancy: []markets.Fact[markets.Dormancy]{{Value: markets.Dormancy{Days: 1, Notice: 1}}}}
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US", Markets: &markets.List{Rules: []markets.Rules{rule}}})
	if err != nil {
		return
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return
	}
	if _, err := p.Charge(ctx, connect.ChargeRequest{Key: "charge", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCardAtOnce}); err != nil {
		return
	}
	d, err := p.MarkDormant(ctx, connect.DormantRequest{Key: "mark", By: legal, AccountID: a.ID, Since: connecttest.Start, Notice: connect.OwnerNotice{How: "letter", At: connecttest.Start}})
	if err != nil {
		return
	}
	w.once(eng, 48*time.Hour)
	bank := &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD}
	if d, err = p.SurrenderUnclaimed(ctx, connect.SurrenderRequest{Key: "give", By: legal, DormancyID: d.ID, Bank: bank, Document: "r"}); err == nil {
		_, _ = p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "yes", ProposalID: d.Surrender.Signed.Proposal, By: boss})
	}
	w.once(eng, 48*time.Hour)
}

// Whatever fails between any two steps, an unclaimed balance is surrendered once
// (promises 15, 24, 26 and 35, edge-case 95).
func TestFaultsOfDormancies(t *testing.T) {
	t.Parallel()
	want := whateverFails(t, func(w *world) { w.dormantDay(t) }, func(w *world) map[string]string { return w.balances(t) })
	require.Equal(t, "10.00 USD held 0.00", want["hous bank_clearing/simulated"])
	require.NotContains(t, want, "acct unclaimed")
}
