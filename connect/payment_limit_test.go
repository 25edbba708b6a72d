package connect_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// limit sets a limit.
func (m *market) limit(r connect.SetLimitRequest) *connect.PaymentLimit {
	m.t.Helper()
	r.Key = m.key()
	l, err := m.platform.SetLimit(m.ctx, r)
	require.NoError(m.t, err)
	return l
}

// allowed is what a limit still allows an owner, in minor units.
func (m *market) allowed(p *connect.Platform, account, limit string) int64 {
	m.t.Helper()
	list, err := p.Allowances(m.ctx, account)
	require.NoError(m.t, err)
	for _, a := range list {
		if a.Limit.Name == limit {
			return a.Left.Minor()
		}
	}
	m.t.Fatal("there is no limit " + limit)
	return 0
}

// beyond requires that a charge is refused in the name of a limit.
func (m *market) beyond(seller string, minor int64, limit string) {
	m.t.Helper()
	_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(minor), AccountID: seller, Source: connect.TestCard})
	requireAbout(m.t, err, "amount")
	require.ErrorContains(m.t, err, limit)
	require.Equal(m.t, "limit_exceeded", codeOf(m.t, err))
}

// What a charge takes of a limit it gives back if nothing comes of it; what comes of a
// part leaves a part. The limit is whole again when its time is over.
func TestLimitFollowsItsCharges(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	m.limit(connect.SetLimitRequest{Name: "daily", AccountID: a, Amount: usd(5000)})
	left := func() int64 { return m.allowed(m.platform, a, "daily") }
	require.EqualValues(t, 5000, left())
	m.charge(a, 2000, 0, connect.TestCard)
	require.EqualValues(t, 3000, left())
	m.charge(a, 2000, 0, connect.TestDeclined)
	require.EqualValues(t, 3000, left(), "a declined card gives it back")
	m.beyond(a, 3001, "daily, of which 30.00 USD is left")
	c := m.authorize(a, 3000, 0, connect.TestCard)
	require.EqualValues(t, 0, left(), "what is authorized is counted")
	_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(1000)})
	require.NoError(t, err)
	require.EqualValues(t, 2000, left(), "and the rest given back when it is let go")
	c = m.authorize(a, 2000, 0, connect.TestCard)
	_, err = m.platform.Cancel(m.ctx, connect.CancelRequest{Key: m.key(), ChargeID: c.ID})
	require.NoError(t, err)
	require.EqualValues(t, 2000, left())
	x, err := m.platform.Explain(m.ctx, c.ID)
	require.NoError(t, err)
	require.Empty(t, x.Differences)
	m.charge(m.seller().ID, 9000, 0, connect.TestCard) // another seller has no limit
	m.pass(24 * time.Hour)
	require.EqualValues(t, 5000, left())
	m.charge(a, 5000, 0, connect.TestCard)
	m.beyond(a, 100, "daily")
	m.verify()
}

// A rolling limit gets back each day what was used on the day that leaves it, and a
// count counts payments in any currency.
func TestLimitWindows(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	m.limit(connect.SetLimitRequest{Name: "three-days", Amount: usd(1000), Window: connect.LimitRolling, Days: 3})
	m.limit(connect.SetLimitRequest{Name: "weekly", Each: true, Count: 4, Window: connect.LimitWeek})
	left := func() [2]int64 {
		return [2]int64{m.allowed(m.platform, a, "three-days"), m.allowed(m.platform, a, "weekly")}
	}
	day := func() { m.pass(24 * time.Hour) }
	require.Equal(t, [2]int64{1000, 4}, left())
	m.charge(a, 400, 0, connect.TestCard)
	day()
	m.charge(a, 300, 0, connect.TestCard)
	c := m.authorize(a, 300, 0, connect.TestCard)
	require.Equal(t, [2]int64{0, 1}, left())
	m.beyond(a, 100, "three-days")
	day()
	_, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: m.key(), ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, [2]int64{300, 2}, left(), "it gives back to the day on which it took")
	day()
	require.Equal(t, [2]int64{700, 2}, left(), "the first day has left")
	m.charge(a, 700, 0, connect.TestCard)
	require.Equal(t, [2]int64{0, 1}, left())
	day()
	require.Equal(t, [2]int64{300, 1}, left(), "the second day has left")
	for range 20 {
		day()
	}
	require.Equal(t, [2]int64{1000, 4}, left())
	m.charge(a, 1000, 0, connect.TestCard)
	require.Equal(t, [2]int64{0, 3}, left())
	m.verify()
}

