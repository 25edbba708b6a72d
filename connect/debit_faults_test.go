package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// debitsDay is a fortnight of debits, each step under its own key: at once and with
// notice, one that comes back and is presented again, a refund, a mandate that is
// changed and one that is let go.
func (w *world) debitsDay(t *testing.T) {
	defer survived()
	ctx := context.Background()
	eng := w.engine(t)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	if err != nil {
		return
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return
	}
	mandate := func(key, token string) string {
		m, err := p.CreateMandate(ctx, achMandate(key, token))
		if err != nil {
			return ""
		}
		return m.ID
	}
	charge := func(key, mandate string, on payout.Day) string {
		c, err := p.Charge(ctx, connect.ChargeRequest{
			Key: key, MandateID: mandate, Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), CollectOn: on,
		})
		if err != nil {
			return ""
		}
		return c.ID
	}
	start := payout.DayOf(connecttest.Start, time.UTC)
	good, short := mandate("good", payout.TestAccount), mandate("short", payout.TestDebitReturn+"R01")
	now, back := charge("now", good, 0), charge("back", short, 0)
	later := charge("later", good, start+200)
	_, _ = p.AmendMandate(ctx, connect.AmendMandateRequest{Key: "amend", MandateID: good, Name: "Other"})
	w.after(t, eng, 4*24*time.Hour)
	if now != "" {
		_, _ = p.Refund(ctx, connect.RefundRequest{Key: "refund", ChargeID: now, Amount: usd(250), ReverseTransfer: true, RefundFee: true})
	}
	if back != "" {
		_, _ = p.Represent(ctx, connect.RepresentRequest{Key: "again", ChargeID: back})
	}
	if later != "" {
		_, _ = p.Cancel(ctx, connect.CancelRequest{Key: "void", ChargeID: later})
	}
	w.after(t, eng, 6*24*time.Hour)
}

// Whatever fails between any two steps, the same keys bring debits to the same end,
// and nobody is debited twice (promises 15, 24, 26 and 35, edge-case 95).
func TestFaultsOfDebits(t *testing.T) {
	t.Parallel()
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable} {
		days := func(w *world) map[string]string {
			w.debitsDay(t)
			w.store.Heal()
			w.debitsDay(t)
			w.debitsDay(t)
			w.after(t, w.engine(t), 10*24*time.Hour) // what settled late is available, too
			return w.balances(t)
		}
		clean := newWorld(kind)
		clean.debitsDay(t)
		calls := clean.store.Log()
		want := days(newWorld(kind))
		n := 0
		for plan := range plans(calls) {
			if n++; kind == ledger.Askable && n%7 != 0 || kind == ledger.Keyed && n%2 != 0 {
				continue // a part is enough: tests of charges and payouts have all
			}
			w := newWorld(kind, plan)
			require.Equal(t, want, days(w), "%s %s", kind, plan.String())
			w.verify(t)
			w.debitedOnce(t)
		}
	}
}

// debitedOnce asserts that the rail acted once on each charge and refund.
func (w *world) debitedOnce(t *testing.T) {
	t.Helper()
	eng := w.engine(t)
	ctx := context.Background()
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	require.NoError(t, err)
	debits := 0
	for c, err := range p.Charges(ctx, connect.ListRequest{}) {
		require.NoError(t, err)
		require.LessOrEqual(t, w.rail.Taken(c.ID+"-1"), 1)
		debits += w.rail.Taken(c.ID + "-1")
	}
	require.Equal(t, 3, debits)
}
