package connect_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	mkt "github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

func isMonths(n int) []mkt.Fact[int] { return mkt.Is(n) }

// told lists the types of a platform's events about one object, or with no id about all.
func (m *market) told(id string) []string {
	m.t.Helper()
	var list []string
	var cursor ledger.Cursor
	for {
		events, next, err := m.platform.Events(m.ctx, cursor, 0)
		require.NoError(m.t, err)
		for _, e := range events {
			if id == "" || e.Object.ID == id {
				list = append(list, e.Type)
			}
		}
		if cursor = next; len(events) == 0 {
			return list
		}
	}
}

// Nothing is handed over before the day: not by the verb, not by its replay, not by
// Finish, not by Drain. The notice comes n days before, once (promise 56).
func TestNothingIsSubmittedEarly(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.mandate(sepaMandate("m", payout.TestAccount))
	start := payout.DayOf(connecttest.Start, time.UTC) // Monday the 2nd
	r := connect.ChargeRequest{Key: "c", MandateID: x.ID, Amount: ledger.Minor(1000, ledger.EUR), CollectOn: start + 20}
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, "2026-03-23", c.Debit.CollectOn.String(), "the 22nd is a Sunday")
	require.Equal(t, "2026-03-20", c.Debit.SubmitOn.String())
	require.Equal(t, "2026-03-09", c.Debit.NoticeOn.String())
	noticed := -1
	for day := range 22 {
		replay, err := m.platform.Charge(m.ctx, r)
		require.NoError(t, err)
		require.True(t, replay.Replayed)
		require.NoError(t, m.platform.Finish(m.ctx, c.ID))
		now := m.now(c)
		today := start + payout.Day(day)
		told := slices.Contains(m.told(c.ID), connect.EventDebitNotice)
		require.Equal(t, today >= c.Debit.NoticeOn, told, today)
		require.Equal(t, today >= c.Debit.SubmitOn, now.Status != connect.ChargeScheduled, "%s: %s", today, now.Status)
		taken := 0
		if today >= c.Debit.SubmitOn {
			taken = 1
		}
		require.Equal(t, taken, m.Rail.Taken(c.ID+"-1"), today)
		if told && noticed < 0 {
			noticed = day
		}
		m.pass(24 * time.Hour)
	}
	require.Equal(t, 7, noticed)
	require.Equal(t, connect.ChargeSucceeded, m.now(c).Status)
	require.Equal(t, []string{
		connect.EventChargePending, connect.EventDebitNotice, connect.EventChargeUpdated, connect.EventChargeUpdated, connect.EventChargeSucceeded,
	}, m.told(c.ID))
	m.verify()
}

// Where nobody drained for a while the debtor still has their days: what was announced
// late is due later.
func TestLateNoticePostpones(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.mandate(sepaMandate("m", payout.TestAccount))
	start := payout.DayOf(connecttest.Start, time.UTC)
	c, err := m.collect(connect.ChargeRequest{MandateID: x.ID, Amount: ledger.Minor(1000, ledger.EUR), CollectOn: start + 21})
	require.NoError(t, err)
	m.Clock.Advance(30 * 24 * time.Hour) // the 1st of April
	m.pass(time.Minute)
	now := m.now(c)
	require.Equal(t, connect.ChargeScheduled, now.Status)
	require.Equal(t, "2026-04-15", now.Debit.CollectOn.String())
	require.Equal(t, now.Debit.CollectOn, m.mandateNow(x.ID).LastUse)
	m.Clock.Advance(20 * 24 * time.Hour) // after its day
	m.pass(time.Minute)
	now = m.now(c)
	require.Equal(t, "2026-04-22", now.Debit.CollectOn.String(), "on the banking day after")
	require.Equal(t, connect.ChargeProcessing, now.Status)
	m.pass(3 * 24 * time.Hour)
	require.Equal(t, connect.ChargeSucceeded, m.now(c).Status)
	m.verify()
}

// A charge that was recorded in the host's transaction is handed over after its
// commit, and a preview shows it and leaves no trace (edge case 94).
func TestDebitsJoinedAndPreviewed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	x := m.mandate(achMandate("m", payout.TestAccount))
	r := connect.ChargeRequest{Key: "k", MandateID: x.ID, Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123)}
	before := snapshot(t, m.Store())
	shown, err := m.platform.Preview().Charge(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeProcessing, shown.Status)
	require.Equal(t, "2026-03-03", shown.Debit.CollectOn.String())
	_, err = m.platform.In(ledger.Overlay(m.Store())).Charge(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, before, snapshot(t, m.Store()))

	inside := m.platform.In(m.Store())
	c, err := inside.Charge(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeScheduled, c.Status)
	require.Equal(t, 0, m.Rail.Taken(c.ID+"-1"))
	let, err := inside.Charge(m.ctx, connect.ChargeRequest{Key: "k2", MandateID: x.ID, Amount: usd(1000)})
	require.NoError(t, err)
	void, err := inside.Cancel(m.ctx, connect.CancelRequest{Key: "v", ChargeID: let.ID, Reason: "duplicate"})
	require.NoError(t, err)
	require.Equal(t, connect.StepSucceeded, void.Status)
	again, err := inside.Cancel(m.ctx, connect.CancelRequest{Key: "v", ChargeID: let.ID, Reason: "duplicate"})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.NoError(t, m.platform.Finish(m.ctx, c.ID))
	require.NoError(t, m.platform.Finish(m.ctx, let.ID))
	require.Equal(t, 1, m.Rail.Taken(c.ID+"-1"))
	require.Equal(t, 0, m.Rail.Taken(let.ID+"-1"))
	m.pass(24 * time.Hour)
	require.Equal(t, connect.ChargeSucceeded, m.now(c).Status)
	m.verify()
}

