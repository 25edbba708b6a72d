package connect_test

import (
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// keepBack sets random reserve terms, of a seller or by default, or frees a reserve.
func (w *wild) keepBack(who own, cur ledger.Currency, actor func() connect.Actor) {
	if w.one(3) {
		for r, err := range who.Reserves(w.ctx, connect.ListRequest{AccountID: who.id}) {
			require.NoError(w.t, err)
			ask := connect.ReleaseReserveRequest{Key: w.key(), By: actor(), ReserveID: r.ID, Description: "d"}
			if w.one(2) {
				ask.Amount = ledger.Minor(1+w.Int64N(r.Amount.Minor()), r.Amount.Currency())
			}
			_, err = who.ReleaseReserve(w.ctx, ask)
			w.note(err)
			return
		}
	}
	t := connect.ReserveTerms{Exposure: w.one(3), Draw: w.one(2)}
	if w.one(2) {
		t.Percent, t.Days = decimal.New(1+w.Int64N(10_000), -2), 1+w.IntN(5)
	}
	if w.one(3) {
		t.Fixed = []ledger.Money{ledger.Minor(1+w.Int64N(9000), cur)}
	}
	if w.one(3) {
		t.Minimum = []ledger.Money{ledger.Minor(1+w.Int64N(3000), cur)}
	}
	r := connect.ReserveRequest{Key: w.key(), By: actor(), AccountID: who.id, Terms: t, Description: "d"}
	switch w.IntN(4) {
	case 0:
		r.AccountID = ""
	case 1:
		r.Terms, r.Inherit = connect.ReserveTerms{}, true
	}
	_, err := who.SetReserve(w.ctx, r)
	w.note(err)
}

// requireExposures compares what may still be disputed of each seller's charges with what
// their refunds and disputes have left of them.
func (w *wild) requireExposures() {
	today := payout.DayOf(w.Clock.Now(), time.UTC)
	for _, who := range w.sellers {
		if who.id == "" {
			continue
		}
		x, err := who.Exposure(w.ctx, who.id)
		require.NoError(w.t, err)
		want := make(map[ledger.Currency]int64)
		for c, err := range who.Charges(w.ctx, connect.ListRequest{AccountID: who.id}) {
			require.NoError(w.t, err)
			if c.Status != connect.ChargeSucceeded || c.DisputableUntil < today || len(c.Tenders) > 0 || !c.DisputedExcess.IsZero() {
				if c.DisputableUntil >= today && c.Status == connect.ChargeSucceeded {
					want = nil
					break
				}
				continue
			}
			left := c.Amount.Minor()
			for r, err := range who.Refunds(w.ctx, connect.ListRequest{ChargeID: c.ID}) {
				require.NoError(w.t, err)
				if r.Status != connect.RefundFailed && r.Status != connect.RefundCanceled {
					left -= r.Amount.Minor()
				}
			}
			for d, err := range who.Disputes(w.ctx, connect.ListRequest{ChargeID: c.ID}) {
				require.NoError(w.t, err)
				if d.Taken != nil && d.Taken.Status != connect.RefundFailed {
					left -= d.Taken.Amount.Minor()
				}
			}
			want[c.Amount.Currency()] += left
		}
		if want == nil { // tenders, and what disputes took beyond, are told elsewhere
			continue
		}
		for cur, n := range want {
			require.Equal(w.t, n, x.In(cur).Amount.Minor(), who.id)
		}
		for _, one := range x.Currencies {
			require.Equal(w.t, want[one.Currency], one.Amount.Minor())
			left := one.Amount.Minor()
			for _, f := range one.Falls {
				left -= f.Amount.Minor()
			}
			require.Zero(w.t, left)
		}
	}
}
