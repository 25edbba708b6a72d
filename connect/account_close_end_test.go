package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// What came late for an account that is closed is frozen where an order stands against
// it: the law comes before who decides about the rest (edge case 50).
func TestWonForAClosedAccountThatIsFrozen(t *testing.T) {
	for _, frozen := range []int64{0, 150} { // everything, or so much
		m := newMarket(t, connecttest.Config{})
		_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "p", Disputes: &connect.DisputePolicy{ClawBack: connect.ClawBackOpened}})
		require.NoError(t, err)
		a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
		c := m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
		m.charge(a.ID, 3000, 0, connect.TestCardAtOnce)
		n := connect.DisputeNews{ID: "d", Key: c.ID, At: m.Clock.Now(), Status: connect.DisputeLost, Amount: usd(400)}
		require.NoError(t, m.DisputeNews(m.ctx, n))
		x := m.closing(a.ID)
		for range 140 {
			m.pass(day)
		}
		require.Equal(t, []string{"closed"}, m.waits(x))
		amount, want := ledger.Money{}, usd(400)
		if frozen > 0 {
			amount, want = usd(frozen), usd(frozen)
		}
		f := m.frozen(a.ID, amount)
		n.Status, n.At = connect.DisputeWon, m.Clock.Now()
		require.NoError(t, m.DisputeNews(m.ctx, n))
		b := m.has(a.ID)
		require.Equal(t, []ledger.Money{usd(0), want, usd(400 - want.Minor())}, []ledger.Money{b.Available, b.Frozen, b.Waiting})
		m.verify()
		m.requireExplained()
		m.lifted(f)
		m.verify()
	}
}

// A debt of before debts were noted is opened by the closing, and paid at its end.
func TestClosingWithADebtThatNobodyNoted(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	_, err := ledger.Env{Now: m.Clock.Now}.Update(m.ctx, m.Store(), func(u *ledger.Unit) error {
		own := ledger.Ref{Book: m.platform.ID(), Owner: a.ID, Purpose: "available", Currency: ledger.USD}
		top := ledger.Ref{Book: m.platform.ID(), Owner: m.platform.ID(), Purpose: "available", Currency: ledger.USD}
		u.Open(ledger.Account{Ref: own})
		u.Open(ledger.Account{Ref: top})
		u.Post(ledger.Transaction{Book: m.platform.ID(), Reason: "commission", Entries: []ledger.Entry{
			{Account: own, Amount: usd(-300)}, {Account: top, Amount: usd(300)},
		}})
		return nil
	})
	require.NoError(t, err)
	x := m.closing(a.ID)
	for range 3 {
		m.pass(time.Hour)
		m.drain()
	}
	require.Equal(t, []string{"closed"}, m.waits(x))
	require.Equal(t, usd(0), m.has(a.ID).Available)
	require.Equal(t, usd(300), m.negative(a.ID).Collected)
}

// What an account owes at its end is paid though the platform's policy is never to pay:
// nothing is earned any more that could pay it, and its cover would stand for ever.
func TestClosingWhereThePlatformNeverPays(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "p", Negative: &connect.NegativePolicy{CollectAfter: -1}})
	require.NoError(t, err)
	a, other := m.short(300), m.short(200)
	x := m.closing(a)
	for range 3 {
		m.pass(2 * time.Hour)
	}
	require.Equal(t, []string{"closed"}, m.waits(x))
	require.Equal(t, []ledger.Money{usd(0), usd(300)}, []ledger.Money{m.has(a).Available, m.negative(a).Collected})
	m.pass(400 * day)
	require.Equal(t, []ledger.Money{usd(-200), usd(200)}, []ledger.Money{m.has(other).Available, m.has("").Cover})
	m.verify()
}
