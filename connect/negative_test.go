package connect_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// short is a seller who owes dollars that the platform bears.
func (m *market) short(minor int64, change ...func(*connect.AccountRequest)) string {
	m.t.Helper()
	a := m.seller(change...).ID
	m.owe(a, usd(minor))
	return a
}

// owe takes an account further down, whatever it has: they hold the cash already.
func (m *market) owe(account string, amount ledger.Money) {
	m.t.Helper()
	_, err := m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: m.key(), AccountID: account, Commission: amount})
	require.NoError(m.t, err)
}

// earn gives an account something at once.
func (m *market) earn(account string, amount ledger.Money) {
	m.t.Helper()
	_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: amount, AccountID: account, Source: connect.TestCardAtOnce})
	require.NoError(m.t, err)
}

// negative is what is known of an account's dollars below zero.
func (m *market) negative(account string) *connect.NegativeBalance {
	m.t.Helper()
	n, err := m.platform.GetNegativeBalance(m.ctx, "neg_"+account+"_USD")
	require.NoError(m.t, err)
	return n
}

func (m *market) drain() {
	m.t.Helper()
	done, err := m.Drain(m.ctx)
	require.NoError(m.t, err)
	require.NoError(m.t, done.Err)
}

// That a balance falls below zero is known in the same change, with its moment; that it
// rises above and falls again, though nobody has drained between.
func TestNegativeIsNotedAtOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.short(100)
	n := m.negative(a)
	require.Equal(t, []any{connect.NegativeOpen, m.Clock.Now(), true}, []any{n.Status, n.Since, n.Stale})
	require.Equal(t, usd(0), m.has("").Cover, "the platform is not touched by who takes money out")
	m.verify()
	first := n.Since
	m.Clock.Advance(time.Hour)
	m.owe(a, usd(50))
	require.Equal(t, first, m.negative(a).Since, "without a break")
	m.earn(a, usd(150))
	m.owe(a, usd(60))
	require.Equal(t, m.Clock.Now(), m.negative(a).Since, "a moment at zero is a break")
	m.verify()
	m.drain()
	require.Equal(t, usd(60), m.negative(a).Cover)
	m.earn(a, usd(60))
	m.drain()
	n = m.negative(a)
	require.Equal(t, []any{connect.NegativeEnded, time.Time{}, false, usd(0)}, []any{n.Status, n.Since, n.Stale, n.Cover})
	require.Equal(t, []string{
		connect.EventNegativeOpened, connect.EventNegativeUpdated, connect.EventNegativeUpdated, connect.EventNegativeEnded,
	}, m.told(n.ID))
	m.verify()
}

// Who drains at once covers and collects once, whatever the clock does; and it is never
// more than the debt (promises 20 and 61).
func TestNegativeWhoeverDrains(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	other, _ := m.second()
	drain := func() {
		m.both(func(i int) error {
			done, err := []*connect.Engine{m.Engine, other}[i%2].Drain(m.ctx)
			if err == nil {
				err = done.Err
			}
			return err
		})
	}
	a, b := m.short(100), m.short(30)
	drain()
	require.Equal(t, usd(130), m.has("").Cover)
	require.Equal(t, usd(0), m.has("").Available, "what it had of the commissions")
	m.Clock.Advance(100 * 24 * time.Hour)
	m.owe(b, usd(5))
	drain()
	require.Equal(t, usd(135), m.has("").Cover)
	m.Clock.Advance(-200 * 24 * time.Hour)
	drain()
	m.Clock.Advance(280 * 24 * time.Hour)
	drain()
	require.Equal(t, []ledger.Money{usd(0), usd(0)}, []ledger.Money{m.has(a).Available, m.has(b).Available})
	require.Equal(t, []ledger.Money{usd(100), usd(35)}, []ledger.Money{m.negative(a).Collected, m.negative(b).Collected})
	require.Equal(t, usd(0), m.has("").Cover)
	require.Equal(t, 1, count(m.told(m.negative(a).ID), connect.EventNegativeCollected))
	m.earn(a, usd(1000))
	m.Clock.Advance(1000 * 24 * time.Hour)
	drain()
	require.Equal(t, usd(100), m.negative(a).Collected)
	m.verify()
}

func count(list []string, what string) (n int) {
	for _, x := range list {
		if x == what {
			n++
		}
	}
	return n
}

