package connect

import (
	"context"
	"errors"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout/bank"
)

// bankAsk is a change of bank details that is asked for, and what was found out about it
// outside the unit of work.
type bankAsk struct {
	account string
	action  BankAction
	bank    string // the id of one that is there
	details *BankDetails
	makes   bool // it is made the default
	holder  string
	by      Actor
	token   string // of the step-up

	proof *StepUpProof
	name  NameMatch
}

// operator reports whether somebody of the platform asks, rather than the account itself.
func (r *bankAsk) operator() bool { return r.by.ID != "" || len(r.by.Rights) > 0 }

// checkHolder refuses a name that no account has. None is fine.
func (r *bankAsk) checkHolder() error {
	if r.holder == "" {
		return nil
	}
	if holdsCard(r.holder) {
		return cardIn("holder")
	}
	_, err := bank.ParseHolder(r.holder)
	return inField("holder", err)
}

// ask asks outside what a change needs: a proof that it is the account's own user, and
// whose bank account it is. A preview asks nobody.
func (r *bankAsk) ask(ctx context.Context, p *Platform) error {
	if err := r.checkHolder(); err != nil {
		return err
	}
	a, err := p.owned(ctx, r.account)
	if err != nil || p.preview {
		return err
	}
	c := p.e.c.Banks
	if c.StepUp != nil && !r.operator() && a.banked() && !r.same(a) {
		if err := r.stepUp(ctx, p, c); err != nil {
			return err
		}
	}
	if c.Names == nil || r.holder == "" {
		return nil
	}
	q := NameQuery{Holder: r.holder}
	if r.details != nil {
		q.Destination = r.details.destination()
	} else {
		i, err := a.bank(r.bank)
		if err != nil {
			return err
		}
		q.Destination = a.Banks[i].Destination
	}
	outside, cancel := context.WithTimeout(ctx, p.e.c.Lease)
	defer cancel()
	switch r.name, err = c.Names.CheckName(outside, q); {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.name = NameUnavailable // a bank that does not answer keeps nobody from being paid
	}
	switch r.name {
	case NameMatches, NameClose, NameDiffers:
	default:
		r.name = NameUnavailable
	}
	return nil
}

// same reports whether a request names the bank account that is paid already.
func (r *bankAsk) same(a *Account) bool {
	if r.action != BankReplace || r.details == nil {
		return false
	}
	have, ok := a.DefaultBank(r.details.Currency)
	return ok && have.Token == r.details.Token && have.Last4 == r.details.Last4 && have.Status != BankErrored
}

// stepUp asks the host for a fresh proof.
func (r *bankAsk) stepUp(ctx context.Context, p *Platform, c *BankConfig) error {
	outside, cancel := context.WithTimeout(ctx, p.e.c.Lease)
	defer cancel()
	check := StepUpCheck{Platform: p.id, Account: r.account, Action: r.action, Bank: r.bank, Token: r.token}
	if r.details != nil {
		check.To = *r.details
	}
	proof, err := c.StepUp.Confirm(outside, check)
	now := p.e.env.Time()
	switch {
	case errors.Is(err, ledger.Forbidden), errors.Is(err, ledger.Invalid):
		return needsStepUp()
	case err != nil:
		return &ledger.Error{Class: ledger.Unavailable, Code: "step_up_unavailable", Field: "stepUp", Msg: "the host cannot say now who asks"}
	case proof.At.IsZero(), now.Sub(proof.At) > c.StepUpAge, proof.At.Sub(now) > time.Minute:
		return needsStepUp()
	}
	if err := checkText("stepUp", proof.Method, 100); err != nil {
		return err
	}
	proof.At = proof.At.UTC()
	r.proof = &proof
	return nil
}

func needsStepUp() error {
	return &ledger.Error{Class: ledger.Forbidden, Code: "step_up_required", Field: "stepUp", Msg: "whoever changes bank details proves once more who they are"}
}
