package connect_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
)

// survived is deferred by what a crash may cut off.
func survived() {
	if p := recover(); p != nil {
		if _, crash := p.(faults.Crash); !crash {
			panic(p)
		}
	}
}

// survive runs fn, which a crash may cut off.
func survive(fn func()) {
	defer survived()
	fn()
}

// lifeDay authorizes, captures a part, lets another go, has a buyer act, and
// leaves one to expire, each step under its own key. It returns the keys at the
// acquirer.
func (w *world) lifeDay(t *testing.T) (acted []string) {
	ctx, eng := context.Background(), w.engine(t)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	if err != nil {
		return nil
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return nil
	}
	pay := func(key, source string, later bool) string {
		c, err := p.Charge(ctx, connect.ChargeRequest{
			Key: key, Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: source, CaptureLater: later,
		})
		if err != nil {
			return "ch_none"
		}
		acted = append(acted, c.ID)
		return c.ID
	}
	if k, err := p.Capture(ctx, connect.CaptureRequest{Key: "capture", ChargeID: pay("1", connect.TestCard, true), Amount: usd(600)}); err == nil {
		acted = append(acted, k.ID)
	}
	if x, err := p.Cancel(ctx, connect.CancelRequest{Key: "cancel", ChargeID: pay("2", connect.TestCard, true)}); err == nil {
		acted = append(acted, x.ID)
	}
	soft := pay("3", connect.TestSoftDecline, false)
	w.soon(eng) // what a crash kept from being asked again
	w.acq.Act(soft+"-3ds", true)
	if _, err := p.Confirm(ctx, connect.ConfirmRequest{Key: "confirm", ChargeID: soft}); err == nil {
		acted = append(acted, soft+"-3ds")
	}
	pay("4", connect.TestCard, true)
	return acted
}

// soon lets leases run out, and drains.
func (w *world) soon(eng *connect.Engine) {
	for range 2 {
		w.clock.Advance(2 * time.Minute)
		_, _ = eng.Drain(context.Background())
	}
}

// expire lets a week pass.
func (w *world) expire(t *testing.T) { w.after(t, w.engine(t), 8*24*time.Hour) }

// A crash, a lost answer or a lost race between any two steps of a payment's life
// comes to the same end (promises 11, 24, 26, 35, 42; edge-case 95).
func TestFaultsInPaymentLife(t *testing.T) {
	t.Parallel()
	for _, delivery := range []ledger.Delivery{ledger.Keyed, ledger.Askable} {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			clean := newWorld(delivery)
			require.Len(t, clean.lifeDay(t), 7)
			clean.expire(t)
			calls, want := clean.store.Log(), clean.balances(t)
			require.Len(t, want, 4, "%v", want)
			for plan := range plans(calls) {
				if plan.Always {
					continue // the week is over before anything is healed
				}
				w := newWorld(delivery, plan)
				survive(func() { w.lifeDay(t) })
				survive(func() { w.soon(w.engine(t)) })
				survive(func() { w.lifeDay(t) })
				survive(func() { w.expire(t) })
				w.store.Heal()
				for _, key := range w.lifeDay(t) {
					require.LessOrEqual(t, w.acq.Taken(key), 1, "%v: %s", plan, key)
				}
				w.expire(t)
				w.verify(t)
				require.Equal(t, want, w.balances(t), plan.String())
			}
		})
	}
}

// Of many who capture and cancel at once one does (promise 11).
func TestCaptureAndCancelExcludeEachOther(t *testing.T) {
	for range 5 {
		m := newMarket(t, connecttest.Config{})
		c := m.authorize(m.seller().ID, 1000, 100, connect.TestCard)
		var wg sync.WaitGroup
		errs := make([]error, 10)
		for i := range errs {
			wg.Go(func() {
				if i%2 == 0 {
					_, errs[i] = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: fmt.Sprint("k", i), ChargeID: c.ID, Amount: usd(600)})
				} else {
					_, errs[i] = m.platform.Cancel(m.ctx, connect.CancelRequest{Key: fmt.Sprint("k", i), ChargeID: c.ID})
				}
			})
		}
		wg.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
			} else {
				require.ErrorIs(t, err, ledger.State)
			}
		}
		require.Equal(t, 1, done)
		m.verify()
	}
}