// Rails of all kinds: an answer that was lost is found out, or rests until news comes,
// and nobody is debited twice (promises 15, 26).
func TestDebitsOverAllRails(t *testing.T) {
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for _, token := range []string{
			payout.TestLostAnswer, payout.TestLostRequest, payout.TestToldTwice, payout.TestPaidAfterReturned, payout.TestStalled,
			payout.TestRefused, "btok_nobody",
		} {
			m := newMarket(t, connecttest.Config{RailDelivery: kind})
			x := m.mandate(achMandate("m", token))
			c := m.debited(x.ID, m.seller().ID, 1000, 123)
			m.pass(10 * 24 * time.Hour)
			m.Rail.Release(c.ID + "-1")
			m.pass(24 * time.Hour)
			want := connect.ChargeSucceeded
			switch {
			case token == payout.TestLostRequest && kind == ledger.Blind:
				want = connect.ChargeUnknown
			case token == payout.TestRefused, token == "btok_nobody", token == payout.TestPaidAfterReturned:
				want = connect.ChargeFailed
			}
			require.Equal(t, want, m.now(c).Status, "%s %s", kind, token)
			require.LessOrEqual(t, m.Rail.Taken(c.ID+"-1"), 1)
			m.verify()
		}
	}
}

// Whatever order the bank's words come in, and however often, the end is the same
// (promise 31).
func TestNewsOfDebitsInAnyOrder(t *testing.T) {
	news := func(m *market, c *connect.Charge) []payout.Update {
		day := connecttest.Start.Add(48 * time.Hour)
		u := func(id string, kind payout.UpdateKind, code string) payout.Update {
			return payout.Update{ID: id, Key: c.ID + "-1", Kind: kind, Code: code, Amount: c.Amount, At: day}
		}
		return []payout.Update{
			u("1", payout.UpdateSettled, ""), u("2", payout.UpdateReturned, "R10"), u("1", payout.UpdateSettled, ""), u("2", payout.UpdateReturned, "R10"),
			u("3", payout.UpdateSettled, ""),
		}
	}
	var want map[string]string
	permutations(5, func(order []int) {
		m := newMarket(t, connecttest.Config{})
		a := m.seller()
		x := m.mandate(achMandate("m", payout.TestStalled))
		c := m.debited(x.ID, a.ID, 1000, 123)
		list := news(m, c)
		for _, n := range order {
			require.NoError(t, m.RailNews(m.ctx, list[n]))
		}
		now := m.now(c)
		require.Equal(t, connect.ChargeFailed, now.Status)
		require.Equal(t, "R10", now.Code)
		require.Equal(t, "debit_not_authorized", now.Debit.Means)
		require.Equal(t, connect.MandateCanceled, m.mandateNow(x.ID).Status)
		rates, err := m.platform.ReturnRates(m.ctx, connect.ReturnRatesRequest{Scheme: "ach"})
		require.NoError(t, err)
		require.Equal(t, int64(1), rates[2].Debits)
		require.Equal(t, int64(1), rates[2].Returned)
		m.verify()
		if want == nil {
			want = m.balances()
		}
		require.Equal(t, want, m.balances(), order)
	})
}

