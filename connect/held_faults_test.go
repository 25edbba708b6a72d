package connect_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
)

// heldDay has shares that wait: one is released in part, refunded in part and
// delivered, one waits too long, one is of a goal that is not met, and one is a
// transfer of which a part is reversed. Each step has its own key.
func (w *world) heldDay(t *testing.T) {
	ctx, eng := context.Background(), w.engine(t)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	if err != nil {
		return
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return
	}
	pay := func(key, group string, h connect.HoldTerms) string {
		c, err := p.Charge(ctx, connect.ChargeRequest{
			Key: key, Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCard, TransferGroup: group, Hold: &h,
		})
		if err != nil {
			return "ch_none"
		}
		return c.ID
	}
	one := pay("1", "", connect.HoldTerms{Until: connect.HoldEvent, Days: 1, LongestDays: 4})
	_, _ = p.Release(ctx, connect.ReleaseRequest{Key: "release", ChargeID: one, Amount: usd(400)})
	_, _ = p.Refund(ctx, connect.RefundRequest{Key: "refund", ChargeID: one, Amount: usd(250), ReverseTransfer: true, RefundFee: true})
	_, _ = p.ReportEvent(ctx, connect.EventRequest{Key: "delivered", ChargeID: one})
	pay("2", "", connect.HoldTerms{LongestDays: 1, AtEnd: connect.HoldRefunds})
	pay("3", "well", connect.HoldTerms{LongestDays: 3, AtEnd: connect.HoldRefunds})
	_, _ = p.RefundGroup(ctx, connect.GroupRequest{Key: "group", TransferGroup: "well"})
	if c, err := p.Charge(ctx, connect.ChargeRequest{Key: "own", Amount: usd(9000), Source: connect.TestCard}); err == nil {
		r := connect.TransferRequest{Key: "share", ChargeID: c.ID, To: a.ID, Amount: usd(7000), Hold: &connect.HoldTerms{LongestDays: 4}}
		if tr, err := p.Transfer(ctx, r); err == nil {
			_, _ = p.ReverseTransfer(ctx, connect.ReverseTransferRequest{Key: "back", TransferID: tr.ID, Amount: usd(2000)})
		}
	}
}

// A crash, a lost answer or a lost race between any two steps comes to the same end
// (promises 19, 24, 26 and 35; edge-case 95).
func TestFaultsOfHeldShares(t *testing.T) {
	t.Parallel()
	days := func(w *world) map[string]string {
		for range 3 {
			survive(func() { w.heldDay(t) })
			survive(func() { w.soon(w.engine(t)) })
		}
		w.store.Heal()
		w.heldDay(t)
		for range 7 {
			w.after(t, w.engine(t), 24*time.Hour)
		}
		w.heldDay(t) // the keys are used again
		return w.balances(t)
	}
	clean := newWorld(ledger.Keyed)
	clean.heldDay(t)
	calls := append(clean.store.Log(), slices.Repeat([]faults.Call{{Commit: true}}, 40)...) // and some of the drains
	want := days(newWorld(ledger.Keyed))
	require.Equal(t, "56.58 USD held 0.00", want["acct available"], "877 - 219 and 7000 - 2000")
	for plan := range plans(calls) {
		w := newWorld(ledger.Keyed, plan)
		require.Equal(t, want, days(w), plan.String())
		w.verify(t)
	}
}

// Of many who release and refund at once, in two processes that drain, nobody gets
// more than there is (promises 9 and 19).
func TestReleasesAndRefundsAtOnce(t *testing.T) {
	for range 5 {
		m := newMarket(t, connecttest.Config{})
		a := m.seller()
		c := m.hold(a.ID, connect.HoldTerms{LongestDays: 1, AtEnd: connect.HoldRefunds})
		second, there := m.second()
		m.Clock.Advance(25 * time.Hour)
		var wg sync.WaitGroup
		errs := make([]error, 12)
		for i := range errs {
			p := []*connect.Platform{m.platform, there}[i%2]
			wg.Go(func() {
				switch i % 3 {
				case 0:
					_, errs[i] = p.Release(m.ctx, connect.ReleaseRequest{Key: fmt.Sprint("k", i), ChargeID: c.ID, Amount: usd(300)})
				case 1:
					_, errs[i] = p.Refund(m.ctx, connect.RefundRequest{Key: fmt.Sprint("k", i), ChargeID: c.ID, Amount: usd(300), ReverseTransfer: true, RefundFee: true})
				default:
					_, errs[i] = []*connect.Engine{m.Engine, second}[i%2].Drain(m.ctx)
				}
			})
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				var e *ledger.Error
				require.ErrorAs(t, err, &e)
				require.Contains(t, []ledger.Class{ledger.State, ledger.InsufficientFunds}, e.Class, "%v", err)
			}
		}
		m.pass(24 * time.Hour)
		require.True(t, m.has(a.ID).Waiting.IsZero())
		s, now := m.share(c.ID), m.now(c)
		require.Equal(t, now.Amount.Minor()-now.Refunded.Minor(), m.has(a.ID).Available.Minor()+m.has(a.ID).Pending.Minor()+
			now.ApplicationFee.Minor()-now.FeeBack.Minor(), "what is not refunded is the seller's and the platform's: %v", s)
		m.verify()
	}
}

