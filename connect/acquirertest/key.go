package acquirertest

import (
	"context"
	"errors"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// wholeKeys: a long key is an error, or kept as it is: never cut, or two charges
// would be taken for one.
func wholeKeys(t *trial) {
	stem := key() + "_" + strings.Repeat("x", 200)
	for i, end := range []string{"1", "2"} {
		k, minor := stem+end, int64(1700+i)
		a, err := t.Acquirer.Authorize(t.ctx, k, t.order(minor, true))
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid, "a key that does not fit")
			continue
		}
		a = t.approved(t.final(k, a, err), t.money(minor))
		t.acted(k)
		if t.askable() {
			again, err := t.Acquirer.Lookup(t.ctx, k)
			require.NoError(t, err)
			require.Equal(t, a, again)
		}
		t.holds(a.Reference, minor)
	}
}

// sameKey: a keyed acquirer answers the same order the same way, at once, later
// and to another process, and acts once.
func sameKey(t *trial) {
	if t.info.Delivery != ledger.Keyed {
		return
	}
	repeat := func(what string, call func(a connect.Acquirer, k string) (connect.Answer, error)) connect.Answer {
		k := key()
		a, err := call(t.Acquirer, k)
		first := t.final(k, a, err)
		for _, acquirer := range []connect.Acquirer{t.Acquirer, t.reopen()} {
			a, err := call(acquirer, k)
			require.NoError(t, err, what)
			require.Equal(t, first, t.final(k, a, err), "%s was answered otherwise the second time", what)
		}
		t.acted(k)
		return first
	}
	charge := repeat("a charge", func(a connect.Acquirer, k string) (connect.Answer, error) {
		return a.Authorize(t.ctx, k, t.order(1000, true))
	}).Reference
	t.approved(repeat("a refund", func(a connect.Acquirer, k string) (connect.Answer, error) {
		return a.Refund(t.ctx, k, connect.RefundOrder{Reference: charge, Amount: t.money(300)})
	}), t.money(300))
	t.holds(charge, 700) // edge-case 31: one key, one refund
	t.declined(repeat("a refund of too much", func(a connect.Acquirer, k string) (connect.Answer, error) {
		return a.Refund(t.ctx, k, connect.RefundOrder{Reference: charge, Amount: t.money(1)})
	}), "a refund of too much")
	auth := t.authorize(1000, false)
	t.approved(repeat("a capture", func(a connect.Acquirer, k string) (connect.Answer, error) {
		return a.Capture(t.ctx, k, connect.CaptureOrder{Reference: auth, Amount: t.money(300)})
	}), t.money(300))
	t.holds(auth, 300)
	auth = t.authorize(1000, false)
	require.Equal(t, connect.Approved, repeat("a cancel", func(a connect.Acquirer, k string) (connect.Answer, error) {
		return a.Cancel(t.ctx, k, connect.CancelOrder{Reference: auth})
	}).Status)
	t.declined(repeat("a bad source", func(a connect.Acquirer, k string) (connect.Answer, error) {
		o := t.order(1000, true)
		o.Source = t.Declined[0]
		return a.Authorize(t.ctx, k, o)
	}), "a bad source")
}

// otherOrder: another order under a key is an error of class Exists, since an
// answer would be taken for that of the first, and changes nothing.
func otherOrder(t *trial) {
	if t.info.Delivery != ledger.Keyed {
		return
	}
	k := key()
	a, err := t.Acquirer.Authorize(t.ctx, k, t.order(1800, true))
	charge := t.approved(t.final(k, a, err), t.money(1800)).Reference
	refused := func(why string, a connect.Answer, err error) {
		require.ErrorIs(t, err, ledger.Exists, "%s under a key that is taken was answered: %+v", why, a)
	}
	for _, acquirer := range []connect.Acquirer{t.Acquirer, t.reopen()} {
		a, err = acquirer.Authorize(t.ctx, k, t.order(1801, true))
		refused("another amount", a, err)
		a, err = acquirer.Authorize(t.ctx, k, t.order(1800, false))
		refused("a charge that is not captured", a, err)
		o := t.order(1800, true)
		o.Source = t.Declined[0]
		a, err = acquirer.Authorize(t.ctx, k, o)
		refused("another source", a, err)
		a, err = acquirer.Refund(t.ctx, k, connect.RefundOrder{Reference: charge, Amount: t.money(1800)})
		refused("a refund", a, err)
	}
	back := key()
	a, err = t.Acquirer.Refund(t.ctx, back, connect.RefundOrder{Reference: charge, Amount: t.money(800)})
	t.approved(t.final(back, a, err), t.money(800))
	a, err = t.Acquirer.Refund(t.ctx, back, connect.RefundOrder{Reference: charge, Amount: t.money(801)})
	refused("another refund", a, err)
	t.acted(k)
	t.holds(charge, 1000)
}

