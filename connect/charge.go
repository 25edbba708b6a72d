package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// ChargeStatus is where a charge stands.
type ChargeStatus string

// The states of a charge.
const (
	ChargeProcessing ChargeStatus = "processing" // recorded, and the acquirer's answer is still to come
	ChargeSucceeded  ChargeStatus = "succeeded"
	ChargeFailed     ChargeStatus = "failed"  // declined; Code says why
	ChargeUnknown    ChargeStatus = "unknown" // sent blind, and the answer was lost: only news can tell

	ChargeRequiresAction ChargeStatus = "requires_action" // the buyer has to do something first: Action says what
	ChargeAuthorized     ChargeStatus = "authorized"      // it can be captured; nothing has moved
	ChargeCanceled       ChargeStatus = "canceled"        // it was let go before anything was captured

	ChargeScheduled ChargeStatus = "scheduled" // a bank debit that waits for its day: the rail does not have it
)

// Charge is money taken from a buyer: by a seller (a direct charge), by the
// platform for a seller (a destination charge), or for the platform itself where
// Account is empty, who may transfer what is whose.
type Charge struct {
	ID             string       `json:"id"`
	Platform       string       `json:"platform"`
	Account        string       `json:"account,omitzero"`
	Amount         ledger.Money `json:"amount"` // what the buyer pays, ServiceFee and Tax included, in the currency in which it settles
	ApplicationFee ledger.Money `json:"applicationFee,omitzero"`
	ServiceFee     ledger.Money `json:"serviceFee,omitzero"` // on top of the seller's price, and the platform's
	// Settlement is how the amounts came about where the buyer pays in another
	// currency: then all of the charge is in the one in which it settles.
	Settlement    *Settlement       `json:"settlement,omitzero"`
	FeeSettlement *FeeSettlement    `json:"feeSettlement,omitzero"` // how the platform's part of a direct charge became money of its own currency
	Tax           []Tax             `json:"tax,omitzero"`
	FeeTax        []Tax             `json:"feeTax,omitzero"` // on the application fee: the seller's to pay, and the authorities'
	Category      string            `json:"category,omitzero"`
	Method        string            `json:"method,omitzero"` // empty: a card
	Source        string            `json:"source"`          // the acquirer's token; empty where no acquirer has a part in it
	Acquirer      string            `json:"acquirer"`        // empty: it did not come by a card
	Rail          string            `json:"rail,omitzero"`   // of a bank debit
	Descriptor    string            `json:"descriptor,omitzero"`
	BuyerCountry  string            `json:"buyerCountry,omitzero"` // whose market's rules it kept; empty: it was not said
	Description   string            `json:"description,omitzero"`
	Status        ChargeStatus      `json:"status"`
	Code          string            `json:"code,omitzero"`      // why it was declined
	Reference     string            `json:"reference,omitzero"` // the acquirer's name for it
	Created       time.Time         `json:"created"`
	Settled       time.Time         `json:"settled,omitzero"`
	Metadata      map[string]string `json:"metadata,omitzero"`
	Via           string            `json:"via,omitzero"` // the platform that made it for an account that exists by itself (Platform.On)

	// Lines say what the amount is for and whose it is, with what they left out
	// filled in. Without them all is the seller's but taxes and service fee.
	Lines        []Line       `json:"lines,omitzero"`
	PlatformPart ledger.Money `json:"platformPart,omitzero"` // the platform's own lines of a charge for a seller
	// Discount is what the platform gives the seller for discounts that it pays, on
	// top of what the buyer paid.
	Discount ledger.Money   `json:"discount,omitzero"`
	Shares   []AccountShare `json:"shares,omitzero"` // of accounts that the lines of the platform's own charge name

	// How the platform's price list came to the application fee and the service
	// fee: as it was then, for good. Nil where the list had no price, or the fee
	// was stated.
	Commission *pricing.Line `json:"commission,omitzero"`
	Service    *pricing.Line `json:"service,omitzero"`
	// Commissions are in place of Commission where lines of several categories are
	// priced: one for each, and they add up to the application fee.
	Commissions []CategoryPrice `json:"commissions,omitzero"`
	// FeeTaxed is how FeeTax came about, where it was not stated.
	FeeTaxed *tax.Fee `json:"feeTaxed,omitzero"`

	// Whose own it is, and what of it goes to whom: charge_shape.go.
	Direct         bool         `json:"direct,omitzero"`
	FeesPayer      Party        `json:"feesPayer,omitzero"` // of a direct charge
	OnBehalfOf     string       `json:"onBehalfOf,omitzero"`
	TransferAmount ledger.Money `json:"transferAmount,omitzero"` // what was stated that the seller gets
	TransferGroup  string       `json:"transferGroup,omitzero"`
	Transferred    ledger.Money `json:"transferred,omitzero"` // by transfers of this charge, less what was reversed
	Hold           *HoldTerms   `json:"hold,omitzero"`        // the seller's share waits by these terms: GetHeldShare

	// What is not paid by Source (tender.go), and what is sold (credit_sale.go).
	Tenders    []Tender     `json:"tenders,omitzero"`
	SourceBack ledger.Money `json:"sourceBack,omitzero"` // where there are tenders: what refunds give back of Source's part
	CreditSale *CreditSale  `json:"creditSale,omitzero"`
	Payment    string       `json:"payment,omitzero"` // of several sources, of which it is one

	// Set when it succeeds.
	ProcessingFee ledger.Money  `json:"processingFee,omitzero"`
	Processing    *pricing.Line `json:"processing,omitzero"` // how the processing fee came about
	Available     payout.Day    `json:"available,omitzero"`  // the day on which its money is available
	AtOnce        bool          `json:"atOnce,omitzero"`     // or: available to the seller at once
	PlatformIn    string        `json:"platformIn,omitzero"` // purposes of the accounts that it landed in
	AccountIn     string        `json:"accountIn,omitzero"`

	// What refunds have taken and are about to take.
	Refunded  ledger.Money `json:"refunded,omitzero"`  // given back to the buyer
	Refunding ledger.Money `json:"refunding,omitzero"` // being given back
	Reversed  ledger.Money `json:"reversed,omitzero"`  // pulled back from the seller
	FeeBack   ledger.Money `json:"feeBack,omitzero"`   // of the commission, given back to the seller
	FeeBase   ledger.Money `json:"feeBase,omitzero"`   // what was refunded with a part of the commission
	// FeeStated is what of FeeBack was stated (FeeExact), or given back on its own
	// (RefundApplicationFee): no part of it goes with what was refunded.
	FeeStated ledger.Money `json:"feeStated,omitzero"`
	// ReverseBase is what of the share was refunded with a part of TransferAmount.
	ReverseBase ledger.Money `json:"reverseBase,omitzero"`
	// ServiceBack is what of the service fee was given back with refunds.
	ServiceBack ledger.Money `json:"serviceBack,omitzero"`
	// PlatformBack is what of PlatformPart was given back with refunds, DiscountBack
	// what of Discount came back to the platform, and DiscountBase what was refunded
	// with a part of that.
	PlatformBack ledger.Money `json:"platformBack,omitzero"`
	DiscountBack ledger.Money `json:"discountBack,omitzero"`
	DiscountBase ledger.Money `json:"discountBase,omitzero"`
	ByLine       *ByLine      `json:"byLine,omitzero"` // what of all that refunds did which named lines

	// DisputableUntil is the last day, in UTC, on which its buyer may dispute it, by the
	// method's window when it succeeded; zero: it cannot be disputed. DeliverOn is the
	// day on which what was bought is delivered, where that was said.
	DisputableUntil payout.Day `json:"disputableUntil,omitzero"`
	DeliverOn       payout.Day `json:"deliverOn,omitzero"`

	// Authorization is that of a charge which is captured later. From the first
	// capture on, the charge's amounts are those of what was captured so far, and
	// its Status is ChargeSucceeded.
	Authorization *Authorization `json:"authorization,omitzero"`

	Initiation *Initiation     `json:"initiation,omitzero"` // who started it; nil is the buyer, who was present
	Exemption  Exemption       `json:"exemption,omitzero"`  // from authentication, asked for
	Action     *Action         `json:"action,omitzero"`     // what the buyer has to do, or had
	Auth       *Authentication `json:"auth,omitzero"`       // how the buyer was authenticated, as far as it was told
	Retry      int             `json:"retry,omitzero"`      // 1 once it was asked again with a challenge
	Failure    *Failure        `json:"failure,omitzero"`    // that it failed after it had succeeded
	Canceling  string          `json:"canceling,omitzero"`  // the cancellation under way
	Network    string          `json:"network,omitzero"`    // of the card, as the acquirer tells it: "visa"
	Disputed   []string        `json:"disputed,omitzero"`   // the disputes that take their amounts and are not decided
	// DisputedExcess is what disputes that stand took beyond what the charge had left, in
	// the currency in which the buyer paid: the buyer has it, and gets it no second time.
	DisputedExcess ledger.Money `json:"disputedExcess,omitzero"`

	// Owed is what the buyer is owed since refunds have failed: RefundRequest.Repays pays
	// it, and what the buyer gets by other refunds makes it good.
	Owed []OwedRefund `json:"owed,omitzero"`

	Customer    string     `json:"customer,omitzero"`
	SavedSource string     `json:"savedSource,omitzero"` // that it used, or that was saved with it
	Save        *SaveTerms `json:"save,omitzero"`        // what the buyer agreed to for what it uses to be saved
	SaveCode    string     `json:"saveCode,omitzero"`    // why it was not saved, though the charge was approved
	// Debit is how a charge by mandate is collected: debit.go.
	Debit *Debit `json:"debit,omitzero"`

	// Decision is what the host's rules said of it, nil if there were none; Late that rules
	// are asked again once it is authorized (rule_ask.go).
	Decision *compliance.Decision `json:"decision,omitzero"`
	Late     bool                 `json:"late,omitzero"`

	// Review is the last review of it, and UnderReview that it is open. With AutoCapture
	// the engine captures the charge itself once rules and reviews let it (Capture), or
	// lets it go for the reason of Stop.
	Review      string     `json:"review,omitzero"`
	UnderReview bool       `json:"underReview,omitzero"`
	AutoCapture bool       `json:"autoCapture,omitzero"`
	Capture     string     `json:"capture,omitzero"`
	Stop        string     `json:"stop,omitzero"`
	Limits      []LimitUse `json:"limits,omitzero"` // what it takes of limits: payment_limit.go

	Work ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// loaded gives amounts of nothing their currency back, which storage leaves
// out.
func (c *Charge) loaded() {
	zero := ledger.Zero(c.Amount.Currency())
	asZero(zero,
		&c.ApplicationFee, &c.ServiceFee, &c.ProcessingFee, &c.Refunded, &c.Refunding, &c.Reversed, &c.FeeBack, &c.FeeBase, &c.FeeStated, &c.ServiceBack,
		&c.TransferAmount, &c.Transferred, &c.ReverseBase, &c.SourceBack,
		&c.PlatformPart, &c.Discount, &c.PlatformBack, &c.DiscountBack, &c.DiscountBase)
	asZero(ledger.Zero(c.presented().Currency()), &c.DisputedExcess)
	taxLoaded(c.Tax, c.FeeTax)
	if c.Settlement != nil {
		c.Settlement.loaded()
	}
	c.linesLoaded(zero)
	tendersLoaded(c.Tenders)
	if c.Authorization != nil {
		c.Authorization.loaded()
	}
	if c.Failure != nil {
		c.Failure.loaded(zero)
	}
}

var chargeKind = ledger.Kind[Charge]{
	Name:   "connect.charge",
	Prefix: "ch_",
	Loaded: (*Charge).loaded,
	Keys: func(c *Charge) []ledger.Key {
		keys := make([]ledger.Key, 0, 3)
		keys = append(keys, ledger.Key{Name: "platform", Value: c.Platform, At: c.Created})
		if c.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: c.Account, At: c.Created})
		}
		if c.Customer != "" {
			keys = append(keys, ledger.Key{Name: "customer", Value: c.Customer, At: c.Created})
		}
		if len(c.Owed) > 0 {
			keys = append(keys, ledger.Key{Name: "owed", Value: c.Platform, At: c.Owed[0].Since})
		}
		return c.waits(c.Work.Keys(inGroup(keys, c.Platform, c.TransferGroup, c.Created)...))
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "refunded", Path: "refunded", Type: ledger.MoneyColumn},
		{Name: "refunded_minor", Path: "refunded.amountMinor", Type: ledger.IntegerColumn},
		{Name: "available", Path: "available"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
		{Name: "on_behalf_of", Path: "onBehalfOf"}, {Name: "transfer_group", Path: "transferGroup"},
		{Name: "customer", Path: "customer"}, {Name: "saved_source", Path: "savedSource"},
	},
}

// GetCharge returns a charge of the platform.
func (p *Platform) GetCharge(ctx context.Context, id string) (*Charge, error) {
	return get(ctx, p, &chargeKind, id, "charge", func(c *Charge) string { return c.Platform })
}
