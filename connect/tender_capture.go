package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

// outside is what of a capture the acquirer is asked for.
func (k *Capture) outside() ledger.Money {
	m := k.Amount.Minor()
	for _, t := range k.Tenders {
		m -= t.Minor()
	}
	return ledger.Minor(m, k.Amount.Currency())
}

// captureTenders says what each tender pays of a capture: the same part of what it
// was to pay as is captured by then, by the cumulative rule, so that a buyer whose
// order shrinks keeps credit and is charged less alike. What is captured over the
// authorization is the source's alone.
func (p *Platform) captureTenders(u *ledger.Unit, c *Charge, k *Capture) error {
	if len(c.Tenders) == 0 {
		return nil
	}
	a, total := c.Authorization, sum(c.Authorization.Captured, k.Amount)
	outside := total
	for i := range c.Tenders {
		t := &c.Tenders[i]
		target, err := t.Authorized.Proportion(ledger.Minor(min(total.Minor(), a.Amount.Minor()), total.Currency()), a.Amount)
		if err != nil {
			return err
		}
		k.Tenders = append(k.Tenders, minus(target, t.captured(a)))
		outside = minus(outside, target)
	}
	if k.outside().Sign() <= 0 {
		return badField("amount_below_minimum", "amount", "nothing of it is for the source of the charge to pay")
	}
	return p.checkCaptured(u, c, k, outside)
}

// captured is what a tender has paid by captures so far.
func (t *Tender) captured(a *Authorization) ledger.Money {
	if a.Captured.IsZero() {
		return ledger.Zero(t.Amount.Currency())
	}
	return t.Amount
}

// addTenders counts on a charge what a capture took of its tenders. The list may be
// another charge's too, so it is a new one.
func (c *Charge) addTenders(k *Capture) {
	if len(k.Tenders) == 0 {
		return
	}
	list := slices.Clone(c.Tenders)
	for i := range list {
		list[i].Amount = sum(list[i].captured(c.Authorization), k.Tenders[i])
	}
	c.Tenders = list
}

// tenderSteps are the tenders of a charge with the amounts of one capture.
func (k *Capture) tenderSteps(of *Charge) []Tender {
	list := slices.Clone(of.Tenders)
	for i := range list {
		list[i].Amount = k.Tenders[i]
	}
	return list
}
