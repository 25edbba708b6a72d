package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/connect/tax"
)

// RulesOfLines does what lines, taxes and a market add to a charge: the table is
// asked, the lines are laid out with its answer, priced and allotted, and the rules of
// the buyer's market are kept.
func RulesOfLines(ctx context.Context, p *Platform, r ChargeRequest, s tax.Sale, prices *pricing.List, at time.Time) error {
	l, err := p.layOut(&r)
	if err != nil {
		return err
	}
	result, err := p.e.c.Taxes.Tax(ctx, s)
	if err != nil {
		return err
	}
	if err := l.answered(&result); err != nil {
		return err
	}
	if err := l.decide(&r); err != nil {
		return err
	}
	c := &Charge{Platform: p.id, Account: r.AccountID, Amount: r.Amount, Tax: r.Tax}
	r.laid.frame(c)
	if err := p.priceLines(&Profile{Prices: prices}, &r, c, pricing.Sale{Amount: c.Amount, Of: r.laid.base(), At: at}); err != nil {
		return err
	}
	if err := c.allot(); err != nil {
		return err
	}
	v := p.e.c.Markets.View(r.BuyerCountry, at, nil)
	return v.Refuse(&market.Sale{Amount: c.Amount, Seller: "DE"})
}
