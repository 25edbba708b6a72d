package connect_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// increase raises a charge's authorization.
func (m *market) increase(charge string, minor int64) (*connect.Increase, error) {
	return m.platform.IncreaseAuthorization(m.ctx, connect.IncreaseRequest{Key: m.key(), ChargeID: charge, Amount: usd(minor)})
}

// An authorization is raised, with all that depends on it; nothing is posted.
func TestIncrease(t *testing.T) {
	rules := []connect.CaptureRule{{Captures: 3, Over: decimal.New(20, 0), Increases: 2}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{CaptureRules: rules}})
	c := m.authorize(m.seller().ID, 1000, 123, connect.TestCard)
	expires := c.Authorization.Expires
	for i, minor := range []int64{500, 1} {
		inc, err := m.increase(c.ID, minor)
		require.NoError(t, err)
		require.Equal(t, connect.StepSucceeded, inc.Status)
		require.Equal(t, i+1, m.now(c).Authorization.Increased)
	}
	c = m.now(c)
	a := c.Authorization
	require.Equal(t, []ledger.Money{usd(1501), usd(1501), usd(1801), usd(185), usd(185)}, []ledger.Money{c.Amount, a.Amount, a.Most, c.ApplicationFee, a.Terms.ApplicationFee})
	require.Equal(t, expires, a.Expires)
	_, err := m.increase(c.ID, 1)
	requireCode(t, err, ledger.State, "increase_limit")
	list, err := m.platform.ListIncreases(m.ctx, connect.ListRequest{ChargeID: c.ID})
	require.NoError(t, err)
	require.Len(t, list.Items, 2)
	m.verify()
}

// Ten is what there may be of them unless a rule says otherwise (facts of hosted
// processors), and a network may take none.
func TestIncreaseLimits(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.authorize(m.seller().ID, 1000, 0, connect.TestCard)
	for range 10 {
		_, err := m.increase(c.ID, 1)
		require.NoError(t, err)
	}
	_, err := m.increase(c.ID, 1)
	requireCode(t, err, ledger.State, "increase_limit")
	none := newMarket(t, connecttest.Config{Config: connect.Config{CaptureRules: []connect.CaptureRule{{Increases: -1}}}})
	c = none.authorize(none.seller().ID, 1000, 0, connect.TestCard)
	_, err = none.increase(c.ID, 1)
	requireCode(t, err, ledger.State, "increase_limit")
}

// The end of an authorization moves where the acquirer says so, and only there.
func TestIncreaseMovesTheEnd(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.authorize(m.seller().ID, 1000, 0, connect.TestCard)
	i, err := m.platform.In(m.Store()).IncreaseAuthorization(m.ctx, connect.IncreaseRequest{Key: "i", ChargeID: c.ID, Amount: usd(1)})
	require.NoError(t, err)
	require.Equal(t, connect.StepPending, i.Status)
	end := m.Clock.Now().Add(20 * 24 * time.Hour)
	news := connect.News{Key: i.ID, Answer: connect.Answer{Status: connect.Approved, Amount: usd(1001), CaptureBefore: end}}
	for range 2 {
		require.NoError(t, m.News(m.ctx, news)) // promise 31
	}
	c = m.now(c)
	require.Equal(t, end, c.Authorization.Expires)
	require.Equal(t, 1, c.Authorization.Increased)
	m.pass(19 * 24 * time.Hour)
	require.Equal(t, connect.ChargeAuthorized, m.now(c).Status)
	m.pass(2 * 24 * time.Hour)
	require.Equal(t, connect.ChargeCanceled, m.now(c).Status)
	_, err = m.increase(c.ID, 1)
	requireCode(t, err, ledger.State, "invalid_state")
	m.verify()
}

