package connect_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	facts "github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/connect/monitor"
	"github.com/soukhq/souk/ledger"
)

// networked is a simulator that tells the network of a card: mastercard of the German
// one, visa of all others but the Japanese, of which it says nothing.
type networked struct{ *connect.Simulator }

func (n networked) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	a, err := n.Simulator.Authorize(ctx, key, o)
	switch a.Network = "visa"; o.Source {
	case connect.TestCardDE:
		a.Network = "mastercard"
	case connect.TestCardJP:
		a.Network = ""
	}
	return a, err
}

// programs are one of Visa that counts everything by the sales of the month, and
// one of Mastercard by those of the month before: small enough to be reached here.
func programs(t *testing.T) *monitor.Set {
	level := func(count int64, percent string, warns bool) []facts.Fact[monitor.Level] {
		return facts.Is(monitor.Level{Count: count, Percent: decimal.RequireFromString(percent), Warns: warns})
	}
	s, err := monitor.Builtin().With(
		monitor.Program{
			Name: "visa_vamp", Network: "visa", Counts: facts.Is([]string{monitor.FraudWarnings, monitor.FraudDisputes, monitor.OtherDisputes}),
			Sales: facts.Is(monitor.SameMonth), Levels: map[string][]facts.Fact[monitor.Level]{"early": level(2, "10", true), "standard": level(4, "20", false)},
		},
		monitor.Program{
			Name: "mastercard_ecp", Network: "mastercard", Counts: facts.Is([]string{monitor.FraudDisputes, monitor.OtherDisputes}),
			Sales: facts.Is(monitor.PreviousMonth), Levels: map[string][]facts.Fact[monitor.Level]{"ecm": level(2, "50", false)},
		})
	require.NoError(t, err)
	return s
}

// risky is a market with those programmes and a policy.
func risky(t *testing.T, policy connect.RiskPolicy, reserves connect.RiskReserver) *riskMarket {
	var m *market
	sim := networked{connect.NewSimulator(connect.SimulatorConfig{Now: func() time.Time { return m.Clock.Now() }})}
	m = newMarket(t, connecttest.Config{Config: connect.Config{
		Acquirer: sim, Monitor: &connect.MonitorConfig{Programs: programs(t), Reserves: reserves},
	}})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Risk: &policy})
	require.NoError(t, err)
	return &riskMarket{market: m}
}

// riskMarket is a market that remembers which events were seen.
type riskMarket struct {
	*market
	told int
}

// sold makes sales for an account by a card, and returns the last.
func (m *riskMarket) sold(account, card string, n int) (c *connect.Charge) {
	for range n {
		c = m.charge(account, 1000, 100, card)
	}
	return c
}

// dispute disputes a charge, or only asks about it.
func (m *riskMarket) dispute(c *connect.Charge, status connect.DisputeStatus) {
	m.t.Helper()
	require.NoError(m.t, m.DisputeNews(m.ctx, connect.DisputeNews{ID: c.ID, Key: c.ID, Amount: usd(1000), Status: status, Reason: "general"}))
}

// to moves the clock to a day and drains, as a host does.
func (m *riskMarket) to(day string) {
	m.t.Helper()
	at, err := time.Parse("2006-01-02 15:04", day+" 00:01")
	require.NoError(m.t, err)
	m.Clock.Advance(at.Sub(m.Clock.Now()))
	for range 2 {
		_, err := m.Drain(m.ctx)
		require.NoError(m.t, err)
	}
}

// levels are the events of levels of an account since the last call.
func (m *riskMarket) levels(account string) (list []string) {
	all := m.events(m.Store())
	for _, e := range all[m.told:] {
		if e.Object.ID == account && (e.Type == connect.EventRiskWarning || e.Type == connect.EventRiskLimit || e.Type == connect.EventRiskNormal) {
			list = append(list, e.Type)
		}
	}
	m.told = len(all)
	return list
}

func (m *riskMarket) rate(account, program string, month string) connect.DisputeRate {
	m.t.Helper()
	list, err := m.platform.DisputeRates(m.ctx, connect.DisputeRatesRequest{AccountID: account, Month: month})
	require.NoError(m.t, err)
	for _, r := range list {
		if r.Program == program {
			return r
		}
	}
	require.Fail(m.t, "no such programme")
	return connect.DisputeRate{}
}

