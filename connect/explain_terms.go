package connect

import (
	"cmp"
	"strings"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// chargeTerms says what was applied to a charge: prices, taxes, rates, and who bears
// each.
func (x *explain) chargeTerms(c *Charge) {
	id := chargeKind.ID(c.ID)
	x.ruled(id, c.Decision, c.Limits)
	if s := c.Settlement; s != nil {
		x.term(id, "settlement", c.Amount, "", s.Rate.String()+", less "+s.Spread.Shift(2).String()+" % for the house; refunds "+string(cmp.Or(s.RefundRate, RefundAtCharge)))
	}
	if !c.ProcessingFee.IsZero() || c.Processing != nil {
		x.term(id, "processing fee", c.ProcessingFee, c.payer(), priced(c.Processing))
	}
	if len(c.Commissions) == 0 && (!c.ApplicationFee.IsZero() || c.Commission != nil) {
		x.term(id, "commission", c.ApplicationFee, c.Account, priced(c.Commission))
	}
	for i := range c.Commissions {
		l := &c.Commissions[i]
		x.term(id, "commission on "+cmp.Or(l.Category, "other goods"), l.Price.Amount, c.Account, priced(&l.Price))
	}
	if !c.ServiceFee.IsZero() {
		x.term(id, "service fee", c.ServiceFee, "buyer", priced(c.Service))
	}
	x.taxes(id, "tax", c.Tax, "buyer")
	x.taxes(id, "tax on the commission", c.FeeTax, c.Account)
	if !c.PlatformPart.IsZero() {
		x.term(id, "lines of the platform", c.PlatformPart, "buyer", "")
	}
	if !c.Discount.IsZero() {
		x.term(id, "discount", c.Discount, c.Platform, "on top of what the buyer paid")
	}
	for _, t := range c.Tenders {
		what, by := "store credit", cmp.Or(t.Buyer, t.Of)
		if t.Buyer == "" {
			what = "voucher"
		}
		if t.Promotion {
			by = c.Platform
		}
		x.term(id, what, t.Amount, by, string(t.State)+" "+t.Of)
	}
	if f := c.FeeSettlement; f != nil {
		x.term(id, "conversion of the commission", f.Credited, c.Platform, f.Rate.String())
	}
	if f := c.Failure; f != nil {
		x.term(id, "failure", f.Amount, "", cmp.Or(f.Code, "the payment failed")+" on "+f.At.Format("2006-01-02"))
	}
}

func (x *explain) taxes(id ledger.ID, what string, list []Tax, by string) {
	for _, t := range list {
		x.term(id, what, t.Amount, by, "for "+t.Authority)
	}
}

// priced says how a price came about.
func priced(l *pricing.Line) string {
	if l == nil {
		return "as it was stated"
	}
	var parts []string
	part := func(what string, m ledger.Money) {
		if !m.IsZero() {
			parts = append(parts, what+" "+m.String())
		}
	}
	part("percentage", l.Percentage)
	part("fixed", l.Fixed)
	for _, m := range l.Modifiers {
		part("modifier "+m.Name, m.Amount)
	}
	part("bound", l.Bound)
	part("card from abroad", l.CrossBorder)
	part("currency", l.FX)
	text := "rule " + cmp.Or(l.Rule, "without a name") + ", of " + l.Of.String()
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}
