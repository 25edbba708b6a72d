package connect

import (
	"cmp"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// life lists the changes of state that an object may make; there are no others.
type life[S ~string] map[S][]S

// check refuses a change that is not listed.
func (l life[S]) check(what string, from, to S) error {
	if slices.Contains(l[from], to) {
		return nil
	}
	return badState("invalid_state", what, "a "+what+" that is "+string(from)+" does not become "+string(to))
}

// chargeLife: failed and canceled are final. A charge that has succeeded fails
// only where its money was taken back.
var chargeLife = life[ChargeStatus]{
	ChargeProcessing: {
		ChargeProcessing, ChargeUnknown, ChargeRequiresAction, ChargeAuthorized, ChargeSucceeded, ChargeFailed, ChargeCanceled,
	},
	ChargeUnknown: {
		ChargeProcessing, ChargeRequiresAction, ChargeAuthorized, ChargeSucceeded, ChargeFailed, ChargeCanceled,
	},
	ChargeRequiresAction: {
		ChargeRequiresAction, ChargeProcessing, ChargeAuthorized, ChargeSucceeded, ChargeFailed, ChargeCanceled,
	},
	ChargeAuthorized: {ChargeSucceeded, ChargeFailed, ChargeCanceled},
	ChargeSucceeded:  {ChargeSucceeded, ChargeFailed}, // another capture, or the payment failed
	ChargeFailed:     {},
	ChargeCanceled:   {},
	ChargeScheduled:  {ChargeProcessing, ChargeFailed, ChargeCanceled},
}

func (c *Charge) become(to ChargeStatus, code string) error {
	if err := chargeLife.check("charge", c.Status, to); err != nil {
		return err
	}
	c.Status, c.Code = to, code
	return nil
}

// StepStatus is where a capture, a cancellation or an increase stands.
type StepStatus string

// The states of a capture, a cancellation or an increase.
const (
	StepPending   StepStatus = "pending" // recorded, and the acquirer's answer is still to come
	StepSucceeded StepStatus = "succeeded"
	StepFailed    StepStatus = "failed"  // declined; Code says why
	StepUnknown   StepStatus = "unknown" // sent blind, and the answer was lost: only news can tell
)

// stepLife: succeeded and failed are final.
var stepLife = life[StepStatus]{
	StepPending:   {StepPending, StepUnknown, StepSucceeded, StepFailed},
	StepUnknown:   {StepPending, StepSucceeded, StepFailed},
	StepSucceeded: {},
	StepFailed:    {},
}

// become changes the state of a capture or cancellation.
func (s *StepStatus) become(what string, to StepStatus) error {
	err := stepLife.check(what, *s, to)
	if err == nil {
		*s = to
	}
	return err
}

// rest lets a step wait for news alone.
func (s *StepStatus) rest(what string) error {
	if *s == StepUnknown {
		return nil
	}
	return s.become(what, StepUnknown)
}

// received keeps a step waiting for a later answer; fresh: it was unknown, or has the
// acquirer's name for it now, which it had not.
func (s *StepStatus) received(u *ledger.Unit, p *Platform, what string, a Answer, code, reference *string, w *ledger.Work) (fresh bool, err error) {
	fresh = *s != StepPending || *reference == "" && a.Reference != ""
	if err := s.become(what, StepPending); err != nil {
		return false, err
	}
	*code, *reference = "", cmp.Or(a.Reference, *reference)
	p.e.received(u, w)
	return fresh, nil
}

// open tells whether a step still waits for an answer.
func (s StepStatus) open(a Answer) (bool, error) {
	return stillOpen(s == StepPending || s == StepUnknown, s == StepSucceeded, a)
}

// waiting reports whether a charge waits for the acquirer's answer.
func (c *Charge) waiting() bool {
	return c.Status == ChargeProcessing || c.Status == ChargeUnknown || c.Status == ChargeRequiresAction
}

// open tells what an answer is to a charge: news, nothing, or a contradiction of
// what was booked.
func (c *Charge) open(a Answer) (bool, error) {
	ended := c.Status == ChargeFailed || c.Status == ChargeCanceled
	unbooked := c.Failure != nil && !c.Failure.booked()
	switch {
	case !c.speaksOf(a) && a.Status != Approved: // an attempt that is over
		return false, nil
	case !c.speaksOf(a):
		return false, contradiction()
	case a.Status == Failed:
		return !ended, nil
	case a.Status == Canceled && c.Status == ChargeSucceeded && c.Authorization == nil:
		return false, contradiction()
	case a.Status == Canceled:
		return !ended && (c.waiting() || !c.Authorization.Ended), nil
	case a.Status == RequiresAction:
		return c.waiting(), nil
	case a.Status == Approved && unbooked: // the failure came first: both are booked
		return c.Authorization == nil, nil
	case a.Status == Approved && c.Status == ChargeCanceled && c.Authorization != nil, a.Status == Declined && unbooked:
		return false, nil
	}
	return stillOpen(c.waiting(), c.Status == ChargeAuthorized || c.Status == ChargeSucceeded || c.Failure != nil, a)
}

func contradiction() error {
	return badState("contradicting_news", "status", "another answer has been booked")
}

// waits adds the key by which Drain finds a charge that waits for a moment, while
// nothing is being carried out for it.
func (c *Charge) waits(keys []ledger.Key) []ledger.Key {
	if at := c.deadline(); !c.Work.Open() && !at.IsZero() {
		keys = append(keys, ledger.Key{Name: ledger.DueKey, At: at})
	}
	return keys
}
