package connect

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/soukhq/souk/connect/pricing"
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
)

// Charge is money taken from a buyer: by a seller (a direct charge), by the
// platform for a seller (a destination charge), or for the platform itself where
// Account is empty, who may transfer what is whose.
type Charge struct {
	ID             string            `json:"id"`
	Platform       string            `json:"platform"`
	Account        string            `json:"account,omitzero"`
	Amount         ledger.Money      `json:"amount"` // what the buyer pays, ServiceFee and Tax included
	ApplicationFee ledger.Money      `json:"applicationFee,omitzero"`
	ServiceFee     ledger.Money      `json:"serviceFee,omitzero"` // on top of the seller's price, and the platform's
	Tax            []Tax             `json:"tax,omitzero"`
	FeeTax         []Tax             `json:"feeTax,omitzero"` // on the application fee: the seller's to pay, and the authorities'
	Category       string            `json:"category,omitzero"`
	Method         string            `json:"method,omitzero"` // empty: a card
	Source         string            `json:"source"`          // the acquirer's token
	Acquirer       string            `json:"acquirer"`
	Descriptor     string            `json:"descriptor,omitzero"`
	BuyerCountry   string            `json:"buyerCountry,omitzero"` // whose market's rules it kept; empty: it was not said
	Description    string            `json:"description,omitzero"`
	Status         ChargeStatus      `json:"status"`
	Code           string            `json:"code,omitzero"`      // why it was declined
	Reference      string            `json:"reference,omitzero"` // the acquirer's name for it
	Created        time.Time         `json:"created"`
	Settled        time.Time         `json:"settled,omitzero"`
	Metadata       map[string]string `json:"metadata,omitzero"`

	// How the platform's price list came to the application fee and the service
	// fee: as it was then, for good. Nil where the list had no price, or the fee
	// was stated.
	Commission *pricing.Line `json:"commission,omitzero"`
	Service    *pricing.Line `json:"service,omitzero"`

	// Whose own it is, and what of it goes to whom: charge_shape.go.
	Direct         bool         `json:"direct,omitzero"`
	FeesPayer      Party        `json:"feesPayer,omitzero"` // of a direct charge
	OnBehalfOf     string       `json:"onBehalfOf,omitzero"`
	TransferAmount ledger.Money `json:"transferAmount,omitzero"` // what was stated that the seller gets
	TransferGroup  string       `json:"transferGroup,omitzero"`
	Transferred    ledger.Money `json:"transferred,omitzero"` // by transfers of this charge, less what was reversed

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
	// ReverseBase is what of the share was refunded with a part of TransferAmount.
	ReverseBase ledger.Money `json:"reverseBase,omitzero"`
	// ServiceBack is what of the service fee was given back with refunds.
	ServiceBack ledger.Money `json:"serviceBack,omitzero"`

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

	Work ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// Tax is a part of an amount that belongs to an authority. Of a payment it stands
// outside the seller's share and the base of commissions.
type Tax struct {
	Authority string       `json:"authority"` // lower-case letters, digits, dots, dashes and underscores: "nyc"
	Amount    ledger.Money `json:"amount"`
	Refunded  ledger.Money `json:"refunded,omitzero"` // given back with refunds, and about to be
}

// loaded gives amounts of nothing their currency back, which storage leaves
// out.
func (c *Charge) loaded() {
	zero := ledger.Zero(c.Amount.Currency())
	for _, m := range []*ledger.Money{
		&c.ApplicationFee, &c.ServiceFee, &c.ProcessingFee, &c.Refunded, &c.Refunding, &c.Reversed, &c.FeeBack, &c.FeeBase, &c.ServiceBack,
		&c.TransferAmount, &c.Transferred, &c.ReverseBase, &c.SourceBack,
	} {
		if m.IsZero() {
			*m = zero
		}
	}
	taxLoaded(c.Tax, c.FeeTax)
	tendersLoaded(c.Tenders)
	if c.Authorization != nil {
		c.Authorization.loaded()
	}
	if c.Failure != nil {
		c.Failure.loaded(zero)
	}
}

func taxLoaded(lists ...[]Tax) {
	for _, list := range lists {
		for i := range list {
			if list[i].Refunded.IsZero() {
				list[i].Refunded = ledger.Zero(list[i].Amount.Currency())
			}
		}
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
		return c.waits(c.Work.Keys(keys...))
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
	},
}

// ChargeRequest charges a buyer.
type ChargeRequest struct {
	Key string `json:"-"`
	// Amount is what the buyer pays, taxes included: at least what cards take in
	// its currency (0.50 USD, 50 JPY) and at most twelve digits of minor units. A
	// service fee of the platform's price list is added to it.
	Amount ledger.Money `json:"amount,omitzero"`
	// Net is in place of Amount: what the seller is to have after commission, and
	// before the processing that a seller pays for of a direct charge. The
	// amount is the least that leaves it, and the taxes are added.
	Net ledger.Money `json:"net,omitzero"`
	// Total is what the buyer was told to pay in all. If prices have changed since,
	// so that it would be something else, the charge is refused (price_changed).
	// The zero Money asks nothing.
	Total  ledger.Money `json:"total,omitzero"`
	Source string       `json:"source,omitzero"` // the acquirer's token for the buyer's card

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
	// most 10, one for each authority. It goes back as the commission does.
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
	BuyerCountry string   `json:"buyerCountry,omitzero"`
	rate         *fx.Rate // into the currency in which it settles, if that is another and somebody knows it
	// CaptureLater only authorizes the amount: Capture takes it or a part of it,
	// Cancel lets it go, and Drain once the network's time for it is over.
	CaptureLater bool `json:"captureLater,omitzero"`
	// Initiation says who starts the payment: the zero value is the buyer, who is
	// present and can be asked to authenticate.
	Initiation Initiation `json:"initiation,omitzero"`
	Exemption  Exemption  `json:"exemption,omitzero"` // from authentication, to be asked for

	Descriptor  string            `json:"descriptor,omitzero"`  // on the buyer's statement: 5–22 ASCII characters with a letter, without < > \ ' " *
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// Charge takes money from a buyer for a seller. A declined card is a charge
// whose Status is ChargeFailed, not an error. Where the acquirer's answer is
// still to come the status is ChargeProcessing, and Drain goes on with it.
func (p *Platform) Charge(ctx context.Context, r ChargeRequest) (*Charge, error) {
	if r.ApplicationFee.IsZero() && r.ApplicationFee != (ledger.Money{}) {
		r.NoFee = true // requests are told apart by what is not zero in them
	}
	if r.BuyerCountry != "" {
		r.rate = p.settlementRate(ctx, r.AccountID, cmp.Or(r.Amount, r.Net).Currency())
	}
	c, err := chargeTask.do(ctx, p, r.Key, r)
	return p.challenge(ctx, c, err)
}

// GetCharge returns a charge of the platform.
func (p *Platform) GetCharge(ctx context.Context, id string) (*Charge, error) {
	return get(ctx, p, &chargeKind, id, "charge", func(c *Charge) string { return c.Platform })
}

var chargeTask = &task[ChargeRequest, Charge, Answer]{
	verb:     "charge",
	kind:     &chargeKind,
	head:     chargeHead,
	partner:  acquirerName,
	record:   recordCharge,
	carryOut: authorize,
	settle:   settleCharge,
	rest:     restCharge,
	open:     (*Charge).open,
	late:     lateCharge,
}

func chargeHead(c *Charge) head {
	return head{id: c.ID, platform: c.Platform, partner: c.Acquirer, work: &c.Work, replayed: &c.Replayed}
}

func restCharge(u *ledger.Unit, p *Platform, c *Charge, code string) error {
	c.Work.Done()
	if err := c.become(ChargeUnknown, code); err != nil {
		return err
	}
	return p.putCharge(u, c, EventChargeUpdated)
}

func lateCharge(u *ledger.Unit, p *Platform, c *Charge, a Answer) error {
	if c.Reference != "" || a.Reference == "" || !c.speaksOf(a) {
		return nil
	}
	c.Reference = a.Reference // which refunds will name
	return p.putCharge(u, c, EventChargeUpdated)
}

// acquirerName names the engine's acquirer.
func acquirerName(e *Engine) string { return e.c.Acquirer.Info().Name }

// stillOpen decides what an answer means to an object: news, nothing, or a
// contradiction of what was booked.
func stillOpen(open, succeeded bool, a Answer) (bool, error) {
	if open || a.Status == Received || (a.Status == Approved) == succeeded {
		return open, nil
	}
	return false, badState("contradicting_news", "status", "another answer has been booked")
}

func recordCharge(u *ledger.Unit, p *Platform, asked *ChargeRequest, w ledger.Work) (*Charge, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	r := *asked // a lost race begins with the request as it was
	if err := p.checkCharge(u, prof, &r); err != nil {
		return nil, err
	}
	if r.AccountID != "" {
		if err := p.expectAccount(u, r.AccountID); err != nil {
			return nil, err
		}
	}
	c := &Charge{
		ID: u.NewID(chargeKind.Prefix), Platform: p.id, Account: r.AccountID, Amount: r.Amount,
		ApplicationFee: r.ApplicationFee, Source: r.Source, Acquirer: acquirerName(p.e), Category: r.Category, Method: r.Method,
		Descriptor: r.Descriptor, Description: r.Description, Status: ChargeProcessing, Created: u.At(),
		Metadata: r.Metadata, Work: w,
	}
	c.Tax, c.FeeTax = slices.Clone(r.Tax), slices.Clone(r.FeeTax)
	if err := p.shape(u, &r, c); err != nil {
		return nil, err
	}
	if c.initiate(&r); r.CaptureLater {
		c.Authorization = &Authorization{}
	}
	if err := p.priceCharge(u, prof, &r, c); err != nil {
		return nil, err
	}
	if err := p.tender(u, &r, c); err != nil {
		return nil, err
	}
	if err := p.sellCredit(u, &r, c); err != nil {
		return nil, err
	}
	if err := p.checkBuyer(u, prof, &r, c); err != nil {
		return nil, err
	}
	c.loaded()
	if err := p.checkDirect(u, prof, c); err != nil {
		return nil, err
	}
	if c.outside().IsZero() {
		return c, p.paidWithin(u, c)
	}
	return c, p.putCharge(u, c, EventChargePending)
}

// checkCharge refuses a request before anything is written.
func (p *Platform) checkCharge(u *ledger.Unit, prof *Profile, r *ChargeRequest) error {
	if r.Net != (ledger.Money{}) {
		if err := p.grossUp(u, prof, r); err != nil {
			return err
		}
	}
	if err := p.e.checkAsked(r, u.At()); err != nil {
		return err
	}
	if err := checkTenders(r); err != nil {
		return err
	}
	if least := boolInt(len(r.Tenders) == 0); !plain(r.Source, least, 200) || cardNumber(r.Source) {
		return badField("invalid_source", "source", "a source is the acquirer's token, never a card's number")
	}
	if err := p.e.checkShown(r, u.At()); err != nil {
		return err
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return err
	}
	if err := ledger.CheckMetadata(r.Metadata); err != nil {
		return err
	}
	if err := checkInitiation(r, u.At()); err != nil {
		return err
	}
	tax, err := checkTax(r.Tax, r.Amount.Currency())
	if err != nil {
		return err
	}
	if tax.Sign() > 0 && tax.Minor() >= r.Amount.Minor() {
		return badField("tax_exceeds_amount", "tax", "the taxes are no less than the amount")
	}
	if err := checkPart(r.ApplicationFee, r.Amount, "applicationFee"); err != nil {
		return err
	}
	if r.ApplicationFee.Sign() > 0 && r.AccountID == "" {
		return badField("invalid_request", "applicationFee", "a commission is taken from a seller's share")
	}
	share := minus(r.Amount, tax)
	if r.ApplicationFee.Minor() > share.Minor() {
		return badField("fee_exceeds_amount", "applicationFee", "the commission is more than the seller's share")
	}
	if err := checkShape(r, share); err != nil {
		return err
	}
	return checkPricing(r, share)
}

// addTax adds up taxes that were checked.
func addTax(list []Tax) int64 {
	sum := int64(0)
	for _, t := range list {
		sum += t.Amount.Minor()
	}
	return sum
}

// checkTax adds taxes up, which are all in one currency.
func checkTax(list []Tax, cur ledger.Currency) (ledger.Money, error) {
	sum := ledger.Zero(cur)
	bad := func(code, msg string) (ledger.Money, error) { return sum, badField(code, "tax", msg) }
	if len(list) > 10 {
		return bad("invalid_tax", "a payment has at most ten taxes")
	}
	seen := make(map[string]bool, len(list))
	for _, t := range list {
		switch {
		case !validName(t.Authority):
			return bad("invalid_tax", "an authority is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
		case seen[t.Authority]:
			return bad("invalid_tax", "each authority stands in it once")
		case t.Amount.Currency() != cur:
			return bad("currency_mismatch", "a tax is in the currency of the payment")
		case t.Amount.Sign() <= 0:
			return bad("invalid_tax", "a tax is more than zero")
		case !t.Refunded.IsZero():
			return bad("invalid_tax", "what was refunded of a tax is counted, not given")
		}
		seen[t.Authority] = true
		total, err := sum.Add(t.Amount)
		if err != nil {
			return bad("amount_too_large", "the taxes do not fit")
		}
		sum = total
	}
	return sum, nil
}

func (p *Platform) putCharge(u *ledger.Unit, c *Charge, event string) error {
	if err := p.settleTenders(u, c); err != nil {
		return err
	}
	if err := p.wake(u, c); err != nil {
		return err
	}
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: chargeKind.ID(c.ID)})
	return chargeKind.Put(u, c.ID, c)
}

// authorize asks the acquirer for the money, captured at once unless it is to be
// later.
func authorize(ctx context.Context, p *Platform, c *Charge, first bool) (Answer, error) {
	acq := p.e.c.Acquirer
	send := func(ctx context.Context) (Answer, error) {
		return acq.Authorize(ctx, c.key(), c.order())
	}
	if p.preview && c.Reference != "" {
		return send(ctx) // what the buyer was asked to do is taken to be done
	}
	a, err := p.e.askAcquirer(ctx, c.key(), attemptOf(&c.Work, first, c.Reference != ""), send)
	a.key = c.key()
	return a, err
}

// askAcquirer sends a request or asks for its answer.
func (e *Engine) askAcquirer(ctx context.Context, key string, a attempt, send func(context.Context) (Answer, error)) (Answer, error) {
	i := e.c.Acquirer.Info()
	ask := func(ctx context.Context) (Answer, error) { return e.c.Acquirer.Lookup(ctx, key) }
	return deliver(ctx, delivery{i.Delivery, i.KeyLife, i.Settling}, a, send, ask)
}
