package connect_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// dollars sets what one euro is worth from now on.
func (q *quotes) dollars(t *testing.T, rate string) {
	q.set(t, map[ledger.Currency]string{ledger.USD: rate, ledger.KRW: "1500"})
}

// ofDay is a charge of 100.00 EUR, settled in USD at 1.1 less 1 %, that is refunded at
// the rate of the day, which is 1.2 by now.
func ofDay(t *testing.T, change func(*connect.ChargeRequest)) (*market, *quotes, *connect.Charge) {
	q := newQuotes(t)
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: q}})
	r := m.settles(m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative }).ID)
	r.RefundRate = connect.RefundAtDay
	if change != nil {
		change(&r)
	}
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	q.dollars(t, "1.2")
	q.asked = 0
	return m, q, c
}

func (m *market) all(c *connect.Charge) connect.RefundRequest {
	return connect.RefundRequest{Key: m.key(), ChargeID: c.ID, ReverseTransfer: !c.Direct, RefundFee: true}
}

// The rates of the day are asked for once, outside the unit of work: not for a replay,
// nor for a refund that is refused. Without them nothing is written, and the same key
// serves once there are some (promises 21, 28).
func TestRefundAsksForTheRatesOfItsDay(t *testing.T) {
	m, q, c := ofDay(t, nil)
	r := m.all(c)
	q.down = true
	_, err := m.platform.Refund(m.ctx, r)
	require.ErrorIs(t, err, ledger.Unavailable)
	require.Equal(t, c, m.now(c))
	q.down, q.asked = false, 0
	back, err := m.platform.Refund(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, 1, q.asked)
	require.Equal(t, []ledger.Money{usd(10890), usd(11880), usd(12000), usd(12000), ledger.Minor(10000, ledger.EUR)},
		[]ledger.Money{back.Amount, back.Day.Cost, back.Day.Gross, back.Day.Value, back.Exchanged.Presented})
	require.Equal(t, "1.2", back.Day.Rate.Value.String())

	q.down = true
	again, err := m.platform.Refund(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, back.Day.Cost, again.Day.Cost)
	_, err = m.platform.Refund(m.ctx, m.all(c))
	require.Equal(t, "refund_exceeds_charge", codeOf(t, err))
	require.Equal(t, 1, q.asked)
	m.verify()
}

// A provider that answers for another pair is not believed.
func TestRefundAtNoRate(t *testing.T) {
	m, q, c := ofDay(t, nil)
	q.RateProvider = oneRate(fx.Rate{Base: ledger.USD, Quote: ledger.EUR, Value: decimal.New(1, 0), Per: decimal.New(1, 0)})
	_, err := m.platform.Refund(m.ctx, m.all(c))
	require.Equal(t, "invalid_rate", codeOf(t, err))
	requireAbout(t, err, "charge")
	require.Equal(t, c, m.now(c))
}

// A platform that may not go negative has what a refund at the rate of the day costs
// beyond what its seller gives back: 118.80 of 108.90.
func TestRefundOfTheDayTakesFromThePlatform(t *testing.T) {
	q := newQuotes(t)
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: q}})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), ShortBalance: connect.ShortRefuse})
	require.NoError(t, err)
	top := func(minor int64) {
		_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(minor), Source: connect.TestCardAtOnce})
		require.NoError(t, err)
	}
	r := m.settles(m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative }).ID)
	r.RefundRate, r.ApplicationFee, r.NoFee, r.Source = connect.RefundAtDay, ledger.Money{}, true, connect.TestCardAtOnce
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	top(1000) // less its processing, 0.59
	q.dollars(t, "1.2")
	back := m.all(c)
	_, err = m.platform.Refund(m.ctx, back)
	require.ErrorIs(t, err, ledger.InsufficientFunds)
	require.Equal(t, c, m.now(c))
	top(1000)
	done, err := m.platform.Refund(m.ctx, back)
	require.NoError(t, err)
	require.Equal(t, usd(990), done.FromPlatform.Held)
	m.verify()
}

