package connect

import "github.com/soukhq/souk/payout"

// The types of the events that platforms get. An event names its object, which
// the reader gets to see how it stands; it carries no data of its own, but for those
// that say who did something by hand.
const (
	EventPlatformCreated = "platform.created"
	EventPlatformUpdated = "platform.updated"
	EventAccountCreated  = "account.created"
	EventAccountUpdated  = "account.updated"

	EventChargePending   = "charge.pending" // recorded; its status is processing
	EventChargeUpdated   = "charge.updated" // known to the acquirer, unknown, transferred of, or a refund of it has begun or failed
	EventChargeSucceeded = "charge.succeeded"
	EventChargeFailed    = "charge.failed"
	EventChargeRefunded  = "charge.refunded" // in part or whole

	EventChargeActionRequired = "charge.requires_action" // the buyer has to do something
	EventChargeAuthorized     = "charge.authorized"      // it can be captured
	EventChargeCaptured       = "charge.captured"        // in part or whole
	EventChargeCanceled       = "charge.canceled"        // it, or what was not captured of it, was let go
	EventChargeExpired        = "charge.expired"         // likewise, since its time was over

	EventChargeIncreased = "charge.increased" // more is authorized

	EventIncreaseCreated = "increase.created"
	EventIncreaseUpdated = "increase.updated" // succeeded, known to the acquirer, or unknown
	EventIncreaseFailed  = "increase.failed"

	EventCustomerCreated = "customer.created"
	EventCustomerUpdated = "customer.updated" // also: it has another default source
	EventCustomerDeleted = "customer.deleted"

	EventSourcePending        = "source.pending" // recorded
	EventSourceUpdated        = "source.updated" // known to the acquirer, unknown, or its first transaction is known
	EventSourceActionRequired = "source.requires_action"
	EventSourceSaved          = "source.saved"
	EventSourceExpired        = "source.expired"
	EventSourceDetached       = "source.detached"
	EventSourceFailed         = "source.failed"

	EventCaptureCreated = "capture.created"
	EventCaptureUpdated = "capture.updated" // succeeded, known to the acquirer, or unknown
	EventCaptureFailed  = "capture.failed"

	EventCancellationCreated = "cancellation.created"
	EventCancellationUpdated = "cancellation.updated" // succeeded, known to the acquirer, or unknown
	EventCancellationFailed  = "cancellation.failed"

	EventRefundCreated    = "refund.created"
	EventRefundUpdated    = "refund.updated" // succeeded, known to the acquirer, or unknown
	EventAdvanceGiven     = "advance.given"
	EventAdvanceRepaid    = "advance.repaid" // in part or whole
	EventFeeRefundCreated = "fee_refund.created"
	EventRefundCanceled   = "refund.canceled" // called off while it waited
	EventRefundFailed     = "refund.failed"

	EventDisputeCreated = "charge.dispute.created"
	EventDisputeUpdated = "charge.dispute.updated"
	EventDisputeClosed  = "charge.dispute.closed" // won, lost, or an inquiry that was closed

	EventDisputeAnswer = "charge.dispute.answer" // recorded, known to the acquirer, taken or declined

	EventAccountPaused  = "account.paused"
	EventAccountResumed = "account.resumed"

	EventWarningCreated   = "early_warning.created"
	EventWarningUpdated   = "early_warning.updated" // more is known, or its rule could do nothing
	EventWarningActed     = "early_warning.acted"   // its payment is given back
	EventWarningDismissed = "early_warning.dismissed"

	EventDisputeWithdrawn  = "charge.dispute.funds_withdrawn"
	EventDisputeReinstated = "charge.dispute.funds_reinstated"

	EventTransferCreated         = "transfer.created"
	EventTransferReversed        = "transfer.reversed" // in part or whole
	EventTransferReversalCreated = "transfer_reversal.created"
	EventAgreementRecorded       = "agreement.recorded"
	EventAgreementEnded          = "agreement.ended"
	EventTopUpSucceeded          = "top_up.succeeded"
	EventTopUpReversed           = "top_up.reversed"
	EventCashSaleRecorded        = "cash_sale.recorded"

	EventShareHeld     = "held_share.held"     // it waits, or more of it
	EventShareUpdated  = "held_share.updated"  // a complaint, an event, another time, or a refund of it
	EventShareReleased = "held_share.released" // in part or whole
	EventGroupUpdated  = "held_group.updated"  // decided, or carried out further

	// EventBalanceAvailable tells that pending money of its object, an account or
	// the platform, became available.
	EventBalanceAvailable = "balance.available"

	EventPayoutCreated  = payout.EventCreated
	EventPayoutUpdated  = payout.EventUpdated
	EventPayoutPaid     = payout.EventPaid
	EventPayoutFailed   = payout.EventFailed
	EventPayoutReturned = payout.EventReturned
	EventPayoutCanceled = payout.EventCanceled
)

