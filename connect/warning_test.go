package connect_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// warned is the one warning of a charge, of which everything was heard by now.
func (m *market) warned(c *connect.Charge) *connect.EarlyWarning {
	m.t.Helper()
	for _, n := range m.Acquirer.WarningNotifications() {
		require.NoError(m.t, m.WarningNews(m.ctx, n))
	}
	list, err := m.platform.ListWarnings(m.ctx, connect.ListRequest{ChargeID: c.ID})
	require.NoError(m.t, err)
	require.Len(m.t, list.Items, 1)
	return list.Items[0]
}

// always is a platform that refunds whatever it is warned of, with the seller's part.
func always(m *market) {
	rule := connect.WarningRule{Refund: connect.RefundAlways, ReverseTransfer: true, RefundFee: true}
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Warnings: &connect.WarningPolicy{Fraud: rule, Alert: rule}})
	require.NoError(m.t, err)
}

func (m *market) refundsOf(c *connect.Charge) []*connect.Refund {
	list, err := m.platform.ListRefunds(m.ctx, connect.ListRequest{ChargeID: c.ID})
	require.NoError(m.t, err)
	return list.Items
}

// What is no news of a warning is refused by name, before anything is written.
func TestWarningNewsRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c, declined, pending := m.charge(a.ID, 1000, 123, connect.TestCard), m.charge(a.ID, 1000, 123, connect.TestDeclined), m.charge(a.ID, 1000, 123, connect.TestReceived)
	good := connect.WarningNews{ID: "w", Key: c.ID}
	before := snapshot(t, m.Store())
	for name, x := range map[string]struct {
		change func(*connect.WarningNews)
		field  string
		class  ledger.Class
	}{
		"no name":             {func(n *connect.WarningNews) { n.ID = "" }, "id", ledger.Invalid},
		"a long name":         {func(n *connect.WarningNews) { n.ID = strings.Repeat("x", 201) }, "id", ledger.Invalid},
		"no such kind":        {func(n *connect.WarningNews) { n.Kind = "rumour" }, "kind", ledger.Invalid},
		"no such type":        {func(n *connect.WarningNews) { n.FraudType = "magic" }, "fraudType", ledger.Invalid},
		"a long code":         {func(n *connect.WarningNews) { n.Network = strings.Repeat("1", 41) }, "network", ledger.Invalid},
		"of nothing":          {func(n *connect.WarningNews) { n.Amount = usd(0) }, "amount", ledger.Invalid},
		"in another currency": {func(n *connect.WarningNews) { n.Amount = ledger.Minor(1, ledger.EUR) }, "amount", ledger.Invalid},
		"of nobody's":         {func(n *connect.WarningNews) { n.Key = "ch_other" }, "key", ledger.NotFound},
		"of a capture":        {func(n *connect.WarningNews) { n.Key = "cap_other" }, "key", ledger.NotFound},
		"of what was refused": {func(n *connect.WarningNews) { n.Key = declined.ID }, "key", ledger.State},
		"of what is pending":  {func(n *connect.WarningNews) { n.Key = pending.ID }, "key", ledger.State},
	} {
		n := good
		x.change(&n)
		err := m.WarningNews(m.ctx, n)
		require.ErrorIs(t, err, x.class, name)
		requireAbout(t, err, x.field, name)
	}
	require.Equal(t, before, snapshot(t, m.Store()))
	require.NoError(t, m.WarningNews(m.ctx, good))
	n := good
	n.Key = m.charge(a.ID, 1000, 123, connect.TestCard).ID
	require.Equal(t, "contradicting_news", codeOf(t, m.WarningNews(m.ctx, n)))
	before = snapshot(t, m.Store())
	require.NoError(t, m.WarningNews(m.ctx, good))
	require.Equal(t, before, snapshot(t, m.Store()), "what says nothing new writes nothing (promise 31)")
	n = good
	n.FraudType, n.Network = "misc", "10.4"
	require.NoError(t, m.WarningNews(m.ctx, n))
	w := m.warned(c)
	require.Equal(t, []any{"misc", "10.4", usd(1000), connect.WarningOpen, "never"}, []any{w.FraudType, w.Network, w.Amount, w.Status, w.Code})
	m.verify()
}

