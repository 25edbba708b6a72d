package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// ownMandate is one for the platform to debit a bank account of sellers.
func (m *market) ownMandate(token string) string {
	m.t.Helper()
	return m.mandate(achMandate("", token)).ID
}

// debitsNegative debits a seller's bank for what they owe.
func (m *market) debitsNegative(account, mandate string, minor int64) *connect.NegativeDebit {
	m.t.Helper()
	d, err := m.platform.DebitNegative(m.ctx, connect.NegativeDebitRequest{Key: m.key(), AccountID: account, Amount: usd(minor), MandateID: mandate})
	require.NoError(m.t, err)
	return d
}

// plans agrees on instalments a week apart.
func (m *market) plans(account string, minor ...int64) *connect.PaymentPlan {
	m.t.Helper()
	r := connect.PaymentPlanRequest{Key: m.key(), By: clerk, AccountID: account}
	for i, n := range minor {
		r.Instalments = append(r.Instalments, connect.PlanInstalment{Due: payout.DayOf(m.Clock.Now(), time.UTC) + payout.Day(7*(i+1)), Amount: usd(n)})
	}
	l, err := m.platform.AgreePaymentPlan(m.ctx, r)
	require.NoError(m.t, err)
	return l
}

func at(token string) func(*connect.AccountRequest) {
	return func(r *connect.AccountRequest) { r.Bank.Token = token }
}

// However a rail answers and in whatever order its news comes, a debit of a seller's
// bank is made once and booked once (promises 14, 15 and 31).
func TestNegativeDebitWhateverTheRailSays(t *testing.T) {
	for _, x := range []struct {
		token    string
		delivery ledger.Delivery
		status   connect.NegativeDebitStatus
		has      int64
	}{
		{payout.TestAccount, ledger.Keyed, connect.NegativeDebitSucceeded, 0},
		{payout.TestLostAnswer, ledger.Keyed, connect.NegativeDebitSucceeded, 0},
		{payout.TestLostAnswer, ledger.Askable, connect.NegativeDebitSucceeded, 0},
		{payout.TestLostAnswer, ledger.Blind, connect.NegativeDebitSucceeded, 0},
		{payout.TestLostRequest, ledger.Askable, connect.NegativeDebitSucceeded, 0},
		{payout.TestLostRequest, ledger.Blind, connect.NegativeDebitUnknown, -123},
		{payout.TestToldTwice, ledger.Keyed, connect.NegativeDebitSucceeded, 0},
		{payout.TestStalled, ledger.Keyed, connect.NegativeDebitProcessing, -123},
		{payout.TestRefused, ledger.Keyed, connect.NegativeDebitFailed, -123},
		{payout.TestDebitFail + "R01", ledger.Keyed, connect.NegativeDebitFailed, -123},
		{payout.TestDebitReturn + "R01", ledger.Keyed, connect.NegativeDebitReturned, -123},
		{payout.TestDebitReordered, ledger.Keyed, connect.NegativeDebitReturned, -123},
	} {
		t.Run(x.token+" "+x.delivery.String(), func(t *testing.T) {
			m := newMarket(t, connecttest.Config{RailDelivery: x.delivery})
			a := m.short(123, at(x.token))
			d := m.debitsNegative(a, m.ownMandate(x.token), 0)
			for range 6 {
				m.pass(24 * time.Hour)
			}
			now, err := m.platform.GetNegativeDebit(m.ctx, d.ID)
			require.NoError(t, err)
			require.Equal(t, x.status, now.Status)
			require.Equal(t, usd(x.has), m.has(a).Available)
			require.LessOrEqual(t, m.Rail.Taken(d.ID+"-1"), 1)
			n := m.negative(a)
			require.Equal(t, usd(123+x.has), n.Debited)
			under := ""
			if x.status == connect.NegativeDebitUnknown || x.status == connect.NegativeDebitProcessing {
				under = d.ID
			}
			require.Equal(t, under, n.Debit)
			require.Equal(t, usd(-x.has), m.has("").Cover)
			m.verify()
			m.requireExplained()
			m.Clock.Advance(200 * 24 * time.Hour)
			m.drain()
			if under != "" {
				require.Equal(t, usd(x.has), m.has(a).Available, "the platform does not pay what the bank may")
			} else {
				require.Equal(t, usd(0), m.has(a).Available)
			}
			m.verify()
		})
	}
}

