package connect

import (
	"cmp"
	"context"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Why the engine itself cancels a charge that is authorized: reasons of cancellations,
// and codes of charges.
const (
	reasonReviewRefused   = "review_refused"
	reasonReviewExpired   = "review_expired"
	reasonCaptureDeclined = "capture_declined"
)

// ownReason reports whether a cancellation's reason is one that only the engine gives.
func ownReason(reason string) bool {
	switch reason {
	case reasonExpired, codeBlocked, reasonReviewRefused, reasonReviewExpired, reasonCaptureDeclined:
		return true
	}
	return false
}

// heldBack lets a new charge wait for a person, or for rules that are asked once it is
// authorized: then it is only authorized, and the engine captures it itself. What cannot
// be captured later (a debit, a stated transfer amount, credit that is sold, milestones,
// what credit alone pays) is asked about by no later rule, and nobody is asked for its
// money while a person looks at it.
func (p *Platform) heldBack(u *ledger.Unit, r *ChargeRequest, c *Charge) error {
	if c.ruled(compliance.Review) {
		if err := p.lookAt(u, c, c.Decision); err != nil {
			return err
		}
	}
	later := r.MandateID == "" && c.TransferAmount.IsZero() && r.SellsCredit == "" && (c.Hold == nil || len(c.Hold.Milestones) == 0)
	c.Late = c.Late && later
	if later && (c.Late || c.UnderReview) && c.Authorization == nil {
		c.Authorization, c.AutoCapture = &Authorization{}, true
		c.loaded()
	}
	return nil
}

// within takes back that a charge is authorized: no acquirer has a part in it.
func (c *Charge) within() {
	c.Late = false
	if c.AutoCapture {
		c.Authorization, c.AutoCapture = nil, false
	}
}

// unasked reports whether a charge waits for a person before anybody is asked for it.
func (c *Charge) unasked() bool { return c.UnderReview && c.Authorization == nil }

// waitsFor is the review that a charge waits for; empty: none.
func (c *Charge) waitsFor() string {
	if c.UnderReview {
		return c.Review
	}
	return ""
}

// lookAt opens the review of a charge.
func (p *Platform) lookAt(u *ledger.Unit, c *Charge, d *compliance.Decision) (err error) {
	c.UnderReview = true
	c.Review, err = p.openReview(u, &Review{Charge: c.ID, Account: c.Account, Amount: c.whole(), Decision: d})
	return err
}

// screen asks the rules that are asked of an authorized charge, and does what it waits
// for. One that they block is let go.
func (p *Platform) screen(u *ledger.Unit, c *Charge, a Answer) error {
	if c.Late {
		c.Late = false
		if err := p.askLate(u, c, a); err != nil {
			return err
		}
		if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
			return err
		}
	}
	return p.goOn(u, c)
}

func (p *Platform) askLate(u *ledger.Unit, c *Charge, a Answer) error {
	rules := compliance.LateRules(p.rules())
	if len(rules) == 0 {
		return nil
	}
	known, err := decidedOf(u, c.ID)
	if err != nil {
		return err
	}
	pay := &known.Payment
	pay.Stage, pay.Checks, pay.Counter = compliance.AfterAuthorization, checked(a.Checks), &counter{u, p}
	pay.Card.Brand, pay.Card.Country = cmp.Or(pay.Card.Brand, a.Network), cmp.Or(pay.Card.Country, a.Country)
	if a.Auth.Version != "" {
		pay.Auth.Secure, pay.Auth.Authenticated = compliance.True, compliance.True
	}
	if a.Auth.Liability != "" {
		pay.Auth.LiabilityShift = compliance.TruthOf(a.Auth.Liability == IssuerBears)
	}
	d, err := compliance.Decide(u.Context(), rules, pay)
	if err != nil { // the buyer's money is set aside by now: somebody has to look
		if u.Context().Err() != nil {
			return err
		}
		d = compliance.Decision{Action: compliance.Review, Rule: cmp.Or(codeOf(err), "error"), Text: "the rules could not be asked"}
	}
	if err := keepFacts(u, pay); err != nil {
		return err
	}
	switch {
	case d.Action == compliance.Block:
		c.Decision, c.Stop = &d, codeBlocked
		return p.closeReview(u, c)
	case d.Action == compliance.Review && !c.UnderReview:
		c.Decision = &d
		return p.lookAt(u, c, &d)
	}
	return nil
}

// checked are checks without what is no answer to one: so no code gets in through an
// adapter.
func checked(c compliance.Checks) compliance.Checks {
	for _, text := range []*string{&c.CVC, &c.Line1, &c.PostalCode} {
		switch *text {
		case "pass", "fail", "unavailable", "unchecked", "not_provided":
		default:
			*text = ""
		}
	}
	return c
}