// paused is a seller who is paused by hand.
func (m *market) paused() string {
	a := m.seller().ID
	_, err := m.platform.PauseAccount(m.ctx, connect.PauseAccountRequest{Key: m.key(), By: legal, AccountID: a, Charges: true, Payouts: true})
	require.NoError(m.t, err)
	return a
}

// Disputes count once each, in the month in which they are heard of: inquiries only once they
// are more, reports of fraud where the network counts them, and what no network is known of
// nowhere.
func TestDisputesAreCounted(t *testing.T) {
	m := risky(t, connect.RiskPolicy{}, nil)
	a, b := m.seller().ID, m.seller().ID
	c := m.sold(a, connect.TestCard, 9)
	m.sold(b, connect.TestCard, 5)
	m.sold(a, connect.TestDeclined, 3)
	m.dispute(c, connect.InquiryNeedsResponse)
	m.dispute(m.sold(a, connect.TestCardJP, 1), connect.DisputeNeedsResponse)
	require.Equal(t, []int64{0, 9}, []int64{m.rate(a, "visa_vamp", "").Counted, m.rate(a, "visa_vamp", "").Sales})
	for range 2 {
		m.dispute(c, connect.DisputeNeedsResponse)
		require.NoError(t, m.WarningNews(m.ctx, connect.WarningNews{ID: "w", Key: c.ID}))
	}
	m.dispute(c, connect.DisputeLost)
	require.NoError(t, m.WarningNews(m.ctx, connect.WarningNews{ID: "alert", Key: c.ID, Kind: connect.WarningAlert}))
	r := m.rate(a, "visa_vamp", "2026-03")
	require.Equal(t, []any{int64(1), int64(0), int64(1), int64(2), int64(9), "22.2222", connect.RateWarning, "early"},
		[]any{r.Warnings, r.FraudDisputes, r.OtherDisputes, r.Counted, r.Sales, r.Percent().String(), r.Level, r.Name})
	require.Equal(t, int64(14), m.rate("", "visa_vamp", "").Sales)
	require.Equal(t, connect.RateWarning, m.rate("", "visa_vamp", "").Level)
	require.Equal(t, int64(0), m.rate(b, "visa_vamp", "").Counted)
	m.to("2026-04-02")
	require.Equal(t, []int64{0, 0}, []int64{m.rate(a, "visa_vamp", "").Counted, m.rate(a, "visa_vamp", "").Sales})
	require.Equal(t, int64(2), m.rate(a, "visa_vamp", "2026-03").Counted)
	for _, month := range []string{"2026-05", "2025-02", "March", "2026-13"} {
		_, err := m.platform.DisputeRates(m.ctx, connect.DisputeRatesRequest{Month: month})
		requireAbout(t, err, "month", month)
	}
}

// A level is told when it is crossed, once, and when it is over: after a whole month
// below it. While it lasts the policy holds.
func TestRiskLevelsWarnAndPause(t *testing.T) {
	m := risky(t, connect.RiskPolicy{Limit: connect.RiskAction{PauseCharges: true, PausePayouts: true}}, nil)
	a, b := m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative }).ID, m.seller().ID
	m.sold(a, connect.TestCardAtOnce, 16)
	for range 3 {
		m.dispute(m.sold(a, connect.TestCardAtOnce, 1), connect.DisputeNeedsResponse)
	}
	require.Empty(t, m.levels(a), "Drain looks at it, the next day")
	m.to("2026-03-03")
	require.Equal(t, []string{connect.EventRiskWarning}, m.levels(a)) // 3 of 19
	m.dispute(m.sold(a, connect.TestCardAtOnce, 1), connect.DisputeNeedsResponse)
	require.Empty(t, m.levels(a))
	m.to("2026-03-04")
	require.Equal(t, []string{connect.EventRiskLimit}, m.levels(a)) // 4 of 20
	require.Empty(t, m.levels(b))
	m.to("2026-03-20")
	require.Empty(t, m.levels(a), "it is told once")

	_, err := m.try(connect.ChargeRequest{Amount: usd(1000), AccountID: a})
	require.Equal(t, "account_paused", codeOf(t, err))
	requireAbout(t, err, "account")
	_, err = m.try(connect.ChargeRequest{Amount: usd(1000), Lines: []connect.Line{{Kind: connect.LineGoods, Amount: usd(1000), Owner: a}}})
	require.Equal(t, "account_paused", codeOf(t, err))
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: m.key(), AccountID: a, Amount: usd(1)})
	require.Equal(t, "account_paused", codeOf(t, err))
	_, err = m.platform.CreateReceiver(m.ctx, connect.ReceiverRequest{Key: m.key(), AccountID: a, Amount: usd(2000), RefundTo: buyer})
	require.Equal(t, "account_paused", codeOf(t, err))
	m.sold(b, connect.TestCard, 1)

	m.to("2026-04-30")
	require.Empty(t, m.levels(a), "March was over it, and stands")
	m.to("2026-05-01")
	require.Equal(t, []string{connect.EventRiskNormal}, m.levels(a))
	m.sold(a, connect.TestCard, 1)
	m.verify()
}

