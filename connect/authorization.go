package connect

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// Authorization is an amount that the buyer's bank has set aside, of which all or
// a part may be captured until it expires.
type Authorization struct {
	Amount   ledger.Money `json:"amount,omitzero"`   // authorized
	Most     ledger.Money `json:"most,omitzero"`     // that may be captured in all: more than Amount where the network allows it
	Captures int          `json:"captures,omitzero"` // how many there may be
	Expires  time.Time    `json:"expires,omitzero"`
	Network  string       `json:"network,omitzero"`
	Country  string       `json:"country,omitzero"` // of the card, if it was told

	Captured  ledger.Money `json:"captured,omitzero"`
	Capturing ledger.Money `json:"capturing,omitzero"` // by the capture under way
	Made      int          `json:"made,omitzero"`      // captures that succeeded
	Stated    bool         `json:"stated,omitzero"`    // a capture stated its commission, and so do all after it
	Ended     bool         `json:"ended,omitzero"`     // the rest was let go

	Over       decimal.Decimal `json:"over,omitzero"`       // by how many percent captures may exceed it, in Most already
	Increases  int             `json:"increases,omitzero"`  // how often it may be raised: below zero never, 0 is 10
	Increased  int             `json:"increased,omitzero"`  // how often it was
	Increasing ledger.Money    `json:"increasing,omitzero"` // by the increase under way
	First      *FirstTerms     `json:"first,omitzero"`      // as it was before it was raised

	// What the parts of the amount were to be if all of it was captured.
	Terms Terms `json:"terms,omitzero"`
}

// Terms are the parts of a charge's amount besides the seller's.
type Terms struct {
	ApplicationFee ledger.Money  `json:"applicationFee,omitzero"`
	ServiceFee     ledger.Money  `json:"serviceFee,omitzero"`
	Tax            []Tax         `json:"tax,omitzero"`
	FeeTax         []Tax         `json:"feeTax,omitzero"`
	Commission     *pricing.Line `json:"commission,omitzero"`
	Service        *pricing.Line `json:"service,omitzero"`

	PlatformPart ledger.Money    `json:"platformPart,omitzero"`
	Discount     ledger.Money    `json:"discount,omitzero"`
	Commissions  []CategoryPrice `json:"commissions,omitzero"`
}

// loaded gives amounts of nothing their currency back, which storage leaves out.
func (a *Authorization) loaded() {
	zero := ledger.Zero(a.Amount.Currency())
	asZero(zero, &a.Captured, &a.Capturing, &a.Increasing)
	a.Terms.loaded(zero)
	if a.First != nil {
		a.First.Terms.loaded(zero)
	}
}

func (t *Terms) loaded(zero ledger.Money) {
	asZero(zero, &t.ApplicationFee, &t.ServiceFee, &t.PlatformPart, &t.Discount)
	taxLoaded(t.Tax, t.FeeTax)
}

// Left is what is authorized, not captured, and not let go.
func (a *Authorization) Left() ledger.Money {
	if a.Ended || a.Captured.Minor() >= a.Amount.Minor() {
		return ledger.Zero(a.Amount.Currency())
	}
	return minus(a.Amount, a.Captured)
}

// CaptureRule says what a network allows for authorizations. What is empty of its
// conditions does not matter.
type CaptureRule struct {
	Network string    // as the acquirer names it: "visa"
	Method  string    // of payment, as the charge names it; a charge without one is pricing.Card
	Absent  bool      // only for payments that the buyer did not start
	From    time.Time // from this moment on,
	Until   time.Time // and before this one, by when the amount was authorized

	Window    time.Duration   // for which an authorization lasts; 0 is 7 days
	Captures  int             // how many there may be; 0 is one
	Over      decimal.Decimal // by how many percent captures may exceed the authorization, 0–100
	Increases int             // how often an authorization may be raised; 0 is 10, below zero never
	Source    string          // where it is published
}

// DefaultCaptureRules returns the networks' rules that differ from seven days, one
// capture, and nothing over the authorization. Those of an acquirer's contract,
// such as several captures, are the host's to add.
func DefaultCaptureRules() []CaptureRule {
	return []CaptureRule{{
		Network: "visa", Absent: true, From: time.Date(2024, 4, 14, 0, 0, 0, 0, time.UTC), Window: 4*24*time.Hour + 18*time.Hour,
		Source: "Visa's rule of 2024-04-14 for payments by merchants, 5 days, less 6 hours for clearing, as hosted processors publish it (2024 to 2026)",
	}}
}

