package acquirertest

import (
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// info: what an acquirer declares can be used as it is, and stays.
func info(t *trial) {
	i := t.info
	_, err := ledger.ParseRef("plat_1:house:acquirer/" + i.Name + ":USD")
	require.NoError(t, err, "the name %q does not name an account", i.Name)
	require.NotContains(t, i.Name, "/")
	require.Contains(t, []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind}, i.Delivery)
	require.GreaterOrEqual(t, int64(min(i.KeyLife, i.Settling)), int64(0), "%+v", i)
	t.authorize(100, true)
	require.Equal(t, i, t.Acquirer.Info(), "it says something else now")
	require.Equal(t, i, t.reopen().Info(), "it says something else to others")
}

// approvals: captured at once or not, an amount is approved as it was asked for,
// under a reference of its own.
func approvals(t *trial) {
	seen := make(map[string]bool)
	for i, capture := range []bool{true, false, true, false} {
		minor := int64(1000 + i)
		reference := t.authorize(minor, capture)
		require.False(t, seen[reference], "two orders have the reference %s", reference)
		seen[reference] = true
		if !capture {
			t.declined(t.refund(reference, 1), "a refund of what was not captured")
			t.approved(t.capture(reference, minor), t.money(minor))
		}
		t.holds(reference, minor)
	}
}

// declines: a bad source is an answer, not an error, and nothing can be done
// with it afterwards.
func declines(t *trial) {
	for _, source := range append([]string{"", ledger.Env{}.ID("nobody_")}, t.Declined...) {
		for _, capture := range []bool{true, false} {
			o, k := t.order(1100, capture), key()
			o.Source = source
			a, err := t.Acquirer.Authorize(t.ctx, k, o)
			a = t.final(k, a, err)
			t.declined(a, "the source "+source)
			if a.Reference != "" {
				t.declined(t.capture(a.Reference, 1100), "a capture of what was declined")
				t.declined(t.refund(a.Reference, 1), "a refund of what was declined")
			}
		}
	}
}

// captures: an authorization can be taken in part. Whether the rest can be taken
// later is the acquirer's business; more than all of it can not, also after
// some was given back.
func captures(t *trial) {
	reference := t.authorize(1000, false)
	t.declined(t.capture(reference, 1001), "a capture of more than was authorized")
	t.approved(t.capture(reference, 600), t.money(600))
	t.declined(t.capture(reference, 401), "a capture of more than is left")
	t.approved(t.refund(reference, 500), t.money(500))
	t.declined(t.capture(reference, 401), "a capture of what was refunded")
	captured := int64(600)
	if a := t.capture(reference, 400); a.Status == connect.Approved {
		t.approved(a, t.money(400))
		captured += 400
	}
	t.holds(reference, captured-500)
	t.declined(t.capture(t.authorize(1000, true), 1), "a second capture of all")
}

// cancels: a capture and a cancel exclude each other.
func cancels(t *trial) {
	reference := t.authorize(1200, false)
	require.Equal(t, connect.Approved, t.cancel(reference).Status, "an authorization cannot be let go")
	t.declined(t.capture(reference, 1), "a capture of what was let go")
	t.holds(reference, 0)

	reference = t.authorize(1200, true)
	t.declined(t.cancel(reference), "to let go of what was captured at once")
	t.holds(reference, 1200)

	reference = t.authorize(1200, false)
	t.approved(t.capture(reference, 1200), t.money(1200))
	t.declined(t.cancel(reference), "to let go of what was captured")
	t.holds(reference, 1200)

	reference = t.authorize(1200, false)
	t.approved(t.capture(reference, 400), t.money(400))
	letGo := t.cancel(reference).Status == connect.Approved // else the capture has let go of the rest, or keeps it
	t.declined(t.capture(reference, 801), "a capture of more than was left")
	captured := int64(400)
	if t.capture(reference, 800).Status == connect.Approved {
		require.False(t, letGo, "what was let go was captured")
		captured += 800
	}
	t.holds(reference, captured)
}

// unknownReference: one that the acquirer never gave is declined. An error would
// mean that nobody knows what happened.
func unknownReference(t *trial) {
	for _, reference := range []string{"", ledger.Env{}.ID("nothing_"), "../charges", "\x00"} {
		t.declined(t.capture(reference, 1), "a capture of nothing")
		t.declined(t.cancel(reference), "to let go of nothing")
		t.declined(t.refund(reference, 1), "a refund of nothing")
	}
	charge, k := t.authorize(1300, true), key()
	a, err := t.Acquirer.Refund(t.ctx, k, connect.RefundOrder{Reference: charge, Amount: t.money(300)})
	refund := t.approved(t.final(k, a, err), t.money(300)).Reference
	if refund != charge { // promise 10: a refund cannot itself be refunded
		t.declined(t.refund(refund, 300), "a refund of a refund")
	}
	t.holds(charge, 1000)
}

// noAmount: nothing and less is never taken, let go or given back.
func noAmount(t *trial) {
	charge, auth := t.authorize(1400, true), t.authorize(1400, false)
	for _, minor := range []int64{0, -1, -1400} {
		for _, capture := range []bool{true, false} {
			k := key()
			a, err := t.Acquirer.Authorize(t.ctx, k, t.order(minor, capture))
			t.turnedDown(k, a, err, "a charge of nothing")
		}
		k := key()
		a, err := t.Acquirer.Capture(t.ctx, k, connect.CaptureOrder{Reference: auth, Amount: t.money(minor)})
		t.turnedDown(k, a, err, "a capture of nothing")
		k = key()
		a, err = t.Acquirer.Refund(t.ctx, k, connect.RefundOrder{Reference: charge, Amount: t.money(minor)})
		t.turnedDown(k, a, err, "a refund of nothing")
	}
	t.approved(t.capture(auth, 1400), t.money(1400))
	t.holds(auth, 1400)
	t.holds(charge, 1400)
}

// currencies: what was authorized in one is not captured or refunded in another.
func currencies(t *trial) {
	other := ledger.EUR
	if t.Currency == other {
		other = ledger.USD
	}
	charge, auth := t.authorize(1500, true), t.authorize(1500, false)
	k := key()
	a, err := t.Acquirer.Capture(t.ctx, k, connect.CaptureOrder{Reference: auth, Amount: ledger.Minor(100, other)})
	t.turnedDown(k, a, err, "a capture in another currency")
	k = key()
	a, err = t.Acquirer.Refund(t.ctx, k, connect.RefundOrder{Reference: charge, Amount: ledger.Minor(100, other)})
	t.turnedDown(k, a, err, "a refund in another currency")
	t.holds(auth, 0)
	t.holds(charge, 1500)
}