// What a person resumes stays so until the level changes; another network's level does
// not end with the first one's.
func TestRiskOfTwoNetworks(t *testing.T) {
	m := risky(t, connect.RiskPolicy{Limit: connect.RiskAction{PauseCharges: true}, Warning: connect.RiskAction{PausePayouts: true}}, nil)
	a := m.seller().ID
	account := func() *connect.Account {
		x, err := m.platform.GetAccount(m.ctx, a)
		require.NoError(t, err)
		return x
	}
	m.sold(a, connect.TestCardDE, 3) // in March
	m.to("2026-04-01")
	for range 2 {
		m.dispute(m.sold(a, connect.TestCardDE, 1), connect.DisputeNeedsResponse) // 2 of March's 3
	}
	for range 2 {
		m.dispute(m.sold(a, connect.TestCard, 1), connect.DisputeNeedsResponse) // 2 of 2: early
	}
	m.to("2026-04-02")
	require.ElementsMatch(t, []string{connect.EventRiskWarning, connect.EventRiskLimit}, m.levels(a))
	require.Len(t, account().Pauses, 1)
	p := account().Pauses[0]
	require.Equal(t, []any{connect.PauseRates, true, false, "limit"}, []any{p.Cause, p.Charges, p.Payouts, p.Reason}, "the worse of the two")
	r := m.rate(a, "mastercard_ecp", "")
	require.Equal(t, []any{int64(2), int64(3), true, "ecm"}, []any{r.Counted, r.Sales, r.Previous, r.Name})

	_, err := m.platform.ResumeAccount(m.ctx, connect.ResumeAccountRequest{Key: m.key(), By: legal, AccountID: a})
	require.NoError(t, err)
	_, err = m.platform.ResumeAccount(m.ctx, connect.ResumeAccountRequest{Key: m.key(), By: legal, AccountID: a})
	require.Equal(t, "not_paused", codeOf(t, err))
	m.to("2026-04-20")
	require.Empty(t, account().Pauses)
	for range 2 {
		m.dispute(m.sold(a, connect.TestCard, 1), connect.DisputeNeedsResponse) // 4 of 4
	}
	m.to("2026-04-21")
	require.Len(t, account().Pauses, 1)
	_, err = m.platform.PauseAccount(m.ctx, connect.PauseAccountRequest{Key: m.key(), By: legal, AccountID: a, Payouts: true, Reason: "asked"})
	require.NoError(t, err)
	m.to("2026-06-01")
	require.Len(t, account().Pauses, 1, "what was paused by hand stays")
	require.Equal(t, connect.PauseByHand, account().Pauses[0].Cause)
}

// reserves remembers what it was asked to keep back.
type reserves struct{ asked []string }

func (r *reserves) ReserveAtRisk(_ *ledger.Unit, _ *connect.Platform, account string, percent decimal.Decimal) error {
	r.asked = append(r.asked, percent.String())
	return nil
}

// A reserve is asked for in the change of the level, and ended with it.
func TestRiskReserves(t *testing.T) {
	keeps := &reserves{}
	policy := connect.RiskPolicy{Warning: connect.RiskAction{Reserve: decimal.NewFromInt(5)}, Limit: connect.RiskAction{Reserve: decimal.RequireFromString("12.5")}}
	m := risky(t, policy, keeps)
	a := m.seller().ID
	for range 4 {
		m.dispute(m.sold(a, connect.TestCard, 1), connect.DisputeNeedsResponse)
	}
	m.to("2026-03-03")
	m.to("2026-05-01")
	require.Equal(t, []string{"12.5", "0"}, keeps.asked)

	for _, percent := range []string{"-1", "100.01", "1.234"} {
		_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Risk: &connect.RiskPolicy{Limit: connect.RiskAction{Reserve: decimal.RequireFromString(percent)}}})
		requireAbout(t, err, "risk.limit.reserve", percent)
	}
	_, err := connect.New(connect.Config{Monitor: &connect.MonitorConfig{WarnAt: 101}})
	requireAbout(t, err, "monitor")
}

