package connect

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

var increaseTask = &task[IncreaseRequest, Increase, Answer]{
	verb: "increase",
	kind: &increaseKind,
	head: func(i *Increase) head {
		return head{id: i.ID, platform: i.Platform, partner: i.Acquirer, work: &i.Work, replayed: &i.Replayed}
	},
	partner:  acquirerName,
	record:   recordIncrease,
	carryOut: askIncrease,
	settle:   settleIncrease,
	rest: func(u *ledger.Unit, p *Platform, i *Increase, code string) error {
		i.Work.Done()
		i.Code = code
		if err := i.Status.rest("increase"); err != nil {
			return err
		}
		return p.putIncrease(u, i, EventIncreaseUpdated)
	},
	open: func(i *Increase, a Answer) (bool, error) { return i.Status.open(a) },
	late: func(u *ledger.Unit, p *Platform, i *Increase, a Answer) error {
		if i.Reference != "" || a.Reference == "" {
			return nil
		}
		i.Reference = a.Reference
		return p.putIncrease(u, i, EventIncreaseUpdated)
	},
}

func (p *Platform) putIncrease(u *ledger.Unit, i *Increase, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: increaseKind.ID(i.ID)})
	return increaseKind.Put(u, i.ID, i)
}

// askIncrease asks the acquirer to authorize more.
func askIncrease(ctx context.Context, p *Platform, i *Increase, send bool) (Answer, error) {
	acq, _ := optional[Increaser](p.e.c.Acquirer)
	if acq == nil {
		return Answer{}, errUnsent // it was one when this was recorded
	}
	c, err := chargeKind.Read(ctx, p.store, i.Charge)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", errUnsent, err)
	}
	increase := func(ctx context.Context) (Answer, error) {
		return acq.Increase(ctx, i.ID, IncreaseOrder{Reference: c.Reference, Total: i.Total, By: i.Amount})
	}
	return p.e.askAcquirer(ctx, i.ID, attemptOf(&i.Work, send, i.Reference != ""), increase)
}

// settleIncrease keeps the acquirer's answer to an increase. It posts nothing.
func settleIncrease(u *ledger.Unit, p *Platform, i *Increase, a Answer) error {
	if a.Status == Received {
		fresh, err := i.Status.received(u, p, "increase", a, &i.Code, &i.Reference, &i.Work)
		switch {
		case err != nil:
			return err
		case fresh:
			return p.putIncrease(u, i, EventIncreaseUpdated)
		}
		return increaseKind.Put(u, i.ID, i)
	}
	c, err := p.charge(u, i.Charge)
	if err != nil {
		return err
	}
	i.Reference, i.Settled = cmp.Or(a.Reference, i.Reference), u.At()
	i.Work.Done()
	c.Authorization.Increasing = ledger.Zero(i.Amount.Currency())
	switch a.Status {
	case Declined:
		i.Code = a.Code
		if err := i.Status.become("increase", StepFailed); err != nil {
			return err
		}
		if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
			return err
		}
		if err := p.putIncrease(u, i, EventIncreaseFailed); err != nil {
			return err
		}
		return p.goOn(u, c)
	case Approved:
		if err := p.increased(u, c, i, a); err != nil {
			return err
		}
		return p.goOn(u, c)
	}
	return badField("invalid_answer", "status", "the acquirer's answer is none")
}

// increased raises what a charge counts as authorized, also where that was let go
// meanwhile.
func (p *Platform) increased(u *ledger.Unit, c *Charge, i *Increase, a Answer) error {
	if a.Amount != i.Total {
		return badState("amount_mismatch", "amount", "the acquirer answered for "+a.Amount.String()+", not for "+i.Total.String())
	}
	if err := i.Status.become("increase", StepSucceeded); err != nil {
		return err
	}
	i.Code = ""
	if err := c.raise(i.Total); err != nil {
		return err
	}
	c.Authorization.Increased++
	if !a.CaptureBefore.IsZero() {
		c.Authorization.Expires = a.CaptureBefore.UTC()
	}
	if err := p.putCharge(u, c, EventChargeIncreased); err != nil {
		return err
	}
	return p.putIncrease(u, i, EventIncreaseUpdated)
}

// raised are the terms of a larger amount.
func (f *FirstTerms) raised(total ledger.Money) (Terms, error) {
	t := Terms{Tax: slices.Clone(f.Terms.Tax), FeeTax: slices.Clone(f.Terms.FeeTax)}
	fee := func(stated ledger.Money, line *pricing.Line) (ledger.Money, *pricing.Line, error) {
		if line == nil {
			part, err := pricing.Scale(stated, total, f.Amount)
			return part, nil, err
		}
		now, err := line.Raised(total, f.Amount)
		return now.Amount, &now, err
	}
	var err error
	if t.ApplicationFee, t.Commission, err = fee(f.Terms.ApplicationFee, f.Terms.Commission); err != nil {
		return t, err
	}
	if t.ServiceFee, t.Service, err = fee(f.Terms.ServiceFee, f.Terms.Service); err != nil {
		return t, err
	}
	for _, list := range [][]Tax{t.Tax, t.FeeTax} {
		for i := range list {
			if list[i].Amount, err = pricing.Scale(list[i].Amount, total, f.Amount); err != nil {
				return t, err
			}
		}
	}
	return t, nil
}

// increases is what the increases of a charge add up to.
type increases struct{ by, underWay, made int64 }

func (t *tally) increase(i *Increase) {
	if t.increases == nil {
		t.increases = make(map[string]*increases)
	}
	sum := t.increases[i.Charge]
	if sum == nil {
		sum = &increases{}
		if t.mine(i.Charge) {
			t.increases[i.Charge] = sum
		}
	}
	switch i.Status {
	case StepSucceeded:
		sum.by += i.Amount.Minor()
		sum.made++
	case StepPending, StepUnknown:
		sum.underWay += i.Amount.Minor()
	}
}

// compareIncreases reports where an authorization is not what its increases made of
// it.
func (t *tally) compareIncreases(c *Charge) {
	sum := t.increases[c.ID]
	delete(t.increases, c.ID)
	if sum == nil {
		sum = &increases{}
	}
	a := c.Authorization
	if a == nil {
		if *sum != (increases{}) {
			t.report.Add("charge "+c.ID, "it was raised, and was never authorized")
		}
		return
	}
	first := a.Amount
	if a.First != nil {
		first = a.First.Amount
	}
	if a.Amount.Minor() != first.Minor()+sum.by || int64(a.Increased) != sum.made || a.Increasing.Minor() != sum.underWay {
		t.report.Add("charge "+c.ID, "%v are authorized after %d increases, with %v under way; its increases add up to %d and %d, on %v",
			a.Amount, a.Increased, a.Increasing, sum.by, sum.underWay, first)
	}
}