// News that cannot be is refused, kept for a person, and changes nothing.
func TestOddNewsOfDebits(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.mandate(achMandate("m", payout.TestStalled))
	c := m.debited(x.ID, "", 1000, 0)
	later, err := m.collect(connect.ChargeRequest{MandateID: x.ID, Amount: usd(1000), CollectOn: c.Debit.CollectOn + 30})
	require.NoError(t, err)
	card := m.charge(m.seller().ID, 1000, 0, connect.TestReceived)
	refused := m.debited(m.mandate(achMandate("m2", payout.TestRefused)).ID, "", 1000, 0)
	before := snapshot(t, m.Store())
	good := payout.Update{ID: "x", Key: c.ID + "-1", Kind: payout.UpdateSettled, Amount: usd(1000), At: m.Clock.Now()}
	for what, odd := range map[string]struct {
		change func(*payout.Update)
		code   string
	}{
		"another amount":      {func(n *payout.Update) { n.Amount = usd(999) }, "amount_mismatch"},
		"another return":      {func(n *payout.Update) { n.Amount, n.Kind = usd(999), payout.UpdateReturned }, "amount_mismatch"},
		"a payout's word":     {func(n *payout.Update) { n.Kind = payout.UpdatePaid }, "invalid_update"},
		"another attempt":     {func(n *payout.Update) { n.Key = c.ID + "-2" }, "not_found"},
		"nobody's":            {func(n *payout.Update) { n.Key = "ch_nobody-1" }, "not_found"},
		"a card's":            {func(n *payout.Update) { n.Key = card.ID + "-1" }, "not_found"},
		"one that waits":      {func(n *payout.Update) { n.Key = later.ID + "-1" }, "contradicting_news"},
		"one that was denied": {func(n *payout.Update) { n.Key = refused.ID + "-1" }, "contradicting_news"},
		"no refund":           {func(n *payout.Update) { n.Key = "re_nobody-1" }, "not_found"},
	} {
		n := good
		odd.change(&n)
		var e *ledger.Error
		require.ErrorAs(t, m.RailNews(m.ctx, n), &e, what)
		require.Equal(t, odd.code, e.Code, what)
		require.Equal(t, before, snapshot(t, m.Store()), what)
	}
	require.ErrorIs(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Amount: usd(1000)}}), ledger.NotFound,
		"it is not the acquirer's")
	require.NoError(t, m.RailNews(m.ctx, good))
	m.verify()
}

// A return is booked whenever it comes, and flagged where the scheme knows no such one.
func TestFlagsOfReturns(t *testing.T) {
	for _, c := range []struct {
		code string
		days int
		flag connect.DebitFlag
	}{
		{"R10", 59, ""}, {"R10", 60, ""}, {"R10", 61, connect.ReturnedLate}, {"R01", 2, ""}, {"R01", 4, connect.ReturnedLate},
		{"R06", 4000, ""}, {"R99", 1, connect.ReturnedUnlisted}, {"", 1, connect.ReturnedUnlisted}, {"insufficient_funds", 1, ""},
	} {
		m := newMarket(t, connecttest.Config{})
		x := m.mandate(achMandate("m", payout.TestStalled))
		ch := m.debited(x.ID, m.seller().ID, 1000, 100)
		for id, n := range []payout.Update{
			{Kind: payout.UpdateSettled, At: connecttest.Start},
			{Kind: payout.UpdateReturned, Code: c.code, At: connecttest.Start.AddDate(0, 0, c.days)},
		} {
			n.ID, n.Key, n.Amount = fmt.Sprint(id), ch.ID+"-1", ch.Amount
			require.NoError(t, m.RailNews(m.ctx, n))
		}
		now := m.now(ch)
		require.Equal(t, c.flag, now.Debit.Flag, "%+v", c)
		require.Equal(t, connect.ChargeFailed, now.Status)
		require.Equal(t, usd(1000), now.Failure.Amount)
		m.verify()
	}
}

// noDebits is a rail that only pays.
type noDebits struct{ payout.Rail }

func (n noDebits) Info() payout.RailInfo {
	i := n.Rail.Info()
	i.Debits = nil
	return i
}

// A rail that does not debit is never asked to.
func TestRailWithoutDebits(t *testing.T) {
	_, p := platformOn(t, connect.Config{Rail: noDebits{payout.NewSimulator(payout.SimulatorConfig{})}})
	_, err := p.CreateMandate(context.Background(), achMandate("m", payout.TestAccount))
	requireCode(t, err, ledger.State, "unsupported_scheme")
}

// What another engine's rail has is not touched by this one's.
func TestDebitsOfAnotherRail(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.mandate(achMandate("m", payout.TestAccount))
	c, err := m.platform.In(m.Store()).Charge(m.ctx, connect.ChargeRequest{Key: "k", MandateID: x.ID, Amount: usd(1000)})
	require.NoError(t, err)
	settled := m.debited(x.ID, "", 2000, 0)
	other, err := connect.New(connect.Config{Store: m.Store(), Now: m.Clock.Now, Acquirer: m.Acquirer,
		Rail: payout.NewSimulator(payout.SimulatorConfig{Name: "other", Now: m.Clock.Now})})
	require.NoError(t, err)
	p, err := other.Platform(m.ctx, m.platform.ID())
	require.NoError(t, err)
	require.NoError(t, p.Finish(m.ctx, c.ID))
	_, err = other.Drain(m.ctx)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeScheduled, m.now(c).Status)
	require.ErrorIs(t, other.RailNews(m.ctx, payout.Update{ID: "x", Key: settled.ID + "-1", Kind: payout.UpdateSettled, Amount: usd(2000)}), ledger.NotFound)
	m.pass(24 * time.Hour)
	require.Equal(t, connect.ChargeProcessing, m.now(c).Status)
	_, err = p.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: settled.ID})
	requireCode(t, err, ledger.State, "other_rail")
	m.verify()
}
