package connect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// Warnings of whatever payments, acted on by rule, by people or not at all, among all else
// that happens: Verify finds nothing, and every warning explains itself (promises 1, 7, 9).
func TestRandomWarnings(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWild(t, 1000+seed)
			for _, p := range w.platforms {
				rule := func() connect.WarningRule {
					return connect.WarningRule{Refund: pick(w, connect.RefundNever, connect.RefundAlways, connect.RefundUndelivered), ReverseTransfer: w.one(2), RefundFee: w.one(2)}
				}
				_, err := p.UpdatePlatform(w.ctx, connect.PlatformUpdate{Key: w.key(), Warnings: &connect.WarningPolicy{Fraud: rule(), Alert: rule()}})
				require.NoError(t, err)
			}
			for i := range 80 {
				if w.step(); i%2 == 1 {
					w.warnings()
				}
				w.verify()
			}
			for range 10 {
				w.wait(24 * time.Hour)
			}
			w.verify()
			w.verifyBalances()
			w.requireExplained()
			for _, p := range w.platforms {
				for x, err := range p.Warnings(w.ctx, connect.ListRequest{}) {
					require.NoError(t, err)
					require.NotEqual(t, connect.WarningDue, x.Status, "%s of %s", x.ID, x.Charge)
					y, err := p.Explain(w.ctx, x.ID)
					require.NoError(t, err)
					require.Empty(t, y.Differences)
				}
			}
		})
	}
}

// warnings warns of a payment, again or for the first time, or lets people decide.
func (w *wild) warnings() {
	if len(w.charges) == 0 {
		return
	}
	of := w.charges[len(w.charges)-1-w.IntN(min(len(w.charges), 5))]
	list, err := of.ListWarnings(w.ctx, connect.ListRequest{ChargeID: of.id})
	require.NoError(w.t, err)
	if len(list.Items) > 0 && w.one(2) {
		x := list.Items[w.IntN(len(list.Items))]
		if w.one(2) {
			_, err = of.ActOnWarning(w.ctx, connect.ActOnWarningRequest{Key: w.key(), By: clerk, WarningID: x.ID, ReverseTransfer: w.one(2), RefundFee: w.one(2)})
		} else {
			_, err = of.DismissWarning(w.ctx, connect.DismissWarningRequest{Key: w.key(), By: clerk, WarningID: x.ID})
		}
		w.note(err)
		return
	}
	w.note(w.WarningNews(w.ctx, connect.WarningNews{ID: fmt.Sprint(of.id, w.IntN(2)), Key: of.id, Kind: pick(w, connect.WarningFraud, connect.WarningAlert)}))
}
