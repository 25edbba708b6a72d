package connect

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Action is what the buyer has to do before a payment goes on. The host's user
// interface leads them there; souk does not look into it.
type Action struct {
	URL   string    `json:"url,omitzero"`   // where the buyer goes
	Data  string    `json:"data,omitzero"`  // or what the acquirer's client is given
	Until time.Time `json:"until,omitzero"` // the deadline; zero in an answer is an hour from it
	Over  bool      `json:"over,omitzero"`  // the deadline has passed, and the acquirer would not let go
}

// actionWindow is how long a buyer has where the acquirer does not say.
const actionWindow = time.Hour

// actionRequired keeps what the buyer has to do.
func (p *Platform) actionRequired(u *ledger.Unit, c *Charge, a Answer) error {
	until, fresh := u.At().Add(actionWindow), c.Status != ChargeRequiresAction
	if c.Action != nil {
		if c.Action.Over {
			return p.failAction(u, c)
		}
		until = c.Action.Until // one action, one deadline
	}
	if err := c.become(ChargeRequiresAction, ""); err != nil {
		return err
	}
	act := a.Action
	if act.URL+act.Data == "" && c.Action != nil {
		act.URL, act.Data = c.Action.URL, c.Action.Data
	}
	if act.Over = false; act.Until.IsZero() {
		act.Until = until
	}
	if act.Until = act.Until.UTC(); c.Action != nil && act == *c.Action && !fresh {
		return nil // told again
	}
	c.heard(a)
	c.Action, c.Reference = &act, cmp.Or(a.Reference, c.Reference)
	c.Work.Done()
	return p.putCharge(u, c, EventChargeActionRequired)
}

// failAction ends a charge whose buyer did not come back in time.
func (p *Platform) failAction(u *ledger.Unit, c *Charge) error {
	if err := c.become(ChargeFailed, actionExpired); err != nil {
		return err
	}
	c.Settled = u.At()
	c.Work.Done()
	return p.putCharge(u, c, EventChargeFailed)
}

// ConfirmRequest goes on with a charge once the buyer has come back.
type ConfirmRequest struct {
	Key      string `json:"-"`
	ChargeID string `json:"charge,omitzero"`
}

// Confirm asks the acquirer what became of a charge that waited for the buyer. If
// the buyer has not done it yet, the charge waits on. With an acquirer that cannot
// be asked it waits for news.
func (p *Platform) Confirm(ctx context.Context, r ConfirmRequest) (*Charge, error) {
	c, err := confirmTask.do(ctx, p, r.Key, r)
	c, err = p.challenge(ctx, c, err)
	return p.goesOn(ctx, c, err)
}

var confirmTask = &task[ConfirmRequest, Charge, Answer]{
	verb:     "confirm",
	kind:     &chargeKind,
	head:     chargeHead,
	partner:  acquirerName,
	target:   func(r *ConfirmRequest) string { return r.ChargeID },
	record:   recordConfirm,
	carryOut: authorize,
	settle:   settleCharge,
	rest:     restCharge,
	open:     (*Charge).open,
	late:     lateCharge,
}

func recordConfirm(u *ledger.Unit, p *Platform, r *ConfirmRequest, w ledger.Work) (*Charge, error) {
	if r.ChargeID == "" {
		return nil, badField("invalid_request", "charge", "a confirmation names its charge")
	}
	c, err := p.charge(u, r.ChargeID)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Debit == nil && c.Acquirer != acquirerName(p.e):
		return nil, badState("other_acquirer", "charge", "the charge was made at another acquirer, "+c.Acquirer)
	case c.Status != ChargeRequiresAction:
		return nil, badState("invalid_state", "charge", "only a charge that waits for the buyer is confirmed; it is "+string(c.Status))
	case c.Canceling != "":
		return nil, badState("cancel_under_way", "charge", "it is being canceled")
	case !u.At().Before(c.Action.Until):
		return nil, badState("action_expired", "charge", "the buyer had until "+c.Action.Until.Format(time.RFC3339))
	}
	if p.e.c.Acquirer.Info().silent() && !p.preview {
		return c, p.putCharge(u, c, EventChargeUpdated)
	}
	c.Work = resumed(w, c.Work)
	if err := c.become(ChargeProcessing, ""); err != nil {
		return nil, err
	}
	return c, p.putCharge(u, c, EventChargeUpdated)
}

// resumed is new work on what was sent before: it is asked about first.
func resumed(w, was ledger.Work) ledger.Work {
	w.Attempt, w.First, w.Sent = was.Attempt+w.Attempt, was.First, was.Sent
	return w
}

// softDecline is the code of a decline that the buyer can overcome by
// authenticating.
const softDecline = "authentication_required"

// chargeDeclined ends a charge. A soft decline asks once more, with a challenge,
// if the buyer is there to answer it.
func (p *Platform) chargeDeclined(u *ledger.Unit, c *Charge, a Answer) error {
	c.heard(a)
	if err := p.sourceRefused(u, c, a); err != nil {
		return err
	}
	if a.Code == softDecline && c.Retry == 0 && !c.Initiation.absent() {
		if err := c.become(ChargeProcessing, ""); err != nil {
			return err
		}
		c.Retry, c.Reference = 1, ""
		c.Work.Unsent()
		c.Work.Later(u.At())
		return p.putCharge(u, c, EventChargeUpdated)
	}
	if err := c.become(ChargeFailed, a.Code); err != nil {
		return err
	}
	c.Settled, c.Reference = u.At(), cmp.Or(a.Reference, c.Reference)
	c.Work.Done()
	return p.putCharge(u, c, EventChargeFailed)
}

// challenge goes on at once with a charge that is to be asked again.
func (p *Platform) challenge(ctx context.Context, c *Charge, err error) (*Charge, error) {
	if err != nil || p.joined || c.Retry == 0 || c.Status != ChargeProcessing || c.Work.Claim != "" || !c.Work.Sent.IsZero() {
		return c, err
	}
	replayed := c.Replayed
	c, err = chargeTask.finish(ctx, p, c.ID)
	if err == nil {
		c.Replayed = replayed
	}
	return c, err
}

// retryMark ends the key of an attempt with a challenge.
const retryMark = "-3ds"

// key names the charge's live attempt at the acquirer.
func (c *Charge) key() string {
	if c.Retry == 0 {
		return c.ID
	}
	return c.ID + retryMark
}

// speaksOf reports whether an answer is about the live attempt.
func (c *Charge) speaksOf(a Answer) bool { return a.key == "" || a.key == c.key() }

// chargeNews books news of one of a charge's attempts.
func (e *Engine) chargeNews(ctx context.Context, n News) error {
	n.Answer.key = n.Key
	return chargeTask.news(ctx, e, strings.TrimSuffix(n.Key, retryMark), n.Answer)
}
