package connect

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Payment is one order that is paid from several sources: each by a charge of its
// own, and all or none. All are authorized, one after the other, and then captured;
// if one of them fails, those before it are let go or given back.
type Payment struct {
	ID       string        `json:"id"`
	Platform string        `json:"platform"`
	Account  string        `json:"account,omitzero"`
	Acquirer string        `json:"acquirer"`
	Amount   ledger.Money  `json:"amount"` // in all
	Parts    []PaymentPart `json:"parts"`  // in the order of their sources; the first has the tenders
	Status   PaymentStatus `json:"status"`
	Code     string        `json:"code,omitzero"` // why it failed, or what it waits for to be undone
	Created  time.Time     `json:"created"`
	Settled  time.Time     `json:"settled,omitzero"`
	Work     ledger.Work   `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// PaymentPart is one source's part of a payment.
type PaymentPart struct {
	Charge  string       `json:"charge"`
	Amount  ledger.Money `json:"amount"`
	Capture string       `json:"capture,omitzero"`
	Back    string       `json:"back,omitzero"`  // the cancellation or refund that undoes it
	Tries   int          `json:"tries,omitzero"` // of it
}

// PaymentStatus is where a payment stands.
type PaymentStatus string

// The states of a payment.
const (
	PaymentAuthorizing PaymentStatus = "authorizing" // a charge waits for its answer or its buyer
	PaymentCapturing   PaymentStatus = "capturing"   // all are authorized
	PaymentSucceeded   PaymentStatus = "succeeded"
	PaymentUndoing     PaymentStatus = "undoing" // a part has failed, and the others are given back
	PaymentFailed      PaymentStatus = "failed"  // nothing of it is left
)

// paymentLife: succeeded and failed are final.
var paymentLife = life[PaymentStatus]{
	PaymentAuthorizing: {PaymentCapturing, PaymentUndoing},
	PaymentCapturing:   {PaymentSucceeded, PaymentUndoing},
	PaymentUndoing:     {PaymentFailed},
	PaymentSucceeded:   {},
	PaymentFailed:      {},
}

func (y *Payment) become(u *ledger.Unit, to PaymentStatus) error {
	err := paymentLife.check("payment", y.Status, to)
	if err == nil {
		y.Status, y.Settled = to, u.At()
	}
	return err
}

func (y *Payment) ended() bool { return y.Status == PaymentSucceeded || y.Status == PaymentFailed }

func (y *Payment) replay() *bool { return &y.Replayed }

var paymentKind = ledger.Kind[Payment]{
	Name:   "connect.payment",
	Prefix: "pay_",
	Keys: func(y *Payment) []ledger.Key {
		return y.Work.Keys(ledger.Key{Name: "platform", Value: y.Platform, At: y.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// PayRequest pays one order from several sources.
type PayRequest struct {
	Key string `json:"-"`
	// Charge says what is paid, and for whom. Its Source pays what its Tenders and
	// the other sources leave. Commission and taxes are of the whole, and divided
	// among the charges by their amounts. It states its Amount; a stated
	// TransferAmount, CaptureLater, and a price list with a service fee are refused.
	Charge ChargeRequest `json:"charge,omitzero"`
	// Others are the other sources, in the order in which they are asked after
	// Charge.Source: 1 to 9.
	Others []SourcePart `json:"others,omitzero"`
}

// SourcePart is what another source pays.
type SourcePart struct {
	Source string          `json:"source,omitzero"`
	Amount ledger.Money    `json:"amount,omitzero"` // what its acquirer takes for a card at least
	Card   compliance.Card `json:"card,omitzero"`   // what rules may know of it (PaymentFacts)
}

// Pay pays one order from several sources, or takes nothing. A payment of which a
// source is declined is a Payment whose Status is PaymentFailed, not an error. Where
// an answer or the buyer is still awaited, its charges say so, and Drain goes on.
func (p *Platform) Pay(ctx context.Context, r PayRequest) (*Payment, error) {
	if err := p.may(ctx, "Pay"); err != nil {
		return nil, err
	}
	if c := &r.Charge; c.ApplicationFee.IsZero() && c.ApplicationFee != (ledger.Money{}) {
		c.NoFee = true // as in Charge
	}
	if r.Charge.BuyerCountry != "" {
		r.Charge.rate = p.settlementRate(ctx, r.Charge.AccountID, r.Charge.Amount.Currency())
	}
	verb := simpleVerb[Payment]{name: "pay", kind: &paymentKind, replayed: (*Payment).replay}
	verb.prepare = p.andRates(nil, r.Charge.Amount.Currency(), &r.Charge.ruleRates)
	y, err := simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Payment, error) { return p.newPayment(u, &r) })
	if err != nil || p.joined || y.ended() {
		return y, err
	}
	replayed := y.Replayed
	if err := p.finishPayment(ctx, y.ID); err != nil {
		return nil, fmt.Errorf("connect: pay %s: %w", y.ID, err)
	}
	if y, err = p.GetPayment(ctx, y.ID); err == nil {
		y.Replayed = replayed
	}
	return y, err
}

// GetPayment returns a payment of the platform.
func (p *Platform) GetPayment(ctx context.Context, id string) (*Payment, error) {
	return get(ctx, p, &paymentKind, id, "payment", func(y *Payment) string { return y.Platform })
}

// newPayment records all charges of a payment, so that what is refused of any is
// refused before anybody is asked. Only the first is begun.
func (p *Platform) newPayment(u *ledger.Unit, r *PayRequest) (*Payment, error) {
	whole, parts, err := p.divided(u, r)
	if err != nil {
		return nil, err
	}
	y := &Payment{
		ID: u.NewID(paymentKind.Prefix), Platform: p.id, Account: whole.Account, Acquirer: acquirerName(p.e), Amount: whole.Amount,
		Status: PaymentAuthorizing, Created: u.At(),
	}
	moves := make(limitMoves)
	for i := range parts {
		parts[i].moves = moves
		field := "charge"
		if i > 0 {
			field = fmt.Sprintf("others[%d]", i-1)
		}
		var w ledger.Work
		if i == 0 {
			w.Later(u.At())
		}
		c, err := recordCharge(u, p, &parts[i], w)
		if err == nil && !c.ServiceFee.IsZero() {
			err = badState("service_fee_not_divided", "prices", "a payment from several sources has no service fee")
		}
		if err != nil {
			return nil, inFieldOr(field, err)
		}
		c.Payment = y.ID
		if c.Status == ChargeFailed { // a rule blocks it, and so all of them
			y.Work.Later(u.At())
		}
		if err := chargeKind.Put(u, c.ID, c); err != nil {
			return nil, err
		}
		y.Parts = append(y.Parts, PaymentPart{Charge: c.ID, Amount: c.Amount})
	}
	return y, p.putPayment(u, y, EventPaymentCreated)
}

func (p *Platform) putPayment(u *ledger.Unit, y *Payment, event string) error {
	if event != "" {
		u.Emit(ledger.Event{Type: event, Platform: p.id, Object: paymentKind.ID(y.ID)})
	}
	return paymentKind.Put(u, y.ID, y)
}

// divided checks and prices a payment as one charge, and divides it.
func (p *Platform) divided(u *ledger.Unit, r *PayRequest) (*Charge, []ChargeRequest, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, nil, err
	}
	ask := r.Charge
	if err := checkPay(r); err != nil {
		return nil, nil, err
	}
	if err := p.checkCharge(u, prof, &ask); err != nil {
		return nil, nil, err
	}
	whole := &Charge{
		Platform: p.id, Account: ask.AccountID, Amount: ask.Amount, ApplicationFee: ask.ApplicationFee, Tax: ask.Tax, FeeTax: ask.FeeTax,
		Direct: ask.Direct, Created: u.At(), Category: ask.Category, Method: ask.Method,
	}
	if err := p.priceCharge(u, prof, &ask, whole); err != nil {
		return nil, nil, err
	}
	if whole.loaded(); !whole.ServiceFee.IsZero() {
		return nil, nil, badState("service_fee_not_divided", "prices", "a payment from several sources has no service fee")
	}
	parts, err := divideCharge(whole, &ask, r.Others)
	return whole, parts, err
}

// checkPay refuses what a payment from several sources cannot be.
func checkPay(r *PayRequest) error {
	bad := func(field, msg string) error { return badField("invalid_request", field, msg) }
	c := &r.Charge
	switch {
	case len(r.Others) < 1 || len(r.Others) > 9:
		return bad("others", "a payment has 1 to 9 other sources; with none it is a Charge")
	case c.Net != (ledger.Money{}):
		return bad("charge.net", "a payment states its amount")
	case c.CaptureLater:
		return bad("charge.captureLater", "a payment captures all of its sources, or none")
	case c.TransferAmount != (ledger.Money{}):
		return bad("charge.transferAmount", "a payment from several sources states its commission")
	case len(c.Lines) > 0 || c.Taxed != nil:
		return bad("charge.lines", "the lines of an order are those of one charge")
	case c.Hold != nil:
		return bad("charge.hold", "a share that waits is that of one charge")
	case !c.SettleIn.IsZero() || !c.FeeIn.IsZero():
		return bad("charge.settleIn", "a payment from several sources settles as it is paid")
	case c.MandateID != "" || c.CustomerID != "" || c.SavedSourceID != "" || c.Save != nil:
		return bad("charge.source", "the first source is named by its token, as the others are")
	case c.SellsCredit != "":
		return bad("charge.sellsCredit", "credit is sold by one charge")
	}
	return nil
}

// divideCharge divides a payment: the first part is what others leave, and fees and
// taxes go with the amounts, by cumulative targets so that they add up.
func divideCharge(whole *Charge, ask *ChargeRequest, others []SourcePart) ([]ChargeRequest, error) {
	cur, first := whole.Amount.Currency(), whole.Amount
	for i, o := range others {
		field := fmt.Sprintf("others[%d]", i)
		if o.Amount.Sign() <= 0 || o.Amount.Currency() != cur {
			return nil, badField("invalid_amount", field, "it is an amount in the currency of the payment")
		}
		if o.Amount.Minor() >= first.Minor() {
			return nil, badField("tenders_exceed_amount", field, first.String()+" is left to be paid, and the first source pays some of it")
		}
		first = minus(first, o.Amount)
	}
	list := make([]ChargeRequest, 1+len(others))
	done := ledger.Zero(cur)
	for i := range list {
		r := *ask
		r.CaptureLater, r.Total, r.PriceOf, r.ofWhole = true, ledger.Money{}, ledger.Money{}, whole.Amount
		if r.Amount = first; i > 0 {
			r.Amount, r.Source, r.Tenders = others[i-1].Amount, others[i-1].Source, nil
			r.Facts = r.Facts.ofCard(others[i-1].Card)
		}
		now := sum(done, r.Amount)
		part := func(m ledger.Money) (ledger.Money, error) {
			to, err := m.Proportion(now, whole.Amount)
			if err != nil {
				return to, err
			}
			was, err := m.Proportion(done, whole.Amount)
			return minus(to, was), err
		}
		var err error
		if r.ApplicationFee, err = part(whole.ApplicationFee); err != nil {
			return nil, err
		}
		r.NoFee = r.ApplicationFee.IsZero()
		if r.Tax, err = divideTax(whole.Tax, part); err != nil {
			return nil, err
		}
		if r.FeeTax, err = divideTax(whole.FeeTax, part); err != nil {
			return nil, err
		}
		list[i], done = r, now
	}
	return list, nil
}

func divideTax(list []Tax, part func(ledger.Money) (ledger.Money, error)) ([]Tax, error) {
	var parts []Tax
	for _, t := range list {
		m, err := part(t.Amount)
		if err != nil {
			return nil, err
		}
		if !m.IsZero() {
			parts = append(parts, Tax{Authority: t.Authority, Amount: m})
		}
	}
	return parts, nil
}
