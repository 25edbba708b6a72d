package connect_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// savedDay is a day of customers who save cards, pay with them and have their
// authorizations raised, each step under its own key.
func (w *world) savedDay(t *testing.T) {
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
	k, err := p.CreateCustomer(ctx, connect.CustomerRequest{Key: "k", Name: "Bo"})
	if err != nil {
		return
	}
	save := connect.SaveSourceRequest{
		Key: "s", CustomerID: k.ID, Source: connect.TestSoftDecline, Agreement: agreed, For: []connect.Initiator{connect.NoShow},
	}
	s, err := p.SaveSource(ctx, save)
	if err != nil { // the buyer waits at the shop's page
		s, err = p.SaveSource(ctx, save)
	}
	if err == nil {
		w.clock.Advance(2 * time.Minute) // the lease of a process that crashed is over, and the buyer's hour is not
		_, _ = eng.Drain(ctx)
		w.acq.Act(s.ID+"-3ds", true)
		_, _ = p.ConfirmSource(ctx, connect.ConfirmSourceRequest{Key: "cs", SavedSourceID: s.ID})
	}
	_, _ = p.Charge(ctx, connect.ChargeRequest{
		Key: "first", Amount: usd(2000), AccountID: a.ID, ApplicationFee: usd(200), CustomerID: k.ID, Source: connect.TestCard,
		Save: &connect.SaveTerms{Agreement: agreed, For: []connect.Initiator{connect.Recurring}, Default: true},
	})
	w.after(t, eng, time.Minute)
	_, _ = p.Charge(ctx, connect.ChargeRequest{
		Key: "month", Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), CustomerID: k.ID, Initiation: connect.Initiation{By: connect.Recurring},
	})
	if c, err := p.Charge(ctx, connect.ChargeRequest{Key: "stay", Amount: usd(3000), AccountID: a.ID, Source: connect.TestCard, CaptureLater: true}); err == nil {
		if _, err := p.IncreaseAuthorization(ctx, connect.IncreaseRequest{Key: "more", ChargeID: c.ID, Amount: usd(500)}); err == nil {
			w.after(t, eng, time.Minute)
			_, _ = p.Capture(ctx, connect.CaptureRequest{Key: "all", ChargeID: c.ID})
		}
	}
	w.after(t, eng, 2*24*time.Hour)
}

// saved counts the sources of all customers by how they stand.
func (w *world) saved(t *testing.T) string {
	ctx, count := context.Background(), map[string]int{}
	eng := w.engine(t)
	for p, err := range eng.Platforms(ctx) {
		require.NoError(t, err)
		for s, err := range p.SavedSources(ctx, connect.ListRequest{}) {
			require.NoError(t, err)
			count[string(s.Status)]++
		}
		for k, err := range p.Customers(ctx, connect.ListRequest{}) {
			require.NoError(t, err)
			count["listed"] += len(k.Sources)
		}
	}
	return fmt.Sprint(count)
}

// Whatever fails between any two steps, the same keys bring sources and increases to
// the same end, and nothing is saved or raised twice (promises 24, 26 and 35,
// edge-case 95).
func TestFaultsOfSavedSources(t *testing.T) {
	t.Parallel()
	want := whateverFails(t, func(w *world) { w.savedDay(t) }, func(w *world) map[string]string {
		has := w.balances(t)
		has["saved"] = w.saved(t)
		return has
	})
	require.Equal(t, "map[active:2 listed:2]", want["saved"])
	require.Equal(t, "61.77 USD held 0.00", want["acct available"], "1800 + 877 + 3500")
}

// A customer is deleted while two processes save sources for them and charge them:
// whatever comes first, no source of a deleted customer can be charged, and what is
// listed is what is saved (promise 48).
func TestDeleteRaces(t *testing.T) {
	for range 30 {
		m := newMarket(t, connecttest.Config{})
		k := m.customer("")
		s := m.save(k.ID, connect.TestCard)
		_, p := m.second()
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				_, _ = p.SaveSource(m.ctx, connect.SaveSourceRequest{Key: fmt.Sprint("s", i), CustomerID: k.ID, Source: connect.TestCard, Agreement: agreed})
			})
			wg.Go(func() {
				_, _ = p.Charge(m.ctx, connect.ChargeRequest{
					Key: fmt.Sprint("c", i), Amount: usd(1000), CustomerID: k.ID, Source: connect.TestCardGB, Save: &connect.SaveTerms{Agreement: agreed},
				})
			})
		}
		wg.Go(func() {
			_, err := m.platform.DeleteCustomer(m.ctx, connect.DeleteCustomerRequest{Key: "d", CustomerID: k.ID})
			require.NoError(t, err)
		})
		wg.Wait()
		m.pass(time.Hour)
		require.Empty(t, m.buyer(k.ID).Sources)
		for s, err := range m.platform.SavedSources(m.ctx, connect.ListRequest{CustomerID: k.ID}) {
			require.NoError(t, err)
			require.Equal(t, connect.SourceDetached, s.Status)
		}
		_, err := m.pay(connect.ChargeRequest{Amount: usd(1000), SavedSourceID: s.ID})
		requireCode(t, err, ledger.State, "customer_deleted")
		m.verify()
	}
}

// The same card is saved by several at once: all but the first are told that it was
// there (a decision over a set that hangs on its customer).
func TestTheSameCardAtOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, _ = m.platform.SaveSource(m.ctx, connect.SaveSourceRequest{Key: fmt.Sprint("s", i), CustomerID: k.ID, Source: connect.TestCard, Agreement: agreed})
		})
	}
	wg.Wait()
	m.pass(time.Hour)
	same := map[string]int{}
	for s, err := range m.platform.SavedSources(m.ctx, connect.ListRequest{CustomerID: k.ID}) {
		require.NoError(t, err)
		require.Equal(t, connect.SourceActive, s.Status)
		same[s.SameAs]++
	}
	require.Equal(t, 1, same[""], "%v", same)
	require.Len(t, same, 2, "%v", same)
}

// Each change is told once, in the commit that made it (promise 56).
func TestSavedEvents(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	s := m.save(k.ID, connect.TestExpiresSoon)
	m.save(k.ID, connect.TestChallenge)
	m.save(k.ID, connect.TestDeclined)
	c := m.authorize(m.seller().ID, 1000, 100, connect.TestCard)
	_, err := m.increase(c.ID, 500)
	require.NoError(t, err)
	c = m.authorize(m.seller().ID, 1000, 100, connect.TestIncreaseDeclined)
	_, err = m.increase(c.ID, 500)
	require.NoError(t, err)
	m.Clock.Set(s.Expires)
	m.pass(time.Minute)
	m.pass(time.Minute)
	_, err = m.platform.DeleteCustomer(m.ctx, connect.DeleteCustomerRequest{Key: "d", CustomerID: k.ID})
	require.NoError(t, err)
	told := counts(m.told(""))
	for kind, n := range map[string]int{
		connect.EventCustomerCreated: 1, connect.EventCustomerUpdated: 1, connect.EventCustomerDeleted: 1,
		connect.EventSourcePending: 3, connect.EventSourceSaved: 1, connect.EventSourceActionRequired: 1, connect.EventSourceFailed: 2,
		connect.EventSourceExpired: 1, connect.EventSourceDetached: 1,
		connect.EventIncreaseCreated: 2, connect.EventIncreaseUpdated: 1, connect.EventIncreaseFailed: 1, connect.EventChargeIncreased: 1,
	} {
		require.Equal(t, n, told[kind], kind)
	}
}
