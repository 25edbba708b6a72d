package connect_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// debits lets so many debits settle at once, of which the last come back for a reason.
func (m *market) debits(seller string, n, back int, code string) {
	m.t.Helper()
	for i := range n {
		x := m.mandate(achMandate("", payout.TestStalled))
		c := m.debited(x.ID, seller, 1000, 100)
		news := payout.Update{ID: c.ID, Key: c.ID + "-1", Kind: payout.UpdateSettled, Amount: c.Amount, At: m.Clock.Now()}
		require.NoError(m.t, m.RailNews(m.ctx, news))
		if i >= n-back {
			news.ID, news.Kind, news.Code = c.ID+"b", payout.UpdateReturned, code
			require.NoError(m.t, m.RailNews(m.ctx, news))
		}
	}
}

func (m *market) rate(account, limit string) connect.ReturnRate {
	m.t.Helper()
	list, err := m.platform.ReturnRates(m.ctx, connect.ReturnRatesRequest{AccountID: account, Scheme: debit.ACH})
	require.NoError(m.t, err)
	i := slices.IndexFunc(list, func(r connect.ReturnRate) bool { return r.Limit == limit })
	require.GreaterOrEqual(m.t, i, 0)
	return list[i]
}

// Rates are counted for the platform and for the seller, over the days of the limit;
// coming near a limit and reaching it are told once each.
func TestReturnRates(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	good, bad := m.seller().ID, m.seller().ID
	m.debits(good, 60, 0, "")
	m.debits(bad, 25, 3, "R02")
	platform, seller := m.rate("", "administrative"), m.rate(bad, "administrative")
	require.Equal(t, []int64{3, 85}, []int64{platform.Returned, platform.Debits})
	require.Equal(t, connect.RateLimited, platform.Level, "3 of 85 are more than 3 %")
	require.Equal(t, []int64{3, 25}, []int64{seller.Returned, seller.Debits})
	require.Equal(t, connect.RateLimited, seller.Level)
	require.Zero(t, m.rate(good, "administrative").Returned)
	require.Equal(t, connect.RateNormal, m.rate(bad, "unauthorized").Level)
	require.Equal(t, connect.RateWarning, m.rate(bad, "overall").Level, "3 of 25 are 12 %, four fifths of 15 %")
	require.Equal(t, "15", m.rate(bad, "overall").Percent.String())

	events := counts(m.told(bad))
	require.Equal(t, 1, events[connect.EventReturnRateLimit])
	require.Equal(t, 1, events[connect.EventReturnRateWarning])
	require.Zero(t, counts(m.told(good))[connect.EventReturnRateLimit])
	m.debits(bad, 1, 1, "R02")
	require.Equal(t, 2, counts(m.told(bad))[connect.EventReturnRateLimit], "of all returns, 4 of 26")

	m.Clock.Advance(59 * 24 * time.Hour)
	require.Equal(t, int64(26), m.rate(bad, "overall").Debits)
	m.Clock.Advance(24 * time.Hour)
	require.Zero(t, m.rate(bad, "overall").Debits, "60 days are over")
	m.debits(bad, 1, 0, "")
	require.Equal(t, int64(1), m.rate(bad, "overall").Debits)
	m.pass(time.Minute)
	m.verify()
}

// counts counts each of a list.
func counts(list []string) map[string]int {
	n := make(map[string]int)
	for _, x := range list {
		n[x]++
	}
	return n
}

// Nothing is stopped for a rate unless the host wants it so.
func TestBlockedByRate(t *testing.T) {
	for _, block := range []bool{false, true} {
		m := newMarket(t, connecttest.Config{Config: connect.Config{Debits: &connect.DebitConfig{Block: block, Least: 5}}})
		bad, good := m.seller().ID, m.seller().ID
		m.debits(good, 100, 0, "")
		m.debits(bad, 5, 1, "R02")
		x := m.mandate(achMandate("", payout.TestAccount))
		_, err := m.collect(connect.ChargeRequest{MandateID: x.ID, Amount: usd(1000), AccountID: bad})
		if block {
			requireCode(t, err, ledger.State, "return_rate_limit")
		} else {
			require.NoError(t, err)
		}
		_, err = m.collect(connect.ChargeRequest{MandateID: x.ID, Amount: usd(1000), AccountID: good})
		require.NoError(t, err, "1 of 105 is less than 3 %")
		m.verify()
	}
}

func TestDebitConfig(t *testing.T) {
	for _, c := range []connect.DebitConfig{{WarnAt: 101}, {WarnAt: -1}, {Least: -1}} {
		_, err := connect.New(connect.Config{Debits: &c})
		requireCode(t, err, ledger.Invalid, "invalid_config")
		require.Contains(t, fmt.Sprint(err), "percent")
	}
}
