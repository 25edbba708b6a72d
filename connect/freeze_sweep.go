package connect

import (
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// freezeLook is how often an order is looked at that takes what comes in. What was
// pending is frozen in the change that makes it available; this is for all else.
const freezeLook = time.Hour

// sweepFreeze freezes what a freeze wants of what is available to its account.
func (p *Platform) sweepFreeze(u *ledger.Unit, f *Freeze) (took bool, err error) {
	currencies := []ledger.Currency{f.Amount.Currency()}
	if f.Everything {
		if currencies, err = p.availableIn(u, f.Account); err != nil {
			return false, err
		}
	}
	for _, c := range currencies {
		step, err := p.sweepCurrency(u, f, c)
		if err != nil {
			return false, err
		}
		took = took || step
	}
	return took, nil
}

// sweepCurrency is sweepFreeze for one currency.
func (p *Platform) sweepCurrency(u *ledger.Unit, f *Freeze, c ledger.Currency) (took bool, err error) {
	from := p.of(f.Account, "available", c)
	u.Open(ledger.Account{Ref: from})
	free, err := u.Spendable(from)
	if err != nil {
		return false, err
	}
	minor := f.wants(free)
	if minor <= 0 {
		return false, nil
	}
	m := ledger.Minor(minor, c)
	b := &books{u: u, p: p, object: freezeKind.ID(f.ID)}
	b.signed(f.Signed, "freeze", string(f.Cause), f.Document, "", out(from, m), in(p.of(f.Account, "frozen", c), m))
	return true, f.add(m)
}

// add counts what is frozen.
func (f *Freeze) add(m ledger.Money) error {
	i := slices.IndexFunc(f.Frozen, func(x ledger.Money) bool { return x.Currency() == m.Currency() })
	if i < 0 {
		f.Frozen = append(f.Frozen, m)
		return nil
	}
	next, err := f.Frozen[i].Add(m)
	f.Frozen[i] = next
	return err
}

// availableIn lists in which currencies something was ever available to an account.
func (p *Platform) availableIn(u *ledger.Unit, account string) (list []ledger.Currency, err error) {
	err = u.View(func(v ledger.View) error {
		list = nil
		q := ledger.AccountQuery{Book: p.id, Owner: account, Purpose: "available", Open: true}
		return ledger.EachAccount(v, q, func(a ledger.Account) error {
			list = append(list, a.Currency)
			return nil
		})
	})
	return list, err
}

// lookAtFreeze lets Drain freeze what has come in since.
func (p *Platform) lookAtFreeze(u *ledger.Unit, id string) error {
	f, err := freezeKind.Get(u, id)
	if err != nil || !f.Work.Open() || u.At().Before(f.Work.Due) {
		return err
	}
	took, err := p.sweepFreeze(u, f)
	if err != nil {
		return err
	}
	if f.Work.Later(u.At().Add(freezeLook)); took {
		return p.moreFrozen(u, f)
	}
	return freezeKind.Put(u, f.ID, f)
}

// moreFrozen puts a freeze that took more, and its account where that was the last.
func (p *Platform) moreFrozen(u *ledger.Unit, f *Freeze) error {
	a, err := p.account(u, f.Account)
	if err != nil {
		return err
	}
	now := f.stands()
	i := slices.IndexFunc(a.Freezes, func(s AccountFreeze) bool { return s.ID == f.ID })
	if i >= 0 && a.Freezes[i] != now {
		a.Freezes[i] = now
		if err := p.putFreezes(u, a); err != nil {
			return err
		}
	}
	return p.putFreeze(u, f, f.Signed, EventFreezeUpdated)
}

// freezeFree freezes, by the orders that stand against an account, what has become
// available to it in a currency; the zero Currency is all.
func (p *Platform) freezeFree(u *ledger.Unit, account string, c ledger.Currency) error {
	if account == p.id {
		return nil
	}
	o, err := u.Object(accountKind.ID(account))
	if err != nil || o.Version == 0 {
		return err
	}
	a, err := accountKind.Get(u, account)
	if err != nil {
		return err
	}
	for _, s := range slices.Clone(a.Freezes) {
		if !s.more() || !s.Everything && !c.IsZero() && s.Waits != c {
			continue
		}
		f, err := freezeKind.Get(u, s.ID)
		if err != nil {
			return err
		}
		sweep := func() (bool, error) { return p.sweepFreeze(u, f) }
		if !c.IsZero() {
			sweep = func() (bool, error) { return p.sweepCurrency(u, f, c) }
		}
		took, err := sweep()
		if err == nil && took {
			err = p.moreFrozen(u, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loadOwners reads the accounts behind pending money in one round trip, to see which
// are frozen.
func (p *Platform) loadOwners(u *ledger.Unit, list []ledger.Account) error {
	ids := make([]ledger.ID, 0, len(list))
	for _, a := range list {
		if a.Owner != p.id {
			ids = append(ids, accountKind.ID(a.Owner))
		}
	}
	return u.Load(ids...)
}