// An authorization that ends while it is being raised: what the acquirer says of
// either comes to the same in any order (promise 31).
func TestIncreaseAndTheEnd(t *testing.T) {
	for _, end := range []connect.AnswerStatus{connect.Canceled, connect.Failed} {
		for _, answer := range []connect.AnswerStatus{connect.Approved, connect.Declined} {
			for _, order := range [][]int{{0, 1}, {1, 0}} {
				m := newMarket(t, connecttest.Config{})
				c := m.authorize(m.seller().ID, 1000, 100, connect.TestCard)
				i, err := m.platform.In(m.Store()).IncreaseAuthorization(m.ctx, connect.IncreaseRequest{Key: "i", ChargeID: c.ID, Amount: usd(500)})
				require.NoError(t, err)
				news := []connect.News{
					{Key: c.ID, Answer: connect.Answer{Status: end, Code: "x"}},
					{Key: i.ID, Answer: connect.Answer{Status: answer, Amount: usd(1500)}},
				}
				for range 2 {
					for _, n := range order {
						require.NoError(t, m.News(m.ctx, news[n]))
					}
				}
				m.pass(10 * 24 * time.Hour)
				c = m.now(c)
				require.Equal(t, map[connect.AnswerStatus]connect.ChargeStatus{connect.Canceled: connect.ChargeCanceled, connect.Failed: connect.ChargeFailed}[end], c.Status)
				require.Equal(t, map[bool]ledger.Money{true: usd(1500), false: usd(1000)}[answer == connect.Approved], c.Authorization.Amount)
				require.Equal(t, usd(0), m.has(c.Account).Pending)
				m.verify()
			}
		}
	}
}

// What cannot be raised is refused by name, and nothing is written.
func TestIncreaseRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	ok := m.authorize(a.ID, 1000, 100, connect.TestCard)
	captured := m.inState("captured")
	direct, err := m.pay(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, Direct: true, ApplicationFee: usd(940), Source: connect.TestCard, CaptureLater: true})
	require.NoError(t, err)
	for name, try := range map[string]struct {
		r    connect.IncreaseRequest
		code string
	}{
		"no charge":      {connect.IncreaseRequest{Amount: usd(1)}, "invalid_request"},
		"unknown":        {connect.IncreaseRequest{ChargeID: "ch_nobody", Amount: usd(1)}, "not_found"},
		"nothing":        {connect.IncreaseRequest{ChargeID: ok.ID}, "invalid_amount"},
		"less":           {connect.IncreaseRequest{ChargeID: ok.ID, Amount: usd(-1)}, "invalid_amount"},
		"other currency": {connect.IncreaseRequest{ChargeID: ok.ID, Amount: ledger.Minor(1, ledger.EUR)}, "currency_mismatch"},
		"too much":       {connect.IncreaseRequest{ChargeID: ok.ID, Amount: usd(999_999_999_999)}, "amount_too_large"},
		"far too much":   {connect.IncreaseRequest{ChargeID: ok.ID, Amount: usd(1<<63 - 1)}, "amount_too_large"},
		"a card":         {connect.IncreaseRequest{ChargeID: ok.ID, Amount: usd(1), Metadata: map[string]string{"n": "4242424242424242"}}, "card_number"},
		"captured":       {connect.IncreaseRequest{ChargeID: captured.ID, Amount: usd(1)}, "already_captured"},
		"at once":        {connect.IncreaseRequest{ChargeID: m.inState("succeeded").ID, Amount: usd(1)}, "already_captured"},
		"canceled":       {connect.IncreaseRequest{ChargeID: m.inState("canceled").ID, Amount: usd(1)}, "invalid_state"},
		"waits":          {connect.IncreaseRequest{ChargeID: m.inState("requires_action").ID, Amount: usd(1)}, "invalid_state"},
		"failed":         {connect.IncreaseRequest{ChargeID: m.inState("failed").ID, Amount: usd(1)}, "invalid_state"},
	} {
		before := snapshot(t, m.Store())
		try.r.Key = "k"
		_, err := m.platform.IncreaseAuthorization(m.ctx, try.r)
		require.Equal(t, try.code, codeOf(t, err), "%s: %v", name, err)
		require.Equal(t, before, snapshot(t, m.Store()), name)
	}
	_, err = m.increase(direct.ID, 1000) // 1,880 of commission, and 88 for processing, of 2,000
	require.NoError(t, err)
	m.Clock.Set(ok.Authorization.Expires)
	_, err = m.increase(ok.ID, 1)
	requireCode(t, err, ledger.State, "authorization_expired")

	other, err := connect.New(connect.Config{Store: m.Store(), Now: m.Clock.Now, Acquirer: plain{m.Acquirer}})
	require.NoError(t, err)
	p, err := other.Platform(m.ctx, m.platform.ID())
	require.NoError(t, err)
	fresh := m.authorize(a.ID, 1000, 100, connect.TestCard)
	for _, p := range []*connect.Platform{p, p.Preview()} {
		_, err = p.IncreaseAuthorization(m.ctx, connect.IncreaseRequest{Key: "x", ChargeID: fresh.ID, Amount: usd(1)})
		requireCode(t, err, ledger.State, "increase_unsupported")
	}
}

