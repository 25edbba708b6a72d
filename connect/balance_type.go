package connect

// BalanceTransactionType is what kind of line a balance transaction is. The names
// are those that the field uses (facts of the market, annex B), so that exports and
// reports of other systems can be compared.
type BalanceTransactionType string

// The types of balance transactions.
const (
	TypeCharge               BalanceTransactionType = "charge"  // paid by card
	TypePayment              BalanceTransactionType = "payment" // paid otherwise, or by a transfer
	TypePaymentFailureRefund BalanceTransactionType = "payment_failure_refund"
	TypeRefund               BalanceTransactionType = "refund"         // to a card
	TypePaymentRefund        BalanceTransactionType = "payment_refund" // otherwise, or a transfer that was taken back
	TypeRefundFailure        BalanceTransactionType = "refund_failure"
	TypeAdjustment           BalanceTransactionType = "adjustment"
	TypeApplicationFee       BalanceTransactionType = "application_fee"
	TypeApplicationFeeRefund BalanceTransactionType = "application_fee_refund"
	TypeTransfer             BalanceTransactionType = "transfer"
	TypeTransferRefund       BalanceTransactionType = "transfer_refund"
	TypePayout               BalanceTransactionType = "payout"
	TypePayoutFailure        BalanceTransactionType = "payout_failure"
	TypePayoutCancel         BalanceTransactionType = "payout_cancel"
	TypeTopUp                BalanceTransactionType = "topup"
	TypeTopUpReversal        BalanceTransactionType = "topup_reversal"
	TypeProcessingFee        BalanceTransactionType = "processing_fee" // a fee of the house by itself
	TypeTaxFee               BalanceTransactionType = "tax_fee"
	TypeReserveTransaction   BalanceTransactionType = "reserve_transaction" // a platform's cover of its sellers' negative balances
	TypeReservedFunds        BalanceTransactionType = "reserved_funds"
	TypeCollection           BalanceTransactionType = "connect_collection_transfer"
	TypeAdvance              BalanceTransactionType = "advance"
	TypeAdvanceFunding       BalanceTransactionType = "advance_funding"

	// TypeMove is none of these: money that moved between an owner's own purposes, or
	// left one that is not counted. Such lines are listed where they are asked for.
	TypeMove BalanceTransactionType = "move"
)

// ReportingCategory groups types for reports.
type ReportingCategory string

// The reporting categories.
const (
	CategoryCharge           ReportingCategory = "charge"
	CategoryChargeFailure    ReportingCategory = "charge_failure"
	CategoryRefund           ReportingCategory = "refund"
	CategoryRefundFailure    ReportingCategory = "refund_failure"
	CategoryDispute          ReportingCategory = "dispute"
	CategoryDisputeReversal  ReportingCategory = "dispute_reversal"
	CategoryOther            ReportingCategory = "other_adjustment"
	CategoryEarning          ReportingCategory = "platform_earning"
	CategoryEarningRefund    ReportingCategory = "platform_earning_refund"
	CategoryTransfer         ReportingCategory = "transfer"
	CategoryTransferReversal ReportingCategory = "transfer_reversal"
	CategoryPayout           ReportingCategory = "payout"
	CategoryPayoutReversal   ReportingCategory = "payout_reversal"
	CategoryTopUp            ReportingCategory = "topup"
	CategoryTopUpReversal    ReportingCategory = "topup_reversal"
	CategoryFee              ReportingCategory = "fee"
	CategoryTax              ReportingCategory = "tax"
	CategoryCover            ReportingCategory = "connect_reserved_funds"
	CategoryReserve          ReportingCategory = "risk_reserved_funds"
	CategoryCollection       ReportingCategory = "connect_collection_transfer"
	CategoryAdvance          ReportingCategory = "advance"
	CategoryAdvanceFunding   ReportingCategory = "advance_funding"
)

// lineType is the type of a line and the category that it is reported under.
type lineType struct {
	kind     BalanceTransactionType
	category ReportingCategory
}

// lineRule says what a reason of the chart is to an owner whose accounts it moves:
// one type where the owner has more for it, another where less.
type lineRule struct {
	more, less lineType
	feeMore    bool     // where the owner has more, it is a fee that comes back: with the line below
	feeLess    bool     // where the owner has less, it is a fee
	feeOf      []string // the reasons of whose lines it may be a fee, in the same step
	before     bool     // the fee may be booked before what it is a fee of
}

