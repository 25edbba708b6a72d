package connect

import (
	"context"
	"errors"

	"github.com/soukhq/souk/ledger"
)

// codePaymentFailed is the code of charges that were not begun, since another source
// of their payment had failed.
const codePaymentFailed = "payment_failed"

// undoTries is how often an authorization is asked to be let go, or a refund is made.
// Afterwards it expires, or somebody looks at it.
const undoTries = 3

// wake lets a payment go on when one of its charges has changed.
func (p *Platform) wake(u *ledger.Unit, c *Charge) error {
	if c.Payment == "" {
		return nil
	}
	y, err := paymentKind.Get(u, c.Payment)
	if err != nil || y.ended() {
		return err
	}
	y.Work.Later(u.At())
	return paymentKind.Put(u, y.ID, y)
}

// finishPayment goes on with a payment as far as that is possible now.
func (p *Platform) finishPayment(ctx context.Context, id string) error {
	for {
		next, err := p.advance(ctx, id)
		if err != nil || len(next) == 0 {
			return err
		}
		for _, step := range next {
			if err := p.carryOut(ctx, step); err != nil {
				return err
			}
		}
	}
}

// payments lets Drain go on with payments.
func (e *Engine) payments(ctx context.Context, _ ledger.Store, o ledger.Object) error {
	y, err := paymentKind.Decode(o)
	if err != nil || y.Acquirer != acquirerName(e) {
		return err
	}
	p, err := e.Platform(ctx, y.Platform)
	if err != nil {
		return err
	}
	return p.finishPayment(ctx, y.ID)
}

// advance takes the next step of a payment, which follows from how its charges
// stand alone: so it does not matter who takes it, when, or how often. It returns
// what is to be carried out then. What cannot be given back for want of money is
// tried again later.
func (p *Platform) advance(ctx context.Context, id string) (next []string, err error) {
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		next = nil
		y, err := p.payment(u, id)
		if err != nil || y.ended() || y.Acquirer != acquirerName(p.e) {
			return err
		}
		was := y.Status
		if next, err = p.payStep(u, y); err != nil {
			return err
		}
		y.Work = ledger.Work{} // its charges wake it
		event := ""
		if y.Status != was {
			event = EventPaymentUpdated
		}
		return p.putPayment(u, y, event)
	})
	if !errors.Is(err, ledger.InsufficientFunds) {
		return next, err
	}
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		y, err := p.payment(u, id)
		if err != nil || y.Status != PaymentUndoing {
			return err
		}
		y.Code = "insufficient_funds"
		y.Work.Attempt++
		y.Work.Later(u.At().Add(p.e.backOff(y.Work.Attempt)))
		return p.putPayment(u, y, EventPaymentUpdated)
	})
	return nil, err
}

// payment returns a payment of the platform, expected unchanged.
func (p *Platform) payment(u *ledger.Unit, id string) (*Payment, error) {
	y, err := paymentKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "payment")
	}
	if y.Platform != p.id {
		return nil, notFound("payment")
	}
	return y, nil
}

func (p *Platform) payStep(u *ledger.Unit, y *Payment) ([]string, error) {
	charges, err := p.chargesOf(u, y)
	if err != nil {
		return nil, err
	}
	if y.Status == PaymentAuthorizing {
		if next, wait, err := p.authorizePart(u, y, charges); wait || err != nil {
			return next, err
		}
	}
	if y.Status == PaymentCapturing {
		if next, wait, err := p.captureParts(u, y, charges); wait || err != nil {
			return next, err
		}
	}
	if y.Status == PaymentUndoing {
		if charges, err = p.chargesOf(u, y); err != nil { // a capture of the first may have begun just now
			return nil, err
		}
		return p.undoParts(u, y, charges)
	}
	return nil, nil
}

// chargesOf reads the charges of a payment as they are now.
func (p *Platform) chargesOf(u *ledger.Unit, y *Payment) ([]*Charge, error) {
	charges := make([]*Charge, len(y.Parts))
	for i := range y.Parts {
		c, err := p.charge(u, y.Parts[i].Charge)
		if err != nil {
			return nil, err
		}
		charges[i] = c
	}
	return charges, nil
}

// failed turns to the giving back.
func (y *Payment) failed(u *ledger.Unit, code string) error {
	y.Code = code
	return y.become(u, PaymentUndoing)
}

// authorizePart begins the first charge that is not authorized.
func (p *Platform) authorizePart(u *ledger.Unit, y *Payment, charges []*Charge) (next []string, wait bool, err error) {
	for _, c := range charges {
		switch {
		case c.Status == ChargeAuthorized && (c.UnderReview || c.Stop != ""):
			return nil, true, nil
		case c.Status == ChargeAuthorized:
			continue
		case c.unbegun():
			c.Work.Later(u.At())
			return []string{c.ID}, true, chargeKind.Put(u, c.ID, c)
		case c.waiting():
			return nil, true, nil
		}
		return nil, false, y.failed(u, c.Code)
	}
	return nil, false, y.become(u, PaymentCapturing)
}

