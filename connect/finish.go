package connect

import (
	"context"
	"reflect"

	"github.com/soukhq/souk/ledger"
)

// itself is the platform as the engine works for it, once whoever asked was allowed to: what
// a key, a connection or a person may do is no matter of what was recorded.
func (p *Platform) itself() *Platform {
	if p.actor == nil && p.key == nil && p.on == nil {
		return p
	}
	c := *p
	c.actor, c.key, c.on = nil, nil, nil
	return &c
}

// finishes are, by kind, the verbs whose right it takes to carry an object out.
var finishes = []struct{ kind, prefix, verb string }{
	{chargeKind.Name, chargeKind.Prefix, "Charge"}, {captureKind.Name, captureKind.Prefix, "Capture"},
	{cancellationKind.Name, cancellationKind.Prefix, "Cancel"}, {refundKind.Name, refundKind.Prefix, "Refund"},
	{savedSourceKind.Name, savedSourceKind.Prefix, "SaveSource"}, {disputeAnswerKind.Name, disputeAnswerKind.Prefix, "AnswerDispute"},
	{warningKind.Name, warningKind.Prefix, "ActOnWarning"}, {increaseKind.Name, increaseKind.Prefix, "IncreaseAuthorization"},
	{bankCheckKind.Name, bankCheckKind.Prefix, "StartBankCheck"}, {payoutKind.Name, payoutKind.Prefix, "Payout"},
	{negativeDebitKind.Name, negativeDebitKind.Prefix, "DebitNegative"}, {paymentKind.Name, paymentKind.Prefix, "Pay"},
	{receiverKind.Name, receiverKind.Prefix, "CreateReceiver"}, {coinReturnKind.Name, coinReturnKind.Prefix, "ReturnCoins"},
	{bulkKind.Name, bulkKind.Prefix, "StartBulk"}, {heldKind.Name, heldKind.Prefix, "Release"},
}

// mayFinish tells whether whoever uses the platform may carry an object out: who could have
// recorded it, and under a connection, who did.
func (p *Platform) mayFinish(ctx context.Context, id string) error {
	if p.key == nil && p.on == nil {
		return nil
	}
	for _, f := range finishes {
		if !(ledger.Kind[struct{}]{Prefix: f.prefix}).Fits(id) {
			continue
		}
		if err := p.may(ctx, f.verb); err != nil {
			return err
		}
		if !p.on.connected() {
			return nil
		}
		return p.recordedHere(ctx, f.kind, id)
	}
	return notFound("object")
}

// recordedHere refuses what another platform, or the account itself, has recorded.
func (p *Platform) recordedHere(ctx context.Context, kind, id string) error {
	of := struct{ ChargeID, RefundID string }{ChargeID: id}
	var err error
	switch kind {
	case captureKind.Name:
		var x *Capture
		if x, err = captureKind.Read(ctx, p.store, id); err == nil {
			of.ChargeID = x.Charge
		}
	case cancellationKind.Name:
		var x *Cancellation
		if x, err = cancellationKind.Read(ctx, p.store, id); err == nil {
			of.ChargeID = x.Charge
		}
	case increaseKind.Name:
		var x *Increase
		if x, err = increaseKind.Read(ctx, p.store, id); err == nil {
			of.ChargeID = x.Charge
		}
	case disputeAnswerKind.Name:
		var x *DisputeAnswer
		if x, err = disputeAnswerKind.Read(ctx, p.store, id); err == nil {
			of.ChargeID = x.Charge
		}
	case refundKind.Name:
		of.ChargeID, of.RefundID = "", id
	case payoutKind.Name:
		return nil // who controls payouts controls all
	}
	if err != nil {
		return notFoundOr(err, "object")
	}
	return p.madeHere(ctx, reflect.ValueOf(of))
}