// The verbs only record in a host's transaction, replay under their keys, and
// leave no trace in a preview (promises 21, 22; edge-case 94).
func TestLifeJoinedReplayedPreviewed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.authorize(a.ID, 1000, 100, connect.TestCard)
	before := snapshot(t, m.Store())
	k, err := m.platform.Preview().Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID, Amount: usd(600)})
	require.NoError(t, err)
	require.Equal(t, []any{connect.StepSucceeded, usd(60), usd(47)}, []any{k.Status, k.ApplicationFee, k.ProcessingFee})
	x, err := m.platform.Preview().Cancel(m.ctx, connect.CancelRequest{Key: "k", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, connect.StepSucceeded, x.Status)
	require.Equal(t, before, snapshot(t, m.Store()))

	inside := m.platform.In(m.Store())
	r := connect.CaptureRequest{Key: "k", ChargeID: c.ID, Amount: usd(600)}
	k, err = inside.Capture(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, connect.StepPending, k.Status)
	require.Equal(t, 0, m.Acquirer.Taken(k.ID))
	_, err = inside.Capture(m.ctx, connect.CaptureRequest{Key: "k2", ChargeID: c.ID})
	requireCode(t, err, ledger.State, "capture_under_way")
	_, err = inside.Cancel(m.ctx, connect.CancelRequest{Key: "k2", ChargeID: c.ID})
	requireCode(t, err, ledger.State, "capture_under_way")
	require.NoError(t, m.platform.Finish(m.ctx, k.ID))
	again, err := m.platform.Capture(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, []any{k.ID, connect.StepSucceeded}, []any{again.ID, again.Status})
	r.Amount = usd(601)
	_, err = m.platform.Capture(m.ctx, r)
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")

	c = m.authorize(a.ID, 1000, 100, connect.TestCard)
	x, err = inside.Cancel(m.ctx, connect.CancelRequest{Key: "x", ChargeID: c.ID, Reason: "abandoned"})
	require.NoError(t, err)
	_, err = inside.Capture(m.ctx, connect.CaptureRequest{Key: "k3", ChargeID: c.ID})
	requireCode(t, err, ledger.State, "cancel_under_way")
	m.pass(time.Minute)
	c = m.now(c)
	require.Equal(t, []any{connect.ChargeCanceled, "abandoned"}, []any{c.Status, c.Code})
	x, err = m.platform.GetCancellation(m.ctx, x.ID)
	require.NoError(t, err)
	require.Equal(t, usd(1000), x.Amount)

	c = m.charge(a.ID, 1000, 100, connect.TestChallenge)
	seen, err := m.platform.Preview().Confirm(m.ctx, connect.ConfirmRequest{Key: "c", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, seen.Status)
	m.Acquirer.Act(c.ID, true)
	_, err = inside.Confirm(m.ctx, connect.ConfirmRequest{Key: "c", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeProcessing, m.now(c).Status)
	require.NoError(t, m.platform.Finish(m.ctx, c.ID))
	seen, err = m.platform.Confirm(m.ctx, connect.ConfirmRequest{Key: "c", ChargeID: c.ID})
	require.NoError(t, err)
	require.True(t, seen.Replayed)
	require.Equal(t, connect.ChargeSucceeded, seen.Status)
	m.verify()
}

// grudging is an acquirer that lets nothing go, or answers steps only later.
type grudging struct {
	*connect.Simulator
	slow bool
}

func (g grudging) Cancel(ctx context.Context, key string, o connect.CancelOrder) (connect.Answer, error) {
	if g.slow {
		return connect.Answer{Status: connect.Received, Reference: "slow_" + key}, nil
	}
	return connect.Answer{Status: connect.Declined, Code: "too_late", Reference: o.Reference}, nil
}

func (g grudging) Capture(ctx context.Context, key string, o connect.CaptureOrder) (connect.Answer, error) {
	if g.slow {
		return connect.Answer{Status: connect.Received, Reference: "slow_" + key}, nil
	}
	return connect.Answer{Status: connect.Declined, Code: "expired_card", Reference: o.Reference}, nil
}

// A cancellation that is declined changes nothing; an authorization that expired
// is gone all the same; and whether a buyer whose time is over has paid after all
// is asked.
func TestAcquirerThatLetsNothingGo(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	sim := connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: grudging{Simulator: sim}}})
	a := m.seller().ID
	c := m.authorize(a, 1000, 100, connect.TestCard)
	x, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: "x", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, []any{connect.StepFailed, "too_late"}, []any{x.Status, x.Code})
	k, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, []any{connect.StepFailed, "expired_card"}, []any{k.Status, k.Code})
	require.Equal(t, connect.ChargeAuthorized, m.now(c).Status)

	paid, gone := m.charge(a, 1000, 100, connect.TestChallenge), m.charge(a, 1000, 100, connect.TestChallenge)
	sim.Act(paid.ID, true) // and the buyer never came back
	m.pass(2 * time.Hour)
	require.Equal(t, connect.ChargeSucceeded, m.now(paid).Status)
	require.Equal(t, []any{connect.ChargeFailed, "action_expired"}, []any{m.now(gone).Status, m.now(gone).Code})
	m.pass(8 * 24 * time.Hour)
	require.Equal(t, []any{connect.ChargeCanceled, "authorization_expired"}, []any{m.now(c).Status, m.now(c).Code})
	m.verify()
}