// captureWindow is that of Stripe for cards that are not present (place a hold on a
// payment method, 2026); other processors have 7 to 10 days, Visa's own rule 10.
const captureWindow = 7 * 24 * time.Hour

func checkCaptureRules(list []CaptureRule) error {
	for _, r := range list {
		if r.Window < 0 || r.Captures < 0 || r.Captures > 100 || r.Increases > 1000 || r.Over.Sign() < 0 || r.Over.GreaterThan(decimal.New(100, 0)) {
			return &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: "captureRules", Op: "connect: config",
				Msg: "a rule has a window, a number of captures from zero on and at most 1000 increases, and goes up to 100 percent over"}
		}
	}
	return nil
}

// captureRule returns the first rule that fits, with its defaults.
func (e *Engine) captureRule(c *Charge, network string, at time.Time) CaptureRule {
	rule := CaptureRule{}
	for _, r := range e.c.CaptureRules {
		if (r.Network == "" || r.Network == network) && (r.Method == "" || r.Method == cmp.Or(c.Method, pricing.Card)) &&
			(!r.Absent || c.Initiation.absent()) &&
			(r.From.IsZero() || !at.Before(r.From)) && (r.Until.IsZero() || at.Before(r.Until)) {
			rule = r
			break
		}
	}
	rule.Window, rule.Captures, rule.Increases = cmp.Or(rule.Window, captureWindow), cmp.Or(rule.Captures, 1), cmp.Or(rule.Increases, defaultIncreases)
	return rule
}

// authorized keeps what the acquirer approved for a capture later. It posts
// nothing (flow C8 of the chart).
func (p *Platform) authorized(u *ledger.Unit, c *Charge, a Answer) error {
	if err := c.become(ChargeAuthorized, ""); err != nil {
		return err
	}
	rule := p.e.captureRule(c, a.Network, u.At())
	amount := c.whole()
	over, err := c.presented().Times(rule.Over.Shift(-2), ledger.RoundDown)
	if err != nil {
		return err
	}
	c.Authorization = &Authorization{
		Amount: amount, Most: sum(amount, over), Captures: rule.Captures, Expires: u.At().Add(rule.Window), Network: a.Network, Country: a.Country,
		Over: rule.Over, Increases: rule.Increases,
		Terms: c.terms(),
	}
	c.Authorization.Terms.Commission, c.Authorization.Terms.Service, c.Authorization.Terms.Commissions = c.Commission, c.Service, c.Commissions
	if !a.CaptureBefore.IsZero() {
		c.Authorization.Expires = a.CaptureBefore
	}
	c.Authorization.loaded()
	c.AtOnce, c.Reference = a.AtOnce, cmp.Or(a.Reference, c.Reference)
	c.Work.Done()
	if err := p.putCharge(u, c, EventChargeAuthorized); err != nil {
		return err
	}
	return p.screen(u, c, a)
}

// deadline is when Drain ends what a charge waits for: the buyer, or a capture.
// It is zero while nothing waits, or a step is under way that will end it.
func (c *Charge) deadline() time.Time {
	a := c.Authorization
	switch {
	case c.Canceling != "":
	case c.Status == ChargeRequiresAction:
		return c.Action.Until
	case a != nil && (c.Status == ChargeAuthorized || c.Status == ChargeSucceeded) && a.Left().Sign() > 0 && a.Capturing.IsZero() && a.Increasing.IsZero():
		return a.Expires
	}
	return time.Time{}
}

// chargeWorker carries charges out, and cancels what has expired.
func (e *Engine) chargeWorker() ledger.Worker {
	w := worker(e, chargeTask)
	carryOut := w.Do
	w.Do = func(ctx context.Context, s ledger.Store, o ledger.Object) error {
		c, err := chargeKind.Decode(o)
		if err != nil || c.Work.Open() || c.Acquirer != acquirerName(e) {
			return carryOut(ctx, s, o)
		}
		p, err := e.Platform(ctx, c.Platform)
		if err != nil {
			return err
		}
		_, err = cancelTask.begin(ctx, p, &CancelRequest{ChargeID: c.ID, Reason: reasonExpired}, func(*ledger.Unit) error { return nil })
		if errors.Is(err, ledger.State) {
			return nil // somebody was faster
		}
		return err
	}
	return w
}
