package connect

import (
	"cmp"
	"context"

	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// handOver hands one instruction to the rail, or asks what became of it.
func handOver(ctx context.Context, p *Platform, in payout.Instruction, w *ledger.Work, first bool) (payout.Ack, error) {
	rail := p.e.c.Rail
	info := rail.Info()
	send := func(ctx context.Context) (payout.Ack, error) {
		acks, err := rail.Submit(ctx, []payout.Instruction{in})
		if err == nil && (len(acks) != 1 || acks[0].Key != in.Key) {
			err = &ledger.Error{Class: ledger.Unknown, Code: "no_answer", Op: "connect: rail " + info.Name}
		}
		if err != nil {
			return payout.Ack{}, err
		}
		return acks[0], nil
	}
	ask := func(ctx context.Context) (payout.Ack, error) {
		ack, seen, err := rail.(payout.Asker).Ask(ctx, in.Key) // Config.check requires it of an askable rail
		if err == nil && !seen {
			err = &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: "connect: rail " + info.Name}
		}
		return ack, err
	}
	return deliver(ctx, delivery{kind: info.Delivery, keyLife: info.KeyLife, settling: info.Settling, now: p.e.env.Time}, attemptOf(w, first, false), send, ask)
}

// askRail is handOver with the answer in an acquirer's terms: that the rail has taken
// it says only that its news will come.
func askRail(ctx context.Context, p *Platform, in payout.Instruction, w *ledger.Work, first bool) (Answer, error) {
	ack, err := handOver(ctx, p, in, w, first)
	switch {
	case err != nil:
		return Answer{}, err
	case ack.Accepted:
		return Answer{Status: Received, Reference: ack.Reference}, nil
	}
	return Answer{Status: Declined, Code: ack.Code}, nil
}

// debitAnswered books what is different of an answer to a debit; done tells that this
// was all.
func (p *Platform) debitAnswered(u *ledger.Unit, c *Charge, a Answer) (done bool, err error) {
	switch {
	case c.Debit == nil:
		return false, nil
	case a.Status == Received:
		if err := c.become(ChargeProcessing, ""); err != nil {
			return true, err
		}
		c.Reference, c.Debit.Submitted = cmp.Or(a.Reference, c.Reference), u.At()
		c.Work.Done() // the rest is news
		return true, p.putCharge(u, c, EventChargeUpdated)
	case a.Status == Declined: // the debtor's bank never had it
		m, err := p.mandate(u, c.Debit.Mandate)
		if err != nil {
			return true, err
		}
		if err := p.withdrawn(u, c, m); err != nil {
			return true, err
		}
		if err := c.become(ChargeFailed, a.Code); err != nil {
			return true, err
		}
		c.Settled = u.At()
		c.Work.Done()
		return true, p.putCharge(u, c, EventChargeFailed)
	}
	return false, nil
}

// debitUpdate books one piece of a rail's news of a debit.
func (e *Engine) debitUpdate(ctx context.Context, id string, n payout.Update) error {
	c, err := chargeKind.Read(ctx, e.c.Store, id)
	if err != nil {
		return notFoundOr(err, "charge")
	}
	if c.Debit == nil || c.Rail != railName(e) || railKey(c.ID) != n.Key {
		return notFound("charge")
	}
	p, err := e.Platform(ctx, c.Platform)
	if err != nil {
		return err
	}
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		c, err := chargeKind.Get(u, id)
		if err != nil {
			return err
		}
		return p.hearDebit(u, c, n)
	})
	return err
}

// hearDebit books news of a debit in whatever order it comes: that it was settled, and
// that it failed or came back, are each booked once. What adds nothing changes
// nothing.
func (p *Platform) hearDebit(u *ledger.Unit, c *Charge, n payout.Update) error {
	if n.Amount != c.Amount {
		return badState("amount_mismatch", "amount", "the news is of "+n.Amount.String()+", the charge of "+c.Amount.String())
	}
	d := c.Debit
	a := Answer{Status: Failed, Code: clip(n.Code)}
	switch n.Kind {
	case payout.UpdateSettled:
		a = Answer{Status: Approved, Amount: c.Amount}
	case payout.UpdateFailed, payout.UpdateReturned:
	default:
		return badField("invalid_update", "kind", "a debit is settled, fails or is returned")
	}
	if c.Work.First.IsZero() {
		return contradiction() // the rail does not have it
	}
	if open, err := c.open(a); err != nil || !open {
		return err
	}
	t, _ := p.e.c.Debits.Schemes.On(d.Scheme, d.CollectOn)
	if day := dayFrom(n.At, u.At()); a.Status == Approved {
		d.SettledOn = day
	} else {
		d.ReturnedOn = day
	}
	if a.Status == Failed {
		a.Code = d.because(a.Code, &t)
		if err := p.returned(u, c, &t); err != nil {
			return err
		}
	}
	d.judge(&t, p.e.c.Calendar)
	if err := p.countDebit(u, c, &t); err != nil {
		return err
	}
	if err := settleCharge(u, p, c, a); err != nil {
		return err
	}
	return p.claimed(u, c, &t)
}

// because keeps why a debit came back, and returns the scheme's code for it.
func (d *Debit) because(code string, t *debit.Terms) string {
	name, r, ok := t.Reason(code)
	if !ok {
		d.Reason, d.Flag = code, ReturnedUnlisted
		return code
	}
	d.Reason, d.Means = name, r.Means
	return name
}

// judge flags what came back after the scheme's window. It is booked all the same:
// the money has gone.
func (d *Debit) judge(t *debit.Terms, c payout.Calendar) {
	r, ok := t.Returns[d.Reason]
	if !ok || d.SettledOn == 0 || d.ReturnedOn == 0 {
		return
	}
	last, ever := r.Until(d.SettledOn, c)
	if d.Until = last; !ever && d.ReturnedOn > last {
		d.Flag = ReturnedLate
	}
}

// returned keeps on the mandate that a debit came back: for some reasons it is not
// good any more, and a first debit that was never settled leaves the next one the
// first.
func (p *Platform) returned(u *ledger.Unit, c *Charge, t *debit.Terms) error {
	ends, unused := t.Returns[c.Debit.Reason].Ends, c.Debit.Sequence == payout.First && c.Status != ChargeSucceeded
	if !ends && !unused {
		return nil
	}
	m, err := p.mandate(u, c.Debit.Mandate)
	if err != nil {
		return err
	}
	if unused {
		m.Uses = max(m.Uses-1, 0)
	}
	if ends {
		return p.mandateEnded(u, m, c.Debit.Reason)
	}
	return mandateKind.Put(u, m.ID, m)
}
