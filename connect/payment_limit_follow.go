package connect

import (
	"github.com/soukhq/souk/ledger"
)

// counts is how much of a charge limits count now: all that it may still take, nothing
// once it has failed or was canceled. False: as it was recorded.
func (c *Charge) counts() (ledger.Money, bool) {
	a, zero := c.Authorization, ledger.Zero(c.whole().Currency())
	switch {
	case c.Status == ChargeFailed || c.Status == ChargeCanceled:
		return zero, true
	case a == nil || a.Amount.IsZero():
		return zero, false
	case a.Ended:
		return sum(a.Captured, a.Capturing), true
	}
	m := sum(a.Captured, a.Capturing)
	if m.Minor() < a.Amount.Minor() {
		m = a.Amount
	}
	return sum(m, a.Increasing), true
}

// followLimits lets limits follow what becomes of a charge: gives back what it will not
// take, and takes what it is raised by.
func (p *Platform) followLimits(u *ledger.Unit, c *Charge) error {
	if len(c.Limits) == 0 {
		return nil
	}
	counts, ok := c.counts()
	if !ok {
		return nil
	}
	return p.returnUses(u, chargeKind.ID(c.ID), c.Limits, counts)
}

// returnUses makes what a payment takes of limits another amount. What was used on a
// day that a rolling limit has given back already stays so.
func (p *Platform) returnUses(u *ledger.Unit, object ledger.ID, uses []LimitUse, counts ledger.Money) error {
	b := &books{u: u, p: p, object: object}
	for i := range uses {
		x := &uses[i]
		if x.Amount == (ledger.Money{}) {
			continue // all of it was given back
		}
		now := counts
		if x.Amount.Currency() == countMoney(0).Currency() {
			now = countMoney(min(counts.Minor(), 1))
		}
		more := now.Minor() - x.Amount.Minor()
		if more == 0 {
			continue
		}
		if x.Moving {
			list, err := u.Peek(x.used())
			if err != nil {
				return err
			}
			if list[0].Closed {
				x.Amount = now
				continue
			}
		}
		reason, left := "allowance used", x.left()
		if more < 0 {
			reason = "allowance returned"
		}
		b.postLimit(reason, line{account: left, minor: -more}, line{account: x.used(), minor: more})
		if x.Amount = now; now.IsZero() {
			x.Amount = ledger.Money{}
		}
	}
	return nil
}