// A policy that cannot be meant is refused by name.
func TestWarningPolicyRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for name, x := range map[string]struct {
		p     connect.WarningPolicy
		field string
	}{
		"no such rule":     {connect.WarningPolicy{Fraud: connect.WarningRule{Refund: "maybe"}}, "warnings.fraud.refund"},
		"below nothing":    {connect.WarningPolicy{Alert: connect.WarningRule{Refund: connect.RefundBelow}}, "warnings.alert.below"},
		"below for always": {connect.WarningPolicy{Alert: connect.WarningRule{Refund: connect.RefundAlways, Below: []ledger.Money{usd(1)}}}, "warnings.alert.below"},
		"below zero":       {connect.WarningPolicy{Alert: connect.WarningRule{Refund: connect.RefundBelow, Below: []ledger.Money{usd(0)}}}, "warnings.alert.below"},
		"twice":            {connect.WarningPolicy{Fraud: connect.WarningRule{Refund: connect.RefundBelow, Below: []ledger.Money{usd(1), usd(2)}}}, "warnings.fraud.below"},
	} {
		_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Warnings: &x.p})
		require.ErrorIs(t, err, ledger.Invalid, name)
		requireAbout(t, err, x.field, name)
	}
}

// However often a warning is told, and whoever drains and acts at once, its payment is given
// back once (promises 9 and 31).
func TestWarningsAtOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	always(m)
	a := m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	fund := m.charge(a.ID, 5000, 0, connect.TestCardAtOnce)
	var wg sync.WaitGroup
	for i := range 9 {
		wg.Go(func() {
			switch i % 3 {
			case 0:
				_ = m.WarningNews(m.ctx, connect.WarningNews{ID: "w", Key: c.ID})
			case 1:
				_, _ = m.Drain(m.ctx)
			default:
				_, _ = m.platform.Refund(m.ctx, connect.RefundRequest{Key: string(rune('a' + i)), ChargeID: c.ID, ReverseTransfer: true, RefundFee: true})
			}
		})
	}
	wg.Wait()
	require.NoError(t, m.WarningNews(m.ctx, connect.WarningNews{ID: "w", Key: c.ID}))
	for range 2 {
		_, err := m.Drain(m.ctx)
		require.NoError(t, err)
	}
	require.Len(t, m.refundsOf(c), 1)
	require.Empty(t, m.refundsOf(fund))
	require.Equal(t, []ledger.Money{usd(1000), usd(0), usd(1000), usd(123)}, []ledger.Money{m.now(c).Refunded, m.now(c).Refunding, m.now(c).Reversed, m.now(c).FeeBack})
	m.verify()
}

// A warning and a dispute of the same payment come in either order: what the buyer has is
// taken once (promise 13).
func TestWarningsAndDisputes(t *testing.T) {
	for _, first := range []string{"warning", "dispute", "drained"} {
		m := newMarket(t, connecttest.Config{})
		always(m)
		c := m.charge(m.seller().ID, 1000, 123, connect.TestCard)
		warn := func() { require.NoError(t, m.WarningNews(m.ctx, connect.WarningNews{ID: "w", Key: c.ID})) }
		if first != "dispute" {
			warn()
		}
		if first == "drained" {
			_, err := m.Drain(m.ctx)
			require.NoError(t, err)
		}
		require.NoError(t, m.DisputeNews(m.ctx, connect.DisputeNews{ID: "d", Key: c.ID, Amount: usd(1000), Withdrawn: usd(1000)}))
		warn()
		_, err := m.Drain(m.ctx)
		require.NoError(t, err)
		w, d := m.warned(c), m.disputed(c)
		if first == "drained" {
			require.Equal(t, []any{connect.WarningActed, usd(1000)}, []any{w.Status, d.Excess})
		} else {
			require.Equal(t, []any{connect.WarningMoot, "disputed"}, []any{w.Status, w.Code}, first)
			require.Empty(t, m.refundsOf(c))
		}
		m.verify()
	}
}