// Steps whose answers come later, by news: until then nothing else is done to the
// charge, and it does not expire.
func TestStepsAnsweredLater(t *testing.T) {
	sim := connect.NewSimulator(connect.SimulatorConfig{Delivery: ledger.Blind})
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: grudging{sim, true}}})
	c := m.authorize(m.seller().ID, 1000, 100, connect.TestCard)
	k, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID, Amount: usd(600)})
	require.NoError(t, err)
	require.Equal(t, connect.StepPending, k.Status)
	m.pass(8 * 24 * time.Hour)
	require.Equal(t, connect.ChargeAuthorized, m.now(c).Status)
	require.NoError(t, m.News(m.ctx, connect.News{Key: k.ID, Answer: connect.Answer{Status: connect.Declined, Code: "no"}}))
	m.pass(time.Minute) // now it has expired, and is being let go
	canceling := m.now(c).Canceling
	require.NotEmpty(t, canceling)
	_, err = m.platform.Cancel(m.ctx, connect.CancelRequest{Key: "x", ChargeID: c.ID})
	requireCode(t, err, ledger.State, "cancel_under_way")
	require.NoError(t, m.News(m.ctx, connect.News{Key: canceling, Answer: connect.Answer{Status: connect.Approved}}))
	require.NoError(t, m.News(m.ctx, connect.News{Key: canceling, Answer: connect.Answer{Status: connect.Approved}}))
	require.Equal(t, connect.ChargeCanceled, m.now(c).Status)
	m.verify()
}

// What is told of who started a payment, and how the buyer was authenticated.
func TestAuthenticationRecord(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	agreed := connect.BuyerAgreement{Text: "Charge me monthly.", At: connecttest.Start.In(time.FixedZone("x", 3600)), IP: "192.0.2.1"}
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: "first", Amount: usd(1000), Source: connect.TestChallenge, Initiation: connect.Initiation{Agreement: agreed}, Exemption: connect.LowRisk,
	})
	require.NoError(t, err)
	require.Nil(t, c.Auth)
	require.NotEmpty(t, c.Action.URL)
	require.Equal(t, connecttest.Start.Add(time.Hour), c.Action.Until)
	m.Acquirer.Act(c.ID, true)
	c, err = m.platform.Confirm(m.ctx, connect.ConfirmRequest{Key: "confirm", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, &connect.Authentication{
		Version: "2.2.0", ECI: "05", Asked: connect.LowRisk, Liability: connect.IssuerBears, Transaction: "net_" + c.ID,
	}, c.Auth)
	c, err = m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: "second", Amount: usd(1000), Source: connect.TestChallenge, Initiation: connect.Initiation{By: connect.Recurring, First: c.Auth.Transaction},
	})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	require.Equal(t, connect.MerchantBears, c.Auth.Liability)
	require.Equal(t, connect.Recurring, m.now(c).Initiation.By)
}

// An answer about an attempt that is over changes nothing; that it was approved
// is for people.
func TestNewsOfAnEarlierAttempt(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.charge(m.seller().ID, 1000, 100, connect.TestSoftDecline)
	require.Equal(t, []any{connect.ChargeRequiresAction, 1}, []any{c.Status, c.Retry})
	before := snapshot(t, m.Store())
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Declined, Code: "authentication_required", Reference: "sim_" + c.ID}}))
	err := m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Amount: usd(1000)}})
	requireCode(t, err, ledger.State, "contradicting_news")
	require.Equal(t, before, snapshot(t, m.Store()))
	require.Equal(t, []int{1, 1}, []int{m.Acquirer.Taken(c.ID), m.Acquirer.Taken(c.ID + "-3ds")})
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID + "-3ds", Answer: connect.Answer{Status: connect.Approved, Amount: usd(1000)}}))
	require.Equal(t, connect.ChargeSucceeded, m.now(c).Status)
}

