package pricing

import (
	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Price is a price: a percentage of the amount and a fixed part, or tiers; no
// less than a minimum and no more than a cap. All its amounts are in the currency
// of the sale, and zero is none. The zero value costs nothing.
type Price struct {
	Percent decimal.Decimal `json:"percent,omitzero"` // 2.9 for 2.9 %; 0 to 100
	Fixed   ledger.Money    `json:"fixed,omitzero"`

	// Tiers are in place of Percent and Fixed. The whole amount has the price of
	// the tier that it falls into; graduated, each part of it has that of its own
	// tier, and the fixed parts of all tiers that it reaches add up.
	Tiers     []Tier `json:"tiers,omitzero"`
	Graduated bool   `json:"graduated,omitzero"`

	Min ledger.Money `json:"min,omitzero"`
	Cap ledger.Money `json:"cap,omitzero"`

	// Surcharges, for processing alone: percent of the amount, added to what
	// minimum and cap leave. See Table.Price.
	CrossBorder decimal.Decimal `json:"crossBorder,omitzero"`
	FX          decimal.Decimal `json:"fx,omitzero"`
}

// Tier is the price of amounts up to a limit. The last one has none.
type Tier struct {
	UpTo    ledger.Money    `json:"upTo,omitzero"` // included
	Percent decimal.Decimal `json:"percent,omitzero"`
	Fixed   ledger.Money    `json:"fixed,omitzero"`
}

// line computes the price of an amount. What the modifiers change is computed on
// the exact price: each part is the difference of two rounded sums, so that they
// add up to the price rounded once.
func (p *Price) line(of ledger.Money, mods []*Modifier) (Line, error) {
	l := Line{Terms: *p, Of: of}
	exact, err := p.start(&l, len(mods) > 0)
	if err != nil {
		return Line{}, err
	}
	if l.Amount, err = add(ledger.Zero(of.Currency()), l.Percentage, l.Fixed); err != nil {
		return Line{}, err
	}
	for _, m := range mods {
		if err := l.modify(m, &exact); err != nil {
			return Line{}, err
		}
	}
	l.bound(p)
	return l, nil
}

// start computes the percentage and the fixed part, and the exact price in minor
// units if somebody asks.
func (p *Price) start(l *Line, asked bool) (exact decimal.Decimal, err error) {
	percent, fixed := p.Percent, p.Fixed
	switch {
	case len(p.Tiers) > 0 && p.Graduated:
		exact, fixed, err = p.graduated(l.Of)
		if err == nil {
			l.Percentage, err = round(exact, l.Of.Currency())
		}
	default:
		if t := p.tier(l.Of); t != nil {
			percent, fixed = t.Percent, t.Fixed
		}
		if asked {
			exact = decimal.New(l.Of.Minor(), -2).Mul(percent)
		}
		l.Percentage, err = l.Of.Times(percent.Shift(-2), ledger.RoundHalfUp)
	}
	l.Percentage, l.Fixed = some(l.Percentage), some(fixed)
	if asked {
		exact = exact.Add(decimal.New(fixed.Minor(), 0))
	}
	return exact, err
}

// tier is the one that an amount falls into; nil if there are none.
func (p *Price) tier(of ledger.Money) *Tier {
	for i := range p.Tiers {
		if t := &p.Tiers[i]; t.UpTo.IsZero() || of.Minor() <= t.UpTo.Minor() {
			return t
		}
	}
	return nil
}

// graduated adds up what the parts of an amount cost in their tiers: the exact
// percentages in minor units, and the fixed parts.
func (p *Price) graduated(of ledger.Money) (exact decimal.Decimal, fixed ledger.Money, err error) {
	fixed = ledger.Zero(of.Currency())
	below := int64(0)
	for i := range p.Tiers {
		t := &p.Tiers[i]
		to := of.Minor()
		if !t.UpTo.IsZero() {
			to = min(to, t.UpTo.Minor())
		}
		exact = exact.Add(decimal.New(to-below, -2).Mul(t.Percent))
		if fixed, err = add(fixed, t.Fixed); err != nil || to == of.Minor() {
			break
		}
		below = to
	}
	return exact, fixed, err
}

// round rounds an exact number of minor units, once.
func round(exact decimal.Decimal, c ledger.Currency) (ledger.Money, error) {
	return ledger.Minor(1, c).Times(exact, ledger.RoundHalfUp)
}

// add adds amounts up; the zero Money is none.
func add(sum ledger.Money, parts ...ledger.Money) (ledger.Money, error) {
	var err error
	for _, m := range parts {
		if m.IsZero() {
			continue
		}
		if sum, err = sum.Add(m); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// some is the zero Money for an amount of nothing, as a line is stored.
func some(m ledger.Money) ledger.Money {
	if m.IsZero() {
		return ledger.Money{}
	}
	return m
}
