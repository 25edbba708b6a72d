package connect

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Moves tells whether the table of states of an object allows a change, for the
// tests that go through all of them.
func Moves(what, from, to string) bool {
	var err error
	switch what {
	case "charge":
		err = chargeLife.check(what, ChargeStatus(from), ChargeStatus(to))
	case "step":
		err = stepLife.check(what, StepStatus(from), StepStatus(to))
	case "refund":
		err = refundLife.check(what, RefundStatus(from), RefundStatus(to))
	case "dispute":
		err = disputeLife.check(what, DisputeStatus(from), DisputeStatus(to))
	case "coin return":
		err = coinReturnLife.check(what, CoinReturnStatus(from), CoinReturnStatus(to))
	case "receiver":
		err = receiverLife.check(what, ReceiverStatus(from), ReceiverStatus(to))
	case "top-up":
		err = topUpLife.check(what, TopUpStatus(from), TopUpStatus(to))
	case "saved source":
		err = sourceLife.check(what, SourceStatus(from), SourceStatus(to))
	case "mandate":
		err = mandateLife.check(what, MandateStatus(from), MandateStatus(to))
	case "held share":
		err = shareLife.check(what, ShareStatus(from), ShareStatus(to))
	case "voucher":
		err = voucherLife.check(what, VoucherStatus(from), VoucherStatus(to))
	case "payment":
		err = paymentLife.check(what, PaymentStatus(from), PaymentStatus(to))
	case "adjustment":
		err = adjustmentLife.check(what, AdjustmentStatus(from), AdjustmentStatus(to))
	case "freeze":
		err = freezeLife.check(what, FreezeStatus(from), FreezeStatus(to))
	case "write-off":
		err = writeOffLife.check(what, WriteOffStatus(from), WriteOffStatus(to))
	case "warning":
		err = warningLife.check(what, WarningStatus(from), WarningStatus(to))
	case "dormancy":
		err = dormancyLife.check(what, DormancyStatus(from), DormancyStatus(to))
	case "negative balance":
		err = negativeLife.check(what, NegativeStatus(from), NegativeStatus(to))
	case "negative debit":
		err = negativeDebitLife.check(what, NegativeDebitStatus(from), NegativeDebitStatus(to))
	case "payment plan":
		err = paymentPlanLife.check(what, PaymentPlanStatus(from), PaymentPlanStatus(to))
	case "reserve":
		err = reserveLife.check(what, ReserveStatus(from), ReserveStatus(to))
	case "closing":
		err = accountClosingLife.check(what, AccountClosingStatus(from), AccountClosingStatus(to))
	case "review":
		err = reviewLife.check(what, ReviewStatus(from), ReviewStatus(to))
	case "bulk":
		err = bulkLife.check(what, BulkStatus(from), BulkStatus(to))
	case "bank change":
		err = bankChangeLife.check(what, BankChangeStatus(from), BankChangeStatus(to))
	case "bank check":
		err = bankCheckLife.check(what, BankCheckStatus(from), BankCheckStatus(to))
	case "proposal":
		err = proposalLife.check(what, ProposalStatus(from), ProposalStatus(to))
	default:
		panic("nothing is known of a " + what)
	}
	return err == nil
}

// HoldsCard reports whether text holds a card's number.
func HoldsCard(text string) bool { return holdsCard(text) }