// unbegun reports whether nobody has been asked for a charge yet.
func (c *Charge) unbegun() bool { return c.Status == ChargeProcessing && c.Work.Attempt == 0 }

// captureParts captures all charges.
func (p *Platform) captureParts(u *ledger.Unit, y *Payment, charges []*Charge) (next []string, wait bool, err error) {
	for i, c := range charges {
		part := &y.Parts[i]
		if part.Capture == "" {
			var w ledger.Work
			w.Later(u.At())
			k, err := recordCapture(u, p, &CaptureRequest{ChargeID: c.ID, ofPayment: true}, w)
			if errors.Is(err, ledger.State) { // it was let go, or has expired
				return nil, false, y.failed(u, codeOf(err))
			}
			if err != nil {
				return nil, false, err
			}
			part.Capture, wait = k.ID, true
			next = append(next, k.ID)
			continue
		}
		k, err := captureKind.Get(u, part.Capture)
		switch {
		case err != nil:
			return nil, false, err
		case k.Status == StepFailed:
			return nil, false, y.failed(u, k.Code)
		case k.Status != StepSucceeded:
			wait = true
		case c.Status != ChargeSucceeded:
			return nil, false, y.failed(u, c.Code)
		}
	}
	if wait {
		return next, true, nil
	}
	return nil, false, y.become(u, PaymentSucceeded)
}

// undoParts gives back what stands: what was authorized is let go first, and then
// what was captured is refunded, the last first, one in a change. For want of money
// in one of them nothing else is left standing.
func (p *Platform) undoParts(u *ledger.Unit, y *Payment, charges []*Charge) (next []string, err error) {
	for _, refund := range []bool{false, true} {
		all := true
		for i := len(charges) - 1; i >= 0; i-- {
			done, id, err := p.undoPart(u, y, &y.Parts[i], charges[i], refund)
			if err != nil {
				return nil, err
			}
			if id != "" {
				next = append(next, id)
			}
			if all = all && done; refund && id != "" {
				return next, nil
			}
		}
		switch {
		case all:
			return nil, y.become(u, PaymentFailed)
		case len(next) > 0:
			return next, nil
		}
	}
	return nil, nil
}

func (p *Platform) undoPart(u *ledger.Unit, y *Payment, part *PaymentPart, c *Charge, refund bool) (done bool, next string, err error) {
	switch {
	case c.Status == ChargeFailed || c.Status == ChargeCanceled:
		return true, "", nil
	case c.Status == ChargeSucceeded && c.Refunded == c.Amount:
		return true, "", nil
	case c.unbegun():
		if err := c.become(ChargeCanceled, codePaymentFailed); err != nil {
			return false, "", err
		}
		c.Settled = u.At()
		c.Work.Done()
		return true, "", p.putCharge(u, c, EventChargeCanceled)
	}
	if again, err := p.undoAgain(u, y, part); !again || err != nil {
		return false, "", err
	}
	var w ledger.Work
	w.Later(u.At())
	switch a := c.Authorization; {
	case c.Status == ChargeProcessing || c.Status == ChargeUnknown || a.Capturing.Sign() > 0 || c.Canceling != "" || c.Refunding.Sign() > 0:
		return false, "", nil // what becomes of it wakes the payment
	case c.Status == ChargeSucceeded && !refund:
		return false, "", nil
	case c.Status == ChargeSucceeded:
		r, err := recordRefund(u, p, &RefundRequest{
			ChargeID: c.ID, ReverseTransfer: c.Account != "" && !c.Direct, RefundFee: c.Account != "",
		}, w)
		if err != nil {
			return false, "", err
		}
		part.Back, part.Tries = r.ID, part.Tries+1
		return false, r.ID, nil
	}
	x, err := recordCancel(u, p, &CancelRequest{ChargeID: c.ID, Reason: "abandoned"}, w)
	if err != nil {
		return false, "", err
	}
	part.Back, part.Tries = x.ID, part.Tries+1
	return false, x.ID, nil
}

// undoAgain reports whether a part may be asked to be given back: it was not, or
// that has failed and another try may do. The last failure stands as the code.
func (p *Platform) undoAgain(u *ledger.Unit, y *Payment, part *PaymentPart) (bool, error) {
	switch {
	case part.Back == "":
		return true, nil
	case refundKind.Fits(part.Back):
		r, err := refundKind.Get(u, part.Back)
		if err != nil || r.Status != RefundFailed && r.Status != RefundCanceled {
			return false, err
		}
		y.Code = r.Code
	default:
		x, err := cancellationKind.Get(u, part.Back)
		if err != nil || x.Status != StepFailed && x.Status != StepSucceeded {
			return false, err
		}
	}
	return part.Tries < undoTries, nil
}
