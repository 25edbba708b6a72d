package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// quotes are rates that can be out of reach.
type quotes struct {
	fx.RateProvider
	down  bool
	asked int
}

func (q *quotes) Rate(ctx context.Context, base, quote ledger.Currency, at time.Time) (fx.Rate, error) {
	if q.asked++; q.down {
		return fx.Rate{}, &ledger.Error{Class: ledger.Unavailable, Code: "rates_down"}
	}
	return q.RateProvider.Rate(ctx, base, quote, at)
}

func newQuotes(t *testing.T) *quotes {
	table, err := fx.NewTable(ledger.EUR, connecttest.Start, "test", map[ledger.Currency]decimal.Decimal{
		ledger.USD: decimal.RequireFromString("1.1"), ledger.JPY: decimal.RequireFromString("160"), ledger.KRW: decimal.RequireFromString("1500"),
	})
	require.NoError(t, err)
	return &quotes{RateProvider: table}
}

func (m *market) settles(seller string) connect.ChargeRequest {
	return connect.ChargeRequest{
		Key: m.key(), Amount: ledger.Minor(10000, ledger.EUR), AccountID: seller, ApplicationFee: ledger.Minor(1000, ledger.EUR),
		Source: connect.TestCard, SettleIn: ledger.USD,
	}
}

// What cannot be converted is refused by name, before anything is written; the
// rates are asked for once, and not for a replay (promises 21, 28).
func TestSettlementRefusals(t *testing.T) {
	q := newQuotes(t)
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: q}})
	seller := m.seller().ID
	request := connecttest.Seller("US")
	request.Key, request.FeesPayer = m.key(), connect.PartyPlatform
	free, err := m.platform.CreateAccount(m.ctx, request)
	require.NoError(t, err)
	for name, x := range map[string]struct {
		code, field string
		change      func(r *connect.ChargeRequest)
	}{
		"a currency that was withdrawn": {"unsupported_currency", "settleIn", func(r *connect.ChargeRequest) { r.SettleIn = ledger.HRK }},
		"paid in one": {"unsupported_currency", "amount", func(r *connect.ChargeRequest) {
			r.Amount, r.ApplicationFee = ledger.Minor(10000, ledger.HRK), ledger.Money{}
		}},
		"a net in one": {"unsupported_currency", "net", func(r *connect.ChargeRequest) {
			r.Amount, r.Net, r.ApplicationFee = ledger.Money{}, ledger.Minor(10000, ledger.HRK), ledger.Money{}
		}},
		"no rate": {"rate_not_found", "currency", func(r *connect.ChargeRequest) { r.SettleIn = ledger.THB }},
		"worth too little": {"amount_below_minimum", "amount", func(r *connect.ChargeRequest) {
			r.Amount, r.ApplicationFee, r.SettleIn = ledger.Minor(100, ledger.KRW), ledger.Money{}, ledger.EUR
			r.Tax = []connect.Tax{{Authority: "state", Amount: ledger.Minor(99, ledger.KRW)}}
		}},
		"no commission that is converted": {"invalid_request", "feeIn", func(r *connect.ChargeRequest) { r.FeeIn = ledger.JPY }},
		"a commission that pays for processing": {"invalid_request", "feeIn", func(r *connect.ChargeRequest) {
			r.AccountID, r.Direct, r.FeeIn = free.ID, true, ledger.JPY
		}},
		"a commission in no currency": {"unsupported_currency", "feeIn", func(r *connect.ChargeRequest) { r.Direct, r.FeeIn = true, ledger.HRK }},
	} {
		r := m.settles(seller)
		x.change(&r)
		_, err := m.platform.Charge(m.ctx, r)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, x.code+" "+x.field, e.Code+" "+e.Field, name)
	}
	r := m.settles(seller)
	q.down = true
	_, err = m.platform.Charge(m.ctx, r)
	require.ErrorIs(t, err, ledger.Unavailable)
	list, err := m.platform.ListCharges(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Empty(t, list.Items)

	q.down = false
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	q.down, q.asked = true, 0
	again, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, c.ID, again.ID)
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(100)})
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "currency_mismatch amount", e.Code+" "+e.Field)
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	require.Zero(t, q.asked)
	m.verify()
}