// The types of events of store credit, vouchers and payments from several sources.
const (
	EventCreditUpdated   = "credit.updated"
	EventCreditGranted   = "credit_grant.created"
	EventCreditTakenBack = "credit_grant.taken_back" // revoked or expired, in part or whole

	EventPaymentCreated = "payment.created"
	EventPaymentUpdated = "payment.updated"

	EventVoucherIssued   = "voucher.issued"
	EventVoucherUpdated  = "voucher.updated" // used, or given back to
	EventVoucherExpired  = "voucher.expired"
	EventVoucherCanceled = "voucher.canceled"
)

// The types of events of fees outside sales.
const (
	EventFeeCharged       = "platform_fee.charged"
	EventFeeReturned      = "platform_fee.returned" // in part or whole
	EventFeeReturnCreated = "platform_fee_return.created"
)

// The types of events of reserves.
const (
	EventReserveTaken    = "reserve.hold.created"
	EventReserveUpdated  = "reserve.hold.updated"    // one that stands has grown
	EventReserveReleased = "reserve.release.created" // in part or whole, or drawn for what the account owed
)

// The types of events of what people do by hand. Their data say who: a Signed.
const (
	EventTransferPending = "transfer.pending" // somebody has to look at it first
	EventTransferRefused = "transfer.refused" // and it is not made

	// They say who decided, where somebody did.
	EventReviewOpened = "review.opened"
	EventReviewClosed = "review.closed" // approved, refused, expired, or the charge ended without it

	EventLimitSet   = "limit.set"
	EventLimitEnded = "limit.ended" // or replaced

	EventProposalCreated    = "proposal.created"
	EventProposalCarriedOut = "proposal.carried_out"
	EventProposalRefused    = "proposal.refused"
	EventProposalExpired    = "proposal.expired"
	EventLimitsChanged      = "right_limits.changed"

	EventFreezeProposed     = "freeze.proposed"
	EventFreezeMade         = "freeze.made"
	EventFreezeUpdated      = "freeze.updated" // more of it is there
	EventFreezeRefused      = "freeze.refused"
	EventFreezeExpired      = "freeze.expired"
	EventFreezeLiftProposed = "freeze.lift_proposed"
	EventFreezeLiftDropped  = "freeze.lift_dropped" // refused, or expired
	EventFreezeLifted       = "freeze.lifted"

	EventAccountClosing        = "account.closing"         // asked for
	EventAccountClosingUpdated = "account.closing.updated" // it waits for something else
	EventAccountClosingStopped = "account.closing.stopped"
	EventAccountClosed         = "account.closed"

	EventReservePlan            = "reserve.plan.updated" // a new plan counts
	EventReserveReleaseProposed = "reserve.release.proposed"
	EventReserveReleaseDropped  = "reserve.release.dropped" // refused, or expired
	EventReserveFreed           = "reserve.release.made"    // by people, before its time

	EventWriteOffProposed  = "write_off.proposed"
	EventWriteOffMade      = "write_off.made"
	EventWriteOffRefused   = "write_off.refused"
	EventWriteOffExpired   = "write_off.expired"
	EventWriteOffRecovered = "write_off.recovered" // in part or whole
	EventRecoveryCreated   = "recovery.created"

	EventDormancyNoticed           = "dormancy.noticed" // the first time, or again
	EventDormancyUnclaimed         = "dormancy.unclaimed"
	EventDormancyReclaimed         = "dormancy.reclaimed"
	EventDormancySurrenderProposed = "dormancy.surrender_proposed"
	EventDormancySurrenderDropped  = "dormancy.surrender_dropped" // refused, or expired
	EventDormancySurrendered       = "dormancy.surrendered"

	EventAdjustmentProposed     = "adjustment.proposed"
	EventAdjustmentMade         = "adjustment.made"
	EventAdjustmentRefused      = "adjustment.refused"
	EventAdjustmentExpired      = "adjustment.expired"
	EventAdjustmentUndoProposed = "adjustment.undo_proposed"
	EventAdjustmentUndoDropped  = "adjustment.undo_dropped" // refused, or expired
	EventAdjustmentUndone       = "adjustment.undone"
)