// Of debits at once in two processes one is made; in a host's transaction it is recorded,
// and carried out once afterwards (promises 23 and 35).
func TestNegativeDebitsAtOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, mandate := m.short(123), m.ownMandate(payout.TestAccount)
	_, other := m.second()
	require.Equal(t, 1, m.both(func(i int) error {
		p := []*connect.Platform{m.platform, other}[i%2]
		_, err := p.DebitNegative(m.ctx, connect.NegativeDebitRequest{Key: nthKey("d", i), AccountID: a, Amount: usd(100), MandateID: mandate})
		return err
	}))
	b := m.short(50)
	d, err := m.platform.In(m.Store()).DebitNegative(m.ctx, connect.NegativeDebitRequest{Key: "in", AccountID: b, Amount: usd(0), MandateID: mandate})
	require.NoError(t, err)
	require.Equal(t, connect.NegativeDebitScheduled, d.Status)
	require.Zero(t, m.Rail.Taken(d.ID+"-1"))
	require.NoError(t, m.platform.Finish(m.ctx, d.ID))
	require.Equal(t, 1, m.Rail.Taken(d.ID+"-1"))
	m.pass(48 * time.Hour)
	require.Equal(t, []ledger.Money{usd(-23), usd(0)}, []ledger.Money{m.has(a).Available, m.has(b).Available})
	m.verify()
}

// A debit that waits for its day takes what is owed on it and no more (promise 20), and
// nothing by a mandate that is good no more.
func TestNegativeDebitTakesWhatIsOwed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	later := func() string {
		r := achMandate("", payout.TestAccount)
		r.ShortNotice, r.NoticeDays = false, 10
		return m.mandate(r).ID
	}
	gone := later()
	a, b, c := m.short(100), m.short(100), m.short(100)
	da, db, dc := m.debitsNegative(a, later(), 0), m.debitsNegative(b, later(), 0), m.debitsNegative(c, gone, 0)
	m.earn(a, usd(70))
	m.earn(b, usd(170))
	_, err := m.platform.CancelMandate(m.ctx, connect.MandateStepRequest{Key: "gone", MandateID: gone})
	require.NoError(t, err)
	m.pass(5 * 24 * time.Hour)
	require.Zero(t, m.Rail.Taken(da.ID+"-1"), "not before its day")
	m.pass(15 * 24 * time.Hour)
	var got []any
	for _, d := range []*connect.NegativeDebit{da, db, dc} {
		d, err := m.platform.GetNegativeDebit(m.ctx, d.ID)
		require.NoError(t, err)
		got = append(got, d.Status, d.Code, d.Amount.Minor(), m.has(d.Account).Available.Minor())
	}
	require.Equal(t, []any{
		connect.NegativeDebitSucceeded, "", int64(30), int64(0), connect.NegativeDebitCanceled, "nothing_owed", int64(100), int64(70),
		connect.NegativeDebitFailed, "mandate_canceled", int64(100), int64(-100),
	}, got)
	m.verify()
}

func (s *scene) debitsSeller(change func(*connect.NegativeDebitRequest)) error {
	r := connect.NegativeDebitRequest{Key: "debit", AccountID: s.ids["short"], Amount: usd(100), MandateID: s.ids["mandate"]}
	change(&r)
	_, err := s.platform.DebitNegative(s.ctx, r)
	return err
}

func (s *scene) agrees(change func(*connect.PaymentPlanRequest)) error {
	today := payout.DayOf(s.Clock.Now(), time.UTC)
	r := connect.PaymentPlanRequest{Key: "plan", By: clerk, AccountID: s.ids["short"], MandateID: s.ids["mandate"], GraceDays: 3,
		Instalments: []connect.PlanInstalment{{Due: today + 7, Amount: usd(100)}, {Due: today + 14, Amount: usd(23)}}}
	change(&r)
	_, err := s.platform.AgreePaymentPlan(s.ctx, r)
	return err
}

func (s *scene) changesPolicy(n connect.NegativePolicy) error {
	_, err := s.platform.UpdatePlatform(s.ctx, connect.PlatformUpdate{Key: "policy", Negative: &n})
	return err
}

