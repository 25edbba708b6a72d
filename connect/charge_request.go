package connect

import (
	"cmp"
	"context"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

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
	if err := p.may(ctx, "Charge"); err != nil {
		return nil, err
	}
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
