package connect

import (
	"context"
	"errors"

	"github.com/soukhq/souk/ledger"
)

// warningWorker lets Drain give back what a rule wants given back.
func (e *Engine) warningWorker() ledger.Worker {
	return ledger.Worker{Kind: warningKind.Name, Do: func(ctx context.Context, _ ledger.Store, o ledger.Object) error {
		w, err := warningKind.Decode(o)
		if err != nil || w.Acquirer != acquirerName(e) {
			return err // what is another acquirer's waits for an engine that has it
		}
		p, err := e.Platform(ctx, w.Platform)
		if err != nil {
			return err
		}
		return p.finishWarning(ctx, w.ID)
	}}
}

// finishWarning carries out what is due of a warning: the refund is recorded in the
// change that says so, and then carried out like any other. Where it is refused, as one
// by hand would be, the warning is open again and says why.
func (p *Platform) finishWarning(ctx context.Context, id string) error {
	w, err := warningKind.Read(ctx, p.store, id)
	if err == nil && w.Platform != p.id {
		err = notFound("warning")
	}
	if err != nil {
		return notFoundOr(err, "warning")
	}
	due := func(do func(u *ledger.Unit, w *EarlyWarning) error) error {
		_, err := p.unit(ctx, func(u *ledger.Unit) error {
			now, err := p.warning(u, id)
			if err != nil || now.Status != WarningDue {
				return err
			}
			return do(u, now)
		})
		return err
	}
	err = p.withDay(ctx, w.Charge, func(day *rates) error {
		return due(func(u *ledger.Unit, w *EarlyWarning) error { return p.actOn(u, w, nil, day) })
	})
	if errors.Is(err, ledger.State) || errors.Is(err, ledger.InsufficientFunds) || errors.Is(err, ledger.Invalid) {
		code := codeOf(err)
		err = due(func(u *ledger.Unit, w *EarlyWarning) error {
			if err := w.become(WarningOpen, code); err != nil {
				return err
			}
			return p.putWarning(u, w, nil, EventWarningUpdated)
		})
	}
	if err != nil {
		return err
	}
	return p.carryWarning(ctx, id)
}

// carryWarning carries out what was recorded for a warning, if it is not yet.
func (p *Platform) carryWarning(ctx context.Context, id string) error {
	w, err := warningKind.Read(ctx, p.store, id)
	switch {
	case err != nil || p.joined:
	case w.Refund != "":
		_, err = refundTask.finish(ctx, p, w.Refund)
	case w.Cancellation != "":
		_, err = cancelTask.finish(ctx, p, w.Cancellation)
	}
	return err
}

// actOn gives the payment of a warning back: all that is left of it, or its
// authorization. Where that is nothing, the warning says so.
func (p *Platform) actOn(u *ledger.Unit, w *EarlyWarning, by *Signed, day *rates) error {
	c, err := p.charge(u, w.Charge)
	if err != nil {
		return err
	}
	if code := c.moot(); code != "" {
		if by != nil {
			return badState(code, "warning", "there is nothing to give back: "+code)
		}
		if err := w.become(WarningMoot, code); err != nil {
			return err
		}
		return p.putWarning(u, w, nil, EventWarningUpdated)
	}
	var work ledger.Work
	work.Later(u.At())
	if c.Status == ChargeAuthorized {
		x, err := recordCancel(u, p, &CancelRequest{ChargeID: c.ID, Reason: "fraudulent"}, work)
		if err != nil {
			return inField("warning", err)
		}
		w.Refund, w.Cancellation = "", x.ID
	} else {
		reverses := w.ReverseTransfer && c.Account != "" && !c.Direct
		r, err := recordRefund(u, p, &RefundRequest{
			ChargeID: c.ID, Amount: c.allLeft(), ReverseTransfer: reverses, RefundFee: w.RefundFee && (reverses || c.Direct), Reason: "fraudulent", day: day,
		}, work)
		if err != nil {
			return inField("warning", err)
		}
		w.Refund, w.Cancellation = r.ID, ""
	}
	if err := w.become(WarningActed, ""); err != nil {
		return err
	}
	w.Signed = by
	return p.putWarning(u, w, by, EventWarningActed)
}

// allLeft is what a refund of all that is left of a charge states, a service fee
// included; nothing, where what is left goes to several.
func (c *Charge) allLeft() ledger.Money {
	if len(c.Tenders) > 0 || c.CreditSale != nil {
		return ledger.Money{}
	}
	return c.disputable()
}

