package acquirertest

import (
	"context"
	"errors"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// refunds: parts are given back until all of it is, and no more.
func refunds(t *trial) {
	charge := t.authorize(1000, true)
	t.declined(t.refund(charge, 1001), "a refund of more than was captured")
	t.approved(t.refund(charge, 300), t.money(300))
	t.declined(t.refund(charge, 701), "a refund of more than is left")
	t.approved(t.refund(charge, 200), t.money(200))
	t.holds(charge, 500)

	auth := t.authorize(1000, false)
	t.approved(t.capture(auth, 400), t.money(400))
	t.holds(auth, 400)
}

// refundsUnderLoad: of ten refunds of 60 % at once one is approved.
func refundsUnderLoad(t *trial) {
	const workers = 10
	charge := t.authorize(1000, true)
	keys, list, errs := make([]string, workers), make([]connect.Answer, workers), make([]error, workers)
	together(workers, func(i int) {
		keys[i] = key()
		list[i], errs[i] = t.Acquirer.Refund(t.ctx, keys[i], connect.RefundOrder{Reference: charge, Amount: t.money(600)})
	})
	approved := 0
	for i := range workers {
		if t.final(keys[i], list[i], errs[i]).Status == connect.Approved {
			approved++
		}
	}
	require.Equal(t, 1, approved, "refunds of 60 percent")
	t.holds(charge, 400)
}

// underLoad: what many pay at once is each captured, under a reference of its
// own.
func underLoad(t *trial) {
	const workers, each = 8, 4
	keys, list, errs := make([]string, workers*each), make([]connect.Answer, workers*each), make([]error, workers*each)
	together(workers, func(w int) {
		for i := w * each; i < (w+1)*each; i++ {
			keys[i] = key()
			list[i], errs[i] = t.Acquirer.Authorize(t.ctx, keys[i], t.order(int64(2000+i), true))
		}
	})
	seen := make(map[string]bool)
	for i := range list {
		a := t.approved(t.final(keys[i], list[i], errs[i]), t.money(int64(2000+i)))
		require.False(t, seen[a.Reference], "two orders have one reference")
		seen[a.Reference] = true
		t.acted(keys[i])
		t.holds(a.Reference, int64(2000+i))
	}
}

// endedContext: with a context that is over from the start nothing is done.
func endedContext(t *trial) {
	ctx, cancel := context.WithCancel(t.ctx)
	cancel()
	charge, auth := t.authorize(1600, true), t.authorize(1600, false)
	for name, call := range map[string]func(k string) error{
		"authorize": func(k string) error {
			_, err := t.Acquirer.Authorize(ctx, k, t.order(1600, true))
			return err
		},
		"capture": func(k string) error {
			_, err := t.Acquirer.Capture(ctx, k, connect.CaptureOrder{Reference: auth, Amount: t.money(1600)})
			return err
		},
		"cancel": func(k string) error {
			_, err := t.Acquirer.Cancel(ctx, k, connect.CancelOrder{Reference: auth})
			return err
		},
		"refund": func(k string) error {
			_, err := t.Acquirer.Refund(ctx, k, connect.RefundOrder{Reference: charge, Amount: t.money(1600)})
			return err
		},
		"lookup": func(k string) error {
			_, err := t.Acquirer.Lookup(ctx, k)
			if errors.Is(err, ledger.NotFound) {
				return fmt.Errorf("it was asked: %w", err)
			}
			return err
		},
	} {
		k := key()
		err := call(k)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, ledger.NotFound, name)
		if t.askable() {
			_, err := t.Acquirer.Lookup(t.ctx, k)
			require.ErrorIs(t, err, ledger.NotFound, "%s was done", name)
		}
	}
	t.approved(t.capture(auth, 1600), t.money(1600))
	t.holds(auth, 1600)
	t.holds(charge, 1600)
}
