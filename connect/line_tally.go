package connect

import (
	"github.com/soukhq/souk/ledger"
)

// lines adds up what a refund gave back of lines and discounts.
func (g *given) lines(r *Refund) {
	g.platformBack += r.PlatformBack.Minor()
	g.discountBack += r.DiscountBack.Minor()
	for _, x := range r.Lines {
		if g.byLine == nil {
			g.byLine = make(map[string]*LineParts)
		}
		if g.byLine[x.Line] == nil {
			g.byLine[x.Line] = &LineParts{}
		}
		g.byLine[x.Line].add(&x.Parts, 1)
	}
}

// compareByLine reports where what a charge counts of its lines is not what its
// refunds add up to, or is more than there was.
func (t *tally) compareByLine(c *Charge) {
	g := t.given[c.ID]
	for i := range c.Lines {
		x := &c.Lines[i]
		back, said := x.Back, (*LineParts)(nil)
		if g != nil {
			said = g.byLine[x.Name]
		}
		if back == nil {
			back = &LineParts{}
		}
		if said == nil {
			said = &LineParts{}
		}
		same := back.Amount.Minor() == said.Amount.Minor() && back.paid() == said.paid() && back.Commission.Minor() == said.Commission.Minor() &&
			back.ByPlatform.Minor() == said.ByPlatform.Minor() && addTax(back.Tax) == addTax(said.Tax)
		if !same || x.sold() && !x.Parts.holds(back) {
			t.report.Add("charge "+c.ID, "line %s counts %v as refunded; its refunds add up to %v, of at most %v", x.Name, back.Amount, said.Amount, x.Amount)
		}
	}
}

// holds reports whether no more went back of a line than there was.
func (p *LineParts) holds(back *LineParts) bool {
	for _, x := range [][2]ledger.Money{
		{p.Amount, back.Amount}, {p.Discount, back.Discount}, {p.ByPlatform, back.ByPlatform}, {p.OnTop, back.OnTop}, {p.Base, back.Base},
		{p.Commission, back.Commission},
	} {
		if x[1].Sign() < 0 || x[1].Minor() > x[0].Minor() {
			return false
		}
	}
	for _, x := range back.Tax {
		if x.Amount.Sign() < 0 || x.Amount.Minor() > p.tax(x.Authority) {
			return false
		}
	}
	return true
}

// compareLines reports where a charge is not what its lines say: its amount, its
// taxes, what is the platform's, what it gives to discounts, and its commission.
func (t *tally) compareLines(c *Charge) {
	if len(c.Lines) == 0 {
		return
	}
	amount, tax, own, discount, fee := c.Amount.Minor()-c.ServiceFee.Minor(), addTax(c.Tax), c.PlatformPart.Minor(), c.Discount.Minor(), c.ApplicationFee.Minor()
	if a := c.Authorization; a != nil && a.Amount.Sign() > 0 && !a.Captured.IsZero() {
		// What is captured in part, or over the authorization, is not what its lines say.
		amount, tax, own, discount = a.Amount.Minor()-a.Terms.ServiceFee.Minor(), addTax(a.Terms.Tax), a.Terms.PlatformPart.Minor(), a.Terms.Discount.Minor()
		if a.Captured.Minor() < a.Amount.Minor() {
			fee = a.Terms.ApplicationFee.Minor()
		}
	}
	for i := range c.Lines {
		x := &c.Lines[i]
		if !x.Included {
			amount -= x.Amount.Minor()
		}
		if !x.sold() {
			if x.Kind == LineTax && !x.SellerRemits {
				tax -= x.Amount.Minor()
			}
			continue
		}
		if c.Account != "" {
			if discount -= x.Parts.ByPlatform.Minor(); x.Owner == c.Platform {
				own -= x.Parts.net()
			}
			fee -= x.Parts.Commission.Minor()
		}
	}
	if amount != 0 || tax != 0 || own != 0 || discount != 0 || c.Account != "" && fee != 0 {
		t.report.Add("charge "+c.ID, "its lines are not what it counts: by %d in its amount, %d in taxes, %d of the platform's, %d in discounts, %d in commission",
			amount, tax, own, discount, fee)
	}
}