// plain is an acquirer without optional powers.
type plain struct{ connect.Acquirer }

// Of a capture, a cancellation and an increase at once, in two processes, nothing is
// lost: whatever the acquirer did is what is booked (promise 11).
func TestIncreaseRaces(t *testing.T) {
	for round := range 30 {
		m := newMarket(t, connecttest.Config{AcquirerDelivery: []ledger.Delivery{ledger.Keyed, ledger.Askable}[round%2]})
		c := m.authorize(m.seller().ID, 1000, 100, connect.TestCard)
		_, p := m.second()
		ctx, errs := context.Background(), make([]error, 4)
		var wg sync.WaitGroup
		for i, do := range []func() error{
			func() error {
				_, err := m.platform.IncreaseAuthorization(ctx, connect.IncreaseRequest{Key: "i", ChargeID: c.ID, Amount: usd(500)})
				return err
			},
			func() error {
				_, err := p.IncreaseAuthorization(ctx, connect.IncreaseRequest{Key: "i", ChargeID: c.ID, Amount: usd(500)})
				return err
			},
			func() error {
				_, err := p.Capture(ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID, Amount: usd(900)})
				return err
			},
			func() error {
				_, err := m.platform.Cancel(ctx, connect.CancelRequest{Key: "x", ChargeID: c.ID})
				return err
			},
		} {
			wg.Go(func() { errs[i] = do() })
		}
		wg.Wait()
		m.pass(time.Hour)
		for _, err := range errs {
			require.True(t, err == nil || errors.Is(err, ledger.State), "%v", err)
		}
		c = m.now(c)
		require.True(t, c.Authorization.Increasing.IsZero() && c.Authorization.Capturing.IsZero() && c.Canceling == "")
		require.LessOrEqual(t, c.Authorization.Increased, 1, "promise 23")
		m.verify()
	}
}

// Lost requests and answers, in all three kinds of acquirers: an increase acts once.
func TestIncreaseAnswersAreLost(t *testing.T) {
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for _, lost := range []string{"request", "answer"} {
			acq := &losing{Simulator: connect.NewSimulator(connect.SimulatorConfig{Delivery: kind, Now: func() time.Time { return connecttest.Start }}), lost: lost}
			m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: acq}})
			c := m.authorize(m.seller().ID, 1000, 100, connect.TestCard)
			i, err := m.increase(c.ID, 500)
			require.NoError(t, err)
			require.NotEqual(t, connect.StepSucceeded, i.Status)
			if kind == ledger.Blind {
				require.Equal(t, connect.StepUnknown, i.Status)
				_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID})
				requireCode(t, err, ledger.State, "increase_under_way")
				require.NoError(t, m.News(m.ctx, connect.News{Key: i.ID, Answer: connect.Answer{Status: connect.Declined, Code: "never_seen"}}))
				require.Equal(t, usd(1000), m.now(c).Authorization.Amount)
			} else {
				m.pass(10 * time.Minute)
				require.Equal(t, usd(1500), m.now(c).Authorization.Amount)
				require.Equal(t, 1, acq.Taken(i.ID))
			}
			m.verify()
		}
	}
}

