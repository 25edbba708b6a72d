package connect_test

import (
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// short is what a seller's account does who may owe something.
func (w *wild) short() connect.ShortPolicy {
	return pick(w, connect.ShortNegative, connect.ShortNegative, connect.ShortAdvance, connect.ShortWait)
}

// whole makes a refund one that says more of the commission, or that takes the place of
// another.
func (w *wild) whole(c *connect.Charge, r *connect.RefundRequest) {
	switch {
	case len(c.Owed) > 0 && w.one(2):
		*r = connect.RefundRequest{Key: r.Key, ChargeID: c.ID, Repays: pick(w, c.Owed...).Refund}
		switch cur := paid(c).Currency(); w.IntN(3) {
		case 0:
			r.Paid = "cheque"
		case 1:
			token := pick(w, payout.TestAccount, payout.TestReturned)
			if w.delivery == ledger.Blind && w.one(3) {
				token = payout.TestStalled // of which nothing is heard, so that it comes to no end
			}
			r.Bank = &connect.BankDetails{Token: token, Country: "DE", Currency: cur}
		}
	case r.RefundFee && w.one(3) && c.ApplicationFee.Sign() > 0:
		r.RefundFee, r.Fee, r.FeeAmount = false, connect.FeeExact, ledger.Minor(1+w.Int64N(c.ApplicationFee.Minor()), c.Amount.Currency())
	}
}

// refuse has a bank refuse a refund that had succeeded, gives back a commission by
// itself, or calls off what waits.
func (w *wild) refuse(of own, c *connect.Charge) {
	switch w.IntN(4) {
	case 0:
		_, err := of.RefundApplicationFee(w.ctx, connect.FeeRefundRequest{Key: w.key(), ChargeID: c.ID, Amount: ledger.Minor(1+w.Int64N(c.Amount.Minor()/9+1), c.Amount.Currency())})
		w.note(err)
	case 1:
		list, err := of.ListRefunds(w.ctx, connect.ListRequest{ChargeID: c.ID})
		require.NoError(w.t, err)
		for _, r := range list.Items {
			switch {
			case r.Status == connect.RefundWaiting:
				_, err := of.CancelRefund(w.ctx, connect.CancelRefundRequest{Key: w.key(), RefundID: r.ID})
				w.note(err)
			case r.Status == connect.RefundSucceeded && r.Acquirer != "" && w.one(2):
				w.Acquirer.RefuseRefund(r.ID, "account_closed")
				w.note(w.News(w.ctx, failedNews(r)))
			}
		}
	}
}
