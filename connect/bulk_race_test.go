package connect_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Two processes that carry out one bulk at the same time do each charge once (promises
// 24, 35).
func TestTwoProcessesCarryOutOneBulk(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	s := m.seller()
	var want []string
	for range 6 {
		m.order(s.ID, 400, "spring")
		want = append(want, "400 done ")
	}
	b, err := m.platform.StartBulk(m.ctx, springRefund)
	require.NoError(t, err)
	m.approve(b.Signed.Proposal, chief)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		e, err := connect.New(connect.Config{Store: m.Store(), Now: m.Clock.Now, Acquirer: m.Acquirer, Rail: m.Rail})
		require.NoError(t, err)
		p, err := e.Platform(m.ctx, m.platform.ID())
		require.NoError(t, err)
		wg.Go(func() {
			if errs[i] = p.Finish(m.ctx, b.ID); errors.Is(errs[i], ledger.Conflict) {
				errs[i] = nil // the other one was faster
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	m.pass(time.Hour)
	require.Equal(t, want, m.items(b.ID))
	require.Equal(t, usd(2400), m.bulkNow(b.ID).Moved)
	refunds := 0
	for _, err := range m.platform.Refunds(m.ctx, connect.ListRequest{}) {
		require.NoError(t, err)
		refunds++
	}
	require.Equal(t, 6, refunds)
	m.verify()
}

// Wherever handing over frozen money is cut off, what was asked for is paid once
// (promises 24, 35).
func TestSurrenderFrozenIsCutOff(t *testing.T) {
	for cut := range 8 {
		m := newMarket(t, connecttest.Config{})
		s := m.seller()
		m.charge(s.ID, 1000, 0, connect.TestCardAtOnce)
		f := m.frozen(s.ID, usd(800))
		e, err := connect.New(connect.Config{Store: &dies{m.Store(), cut}, Now: m.Clock.Now, Acquirer: m.Acquirer, Rail: m.Rail})
		require.NoError(t, err)
		ask := connect.SurrenderFrozenRequest{
			Key: "ask", By: legal, FreezeID: f.ID, Document: "7 O 3/26", Amount: usd(300),
			Bank: &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD},
		}
		hand := func(p *connect.Platform) error {
			x, err := p.SurrenderFrozen(m.ctx, ask)
			if err != nil {
				return err
			}
			if x.Surrender == nil { // the key was used, and it is approved
				return nil
			}
			_, err = p.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: "yes", ProposalID: x.Surrender.Signed.Proposal, By: boss})
			return err
		}
		if p, err := e.Platform(m.ctx, m.platform.ID()); err == nil && hand(p) == nil {
			_, _ = e.Drain(m.ctx) // it fails somewhere
		}
		require.NoError(t, hand(m.platform), fmt.Sprint("cut ", cut))
		m.pass(96 * time.Hour)
		require.Len(t, m.freezeNow(f.ID).Surrenders, 1, "cut %d", cut)
		require.Equal(t, usd(500), m.has(s.ID).Frozen, "cut %d", cut)
		m.verify()
	}
}

// refusesRefunds is a store that is gone whenever a refund is to be recorded.
type refusesRefunds struct{ ledger.Store }

func (s refusesRefunds) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	for _, o := range c.Put {
		if o.Kind == "connect.refund" {
			return nil, &ledger.Error{Class: ledger.Unavailable, Code: "gone"}
		}
	}
	return s.Store.Commit(ctx, c)
}

// A charge that comes to have more to give back between the estimate of its item and the
// carrying out is refused: no more moves than was set aside for it.
func TestBulkMovesWhatWasSetAside(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	s := m.seller()
	c, err := m.pay(connect.ChargeRequest{
		Amount: usd(1000), AccountID: s.ID, ApplicationFee: usd(100), Source: connect.TestRefundPending, Metadata: map[string]string{"campaign": "spring"},
	})
	require.NoError(t, err)
	part, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(600)})
	require.NoError(t, err)
	require.Equal(t, connect.RefundPending, part.Status)
	m.Clock.Advance(time.Second)
	r := springRefund
	r.Most = usd(500)
	b, err := m.platform.StartBulk(m.ctx, r)
	require.NoError(t, err)
	m.approve(b.Signed.Proposal, chief)
	e, err := connect.New(connect.Config{Store: refusesRefunds{m.Store()}, Now: m.Clock.Now, Acquirer: m.Acquirer, Rail: m.Rail})
	require.NoError(t, err)
	p, err := e.Platform(m.ctx, m.platform.ID())
	require.NoError(t, err)
	require.ErrorIs(t, p.Finish(m.ctx, b.ID), ledger.Unavailable)
	require.Equal(t, usd(400), m.bulkNow(b.ID).Moved)
	require.NoError(t, m.News(m.ctx, connect.News{Key: part.ID, Answer: connect.Answer{Status: connect.Declined, Code: "account_closed"}}))
	m.pass(time.Hour)
	m.pass(time.Hour)
	require.Equal(t, []string{"400 refused bulk_limit_exceeded"}, m.items(b.ID))
	require.Zero(t, m.bulkNow(b.ID).Moved.Minor())
	m.verify()
}
