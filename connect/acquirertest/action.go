package acquirertest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// finalCapture: after a final capture nothing more can be captured or let go.
func finalCapture(t *trial) {
	reference, k := t.authorize(1000, false), key()
	a, err := t.Acquirer.Capture(t.ctx, k, connect.CaptureOrder{Reference: reference, Amount: t.money(400), Final: true})
	t.approved(t.final(k, a, err), t.money(400))
	t.declined(t.capture(reference, 1), "a capture after the final one")
	t.declined(t.cancel(reference), "to let go of what a final capture has")
	t.holds(reference, 400)
}

// ask authorizes an amount for which the buyer has to act, and returns the key
// and the reference.
func (t *trial) ask(minor int64) (k, reference string) {
	t.Helper()
	require.NotNil(t, t.Act, "a harness with a challenge has a buyer who acts")
	o := t.order(minor, true)
	o.Source, k = t.Challenge, key()
	a, err := t.Acquirer.Authorize(t.ctx, k, o)
	require.NoError(t, err)
	t.waits(a)
	return k, a.Reference
}

// waits asserts that an answer says what the buyer has to do.
func (t *trial) waits(a connect.Answer) {
	t.Helper()
	require.Equal(t, connect.RequiresAction, a.Status, "the buyer was not asked: %+v", a)
	require.Empty(t, a.Code, "what waits for the buyer has no code yet")
	require.NotEmpty(t, a.Reference, "what waits for the buyer has a reference")
	require.NotEmpty(t, a.Action.URL+a.Action.Data, "it does not say what the buyer has to do")
}

// told is the answer once the buyer has acted.
func (t *trial) told(k string) connect.Answer {
	t.Helper()
	return t.final(k, connect.Answer{Status: connect.Received}, nil)
}

// buyers: nothing is taken before the buyer has acted, and then as they did.
func buyers(t *trial) {
	if t.Challenge == "" {
		return
	}
	k, reference := t.ask(1700)
	t.declined(t.refund(reference, 1), "a refund of what waits for the buyer")
	if t.askable() {
		a, err := t.Acquirer.Lookup(t.ctx, k)
		require.NoError(t, err)
		t.waits(a)
	}
	t.Act(k, true)
	t.holds(t.approved(t.told(k), t.money(1700)).Reference, 1700)
	t.acted(k)

	k, reference = t.ask(1700)
	t.Act(k, false)
	t.declined(t.told(k), "a payment whose buyer failed")
	t.declined(t.refund(reference, 1), "a refund of a payment whose buyer failed")
}

// buyerCanceled: a payment that was let go is not made by a buyer who comes late.
func buyerCanceled(t *trial) {
	if t.Challenge == "" {
		return
	}
	k, reference := t.ask(1700)
	require.Equal(t, connect.Approved, t.cancel(reference).Status, "what waits for the buyer cannot be let go")
	t.Act(k, true)
	if t.askable() {
		t.declined(t.told(k), "what was let go")
	}
	t.declined(t.refund(reference, 1), "a refund of what was let go")
}

// absentBuyer: a payment that the buyer did not start is answered at once.
func absentBuyer(t *trial) {
	for _, by := range []connect.Initiator{connect.Recurring, connect.Unscheduled, connect.NoShow} {
		for _, source := range []string{t.Source, t.Challenge} {
			if source == "" {
				continue
			}
			o, k := t.order(1750, true), key()
			o.Source = source
			o.Initiation = connect.Initiation{By: by, Agreement: connect.BuyerAgreement{Text: "monthly", At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}}
			a, err := t.Acquirer.Authorize(t.ctx, k, o)
			require.NoError(t, err)
			require.NotEqual(t, connect.RequiresAction, a.Status, "the buyer was asked, who is not there")
			t.final(k, a, err)
		}
	}
}