// A refund for a warning that fails may be made again, and the warning explains both. Who
// acts, and why, is told and kept.
func TestActOnWarningAgain(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.charge(m.seller().ID, 1000, 123, connect.TestRefundDeclined)
	require.NoError(t, m.WarningNews(m.ctx, connect.WarningNews{ID: "w", Key: c.ID, Kind: connect.WarningAlert}))
	w := m.warned(c)
	act := func() (*connect.EarlyWarning, error) {
		return m.platform.ActOnWarning(m.ctx, connect.ActOnWarningRequest{Key: m.key(), By: clerk, WarningID: w.ID, Reason: "a gang"})
	}
	_, err := m.platform.DismissWarning(m.ctx, connect.DismissWarningRequest{Key: m.key(), By: clerk, WarningID: w.ID})
	require.NoError(t, err)
	one, err := act()
	require.NoError(t, err)
	two, err := act()
	require.NoError(t, err, "the first was declined")
	require.NotEqual(t, one.Refund, two.Refund)
	require.Equal(t, []any{clerk.ID, "a gang", connect.WarningActed}, []any{two.Signed.Author, two.Reason, two.Status})
	r, err := m.platform.GetRefund(m.ctx, one.Refund)
	require.NoError(t, err)
	require.Equal(t, []any{"fraudulent", connect.RefundFailed}, []any{r.Reason, r.Status})
	_, err = m.platform.DismissWarning(m.ctx, connect.DismissWarningRequest{Key: m.key(), By: clerk, WarningID: w.ID})
	require.Equal(t, "invalid_state", codeOf(t, err))
	requireAbout(t, err, "warning")
	x, err := m.platform.Explain(m.ctx, w.ID)
	require.NoError(t, err)
	found := 0
	for _, o := range x.Objects {
		if o.What == "warning" || o.What == "refund" {
			found++
		}
	}
	require.Equal(t, 3, found)
	m.verify()
}

// A charge that is given back at the rate of the day is, for a warning too, once there is
// one, by rule and by hand.
func TestWarningAtTheRateOfTheDay(t *testing.T) {
	m, q, c := ofDay(t, nil)
	always(m)
	require.NoError(t, m.WarningNews(m.ctx, connect.WarningNews{ID: "w", Key: c.ID}))
	q.down = true
	done, err := m.Drain(m.ctx)
	require.NoError(t, err)
	require.Error(t, done.Err)
	require.Equal(t, connect.WarningDue, m.warned(c).Status)
	act := connect.ActOnWarningRequest{Key: m.key(), By: clerk, WarningID: m.warned(c).ID, ReverseTransfer: true}
	_, err = m.platform.ActOnWarning(m.ctx, act)
	require.ErrorIs(t, err, ledger.Unavailable)
	q.down = false
	_, err = m.platform.ActOnWarning(m.ctx, act)
	require.NoError(t, err)
	_, err = m.Drain(m.ctx)
	require.NoError(t, err)
	r := m.refundsOf(c)
	require.Len(t, r, 1)
	require.NotNil(t, r[0].Day)
	m.verify()
}

// Verify notices a warning that says otherwise than its refund does (promise 18).
func TestVerifyFindsOtherWarnings(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	always(m)
	c := m.charge(m.seller().ID, 1000, 123, connect.TestWarned)
	m.warned(c)
	_, err := m.Drain(m.ctx)
	require.NoError(t, err)
	m.verify()
	for name, change := range map[string]func(map[string]any){
		"status": func(d map[string]any) { d["status"] = "open" },
		"refund": func(d map[string]any) { d["refund"] = "re_other" },
		"none":   func(d map[string]any) { delete(d, "refund") },
		"charge": func(d map[string]any) { d["charge"] = "ch_other" },
	} {
		store.change(m, name, "connect.early_warning", change)
	}
}

// warningsDay is a day with warnings. Whoever carries on after a crash is told again.
func (w *world) warningsDay(t *testing.T) {
	defer survived()
	ctx := context.Background()
	eng := w.engine(t)
	rule := connect.WarningRule{Refund: connect.RefundAlways, ReverseTransfer: true, RefundFee: true}
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US", Warnings: &connect.WarningPolicy{Fraud: rule}})
	if err != nil {
		return
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return
	}
	c, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCard})
	if err == nil && c.Status == connect.ChargeSucceeded {
		_ = eng.WarningNews(ctx, connect.WarningNews{ID: "w", Key: c.ID})
	}
	w.after(t, eng, time.Hour)
}

// Whatever fails between any two steps, a warning's payment is given back once (promises
// 9, 24, 26 and 35).
func TestFaultsOfWarnings(t *testing.T) {
	t.Parallel()
	want := whateverFails(t, func(w *world) { w.warningsDay(t) }, func(w *world) map[string]string { return w.balances(t) })
	require.Equal(t, map[string]string{"hous processing_fees": "0.59 USD held 0.00", "plat pending/2026-03-04": "-0.59 USD held 0.00"}, want)
}