// Where the host keeps none of its own, the engine's reserves keep a part back while the
// level lasts, for as long as cards may be disputed.
func TestRiskReservesByDefault(t *testing.T) {
	m := risky(t, connect.RiskPolicy{Limit: connect.RiskAction{Reserve: decimal.RequireFromString("12.5")}}, nil)
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative }).ID
	for range 4 {
		m.dispute(m.sold(a, connect.TestCard, 1), connect.DisputeNeedsResponse)
	}
	m.sold(a, connect.TestCardAtOnce, 1)
	require.Empty(t, m.reserves(a), "the level is not reached yet")
	m.to("2026-03-03")
	m.sold(a, connect.TestCardAtOnce, 1)
	list := m.reserves(a)
	require.Len(t, list, 1)
	require.Equal(t, []any{connect.ReserveRisk, usd(1000 - 100), usd(113), usd(113)}, []any{list[0].Type, list[0].Net, list[0].Amount, m.has(a).Reserved})
	require.Equal(t, m.today()+120, list[0].ReleaseOn)
	m.verify()
	m.requireExplained()
	m.to("2026-05-02")
	before := len(m.reserves(a))
	m.sold(a, connect.TestCardAtOnce, 1)
	require.Len(t, m.reserves(a), before, "the level is over")
	m.to("2026-09-15")
	for _, r := range m.reserves(a) {
		require.Equal(t, connect.ReserveReleased, r.Status)
	}
	m.verify()
}

// Whoever hears and whoever drains at once, a dispute counts once, and a level is told once
// (promise 61).
func TestRiskAtOnce(t *testing.T) {
	m := risky(t, connect.RiskPolicy{Limit: connect.RiskAction{PauseCharges: true}}, nil)
	a := m.seller().ID
	var list []*connect.Charge
	for range 4 {
		list = append(list, m.sold(a, connect.TestCard, 1))
	}
	m.dispute(list[0], connect.DisputeNeedsResponse)
	m.Clock.Advance(24 * time.Hour)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if i%2 == 0 {
				_, _ = m.Drain(m.ctx)
				return
			}
			for _, c := range list {
				_ = m.DisputeNews(m.ctx, connect.DisputeNews{ID: c.ID, Key: c.ID, Amount: usd(1000)})
			}
		})
	}
	wg.Wait()
	for _, c := range list {
		m.dispute(c, "")
	}
	m.to("2026-03-05")
	require.Equal(t, int64(4), m.rate(a, "visa_vamp", "").Counted)
	limits := 0
	for _, e := range m.levels(a) {
		if e == connect.EventRiskLimit {
			limits++
		}
	}
	require.Equal(t, 1, limits)
	x, err := m.platform.GetAccount(m.ctx, a)
	require.NoError(t, err)
	require.Len(t, x.Pauses, 1)
	m.verify()
}

// Who pauses an account needs the right, and says what is paused.
func TestPauseRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	before := snapshot(t, m.Store())
	for name, x := range map[string]struct {
		r     connect.PauseAccountRequest
		field string
	}{
		"nobody":    {connect.PauseAccountRequest{AccountID: a, Charges: true}, "by.id"},
		"no right":  {connect.PauseAccountRequest{By: connect.Actor{ID: "sue", Rights: []connect.Right{connect.RightSupport}}, AccountID: a, Charges: true}, "by.rights"},
		"of nobody": {connect.PauseAccountRequest{By: legal, AccountID: "acct_other", Charges: true}, ""},
		"nothing":   {connect.PauseAccountRequest{By: legal, AccountID: a}, "charges"},
	} {
		x.r.Key = m.key()
		_, err := m.platform.PauseAccount(m.ctx, x.r)
		require.Error(t, err, name)
		if x.field != "" {
			requireAbout(t, err, x.field, name)
		}
	}
	require.Equal(t, before, snapshot(t, m.Store()))
	_, err := m.platform.PauseAccount(m.ctx, connect.PauseAccountRequest{Key: m.key(), By: legal, AccountID: a, Payouts: true})
	require.NoError(t, err)
	m.charge(a, 1000, 100, connect.TestCard)
	m.verify()
}
