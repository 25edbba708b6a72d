package connect_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// setReserve sets the terms of an account, or with none the platform's.
func (m *market) setReserve(account string, t connect.ReserveTerms) *connect.ReservePlan {
	m.t.Helper()
	o, err := m.platform.SetReserve(m.ctx, connect.ReserveRequest{Key: m.key(), By: boss, AccountID: account, Terms: t, Description: "risk"})
	require.NoError(m.t, err)
	return o
}

func rolling(of int64, days int) connect.ReserveTerms {
	return connect.ReserveTerms{Percent: decimal.New(of, 0), Days: days}
}

// reserved is the reserve of a percentage of a payment of a new seller.
func (m *market) reserved(minor, of int64, days int) *connect.Reserve {
	m.t.Helper()
	a := m.seller()
	m.setReserve(a.ID, rolling(of, days))
	m.charge(a.ID, minor, 0, connect.TestCardAtOnce)
	return m.reserves(a.ID)[0]
}

// reserves are those of an account, newest first.
func (m *market) reserves(account string) []*connect.Reserve {
	m.t.Helper()
	list, err := m.platform.ListReserves(m.ctx, connect.ListRequest{AccountID: account, Limit: 100})
	require.NoError(m.t, err)
	return list.Items
}

func (s *scene) reserves(change func(*connect.ReserveRequest)) error {
	r := connect.ReserveRequest{Key: "set", By: boss, AccountID: s.seller, Description: "d"}
	change(&r)
	_, err := s.platform.SetReserve(s.ctx, r)
	return err
}

func (s *scene) frees(change func(*connect.ReleaseReserveRequest)) error {
	r := connect.ReleaseReserveRequest{Key: "free", By: boss, ReserveID: s.ids["reserve"], Description: "d"}
	change(&r)
	_, err := s.platform.ReleaseReserve(s.ctx, r)
	return err
}

// reserveTerms sets only terms.
func reserveTerms(t connect.ReserveTerms) func(s *scene) error {
	return func(s *scene) error { return s.reserves(func(r *connect.ReserveRequest) { r.Terms = t }) }
}