// Stored are the types of what the engine stores, by kind.
func Stored() map[string]reflect.Type {
	return map[string]reflect.Type{
		platformKind.Name: typeOf(&platformKind), accountKind.Name: typeOf(&accountKind), compliance.Kind.Name: typeOf(&compliance.Kind),
		chargeKind.Name: typeOf(&chargeKind), captureKind.Name: typeOf(&captureKind), cancellationKind.Name: typeOf(&cancellationKind),
		refundKind.Name: typeOf(&refundKind), transferKind.Name: typeOf(&transferKind), transferReversalKind.Name: typeOf(&transferReversalKind),
		agreementKind.Name: typeOf(&agreementKind), topUpKind.Name: typeOf(&topUpKind), cashSaleKind.Name: typeOf(&cashSaleKind),
		payoutKind.Name: typeOf(&payoutKind), releaseKind.Name: typeOf(&releaseKind), railKind.Name: typeOf(&railKind),
		receiverKind.Name: typeOf(&receiverKind), coinAddressKind.Name: typeOf(&coinAddressKind), coinReturnKind.Name: typeOf(&coinReturnKind),
		customerKind.Name: typeOf(&customerKind), savedSourceKind.Name: typeOf(&savedSourceKind), increaseKind.Name: typeOf(&increaseKind),
		onceKind.Name: typeOf(&onceKind), ledger.SealKind.Name: typeOf(&ledger.SealKind), noticeKind.Name: typeOf(&noticeKind), actKind.Name: typeOf(&actKind), heldKind.Name: typeOf(&heldKind),
		shareReleaseKind.Name: typeOf(&shareReleaseKind), groupKind.Name: typeOf(&groupKind),
		disputeKind.Name: typeOf(&disputeKind), disputeAnswerKind.Name: typeOf(&disputeAnswerKind), warningKind.Name: typeOf(&warningKind), riskKind.Name: typeOf(&riskKind),
		creditKind.Name: typeOf(&creditKind), creditGrantKind.Name: typeOf(&creditGrantKind), voucherKind.Name: typeOf(&voucherKind),
		paymentKind.Name: typeOf(&paymentKind), mandateKind.Name: typeOf(&mandateKind), mandateReferenceKind.Name: typeOf(&mandateReferenceKind), ratesKind.Name: typeOf(&ratesKind),
		platformFeeKind.Name: typeOf(&platformFeeKind), platformFeeReturnKind.Name: typeOf(&platformFeeReturnKind), feeRefundKind.Name: typeOf(&feeRefundKind), advanceKind.Name: typeOf(&advanceKind),
		limitKind.Name: typeOf(&limitKind), reviewKind.Name: typeOf(&reviewKind),
		decidedKind.Name:    typeOf(&decidedKind),
		adjustmentKind.Name: typeOf(&adjustmentKind), proposalKind.Name: typeOf(&proposalKind),
		rightLimitsKind.Name: typeOf(&rightLimitsKind), rightUseKind.Name: typeOf(&rightUseKind), freezeKind.Name: typeOf(&freezeKind),
		writeOffKind.Name: typeOf(&writeOffKind), recoveryKind.Name: typeOf(&recoveryKind), dormancyKind.Name: typeOf(&dormancyKind),
		negativeKind.Name: typeOf(&negativeKind), negativeDebitKind.Name: typeOf(&negativeDebitKind),
		paymentPlanKind.Name: typeOf(&paymentPlanKind),
		reserveKind.Name:     typeOf(&reserveKind), reservePlanKind.Name: typeOf(&reservePlanKind), reserveWatchKind.Name: typeOf(&reserveWatchKind),
		accountClosingKind.Name: typeOf(&accountClosingKind),
		bulkKind.Name:           typeOf(&bulkKind), bulkItemKind.Name: typeOf(&bulkItemKind),
		bankChangeKind.Name: typeOf(&bankChangeKind), bankUseKind.Name: typeOf(&bankUseKind), bankCheckKind.Name: typeOf(&bankCheckKind),
		apiKeyKind.Name: typeOf(&apiKeyKind), connectionKind.Name: typeOf(&connectionKind),
	}
}

func typeOf[T any](*ledger.Kind[T]) reflect.Type { return reflect.TypeFor[T]() }

// HasLine tells whether balance transactions know a reason, and LineReasons are those
// that they know.
func HasLine(reason string) bool { _, ok := lineRules[reason]; return ok }

// LineReasons are the reasons that have lines.
func LineReasons() []string { return slices.Sorted(maps.Keys(lineRules)) }

// Why says what a reason is in an explanation.
func Why(reason string) string { return why(reason) }

// ReadCursor reads a cursor of balance transactions, and writes it again.
func ReadCursor(text string) (string, error) {
	a, err := parseAfter(text)
	if err != nil || a.id != "" || text == "" {
		return text, err
	}
	return a.String(), nil
}

// ReadLineID reads the id of a balance transaction, and makes it again.
func ReadLineID(id string) (string, bool) {
	t, owner, c, ok := parseBalanceTransactionID(id)
	return balanceTransactionID(t, owner, c), ok
}

// VerifyWithin is Verify that keeps at most so much at once; it also says in how many
// passes, and the most that one of them has kept.
func VerifyWithin(ctx context.Context, e *Engine, most int) (r *ledger.Report, passes, peak int, err error) {
	return e.verify(ctx, most)
}
