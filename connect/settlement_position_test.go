package connect_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// set sets what one euro is worth from now on.
func (q *quotes) set(t *testing.T, pairs map[ledger.Currency]string) {
	list := make(map[ledger.Currency]decimal.Decimal)
	for c, v := range pairs {
		list[c] = decimal.RequireFromString(v)
	}
	table, err := fx.NewTable(ledger.EUR, connecttest.Start, "test", list)
	require.NoError(t, err)
	q.RateProvider = table
}

// houseHas is what an account of the house's has.
func (m *market) houseHas(purpose string, cur ledger.Currency) (n int64) {
	require.NoError(m.t, m.Store().Read(m.ctx, func(v ledger.View) error {
		a, err := v.Accounts(ledger.Ref{Book: m.platform.ID(), Owner: ledger.House, Purpose: purpose, Currency: cur})
		n = a[0].Posted.Minor()
		return err
	}))
	return n
}

// ownOfDay is a direct charge that is refunded at the rate of the day.
func (m *market) ownOfDay(minor int64, in ledger.Currency) *connect.Charge {
	r := m.settles(m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative }).ID)
	r.Amount, r.ApplicationFee, r.Direct, r.SettleIn, r.RefundRate = ledger.Minor(minor, ledger.EUR), ledger.Money{}, true, in, connect.RefundAtDay
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(m.t, err)
	return c
}

// What refunds buy back of what the house had sold, cheaper or dearer, closes its
// position at what it was sold for: once nothing of it is open, nothing of its value is.
// What is bought beyond it is a new position.
func TestRefundsOfDaysCloseThePosition(t *testing.T) {
	for name, x := range map[string]struct {
		in    ledger.Currency
		rates []string
		parts []int64
		open  int64 // of the position
	}{
		"cheap, then dear":    {ledger.GBP, []string{"0.60", "1.10"}, []int64{5000, 5000}, 0},
		"dear, then cheap":    {ledger.GBP, []string{"1.10", "0.60"}, []int64{5000, 5000}, 0},
		"near":                {ledger.GBP, []string{"0.80", "0.90"}, []int64{5000, 5000}, 0},
		"unchanged, in parts": {ledger.JPY, []string{"150", "150", "150", "150", "150", "150"}, []int64{117, 136, 149, 21, 1, 57}, 0},
		"more than was sold":  {ledger.GBP, []string{"1.10", "1.10"}, []int64{5000, 5000}, -2500},
		"less than was sold":  {ledger.GBP, []string{"0.60", "0.60"}, []int64{5000, 5000}, 2500},
	} {
		t.Run(name, func(t *testing.T) {
			q := &quotes{}
			q.set(t, map[ledger.Currency]string{ledger.USD: "1.1", ledger.GBP: "0.85", ledger.JPY: "150"})
			m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: q}})
			whole := int64(0)
			for _, n := range x.parts {
				whole += n
			}
			c := m.ownOfDay(whole, x.in)
			for i, n := range x.parts {
				q.set(t, map[ledger.Currency]string{ledger.USD: "1.1", x.in: x.rates[i]})
				m.giveBack(c, ledger.Minor(n, ledger.EUR))
				m.verify()
			}
			position, value := m.houseHas("fx_position", x.in), m.houseHas("fx_value/"+x.in.String(), ledger.USD)
			require.Equal(t, -x.open, position)
			require.Equal(t, position == 0, value == 0, "%d is worth %d", position, value)
			require.Zero(t, m.houseHas("fx_position", ledger.EUR))
			require.Zero(t, m.houseHas("fx_value/EUR", ledger.USD))
		})
	}
}

// Of refunds at one rate that stand the costs add up to what one would cost, whichever
// are declined.
func TestRefundsAtOneRateAddUp(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: newQuotes(t)}})
	c := m.ownOfDay(10000, ledger.JPY)
	cost, left := int64(0), int64(10000)
	for range 20 {
		var pair []*connect.Refund
		for range 2 {
			x, err := m.platform.In(m.Store()).Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: ledger.Minor(1, ledger.EUR)})
			require.NoError(t, err)
			pair = append(pair, x)
		}
		if pair[0].Day.Cost.Minor() > pair[1].Day.Cost.Minor() {
			pair[0], pair[1] = pair[1], pair[0]
		}
		require.NoError(t, m.News(m.ctx, connect.News{Key: pair[1].ID, Answer: connect.Answer{Status: connect.Declined, Code: "no"}}))
		require.NoError(t, m.platform.Finish(m.ctx, pair[0].ID))
		m.verify()
		cost, left = cost+pair[0].Day.Cost.Minor(), left-1
	}
	require.Equal(t, c.Amount.Minor(), cost+m.giveBack(c, ledger.Minor(left, ledger.EUR)).Day.Cost.Minor())
	require.Zero(t, m.houseHas("fx_position", ledger.JPY))
	require.Zero(t, m.houseHas("fx_value/JPY", ledger.USD))
	require.Zero(t, m.houseHas("fx_spread", ledger.JPY))
	m.verify()
}

// What a refund of its day says of itself is held against its charge.
func TestVerifyFindsOtherDays(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	q := &quotes{}
	q.set(t, map[ledger.Currency]string{ledger.USD: "1.1", ledger.GBP: "0.85"})
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store, Rates: q}})
	c := m.ownOfDay(10000, ledger.GBP)
	q.set(t, map[ledger.Currency]string{ledger.USD: "1.2", ledger.GBP: "0.80"})
	m.giveBack(c, ledger.Minor(5000, ledger.EUR))
	m.verify()
	forge := func(name, kind string, change func(map[string]any)) { store.change(m, name, kind, change) }
	for _, field := range []string{"cost", "gross", "value", "rate", "inBase", "releases"} {
		forge("day."+field, "connect.refund", func(d map[string]any) {
			at := d["day"].(map[string]any)[field].(map[string]any)
			if _, is := at["amountMinor"]; is {
				at["amountMinor"] = 12345
			} else {
				at["value"] = "17"
			}
		})
	}
	forge("no day", "connect.refund", func(d map[string]any) { delete(d, "day") })
	for _, field := range []string{"bought", "released", "day"} {
		forge(field, "connect.charge", func(d map[string]any) { delete(d["settlement"].(map[string]any), field) })
	}
	forge("policy", "connect.charge", func(d map[string]any) { d["settlement"].(map[string]any)["refundRate"] = "charge" })
}

// A share whose refund finds no rate says so, and asks again later.
func TestShareWithoutRates(t *testing.T) {
	q := newQuotes(t)
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: q}})
	r := m.settles(m.seller().ID)
	r.RefundRate, r.Hold = connect.RefundAtDay, &connect.HoldTerms{LongestDays: 5, AtEnd: connect.HoldRefunds}
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	m.Clock.Advance(6 * 24 * time.Hour)
	q.down, q.asked = true, 0
	for range 5 {
		_, err := m.Drain(m.ctx)
		require.NoError(t, err)
	}
	require.Equal(t, 1, q.asked)
	require.NotEmpty(t, m.share(c.ID).Code)
	q.down = false
	m.Clock.Advance(25 * time.Hour)
	_, err = m.Drain(m.ctx)
	require.NoError(t, err)
	require.Equal(t, c.Settlement.Presented, m.now(c).Settlement.Refunded)
	m.verify()
}
