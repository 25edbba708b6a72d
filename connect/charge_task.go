package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

var chargeTask = &task[ChargeRequest, Charge, Answer]{
	verb:     "charge",
	kind:     &chargeKind,
	head:     chargeHead,
	partner:  acquirerName,
	record:   recordCharge,
	ready:    readyCharge,
	carryOut: authorize,
	settle:   settleCharge,
	rest:     restCharge,
	open:     (*Charge).open,
	late:     lateCharge,
}

func chargeHead(c *Charge) head {
	return head{id: c.ID, platform: c.Platform, partner: c.Acquirer, rail: c.Rail, work: &c.Work, replayed: &c.Replayed}
}

func restCharge(u *ledger.Unit, p *Platform, c *Charge, code string) error {
	c.Work.Done()
	if err := c.become(ChargeUnknown, code); err != nil {
		return err
	}
	return p.putCharge(u, c, EventChargeUpdated)
}

func lateCharge(u *ledger.Unit, p *Platform, c *Charge, a Answer) error {
	if c.Reference != "" || a.Reference == "" || !c.speaksOf(a) {
		return nil
	}
	c.Reference = a.Reference // which refunds will name
	return p.putCharge(u, c, EventChargeUpdated)
}

// acquirerName names the engine's acquirer.
func acquirerName(e *Engine) string { return e.c.Acquirer.Info().Name }

// stillOpen decides what an answer means to an object: news, nothing, or a
// contradiction of what was booked.
func stillOpen(open, succeeded bool, a Answer) (bool, error) {
	if open || a.Status == Received || (a.Status == Approved) == succeeded {
		return open, nil
	}
	return false, badState("contradicting_news", "status", "another answer has been booked")
}

func (p *Platform) putCharge(u *ledger.Unit, c *Charge, event string) error {
	if err := p.settleTenders(u, c); err != nil {
		return err
	}
	if err := p.followReview(u, c); err != nil {
		return err
	}
	if err := p.followLimits(u, c); err != nil {
		return err
	}
	if err := p.wake(u, c); err != nil {
		return err
	}
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: chargeKind.ID(c.ID)})
	return chargeKind.Put(u, c.ID, c)
}

// authorize asks the acquirer for the money, captured at once unless it is to be
// later.
func authorize(ctx context.Context, p *Platform, c *Charge, first bool) (Answer, error) {
	if c.Debit != nil {
		return askRail(ctx, p, c.instruction(), &c.Work, first)
	}
	acq := p.e.c.Acquirer
	send := func(ctx context.Context) (Answer, error) {
		return acq.Authorize(ctx, c.key(), c.order())
	}
	if p.preview && c.Reference != "" {
		return send(ctx) // what the buyer was asked to do is taken to be done
	}
	a, err := p.e.askAbout(ctx, c.key(), c.Reference, attemptOf(&c.Work, first, c.Reference != ""), send)
	a.key = c.key()
	return a, err
}