// goOn lets an authorized charge go, or captures it, if it waits for nothing else: for an
// increase, whose answer lets it go on.
func (p *Platform) goOn(u *ledger.Unit, c *Charge) error {
	var w ledger.Work
	w.Later(u.At())
	switch {
	case c.Status != ChargeAuthorized || c.Canceling != "" || !c.Authorization.Increasing.IsZero():
		return nil
	case c.Stop != "":
		if _, err := recordCancel(u, p, &CancelRequest{ChargeID: c.ID, Reason: c.Stop}, w); err != nil {
			return err
		}
	case c.UnderReview || !c.AutoCapture || c.Capture != "":
		return nil
	default:
		k, err := recordCapture(u, p, &CaptureRequest{ChargeID: c.ID, ofPayment: c.Payment != ""}, w)
		if err != nil {
			return err
		}
		c.Capture = k.ID
	}
	capture := c.Capture
	now, err := p.charge(u, c.ID)
	if err != nil {
		return err
	}
	*c = *now
	c.Capture = capture
	return chargeKind.Put(u, c.ID, c)
}

// goesOn carries out what the engine does about an authorized charge by itself, and
// returns the charge as it is then.
func (p *Platform) goesOn(ctx context.Context, c *Charge, err error) (*Charge, error) {
	if err != nil || c == nil || p.joined || c.Status != ChargeAuthorized {
		return c, err
	}
	replayed := c.Replayed
	for range 2 { // a capture that is declined is followed by a cancellation
		switch {
		case c.Status != ChargeAuthorized:
			return c, nil
		case c.Stop != "" && c.Canceling != "":
			_, err = cancelTask.finish(ctx, p, c.Canceling)
		case c.Capture != "" && c.Authorization.Capturing.Sign() > 0:
			_, err = captureTask.finish(ctx, p, c.Capture)
		default:
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		if c, err = p.GetCharge(ctx, c.ID); err != nil {
			return nil, err
		}
		c.Replayed = replayed
	}
	return c, nil
}

// notTaken lets a charge go whose capture by the engine itself was declined.
func (p *Platform) notTaken(u *ledger.Unit, c *Charge, k *Capture) error {
	if k.ID != c.Capture || c.Status != ChargeAuthorized {
		return nil
	}
	c.Stop = reasonCaptureDeclined
	if err := chargeKind.Put(u, c.ID, c); err != nil {
		return err
	}
	return p.goOn(u, c)
}

// chargeLetOn lets a charge go on that was approved.
func (p *Platform) chargeLetOn(u *ledger.Unit, o *Review) error {
	c, err := p.charge(u, o.Charge)
	if err != nil {
		return err
	}
	unasked := c.unasked()
	c.UnderReview = false
	switch {
	case !unasked:
	case c.Debit == nil && c.outside().IsZero():
		return p.chargeApproved(u, c, Answer{})
	case c.Debit != nil && c.Debit.next().Time().After(u.At()):
		c.Work.Later(c.Debit.next().Time())
	default:
		c.Work.Later(u.At())
	}
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return err
	}
	return p.goOn(u, c)
}

// chargeStopped ends a charge that was not approved: at once if it can be let go, or
// nobody was asked for it, and otherwise when it is authorized.
func (p *Platform) chargeStopped(u *ledger.Unit, o *Review) error {
	c, err := p.charge(u, o.Charge)
	if err != nil {
		return err
	}
	why := reasonReviewRefused
	if o.Status == ReviewExpired {
		why = reasonReviewExpired
	}
	unasked := c.unasked()
	c.UnderReview, c.Stop = false, why
	if unasked && c.Debit == nil {
		return p.chargeCanceled(u, c, why)
	}
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return err
	}
	if unasked || c.Status == ChargeRequiresAction && c.Canceling == "" {
		var w ledger.Work
		w.Later(u.At())
		_, err := recordCancel(u, p, &CancelRequest{ChargeID: c.ID, Reason: why}, w)
		return err
	}
	return p.goOn(u, c)
}

// closeReview closes the review of a charge that goes on, or ends, without it.
func (p *Platform) closeReview(u *ledger.Unit, c *Charge) error {
	if !c.UnderReview {
		return nil
	}
	o, err := p.review(u, c.Review)
	if err != nil {
		return err
	}
	c.UnderReview, o.Decided = false, u.At()
	if err := o.become(ReviewClosed); err != nil {
		return err
	}
	return p.putReview(u, o, EventReviewClosed)
}

// followReview closes the review of a charge that has ended.
func (p *Platform) followReview(u *ledger.Unit, c *Charge) error {
	if c.UnderReview && (c.Status == ChargeFailed || c.Status == ChargeCanceled) {
		return p.closeReview(u, c)
	}
	return nil
}