// ActOnWarningRequest gives the payment of a warning back.
type ActOnWarningRequest struct {
	Key             string `json:"-"`
	By              Actor  `json:"by,omitzero"`
	WarningID       string `json:"warning,omitzero"`
	ReverseTransfer bool   `json:"reverseTransfer,omitzero"` // as of a refund, where there is a transfer to reverse
	RefundFee       bool   `json:"refundFee,omitzero"`       // likewise, with ReverseTransfer or of a direct charge
	Reason          string `json:"reason,omitzero"`          // for people, at most 1,000 characters
}

// ActOnWarning refunds all that is left of the payment of a warning, with the reason
// fraudulent, or lets its authorization go: once, but again where the refund has failed or was called off. It
// is refused as the refund would be, and with class State and a code of EarlyWarning.Code
// where there is nothing to give back, or already_acted (warning). It needs the right of
// support, finance or risk.
func (p *Platform) ActOnWarning(ctx context.Context, r ActOnWarningRequest) (*EarlyWarning, error) {
	verb := simpleVerb[EarlyWarning]{name: "act on warning", kind: &warningKind, replayed: (*EarlyWarning).replay, target: r.WarningID}
	var w *EarlyWarning
	record := func(day *rates) (err error) {
		w, err = simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*EarlyWarning, error) {
			w, s, err := p.byHand(u, r.By, r.WarningID, r.Reason)
			if err != nil {
				return nil, err
			}
			if acted, err := p.stillActed(u, w); err != nil || acted {
				return nil, errors.Join(err, badState("already_acted", "warning", "its payment was given back"))
			}
			w.ReverseTransfer, w.RefundFee, w.Reason = r.ReverseTransfer, r.RefundFee, r.Reason
			return w, p.actOn(u, w, &s, day)
		})
		return err
	}
	err := record(nil)
	if errors.Is(err, errRateOfDay) {
		var o *EarlyWarning
		if o, err = p.GetWarning(ctx, r.WarningID); err == nil {
			err = p.withDay(ctx, o.Charge, record)
		}
	}
	if err == nil {
		err = p.carryWarning(ctx, w.ID)
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

// byHand is the warning that somebody decides about, and who does.
func (p *Platform) byHand(u *ledger.Unit, by Actor, id, reason string) (*EarlyWarning, Signed, error) {
	if _, err := p.expectProfile(u); err != nil {
		return nil, Signed{}, err
	}
	w, err := p.warning(u, id)
	if err != nil {
		return nil, Signed{}, err
	}
	s, err := by.may(ManualWarning)
	if err == nil {
		err = checkText("reason", reason, 1000)
	}
	return w, s, err
}

// stillActed tells whether what was given back for a warning was, or is under way.
func (p *Platform) stillActed(u *ledger.Unit, w *EarlyWarning) (bool, error) {
	switch {
	case w.Refund != "":
		r, err := refundKind.Get(u, w.Refund)
		return err == nil && r.Status != RefundFailed && r.Status != RefundCanceled, err
	case w.Cancellation != "":
		x, err := cancellationKind.Get(u, w.Cancellation)
		return err == nil && x.Status != StepFailed, err
	}
	return false, nil
}

// DismissWarningRequest decides that nothing is to be done about a warning.
type DismissWarningRequest struct {
	Key       string `json:"-"`
	By        Actor  `json:"by,omitzero"`
	WarningID string `json:"warning,omitzero"`
	Reason    string `json:"reason,omitzero"` // for people, at most 1,000 characters
}

// DismissWarning keeps that somebody has decided against giving the payment of a warning
// back. One whose rule does so, or that was acted on, is of class State, code
// invalid_state (warning). It needs the right of support, finance or risk.
func (p *Platform) DismissWarning(ctx context.Context, r DismissWarningRequest) (*EarlyWarning, error) {
	verb := simpleVerb[EarlyWarning]{name: "dismiss warning", kind: &warningKind, replayed: (*EarlyWarning).replay, target: r.WarningID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*EarlyWarning, error) {
		w, s, err := p.byHand(u, r.By, r.WarningID, r.Reason)
		if err != nil {
			return nil, err
		}
		if err := w.become(WarningDismissed, w.Code); err != nil {
			return nil, err
		}
		w.Signed, w.Reason = &s, r.Reason
		return w, p.putWarning(u, w, &s, EventWarningDismissed)
	})
}