// permute calls fn with all orders of a list.
func permute[T any](list []T, fn func([]T)) {
	var next func(n int)
	next = func(n int) {
		if n == 1 {
			fn(list)
			return
		}
		for i := range n {
			next(n - 1)
			if n%2 == 0 {
				list[i], list[n-1] = list[n-1], list[i]
			} else {
				list[0], list[n-1] = list[n-1], list[0]
			}
		}
	}
	next(len(list))
}

// In whatever order a delivery, a complaint and its end, a refund, a release and the
// failure of the payment are heard of, they come to the same end.
func TestHeldInAnyOrder(t *testing.T) {
	steps := map[string]func(m *market, c string) error{
		"delivered": func(m *market, c string) error {
			_, err := m.platform.ReportEvent(m.ctx, connect.EventRequest{Key: m.key(), ChargeID: c})
			return err
		},
		"complains": func(m *market, c string) error {
			_, err := m.platform.OpenComplaint(m.ctx, connect.ComplaintRequest{Key: m.key(), ChargeID: c})
			return err
		},
		"settles": func(m *market, c string) error {
			_, err := m.platform.CloseComplaint(m.ctx, connect.CloseComplaintRequest{Key: m.key(), ChargeID: c, Then: connect.HoldReleases})
			return err
		},
		"wins": func(m *market, c string) error {
			_, err := m.platform.CloseComplaint(m.ctx, connect.CloseComplaintRequest{Key: m.key(), ChargeID: c, Then: connect.HoldRefunds})
			return err
		},
		"release": func(m *market, c string) error {
			_, err := m.platform.Release(m.ctx, connect.ReleaseRequest{Key: m.key(), ChargeID: c, Amount: usd(200)})
			return err
		},
		"refund": func(m *market, c string) error {
			_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c, Amount: usd(250), ReverseTransfer: true, RefundFee: true})
			return err
		},
		"fails": func(m *market, c string) error {
			return m.News(m.ctx, connect.News{Key: c, Answer: connect.Answer{Status: connect.Failed, Code: "x"}})
		},
	}
	for _, x := range []struct {
		steps    []string
		seller   int64
		platform int64 // -1: it depends on whether the buyer was refunded before
	}{
		{[]string{"delivered", "complains", "settles", "release", "refund"}, 658, 33},
		{[]string{"delivered", "complains", "wins", "refund", "fails"}, 0, -1},
	} {
		permute(x.steps, func(order []string) {
			m := newMarket(t, connecttest.Config{})
			a := m.seller()
			// Nobody who still complains at the end has their money kept.
			c := m.hold(a.ID, connect.HoldTerms{Until: connect.HoldEvent, Days: 1, LongestDays: 20})
			for _, step := range order {
				err := steps[step](m, c.ID)
				if err != nil {
					require.ErrorIs(t, err, ledger.State, "%v: %s", order, step)
				}
				m.pass(time.Hour)
				m.verify()
			}
			if m.share(c.ID).Complaint != nil && m.share(c.ID).Complaint.Closed.IsZero() {
				_ = steps["settles"](m, c.ID)
			}
			m.pass(30 * 24 * time.Hour)
			m.verify()
			b := m.has(a.ID)
			require.Equal(t, x.seller, b.Available.Minor()+b.Pending.Minor(), "%v", order)
			require.True(t, b.Waiting.IsZero() && m.has("").Waiting.IsZero(), "%v", order)
			if p := m.has(""); x.platform >= 0 {
				require.Equal(t, x.platform, p.Available.Minor()+p.Pending.Minor(), "%v", order)
			}
		})
	}
}
