package connect

import "github.com/soukhq/souk/ledger"

// enough reports whether those whose policy is to wait have what a refund takes of them.
// The platform gives its own part and what it advances. Of what is kept back for the
// seller's charges is freed what is missing, but only where that is enough: what a refund
// waits for stays where it is.
func (p *Platform) enough(u *ledger.Unit, prof *Profile, a *Account, c *Charge, from, gives ledger.Money) (bool, error) {
	if prof.ShortBalance == ShortWait {
		parts := []ledger.Money{from}
		if a != nil && a.ShortBalance == ShortAdvance && gives.Sign() > 0 {
			lacks, err := p.lacks(u, prof, a, c, gives)
			if err != nil {
				return false, err
			}
			if parts = append(parts, lacks); lacks.Currency() == from.Currency() {
				parts = []ledger.Money{sum(from, lacks)}
			}
		}
		for _, m := range parts {
			if m.Sign() <= 0 {
				continue
			}
			free, err := u.Spendable(p.of(p.id, "available", m.Currency()))
			if err != nil || free.Minor() < m.Minor() {
				return false, err
			}
		}
	}
	if a == nil || a.ShortBalance != ShortWait || gives.Sign() <= 0 {
		return true, nil
	}
	if lacks, err := p.lacks(u, prof, a, c, gives); err != nil || lacks.Sign() > 0 {
		return false, err
	}
	return true, p.freeForRefund(u, prof, a, c, gives)
}

// lacks is what a seller has too little for what a refund takes of them, where what is
// kept back for what may be disputed counts as theirs, unless an order by law would take it as
// it is freed.
func (p *Platform) lacks(u *ledger.Unit, prof *Profile, a *Account, c *Charge, gives ledger.Money) (ledger.Money, error) {
	none := ledger.Zero(gives.Currency())
	if _, has, err := p.sellerHas(u, c, gives.Minor()); err != nil || has {
		return none, err
	}
	free, err := p.spendable(u, c.Account, gives.Currency())
	if err != nil {
		return none, err
	}
	kept := none
	if prof.Reserving && frozenIn(a.Freezes, gives.Currency()) == nil {
		list, err := p.openReserves(u, c.Account, gives.Currency())
		if err != nil {
			return none, err
		}
		kept = ledger.Minor(keptBack(list, ReserveExposure), gives.Currency())
	}
	_, most, err := p.sellerMost(u, c)
	if err != nil {
		return none, err
	}
	return minus(gives, ledger.Minor(min(max(most, free.Minor()+kept.Minor()), gives.Minor()), gives.Currency())), nil
}

// enoughNow is enough for a refund that has waited: those whose policy is to refuse are
// waited for, too, since nobody asks who could be told, and so is an advance that the
// platform must have though it may owe its own part.
func (p *Platform) enoughNow(u *ledger.Unit, prof *Profile, a *Account, c *Charge, r *Refund) (bool, error) {
	of, from := *prof, r.Wait.Platform
	switch {
	case of.ShortBalance == ShortRefuse:
		of.ShortBalance = ShortWait
	case of.ShortBalance == ShortNegative && a != nil && a.ShortBalance == ShortAdvance && !r.Reverses:
		of.ShortBalance, from = ShortWait, ledger.Zero(from.Currency())
	}
	if a != nil && a.ShortBalance == ShortRefuse {
		own := *a
		own.ShortBalance = ShortWait
		a = &own
	}
	return p.enough(u, &of, a, c, from, r.Wait.Account)
}
