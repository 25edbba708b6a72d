package connect_test

import (
	"context"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Platform is a platform as random marketplaces see it. What it reads it reads as it is;
// what it does goes the way of do, where in a simulation anything may go wrong. A verb
// that is added gets a line here (TestEveryVerbIsSimulated).
type Platform struct {
	*connect.Platform
	w      *wild
	joined bool
}

// In is the platform in a host's transaction.
func (p *Platform) In(s ledger.Store) *Platform { return &Platform{p.Platform.In(s), p.w, true} }

func (p *Platform) ActOnWarning(_ context.Context, r connect.ActOnWarningRequest) (*connect.EarlyWarning, error) {
	return do(p, "ActOnWarning", r, (*connect.Platform).ActOnWarning)
}

func (p *Platform) ActivateMandate(_ context.Context, r connect.ActivateMandateRequest) (*connect.Mandate, error) {
	return do(p, "ActivateMandate", r, (*connect.Platform).ActivateMandate)
}

func (p *Platform) Adjust(_ context.Context, r connect.AdjustRequest) (*connect.Adjustment, error) {
	return do(p, "Adjust", r, (*connect.Platform).Adjust)
}

func (p *Platform) AgreePaymentPlan(_ context.Context, r connect.PaymentPlanRequest) (*connect.PaymentPlan, error) {
	return do(p, "AgreePaymentPlan", r, (*connect.Platform).AgreePaymentPlan)
}

func (p *Platform) AmendMandate(_ context.Context, r connect.AmendMandateRequest) (*connect.Mandate, error) {
	return do(p, "AmendMandate", r, (*connect.Platform).AmendMandate)
}

func (p *Platform) AnswerDispute(_ context.Context, r connect.AnswerDisputeRequest) (*connect.DisputeAnswer, error) {
	return do(p, "AnswerDispute", r, (*connect.Platform).AnswerDispute)
}

func (p *Platform) ApplyCoins(_ context.Context, r connect.ApplyRequest) (*connect.Charge, error) {
	return do(p, "ApplyCoins", r, (*connect.Platform).ApplyCoins)
}

func (p *Platform) ApproveProposal(_ context.Context, r connect.ApproveProposalRequest) (*connect.Proposal, error) {
	return do(p, "ApproveProposal", r, (*connect.Platform).ApproveProposal)
}

func (p *Platform) ApproveReview(_ context.Context, r connect.DecideReviewRequest) (*connect.Review, error) {
	return do(p, "ApproveReview", r, (*connect.Platform).ApproveReview)
}

func (p *Platform) Cancel(_ context.Context, r connect.CancelRequest) (*connect.Cancellation, error) {
	return do(p, "Cancel", r, (*connect.Platform).Cancel)
}

func (p *Platform) CancelMandate(_ context.Context, r connect.MandateStepRequest) (*connect.Mandate, error) {
	return do(p, "CancelMandate", r, (*connect.Platform).CancelMandate)
}

func (p *Platform) CancelPaymentPlan(_ context.Context, r connect.CancelPaymentPlanRequest) (*connect.PaymentPlan, error) {
	return do(p, "CancelPaymentPlan", r, (*connect.Platform).CancelPaymentPlan)
}

func (p *Platform) CancelPayout(_ context.Context, r connect.CancelPayoutRequest) (*payout.Payout, error) {
	return do(p, "CancelPayout", r, (*connect.Platform).CancelPayout)
}

func (p *Platform) CancelRefund(_ context.Context, r connect.CancelRefundRequest) (*connect.Refund, error) {
	return do(p, "CancelRefund", r, (*connect.Platform).CancelRefund)
}

func (p *Platform) CancelVoucher(_ context.Context, r connect.CancelVoucherRequest) (*connect.Voucher, error) {
	return do(p, "CancelVoucher", r, (*connect.Platform).CancelVoucher)
}

func (p *Platform) Capture(_ context.Context, r connect.CaptureRequest) (*connect.Capture, error) {
	return do(p, "Capture", r, (*connect.Platform).Capture)
}

func (p *Platform) ChangeHold(_ context.Context, r connect.HoldChange) (*connect.HeldShare, error) {
	return do(p, "ChangeHold", r, (*connect.Platform).ChangeHold)
}

func (p *Platform) Charge(_ context.Context, r connect.ChargeRequest) (*connect.Charge, error) {
	return do(p, "Charge", r, (*connect.Platform).Charge)
}

func (p *Platform) ChargeFee(_ context.Context, r connect.FeeRequest) (*connect.PlatformFee, error) {
	return do(p, "ChargeFee", r, (*connect.Platform).ChargeFee)
}

func (p *Platform) CloseAccount(_ context.Context, r connect.CloseAccountRequest) (*connect.AccountClosing, error) {
	return do(p, "CloseAccount", r, (*connect.Platform).CloseAccount)
}

func (p *Platform) CloseComplaint(_ context.Context, r connect.CloseComplaintRequest) (*connect.HeldShare, error) {
	return do(p, "CloseComplaint", r, (*connect.Platform).CloseComplaint)
}

func (p *Platform) Confirm(_ context.Context, r connect.ConfirmRequest) (*connect.Charge, error) {
	return do(p, "Confirm", r, (*connect.Platform).Confirm)
}

func (p *Platform) ConfirmSource(_ context.Context, r connect.ConfirmSourceRequest) (*connect.SavedSource, error) {
	return do(p, "ConfirmSource", r, (*connect.Platform).ConfirmSource)
}

func (p *Platform) CreateAccount(_ context.Context, r connect.AccountRequest) (*connect.Account, error) {
	return do(p, "CreateAccount", r, (*connect.Platform).CreateAccount)
}

func (p *Platform) CreateCustomer(_ context.Context, r connect.CustomerRequest) (*connect.Customer, error) {
	return do(p, "CreateCustomer", r, (*connect.Platform).CreateCustomer)
}

func (p *Platform) CreateMandate(_ context.Context, r connect.MandateRequest) (*connect.Mandate, error) {
	return do(p, "CreateMandate", r, (*connect.Platform).CreateMandate)
}

func (p *Platform) CreateReceiver(_ context.Context, r connect.ReceiverRequest) (*connect.Receiver, error) {
	return do(p, "CreateReceiver", r, (*connect.Platform).CreateReceiver)
}

func (p *Platform) DebitNegative(_ context.Context, r connect.NegativeDebitRequest) (*connect.NegativeDebit, error) {
	return do(p, "DebitNegative", r, (*connect.Platform).DebitNegative)
}

func (p *Platform) DeleteCustomer(_ context.Context, r connect.DeleteCustomerRequest) (*connect.Customer, error) {
	return do(p, "DeleteCustomer", r, (*connect.Platform).DeleteCustomer)
}

func (p *Platform) DetachSource(_ context.Context, r connect.DetachSourceRequest) (*connect.SavedSource, error) {
	return do(p, "DetachSource", r, (*connect.Platform).DetachSource)
}

func (p *Platform) DismissWarning(_ context.Context, r connect.DismissWarningRequest) (*connect.EarlyWarning, error) {
	return do(p, "DismissWarning", r, (*connect.Platform).DismissWarning)
}

func (p *Platform) EndAgreement(_ context.Context, r connect.EndAgreementRequest) (*connect.Agreement, error) {
	return do(p, "EndAgreement", r, (*connect.Platform).EndAgreement)
}

func (p *Platform) EndLimit(_ context.Context, r connect.EndLimitRequest) (*connect.PaymentLimit, error) {
	return do(p, "EndLimit", r, (*connect.Platform).EndLimit)
}

func (p *Platform) Freeze(_ context.Context, r connect.FreezeRequest) (*connect.Freeze, error) {
	return do(p, "Freeze", r, (*connect.Platform).Freeze)
}

func (p *Platform) GrantCredit(_ context.Context, r connect.GrantRequest) (*connect.CreditGrant, error) {
	return do(p, "GrantCredit", r, (*connect.Platform).GrantCredit)
}

func (p *Platform) IncreaseAuthorization(_ context.Context, r connect.IncreaseRequest) (*connect.Increase, error) {
	return do(p, "IncreaseAuthorization", r, (*connect.Platform).IncreaseAuthorization)
}

func (p *Platform) IssueVoucher(_ context.Context, r connect.VoucherRequest) (*connect.Voucher, error) {
	return do(p, "IssueVoucher", r, (*connect.Platform).IssueVoucher)
}

func (p *Platform) MarkDormant(_ context.Context, r connect.DormantRequest) (*connect.Dormancy, error) {
	return do(p, "MarkDormant", r, (*connect.Platform).MarkDormant)
}

func (p *Platform) OpenComplaint(_ context.Context, r connect.ComplaintRequest) (*connect.HeldShare, error) {
	return do(p, "OpenComplaint", r, (*connect.Platform).OpenComplaint)
}

func (p *Platform) PauseAccount(_ context.Context, r connect.PauseAccountRequest) (*connect.Account, error) {
	return do(p, "PauseAccount", r, (*connect.Platform).PauseAccount)
}

func (p *Platform) Pay(_ context.Context, r connect.PayRequest) (*connect.Payment, error) {
	return do(p, "Pay", r, (*connect.Platform).Pay)
}

func (p *Platform) Payout(_ context.Context, r connect.PayoutRequest) (*payout.Payout, error) {
	return do(p, "Payout", r, (*connect.Platform).Payout)
}

func (p *Platform) ProposeLimits(_ context.Context, r connect.LimitsRequest) (*connect.Proposal, error) {
	return do(p, "ProposeLimits", r, (*connect.Platform).ProposeLimits)
}

func (p *Platform) ReclaimDormant(_ context.Context, r connect.ReclaimRequest) (*connect.Dormancy, error) {
	return do(p, "ReclaimDormant", r, (*connect.Platform).ReclaimDormant)
}

func (p *Platform) RecordAgreement(_ context.Context, r connect.AgreementRequest) (*connect.Agreement, error) {
	return do(p, "RecordAgreement", r, (*connect.Platform).RecordAgreement)
}

func (p *Platform) RecordCashSale(_ context.Context, r connect.CashSaleRequest) (*connect.CashSale, error) {
	return do(p, "RecordCashSale", r, (*connect.Platform).RecordCashSale)
}

func (p *Platform) RecordOwnerNotice(_ context.Context, r connect.OwnerNoticeRequest) (*connect.Dormancy, error) {
	return do(p, "RecordOwnerNotice", r, (*connect.Platform).RecordOwnerNotice)
}

func (p *Platform) RecordTopUp(_ context.Context, r connect.TopUpRequest) (*connect.TopUp, error) {
	return do(p, "RecordTopUp", r, (*connect.Platform).RecordTopUp)
}

func (p *Platform) RecoverDispute(_ context.Context, r connect.RecoverDisputeRequest) (*connect.Dispute, error) {
	return do(p, "RecoverDispute", r, (*connect.Platform).RecoverDispute)
}

func (p *Platform) RecoverWriteOff(_ context.Context, r connect.RecoverWriteOffRequest) (*connect.Recovery, error) {
	return do(p, "RecoverWriteOff", r, (*connect.Platform).RecoverWriteOff)
}

func (p *Platform) Refund(_ context.Context, r connect.RefundRequest) (*connect.Refund, error) {
	return do(p, "Refund", r, (*connect.Platform).Refund)
}

func (p *Platform) RefundApplicationFee(_ context.Context, r connect.FeeRefundRequest) (*connect.FeeRefund, error) {
	return do(p, "RefundApplicationFee", r, (*connect.Platform).RefundApplicationFee)
}

func (p *Platform) RefundCoins(_ context.Context, r connect.CoinRefundRequest) (*connect.CoinReturn, error) {
	return do(p, "RefundCoins", r, (*connect.Platform).RefundCoins)
}

func (p *Platform) RefundGroup(_ context.Context, r connect.GroupRequest) (*connect.HeldGroup, error) {
	return do(p, "RefundGroup", r, (*connect.Platform).RefundGroup)
}

func (p *Platform) RefuseProposal(_ context.Context, r connect.RefuseProposalRequest) (*connect.Proposal, error) {
	return do(p, "RefuseProposal", r, (*connect.Platform).RefuseProposal)
}

func (p *Platform) RefuseReview(_ context.Context, r connect.DecideReviewRequest) (*connect.Review, error) {
	return do(p, "RefuseReview", r, (*connect.Platform).RefuseReview)
}

func (p *Platform) Release(_ context.Context, r connect.ReleaseRequest) (*connect.ShareRelease, error) {
	return do(p, "Release", r, (*connect.Platform).Release)
}

func (p *Platform) ReleaseGroup(_ context.Context, r connect.GroupRequest) (*connect.HeldGroup, error) {
	return do(p, "ReleaseGroup", r, (*connect.Platform).ReleaseGroup)
}

func (p *Platform) ReleaseReserve(_ context.Context, r connect.ReleaseReserveRequest) (*connect.Reserve, error) {
	return do(p, "ReleaseReserve", r, (*connect.Platform).ReleaseReserve)
}

func (p *Platform) RemitTax(_ context.Context, r connect.RemitTaxRequest) (*payout.Payout, error) {
	return do(p, "RemitTax", r, (*connect.Platform).RemitTax)
}

func (p *Platform) ReportEvent(_ context.Context, r connect.EventRequest) (*connect.HeldShare, error) {
	return do(p, "ReportEvent", r, (*connect.Platform).ReportEvent)
}

func (p *Platform) Represent(_ context.Context, r connect.RepresentRequest) (*connect.Charge, error) {
	return do(p, "Represent", r, (*connect.Platform).Represent)
}

func (p *Platform) ResumeAccount(_ context.Context, r connect.ResumeAccountRequest) (*connect.Account, error) {
	return do(p, "ResumeAccount", r, (*connect.Platform).ResumeAccount)
}

func (p *Platform) ResumeMandate(_ context.Context, r connect.MandateStepRequest) (*connect.Mandate, error) {
	return do(p, "ResumeMandate", r, (*connect.Platform).ResumeMandate)
}

func (p *Platform) ReturnCoins(_ context.Context, r connect.ReturnRequest) (*connect.CoinReturn, error) {
	return do(p, "ReturnCoins", r, (*connect.Platform).ReturnCoins)
}

func (p *Platform) ReturnFee(_ context.Context, r connect.ReturnFeeRequest) (*connect.PlatformFeeReturn, error) {
	return do(p, "ReturnFee", r, (*connect.Platform).ReturnFee)
}

func (p *Platform) ReverseTopUp(_ context.Context, r connect.ReverseTopUpRequest) (*connect.TopUp, error) {
	return do(p, "ReverseTopUp", r, (*connect.Platform).ReverseTopUp)
}

func (p *Platform) ReverseTransfer(_ context.Context, r connect.ReverseTransferRequest) (*connect.TransferReversal, error) {
	return do(p, "ReverseTransfer", r, (*connect.Platform).ReverseTransfer)
}

func (p *Platform) RevokeCredit(_ context.Context, r connect.RevokeRequest) (*connect.CreditGrant, error) {
	return do(p, "RevokeCredit", r, (*connect.Platform).RevokeCredit)
}

func (p *Platform) SaveSource(_ context.Context, r connect.SaveSourceRequest) (*connect.SavedSource, error) {
	return do(p, "SaveSource", r, (*connect.Platform).SaveSource)
}

func (p *Platform) SetLimit(_ context.Context, r connect.SetLimitRequest) (*connect.PaymentLimit, error) {
	return do(p, "SetLimit", r, (*connect.Platform).SetLimit)
}

func (p *Platform) SetReserve(_ context.Context, r connect.ReserveRequest) (*connect.ReservePlan, error) {
	return do(p, "SetReserve", r, (*connect.Platform).SetReserve)
}

func (p *Platform) StageEvidence(_ context.Context, r connect.StageEvidenceRequest) (*connect.Dispute, error) {
	return do(p, "StageEvidence", r, (*connect.Platform).StageEvidence)
}

func (p *Platform) StartBulk(_ context.Context, r connect.BulkRequest) (*connect.Bulk, error) {
	return do(p, "StartBulk", r, (*connect.Platform).StartBulk)
}

func (p *Platform) StopBulk(_ context.Context, r connect.StopBulkRequest) (*connect.Bulk, error) {
	return do(p, "StopBulk", r, (*connect.Platform).StopBulk)
}

func (p *Platform) StopClosing(_ context.Context, r connect.StopClosingRequest) (*connect.AccountClosing, error) {
	return do(p, "StopClosing", r, (*connect.Platform).StopClosing)
}

func (p *Platform) SurrenderFrozen(_ context.Context, r connect.SurrenderFrozenRequest) (*connect.Freeze, error) {
	return do(p, "SurrenderFrozen", r, (*connect.Platform).SurrenderFrozen)
}

func (p *Platform) SurrenderUnclaimed(_ context.Context, r connect.SurrenderRequest) (*connect.Dormancy, error) {
	return do(p, "SurrenderUnclaimed", r, (*connect.Platform).SurrenderUnclaimed)
}

func (p *Platform) SuspendMandate(_ context.Context, r connect.MandateStepRequest) (*connect.Mandate, error) {
	return do(p, "SuspendMandate", r, (*connect.Platform).SuspendMandate)
}

func (p *Platform) Transfer(_ context.Context, r connect.TransferRequest) (*connect.Transfer, error) {
	return do(p, "Transfer", r, (*connect.Platform).Transfer)
}

func (p *Platform) UndoAdjustment(_ context.Context, r connect.UndoAdjustmentRequest) (*connect.Adjustment, error) {
	return do(p, "UndoAdjustment", r, (*connect.Platform).UndoAdjustment)
}

func (p *Platform) Unfreeze(_ context.Context, r connect.UnfreezeRequest) (*connect.Freeze, error) {
	return do(p, "Unfreeze", r, (*connect.Platform).Unfreeze)
}

func (p *Platform) UpdateAccount(_ context.Context, r connect.AccountUpdate) (*connect.Account, error) {
	return do(p, "UpdateAccount", r, (*connect.Platform).UpdateAccount)
}

func (p *Platform) UpdateCustomer(_ context.Context, r connect.CustomerUpdate) (*connect.Customer, error) {
	return do(p, "UpdateCustomer", r, (*connect.Platform).UpdateCustomer)
}

func (p *Platform) UpdatePlatform(_ context.Context, r connect.PlatformUpdate) (*connect.Profile, error) {
	return do(p, "UpdatePlatform", r, (*connect.Platform).UpdatePlatform)
}

func (p *Platform) WriteOff(_ context.Context, r connect.WriteOffRequest) (*connect.WriteOff, error) {
	return do(p, "WriteOff", r, (*connect.Platform).WriteOff)
}

func (p *Platform) AddBank(_ context.Context, r connect.AddBankRequest) (*connect.BankChange, error) {
	return do(p, "AddBank", r, (*connect.Platform).AddBank)
}

func (p *Platform) UpdateBank(_ context.Context, r connect.UpdateBankRequest) (*connect.BankChange, error) {
	return do(p, "UpdateBank", r, (*connect.Platform).UpdateBank)
}

func (p *Platform) DeleteBank(_ context.Context, r connect.DeleteBankRequest) (*connect.BankChange, error) {
	return do(p, "DeleteBank", r, (*connect.Platform).DeleteBank)
}

func (p *Platform) MakeDefaultBank(_ context.Context, r connect.DefaultBankRequest) (*connect.BankChange, error) {
	return do(p, "MakeDefaultBank", r, (*connect.Platform).MakeDefaultBank)
}

func (p *Platform) RemovePerson(_ context.Context, r connect.RemovePersonRequest) (*connect.Account, error) {
	return do(p, "RemovePerson", r, (*connect.Platform).RemovePerson)
}

func (p *Platform) UpdateCapability(_ context.Context, r connect.CapabilityRequestBy) (*connect.Account, error) {
	return do(p, "UpdateCapability", r, (*connect.Platform).UpdateCapability)
}

func (p *Platform) RejectAccount(_ context.Context, r connect.RejectAccountRequest) (*connect.Account, error) {
	return do(p, "RejectAccount", r, (*connect.Platform).RejectAccount)
}

func (p *Platform) UnrejectAccount(_ context.Context, r connect.UnrejectAccountRequest) (*connect.Account, error) {
	return do(p, "UnrejectAccount", r, (*connect.Platform).UnrejectAccount)
}

func (p *Platform) StartBankCheck(_ context.Context, r connect.BankCheckRequest) (*connect.BankCheck, error) {
	return do(p, "StartBankCheck", r, (*connect.Platform).StartBankCheck)
}

func (p *Platform) ConfirmBankCheck(_ context.Context, r connect.ConfirmBankCheckRequest) (*connect.BankCheck, error) {
	return do(p, "ConfirmBankCheck", r, (*connect.Platform).ConfirmBankCheck)
}

func (p *Platform) VerifyBank(_ context.Context, r connect.VerifyBankRequest) (*connect.Account, error) {
	return do(p, "VerifyBank", r, (*connect.Platform).VerifyBank)
}
