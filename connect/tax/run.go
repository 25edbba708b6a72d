package tax

import (
	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// run is one sale being taxed.
type run struct {
	sale   *Sale
	day    string
	cur    ledger.Currency
	result Result
}

// piece is what of a line has one rate.
type piece struct {
	line    int
	rate    string
	amount  int64
	percent decimal.Decimal
	confirm bool
}

// apply puts the taxes of a country or region on the sale.
func (r *run) apply(c *Country, foreign bool) error {
	pieces, err := r.pieces(c)
	if err != nil {
		return err
	}
	remitter, confirm := BySeller, false
	if f := on(c.PlatformBy, r.day); f != nil && (f.Value == Always || f.Value == ForeignSellers && foreign) {
		remitter, confirm = ByPlatform, f.Confirm
	}
	amounts, err := r.amounts(c, pieces)
	if err != nil {
		return err
	}
	for i, p := range pieces {
		base := p.amount
		if c.Included {
			base -= amounts[i]
		}
		a := Applied{
			Line: r.sale.Lines[p.line].Name, Authority: c.Authority, Jurisdiction: c.Name, Rate: p.percent, Base: ledger.Minor(base, r.cur),
			Amount: ledger.Minor(amounts[i], r.cur), Included: c.Included, Remitter: remitter, Rounding: c.rounding(), Confirm: confirm || p.confirm,
		}
		if p.rate == Zero || p.rate == Exempt {
			a.Note = map[string]string{Zero: "Zero-rated", Exempt: "Exempt from tax"}[p.rate]
		}
		r.result.Taxes = append(r.result.Taxes, a)
	}
	return nil
}

func (c *Country) rounding() RoundingRule {
	if c.Rounding == "" {
		return RoundLine
	}
	return c.Rounding
}

// nothing notes on each line that is taxed why no tax is charged.
func (r *run) nothing(c *Country, note string) {
	for _, l := range r.sale.Lines {
		if l.Kind == "goods" || l.Kind == "delivery" {
			r.result.Taxes = append(r.result.Taxes, Applied{
				Line: l.Name, Authority: c.Authority, Jurisdiction: c.Name, Base: l.Amount, Amount: ledger.Zero(r.cur), Remitter: BySeller,
				Note: note, Rounding: c.rounding(),
			})
		}
	}
}

// pieces says which rates each line has: goods their category's, delivery those of
// the goods in proportion.
func (r *run) pieces(c *Country) (list []piece, err error) {
	goods := make([]piece, 0, len(r.sale.Lines))
	for i := range r.sale.Lines {
		if l := &r.sale.Lines[i]; l.Kind == "goods" {
			p, ok := c.piece(l.Category, r.day)
			if !ok {
				return nil, bad("no_rate", "category", "no rate of "+c.Name+" is known for the day")
			}
			p.line, p.amount = i, l.Amount.Minor()
			goods = append(goods, p)
		}
	}
	list = append(make([]piece, 0, 2*len(r.sale.Lines)), goods...)
	for i := range r.sale.Lines {
		l := &r.sale.Lines[i]
		if l.Kind != "delivery" {
			continue
		}
		parts, err := r.follow(c, goods, l)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			p.line = i
			list = append(list, p)
		}
	}
	return list, nil
}

// follow gives delivery the rates of the goods.
func (r *run) follow(c *Country, goods []piece, l *Line) ([]piece, error) {
	var rates []piece
	for _, g := range goods {
		at := -1
		for n := range rates {
			if rates[n].rate == g.rate {
				at = n
			}
		}
		if at < 0 {
			rates, at = append(rates, g), len(rates)
			rates[at].amount = 0
		}
		rates[at].amount += g.amount
	}
	weights, all := make([]int64, len(rates)), int64(0)
	for n := range rates {
		weights[n] = rates[n].amount
		all += rates[n].amount
	}
	if all == 0 {
		p, ok := c.piece("", r.day)
		if !ok {
			return nil, bad("no_rate", "category", "no rate of "+c.Name+" is known for the day")
		}
		p.amount = l.Amount.Minor()
		return []piece{p}, nil
	}
	parts, err := l.Amount.Allocate(weights...)
	if err != nil {
		return nil, err
	}
	for n := range rates {
		rates[n].amount = parts[n].Minor()
	}
	return rates, nil
}

// piece finds the rate of a category on a day.
func (c *Country) piece(category, day string) (p piece, ok bool) {
	p.rate = Standard
	if f := on(c.Categories[category], day); f != nil {
		p.rate, p.confirm = f.Value, f.Confirm
	}
	f := on(c.Rates[p.rate], day)
	switch {
	case f != nil:
		p.percent, p.confirm = f.Value, p.confirm || f.Confirm
	case p.rate != Zero && p.rate != Exempt:
		return p, false
	}
	return p, true
}

// amounts computes the tax of each piece: rounded line by line, or once for all
// pieces of a rate and shared out among them.
func (r *run) amounts(c *Country, list []piece) ([]int64, error) {
	out := make([]int64, len(list))
	if c.rounding() == RoundLine {
		for i, p := range list {
			m, err := c.tax(ledger.Minor(p.amount, r.cur), p.percent)
			if err != nil {
				return nil, err
			}
			out[i] = m.Minor()
		}
		return out, nil
	}
	done := make([]bool, len(list))
	for i := range list {
		if done[i] {
			continue
		}
		weights, all := make([]int64, len(list)), int64(0)
		for k := i; k < len(list); k++ {
			if list[k].rate == list[i].rate {
				done[k], weights[k] = true, list[k].amount
				all += list[k].amount
			}
		}
		if all == 0 {
			continue
		}
		m, err := c.tax(ledger.Minor(all, r.cur), list[i].percent)
		if err != nil {
			return nil, err
		}
		parts, err := m.Allocate(weights...)
		if err != nil {
			return nil, err
		}
		for k := range parts {
			out[k] += parts[k].Minor()
		}
	}
	return out, nil
}

// A percentage has at most six decimals, so that it is a whole number of millionths.
const (
	decimals = 6
	hundred  = 100_000_000
)

// tax is a percentage of an amount, or what of it is that percentage of the rest.
func (c *Country) tax(m ledger.Money, percent decimal.Decimal) (ledger.Money, error) {
	if !c.Included {
		return m.Times(percent.Shift(-2), ledger.RoundHalfUp)
	}
	part := percent.Shift(decimals).IntPart()
	return m.Proportion(ledger.Minor(part, m.Currency()), ledger.Minor(part+hundred, m.Currency()))
}
