package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// counted is an acquirer that counts what it is asked.
type counted struct {
	*connect.Simulator
	calls int
}

func (c *counted) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	c.calls++
	return c.Simulator.Authorize(ctx, key, o)
}

func (c *counted) Capture(ctx context.Context, key string, o connect.CaptureOrder) (connect.Answer, error) {
	c.calls++
	return c.Simulator.Capture(ctx, key, o)
}

func (c *counted) Cancel(ctx context.Context, key string, o connect.CancelOrder) (connect.Answer, error) {
	c.calls++
	return c.Simulator.Cancel(ctx, key, o)
}

func (c *counted) Refund(ctx context.Context, key string, o connect.RefundOrder) (connect.Answer, error) {
	c.calls++
	return c.Simulator.Refund(ctx, key, o)
}

func (c *counted) Lookup(ctx context.Context, key string) (connect.Answer, error) {
	c.calls++
	return c.Simulator.Lookup(ctx, key)
}

func (c *counted) Find(ctx context.Context, key, _ string) (connect.Answer, error) {
	c.calls++
	return c.Simulator.Lookup(ctx, key)
}

func (c *counted) Increase(ctx context.Context, key string, o connect.IncreaseOrder) (connect.Answer, error) {
	c.calls++
	return c.Simulator.Increase(ctx, key, o)
}

func (c *counted) SaveSource(ctx context.Context, key string, o connect.SaveOrder) (connect.Answer, error) {
	c.calls++
	return c.Simulator.SaveSource(ctx, key, o)
}

// countedRail is the same for a rail.
type countedRail struct {
	*payout.Simulator
	calls int
}

func (c *countedRail) Submit(ctx context.Context, batch []payout.Instruction) ([]payout.Ack, error) {
	c.calls++
	return c.Simulator.Submit(ctx, batch)
}

func (c *countedRail) Ask(ctx context.Context, key string) (payout.Ack, bool, error) {
	c.calls++
	return c.Simulator.Ask(ctx, key)
}

