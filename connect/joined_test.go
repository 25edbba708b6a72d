package connect_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// In only records: nothing outside is spoken to until the host has committed.
// An overlay that is thrown away stands for a transaction that rolls back.
func TestJoinedVerbsOnlyRecord(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	before := snapshot(t, m.Store())

	inside := m.platform.In(ledger.Overlay(m.Store()))
	c, err := inside.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeProcessing, c.Status)
	require.Equal(t, 0, m.Acquirer.Taken(c.ID), "the card is never touched before the commit")
	require.Equal(t, before, snapshot(t, m.Store()), "a rollback leaves nothing")
	_, err = m.platform.GetCharge(m.ctx, c.ID)
	require.ErrorIs(t, err, ledger.NotFound)
}

func TestFinishAfterTheCommit(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	inside := m.platform.In(m.Store()) // the host's transaction, committed
	c, err := inside.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	again, err := inside.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, connect.ChargeProcessing, again.Status)
	require.ErrorIs(t, inside.Finish(m.ctx, c.ID), ledger.State, "not inside the transaction")

	require.NoError(t, m.platform.Finish(m.ctx, c.ID))
	require.NoError(t, m.platform.Finish(m.ctx, c.ID), "finished is finished")
	require.Equal(t, 1, m.Acquirer.Taken(c.ID))
	require.Equal(t, usd(877), m.has(a.ID).Available)

	r, err := inside.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(250), ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	require.Equal(t, usd(219), m.has(a.ID).Held, "what it will take is set aside")
	require.NoError(t, m.platform.Finish(m.ctx, r.ID))
	require.Equal(t, usd(658), m.has(a.ID).Available)
	require.Equal(t, usd(0), m.has(a.ID).Held)

	po, err := inside.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	require.Equal(t, payout.Pending, po.Status)
	require.Equal(t, usd(658), m.has(a.ID).InTransit)
	require.Equal(t, 0, m.Rail.Taken(po.Key()))
	m.pass(time.Minute) // or Drain does it
	require.Equal(t, 1, m.Rail.Taken(po.Key()))
	for _, id := range []string{"", "ch_nothing", "evt_1", a.ID} {
		require.ErrorIs(t, m.platform.Finish(m.ctx, id), ledger.NotFound)
	}
	m.verify()
}

// A payout that was only recorded can be withdrawn; one that the rail has
// cannot (bad input "cancel a paid payout").
func TestCancelPayout(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	po, err := m.platform.In(m.Store()).Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	po, err = m.platform.CancelPayout(m.ctx, connect.CancelPayoutRequest{Key: "cancel", PayoutID: po.ID})
	require.NoError(t, err)
	require.Equal(t, payout.Canceled, po.Status)
	require.Equal(t, usd(1000), m.has(a.ID).Available)
	again, err := m.platform.CancelPayout(m.ctx, connect.CancelPayoutRequest{Key: "cancel", PayoutID: po.ID})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	m.pass(48 * time.Hour)
	require.Equal(t, 0, m.Rail.Taken(po.Key()))

	po, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po2", AccountID: a.ID})
	require.NoError(t, err)
	_, err = m.platform.CancelPayout(m.ctx, connect.CancelPayoutRequest{Key: "late", PayoutID: po.ID})
	requireCode(t, err, ledger.State, "invalid_state")
	_, err = m.platform.CancelPayout(m.ctx, connect.CancelPayoutRequest{Key: "nobody", PayoutID: "po_of_nobody"})
	require.ErrorIs(t, err, ledger.NotFound)
	m.pass(48 * time.Hour)
	m.verify()
}

// A preview runs the same code and leaves no trace: no account, no number, no
// date, no key, and nobody outside is asked (edge-case 94).
func TestPreviewLeavesNoTrace(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	before := snapshot(t, m.Store())

	preview := m.platform.Preview()
	request := connect.ChargeRequest{Key: "k", Amount: usd(2000), AccountID: a.ID, ApplicationFee: usd(200), Source: connect.TestDeclined}
	c, err := preview.Charge(m.ctx, request)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status, "the acquirer is taken to approve")
	require.Equal(t, usd(88), c.ProcessingFee)
	b, err := preview.Balance(m.ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, usd(1800), b.In(ledger.USD).Pending)
	require.Equal(t, usd(1000), b.In(ledger.USD).Available)
	_, err = preview.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: usd(1001)})
	require.ErrorIs(t, err, ledger.InsufficientFunds, "limits are hit as they would be")
	po, err := preview.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	require.Equal(t, payout.InTransit, po.Status)
	_, err = preview.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)

	require.Equal(t, before, snapshot(t, m.Store()))
	require.Equal(t, 0, m.Acquirer.Taken(c.ID))
	require.Equal(t, 0, m.Rail.Taken(po.Key()))
	real, err := m.platform.Charge(m.ctx, request)
	require.NoError(t, err)
	require.False(t, real.Replayed, "no key is left behind")
	require.Equal(t, connect.ChargeFailed, real.Status)
	m.verify()
}

type finalStore struct{ ledger.Store }

func (f finalStore) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	r, err := f.Store.Commit(ctx, c)
	var e *ledger.Error
	if errors.As(err, &e) {
		cp := *e
		cp.Final = true
		return nil, &cp
	}
	return r, err
}

// A seller who was changed by another process is read anew in a host's
// transaction, where nothing is tried twice.
func TestJoinedVerbsReadWhatOthersChanged(t *testing.T) {
	store := ledger.NewMemory()
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCard) // this engine remembers the seller
	other, err := connect.New(connect.Config{Store: store, Acquirer: m.Acquirer, Rail: m.Rail, Now: m.Clock.Now})
	require.NoError(t, err)
	p2, _ := other.Platform(m.ctx, m.platform.ID())
	_, err = p2.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "u", AccountID: a.ID, Email: "a@example.com"})
	require.NoError(t, err)
	for range 5 { // the host runs its transaction again and again
		_, err = m.platform.In(finalStore{store}).Charge(m.ctx, connect.ChargeRequest{Key: "j", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard})
	}
	require.NoError(t, err)
}

// A preview in a host's transaction leaves no trace in it either.
func TestAPreviewInATransaction(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	before := snapshot(t, m.Store())
	for _, p := range []*connect.Platform{m.platform.Preview().In(m.Store()), m.platform.In(m.Store()).Preview()} {
		c, err := p.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
		require.NoError(t, err)
		require.Equal(t, connect.ChargeSucceeded, c.Status)
		require.Equal(t, before, snapshot(t, m.Store()))
	}
}

// A preview that replays what is unfinished says nothing to the host's log.
func TestAPreviewIsSilent(t *testing.T) {
	var log bytes.Buffer
	m := newMarket(t, connecttest.Config{
		RailDelivery: ledger.Askable, Config: connect.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))},
	})
	a := m.seller(func(r *connect.AccountRequest) { r.Bank.Token = payout.TestLostAnswer })
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	request := connect.PayoutRequest{Key: "po", AccountID: a.ID}
	o, err := m.platform.Payout(m.ctx, request)
	require.NoError(t, err)
	require.Equal(t, payout.Pending, o.Status)
	m.Clock.Advance(time.Hour)
	log.Reset()
	o, err = m.platform.Preview().Payout(m.ctx, request)
	require.NoError(t, err)
	require.Equal(t, payout.InTransit, o.Status)
	require.Empty(t, log.String())
}
