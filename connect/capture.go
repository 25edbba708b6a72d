package connect

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Capture takes all or a part of what was authorized. Its amounts are this
// capture's own; those of its charge are of all captures together.
type Capture struct {
	ID             string       `json:"id"`
	Platform       string       `json:"platform"`
	Charge         string       `json:"charge"`
	Account        string       `json:"account,omitzero"`
	Acquirer       string       `json:"acquirer"`
	Amount         ledger.Money `json:"amount"`
	ApplicationFee ledger.Money `json:"applicationFee,omitzero"` // below zero where a price of tiers falls
	ServiceFee     ledger.Money `json:"serviceFee,omitzero"`
	Tax            []Tax        `json:"tax,omitzero"`
	FeeTax         []Tax        `json:"feeTax,omitzero"`
	PlatformPart   ledger.Money `json:"platformPart,omitzero"`  // of the platform's own lines
	Discount       ledger.Money `json:"discount,omitzero"`      // what the platform gives to discounts
	ProcessingFee  ledger.Money `json:"processingFee,omitzero"` // once it has succeeded; in the currency in which the charge settles
	// Settlement is what the charge grows by where the buyer pays in another currency.
	Settlement *CaptureSettlement `json:"settlement,omitzero"`
	// Tenders are what each tender of the charge pays of it.
	Tenders   []ledger.Money `json:"tenders,omitzero"`
	Final     bool           `json:"final,omitzero"`  // the rest is let go
	Stated    bool           `json:"stated,omitzero"` // the commission was
	Status    StepStatus     `json:"status"`
	Code      string         `json:"code,omitzero"`
	Reference string         `json:"reference,omitzero"`
	Created   time.Time      `json:"created"`
	Settled   time.Time      `json:"settled,omitzero"`

	Metadata map[string]string `json:"metadata,omitzero"`
	Work     ledger.Work       `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// loaded gives amounts of nothing their currency back, which storage leaves out.
func (k *Capture) loaded() {
	asZero(ledger.Zero(k.Amount.Currency()), &k.ApplicationFee, &k.ServiceFee, &k.ProcessingFee, &k.PlatformPart, &k.Discount)
	taxLoaded(k.Tax, k.FeeTax)
	if k.Settlement != nil {
		if k.Settlement.loaded(); k.ProcessingFee.IsZero() {
			k.ProcessingFee = ledger.Zero(k.Settlement.Amount.Currency())
		}
	}
	for i := range k.Tenders {
		if k.Tenders[i].IsZero() {
			k.Tenders[i] = ledger.Zero(k.Amount.Currency())
		}
	}
}

var captureKind = ledger.Kind[Capture]{
	Name:   "connect.capture",
	Prefix: "cap_",
	Loaded: (*Capture).loaded,
	Keys: func(k *Capture) []ledger.Key {
		return k.Work.Keys(
			ledger.Key{Name: "platform", Value: k.Platform, At: k.Created},
			ledger.Key{Name: "charge", Value: k.Charge, At: k.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "charge", Path: "charge"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// CaptureRequest captures an authorized charge.
type CaptureRequest struct {
	Key      string `json:"-"`
	ChargeID string `json:"charge,omitzero"`
	// Amount is at most what is left of the authorization, and more only where the
	// network's rule allows it (CaptureRule.Over). The zero Money is all that is left.
	Amount ledger.Money `json:"amount,omitzero"`
	// ApplicationFee is the commission of this capture. The zero Money is what the
	// charge's price comes to for what is captured by then, or for a stated
	// commission the same part of it. If a capture states it, all later ones do.
	ApplicationFee ledger.Money `json:"applicationFee,omitzero"`
	NoFee          bool         `json:"noFee,omitzero"` // as an ApplicationFee of zero
	// KeepRest leaves the rest authorized, for another capture. It needs a network
	// that takes several (CaptureRule.Captures); else the rest is let go.
	KeepRest  bool              `json:"keepRest,omitzero"`
	ofPayment bool              // it is the payment that captures it
	Metadata  map[string]string `json:"metadata,omitzero"`
}

// Capture takes all or a part of an authorized charge. One that the acquirer
// declines is a capture whose Status is StepFailed, not an error.
func (p *Platform) Capture(ctx context.Context, r CaptureRequest) (*Capture, error) {
	if r.ApplicationFee.IsZero() && r.ApplicationFee != (ledger.Money{}) {
		r.NoFee = true // requests are told apart by what is not zero in them
	}
	return captureTask.do(ctx, p, r.Key, r)
}

// GetCapture returns a capture of the platform.
func (p *Platform) GetCapture(ctx context.Context, id string) (*Capture, error) {
	return get(ctx, p, &captureKind, id, "capture", func(k *Capture) string { return k.Platform })
}

var captureTask = &task[CaptureRequest, Capture, Answer]{
	verb: "capture",
	kind: &captureKind,
	head: func(k *Capture) head {
		return head{id: k.ID, platform: k.Platform, partner: k.Acquirer, work: &k.Work, replayed: &k.Replayed}
	},
	partner:  acquirerName,
	record:   recordCapture,
	carryOut: askCapture,
	settle:   settleCapture,
	rest: func(u *ledger.Unit, p *Platform, k *Capture, code string) error {
		k.Work.Done()
		k.Code = code
		if err := k.Status.rest("capture"); err != nil {
			return err
		}
		return p.putCapture(u, k, EventCaptureUpdated)
	},
	open: func(k *Capture, a Answer) (bool, error) { return k.Status.open(a) },
	late: func(u *ledger.Unit, p *Platform, k *Capture, a Answer) error {
		if k.Reference != "" || a.Reference == "" {
			return nil
		}
		k.Reference = a.Reference
		return p.putCapture(u, k, EventCaptureUpdated)
	},
}

func recordCapture(u *ledger.Unit, p *Platform, r *CaptureRequest, w ledger.Work) (*Capture, error) {
	if err := checkCapture(r); err != nil {
		return nil, err
	}
	c, err := p.charge(u, r.ChargeID)
	if err != nil {
		return nil, err
	}
	if err := c.capturable(p, u.At()); err != nil {
		return nil, err
	}
	if c.Payment != "" && !r.ofPayment {
		return nil, badState("part_of_payment", "charge", "its payment captures it with the others")
	}
	a := c.Authorization
	k := &Capture{
		ID: u.NewID(captureKind.Prefix), Platform: p.id, Charge: c.ID, Account: c.Account, Acquirer: c.Acquirer, Status: StepPending,
		Created: u.At(), Metadata: r.Metadata, Work: w, Final: !r.KeepRest,
	}
	if k.Amount, err = a.part(r); err != nil {
		return nil, err
	}
	if len(c.Tenders) > 0 {
		err = p.captureTenders(u, c, k)
	} else {
		err = p.checkCaptured(u, c, k, sum(a.Captured, k.Amount))
	}
	if err != nil {
		return nil, err
	}
	if err := c.divide(k, r); err != nil {
		return nil, err
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	if err := p.checkDirectCapture(u, prof, c, k); err != nil {
		return nil, err
	}
	a.Capturing = k.Amount
	k.loaded()
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return nil, err
	}
	return k, p.putCapture(u, k, EventCaptureCreated)
}

// checkCaptured refuses what is captured, the source's part of it, if that could not
// have been charged. All of what a market has let be charged can be captured.
func (p *Platform) checkCaptured(u *ledger.Unit, c *Charge, k *Capture, source ledger.Money) error {
	a := c.Authorization
	if c.BuyerCountry != "" && sum(a.Captured, k.Amount) == a.Amount {
		return p.e.checkMoney(source, u.At())
	}
	return p.e.checkAmount(source, u.At())
}

func checkCapture(r *CaptureRequest) error {
	switch {
	case r.ChargeID == "":
		return badField("invalid_request", "charge", "a capture names its charge")
	case r.Amount != (ledger.Money{}) && r.Amount.Sign() <= 0:
		return badField("invalid_amount", "amount", "a capture is more than zero")
	case r.ApplicationFee.Sign() < 0:
		return badField("invalid_amount", "applicationFee", "it is zero or more")
	case r.NoFee && r.ApplicationFee.Sign() > 0:
		return badField("invalid_request", "noFee", "a commission is stated, too")
	}
	return checkMetadata(r.Metadata)
}

// capturable refuses a charge of which nothing can be captured now.
func (c *Charge) capturable(p *Platform, at time.Time) error {
	if c.Debit == nil && c.Acquirer != "" && c.Acquirer != acquirerName(p.e) {
		return badState("other_acquirer", "charge", "the charge was made at another acquirer, "+c.Acquirer+"; its own captures it")
	}
	a := c.Authorization
	switch {
	case c.Status == ChargeSucceeded && (a == nil || a.Ended || a.Made >= a.Captures):
		return badState("already_captured", "charge", "it has been captured; what is left was let go")
	case c.Status != ChargeAuthorized && c.Status != ChargeSucceeded:
		return badState("invalid_state", "charge", "only a charge that is authorized can be captured; it is "+string(c.Status))
	case c.UnderReview:
		return badState("under_review", "charge", "somebody has to approve it first: review "+c.Review)
	case c.Canceling != "" || c.Stop != "":
		return badState("cancel_under_way", "charge", "it is being canceled")
	case !a.Capturing.IsZero():
		return badState("capture_under_way", "charge", "another capture waits for its answer")
	case !a.Increasing.IsZero():
		return badState("increase_under_way", "charge", "an increase waits for its answer")
	case a.Ended:
		return badState("already_canceled", "charge", "the authorization was let go")
	case !at.Before(a.Expires):
		return badState("authorization_expired", "charge", "it could be captured before "+a.Expires.Format(time.RFC3339))
	}
	return nil
}

// part returns how much a capture is for.
func (a *Authorization) part(r *CaptureRequest) (ledger.Money, error) {
	amount := r.Amount
	if amount == (ledger.Money{}) {
		amount = a.Left()
	}
	if amount.Currency() != a.Amount.Currency() {
		return amount, badField("currency_mismatch", "amount", "the authorization is in "+a.Amount.Currency().String())
	}
	if err := checkPart(r.ApplicationFee, amount, "applicationFee"); err != nil {
		return amount, err
	}
	switch most := minus(a.Most, a.Captured); {
	case amount.Minor() > most.Minor() || amount.Sign() <= 0:
		return amount, badState("capture_exceeds_authorization", "amount", most.String()+" can still be captured")
	case r.KeepRest && a.Made+1 >= a.Captures:
		return amount, badState("capture_limit", "keepRest", fmt.Sprintf("the network takes %d captures of it, and this is the last", a.Captures))
	case a.Stated && !r.NoFee && r.ApplicationFee.IsZero():
		return amount, badField("fee_required", "applicationFee", "an earlier capture stated its commission, and so do all after it")
	}
	return amount, nil
}

func (p *Platform) putCapture(u *ledger.Unit, k *Capture, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: captureKind.ID(k.ID)})
	return captureKind.Put(u, k.ID, k)
}

// askCapture asks the acquirer for what was authorized.
func askCapture(ctx context.Context, p *Platform, k *Capture, send bool) (Answer, error) {
	c, err := chargeKind.Read(ctx, p.store, k.Charge)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", errUnsent, err)
	}
	capture := func(ctx context.Context) (Answer, error) {
		return p.e.c.Acquirer.Capture(ctx, k.ID, CaptureOrder{Reference: c.Reference, Amount: k.outside(), Final: k.Final})
	}
	return p.e.askAbout(ctx, k.ID, k.Reference, attemptOf(&k.Work, send, k.Reference != ""), capture)
}

// settleCapture books the acquirer's answer to a capture.
func settleCapture(u *ledger.Unit, p *Platform, k *Capture, a Answer) error {
	if a.Status == Received {
		fresh, err := k.Status.received(u, p, "capture", a, &k.Code, &k.Reference, &k.Work)
		switch {
		case err != nil:
			return err
		case fresh:
			return p.putCapture(u, k, EventCaptureUpdated)
		}
		return captureKind.Put(u, k.ID, k)
	}
	c, err := p.charge(u, k.Charge)
	if err != nil {
		return err
	}
	k.Reference, k.Settled = cmp.Or(a.Reference, k.Reference), u.At()
	k.Work.Done()
	switch a.Status {
	case Declined:
		return p.captureDeclined(u, c, k, a)
	case Approved:
		if a.Amount != k.outside() {
			return badState("amount_mismatch", "amount", "the acquirer answered for "+a.Amount.String()+", not for "+k.outside().String())
		}
		return p.captureApproved(u, c, k)
	}
	return badField("invalid_answer", "status", "the acquirer's answer is none")
}

func (p *Platform) captureDeclined(u *ledger.Unit, c *Charge, k *Capture, a Answer) error {
	if err := k.Status.become("capture", StepFailed); err != nil {
		return err
	}
	k.Code, c.Authorization.Capturing = a.Code, ledger.Zero(k.Amount.Currency())
	event := EventChargeUpdated
	if c.Authorization.Ended && c.Status == ChargeAuthorized { // it was let go meanwhile
		if err := c.become(ChargeCanceled, ""); err != nil {
			return err
		}
		event = EventChargeCanceled
	}
	if err := p.putCharge(u, c, event); err != nil {
		return err
	}
	if err := p.putCapture(u, k, EventCaptureFailed); err != nil {
		return err
	}
	return p.notTaken(u, c, k)
}

// captureApproved posts a capture as a charge of its amounts: flow C8 of the
// chart. From then on its charge is of all that was captured.
func (p *Platform) captureApproved(u *ledger.Unit, c *Charge, k *Capture) error {
	if err := k.Status.become("capture", StepSucceeded); err != nil {
		return err
	}
	if c.Failure == nil { // which was heard of before
		if err := c.become(ChargeSucceeded, ""); err != nil {
			return err
		}
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	a := c.Authorization
	before := c.ProcessingFee
	if err := c.notBelow(k); err != nil {
		return err
	}
	if c.add(k); a.Captured.Minor() >= a.Amount.Minor() {
		if err := c.allot(); err != nil { // which a capture may have stated
			return err
		}
	}
	if err := p.priceProcessing(u, prof, c, Answer{Country: a.Country}); err != nil {
		return err
	}
	k.ProcessingFee, k.Code = minus(c.ProcessingFee, before), ""
	now := k.asCharge(c)
	if err := p.land(u, prof, now, c.AtOnce); err != nil {
		return err
	}
	c.Settled, c.Available, c.PlatformIn, c.AccountIn = u.At(), now.Available, now.PlatformIn, now.AccountIn
	p.disputableFrom(u, c)
	if err := p.spendTenders(u, c, k.Tenders); err != nil {
		return err
	}
	if err := p.postCharge(&books{u: u, p: p, object: captureKind.ID(k.ID)}, now); err != nil {
		return err
	}
	if err := p.holdShare(u, c, now); err != nil {
		return err
	}
	if err := p.putCapture(u, k, EventCaptureUpdated); err != nil {
		return err
	}
	if c.Failure != nil {
		return p.fail(u, c, c.PlatformIn, c.AccountIn)
	}
	if err := p.keepCharged(u, now); err != nil {
		return err
	}
	return p.putCharge(u, c, EventChargeCaptured)
}