// A limit that replaces another goes on from what that had counted.
func TestLimitIsReplaced(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	for _, r := range []connect.SetLimitRequest{{Name: "l"}, {Name: "l", AccountID: a}, {Name: "l", Each: true}, {Name: "l", Window: connect.LimitRolling, Days: 7}} {
		other := m.seller().ID
		if r.AccountID != "" {
			other = a
		}
		r.Amount = usd(1000)
		first := m.limit(r)
		m.charge(other, 800, 0, connect.TestCard)
		r.Amount = usd(1500)
		m.limit(r)
		require.EqualValues(t, 700, m.allowed(m.platform, other, "l"))
		r.Amount = usd(500)
		m.limit(r)
		require.EqualValues(t, 0, m.allowed(m.platform, other, "l"))
		m.beyond(other, 100, "l")
		r.Amount = usd(900)
		l := m.limit(r)
		require.EqualValues(t, 100, m.allowed(m.platform, other, "l"))
		m.charge(other, 100, 0, connect.TestCard)
		m.beyond(other, 100, "l")
		_, err := m.platform.EndLimit(m.ctx, connect.EndLimitRequest{Key: m.key(), LimitID: l.ID})
		require.NoError(t, err)
		m.charge(other, 5000, 0, connect.TestCard)
		_, err = m.platform.EndLimit(m.ctx, connect.EndLimitRequest{Key: m.key(), LimitID: first.ID})
		require.ErrorIs(t, err, ledger.State)
	}
	m.verify()
}

// Two processes that use up a limit together do not pass it: the store refuses, and the
// error names the limit (promise 4).
func TestLimitHoldsForTwo(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	m.limit(connect.SetLimitRequest{Name: "daily", AccountID: a, Amount: usd(1000)})
	_, other := m.second()
	var group sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for i := range 16 {
		p, key := []*connect.Platform{m.platform, other}[i%2], m.key()
		group.Add(1)
		go func() {
			defer group.Done()
			_, err := p.Charge(m.ctx, connect.ChargeRequest{Key: key, Amount: usd(300), AccountID: a, Source: connect.TestCard})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made++
			} else if codeOf(m.t, err) != "limit_exceeded" {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	require.Equal(t, 3, made)
	require.EqualValues(t, 100, m.allowed(m.platform, a, "daily"))
	// What the first look did not see, the floor does: the other took it meanwhile.
	late := &lateStore{Store: m.Store()}
	late.between = func() { m.charge(a, 100, 0, connect.TestCard) }
	_, err := m.platform.In(late).Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(100), AccountID: a, Source: connect.TestCard})
	require.Equal(t, "limit_exceeded", codeOf(t, err))
	require.ErrorContains(t, err, "daily")
	m.verify()
}

// lateStore lets something happen just before the first commit.
type lateStore struct {
	ledger.Store
	between func()
}

func (s *lateStore) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if do := s.between; do != nil {
		s.between = nil
		do()
	}
	return s.Store.Commit(ctx, c)
}

