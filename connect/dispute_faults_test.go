package connect_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// disputesDay is a day with disputes: told, answered, pulled back, decided. Whoever
// carries on after a crash says all of it again.
func (w *world) disputesDay(t *testing.T) {
	defer survived()
	ctx := context.Background()
	eng := w.engine(t)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US", Disputes: &connect.DisputePolicy{ReturnFee: true}})
	if err != nil {
		return
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return
	}
	for _, x := range []struct{ key, text string }{{"won", connect.TestWinningEvidence}, {"lost", connect.TestLosingEvidence}, {"given up", ""}} {
		c, err := p.Charge(ctx, connect.ChargeRequest{
			Key: x.key, Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCard,
		})
		if err != nil || c.Status != connect.ChargeSucceeded {
			continue
		}
		first := connect.DisputeNews{ID: x.key, Key: c.ID, Amount: usd(1000), Withdrawn: usd(1000)}
		if eng.DisputeNews(ctx, first) != nil {
			continue
		}
		list, err := p.ListDisputes(ctx, connect.ListRequest{ChargeID: c.ID})
		if err != nil {
			continue
		}
		_, _ = p.RecoverDispute(ctx, connect.RecoverDisputeRequest{Key: "back " + x.key, DisputeID: list.Items[0].ID, RefundFee: true})
		last := connect.DisputeNews{ID: x.key, Key: c.ID, Status: connect.DisputeLost}
		if x.key == "won" {
			last.Status, last.Reinstated = connect.DisputeWon, usd(1000)
		}
		_ = eng.DisputeNews(ctx, last)
	}
	w.after(t, eng, 8*24*time.Hour)
}

// Whatever fails between any two steps, the same news and keys bring disputes to the same
// end (promises 13, 24, 26 and 35).
func TestFaultsOfDisputes(t *testing.T) {
	t.Parallel()
	want := whateverFails(t, func(w *world) { w.disputesDay(t) }, func(w *world) map[string]string { return w.balances(t) })
	require.Equal(t, "8.77 USD held 0.00", want["acct available"], "of the one that was won")
}

// Of two processes that hear the same, or one that hears and one that pulls back, each
// thing is booked once.
func TestDisputesAtOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative })
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	n := connect.DisputeNews{ID: "d", Key: c.ID, Amount: usd(1000), Withdrawn: usd(1000)}
	require.NoError(t, m.DisputeNews(m.ctx, n))
	d := m.disputed(c)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			switch i % 3 {
			case 0:
				_ = m.DisputeNews(m.ctx, connect.DisputeNews{ID: "d", Key: c.ID, Status: connect.DisputeLost})
			case 1:
				_, _ = m.platform.RecoverDispute(m.ctx, connect.RecoverDisputeRequest{Key: string(rune('a' + i)), DisputeID: d.ID})
			default:
				_, _ = m.platform.Refund(m.ctx, connect.RefundRequest{Key: string(rune('a' + i)), ChargeID: c.ID})
			}
		})
	}
	wg.Wait()
	d, c = m.disputed(c), m.now(c)
	require.Equal(t, []any{connect.DisputeLost, true, usd(1000), usd(0), usd(1000)}, []any{d.Status, d.Recovered, c.Refunded, c.Refunding, c.Reversed})
	m.verify()
}

// Verify notices what a dispute or its charge says otherwise than the books do, and
// what was booked without a dispute (promise 18).
func TestVerifyFindsOtherDisputes(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Disputes: &connect.DisputePolicy{ClawBack: connect.ClawBackOpened, ReturnFee: true}})
	require.NoError(t, err)
	a := m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative })
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(250)})
	require.NoError(t, err)
	require.NoError(t, m.DisputeNews(m.ctx, connect.DisputeNews{ID: "d", Key: c.ID, Amount: usd(1000), Withdrawn: usd(900), Reinstated: usd(100)}))
	m.verify()
	forge := func(name, kind string, change func(map[string]any)) { store.change(m, name, kind, change) }
	minor := func(path ...string) func(map[string]any) {
		return func(d map[string]any) {
			for _, field := range path {
				d = d[field].(map[string]any)
			}
			d["amountMinor"] = 1
		}
	}
	for name, change := range map[string]func(map[string]any){
		"withdrawn": minor("withdrawn"), "reinstated": minor("reinstated"), "excess": minor("excess"), "amount": minor("amount"), "fee": minor("fee", "amount"),
		"taken": minor("taken", "amount"), "reversal": minor("taken", "reversal"), "fee back": minor("taken", "feeBack"),
		"recovered":    func(d map[string]any) { delete(d, "recovered") },
		"fee returned": func(d map[string]any) { d["fee"].(map[string]any)["returned"] = true },
		"taken status": func(d map[string]any) { d["taken"].(map[string]any)["status"] = "failed" },
		"lost":         func(d map[string]any) { d["taken"].(map[string]any)["status"] = "succeeded" },
		"of another":   func(d map[string]any) { d["taken"].(map[string]any)["charge"] = "ch_other" },
	} {
		forge(name, "connect.dispute", change)
	}
	forge("open", "connect.charge", func(d map[string]any) { d["disputed"] = []string{"a", "b"} })
	forge("none open", "connect.charge", func(d map[string]any) { delete(d, "disputed") })
	store.forge = func(*ledger.Object) {}
	m.verify()
	ref := func(owner, purpose string) ledger.Ref {
		return ledger.Ref{Book: m.platform.ID(), Owner: owner, Purpose: purpose, Currency: ledger.USD}
	}
	_, err = ledger.Update(m.ctx, m.Store(), func(u *ledger.Unit) error {
		u.Post(ledger.Transaction{Book: m.platform.ID(), Reason: "dispute won", Entries: []ledger.Entry{
			{Account: ref(ledger.House, "disputed/simulated"), Amount: usd(-10)}, {Account: ref(m.platform.ID(), "available"), Amount: usd(10)}}})
		return nil
	})
	require.NoError(t, err)
	report, err := m.Verify(m.ctx)
	require.NoError(t, err)
	require.False(t, report.OK())
}