var (
	other      = lineType{TypeAdjustment, CategoryOther}
	paid       = lineType{TypePayment, CategoryCharge} // TypeCharge where a card paid
	sent       = lineType{TypeTransfer, CategoryTransfer}
	sentBack   = lineType{TypeTransferRefund, CategoryTransferReversal}
	paidBack   = lineType{TypePaymentRefund, CategoryRefund} // TypeRefund where it goes to a card
	undone     = lineType{TypePaymentFailureRefund, CategoryChargeFailure}
	earned     = lineType{TypeApplicationFee, CategoryEarning}
	earnedBack = lineType{TypeApplicationFeeRefund, CategoryEarningRefund}
	feeAlone   = lineType{TypeAdjustment, CategoryFee}
	houseFee   = lineType{TypeProcessingFee, CategoryFee}
	taxAlone   = lineType{TypeTaxFee, CategoryTax}
	refailed   = lineType{TypeRefundFailure, CategoryRefundFailure}
	outBack    = lineType{TypePayoutFailure, CategoryPayoutReversal} // TypePayoutCancel where it was withdrawn
	covered    = lineType{TypeReserveTransaction, CategoryCover}
	setAside   = lineType{TypeReservedFunds, CategoryReserve}
	collected  = lineType{TypeCollection, CategoryCollection}
	move       = lineType{TypeMove, ""}

	ofSale   = []string{"charge", "credit used", "transfer", "commission", "discount"}
	ofRefund = []string{"refund", "transfer reversal", "payment failed", "discount returned"}
	ofRedone = []string{"refund failed", "transfer reversal undone"}
)

// both is a reason that is the same line whichever way the money goes.
func both(t lineType) lineRule { return lineRule{more: t, less: t} }

// lineRules has every reason of the chart that moves what is owed to sellers and
// platforms.
var lineRules = map[string]lineRule{
	"account debit":            {more: paid, less: sent},
	"adjustment":               both(other),
	"advance":                  both(lineType{TypeAdvance, CategoryAdvance}),
	"advance repaid":           both(lineType{TypeAdvanceFunding, CategoryAdvanceFunding}),
	"application fee":          {more: earned, less: feeAlone, feeLess: true, feeOf: ofSale},
	"available":                both(move),
	"charge":                   both(paid),
	"collection":               both(collected),
	"collection debit":         both(lineType{TypeTopUp, CategoryTopUp}),
	"commission":               {more: earned, less: feeAlone},
	"conversion":               both(other),
	"cover":                    both(covered),
	"cover released":           both(covered),
	"credit granted":           both(other),
	"credit sold":              both(other),
	"credit taken back":        both(other),
	"credit used":              both(paid),
	"discount":                 {more: paid, less: sent},
	"discount returned":        {more: sentBack, less: paidBack},
	"dispute":                  both(lineType{TypeAdjustment, CategoryDispute}),
	"dispute fee":              {more: houseFee, less: houseFee, feeMore: true, feeLess: true, feeOf: []string{"dispute"}},
	"dispute won":              both(lineType{TypeAdjustment, CategoryDisputeReversal}),
	"fee refund":               {more: feeAlone, less: earnedBack, feeMore: true, feeOf: ofRefund},
	"fee refund undone":        {more: earnedBack, less: feeAlone, feeLess: true, feeOf: ofRedone},
	"freeze":                   both(other),
	"network cost":             both(houseFee),
	"payment failed":           both(undone),
	"payout":                   both(lineType{TypePayout, CategoryPayout}),
	"payout failed":            both(outBack),
	"payout fee":               {more: earned, less: feeAlone, feeLess: true, feeOf: []string{"payout"}, before: true},
	"payout paid":              both(move),
	"payout returned":          both(outBack),
	"platform fee":             {more: earned, less: feeAlone},
	"processing fee":           {more: houseFee, less: houseFee, feeMore: true, feeLess: true, feeOf: []string{"charge"}},
	"refund":                   {more: sentBack, less: paidBack},
	"refund failed":            both(refailed),
	"release":                  both(move),
	"reserve":                  both(setAside),
	"reserve released":         both(setAside),
	"surrender":                both(other),
	"suspense cleared":         both(other),
	"tax collected":            {more: taxAlone, less: taxAlone, feeLess: true, feeOf: ofSale},
	"tax refunded":             {more: taxAlone, less: taxAlone, feeMore: true, feeOf: ofRefund},
	"top-up":                   both(lineType{TypeTopUp, CategoryTopUp}),
	"top-up reversed":          both(lineType{TypeTopUpReversal, CategoryTopUpReversal}),
	"transfer":                 {more: paid, less: sent},
	"transfer reversal":        {more: sentBack, less: paidBack},
	"transfer reversal undone": {more: paidBack, less: sentBack},
	"unclaimed":                both(other),
	"unfreeze":                 both(other),
	"withholding":              both(taxAlone),
	"write-off":                both(other),
}

// ruleOf returns what a reason is. One that is the host's own is an adjustment.
func ruleOf(reason string) lineRule {
	if r, ok := lineRules[reason]; ok {
		return r
	}
	return both(other)
}

// counted lists the purposes that make up what an owner has; the rest is set aside,
// on its way out, or blocked.
func counted(purpose string) bool {
	return purpose == "available" || purpose == "pending" || purpose == purposeHeld
}