// A preview of each verb about what waits for the outside asks nobody and leaves no
// trace, whatever stands already and whether the acquirer can be asked; and a host's
// transaction asks nobody either (edge case 94).
func TestPreviewsAskNobody(t *testing.T) {
	for _, silent := range []bool{false, true} {
		clock := connecttest.NewClock(connecttest.Start)
		now := func() time.Time { return clock.Now() }
		acq := &counted{Simulator: connect.NewSimulator(connect.SimulatorConfig{NewsOnly: silent, Now: now})}
		rail := &countedRail{Simulator: payout.NewSimulator(payout.SimulatorConfig{Now: now})}
		m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: acq, Rail: rail}})
		clock = m.Clock
		a := m.seller()
		k := m.customer("")
		src := m.save(k.ID, connect.TestCard, connect.Recurring)
		asks := m.save(k.ID, connect.TestChallenge)
		again := m.save(k.ID, connect.TestReceived)
		authorized, challenged := m.authorize(a.ID, 1000, 100, connect.TestCard), m.authorize(a.ID, 1000, 100, connect.TestChallenge)
		waits, done := m.charge(a.ID, 1000, 100, connect.TestReceived), m.charge(a.ID, 1000, 100, connect.TestCard)
		inc, err := m.platform.In(m.Store()).IncreaseAuthorization(m.ctx, connect.IncreaseRequest{Key: "in", ChargeID: m.authorize(a.ID, 1000, 0, connect.TestCard).ID, Amount: usd(5)})
		require.NoError(t, err)
		x := m.mandate(achMandate("m", payout.TestStalled))
		back, debit := m.debited(x.ID, a.ID, 1000, 100), m.debited(x.ID, a.ID, 1000, 100)
		require.NoError(t, m.RailNews(m.ctx, payout.Update{ID: "1", Key: back.ID + "-1", Kind: payout.UpdateReturned, Code: "R01", Amount: usd(1000), At: m.Clock.Now()}))
		require.NoError(t, m.RailNews(m.ctx, payout.Update{ID: "2", Key: debit.ID + "-1", Kind: payout.UpdateSettled, Amount: usd(1000), At: m.Clock.Now()}))
		pay := connect.PayRequest{Key: "k", Charge: connect.ChargeRequest{Amount: usd(2000), AccountID: a.ID, Source: connect.TestCard}, Others: []connect.SourcePart{{Source: connect.TestCardGB, Amount: usd(700)}}}
		half := pay
		half.Key, half.Others = "half", []connect.SourcePart{{Source: connect.TestChallenge, Amount: usd(700)}}
		y, err := m.platform.Pay(m.ctx, half)
		require.NoError(t, err)
		require.Equal(t, connect.PaymentAuthorizing, y.Status)
		m.Clock.Advance(time.Minute)

		type verb func(p *connect.Platform) error
		ctx := m.ctx
		verbs := map[string]verb{
			"save": func(p *connect.Platform) error {
				_, err := p.SaveSource(ctx, connect.SaveSourceRequest{Key: "k", CustomerID: k.ID, Source: connect.TestCard, Agreement: agreed})
				return err
			},
			"charge saved": func(p *connect.Platform) error {
				_, err := p.Charge(ctx, connect.ChargeRequest{Key: "k", Amount: usd(500), AccountID: a.ID, SavedSourceID: src.ID, Initiation: connect.Initiation{By: connect.Recurring}})
				return err
			},
			"charge and save": func(p *connect.Platform) error {
				_, err := p.Charge(ctx, connect.ChargeRequest{Key: "k", Amount: usd(500), AccountID: a.ID, CustomerID: k.ID, Source: connect.TestCard, Save: &connect.SaveTerms{Agreement: agreed}})
				return err
			},
			"confirm source": func(p *connect.Platform) error {
				_, err := p.ConfirmSource(ctx, connect.ConfirmSourceRequest{Key: "k", SavedSourceID: asks.ID})
				return err
			},
			"detach": func(p *connect.Platform) error {
				_, err := p.DetachSource(ctx, connect.DetachSourceRequest{Key: "k", SavedSourceID: asks.ID})
				return err
			},
			"delete": func(p *connect.Platform) error {
				_, err := p.DeleteCustomer(ctx, connect.DeleteCustomerRequest{Key: "k", CustomerID: k.ID})
				return err
			},
			"increase": func(p *connect.Platform) error {
				_, err := p.IncreaseAuthorization(ctx, connect.IncreaseRequest{Key: "k", ChargeID: authorized.ID, Amount: usd(5)})
				return err
			},
			"capture": func(p *connect.Platform) error {
				_, err := p.Capture(ctx, connect.CaptureRequest{Key: "k", ChargeID: authorized.ID})
				return err
			},
			"cancel": func(p *connect.Platform) error {
				_, err := p.Cancel(ctx, connect.CancelRequest{Key: "k", ChargeID: authorized.ID})
				return err
			},
			"confirm": func(p *connect.Platform) error {
				_, err := p.Confirm(ctx, connect.ConfirmRequest{Key: "k", ChargeID: challenged.ID})
				return err
			},
			"refund": func(p *connect.Platform) error {
				_, err := p.Refund(ctx, connect.RefundRequest{Key: "k", ChargeID: done.ID, ReverseTransfer: true})
				return err
			},
			"refund debit": func(p *connect.Platform) error {
				_, err := p.Refund(ctx, connect.RefundRequest{Key: "k", ChargeID: debit.ID, ReverseTransfer: true})
				return err
			},
			"debit": func(p *connect.Platform) error {
				_, err := p.Charge(ctx, connect.ChargeRequest{Key: "k", Amount: usd(500), AccountID: a.ID, MandateID: x.ID})
				return err
			},
			"represent": func(p *connect.Platform) error {
				_, err := p.Represent(ctx, connect.RepresentRequest{Key: "k", ChargeID: back.ID})
				return err
			},
			"mandate": func(p *connect.Platform) error { _, err := p.CreateMandate(ctx, achMandate("k", "btok_x")); return err },
			"cancel mandate": func(p *connect.Platform) error {
				_, err := p.CancelMandate(ctx, connect.MandateStepRequest{Key: "k", MandateID: x.ID})
				return err
			},
			"pay":        func(p *connect.Platform) error { _, err := p.Pay(ctx, pay); return err },
			"pay replay": func(p *connect.Platform) error { _, err := p.Pay(ctx, half); return err },
		}
		finish := map[string]verb{}
		for what, id := range map[string]string{"source": again.ID, "increase": inc.ID, "payment": y.ID, "charge": waits.ID, "challenged": challenged.ID, "debit": back.ID} {
			finish["finish "+what] = func(p *connect.Platform) error { return p.Finish(ctx, id) }
		}
		before, calls, submits := snapshot(t, m.Store()), acq.calls, rail.calls
		check := func(what string) {
			require.Equal(t, before, snapshot(t, m.Store()), what)
			require.Equal(t, calls, acq.calls, what)
			require.Equal(t, submits, rail.calls, what)
		}
		for what, do := range verbs {
			require.NoError(t, do(m.platform.Preview()), what)
			check(what)
			copied := m.platform.In(ledger.Overlay(m.Store()))
			require.NoError(t, do(copied), what)
			require.NoError(t, do(copied), what+" again")
			check(what + " joined")
		}
		for what, do := range finish {
			require.NoError(t, do(m.platform.Preview()), what)
			check(what)
		}
		m.verify()
	}
}
