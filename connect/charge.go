package connect

import (
	"cmp"
	"context"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/fx"
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

// ChargeRequest charges a buyer.
type ChargeRequest struct {
	Key string `json:"-"`
	// Amount is what the buyer pays, taxes included, of at most twelve digits of minor
	// units. What Source pays of it is at least what cards take in its currency (0.50
	// USD, 50 JPY), or what the buyer's market says. A service fee of the platform's
	// price list is added to it.
	Amount ledger.Money `json:"amount,omitzero"`
	// Lines say what the amount is for and whose it is, at most 100. Then Amount is
	// what they add up to, and may be left out; taxes are lines, and Net is not
	// stated. A commission of the price list is of the seller's goods.
	Lines []Line `json:"lines,omitzero"`
	// Taxed asks the engine's tax calculator (Config.Tax) for the taxes on Lines, which
	// then state none themselves.
	Taxed *TaxPlaces `json:"taxed,omitzero"`
	// Net is in place of Amount: what the seller is to have after commission, and
	// before the processing that a seller pays for of a direct charge. The
	// amount is the least that leaves it, and the taxes are added.
	Net ledger.Money `json:"net,omitzero"`
	// Total is what the buyer was told to pay in all. If prices have changed since,
	// so that it would be something else, the charge is refused (price_changed).
	// The zero Money asks nothing.
	Total  ledger.Money `json:"total,omitzero"`
	Source string       `json:"source,omitzero"` // the acquirer's token for the buyer's card
	// MandateID is in place of Source: the amount is debited from the buyer's bank
	// account. The charge is scheduled until the notice that was agreed is over,
	// processing once the rail has it, and succeeds when the rail tells it settled.
	MandateID string `json:"mandate,omitzero"`
	// CollectOn is when the buyer's bank is to be debited; not a banking day, the next
	// one. Zero: as soon as notice and scheme allow.
	CollectOn payout.Day `json:"collectOn,omitzero"`

	// CustomerID is the buyer: the platform's customer, or for a direct charge its
	// seller's. Without Source and SavedSourceID the charge is of their default source.
	CustomerID string `json:"customer,omitzero"`
	// SavedSourceID is in place of Source. A charge without the buyer carries what
	// they agreed to when it was saved, and is refused if that is of other payments
	// (agreement_required).
	SavedSourceID string `json:"savedSource,omitzero"`
	// Save saves Source for the customer once the charge is approved.
	Save *SaveTerms `json:"save,omitzero"`

	// Tenders pay what they can of the amount, in this order; Source pays the rest,
	// and may be empty if there is none. Prices are of the whole amount; processing,
	// the limits of cards and the rules of markets are of Source's part. Nothing is
	// taken of them unless Source pays too; of a charge that is captured in part, the
	// same part of each.
	Tenders []TenderRequest `json:"tenders,omitzero"`
	// SellsCredit is the buyer, by the host's id, who gets the amount as store credit
	// when it is paid. It is the platform's to sell, at once and without taxes.
	SellsCredit string `json:"sellsCredit,omitzero"`

	// AccountID is the seller whom the amount less taxes goes to. Empty: the
	// platform charges for itself, and may transfer what is others' (TransferRequest).
	AccountID string `json:"account,omitzero"`
	// Direct makes the charge the seller's own: they give its refunds, and pay for
	// the processing if their account says so (Account.FeesPayer). Then the
	// commission is refused if it is more than the processing leaves.
	Direct bool `json:"direct,omitzero"`
	// OnBehalfOf is an account that a charge of the platform counts as that of: by
	// its country's prices and delay, its currency and its descriptor. The platform
	// still pays for the processing, and bears refunds.
	OnBehalfOf string `json:"onBehalfOf,omitzero"`
	// TransferAmount is what the seller gets, in place of a commission: more than
	// zero, at most the amount less taxes.
	TransferAmount ledger.Money `json:"transferAmount,omitzero"`
	TransferGroup  string       `json:"transferGroup,omitzero"` // what belongs together, in the host's words: at most 200 characters
	// ApplicationFee is the platform's commission out of the seller's share, at
	// most that share. The zero Money is what the platform's price list says; an
	// amount of a currency is stated, zero too.
	ApplicationFee ledger.Money `json:"applicationFee,omitzero"`
	NoFee          bool         `json:"noFee,omitzero"` // as an ApplicationFee of zero
	// FeeTax is on the commission, and comes out of the seller's share with it: at
	// most 10, one for each authority. It goes back as the commission does. Empty: what
	// Config.Taxes says, if the platform has a tax number (Profile.TaxNumber).
	FeeTax []Tax `json:"feeTax,omitzero"`
	Tax    []Tax `json:"tax,omitzero"` // at most 10, one for each authority

	// What the price list may ask. PriceOf is what it is computed of, such as the
	// fare without the tip: more than zero, at most the amount less taxes, and the
	// zero Money is all of that.
	PriceOf  ledger.Money `json:"priceOf,omitzero"`
	Category string       `json:"category,omitzero"` // of what is sold: 1–40 lower-case letters, digits, dots, dashes and underscores
	Method   string       `json:"method,omitzero"`   // how it is paid, likewise; empty: pricing.Card

	// BuyerCountry is where the buyer is, ISO 3166-1 alpha-2. With it the charge
	// keeps the rules of that market (Options shows them) or is refused. Empty: only
	// what holds in all countries is looked at.
	BuyerCountry string `json:"buyerCountry,omitzero"`
	// SettleIn is the currency in which the charge settles, if not as it is paid:
	// everything but what the buyer pays is converted into it at the rate of the
	// moment, less the house's spread (Charge.Settlement). Amounts of the request, and
	// of captures and refunds, are the buyer's still; of transfers, the charge's. At the
	// rate the amount is at least what is charged in this currency, too. It has no Lines.
	SettleIn ledger.Currency `json:"settleIn,omitzero"`
	// RefundRate is at which rate refunds of such a charge are; empty is RefundAtCharge.
	// It has no effect where SettleIn is the currency of the amount. A direct charge that
	// waits (Hold) is refunded at the rate of the charge.
	RefundRate RefundRate `json:"refundRate,omitzero"`
	// FeeIn is the currency in which the platform gets its part of a direct charge, if
	// not in the charge's: it is converted as it comes, at the rate of the moment, and
	// back at that rate where it goes back. The seller pays for the processing then.
	FeeIn   ledger.Currency `json:"feeIn,omitzero"`
	settles *rates          // into SettleIn: what prepareSettlement found out
	fees    *rates          // into FeeIn, likewise
	laid    *layout         // what Lines come to
	rate    *fx.Rate        // into the currency in which its owner is paid, if that is another and somebody knows it: settlementRate
	// CaptureLater only authorizes the amount: Capture takes it or a part of it,
	// Cancel lets it go, and Drain once the network's time for it is over.
	CaptureLater bool `json:"captureLater,omitzero"`
	// Initiation says who starts the payment: the zero value is the buyer, who is
	// present and can be asked to authenticate.
	Initiation Initiation `json:"initiation,omitzero"`
	Exemption  Exemption  `json:"exemption,omitzero"` // from authentication, to be asked for
	// Hold lets the seller's share wait, and the commission with it, until the host or
	// the terms release it (Release). What waits goes back first if the charge is
	// refunded. Nil: it is the seller's when the payment succeeds.
	Hold *HoldTerms `json:"hold,omitzero"`
	// Facts are what the host's rules may ask of who pays. Nil: only what the engine
	// knows itself.
	Facts *PaymentFacts `json:"facts,omitzero"`

	ruleRates []compliance.PaymentRate // into the currencies that rules name: withRates
	ofWhole   ledger.Money             // of a payment from several sources: all of it
	moves     limitMoves               // likewise: what its charges have taken of limits so far

	// DeliverOn is the day on which what is bought is delivered, or happens, at most 540
	// days away: buyers' time to dispute a card payment begins then, not with the payment.
	DeliverOn payout.Day `json:"deliverOn,omitzero"`

	Descriptor  string            `json:"descriptor,omitzero"`  // on the buyer's statement: 5–22 ASCII characters with a letter, without < > \ ' " *
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// Charge takes money from a buyer for a seller, or for the platform itself. A declined
// card is a charge whose Status is ChargeFailed, not an error. Where an answer is still
// to come the status is ChargeProcessing, and until the day of a debit ChargeScheduled;
// Drain goes on with both.
func (p *Platform) Charge(ctx context.Context, r ChargeRequest) (*Charge, error) {
	if r.ApplicationFee.IsZero() && r.ApplicationFee != (ledger.Money{}) {
		r.NoFee = true // requests are told apart by what is not zero in them
	}
	if r.BuyerCountry != "" {
		r.rate = p.settlementRate(ctx, r.AccountID, cmp.Or(r.Amount, r.Net).Currency())
	}
	if err := checkPercents(r.Lines); err != nil {
		return nil, chargeTask.wrap("", err)
	}
	task := chargeTask
	switch {
	case r.Taxed != nil:
		task = chargeTask.after(askTaxes)
	case !r.SettleIn.IsZero() || !r.FeeIn.IsZero():
		task = chargeTask.after(prepareSettlement)
	}
	c, err := p.withRates(task).do(ctx, p, r.Key, r)
	c, err = p.challenge(ctx, c, err)
	return p.goesOn(ctx, c, err)
}

// GetCharge returns a charge of the platform.
func (p *Platform) GetCharge(ctx context.Context, id string) (*Charge, error) {
	return get(ctx, p, &chargeKind, id, "charge", func(c *Charge) string { return c.Platform })
}
