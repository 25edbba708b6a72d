package connect

import (
	"slices"

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
	var err error
	c.Limits, err = p.followUses(u, chargeKind.ID(c.ID), c.Limits, counts)
	return err
}

// followUses makes what a payment takes of limits another amount, limit by limit.
func (p *Platform) followUses(u *ledger.Unit, object ledger.ID, uses []LimitUse, counts ledger.Money) (list []LimitUse, err error) {
	b := &books{u: u, p: p, object: object}
	for len(uses) > 0 {
		of := 1 // its days stand together, oldest first
		for of < len(uses) && uses[of].Limit == uses[0].Limit && uses[of].Owner == uses[0].Owner {
			of++
		}
		days, err := p.followUse(b, slices.Clone(uses[:of]), counts)
		if err != nil {
			return nil, err
		}
		list, uses = append(list, days...), uses[of:]
	}
	return list, nil
}

// followUse does it for one limit: what it takes more of a rolling one it takes today,
// and it gives back what it took last.
func (p *Platform) followUse(b *books, days []LimitUse, counts ledger.Money) ([]LimitUse, error) {
	if days[0].Amount == (ledger.Money{}) {
		return days, nil // all of it was given back
	}
	if c := countMoney(counts.Minor()); days[0].Amount.Currency() == c.Currency() {
		counts = countMoney(min(c.Minor(), 1))
	}
	more := counts.Minor()
	for i := range days {
		more -= days[i].Amount.Minor()
	}
	last := len(days) - 1
	if more > 0 && days[last].Moving {
		l, err := limitKind.Get(b.u, days[last].Limit)
		if err != nil {
			return nil, err
		}
		if l.Ended.IsZero() {
			return p.useToday(b, l, days, ledger.Minor(more, counts.Currency()))
		}
	}
	for more != 0 {
		x := &days[last]
		step := max(more, -x.Amount.Minor())
		if err := p.changeUse(b, x, step); err != nil {
			return nil, err
		}
		if more -= step; x.Amount.IsZero() {
			if x.Amount = (ledger.Money{}); last > 0 {
				days, last = days[:last], last-1
			}
		}
	}
	return days, nil
}

// useToday takes more of a rolling limit, on the day on which it is asked for.
func (p *Platform) useToday(b *books, l *PaymentLimit, days []LimitUse, more ledger.Money) ([]LimitUse, error) {
	last := &days[len(days)-1]
	today := []LimitUse{l.use(last.Owner, b.u.At(), more)}
	if err := p.takeUses(b.u, b.object, []*PaymentLimit{l}, today, nil); err != nil {
		return nil, err
	}
	if last.Window == today[0].Window {
		last.Amount = sum(last.Amount, more)
		return days, nil
	}
	return append(days, today...), nil
}

// changeUse makes what is used of a window more or less. What was used on a day that a
// rolling limit has given back already stays so.
func (p *Platform) changeUse(b *books, x *LimitUse, more int64) error {
	closed := false
	if x.Moving {
		list, err := b.u.Peek(x.used())
		if err != nil {
			return err
		}
		closed = list[0].Closed
	}
	reason, left := "allowance used", x.left()
	if more < 0 {
		reason = "allowance returned"
	}
	if !closed {
		b.postLimit(reason, line{account: left, minor: -more}, line{account: x.used(), minor: more})
	}
	x.Amount = sum(x.Amount, ledger.Minor(more, x.Amount.Currency()))
	return nil
}
