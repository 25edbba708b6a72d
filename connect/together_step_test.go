package connect_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// step records a capture, a refund or a release, answers one, or lets time pass.
func (w *together) step() {
	w.c = w.now(w.c)
	switch w.IntN(12) {
	case 0, 1:
		if w.c.Authorization != nil {
			amount := w.part(paid(w.c).Minor())
			if w.one(2) {
				amount = w.part(4)
			}
			k, err := w.by().In(w.Store()).Capture(w.ctx, connect.CaptureRequest{Key: w.key(), ChargeID: w.c.ID, Amount: amount, KeepRest: !w.one(4)})
			w.say("capture %v", amount)
			if w.note(err) {
				w.captures = append(w.captures, k)
			}
		}
	case 2, 3:
		w.answerCapture(!w.one(5))
	case 4, 5, 6:
		w.refund()
	case 7:
		w.answerRefund(!w.one(3))
	case 8:
		switch {
		case w.one(5) && w.c.Acquirer != "":
			w.say("fails late")
			w.note(w.News(w.ctx, connect.News{Key: w.c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "late"}}))
		case w.one(3) && len(w.captures)+len(w.refunds) == 0:
			w.say("time")
			w.pass(time.Duration(w.IntN(60)) * time.Hour)
		}
	case 10:
		if w.c.Authorization != nil && w.one(2) {
			w.say("increase")
			_, err := w.platform.IncreaseAuthorization(w.ctx, connect.IncreaseRequest{Key: w.key(), ChargeID: w.c.ID, Amount: w.part(500)})
			w.note(err)
		}
	case 11:
		w.transfer()
	case 9:
		if w.c.Hold != nil {
			r := connect.ReleaseRequest{Key: w.key(), ChargeID: w.c.ID}
			if w.one(2) {
				r.Amount = ledger.Minor(1+w.Int64N(w.c.Amount.Minor()), w.c.Amount.Currency())
			}
			w.say("release %v", r.Amount)
			_, err := w.by().Release(w.ctx, r)
			w.note(err)
		}
	}
}

// transfer hands some of the platform's own charge on, or takes it back.
func (w *together) transfer() {
	if w.c.Account != "" {
		return
	}
	if len(w.transfers) > 0 && w.one(2) {
		w.say("reverse")
		_, err := w.by().ReverseTransfer(w.ctx, connect.ReverseTransferRequest{Key: w.key(), TransferID: w.transfers[w.IntN(len(w.transfers))], Amount: ledger.Minor(1+w.Int64N(100), w.c.Amount.Currency())})
		w.note(err)
		return
	}
	r := connect.TransferRequest{Key: w.key(), ChargeID: w.c.ID, To: w.seller, Amount: ledger.Minor(1+w.Int64N(w.c.Amount.Minor()), w.c.Amount.Currency())}
	if w.one(2) {
		r.Hold = &connect.HoldTerms{}
	}
	w.say("transfer %v", r.Amount)
	x, err := w.by().Transfer(w.ctx, r)
	if w.note(err) {
		w.transfers = append(w.transfers, x.ID)
	}
}

// takeBack reverses what is left of all transfers.
func (w *together) takeBack() bool {
	for _, id := range w.transfers {
		x, err := w.platform.GetTransfer(w.ctx, id)
		require.NoError(w.t, err)
		if x.Reversed == x.Amount {
			continue
		}
		if _, err := w.by().ReverseTransfer(w.ctx, connect.ReverseTransferRequest{Key: w.key(), TransferID: id}); !w.note(err) {
			return false
		}
	}
	return true
}

func (w *together) refund() {
	own := w.c.Account != ""
	r := connect.RefundRequest{Key: w.key(), ChargeID: w.c.ID, ReverseTransfer: own && !w.c.Direct, RefundFee: own}
	if !w.whole && own && w.one(2) {
		r.RefundFee = false
		r.ReverseTransfer = r.ReverseTransfer && w.one(2)
	}
	left := paid(w.c).Minor()
	switch {
	case len(w.c.Lines) > 0 && w.one(2):
		for _, x := range w.c.Lines {
			if x.Parts == nil || w.one(2) {
				continue
			}
			l := connect.RefundLine{Line: x.Name}
			if w.one(2) {
				l.Amount = w.part(x.Amount.Minor())
			}
			r.Lines = append(r.Lines, l)
		}
	case w.one(3):
		r.Amount = w.part(left / 20)
	case !w.one(4):
		r.Amount = w.part(left)
	}
	if w.one(4) {
		r.IntoCredit, r.BuyerID = true, "b"
	}
	if n := len(w.c.Tenders); n > 0 && w.one(2) {
		r.To = append(r.To, w.c.Tenders[w.IntN(n)].Of, connect.TenderSource)
	}
	w.send(r)
}

func (w *together) send(r connect.RefundRequest) {
	w.say("refund %v %v lines %v credit %v to %v", r.Amount, r.RefundFee, r.Lines, r.IntoCredit, r.To)
	re, err := w.by().In(w.Store()).Refund(w.ctx, r)
	if w.note(err) {
		w.say("  %s: %v, reversal %v, fee %v, discount %v", re.Status, re.Amount, re.Reversal, re.FeeBack, re.DiscountBack)
		if re.Status == connect.RefundPending {
			w.refunds = append(w.refunds, re)
		}
	}
}

func (w *together) answer(key string, amount ledger.Money, ok bool) {
	a := connect.Answer{Status: connect.Declined, Code: "no"}
	if ok {
		a = connect.Answer{Status: connect.Approved, Amount: amount, Reference: "r"}
	}
	w.say("answer %s %v %v", key, amount, ok)
	require.NoError(w.t, w.News(w.ctx, connect.News{Key: key, Answer: a}))
}

func (w *together) answerCapture(ok bool) {
	for _, k := range w.captures {
		amount := k.Amount.Minor()
		for _, t := range k.Tenders {
			amount -= t.Minor()
		}
		w.answer(k.ID, w.money(amount), ok)
	}
	w.captures = nil
}

func (w *together) answerRefund(ok bool) {
	if len(w.refunds) == 0 {
		return
	}
	i := w.IntN(len(w.refunds))
	r := w.refunds[i]
	w.refunds = append(w.refunds[:i], w.refunds[i+1:]...)
	amount := r.Amount
	for _, t := range r.Tenders {
		amount = ledger.Minor(amount.Minor()-t.Amount.Minor(), amount.Currency())
	}
	if r.Exchanged != nil {
		amount = r.Exchanged.Presented
	}
	w.answer(r.ID, amount, ok)
}
