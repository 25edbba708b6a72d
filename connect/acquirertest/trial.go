package acquirertest

import (
	"context"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// tester is what a law needs of a test. It is an interface so that the suite's
// own tests can see a law fail.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// trial is a law being tried on an acquirer.
type trial struct {
	tester
	Harness
	ctx   context.Context
	info  connect.AcquirerInfo
	heard map[string]connect.Answer // the latest news of each key
}

func newTrial(t tester, h Harness) *trial {
	t.Helper()
	require.NotNil(t, h.Acquirer, "a harness has an acquirer")
	require.NotEmpty(t, h.Declined, "a harness has a source that is declined")
	return &trial{tester: t, Harness: h, ctx: t.Context(), info: h.Acquirer.Info(), heard: make(map[string]connect.Answer)}
}

// reopen is the acquirer as another process sees it.
func (t *trial) reopen() connect.Acquirer {
	if t.Reopen == nil {
		return t.Acquirer
	}
	return t.Reopen()
}

// askable reports whether the acquirer can be asked what became of a key.
func (t *trial) askable() bool { return t.info.Delivery != ledger.Blind && !t.info.NewsOnly }

// key is a key as the engine makes them.
func key() string { return ledger.Env{}.ID("ch_") }

func (t *trial) money(minor int64) ledger.Money { return ledger.Minor(minor, t.Currency) }

func (t *trial) order(minor int64, capture bool) connect.AuthorizeOrder {
	return connect.AuthorizeOrder{Amount: t.money(minor), Source: t.Source, Capture: capture, Descriptor: "ACQUIRERTEST"}
}

// final waits until an answer is final.
func (t *trial) final(key string, a connect.Answer, err error) connect.Answer {
	t.Helper()
	require.NoError(t, err, "no answer")
	if a.Status != connect.Received {
		return t.whole(a)
	}
	require.Empty(t, a.Code, "what was only received has no code yet")
	require.NotNil(t, t.Settle, "answers with Received need a harness that settles")
	if t.Settle(); t.askable() {
		a, err = t.Acquirer.Lookup(t.ctx, key)
		require.NoError(t, err)
	} else {
		require.NotNil(t, t.News, "an acquirer that cannot be asked tells what became of what it received")
		for _, n := range t.News() {
			t.heard[n.Key] = n.Answer
		}
		a = t.heard[key]
	}
	require.NotEqual(t, connect.Received, a.Status, "there is no final answer")
	return t.whole(a)
}

// whole asserts that an answer says all it should.
func (t *trial) whole(a connect.Answer) connect.Answer {
	t.Helper()
	require.Contains(t, []connect.AnswerStatus{connect.Approved, connect.Declined}, a.Status)
	require.Equal(t, a.Status == connect.Approved, a.Code == "", "a decline has a code, and nothing else has: %+v", a)
	require.False(t, a.Status == connect.Approved && a.Reference == "", "what is approved has a reference: %+v", a)
	return a
}

// approved asserts that an answer approves an amount.
func (t *trial) approved(a connect.Answer, m ledger.Money) connect.Answer {
	t.Helper()
	require.Equal(t, connect.Approved, a.Status, "a good order was declined: %+v", a)
	require.Equal(t, m, a.Amount, "another amount was approved")
	return a
}

// declined asserts that an order was declined.
func (t *trial) declined(a connect.Answer, why string) {
	t.Helper()
	require.Equal(t, connect.Declined, a.Status, "%s was approved", why)
}

// turnedDown asserts that an order that makes no sense was declined, or is an
// error that says so.
func (t *trial) turnedDown(key string, a connect.Answer, err error, why string) {
	t.Helper()
	if err != nil {
		require.ErrorIs(t, err, ledger.Invalid, "%s: an error that does not say what is wrong", why)
		return
	}
	t.declined(t.final(key, a, err), why)
}

// authorize authorizes an amount, which must be approved, and returns the
// reference.
func (t *trial) authorize(minor int64, capture bool) string {
	t.Helper()
	k := key()
	a, err := t.Acquirer.Authorize(t.ctx, k, t.order(minor, capture))
	return t.approved(t.final(k, a, err), t.money(minor)).Reference
}

// capture asks for a part of what was authorized.
func (t *trial) capture(reference string, minor int64) connect.Answer {
	t.Helper()
	k := key()
	a, err := t.Acquirer.Capture(t.ctx, k, connect.CaptureOrder{Reference: reference, Amount: t.money(minor)})
	return t.final(k, a, err)
}

func (t *trial) cancel(reference string) connect.Answer {
	t.Helper()
	k := key()
	a, err := t.Acquirer.Cancel(t.ctx, k, connect.CancelOrder{Reference: reference})
	return t.final(k, a, err)
}

func (t *trial) refund(reference string, minor int64) connect.Answer {
	t.Helper()
	k := key()
	a, err := t.Acquirer.Refund(t.ctx, k, connect.RefundOrder{Reference: reference, Amount: t.money(minor)})
	return t.final(k, a, err)
}

// holds asserts that exactly so much can be given back: what was captured and
// not refunded. It gives it back.
func (t *trial) holds(reference string, minor int64) {
	t.Helper()
	t.declined(t.refund(reference, minor+1), "a refund of more than is there")
	if minor > 0 {
		t.approved(t.refund(reference, minor), t.money(minor))
		t.declined(t.refund(reference, 1), "a refund of what is gone")
	}
}

// acted asserts how often the acquirer acted on a key.
func (t *trial) acted(key string) {
	t.Helper()
	if t.Actions != nil {
		require.Equal(t, 1, t.Actions(key), "actions for %s", key)
	}
}

// together runs fn from several goroutines and waits for them.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}
