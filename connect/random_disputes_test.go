package connect_test

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

func (w *wild) disputePolicy() *connect.DisputePolicy {
	return &connect.DisputePolicy{
		ClawBack:  pick(w, connect.ClawBackByHand, connect.ClawBackOpened, connect.ClawBackLost),
		ReturnFee: w.one(2), HouseBearsExcess: w.one(2),
	}
}

// disputes tells something of a dispute, old or new, or pulls the seller's part back,
// or answers it.
func (w *wild) disputes() {
	if len(w.charges) == 0 {
		return
	}
	of := w.charges[len(w.charges)-1-w.IntN(min(len(w.charges), 5))]
	c, err := of.GetCharge(w.ctx, of.id)
	require.NoError(w.t, err)
	list, err := of.ListDisputes(w.ctx, connect.ListRequest{ChargeID: of.id})
	require.NoError(w.t, err)
	if len(list.Items) > 0 && w.one(3) {
		d := list.Items[w.IntN(len(list.Items))]
		if w.one(2) {
			_, err = of.RecoverDispute(w.ctx, connect.RecoverDisputeRequest{Key: w.key(), DisputeID: d.ID, RefundFee: w.one(2)})
		} else {
			r := connect.AnswerDisputeRequest{Key: w.key(), DisputeID: d.ID, Accept: w.one(2)}
			if !r.Accept {
				r.Evidence = said("It was sent.")
			}
			_, err = of.AnswerDispute(w.ctx, r)
		}
		w.note(err)
		return
	}
	whole := paid(c)
	n := connect.DisputeNews{
		ID: fmt.Sprint(c.ID, " ", w.IntN(2)), Key: c.ID, At: w.Clock.Now().Add(time.Duration(w.IntN(9)) * time.Second),
		Status: pick(w, "", connect.InquiryNeedsResponse, connect.InquiryUnderReview, connect.InquiryClosed, connect.DisputeNeedsResponse, connect.DisputeUnderReview,
			connect.DisputeWon, connect.DisputeLost),
		Amount: pick(w, ledger.Money{}, ledger.Minor(1+w.Int64N(whole.Minor()*5/4), whole.Currency()), whole),
	}
	if w.one(3) {
		n.DueBy = n.At.Add(time.Duration(w.IntN(72)) * time.Hour)
	}
	if w.one(2) {
		n.Withdrawn = ledger.Minor(w.Int64N(whole.Minor()+1), whole.Currency())
	}
	if w.one(4) {
		n.Reinstated = ledger.Minor(w.Int64N(whole.Minor()+1), whole.Currency())
	}
	w.note(w.DisputeNews(w.ctx, n))
}