var negativeRefusals = []refusal{
	{"a policy of ages", func(s *scene) error { return s.changesPolicy(connect.NegativePolicy{CollectAfter: 3651}) }, ledger.Invalid, "invalid_policy", "negative.collectAfter"},

	{"debit nobody", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.AccountID = "acct_x" })
	}, ledger.NotFound, "not_found", "account"},
	{"debit without an amount", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.Amount = ledger.Money{} })
	}, ledger.Invalid, "invalid_amount", "amount"},
	{"debit less than nothing", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.Amount = usd(-1) })
	}, ledger.Invalid, "invalid_amount", "amount"},
	{"debit more than is owed", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.Amount = usd(124) })
	}, ledger.State, "debit_exceeds_debt", "amount"},
	{"debit who owes nothing", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.AccountID = s.seller })
	}, ledger.State, "nothing_owed", "account"},
	{"debit euros", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.Amount = ledger.Minor(1, ledger.EUR) })
	}, ledger.State, "nothing_owed", "account"},
	{"debit without a mandate", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.MandateID = "mdt_x" })
	}, ledger.NotFound, "not_found", "mandate"},
	{"debit another's bank", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.MandateID = s.ids["others"] })
	}, ledger.State, "not_the_accounts_bank", "mandate"},
	{"debit by a seller's mandate", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.MandateID = s.ids["sellers"] })
	}, ledger.Invalid, "other_creditor", "mandate"},
	{"debit more than was agreed", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.MandateID = s.ids["little"] })
	}, ledger.State, "mandate_limit", "amount"},
	{"debit too early", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.CollectOn = payout.DayOf(s.Clock.Now(), time.UTC) - 1 })
	}, ledger.Invalid, "collect_too_early", "collectOn"},
	{"debit twice", func(s *scene) error {
		return s.debitsSeller(func(r *connect.NegativeDebitRequest) { r.AccountID = s.ids["debited"] })
	}, ledger.State, "debit_under_way", "account"},

	{"plan for nobody", func(s *scene) error {
		return s.agrees(func(r *connect.PaymentPlanRequest) { r.AccountID = "acct_x" })
	}, ledger.NotFound, "not_found", "account"},
	{"plan by who may not", func(s *scene) error { return s.agrees(func(r *connect.PaymentPlanRequest) { r.By = legal }) }, ledger.Forbidden, "right_missing", "by.rights"},
	{"plan by nobody", func(s *scene) error { return s.agrees(func(r *connect.PaymentPlanRequest) { r.By = by("") }) }, ledger.Invalid, "invalid_actor", "by.id"},
	{"plan of nothing", func(s *scene) error { return s.agrees(func(r *connect.PaymentPlanRequest) { r.Instalments = nil }) }, ledger.Invalid, "invalid_instalments", "instalments"},
	{"plan of too much", func(s *scene) error {
		return s.agrees(func(r *connect.PaymentPlanRequest) { r.Instalments[0].Amount = usd(101) })
	}, ledger.State, "plan_not_of_debt", "instalments"},
	{"plan in two currencies", func(s *scene) error {
		return s.agrees(func(r *connect.PaymentPlanRequest) { r.Instalments[1].Amount = ledger.Minor(23, ledger.EUR) })
	}, ledger.Invalid, "currency_mismatch", "instalments.amount"},
	{"plan with an instalment of zero", func(s *scene) error {
		return s.agrees(func(r *connect.PaymentPlanRequest) { r.Instalments[1].Amount = usd(0) })
	}, ledger.Invalid, "invalid_amount", "instalments.amount"},
	{"plan for today", func(s *scene) error {
		return s.agrees(func(r *connect.PaymentPlanRequest) { r.Instalments[0].Due -= 7 })
	}, ledger.Invalid, "invalid_date", "instalments.due"},
	{"plan out of order", func(s *scene) error {
		return s.agrees(func(r *connect.PaymentPlanRequest) { r.Instalments[1].Due -= 7 })
	}, ledger.Invalid, "invalid_date", "instalments.due"},
	{"plan with much grace", func(s *scene) error { return s.agrees(func(r *connect.PaymentPlanRequest) { r.GraceDays = 61 }) }, ledger.Invalid, "invalid_grace", "graceDays"},
	{"plan of who owes nothing", func(s *scene) error {
		return s.agrees(func(r *connect.PaymentPlanRequest) { r.AccountID = s.seller })
	}, ledger.State, "nothing_owed", "account"},
	{"second plan", func(s *scene) error {
		return s.agrees(func(r *connect.PaymentPlanRequest) { r.AccountID = s.ids["planned"] })
	}, ledger.State, "plan_exists", "account"},
	{"plan by another's bank", func(s *scene) error {
		return s.agrees(func(r *connect.PaymentPlanRequest) { r.MandateID = s.ids["others"] })
	}, ledger.State, "not_the_accounts_bank", "mandate"},
	{"plan by one debit", func(s *scene) error {
		return s.agrees(func(r *connect.PaymentPlanRequest) { r.MandateID = s.ids["once"] })
	}, ledger.State, "mandate_used", "mandate"},
	{"end no plan", func(s *scene) error {
		_, err := s.platform.CancelPaymentPlan(s.ctx, connect.CancelPaymentPlanRequest{Key: "end", By: clerk, PaymentPlanID: "pplan_x"})
		return err
	}, ledger.NotFound, "not_found", "paymentPlan"},
	{"end a plan without the right", func(s *scene) error {
		_, err := s.platform.CancelPaymentPlan(s.ctx, connect.CancelPaymentPlanRequest{Key: "end", By: legal, PaymentPlanID: s.ids["plan"]})
		return err
	}, ledger.Forbidden, "right_missing", "by.rights"},
}

