package connect

import (
	"context"
	"errors"
	"slices"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// unruled reports whether the money of a charge has moved already when it is recorded:
// then nobody is asked whether it may.
func (p *Platform) unruled(r *ChargeRequest) bool {
	_, recorded := p.e.c.Acquirer.(*Recorded)
	return recorded && r.MandateID == ""
}

// askRules asks the rules about a new charge, priced by now, before anything is set
// aside for it. One that they block has failed, as one that its bank declines: it is
// kept, with the decision, so that people see what was blocked and rules can count it.
func (p *Platform) askRules(u *ledger.Unit, prof *Profile, r *ChargeRequest, c *Charge) (stop bool, err error) {
	rules := p.rules()
	if len(rules) == 0 && r.Facts == nil || p.unruled(r) {
		return false, nil
	}
	if err := r.Facts.check(); err != nil {
		return false, err
	}
	pay, err := p.chargeFacts(u, prof, rules, r, c)
	if err != nil {
		return false, err
	}
	if len(rules) > 0 {
		d, err := compliance.Decide(u.Context(), rules, pay)
		if err != nil {
			return false, err
		}
		c.Decision = &d
		c.Late = d.Action != compliance.Allow && len(compliance.LateRules(rules)) > 0
	}
	if err := keepFacts(u, pay); err != nil {
		return false, err
	}
	if !c.ruled(compliance.Block) {
		return false, p.heldBack(u, r, c)
	}
	if err := c.become(ChargeFailed, codeBlocked); err != nil {
		return false, err
	}
	c.Settled, c.Late = u.At(), false
	c.Work.Done()
	if c.loaded(); r.laid != nil { // Verify finds the same lines as in any other charge
		if err := c.allot(); err != nil {
			return false, err
		}
	}
	return true, p.putCharge(u, c, EventChargeFailed)
}

// ruled reports whether rules have decided so about a charge.
func (c *Charge) ruled(a compliance.Action) bool {
	return c.Decision != nil && c.Decision.Action == a
}

// askTransferRules asks the rules about a new transfer. One that they block is refused.
func (p *Platform) askTransferRules(u *ledger.Unit, prof *Profile, r *TransferRequest, t *Transfer) error {
	rules := p.rules()
	if len(rules) == 0 || r.approved != nil {
		return nil
	}
	pay, err := p.transferFacts(u, prof, rules, r, t)
	if err != nil {
		return err
	}
	d, err := compliance.Decide(u.Context(), rules, pay)
	if err != nil {
		return err
	}
	if d.Action == compliance.Block {
		return blocked(d)
	}
	if d.Action == compliance.Review {
		return &looked{d, t.Amount, *pay}
	}
	t.Decision = &d
	return keepFacts(u, pay)
}

// ruleRates asks for the rates by which rules compare an amount with their own, where
// they are in other currencies. One that nobody has is missing to them.
func (p *Platform) ruleRates(ctx context.Context, of ledger.Currency) ([]compliance.PaymentRate, error) {
	if of.IsZero() {
		return nil, nil
	}
	var list []compliance.PaymentRate
	for _, in := range compliance.Currencies(p.rules()) {
		if in == of {
			continue
		}
		r, err := p.e.c.Rates.Rate(ctx, of, in, p.e.env.Time())
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, ledger.Unavailable) {
				return nil, err
			}
			continue
		}
		if r.Base == of && r.Quote == in && r.Check() == nil {
			list = append(list, compliance.PaymentRate{Base: r.Base, Quote: r.Quote, Value: r.Value, Per: r.Per})
		}
	}
	return list, nil
}

// andRates is what a verb prepares, and the rates by which rules compare its amount.
func (p *Platform) andRates(before func(context.Context) error, of ledger.Currency, list *[]compliance.PaymentRate) func(context.Context) error {
	if !slices.ContainsFunc(compliance.Currencies(p.rules()), func(c ledger.Currency) bool { return c != of }) {
		return before
	}
	return func(ctx context.Context) (err error) {
		if before != nil {
			if err := before(ctx); err != nil {
				return err
			}
		}
		*list, err = p.ruleRates(ctx, of)
		return err
	}
}

// withRates is the task of a charge that asks for the rates by which rules compare its
// amount.
func (p *Platform) withRates(t *task[ChargeRequest, Charge, Answer]) *task[ChargeRequest, Charge, Answer] {
	if len(compliance.Currencies(p.rules())) == 0 {
		return t
	}
	before := t.prepare
	return t.after(func(ctx context.Context, p *Platform, r *ChargeRequest) (err error) {
		if before != nil {
			if err := before(ctx, p, r); err != nil {
				return err
			}
		}
		r.ruleRates, err = p.ruleRates(ctx, r.paidIn())
		return err
	})
}

// paidIn is the currency of a request, as far as it states one.
func (r *ChargeRequest) paidIn() ledger.Currency {
	switch {
	case r.Amount != ledger.Money{}:
		return r.Amount.Currency()
	case r.Net != ledger.Money{} || len(r.Lines) == 0:
		return r.Net.Currency()
	}
	return r.Lines[0].Amount.Currency()
}