// sameKeyUnderLoad: many who send the same order at once get the same answer,
// and it has one effect.
func sameKeyUnderLoad(t *trial) {
	if t.info.Delivery != ledger.Keyed {
		return
	}
	const workers = 8
	all := func(k string, call func(k string) (connect.Answer, error)) connect.Answer {
		list, errs := make([]connect.Answer, workers), make([]error, workers)
		together(workers, func(i int) { list[i], errs[i] = call(k) })
		first := t.final(k, list[0], errs[0])
		for i := range workers {
			require.Equal(t, first, t.final(k, list[i], errs[i]))
		}
		t.acted(k)
		return first
	}
	charge := all(key(), func(k string) (connect.Answer, error) { return t.Acquirer.Authorize(t.ctx, k, t.order(1000, true)) })
	t.approved(charge, t.money(1000))
	t.approved(all(key(), func(k string) (connect.Answer, error) {
		return t.Acquirer.Refund(t.ctx, k, connect.RefundOrder{Reference: charge.Reference, Amount: t.money(400)})
	}), t.money(400))
	t.holds(charge.Reference, 600)
}

// lookups: an acquirer that can be asked has never seen what it was not sent,
// and knows what became of everything else. A keyed one need not know what it
// turned down without a reference: it is never asked about that.
func lookups(t *trial) {
	if !t.askable() {
		return
	}
	never := func(k string) {
		for _, acquirer := range []connect.Acquirer{t.Acquirer, t.reopen()} {
			_, err := acquirer.Lookup(t.ctx, k)
			require.ErrorIs(t, err, ledger.NotFound, "it knows %q, which was never sent", k)
		}
	}
	known := func(k string, a connect.Answer, err error) connect.Answer {
		a = t.final(k, a, err)
		for _, acquirer := range []connect.Acquirer{t.Acquirer, t.reopen()} {
			again, err := acquirer.Lookup(t.ctx, k)
			if a.Status == connect.Declined && a.Reference == "" && t.info.Delivery == ledger.Keyed && errors.Is(err, ledger.NotFound) {
				continue
			}
			require.NoError(t, err, "it does not know what it was sent")
			require.Equal(t, a, again)
		}
		t.acted(k)
		return a
	}
	never("no such key")
	k := key()
	never(k)
	a, err := t.Acquirer.Authorize(t.ctx, k, t.order(1900, true))
	charge := known(k, a, err).Reference
	k = key()
	never(k)
	a, err = t.Acquirer.Refund(t.ctx, k, connect.RefundOrder{Reference: charge, Amount: t.money(900)})
	known(k, a, err)
	k = key()
	a, err = t.Acquirer.Refund(t.ctx, k, connect.RefundOrder{Reference: charge, Amount: t.money(1001)})
	t.declined(known(k, a, err), "a refund of too much")
	o, k := t.order(1900, true), key()
	o.Source = t.Declined[0]
	a, err = t.Acquirer.Authorize(t.ctx, k, o)
	t.declined(known(k, a, err), "a bad source")
	never(key())
	t.holds(charge, 1000)
}

// blind: a blind acquirer promises nothing about a second request, so none is
// made here, as none is made by the engine. What it is asked once is done once,
// and to ask it is no way to learn of anything.
func blind(t *trial) {
	if t.info.Delivery != ledger.Blind {
		return
	}
	ctx, cancel := context.WithCancel(t.ctx)
	k := key()
	a, err := t.Acquirer.Authorize(ctx, k, t.order(2100, true))
	cancel() // whoever sent it is gone
	a = t.approved(t.final(k, a, err), t.money(2100))
	t.acted(k)
	if a, err := t.Acquirer.Lookup(t.ctx, key()); err == nil {
		require.NotEqual(t, connect.Approved, a.Status, "it approves of what it never saw")
	}
	t.holds(a.Reference, 2100)
}
