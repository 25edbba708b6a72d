package connect_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Without a delay money is available at once, not lost behind today's release.
func TestADelayOfNoDays(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	p, err := m.Register(m.ctx, connect.PlatformRequest{Key: "p0", Name: "P", Country: "US", Delay: &payout.Delay{}})
	require.NoError(t, err)
	m.pass(time.Minute) // Drain runs, as it does every second
	_, err = p.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	for range 30 {
		m.pass(24 * time.Hour)
	}
	b, err := p.Balance(m.ctx, "")
	require.NoError(t, err)
	require.Equal(t, usd(941), b.In(ledger.USD).Available)
}

// One process with a wrong clock drained once: what is charged for days that it
// has released already becomes available all the same (promise 61).
func TestAReleaseThatRanAheadStrandsNothing(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	now := m.Clock.Now()
	m.Clock.Set(now.AddDate(0, 1, 0)) // one process with a wrong clock drains once
	_, err := m.Drain(m.ctx)
	require.NoError(t, err)
	m.Clock.Set(now)
	m.charge(a.ID, 1000, 100, connect.TestCard)
	for range 60 {
		m.pass(24 * time.Hour)
	}
	require.Equal(t, usd(900), m.has(a.ID).Available, "pending %v", m.has(a.ID).Pending)
}

type late struct {
	ledger.Store
	before func()
}

func (l *late) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if l.before != nil {
		for _, a := range c.Open {
			if strings.HasPrefix(a.Purpose, "pending/") {
				fn := l.before
				l.before = nil
				fn()
				break
			}
		}
	}
	return l.Store.Commit(ctx, c)
}

// A charge that is committed as its day is released lands in a day that is
// already past, and is found there.
func TestAChargeThatMeetsMidnight(t *testing.T) {
	store := &late{Store: ledger.NewMemory()}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}, Start: time.Date(2026, 3, 2, 23, 59, 59, 0, time.UTC)})
	p, err := m.Register(m.ctx, connect.PlatformRequest{Key: "p0", Name: "P", Country: "US", Delay: &payout.Delay{Days: 1}})
	require.NoError(t, err)
	m.pass(0)
	store.before = func() { // between the clock being read and the commit, midnight passes and another process drains
		m.Clock.Advance(2 * time.Second)
		_, err := m.Drain(m.ctx)
		require.NoError(t, err)
	}
	_, err = p.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	for range 10 {
		m.pass(24 * time.Hour)
	}
	b, err := p.Balance(m.ctx, "")
	require.NoError(t, err)
	require.Equal(t, usd(941), b.In(ledger.USD).Available, "pending %v", b.In(ledger.USD).Pending)
}

// What becomes available is told once, also where a refund under way keeps a
// part of it.
func TestEachReleaseIsToldOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 0, connect.TestRefundPending)
	m.Clock.Set(time.Date(2026, 3, 3, 23, 59, 50, 0, time.UTC))
	_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(400), ReverseTransfer: true})
	require.NoError(t, err)
	m.pass(15 * time.Second) // midnight: the refund is still pending
	require.Equal(t, usd(600), m.has(a.ID).Available)
	m.pass(time.Hour)
	require.Equal(t, usd(0), m.has(a.ID).Pending)
	n := 0
	for _, e := range events(t, m) {
		if e.Type == "balance.available" && e.Object.ID == a.ID {
			n++
		}
	}
	require.Equal(t, 1, n)
}

// A refund that nobody can tell the end of keeps its part of the day, and no
// more.
func TestADayWaitsForItsRefund(t *testing.T) {
	m := newMarket(t, connecttest.Config{AcquirerDelivery: ledger.Blind})
	a := m.seller()
	c := m.charge(a.ID, 1000, 0, connect.TestRefundPending)
	_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(400), ReverseTransfer: true})
	require.NoError(t, err)
	for range 10 {
		m.pass(24 * time.Hour)
	}
	require.Equal(t, usd(600), m.has(a.ID).Available)
	require.Equal(t, usd(400), m.has(a.ID).HeldPending)
	for _, n := range m.Acquirer.Notifications() {
		require.NoError(t, m.News(m.ctx, n))
	}
	m.pass(time.Hour)
	require.True(t, m.has(a.ID).Pending.IsZero())
	m.verify()
}

// A platform that refuses to go below zero still bears its processing fees.
func TestTheReleaseOfADayBelowZero(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	p, err := m.Register(m.ctx, connect.PlatformRequest{Key: "r", Name: "R", Country: "US", ShortBalance: connect.ShortRefuse})
	require.NoError(t, err)
	s := connecttest.Seller("US")
	a, err := p.CreateAccount(m.ctx, s)
	require.NoError(t, err)
	_, err = p.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard})
	require.NoError(t, err)
	m.pass(72 * time.Hour)
	b, err := p.Balance(m.ctx, "")
	require.NoError(t, err)
	require.Equal(t, usd(-59), b.In(ledger.USD).Available)
	m.verify()
}

// A day that was released is over: what is charged for it later is available at
// once to the seller, and to the platform with the next day that is open.
func TestAChargeForADayThatIsOver(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	first := m.charge(a.ID, 1000, 100, connect.TestCard)
	now := m.Clock.Now()
	m.Clock.Set(first.Available.Time()) // a clock that is ahead drains
	_, err := m.Drain(m.ctx)
	require.NoError(t, err)
	require.Equal(t, usd(900), m.has(a.ID).Available)
	m.Clock.Set(now)
	second := m.charge(a.ID, 1000, 100, connect.TestCard)
	require.Equal(t, first.Available, second.Available)
	require.Equal(t, "available", second.AccountIn)
	require.Equal(t, "pending/"+(second.Available+1).String(), second.PlatformIn)
	require.Equal(t, usd(1800), m.has(a.ID).Available)
	m.pass(5 * 24 * time.Hour)
	m.verify()
	require.Equal(t, usd(0), m.has("").Pending)
}

// What is available at once says so, and so does a delay of no days.
func TestAvailableToday(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	today := payout.DayOf(m.Clock.Now(), time.UTC)
	c := m.charge(m.seller().ID, 1000, 100, connect.TestCardAtOnce)
	require.Equal(t, today, c.Available)
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "u", Delay: &payout.Delay{}})
	require.NoError(t, err)
	a := m.seller()
	c = m.charge(a.ID, 1000, 100, connect.TestCard)
	require.Equal(t, today, c.Available)
	require.Equal(t, usd(900), m.has(a.ID).Available)
	require.Equal(t, "pending/"+(today+1).String(), c.PlatformIn)
}
