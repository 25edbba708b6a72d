package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// shapesDay is a day of direct charges, transfers of a charge, reversals, debits
// and top-ups, each step under its own key.
func (w *world) shapesDay(t *testing.T) {
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
	if c, err := p.Charge(ctx, connect.ChargeRequest{
		Key: "direct", Amount: usd(1000), AccountID: a.ID, Direct: true, ApplicationFee: usd(123), Source: connect.TestCard,
	}); err == nil {
		_, _ = p.Refund(ctx, connect.RefundRequest{Key: "refund", ChargeID: c.ID, Amount: usd(250), RefundFee: true})
	}
	if c, err := p.Charge(ctx, connect.ChargeRequest{
		Key: "settled", Amount: ledger.Minor(9000, ledger.EUR), AccountID: a.ID, Direct: true, ApplicationFee: ledger.Minor(900, ledger.EUR),
		Source: connect.TestCard, SettleIn: ledger.JPY, FeeIn: ledger.EUR,
	}); err == nil {
		_, _ = p.Refund(ctx, connect.RefundRequest{Key: "refund settled", ChargeID: c.ID, Amount: ledger.Minor(3000, ledger.EUR), RefundFee: true})
	}
	if c, err := p.Charge(ctx, connect.ChargeRequest{Key: "own", Amount: usd(9000), OnBehalfOf: a.ID, Source: connect.TestCard}); err == nil {
		r := connect.TransferRequest{Key: "share", ChargeID: c.ID, To: a.ID, Amount: usd(7000)}
		if tr, err := p.Transfer(ctx, r); err == nil {
			_, _ = p.ReverseTransfer(ctx, connect.ReverseTransferRequest{Key: "back", TransferID: tr.ID, Amount: usd(2000)})
		}
	}
	w.after(t, eng, 3*24*time.Hour)
	if g, err := p.RecordAgreement(ctx, connect.AgreementRequest{Key: "agree", AccountID: a.ID, Text: "yes", By: "user"}); err == nil {
		_, _ = p.Transfer(ctx, connect.TransferRequest{Key: "debit", From: a.ID, To: p.ID(), AgreementID: g.ID, Amount: usd(500)})
	}
	if u, err := p.RecordTopUp(ctx, connect.TopUpRequest{Key: "up", Amount: usd(5000)}); err == nil {
		_, _ = p.ReverseTopUp(ctx, connect.ReverseTopUpRequest{Key: "down", TopUpID: u.ID})
	}
	w.after(t, eng, 2*24*time.Hour)
}

// Whatever fails between any two steps, the same keys bring the shapes of charges
// and their transfers to the same end (promises 24, 26 and 35, edge-case 95).
func TestFaultsOfShapes(t *testing.T) {
	t.Parallel()
	want := whateverFails(t, func(w *world) { w.shapesDay(t) }, func(w *world) map[string]string { return w.balances(t) })
	require.Equal(t, "50.99 USD held 0.00", want["acct available"], "941 - 123 - 250 + 31, 7000 - 2000 and - 500")
}

// noRates is an outside that is gone.
type noRates struct{}

func (noRates) Rate(context.Context, ledger.Currency, ledger.Currency, time.Time) (fx.Rate, error) {
	return fx.Rate{}, &ledger.Error{Class: ledger.Unavailable, Code: "gone"}
}

// A replay of what was converted asks nobody for a rate; what is new needs one,
// and without it nothing is written (promise 21).
func TestReplaysAskForNoRate(t *testing.T) {
	s := newShapes(t)
	back := connect.ReverseTransferRequest{Key: "eur-back", TransferID: s.converted.ID, Amount: ledger.Minor(40, ledger.EUR)}
	first, err := s.platform.ReverseTransfer(s.ctx, back)
	require.NoError(t, err)
	require.NotNil(t, first.Conversion)
	before := snapshot(t, s.Store())
	engine, err := connect.New(connect.Config{Store: s.Store(), Now: s.Clock.Now, Rates: noRates{}, Acquirer: s.Acquirer, Rail: s.Rail})
	require.NoError(t, err)
	p, err := engine.Platform(s.ctx, s.platform.ID())
	require.NoError(t, err)
	again, err := p.Transfer(s.ctx, connect.TransferRequest{Key: "eur", To: s.seller, Amount: eur, Currency: ledger.USD})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	reversed, err := p.ReverseTransfer(s.ctx, back)
	require.NoError(t, err)
	require.True(t, reversed.Replayed)
	back.Key = "new"
	_, err = p.ReverseTransfer(s.ctx, back)
	requireCode(t, err, ledger.Unavailable, "gone")
	_, err = p.Transfer(s.ctx, connect.TransferRequest{Key: "new", To: s.seller, Amount: eur, Currency: ledger.USD})
	requireCode(t, err, ledger.Unavailable, "gone")
	require.Equal(t, before, snapshot(t, s.Store()))
}

// A refund that the card's bank declines leaves no trace on what a charge counts,
// by amount and direct (promise 10, edge-case 34).
func TestDeclinedRefundsOfShapes(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	for _, r := range []connect.ChargeRequest{
		{Amount: usd(1000), AccountID: a.ID, TransferAmount: usd(877), Source: connect.TestRefundDeclined},
		{Amount: usd(1000), AccountID: a.ID, Direct: true, ApplicationFee: usd(123), Source: connect.TestRefundDeclined},
	} {
		c, err := m.try(r)
		require.NoError(t, err)
		before, has := *c, m.has(a.ID)
		re, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(300), ReverseTransfer: !r.Direct, RefundFee: true})
		require.NoError(t, err)
		require.Equal(t, connect.RefundFailed, re.Status)
		after, err := m.platform.GetCharge(m.ctx, c.ID)
		require.NoError(t, err)
		require.Equal(t, []connect.OwedRefund{{Refund: re.ID, Amount: usd(300), Since: re.Settled}}, after.Owed)
		after.Owed = nil // all else
		require.Equal(t, before, *after)
		require.Equal(t, has, m.has(a.ID))
	}
	m.verify()
}

// Each change of a transfer, an agreement or a top-up is told once, in the commit
// that made it (promise 56).
func TestShapeEvents(t *testing.T) {
	s := newShapes(t)
	_, err := s.platform.ReverseTopUp(s.ctx, connect.ReverseTopUpRequest{Key: "k", TopUpID: s.topUp.ID})
	require.NoError(t, err)
	told := counts(s.told(""))
	for kind, n := range map[string]int{
		connect.EventTransferCreated: 2, connect.EventTransferReversed: 1, connect.EventTransferReversalCreated: 1,
		connect.EventAgreementRecorded: 2, connect.EventAgreementEnded: 1, connect.EventTopUpSucceeded: 1, connect.EventTopUpReversed: 1,
		connect.EventChargeUpdated: 2,
	} {
		require.Equal(t, n, told[kind], kind)
	}
}