// A charge says what the buyer pays and what it is of; so does a preview, and one
// in the host's transaction.
func TestSettlementIsShown(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: newQuotes(t)}})
	r := m.settles(m.seller().ID)
	r.Direct, r.FeeIn = true, ledger.JPY
	check := func(c *connect.Charge) {
		require.Equal(t, []ledger.Money{usd(10890), usd(1089), ledger.Minor(10000, ledger.EUR), usd(11000)},
			[]ledger.Money{c.Amount, c.ApplicationFee, c.Settlement.Presented, c.Settlement.Gross})
		require.Equal(t, "1.1", c.Settlement.Rate.Value.String())
		require.Equal(t, connect.ChargeSucceeded, c.Status)
		require.Equal(t, ledger.Minor(1568, ledger.JPY), c.FeeSettlement.Credited) // 10.89 at 145.45…, less 1 %
	}
	c, err := m.platform.Preview().Charge(m.ctx, r)
	require.NoError(t, err)
	check(c)

	c, err = m.platform.In(m.Store()).Charge(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeProcessing, c.Status)
	require.NoError(t, m.platform.Finish(m.ctx, c.ID))
	check(m.now(c))
	c, err = m.platform.Charge(m.ctx, m.settles(m.seller().ID))
	require.NoError(t, err)
	require.Equal(t, usd(10890), c.Amount)
	m.verify()
}

// A payment fails while a part of it is being captured: what was captured is taken
// back, and so is the rest once it is booked, each at its own part of the worth.
func TestSettlementFailsBetweenCaptures(t *testing.T) {
	rules := []connect.CaptureRule{{Captures: 2}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: newQuotes(t), CaptureRules: rules}})
	r := m.settles(m.seller().ID)
	r.CaptureLater, r.Direct, r.FeeIn = true, true, ledger.JPY
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: ledger.Minor(3333, ledger.EUR), KeepRest: true})
	require.NoError(t, err)
	k, err := m.platform.In(m.Store()).Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID})
	require.NoError(t, err)
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "payment_returned"}}))
	require.Equal(t, ledger.Minor(3333, ledger.EUR), m.now(c).Failure.Exchanged.Presented)
	require.NoError(t, m.platform.Finish(m.ctx, k.ID))
	c = m.now(c)
	require.Equal(t, connect.ChargeFailed, c.Status)
	require.Equal(t, ledger.Minor(10000, ledger.EUR), c.Failure.Exchanged.Presented)
	require.Equal(t, usd(10890), c.Failure.Amount)
	require.Equal(t, c.FeeSettlement.Credited, c.FeeSettlement.Back.Credited)
	m.verify()
}

// A provider that answers for another pair, or with nothing, is not believed.
func TestSettlementAtNoRate(t *testing.T) {
	for name, rate := range map[string]fx.Rate{
		"another pair": {Base: ledger.USD, Quote: ledger.EUR, Value: decimal.New(1, 0), Per: decimal.New(1, 0)},
		"nothing":      {Base: ledger.EUR, Quote: ledger.USD},
	} {
		m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: oneRate(rate)}})
		r := m.settles(m.seller().ID)
		_, err := m.platform.Charge(m.ctx, r)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, "invalid_rate settleIn", e.Code+" "+e.Field, name)
		r.SettleIn, r.Direct, r.FeeIn = ledger.Currency(0), true, ledger.USD
		_, err = m.platform.Charge(m.ctx, r)
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, "invalid_rate feeIn", e.Code+" "+e.Field, name)
	}
}

type oneRate fx.Rate

func (r oneRate) Rate(context.Context, ledger.Currency, ledger.Currency, time.Time) (fx.Rate, error) {
	return fx.Rate(r), nil
}
