package connect

import (
	"github.com/soukhq/souk/ledger"
)

// linesOf puts on the terms of a part of the authorization what comes of lines: the
// platform's own and what it gives to discounts in proportion, and the price of each
// category as it follows captures.
func (a *Authorization) linesOf(total ledger.Money, t *Terms) (err error) {
	if t.PlatformPart, err = a.Terms.PlatformPart.Proportion(total, a.Amount); err != nil {
		return err
	}
	if t.Discount, err = a.Terms.Discount.Proportion(total, a.Amount); err != nil || len(a.Terms.Commissions) == 0 {
		return err
	}
	t.ApplicationFee = ledger.Zero(a.Amount.Currency())
	for _, g := range a.Terms.Commissions {
		now, err := g.Price.Captured(total, a.Amount)
		if err != nil {
			return err
		}
		t.Commissions = append(t.Commissions, CategoryPrice{g.Category, now})
		t.ApplicationFee = sum(t.ApplicationFee, now.Amount)
	}
	return nil
}