// What is worth nothing at either rate costs nothing, and what it was worth in the
// books is not lost.
func TestRefundOfTheDayOfNextToNothing(t *testing.T) {
	m, q, c := ofDay(t, func(r *connect.ChargeRequest) {
		r.Amount, r.ApplicationFee, r.SettleIn = ledger.Minor(100000, ledger.KRW), ledger.Money{}, ledger.EUR
	})
	for _, rate := range []string{"1.3", "1.1"} {
		q.dollars(t, rate)
		r := m.all(c)
		r.Amount = ledger.Minor(1, ledger.KRW)
		back, err := m.platform.Refund(m.ctx, r)
		require.NoError(t, err)
		require.True(t, back.Day.Cost.IsZero())
		m.verify()
	}
	_, err := m.platform.Refund(m.ctx, m.all(c))
	require.NoError(t, err)
	c = m.now(c)
	require.Equal(t, c.Amount, c.Refunded)
	m.verify()
}

// At an unchanged rate both policies cost the same, whatever the parts; a refund that
// is declined leaves what there was.
func TestRefundOfTheDayAtAnUnchangedRate(t *testing.T) {
	for _, parts := range [][]int64{{10000}, {3333, 3333, 3334}, {1, 1, 1, 9997}} {
		m, q, c := ofDay(t, func(r *connect.ChargeRequest) { r.Direct = true })
		q.dollars(t, "1.1")
		before := m.now(c)
		declined, err := m.platform.In(m.Store()).Refund(m.ctx, m.all(c))
		require.NoError(t, err)
		require.NoError(t, m.News(m.ctx, connect.News{Key: declined.ID, Answer: connect.Answer{Status: connect.Declined, Code: "no"}}))
		after := m.now(c)
		after.Owed = nil // which the buyer was to get
		require.Equal(t, before, after)
		cost := int64(0)
		for _, part := range parts {
			r := m.all(c)
			r.Amount = ledger.Minor(part, ledger.EUR)
			back, err := m.platform.Refund(m.ctx, r)
			require.NoError(t, err)
			cost += back.Day.Cost.Minor()
		}
		require.Equal(t, int64(10890), cost)
		require.NoError(t, m.Store().Read(m.ctx, func(v ledger.View) error {
			gain := ledger.Ref{Book: m.platform.ID(), Owner: ledger.House, Purpose: "fx_gain", Currency: ledger.USD}
			a, err := v.Accounts(gain)
			require.Zero(t, a[0].Posted.Minor(), parts)
			return err
		}))
		m.verify()
	}
}

// A preview says what a refund would cost by now, and one in the host's transaction
// keeps the rate of the moment at which it was asked for.
func TestRefundOfTheDayIsShown(t *testing.T) {
	m, q, c := ofDay(t, nil)
	shown, err := m.platform.Preview().Refund(m.ctx, m.all(c))
	require.NoError(t, err)
	require.Equal(t, usd(11880), shown.Day.Cost)
	back, err := m.platform.In(m.Store()).Refund(m.ctx, m.all(c))
	require.NoError(t, err)
	q.dollars(t, "1.5")
	require.NoError(t, m.platform.Finish(m.ctx, back.ID))
	back, err = m.platform.GetRefund(m.ctx, back.ID)
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, back.Status)
	require.Equal(t, usd(11880), back.Day.Cost)
	m.verify()
}

// What no charge can be refunded at is refused by name.
func TestRefundRateRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: newQuotes(t)}})
	for name, change := range map[string]func(r *connect.ChargeRequest){
		"of another day":        func(r *connect.ChargeRequest) { r.RefundRate = "tomorrow" },
		"settles as it is paid": func(r *connect.ChargeRequest) { r.SettleIn, r.RefundRate = ledger.Currency(0), connect.RefundAtCharge },
		"waits":                 func(r *connect.ChargeRequest) { r.Direct, r.Hold = true, &connect.HoldTerms{} },
	} {
		r := m.settles(m.seller().ID)
		r.RefundRate = connect.RefundAtDay
		change(&r)
		_, err := m.platform.Charge(m.ctx, r)
		requireAbout(t, err, "refundRate", name)
	}
}
