package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

// maxOwing bounds in how many currencies an account's terms let it owe.
const maxOwing = 20

// owing returns what an account's terms let fees and adjustments leave it owing,
// with what takes the place of the limits in its currencies; zero ends one.
func owing(have, set []ledger.Money, e *Engine, u *ledger.Unit) ([]ledger.Money, error) {
	if len(set) == 0 {
		return have, nil
	}
	have = slices.Clone(have)
	for i, m := range set {
		bad := func(code, msg string) error { return badField(code, "mayOwe", msg) }
		in := func(x ledger.Money) bool { return x.Currency() == m.Currency() }
		switch {
		case m == ledger.Money{} || m.Sign() < 0:
			return nil, bad("invalid_amount", "a limit is zero or more of a currency")
		case m.Minor() > maximum:
			return nil, bad("amount_too_large", "a limit has at most twelve digits")
		case slices.ContainsFunc(set[:i], in):
			return nil, bad("invalid_amount", "each currency stands in it once")
		}
		if err := e.checkCurrency("mayOwe", m.Currency(), u.At()); err != nil {
			return nil, err
		}
		if have = slices.DeleteFunc(have, in); !m.IsZero() {
			have = append(have, m)
		}
	}
	if len(have) > maxOwing {
		return nil, badField("invalid_amount", "mayOwe", "an account may owe in at most twenty currencies")
	}
	return have, nil
}

// mayOwe is the limit in a currency, zero if there is none.
func (a *Account) mayOwe(c ledger.Currency) ledger.Money {
	for _, m := range a.MayOwe {
		if m.Currency() == c {
			return m
		}
	}
	return ledger.Zero(c)
}

// takes is the line that takes an amount out of what is available to an owner:
// guarded, or down to what the account's terms let it owe. The balance was asked
// for then, so that two who take at once cannot pass the limit together.
func (p *Platform) takes(u *ledger.Unit, owner string, m ledger.Money, force bool) (line, error) {
	ref := p.of(owner, "available", m.Currency())
	l := out(ref, m)
	if owner != p.id {
		if err := p.notFrozen(u, owner, m.Currency()); err != nil {
			return l, err
		}
	}
	if !force {
		return l, nil
	}
	if owner == p.id {
		return l, badField("invalid_request", "force", "only an account's terms let it owe something")
	}
	a, err := p.account(u, owner)
	if err != nil {
		return l, err
	}
	limit := a.mayOwe(m.Currency())
	if limit.IsZero() {
		return l, badState("owing_not_agreed", "force", "by its terms the account may owe nothing in "+m.Currency().String())
	}
	u.Open(ledger.Account{Ref: ref})
	free, err := u.Spendable(ref)
	if err != nil {
		return l, err
	}
	if most, err := free.Add(limit); err != nil || most.Minor() < m.Minor() {
		return l, short(ref, m, most)
	}
	l.forced = true
	return l, nil
}
