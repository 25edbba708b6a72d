package connect

import (
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// explainable is a kind of object that can be explained.
type explainable struct {
	kind string
	fits func(id string) bool
	id   func(id string) ledger.ID
	add  func(x *explain, o ledger.Object) error
}

func explains[T any](kind *ledger.Kind[T], platform func(*T) string, add func(*explain, *T) error) explainable {
	return explainable{kind.Name, kind.Fits, kind.ID, func(x *explain, o ledger.Object) error {
		item, err := kind.Decode(o)
		if err != nil {
			return err
		}
		if platform(item) != x.p.id {
			return notFound("object")
		}
		if x.seen[o.ID] {
			return nil
		}
		x.seen[o.ID] = true
		return add(x, item)
	}}
}

// explainables are the kinds that money moves for.
func explainables() []explainable {
	return []explainable{
		explains(&chargeKind, func(c *Charge) string { return c.Platform }, (*explain).charge),
		explains(&captureKind, func(k *Capture) string { return k.Platform }, func(x *explain, k *Capture) error { return x.chargeOf(k.Charge) }),
		explains(&cancellationKind, func(k *Cancellation) string { return k.Platform }, func(x *explain, k *Cancellation) error { return x.chargeOf(k.Charge) }),
		explains(&increaseKind, func(k *Increase) string { return k.Platform }, func(x *explain, k *Increase) error { return x.chargeOf(k.Charge) }),
		explains(&refundKind, func(r *Refund) string { return r.Platform }, (*explain).refundAlone),
		explains(&feeRefundKind, func(r *FeeRefund) string { return r.Platform }, func(x *explain, r *FeeRefund) error { return x.chargeOf(r.Charge) }),
		explains(&advanceKind, func(a *Advance) string { return a.Platform }, (*explain).advance),
		explains(&disputeKind, func(d *Dispute) string { return d.Platform }, func(x *explain, d *Dispute) error { return x.chargeOf(d.Charge) }),
		explains(&disputeAnswerKind, func(a *DisputeAnswer) string { return a.Platform }, func(x *explain, a *DisputeAnswer) error { return x.chargeOf(a.Charge) }),
		explains(&warningKind, func(w *EarlyWarning) string { return w.Platform }, func(x *explain, w *EarlyWarning) error { return x.chargeOf(w.Charge) }),
		explains(&reviewKind, func(o *Review) string { return o.Platform }, (*explain).review),
		explains(&platformFeeKind, func(f *PlatformFee) string { return f.Platform }, (*explain).fee),
		explains(&platformFeeReturnKind, func(r *PlatformFeeReturn) string { return r.Platform }, (*explain).feeReturn),
		explains(&adjustmentKind, func(a *Adjustment) string { return a.Platform }, (*explain).adjustment),
		explains(&freezeKind, func(f *Freeze) string { return f.Platform }, (*explain).freeze),
		explains(&writeOffKind, func(w *WriteOff) string { return w.Platform }, (*explain).writeOff),
		explains(&recoveryKind, func(r *Recovery) string { return r.Platform }, (*explain).recovery),
		explains(&reserveKind, func(r *Reserve) string { return r.Platform }, (*explain).reserve),
		explains(&accountClosingKind, func(c *AccountClosing) string { return c.Platform }, (*explain).closing),
		explains(&dormancyKind, func(d *Dormancy) string { return d.Platform }, (*explain).dormancy),
		explains(&negativeKind, func(n *NegativeBalance) string { return n.Platform }, (*explain).negative),
		explains(&negativeDebitKind, func(d *NegativeDebit) string { return d.Platform }, (*explain).negativeDebit),
		explains(&transferKind, func(t *Transfer) string { return t.Platform }, (*explain).transfer),
		explains(&transferReversalKind, func(r *TransferReversal) string { return r.Platform }, (*explain).reversal),
		explains(&payoutKind, func(o *payout.Payout) string { return o.Platform }, (*explain).payout),
		explains(&topUpKind, func(t *TopUp) string { return t.Platform }, (*explain).topUp),
		explains(&cashSaleKind, func(c *CashSale) string { return c.Platform }, (*explain).cashSale),
		explains(&heldKind, func(s *HeldShare) string { return s.Platform }, (*explain).shareAlone),
		explains(&shareReleaseKind, func(r *ShareRelease) string { return r.Platform }, (*explain).release),
		explains(&creditGrantKind, func(g *CreditGrant) string { return g.Platform }, (*explain).grant),
		explains(&creditKind, func(w *Credit) string { return w.Platform }, (*explain).creditAlone),
		explains(&voucherKind, func(w *Voucher) string { return w.Platform }, (*explain).voucher),
		explains(&paymentKind, func(y *Payment) string { return y.Platform }, (*explain).payment),
		explains(&receiverKind, func(r *Receiver) string { return r.Platform }, (*explain).receiver),
		explains(&coinReturnKind, func(r *CoinReturn) string { return r.Platform }, (*explain).coinReturn),
	}
}
