package connect

import (
	"context"
	"time"

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
)

// Charge is money taken from a buyer: for a seller (a destination charge), or
// for the platform itself where Account is empty.
type Charge struct {
	ID             string            `json:"id"`
	Platform       string            `json:"platform"`
	Account        string            `json:"account,omitzero"`
	Amount         ledger.Money      `json:"amount"`
	ApplicationFee ledger.Money      `json:"applicationFee,omitzero"`
	Tax            []Tax             `json:"tax,omitzero"`
	Source         string            `json:"source"` // the acquirer's token
	Acquirer       string            `json:"acquirer"`
	Descriptor     string            `json:"descriptor,omitzero"`
	Description    string            `json:"description,omitzero"`
	Status         ChargeStatus      `json:"status"`
	Code           string            `json:"code,omitzero"`      // why it was declined
	Reference      string            `json:"reference,omitzero"` // the acquirer's name for it
	Created        time.Time         `json:"created"`
	Settled        time.Time         `json:"settled,omitzero"`
	Metadata       map[string]string `json:"metadata,omitzero"`

	// Set when it succeeds.
	ProcessingFee ledger.Money `json:"processingFee,omitzero"`
	Available     payout.Day   `json:"available,omitzero"`  // the day on which its money is available
	AtOnce        bool         `json:"atOnce,omitzero"`     // or: available to the seller at once
	PlatformIn    string       `json:"platformIn,omitzero"` // purposes of the accounts that it landed in
	AccountIn     string       `json:"accountIn,omitzero"`

	// What refunds have taken and are about to take.
	Refunded  ledger.Money `json:"refunded,omitzero"`  // given back to the buyer
	Refunding ledger.Money `json:"refunding,omitzero"` // being given back
	Reversed  taken        `json:"reversed,omitzero"`  // from the seller
	FeeBack   taken        `json:"feeBack,omitzero"`   // of the application fee

	Work ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// Tax is a part of an amount that belongs to an authority. It stands outside
// the seller's share and the base of commissions.
type Tax struct {
	Authority string       `json:"authority"` // lower-case letters, digits, dots and dashes: "nyc"
	Amount    ledger.Money `json:"amount"`
	Refunded  ledger.Money `json:"refunded,omitzero"` // given back with refunds, and about to be
}

// taken counts one leg that refunds take back: of which refunded amounts it was
// taken, and how much that came to. Steps are differences of cumulative
// targets, so that parts always add up to the whole.
type taken struct {
	Base  ledger.Money `json:"base"`
	Given ledger.Money `json:"given"`
}

// IsZero leaves out of storage what has not been taken.
func (t taken) IsZero() bool { return t.Base.IsZero() && t.Given.IsZero() }

// loaded gives amounts of nothing their currency back, which storage leaves
// out.
func (c *Charge) loaded() {
	zero := ledger.Zero(c.Amount.Currency())
	for _, m := range []*ledger.Money{&c.Refunded, &c.Refunding, &c.Reversed.Base, &c.Reversed.Given, &c.FeeBack.Base, &c.FeeBack.Given} {
		if m.IsZero() {
			*m = zero
		}
	}
	for i := range c.Tax {
		if c.Tax[i].Refunded.IsZero() {
			c.Tax[i].Refunded = zero
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
		return c.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "refunded_minor", Path: "refunded.amountMinor", Type: ledger.IntegerColumn},
		{Name: "available", Path: "available"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// ChargeRequest charges a buyer.
type ChargeRequest struct {
	Key    string       `json:"-"`
	Amount ledger.Money `json:"amount,omitzero"` // what the buyer pays, taxes included
	Source string       `json:"source,omitzero"` // the acquirer's token for the buyer's card

	// AccountID is the seller whom the amount less taxes goes to. Empty: the
	// platform charges for itself.
	AccountID string `json:"account,omitzero"`
	// ApplicationFee is the platform's commission out of the seller's share, at
	// most that share.
	ApplicationFee ledger.Money `json:"applicationFee,omitzero"`
	Tax            []Tax        `json:"tax,omitzero"` // at most 10, one for each authority

	Descriptor  string            `json:"descriptor,omitzero"`  // on the buyer's statement: 5–22 ASCII characters
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// Charge takes money from a buyer for a seller. A declined card is a charge
// whose Status is ChargeFailed, not an error. Where the acquirer's answer is
// still to come the status is ChargeProcessing, and Drain goes on with it.
func (p *Platform) Charge(ctx context.Context, r ChargeRequest) (*Charge, error) {
	return chargeTask.do(ctx, p, r.Key, r)
}

// GetCharge returns a charge of the platform.
func (p *Platform) GetCharge(ctx context.Context, id string) (*Charge, error) {
	return get(ctx, p, &chargeKind, id, "charge", func(c *Charge) string { return c.Platform })
}

var chargeTask = &task[ChargeRequest, Charge, Answer]{
	verb: "charge",
	kind: &chargeKind,
	head: func(c *Charge) head {
		return head{id: c.ID, platform: c.Platform, work: &c.Work, replayed: &c.Replayed}
	},
	record:   recordCharge,
	carryOut: authorize,
	settle:   settleCharge,
	rest: func(u *ledger.Unit, p *Platform, c *Charge) error {
		c.Status = ChargeUnknown
		return p.putCharge(u, c, "charge.updated")
	},
}

func recordCharge(u *ledger.Unit, p *Platform, r *ChargeRequest, w ledger.Work) (*Charge, error) {
	if _, err := p.expectProfile(u); err != nil {
		return nil, err
	}
	if err := p.checkCharge(u, r); err != nil {
		return nil, err
	}
	if r.AccountID != "" {
		if err := p.expectAccount(u, r.AccountID); err != nil {
			return nil, err
		}
	}
	zero := ledger.Zero(r.Amount.Currency())
	c := &Charge{
		ID: u.NewID(chargeKind.Prefix), Platform: p.id, Account: r.AccountID, Amount: r.Amount,
		ApplicationFee: r.ApplicationFee, Source: r.Source, Acquirer: p.e.c.Acquirer.Info().Name,
		Descriptor: r.Descriptor, Description: r.Description, Status: ChargeProcessing, Created: u.At(),
		Metadata: r.Metadata, Refunded: zero, Refunding: zero, Reversed: taken{zero, zero}, FeeBack: taken{zero, zero},
		Work: w,
	}
	for _, t := range r.Tax {
		c.Tax = append(c.Tax, Tax{Authority: t.Authority, Amount: t.Amount, Refunded: zero})
	}
	return c, p.putCharge(u, c, "charge.pending")
}

// checkCharge refuses a request before anything is read or written.
func (p *Platform) checkCharge(u *ledger.Unit, r *ChargeRequest) error {
	if err := p.e.checkAmount(r.Amount, u.At()); err != nil {
		return err
	}
	if !plain(r.Source, 1, 200) {
		return badField("invalid_source", "source", "a source is the acquirer's token")
	}
	if err := checkDescriptor(r.Descriptor); err != nil {
		return err
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return err
	}
	if err := ledger.CheckMetadata(r.Metadata); err != nil {
		return err
	}
	tax, err := checkTax(r.Tax, r.Amount)
	if err != nil {
		return err
	}
	if err := checkPart(r.ApplicationFee, r.Amount, "application_fee"); err != nil {
		return err
	}
	if r.ApplicationFee.Sign() > 0 && r.AccountID == "" {
		return badField("invalid_request", "application_fee", "a commission is taken from a seller's share")
	}
	if r.ApplicationFee.Minor() > r.Amount.Minor()-tax.Minor() {
		return badField("fee_exceeds_amount", "application_fee", "the commission is more than the seller's share")
	}
	return nil
}

// checkTax adds the taxes up. They leave something of the amount.
func checkTax(list []Tax, amount ledger.Money) (ledger.Money, error) {
	sum := ledger.Zero(amount.Currency())
	if len(list) > 10 {
		return sum, badField("invalid_tax", "tax", "a payment has at most ten taxes")
	}
	seen := make(map[string]bool, len(list))
	for _, t := range list {
		if !validName(t.Authority) || seen[t.Authority] {
			return sum, badField("invalid_tax", "tax", "each tax names its own authority")
		}
		seen[t.Authority] = true
		if t.Amount.Sign() <= 0 || !t.Refunded.IsZero() {
			return sum, badField("invalid_tax", "tax", "a tax is more than zero")
		}
		total, err := sum.Add(t.Amount)
		if err != nil {
			return sum, err
		}
		sum = total
	}
	if sum.Minor() >= amount.Minor() && sum.Minor() > 0 {
		return sum, badField("tax_exceeds_amount", "tax", "the taxes are no less than the amount")
	}
	return sum, nil
}

func (p *Platform) putCharge(u *ledger.Unit, c *Charge, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: chargeKind.ID(c.ID)})
	return chargeKind.Put(u, c.ID, c)
}

// authorize asks the acquirer for the money, captured at once.
func authorize(ctx context.Context, p *Platform, c *Charge) (Answer, error) {
	acq := p.e.c.Acquirer
	send := func(ctx context.Context) (Answer, error) {
		return acq.Authorize(ctx, c.ID, AuthorizeOrder{Amount: c.Amount, Source: c.Source, Capture: true, Descriptor: c.Descriptor})
	}
	return p.e.askAcquirer(ctx, c.ID, &c.Work, c.Created, c.Reference != "", send)
}

// askAcquirer sends a request or asks for its answer.
func (e *Engine) askAcquirer(ctx context.Context, key string, w *ledger.Work, created time.Time, known bool, send func(context.Context) (Answer, error)) (Answer, error) {
	i := e.c.Acquirer.Info()
	a := attempt{first: w.Attempt == 1, known: known, age: w.Taken.Sub(created), waited: w.Taken.Sub(w.Before)}
	ask := func(ctx context.Context) (Answer, error) { return e.c.Acquirer.Lookup(ctx, key) }
	return deliver(ctx, delivery{i.Delivery, i.KeyLife, i.Settling}, a, send, ask)
}