// A soft decline that comes later: the second attempt is sent, and not taken for
// the first.
func TestALateSoftDecline(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.charge(m.seller().ID, 1000, 100, connect.TestReceived)
	require.NotEmpty(t, c.Reference)
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Declined, Code: "authentication_required"}}))
	m.pass(time.Minute)
	require.Equal(t, 1, m.Acquirer.Taken(c.ID+"-3ds"))
	m.pass(2 * time.Minute)
	require.Equal(t, connect.ChargeSucceeded, m.now(c).Status)
	m.verify()
}

// network is an acquirer that tells of which network cards are.
type network struct {
	*connect.Simulator
	before time.Time
}

func (n network) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	a, err := n.Simulator.Authorize(ctx, key, o)
	a.Network, a.CaptureBefore = "visa", n.before
	return a, err
}

// How long an authorization lasts is the network's rule, or what the acquirer
// says.
func TestCaptureWindows(t *testing.T) {
	by := connect.Initiation{By: connect.Unscheduled, First: "net_1"}
	day, start := 24*time.Hour, connecttest.Start
	own := []connect.CaptureRule{
		{Network: "amex", Window: day},
		{Method: "wallet", Window: day},
		{Until: start, Window: day},
		{From: start.Add(day), Window: day},
		{Network: "visa", Method: "card", Window: 30 * day},
	}
	for _, c := range []struct {
		by     connect.Initiation
		before time.Time
		rules  []connect.CaptureRule
		want   time.Duration
	}{
		{want: 7 * day},
		{by: by, want: 4*day + 18*time.Hour},
		{by: by, before: start.Add(time.Hour), want: time.Hour},
		{rules: own, want: 30 * day},
	} {
		sim := connect.NewSimulator(connect.SimulatorConfig{})
		m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: network{sim, c.before}, CaptureRules: c.rules}})
		got, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(1000), Source: connect.TestCard, CaptureLater: true, Initiation: c.by})
		require.NoError(t, err)
		require.Equal(t, start.Add(c.want), got.Authorization.Expires)
		m.Clock.Set(got.Authorization.Expires)
		_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "late", ChargeID: got.ID})
		requireCode(t, err, ledger.State, "authorization_expired")
	}
	for _, bad := range []connect.CaptureRule{{Window: -1}, {Captures: -1}, {Captures: 101}, {Over: decimal.New(-1, 0)}, {Over: decimal.New(101, 0)}} {
		_, err := connect.New(connect.Config{CaptureRules: []connect.CaptureRule{bad}})
		requireCode(t, err, ledger.Invalid, "invalid_config")
	}
}

// Verify finds charges that are not what their captures and failures say.
func TestVerifyFindsWhatWasCaptured(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	c := m.authorize(m.seller().ID, 1000, 100, connect.TestCard)
	_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID, Amount: usd(600)})
	require.NoError(t, err)
	failed := m.charge(c.Account, 3000, 300, connect.TestCard)
	require.NoError(t, m.News(m.ctx, connect.News{Key: failed.ID, Answer: connect.Answer{Status: connect.Failed, Code: "x"}}))
	m.verify()
	for _, swap := range [][3]string{
		{"connect.capture", `"amountMinor":600`, `"amountMinor":601`},
		{"connect.capture", `"succeeded"`, `"failed"`},
		{"connect.capture", `"applicationFee":{"amountMinor":60,`, `"applicationFee":{"amountMinor":61,`},
		{"connect.charge", `"captured":{"amountMinor":600,`, `"captured":{"amountMinor":599,`},
		{"connect.charge", `"reversal":{"amountMinor":3000,`, `"reversal":{"amountMinor":2999,`},
	} {
		store.forge = func(o *ledger.Object) {
			if o.Kind == swap[0] {
				o.Data = bytes.Replace(o.Data, []byte(swap[1]), []byte(swap[2]), 1)
			}
		}
		r, err := m.Verify(m.ctx)
		require.NoError(t, err)
		require.Error(t, r.Err(), "%v", swap)
	}
}