var reserveRefusals = []refusal{
	{"more than all", reserveTerms(rolling(101, 1)), ledger.Invalid, "invalid_reserve", "terms.percent"},
	{"less than nothing", reserveTerms(rolling(-1, 1)), ledger.Invalid, "invalid_reserve", "terms.percent"},
	{"too fine", reserveTerms(connect.ReserveTerms{Percent: decimal.New(1, -7), Days: 1}), ledger.Invalid, "invalid_reserve", "terms.percent"},
	{"for no time", reserveTerms(rolling(10, 0)), ledger.Invalid, "invalid_reserve", "terms.days"},
	{"too long", reserveTerms(rolling(10, 541)), ledger.Invalid, "invalid_reserve", "terms.days"},
	{"days of nothing", reserveTerms(connect.ReserveTerms{Days: 1}), ledger.Invalid, "invalid_reserve", "terms.days"},
	{"nothing fixed", reserveTerms(connect.ReserveTerms{Fixed: []ledger.Money{usd(0)}}), ledger.Invalid, "invalid_amount", "terms.fixed"},
	{"twice", reserveTerms(connect.ReserveTerms{Minimum: []ledger.Money{usd(1), usd(2)}}), ledger.Invalid, "invalid_amount", "terms.minimum"},
	{"too much", reserveTerms(connect.ReserveTerms{Minimum: []ledger.Money{usd(1_000_000_000_000)}}), ledger.Invalid, "amount_too_large", "terms.minimum"},
	{"why", func(s *scene) error { return s.reserves(func(r *connect.ReserveRequest) { r.Description = "" }) }, ledger.Invalid, "invalid_text", "description"},
	{"a card", func(s *scene) error {
		return s.reserves(func(r *connect.ReserveRequest) { r.Document = "4242424242424242" })
	}, ledger.Invalid, "card_number", "document"},
	{"support", func(s *scene) error {
		return s.reserves(func(r *connect.ReserveRequest) { r.By = by("s", connect.RightSupport) })
	}, ledger.Forbidden, "right_missing", "by.rights"},
	{"whose default", func(s *scene) error {
		return s.reserves(func(r *connect.ReserveRequest) { r.AccountID, r.Inherit = "", true })
	}, ledger.Invalid, "invalid_reserve", "inherit"},
	{"default and own", func(s *scene) error {
		return s.reserves(func(r *connect.ReserveRequest) { r.Terms, r.Inherit = rolling(1, 1), true })
	}, ledger.Invalid, "invalid_reserve", "inherit"},
	{"nobody's", func(s *scene) error { return s.reserves(func(r *connect.ReserveRequest) { r.AccountID = "acct_x" }) }, ledger.NotFound, "not_found", "account"},
	{"free nothing", func(s *scene) error { return s.frees(func(r *connect.ReleaseReserveRequest) { r.ReserveID = "" }) }, ledger.NotFound, "not_found", "reserve"},
	{"free too much", func(s *scene) error {
		return s.frees(func(r *connect.ReleaseReserveRequest) { r.Amount = usd(1001) })
	}, ledger.State, "release_exceeds_reserve", "amount"},
	{"free zero", func(s *scene) error { return s.frees(func(r *connect.ReleaseReserveRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"free yen", func(s *scene) error {
		return s.frees(func(r *connect.ReleaseReserveRequest) { r.Amount = ledger.Minor(1, ledger.JPY) })
	}, ledger.Invalid, "currency_mismatch", "amount"},
	{"free without a word", func(s *scene) error {
		return s.frees(func(r *connect.ReleaseReserveRequest) { r.Description = "" })
	}, ledger.Invalid, "invalid_text", "description"},
	{"free by support", func(s *scene) error {
		return s.frees(func(r *connect.ReleaseReserveRequest) { r.By = by("s", connect.RightSupport) })
	}, ledger.Forbidden, "right_missing", "by.rights"},
	{"free what is about to be", func(s *scene) error {
		return s.frees(func(r *connect.ReleaseReserveRequest) { r.ReserveID = s.ids["asked"] })
	}, ledger.State, "release_proposed", "reserve"},
	{"free what is free", func(s *scene) error {
		return s.frees(func(r *connect.ReleaseReserveRequest) { r.ReserveID = s.ids["released"] })
	}, ledger.State, "invalid_state", "reserve"},
	{"pay the minimum out", func(s *scene) error {
		_, err := s.platform.Payout(s.ctx, connect.PayoutRequest{Key: "p", AccountID: s.ids["poor"]})
		return err
	}, ledger.State, "minimum_balance", "amount"},
}

// What is refused of reserves changes nothing.
func TestRefusalsOfReserves(t *testing.T) {
	s := newScene(t)
	poor := s.market.seller()
	s.setReserve(poor.ID, connect.ReserveTerms{Minimum: []ledger.Money{usd(1000)}})
	s.market.charge(poor.ID, 1000, 0, connect.TestCardAtOnce)
	asked, released := s.reserved(10_000, 10, 30), s.reserved(1000, 10, 30)
	s.ids = map[string]string{"reserve": s.reserved(10_000, 10, 30).ID, "asked": asked.ID, "released": released.ID, "poor": poor.ID}
	for i, id := range []string{asked.ID, released.ID} {
		o, err := s.platform.ReleaseReserve(s.ctx, connect.ReleaseReserveRequest{Key: nthKey("r", i), By: by("r", connect.RightRisk), ReserveID: id, Description: "d"})
		require.NoError(t, err)
		require.NotNil(t, o.Asked)
		if id == released.ID {
			s.approve(o.Asked.Signed.Proposal, boss)
		}
	}
	requireRefusals(t, s, reserveRefusals)
	require.NoError(t, s.reserves(func(*connect.ReserveRequest) {}), "the key is free")
	require.NoError(t, s.frees(func(*connect.ReleaseReserveRequest) {}))
	s.verify()
}

// A reserve is free once, on its day or after, whatever the clock does and however many
// processes look (promise 19).
func TestReservesAreFreeOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	r := m.reserved(1000, 10, 7)
	start := m.Clock.Now()
	other, _ := m.second()
	require.Equal(t, m.today()+7, r.ReleaseOn)
	for _, at := range []time.Duration{6 * day, -3 * day, 0} {
		m.Clock.Set(start.Add(at))
		m.pass(0)
		require.Equal(t, usd(100), m.has(r.Account).Reserved, at)
	}
	m.Clock.Set(r.ReleaseOn.Time().Add(-time.Microsecond))
	m.pass(0)
	require.Equal(t, usd(100), m.has(r.Account).Reserved, "not before its day")
	m.Clock.Set(r.ReleaseOn.Time())
	done := make(chan error, 4)
	for i := range 4 {
		go func() {
			_, err := []*connect.Engine{m.Engine, other}[i%2].Drain(m.ctx)
			done <- err
		}()
	}
	for range 4 {
		require.NoError(t, <-done)
	}
	for _, at := range []time.Duration{0, -5 * day, 400 * day} {
		m.Clock.Set(r.ReleaseOn.Time().Add(at))
		m.pass(0)
		require.Equal(t, []ledger.Money{usd(0), usd(1000)}, []ledger.Money{m.has(r.Account).Reserved, m.has(r.Account).Available})
	}
	o := m.reserves(r.Account)[0]
	require.Equal(t, connect.ReserveReleased, o.Status)
	require.Equal(t, usd(100), o.Released)
	require.Equal(t, 1, counts(m.told(o.ID))[connect.EventReserveReleased])
	m.verify()
}

// Payments that come at once never take a fixed amount twice, nor a balance below zero
// (promise 48).
func TestReservesWhileOthersPay(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.setReserve(a.ID, connect.ReserveTerms{Percent: decimal.New(30, 0), Days: 5, Fixed: []ledger.Money{usd(2500)}})
	_, other := m.second()
	done := m.both(func(i int) error {
		_, err := []*connect.Platform{m.platform, other}[i%2].Charge(m.ctx, connect.ChargeRequest{
			Key: nthKey("c", i), Amount: usd(1000), AccountID: a.ID, Source: connect.TestCardAtOnce,
		})
		return err
	})
	require.Equal(t, 8, done)
	fixed := 0
	for _, r := range m.reserves(a.ID) {
		if r.Type == connect.ReserveFixed {
			require.Equal(t, usd(2500), r.Left())
			fixed++
		}
	}
	require.Equal(t, 1, fixed)
	require.Equal(t, usd(2500+8*300), m.has(a.ID).Reserved)
	m.verify()
}

// What an account owes is filled before anything is kept back.
func TestReservesComeAfterDebts(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.debtor(300)
	m.setReserve(a, rolling(50, 5))
	m.charge(a, 400, 0, connect.TestCardAtOnce)
	require.Equal(t, []ledger.Money{usd(0), usd(100)}, []ledger.Money{m.has(a).Available, m.has(a).Reserved}, "not half of 400")
	m.charge(a, 400, 0, connect.TestCardAtOnce)
	require.Equal(t, []ledger.Money{usd(200), usd(300)}, []ledger.Money{m.has(a).Available, m.has(a).Reserved})
	m.verify()
}

// Verify finds a reserve that says something else than the books or its proposals
// (identity 6 of the chart), and one that should be free by now.
func TestVerifyFindsReserves(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	r := m.reserved(4110, 10, 30)
	o, err := m.platform.ReleaseReserve(m.ctx, connect.ReleaseReserveRequest{Key: "r", By: legalRisk, ReserveID: r.ID, Amount: usd(11), Description: "d"})
	require.NoError(t, err)
	m.approve(o.Asked.Signed.Proposal, boss)
	m.verify()
	m.requireExplained()
	m.requireForged(store, [][4]string{
		{"connect.reserve", `"amount":{"amountMinor":411,`, `"amount":{"amountMinor":410,`, "reserved: the ledger has"},
		{"connect.reserve", `"released":{"amountMinor":11,`, `"released":{"amountMinor":10,`, "people freed more"},
		{"connect.reserve", `"status":"open"`, `"status":"released"`, "it is released"},
		{"connect.reserve", `"approver":"boss"`, `"approver":"other"`, "its proposal"},
		{"connect.reserve", `"releaseOn":"` + r.ReleaseOn.String(), `"releaseOn":"2000-01-01`, "should have been released"},
	})
	list, err := m.platform.ListBalanceTransactions(m.ctx, connect.BalanceTransactionsRequest{AccountID: r.Account})
	require.NoError(t, err)
	types := map[connect.BalanceTransactionType]int64{}
	for _, x := range list.Items {
		types[x.Type] += x.Net.Minor()
	}
	require.EqualValues(t, -400, types[connect.TypeReservedFunds], "411 kept back, and 11 free again")
	m.Clock.Advance(time.Second)
	past, err := m.platform.BalanceAt(m.ctx, r.Account, m.Clock.Now())
	require.NoError(t, err)
	require.Equal(t, usd(400), past.In(ledger.USD).Reserved)
}

var legalRisk = by("legal", connect.RightRisk)