// A platform that has too little is short itself, and is paid out nothing; what it gets
// fills that.
func TestCoverOfAPlatformThatHasNothing(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative }).ID
	paid := m.charge(c, 1000, 0, connect.TestCardAtOnce)
	_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "out", AccountID: c, Amount: usd(1000)})
	require.NoError(t, err)
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: "back", ChargeID: paid.ID, ReverseTransfer: true})
	require.NoError(t, err)
	m.drain()
	has := m.has("")
	require.Equal(t, usd(1000), has.Cover)
	require.Equal(t, usd(-1000), has.Available)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "own", Amount: usd(1)})
	require.Error(t, err)
	_, err = m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "up", Amount: usd(1000)})
	require.NoError(t, err)
	require.Equal(t, usd(0), m.has("").Available)
	m.verify()
}

// An order by law, a dormant owner, a dispute that is won and a payout that comes back
// find a balance below zero as any other.
func TestNegativeMeetsTheRest(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	frozen := m.short(100)
	f := m.frozen(frozen, ledger.Money{})
	m.drain()
	m.earn(frozen, usd(250))
	m.pass(2 * time.Hour)
	require.Equal(t, []ledger.Money{usd(0), usd(150)}, []ledger.Money{m.has(frozen).Available, m.has(frozen).Frozen}, "the debt first")
	m.owe(frozen, usd(20))
	m.drain()
	require.Equal(t, []ledger.Money{usd(-20), usd(150)}, []ledger.Money{m.has(frozen).Available, m.has(frozen).Frozen}, "what is frozen pays nothing")
	require.Equal(t, usd(20), m.negative(frozen).Cover)
	m.lifted(f)
	m.drain()
	require.Equal(t, connect.NegativeEnded, m.negative(frozen).Status)

	back := m.seller(func(r *connect.AccountRequest) { r.Bank.Token = payout.TestReturned }).ID
	m.earn(back, usd(300))
	_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "out", AccountID: back, Amount: usd(300)})
	require.NoError(t, err)
	m.owe(back, usd(70))
	m.drain()
	require.Equal(t, usd(70), m.has("").Cover)
	for range 6 {
		m.pass(24 * time.Hour)
	}
	require.Equal(t, usd(230), m.has(back).Available)
	require.Equal(t, usd(0), m.has("").Cover)
	m.verify()
}

// What sellers owe is told by currency and age, and of one seller; nobody else's
// (promise 65).
func TestNegativeReport(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "p", Negative: &connect.NegativePolicy{CollectAfter: -1}})
	require.NoError(t, err)
	var list []string
	for i, days := range []int{20, 90, 30, 30, 30, 1, 30} { // before the next one falls
		list = append(list, m.short(int64(100+i)))
		m.drain()
		m.Clock.Advance(time.Duration(days) * 24 * time.Hour)
	}
	yen := m.seller().ID
	m.owe(yen, ledger.Minor(7, ledger.JPY))
	x, err := m.platform.NegativeReport(m.ctx, connect.NegativeReportRequest{Limit: 3})
	require.NoError(t, err)
	require.Len(t, x.Currencies, 2)
	jpy, dollars := x.Currencies[0], x.Currencies[1]
	require.Equal(t, []any{1, ledger.Minor(7, ledger.JPY)}, []any{jpy.Accounts, jpy.Ages[0].Owed})
	var ages []any
	for _, a := range dollars.Ages {
		ages = append(ages, a.From, a.To, a.Accounts, a.Owed.Minor())
	}
	require.Equal(t, []any{0, 30, 1, int64(106), 31, 60, 1, int64(105), 61, 90, 1, int64(104), 91, 180, 2, int64(205), 181, 0, 2, int64(201)}, ages,
		"of 30, 31, 61, 91, 121, 211 and 231 days")
	require.Equal(t, []any{7, usd(721), usd(721)}, []any{dollars.Accounts, dollars.Owed, dollars.Covered})
	require.Equal(t, []string{list[0], list[1], list[2]}, []string{x.Debts[0].Account, x.Debts[1].Account, x.Debts[2].Account}, "the oldest")
	require.Equal(t, []any{231, usd(100), connect.PartyPlatform}, []any{x.Debts[0].Days, x.Debts[0].Owed, x.Debts[0].Bearer})
	m.earn(list[0], usd(100)) // it is told as it is, though nobody has drained
	one, err := m.platform.NegativeReport(m.ctx, connect.NegativeReportRequest{AccountID: list[0], Limit: 10})
	require.NoError(t, err)
	require.Empty(t, one.Currencies)
	_, err = m.platform.NegativeReport(m.ctx, connect.NegativeReportRequest{Limit: 1001})
	requireAbout(t, err, "limit", ledger.Invalid)
}