// losing is an acquirer whose first increase gets lost on the way, there or back.
type losing struct {
	*connect.Simulator
	lost string
}

func (l *losing) Increase(ctx context.Context, key string, o connect.IncreaseOrder) (connect.Answer, error) {
	lost := l.lost
	if l.lost = ""; lost != "request" {
		a, err := l.Simulator.Increase(ctx, key, o)
		if lost == "" {
			return a, err
		}
	}
	return connect.Answer{}, &ledger.Error{Class: ledger.Unknown, Code: "no_answer"}
}

// A preview of an increase leaves no trace (edge case 94).
func TestIncreasePreview(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.authorize(m.seller().ID, 1000, 123, connect.TestCard)
	before := snapshot(t, m.Store())
	look := m.platform.Preview()
	_, err := look.IncreaseAuthorization(m.ctx, connect.IncreaseRequest{Key: "i", ChargeID: c.ID, Amount: usd(500)})
	require.NoError(t, err)
	k, err := look.Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(1500), usd(185)}, []ledger.Money{k.Amount, k.ApplicationFee})
	require.Equal(t, before, snapshot(t, m.Store()))
}

// In how many steps an amount was raised does not matter: what is captured of it is
// divided as if it had been raised at once, and as if it had been authorized so
// where a price says how (promises 7, 8).
func TestIncreasesAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMarket(t, connecttest.Config{})
		priced := rapid.Bool().Draw(rt, "priced")
		if priced {
			rule := pricing.Rule{Name: "standard", Price: pricing.Price{Percent: decimal.New(rapid.Int64Range(1, 3000).Draw(rt, "percent"), -2)}}
			_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "prices", Prices: &pricing.List{Commission: pricing.Prices{Rules: []pricing.Rule{rule}}}})
			require.NoError(t, err)
		}
		a := m.seller()
		from, to := rapid.Int64Range(100, 5000).Draw(rt, "from"), int64(0)
		steps := rapid.SliceOfN(rapid.Int64Range(1, 5000), 1, 6).Draw(rt, "steps")
		for _, step := range steps {
			to += step
		}
		r := connect.ChargeRequest{Amount: usd(from), AccountID: a.ID, Source: connect.TestCard, CaptureLater: true, Tax: taxes(rapid.Int64Range(1, 20).Draw(rt, "tax"))}
		if !priced {
			r.ApplicationFee = usd(rapid.Int64Range(1, 50).Draw(rt, "fee"))
		}
		var ends []*connect.Charge
		for _, by := range [][]int64{steps, {to}} {
			c, err := m.pay(r)
			require.NoError(rt, err)
			for _, step := range by {
				_, err := m.increase(c.ID, step)
				require.NoError(rt, err)
			}
			_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID})
			require.NoError(rt, err)
			ends = append(ends, m.now(c))
		}
		require.Equal(rt, ends[0].Tax, ends[1].Tax)
		require.Equal(rt, ends[0].ApplicationFee, ends[1].ApplicationFee)
		if priced {
			whole := r
			whole.Amount, whole.CaptureLater, whole.Tax = usd(from+to), false, []connect.Tax{{Authority: ends[0].Tax[0].Authority, Amount: ends[0].Tax[0].Amount}}
			c, err := m.pay(whole)
			require.NoError(rt, err)
			require.InDelta(rt, c.ApplicationFee.Minor(), ends[0].ApplicationFee.Minor(), 1, "its base is rounded once, too")
		}
		m.verify()
	})
}
