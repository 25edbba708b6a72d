package pricing

import (
	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Line is a price as one sale had it: its terms, and the parts that add up to its
// amount. It is kept with the payment. Parts of nothing are the zero Money.
type Line struct {
	Rule      string       `json:"rule"`               // its name
	Terms     Price        `json:"terms,omitzero"`     // of a platform's price; a processing price leaves them out
	Origin    Origin       `json:"origin,omitzero"`    // of the card, where the source told
	OfTotal   bool         `json:"ofTotal,omitzero"`   // Rule.OfTotal
	Kept      bool         `json:"kept,omitzero"`      // Rule.Kept
	OnCapture Capture      `json:"onCapture,omitzero"` // Rule.OnCapture
	Of        ledger.Money `json:"of"`                 // what it is computed of
	Amount    ledger.Money `json:"amount"`

	Percentage  ledger.Money `json:"percentage,omitzero"`
	Fixed       ledger.Money `json:"fixed,omitzero"`
	Modifiers   []Modified   `json:"modifiers,omitzero"`
	Bound       ledger.Money `json:"bound,omitzero"` // what the minimum added, or the cap took (below zero)
	CrossBorder ledger.Money `json:"crossBorder,omitzero"`
	FX          ledger.Money `json:"fx,omitzero"`
}

// Modified is what one modifier changed.
type Modified struct {
	Name    string          `json:"name"`
	Percent decimal.Decimal `json:"percent,omitzero"`
	Fixed   ledger.Money    `json:"fixed,omitzero"`
	Amount  ledger.Money    `json:"amount,omitzero"` // below zero where it made the price less
}

// Whole reports whether the parts of a line add up to its amount.
func (l *Line) Whole() bool {
	sum, err := add(ledger.Zero(l.Amount.Currency()), l.parts()...)
	return err == nil && sum == l.Amount
}

func (l *Line) parts() []ledger.Money {
	list := []ledger.Money{l.Percentage, l.Fixed}
	for _, m := range l.Modifiers {
		list = append(list, m.Amount)
	}
	return append(list, l.Bound, l.CrossBorder, l.FX)
}

// modify applies a modifier to the exact price, which is never below zero.
func (l *Line) modify(m *Modifier, exact *decimal.Decimal) error {
	now := exact.Mul(m.Percent.Add(decimal.New(100, 0))).Shift(-2).Add(decimal.New(m.Fixed.Minor(), 0))
	if now.Sign() < 0 {
		now = decimal.Decimal{}
	}
	cur := l.Of.Currency()
	rounded, err := round(now, cur)
	if err != nil {
		return err
	}
	change := ledger.Minor(rounded.Minor()-l.Amount.Minor(), cur) // of two amounts from zero on
	l.Modifiers = append(l.Modifiers, Modified{Name: m.Name, Percent: m.Percent, Fixed: m.Fixed, Amount: some(change)})
	l.Amount, *exact = rounded, now
	return nil
}

// bound keeps the price between minimum and cap.
func (l *Line) bound(p *Price) {
	to := l.Amount.Minor()
	if to = max(to, p.Min.Minor()); !p.Cap.IsZero() {
		to = min(to, p.Cap.Minor())
	}
	if by := to - l.Amount.Minor(); by != 0 {
		l.Bound = ledger.Minor(by, l.Of.Currency())
		l.Amount = ledger.Minor(to, l.Of.Currency())
	}
}

// surcharge adds a percentage of what the price is of.
func (l *Line) surcharge(percent decimal.Decimal) (ledger.Money, error) {
	if percent.IsZero() {
		return ledger.Money{}, nil
	}
	part, err := l.Of.Times(percent.Shift(-2), ledger.RoundHalfUp)
	if err == nil {
		l.Amount, err = l.Amount.Add(part)
	}
	return some(part), err
}

// Captured returns the line of a sale of which only a part was captured, by the
// line's own terms and OnCapture. All of it is the line itself. Where a sale is
// captured in several parts, each part's price is the line of all that is captured
// by then less the line before, so that they add up. A processing price, which is
// of what was captured to begin with, goes in proportion. captured is zero or more and
// at most authorized, both in the line's currency; else it is of class Invalid.
func (l *Line) Captured(captured, authorized ledger.Money) (Line, error) {
	if authorized.Currency() != l.Of.Currency() {
		return Line{}, &ledger.Error{Class: ledger.Invalid, Code: "currency_mismatch", Field: "captured", Msg: "the price is in " + l.Of.Currency().String()}
	}
	of, err := l.Of.Proportion(captured, authorized)
	switch {
	case err != nil:
		return Line{}, err
	case captured == authorized:
		return *l, nil
	case l.OnCapture == Prorated || captured.IsZero() || l.termless(): // nothing was sold: nothing is due
		return l.prorated(of, captured, authorized)
	}
	return l.recomputed(of)
}

// termless is a processing price, or one of nothing.
func (l *Line) termless() bool {
	t := &l.Terms
	return t.Percent.IsZero() && t.Fixed.IsZero() && t.Min.IsZero() && len(t.Tiers)+len(l.Modifiers) == 0
}

// recomputed applies the terms to another amount.
func (l *Line) recomputed(of ledger.Money) (Line, error) {
	mods := make([]*Modifier, len(l.Modifiers))
	for i, m := range l.Modifiers {
		mods[i] = &Modifier{Name: m.Name, Percent: m.Percent, Fixed: m.Fixed}
	}
	now, err := l.Terms.line(of, mods)
	now.Rule, now.OfTotal, now.Kept, now.OnCapture = l.Rule, l.OfTotal, l.Kept, l.OnCapture
	return now, err
}

// prorated takes the same part of everything: each part is the difference of two
// rounded sums, so that they add up.
func (l *Line) prorated(of, captured, authorized ledger.Money) (Line, error) {
	now := *l
	now.Of, now.Modifiers = of, append([]Modified(nil), l.Modifiers...)
	parts := []*ledger.Money{&now.Percentage, &now.Fixed}
	for i := range now.Modifiers {
		parts = append(parts, &now.Modifiers[i].Amount)
	}
	whole, given := ledger.Zero(of.Currency()), ledger.Zero(of.Currency())
	for _, part := range append(parts, &now.Bound, &now.CrossBorder, &now.FX) {
		var err error
		if whole, err = add(whole, *part); err != nil {
			return Line{}, err
		}
		due, err := whole.Proportion(captured, authorized)
		if err != nil {
			return Line{}, err
		}
		*part = some(ledger.Minor(due.Minor()-given.Minor(), of.Currency()))
		given = due
	}
	now.Amount = given
	return now, nil
}