// Transfers have limits of their own, a payment from several sources is one, what is
// raised is taken when it is asked for, and a preview shows which limits are hit.
func TestLimitsOfEveryShape(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller().ID, m.seller().ID
	m.charge(a, 90_000, 0, connect.TestCardAtOnce)
	m.limit(connect.SetLimitRequest{Name: "out", AccountID: a, Of: connect.LimitTransfers, Amount: usd(1000), Window: connect.LimitMonth})
	m.limit(connect.SetLimitRequest{Name: "few", Count: 1, Each: true})
	m.limit(connect.SetLimitRequest{Name: "all", Amount: usd(4000)})
	transfer := connect.TransferRequest{Key: m.key(), From: a, To: b, Amount: usd(1001)}
	_, err := m.platform.Transfer(m.ctx, transfer)
	require.Equal(t, "limit_exceeded", codeOf(t, err))
	transfer.Amount = usd(1000)
	preview := m.platform.Preview()
	_, err = preview.Transfer(m.ctx, transfer)
	require.NoError(t, err)
	require.EqualValues(t, 0, m.allowed(preview, a, "out"))
	require.EqualValues(t, 1000, m.allowed(m.platform, a, "out"))
	_, err = m.platform.Transfer(m.ctx, transfer)
	require.NoError(t, err)
	require.EqualValues(t, 0, m.allowed(m.platform, a, "out"))
	y, err := m.platform.Pay(m.ctx, connect.PayRequest{
		Key:    m.key(),
		Charge: connect.ChargeRequest{Amount: usd(3000), AccountID: b, Source: connect.TestCard},
		Others: []connect.SourcePart{{Source: connect.TestCard, Amount: usd(1000)}},
	})
	require.NoError(t, err)
	require.Equal(t, connect.PaymentSucceeded, y.Status)
	require.EqualValues(t, 1000, m.allowed(m.platform, b, "all"))
	require.EqualValues(t, 0, m.allowed(m.platform, b, "few"))
	_, err = m.platform.Preview().Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(2000), AccountID: b, Source: connect.TestCard})
	requireAbout(t, err, "amount")
	require.ErrorContains(t, err, "few, of which 0")
	require.ErrorContains(t, err, "all, of which 10.00 USD")
	c := m.authorize(a, 600, 0, connect.TestCard)
	_, err = m.increase(c.ID, 500)
	require.Equal(t, "limit_exceeded", codeOf(t, err))
	_, err = m.increase(c.ID, 300)
	require.NoError(t, err)
	require.EqualValues(t, 100, m.allowed(m.platform, "", "all"))
	m.verify()
}

// Verify finds limits that say something else than payments do, and reviews for which
// nothing waits.
func TestVerifyOfLimitsAndReviews(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	set := rulesOf(t, looks)
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store, Rules: []compliance.Rule{set}}})
	a := m.seller().ID
	m.limit(connect.SetLimitRequest{Name: "daily", Amount: usd(9000)})
	m.limit(connect.SetLimitRequest{Name: "few", Each: true, Count: 9, Window: connect.LimitRolling, Days: 3})
	m.looked(a)
	m.verify()
	m.requireForged(store, [][4]string{
		{"connect.charge", `"amountMinor":1000,"currency":"USD"}},{"limit":`, `"amountMinor":900,"currency":"USD"}},{"limit":`, "payments take 900"},
		{"connect.charge", `"currency":"COUNT/0"`, `"currency":"COUNX/0"`, "is not there"},
		{"connect.payment_limit", `"count":9`, `"count":8`, "it is of 8"},
		{"connect.charge", `"underReview":true`, `"underReview":false`, "nothing waits for it"},
	})
}

// What a rolling limit had counted on days that have left its window does not count on
// when it is replaced; what is in the window does.
func TestARollingLimitIsReplaced(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	set := connect.SetLimitRequest{Name: "roll", Amount: usd(1000), Window: connect.LimitRolling, Days: 3}
	m.limit(set)
	m.charge(a, 600, 0, connect.TestCardAtOnce)
	m.pass(48 * time.Hour)
	m.charge(a, 100, 0, connect.TestCardAtOnce)
	m.limit(set)
	require.EqualValues(t, 300, m.allowed(m.platform, "", "roll"))
	m.pass(24 * time.Hour)
	m.limit(set)
	require.EqualValues(t, 900, m.allowed(m.platform, "", "roll"))
	m.charge(a, 900, 0, connect.TestCardAtOnce)
	m.beyond(a, 50, "roll")
	m.verify()
}
