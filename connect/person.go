package connect

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// RemovePersonRequest takes a person away from a company.
type RemovePersonRequest struct {
	Key       string `json:"-"`
	AccountID string `json:"account,omitzero"`
	PersonID  string `json:"person,omitzero"`
}

// RemovePerson takes a person away who owns or runs the business no more. What was due of
// them is due no more, and what their roles ask for is due again where nobody else has them.
// Persons are added and changed by UpdateAccount (Details.Persons).
func (p *Platform) RemovePerson(ctx context.Context, r RemovePersonRequest) (*Account, error) {
	verb := simpleVerb[Account]{name: "remove person", kind: &accountKind, replayed: (*Account).replay, target: r.AccountID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Account, error) {
		a, err := p.account(u, r.AccountID)
		if err != nil {
			return nil, err
		}
		ent, err := compliance.Kind.Get(u, a.Entity)
		if err != nil {
			return nil, err
		}
		missing := len(ent.Missing())
		if err := ent.Remove(r.PersonID); err != nil {
			return nil, inField("person", err)
		}
		if missing > 0 && len(ent.Missing()) == 0 {
			if err := p.verified(u, a.ID); err != nil {
				return nil, err
			}
		}
		return a, p.putAccount(u, a, ent, EventAccountUpdated)
	})
}

// Persons returns who owns and runs an account's business: their ids, roles, and which
// fields were provided of them. What was provided is not kept.
func (p *Platform) Persons(ctx context.Context, accountID string) ([]compliance.Person, error) {
	if err := p.may(ctx, "Persons"); err != nil {
		return nil, fmt.Errorf("connect: persons of %s: %w", accountID, err)
	}
	a, err := p.GetAccount(ctx, accountID)
	if err != nil {
		return nil, err
	}
	ent, err := compliance.Kind.Read(ctx, p.store, a.Entity)
	if err != nil {
		return nil, fmt.Errorf("connect: persons of %s: %w", accountID, err)
	}
	return ent.Persons, nil
}