// What is refused of debits of sellers' banks and of plans changes nothing.
func TestRefusalsOfNegatives(t *testing.T) {
	s := newScene(t)
	mandate := func(change func(*connect.MandateRequest)) string {
		r := achMandate("", payout.TestAccount)
		change(&r)
		return s.mandate(r).ID
	}
	debited, planned := s.short(123), s.short(123)
	s.ids = map[string]string{
		"short": s.short(123), "debited": debited, "planned": planned,
		"mandate": s.ownMandate(payout.TestAccount), "others": s.ownMandate(payout.TestNoAccount),
		"sellers": mandate(func(r *connect.MandateRequest) { r.AccountID = s.seller }),
		"little":  mandate(func(r *connect.MandateRequest) { r.Limits.Amount = usd(99) }),
		"once":    mandate(func(r *connect.MandateRequest) { r.OneOff = true }),
	}
	s.debitsNegative(debited, s.ids["mandate"], 0)
	s.ids["plan"] = s.plans(planned, 100, 23).ID
	requireRefusals(t, s, negativeRefusals)
	require.NoError(t, s.debitsSeller(func(*connect.NegativeDebitRequest) {}), "the key is free")
	require.NoError(t, s.agrees(func(*connect.PaymentPlanRequest) {}))
	s.verify()
}

// negativeDay is a day of a seller who owes, each step under its own key.
func (w *world) negativeDay(t *testing.T) {
	defer survived()
	ctx := context.Background()
	eng := w.engine(t)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US", Negative: &connect.NegativePolicy{CollectAfter: 40}})
	if err != nil {
		return
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return
	}
	_, _ = p.RecordCashSale(ctx, connect.CashSaleRequest{Key: "owes", AccountID: a.ID, Commission: usd(300)})
	_, _ = eng.Drain(ctx)
	m, err := p.CreateMandate(ctx, connect.MandateRequest{
		Key: "m", Scheme: debit.ACH, Creditor: "1234567890", Name: "Deb", ShortNotice: true, Signature: signature,
		Bank: connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD},
	})
	if err == nil {
		_, _ = p.DebitNegative(ctx, connect.NegativeDebitRequest{Key: "d", AccountID: a.ID, Amount: usd(50), MandateID: m.ID})
	}
	w.once(eng, 8*24*time.Hour)
}

// Whatever fails between any two steps, what is owed is covered, debited and
// collected once each (promises 20, 35 and 61).
func TestFaultsOfNegatives(t *testing.T) {
	t.Parallel()
	want := whateverFails(t, func(w *world) { w.negativeDay(t) }, func(w *world) map[string]string {
		w.once(w.engine(t), 60*24*time.Hour)
		return w.balances(t)
	})
	require.NotContains(t, want, "acct available")
	require.NotContains(t, want, "plat cover")
	require.Equal(t, "-0.50 USD held 0.00", want["hous bank_clearing/simulated"])
	require.Equal(t, "0.50 USD held 0.00", want["plat available"], "of 300 it has paid 250 itself")
}
