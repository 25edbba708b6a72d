package connect

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Increaser is an Acquirer that raises authorizations of which nothing was captured.
type Increaser interface {
	// Increase raises an authorization. The answer's Amount is the new total. A
	// declined one leaves the authorization as it was.
	Increase(ctx context.Context, key string, o IncreaseOrder) (Answer, error)
}

// IncreaseOrder raises an authorization.
type IncreaseOrder struct {
	Reference string       // of the authorization
	Total     ledger.Money // to be authorized in all
	By        ledger.Money // more than now
}

// Increase raises what is authorized of a charge.
type Increase struct {
	ID        string       `json:"id"`
	Platform  string       `json:"platform"`
	Charge    string       `json:"charge"`
	Account   string       `json:"account,omitzero"`
	Acquirer  string       `json:"acquirer"`
	Amount    ledger.Money `json:"amount"` // by how much
	Total     ledger.Money `json:"total"`  // authorized with it
	Status    StepStatus   `json:"status"`
	Code      string       `json:"code,omitzero"`
	Reference string       `json:"reference,omitzero"`
	Created   time.Time    `json:"created"`
	Settled   time.Time    `json:"settled,omitzero"`

	Metadata map[string]string `json:"metadata,omitzero"`
	Work     ledger.Work       `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

var increaseKind = ledger.Kind[Increase]{
	Name:   "connect.increase",
	Prefix: "inc_",
	Keys: func(i *Increase) []ledger.Key {
		return i.Work.Keys(
			ledger.Key{Name: "platform", Value: i.Platform, At: i.Created},
			ledger.Key{Name: "charge", Value: i.Charge, At: i.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "charge", Path: "charge"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "total", Path: "total", Type: ledger.MoneyColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// IncreaseRequest raises the authorization of a charge.
type IncreaseRequest struct {
	Key      string `json:"-"`
	ChargeID string `json:"charge,omitzero"`
	// Amount is by how much: more than zero. Commission, service fee and taxes grow
	// as if the charge had been of all of it: prices by their own rule, what was
	// stated and taxes in proportion to what was authorized first.
	Amount   ledger.Money      `json:"amount,omitzero"`
	Metadata map[string]string `json:"metadata,omitzero"`
}

// IncreaseAuthorization raises what is authorized of a charge of which nothing was
// captured yet, as often as the network allows (CaptureRule.Increases). One that the
// acquirer declines is an increase whose Status is StepFailed, not an error, and the
// authorization is as it was. An acquirer that is no Increaser is of class State,
// code increase_unsupported.
func (p *Platform) IncreaseAuthorization(ctx context.Context, r IncreaseRequest) (*Increase, error) {
	return increaseTask.do(ctx, p, r.Key, r)
}

// GetIncrease returns an increase of the platform.
func (p *Platform) GetIncrease(ctx context.Context, id string) (*Increase, error) {
	return get(ctx, p, &increaseKind, id, "increase", func(i *Increase) string { return i.Platform })
}

var increaseLister = &lister[Increase]{what: "increases", kind: &increaseKind, charge: "charge", platform: func(i *Increase) string { return i.Platform }}

// ListIncreases returns a page of the platform's increases.
func (p *Platform) ListIncreases(ctx context.Context, r ListRequest) (*List[Increase], error) {
	return increaseLister.page(ctx, p, r)
}

// Increases walks the platform's increases, newest first.
func (p *Platform) Increases(ctx context.Context, r ListRequest) iter.Seq2[*Increase, error] {
	return increaseLister.each(ctx, p, r, func(i *Increase) string { return i.ID })
}

// FirstTerms are what an authorization was of before it was raised.
type FirstTerms struct {
	Amount ledger.Money `json:"amount"`
	Terms  Terms        `json:"terms"`
}

// defaultIncreases is how often an authorization may be raised where no rule says
// otherwise: at most 10 times, as Stripe publishes it (API and Terminal documentation,
// 2025 and 2026). Stripe counts declined attempts, too, and declines the next by itself.
const defaultIncreases = 10

func recordIncrease(u *ledger.Unit, p *Platform, r *IncreaseRequest, w ledger.Work) (*Increase, error) {
	switch {
	case r.ChargeID == "":
		return nil, badField("invalid_request", "charge", "an increase names its charge")
	case r.Amount.Sign() <= 0:
		return nil, badField("invalid_amount", "amount", "an increase is more than zero")
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return nil, err
	}
	c, err := p.charge(u, r.ChargeID)
	if err != nil {
		return nil, err
	}
	if err := c.increasable(p, u.At()); err != nil {
		return nil, err
	}
	a := c.Authorization
	if r.Amount.Currency() != a.Amount.Currency() {
		return nil, badField("currency_mismatch", "amount", "the authorization is in "+a.Amount.Currency().String())
	}
	total, err := a.Amount.Add(r.Amount)
	if err != nil {
		return nil, badField("amount_too_large", "amount", "it does not fit")
	}
	if err := p.checkRaised(u, c, total); err != nil {
		return nil, err
	}
	i := &Increase{
		ID: u.NewID(increaseKind.Prefix), Platform: p.id, Charge: c.ID, Account: c.Account, Acquirer: c.Acquirer, Amount: r.Amount, Total: total,
		Status: StepPending, Created: u.At(), Metadata: r.Metadata, Work: w,
	}
	a.Increasing = r.Amount
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return nil, err
	}
	return i, p.putIncrease(u, i, EventIncreaseCreated)
}

// increasable refuses a charge whose authorization cannot be raised now.
func (c *Charge) increasable(p *Platform, at time.Time) error {
	a := c.Authorization
	switch {
	case c.Acquirer != acquirerName(p.e):
		return badState("other_acquirer", "charge", "the charge was made at another acquirer, "+c.Acquirer+"; its own raises it")
	case c.Status == ChargeSucceeded:
		return badState("already_captured", "charge", "only what nothing was captured of is raised")
	case c.Status != ChargeAuthorized:
		return badState("invalid_state", "charge", "only a charge that is authorized can be raised; it is "+string(c.Status))
	case c.Payment != "":
		return badState("part_of_payment", "charge", "its payment is of a fixed amount; another charge is for more")
	case len(c.Tenders) > 0:
		return badState("tenders_are_fixed", "charge", "credit or a voucher pays for some of it; another charge is for more")
	case len(c.Lines) > 0:
		return badState("lines_are_fixed", "charge", "its lines say what the amount is for; another charge is for more")
	case c.Canceling != "" || c.Stop != "":
		return badState("cancel_under_way", "charge", "it is being canceled")
	case !a.Capturing.IsZero():
		return badState("capture_under_way", "charge", "a capture waits for its answer")
	case !a.Increasing.IsZero():
		return badState("increase_under_way", "charge", "another increase waits for its answer")
	case a.Ended:
		return badState("already_canceled", "charge", "the authorization was let go")
	case !at.Before(a.Expires):
		return badState("authorization_expired", "charge", "it could be raised before "+a.Expires.Format(time.RFC3339))
	case a.Increased >= a.increases():
		return badState("increase_limit", "charge", fmt.Sprintf("the network takes %d increases of it", a.increases()))
	}
	if inc, _ := optional[Increaser](p.e.c.Acquirer); inc == nil {
		return badState("increase_unsupported", "charge", "the acquirer "+acquirerName(p.e)+" raises no authorizations")
	}
	return nil
}

// increases is how often an authorization may be raised.
func (a *Authorization) increases() int {
	switch {
	case a.Increases < 0:
		return 0
	case a.Increases == 0: // it was made before there were increases
		return defaultIncreases
	}
	return a.Increases
}

// checkRaised refuses a total that could not have been charged.
func (p *Platform) checkRaised(u *ledger.Unit, c *Charge, total ledger.Money) error {
	now := *c
	if err := now.raise(total); err != nil {
		return err
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	if c.BuyerCountry == "" {
		err = p.e.checkAmount(total, u.At())
	} else if err = p.e.checkMoney(total, u.At()); err == nil {
		err = p.checkBuyer(u, prof, &ChargeRequest{BuyerCountry: c.BuyerCountry}, &now)
	}
	if err != nil {
		return err
	}
	if err := now.checkFee(); err != nil {
		return err
	}
	return p.checkDirect(u, prof, &now)
}

// raise makes a charge that nothing was captured of one of another total: what its
// parts would be is computed of what was authorized first, so that it does not
// matter in how many steps it was raised.
func (c *Charge) raise(total ledger.Money) error {
	a := *c.Authorization
	if a.First == nil {
		a.First = &FirstTerms{Amount: a.Amount, Terms: a.Terms}
	}
	terms, err := a.First.raised(total)
	if err != nil {
		return err
	}
	over, err := total.Times(a.Over.Shift(-2), ledger.RoundDown)
	if err != nil {
		return err
	}
	most := sum(total, over)
	if a.Over.Equal(decimal.Decimal{}) { // it may have been made before Over was kept
		most = sum(total, minus(a.Most, a.Amount))
	}
	a.Amount, a.Most, a.Terms = total, most, terms
	a.loaded()
	c.Authorization, c.Commission, c.Service = &a, a.Terms.Commission, a.Terms.Service
	if c.Settlement != nil {
		return c.settleAgain(total, a.Terms)
	}
	c.Amount, c.ApplicationFee, c.ServiceFee = total, a.Terms.ApplicationFee, a.Terms.ServiceFee
	c.Tax, c.FeeTax = a.Terms.Tax, a.Terms.FeeTax
	c.loaded()
	return nil
}