// Verify finds a balance below zero that says something else than the books (identity 6
// of the chart).
func TestVerifyFindsNegatives(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.short(100)
	b := m.short(200)
	m.debitsNegative(b, m.ownMandate(payout.TestAccount), 150)
	l := m.plans(a, 60, 40)
	m.pass(48 * time.Hour)
	m.verify()
	require.Equal(t, usd(150), m.negative(b).Debited)
	require.Equal(t, l.ID, m.negative(a).Plan)
	m.requireForged(store, [][4]string{
		{"connect.negative_balance", `"owes":{"amountMinor":100,`, `"owes":{"amountMinor":99,`, "minor units below zero"},
		{"connect.negative_balance", `"cover":{"amountMinor":100,`, `"cover":{"amountMinor":101,`, "cover"},
		{"connect.negative_balance", `"collected":{"amountMinor":0,`, `"collected":{"amountMinor":1,`, "balance"},
		{"connect.negative_balance", `"debited":{"amountMinor":150,`, `"debited":{"amountMinor":151,`, "as debited"},
		{"connect.negative_balance", `"plan":"pplan_`, `"plan":"x`, "the plan"},
		{"connect.negative_balance", `"account":"acct_`, `"account":"acct_x`, "nobody has taken note"},
		{"connect.negative_debit", `"amountMinor":150,`, `"amountMinor":151,`, "bank_clearing"},
		{"connect.negative_debit", `"status":"succeeded"`, `"status":"processing"`, "the debit"},
		{"connect.payment_plan", `"amountMinor":60,`, `"amountMinor":61,`, "instalments come to"},
		{"connect.payment_plan", `"status":"active"`, `"status":"kept"`, "the plan"},
	})
}

// Negative balances, their debits and plans of another platform are unknown (promise 65).
func TestForeignNegatives(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, ctx := m.short(100), m.ctx
	mandate := m.ownMandate(payout.TestAccount)
	l := m.plans(a, 60, 40)
	d := m.debitsNegative(a, mandate, 10)
	today := payout.DayOf(m.Clock.Now(), time.UTC)
	m.requireForeign(map[string]foreign{
		"negative balance": {m.negative(a).ID, func(p *connect.Platform, id string) error { _, err := p.GetNegativeBalance(ctx, id); return err }},
		"debit":            {d.ID, func(p *connect.Platform, id string) error { _, err := p.GetNegativeDebit(ctx, id); return err }},
		"finish":           {d.ID, func(p *connect.Platform, id string) error { return p.Finish(ctx, id) }},
		"plan":             {l.ID, func(p *connect.Platform, id string) error { _, err := p.GetPaymentPlan(ctx, id); return err }},
		"end plan": {l.ID, func(p *connect.Platform, id string) error {
			_, err := p.CancelPaymentPlan(ctx, connect.CancelPaymentPlanRequest{Key: "k", By: boss, PaymentPlanID: id})
			return err
		}},
		"debit of": {a, func(p *connect.Platform, id string) error {
			_, err := p.DebitNegative(ctx, connect.NegativeDebitRequest{Key: "k", AccountID: id, Amount: usd(1), MandateID: mandate})
			return err
		}},
		"plan of": {a, func(p *connect.Platform, id string) error {
			_, err := p.AgreePaymentPlan(ctx, connect.PaymentPlanRequest{Key: "k", By: boss, AccountID: id, Instalments: []connect.PlanInstalment{{Due: today + 1, Amount: usd(1)}}})
			return err
		}},
		"report of": {a, func(p *connect.Platform, id string) error {
			_, err := p.NegativeReport(ctx, connect.NegativeReportRequest{AccountID: id})
			return err
		}},
		"list of": {a, func(p *connect.Platform, id string) error {
			_, err := p.ListNegativeBalances(ctx, connect.ListRequest{AccountID: id})
			return err
		}},
	})
	list, err := m.platform.ListNegativeBalances(ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	for x, err := range m.platform.NegativeDebits(ctx, connect.ListRequest{AccountID: a}) {
		require.NoError(t, err)
		require.Equal(t, d.ID, x.ID)
	}
	plans, err := m.platform.ListPaymentPlans(ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(plans.Items, func(x *connect.PaymentPlan) bool { return x.ID == l.ID }))
}
