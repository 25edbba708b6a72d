package connect

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Cancellation lets go of an authorization, of what is left of it, or of a charge
// that waits for the buyer.
type Cancellation struct {
	ID        string       `json:"id"`
	Platform  string       `json:"platform"`
	Charge    string       `json:"charge"`
	Acquirer  string       `json:"acquirer"`
	Amount    ledger.Money `json:"amount"` // what is let go
	Reason    string       `json:"reason,omitzero"`
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

var cancellationKind = ledger.Kind[Cancellation]{
	Name:   "connect.cancellation",
	Prefix: "void_",
	Keys: func(x *Cancellation) []ledger.Key {
		return x.Work.Keys(
			ledger.Key{Name: "platform", Value: x.Platform, At: x.Created},
			ledger.Key{Name: "charge", Value: x.Charge, At: x.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "charge", Path: "charge"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "reason", Path: "reason"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// CancelRequest cancels a charge that is authorized or waits for the buyer.
type CancelRequest struct {
	Key      string            `json:"-"`
	ChargeID string            `json:"charge,omitzero"`
	Reason   string            `json:"reason,omitzero"` // duplicate, fraudulent, requested_by_customer or abandoned
	Metadata map[string]string `json:"metadata,omitzero"`
}

// What Drain gives as the reason, and the codes of what it ended.
const (
	reasonExpired        = "expired"
	authorizationExpired = "authorization_expired"
	actionExpired        = "action_expired"
)

// Cancel lets go of what is authorized and not captured, or of a charge that
// waits for the buyer. What was captured is refunded, not canceled. A cancellation
// that the acquirer declines has the Status StepFailed and changes nothing.
func (p *Platform) Cancel(ctx context.Context, r CancelRequest) (*Cancellation, error) {
	if ownReason(r.Reason) {
		return nil, cancelTask.wrap("", badReason())
	}
	return cancelTask.do(ctx, p, r.Key, r)
}

func badReason() error {
	return badField("invalid_reason", "reason", "a cancellation is duplicate, fraudulent, requested_by_customer or abandoned")
}

// GetCancellation returns a cancellation of the platform.
func (p *Platform) GetCancellation(ctx context.Context, id string) (*Cancellation, error) {
	return get(ctx, p, &cancellationKind, id, "cancellation", func(x *Cancellation) string { return x.Platform })
}

var cancelTask = &task[CancelRequest, Cancellation, Answer]{
	verb: "cancel",
	kind: &cancellationKind,
	head: func(x *Cancellation) head {
		return head{id: x.ID, platform: x.Platform, partner: x.Acquirer, work: &x.Work, replayed: &x.Replayed}
	},
	partner:  acquirerName,
	record:   recordCancel,
	carryOut: askCancel,
	settle:   settleCancel,
	rest: func(u *ledger.Unit, p *Platform, x *Cancellation, code string) error {
		x.Work.Done()
		x.Code = code
		if err := x.Status.rest("cancellation"); err != nil {
			return err
		}
		return p.putCancellation(u, x, EventCancellationUpdated)
	},
	open: func(x *Cancellation, a Answer) (bool, error) { return x.Status.open(a) },
	late: func(u *ledger.Unit, p *Platform, x *Cancellation, a Answer) error {
		if x.Reference != "" || a.Reference == "" {
			return nil
		}
		x.Reference = a.Reference
		return p.putCancellation(u, x, EventCancellationUpdated)
	},
}

func recordCancel(u *ledger.Unit, p *Platform, r *CancelRequest, w ledger.Work) (*Cancellation, error) {
	switch r.Reason {
	case "", "duplicate", "fraudulent", "requested_by_customer", "abandoned":
	default:
		if !ownReason(r.Reason) {
			return nil, badReason()
		}
	}
	if r.ChargeID == "" {
		return nil, badField("invalid_request", "charge", "a cancellation names its charge")
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return nil, err
	}
	c, err := p.charge(u, r.ChargeID)
	if err != nil {
		return nil, err
	}
	if c.Debit != nil {
		return p.cancelDebit(u, c, r)
	}
	if err := c.cancelable(p, r.Reason, u.At()); err != nil {
		return nil, err
	}
	x := &Cancellation{
		ID: u.NewID(cancellationKind.Prefix), Platform: p.id, Charge: c.ID, Acquirer: c.Acquirer, Amount: c.presented(), Reason: r.Reason,
		Status: StepPending, Created: u.At(), Metadata: r.Metadata, Work: w,
	}
	if c.Status != ChargeRequiresAction {
		x.Amount = c.Authorization.Left()
	}
	c.Canceling = x.ID
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return nil, err
	}
	return x, p.putCancellation(u, x, EventCancellationCreated)
}

// cancelable refuses a charge of which nothing can be let go now.
func (c *Charge) cancelable(p *Platform, reason string, at time.Time) error {
	if c.Acquirer != "" && c.Acquirer != acquirerName(p.e) {
		return badState("other_acquirer", "charge", "the charge was made at another acquirer, "+c.Acquirer+"; its own cancels it")
	}
	a := c.Authorization
	switch {
	case c.Canceling != "":
		return badState("cancel_under_way", "charge", "it is being canceled")
	case c.Status == ChargeRequiresAction:
	case c.Status == ChargeSucceeded && (a == nil || a.Ended || a.Left().IsZero()):
		return badState("already_captured", "charge", "what was captured is refunded")
	case c.Status != ChargeAuthorized && c.Status != ChargeSucceeded:
		return badState("invalid_state", "charge", "only a charge that is authorized or waits for the buyer can be canceled; it is "+string(c.Status))
	case !a.Capturing.IsZero():
		return badState("capture_under_way", "charge", "a capture waits for its answer")
	case !a.Increasing.IsZero():
		return badState("increase_under_way", "charge", "an increase waits for its answer")
	case a.Ended:
		return badState("already_canceled", "charge", "the authorization was let go")
	}
	if due := c.deadline(); reason == reasonExpired && (due.IsZero() || at.Before(due)) {
		return badState("not_expired", "charge", "it has not expired")
	}
	return nil
}

func (p *Platform) putCancellation(u *ledger.Unit, x *Cancellation, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: cancellationKind.ID(x.ID)})
	return cancellationKind.Put(u, x.ID, x)
}

// askCancel asks the acquirer to let go.
func askCancel(ctx context.Context, p *Platform, x *Cancellation, send bool) (Answer, error) {
	c, err := chargeKind.Read(ctx, p.store, x.Charge)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", errUnsent, err)
	}
	cancel := func(ctx context.Context) (Answer, error) {
		return p.e.c.Acquirer.Cancel(ctx, x.ID, CancelOrder{Reference: c.Reference})
	}
	return p.e.askAcquirer(ctx, x.ID, attemptOf(&x.Work, send, x.Reference != ""), cancel)
}

// settleCancel keeps the acquirer's answer to a cancellation.
func settleCancel(u *ledger.Unit, p *Platform, x *Cancellation, a Answer) error {
	if a.Status == Received {
		fresh, err := x.Status.received(u, p, "cancellation", a, &x.Code, &x.Reference, &x.Work)
		switch {
		case err != nil:
			return err
		case fresh:
			return p.putCancellation(u, x, EventCancellationUpdated)
		}
		return cancellationKind.Put(u, x.ID, x)
	}
	c, err := p.charge(u, x.Charge)
	if err != nil {
		return err
	}
	x.Reference, x.Settled = cmp.Or(a.Reference, x.Reference), u.At()
	x.Work.Done()
	c.Canceling = ""
	switch a.Status {
	case Approved:
		err = x.Status.become("cancellation", StepSucceeded)
		if x.Code = ""; err == nil {
			err = p.letGoOf(u, c, x.Reason)
		}
	case Declined:
		err = x.Status.become("cancellation", StepFailed)
		if x.Code = a.Code; err == nil {
			err = p.notLetGo(u, c, x.Reason)
		}
	default:
		return badField("invalid_answer", "status", "the acquirer's answer is none")
	}
	switch {
	case err != nil:
		return err
	case x.Status == StepFailed:
		return p.putCancellation(u, x, EventCancellationFailed)
	}
	return p.putCancellation(u, x, EventCancellationUpdated)
}

// letGoOf ends a charge, or what was left of it, that the acquirer has let go.
func (p *Platform) letGoOf(u *ledger.Unit, c *Charge, reason string) error {
	if c.Status == ChargeSucceeded && c.Authorization == nil {
		return contradiction() // it was captured after all
	}
	switch {
	case c.Status == ChargeFailed || c.Status == ChargeCanceled: // news was faster
		return p.putCharge(u, c, EventChargeUpdated)
	case c.Status == ChargeRequiresAction && reason == reasonExpired:
		return p.failAction(u, c)
	case reason == reasonExpired:
		return p.chargeCanceled(u, c, authorizationExpired)
	}
	return p.chargeCanceled(u, c, reason)
}

// notLetGo says what becomes of a charge that the acquirer would not let go.
// One that the host wanted to cancel stays as it is. An authorization that has
// expired is gone all the same. If the buyer's time is over, the acquirer is asked
// what became of the payment, where it can be.
func (p *Platform) notLetGo(u *ledger.Unit, c *Charge, reason string) error {
	switch {
	case reason != reasonExpired || c.Status == ChargeFailed || c.Status == ChargeCanceled:
		return p.putCharge(u, c, EventChargeUpdated)
	case c.Status != ChargeRequiresAction:
		if c.Authorization == nil {
			return p.putCharge(u, c, EventChargeUpdated)
		}
		return p.chargeCanceled(u, c, authorizationExpired)
	case p.e.c.Acquirer.Info().silent():
		return p.failAction(u, c)
	}
	c.Action.Over = true
	if err := c.become(ChargeProcessing, ""); err != nil {
		return err
	}
	c.Work.Later(u.At())
	return p.putCharge(u, c, EventChargeUpdated)
}

// chargeCanceled ends a charge, or what is left of its authorization. While a
// capture waits for its answer, that decides.
func (p *Platform) chargeCanceled(u *ledger.Unit, c *Charge, code string) error {
	a, event := c.Authorization, EventChargeCanceled
	if code == authorizationExpired {
		event = EventChargeExpired
	}
	c.Work.Done()
	if a != nil {
		a.Ended = true
	}
	if c.waiting() || c.Status == ChargeAuthorized && a.Capturing.IsZero() {
		if err := c.become(ChargeCanceled, code); err != nil {
			return err
		}
		c.Settled = u.At()
	}
	return p.putCharge(u, c, event)
}
