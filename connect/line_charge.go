package connect

import (
	"slices"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// CategoryPrice is the commission on the lines of one category.
type CategoryPrice struct {
	Category string       `json:"category,omitzero"`
	Price    pricing.Line `json:"price"`
}

// AccountShare is what the lines of a charge of the platform say is an account's,
// and what of it was transferred.
type AccountShare struct {
	Account     string       `json:"account"`
	Amount      ledger.Money `json:"amount"`
	Refunded    ledger.Money `json:"refunded,omitzero"`    // of it, by refunds that name its lines
	Transferred ledger.Money `json:"transferred,omitzero"` // less what was reversed
}

// amount is what the buyer pays for all lines.
func (l *layout) amount() ledger.Money {
	n := int64(0)
	for i := range l.lines {
		if !l.lines[i].Included {
			n += l.lines[i].Amount.Minor()
		}
	}
	return ledger.Minor(n, l.cur)
}

// taxes are what the platform remits, one for each authority.
func (l *layout) taxes() []Tax {
	var all LineParts
	for i := range l.lines {
		if x := &l.lines[i]; x.Kind == LineTax && !x.SellerRemits {
			all.addTax(x.Authority, x.Amount)
		}
	}
	return all.Tax
}

// total adds up what a function says of each line that is sold.
func (l *layout) total(of func(i int, x *Line) int64) ledger.Money {
	n := int64(0)
	for i := range l.lines {
		if l.lines[i].sold() {
			n += of(i, &l.lines[i])
		}
	}
	return ledger.Minor(n, l.cur)
}

// own is what is the platform's of a charge for a seller: its lines, less their
// discounts and the taxes that are remitted of them.
func (l *layout) own() ledger.Money {
	return l.total(func(_ int, x *Line) int64 {
		if l.seller == "" || x.Owner != l.platform {
			return 0
		}
		return x.Parts.net()
	})
}

// net is what whose line it is has of it: what was paid, less what is remitted.
func (p *LineParts) net() int64 { return p.paid() - addTax(p.Tax) }

// discount is what the platform pays a seller for discounts.
func (l *layout) discount() ledger.Money {
	return l.total(func(_ int, x *Line) int64 {
		if l.seller == "" {
			return 0
		}
		return x.Parts.ByPlatform.Minor()
	})
}

// base is what a commission is computed of.
func (l *layout) base() ledger.Money {
	return l.total(func(_ int, x *Line) int64 { return x.Parts.Base.Minor() })
}

// share is the most that can be taken of a seller: their lines, and what the
// platform gives to discounts on them.
func (r *ChargeRequest) share(rest ledger.Money) ledger.Money {
	if r.laid == nil {
		return rest
	}
	return sum(minus(rest, r.laid.own()), r.laid.discount())
}

// frame puts on a new charge what its lines say is whose.
func (l *layout) frame(c *Charge) {
	if l == nil {
		return
	}
	c.Lines, c.PlatformPart, c.Discount = l.lines, l.own(), l.discount()
	if c.Account != "" {
		return
	}
	for i := range l.lines {
		x := &l.lines[i]
		if !x.sold() || x.Owner == l.platform {
			continue
		}
		s := c.shareOf(x.Owner)
		if s == nil {
			c.Shares = append(c.Shares, AccountShare{Account: x.Owner, Amount: ledger.Zero(l.cur), Refunded: ledger.Zero(l.cur), Transferred: ledger.Zero(l.cur)})
			s = &c.Shares[len(c.Shares)-1]
		}
		s.Amount = ledger.Minor(s.Amount.Minor()+x.due(), l.cur)
	}
}

// due is what is the owner's of a line, with what the platform gives to discounts.
func (l *Line) due() int64 { return l.Parts.net() + l.Parts.ByPlatform.Minor() }

// shareOf is what the lines say is an account's, nil if that is nothing.
func (c *Charge) shareOf(account string) *AccountShare {
	for i := range c.Shares {
		if c.Shares[i].Account == account {
			return &c.Shares[i]
		}
	}
	return nil
}

// expectOwners expects the accounts that the lines of the platform's own charge name.
func (p *Platform) expectOwners(u *ledger.Unit, c *Charge) error {
	for i := range c.Shares {
		if err := p.expectSelling(u, c.Shares[i].Account); err != nil {
			return err
		}
	}
	return nil
}

// groups are the categories of which a commission is taken, in the order of their
// lines, and what it is computed of.
func (l *layout) groups() (list []pricing.Sale) {
	for i := range l.lines {
		x := &l.lines[i]
		if !x.sold() || x.Parts.Base.IsZero() {
			continue
		}
		category, at := x.category(l.category), -1
		for n := range list {
			if list[n].Category == category {
				at = n
			}
		}
		if at < 0 {
			list = append(list, pricing.Sale{Category: category, Of: ledger.Zero(l.cur)})
			at = len(list) - 1
		}
		list[at].Of = sum(list[at].Of, x.Parts.Base)
	}
	return list
}

// priceLines asks the price list for the commission on a charge with lines: once for
// each category, so that a fixed part and a minimum count once for it and it is
// rounded once. The first rule that fits the category is its price.
func (p *Platform) priceLines(prof *Profile, r *ChargeRequest, c *Charge, s pricing.Sale) (err error) {
	list := r.laid.groups()
	if r.PriceOf != (ledger.Money{}) {
		list = []pricing.Sale{{Category: s.Category, Of: r.PriceOf}}
	}
	if r.NoFee || r.ApplicationFee.Sign() > 0 {
		list = nil
	}
	for _, g := range list {
		one := s
		one.Category, one.Of = g.Category, g.Of
		line, err := prof.Prices.Commission.Price(one)
		if err != nil {
			return err
		}
		if line != nil {
			c.Commissions = append(c.Commissions, CategoryPrice{g.Category, *line})
			if c.ApplicationFee, err = ledger.Minor(c.ApplicationFee.Minor(), c.Amount.Currency()).Add(line.Amount); err != nil {
				return err
			}
		}
	}
	if len(list) == 1 && len(c.Commissions) == 1 {
		c.Commission, c.Commissions = &c.Commissions[0].Price, nil
	}
	if s.Of.IsZero() {
		return nil
	}
	c.Service, err = prof.Prices.Service.Price(s)
	return err
}

// allot says which part of the commission is for which line: for those of one price
// in proportion to what it was computed of, and where there is no such thing in
// proportion to what the seller has of them.
func (c *Charge) allot() error {
	if len(c.Lines) == 0 {
		return nil
	}
	base := false
	for i := range c.Lines {
		if x := &c.Lines[i]; x.sold() {
			x.Parts.Commission = ledger.Money{}
			base = base || !x.Parts.Base.IsZero()
		}
	}
	weight := func(x *Line) int64 {
		switch {
		case !x.sold() || x.Owner != c.Account:
			return 0
		case base:
			return x.Parts.Base.Minor()
		}
		return x.due()
	}
	if len(c.Commissions) == 0 {
		return c.allotTo(c.ApplicationFee, weight)
	}
	for i := range c.Commissions {
		g := &c.Commissions[i]
		err := c.allotTo(g.Price.Amount, func(x *Line) int64 {
			if x.category(c.Category) != g.Category {
				return 0
			}
			return weight(x)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Charge) allotTo(fee ledger.Money, weight func(*Line) int64) error {
	weights, all := make([]int64, len(c.Lines)), int64(0)
	for i := range c.Lines {
		weights[i] = weight(&c.Lines[i])
		all += weights[i]
	}
	if all == 0 || fee.IsZero() {
		return nil
	}
	parts, err := fee.Allocate(weights...)
	if err != nil {
		return err
	}
	for i, part := range parts {
		if !part.IsZero() {
			c.Lines[i].Parts.Commission = part
		}
	}
	return nil
}

// linesAgain puts the lines of a charge on another one for the same, of which nothing
// has gone back.
func (c *Charge) linesAgain(n *Charge) {
	n.Lines, n.Shares = slices.Clone(c.Lines), slices.Clone(c.Shares)
	zero := ledger.Zero(c.Amount.Currency())
	for i := range n.Lines {
		n.Lines[i].Back = nil
	}
	for i := range n.Shares {
		n.Shares[i].Refunded, n.Shares[i].Transferred = zero, zero
	}
	n.PlatformPart, n.Discount, n.Commissions, n.FeeTaxed = c.PlatformPart, c.Discount, c.Commissions, c.FeeTaxed
}
