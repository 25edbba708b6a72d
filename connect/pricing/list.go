package pricing

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// List holds a platform's prices. The zero value takes nothing.
type List struct {
	Commission Prices `json:"commission,omitzero"` // inside: out of the seller's share
	Service    Prices `json:"service,omitzero"`    // on top: added to the amount, and paid by the buyer
}

// Prices are rules, of which the first that fits is the price, and modifiers, of
// which all that fit change it in their order. No rule that fits is no price.
type Prices struct {
	Rules     []Rule     `json:"rules,omitzero"`
	Modifiers []Modifier `json:"modifiers,omitzero"`
}

// Rule is the price of the sales that it fits.
type Rule struct {
	Name  string `json:"name"` // 1–60 characters, each once in its list: "books"
	When  Match  `json:"when,omitzero"`
	Price Price  `json:"price,omitzero"`

	// OfTotal is for a service fee: its price is computed of all that the buyer
	// pays, taxes and the fee itself included. The fee is the least that is right.
	OfTotal bool `json:"ofTotal,omitzero"`
	// Kept is for a service fee: a refund that names no amount leaves it with the
	// platform. Else it goes back in proportion.
	Kept bool `json:"kept,omitzero"`
	// OnCapture says what becomes of the price where less is captured than was
	// authorized.
	OnCapture Capture `json:"onCapture,omitzero"`
}

// Capture says how a price follows what is captured.
type Capture string

// The ways to follow a capture.
const (
	Recomputed Capture = ""         // by the same terms from what is captured: a fixed part stays whole
	Prorated   Capture = "prorated" // the whole price in proportion
)

// Modifier changes the price that a rule has made, before its minimum and cap:
// by a percentage of it (−50 is half of it) and then by an amount. What would be
// less than nothing is nothing.
type Modifier struct {
	Name    string          `json:"name"` // 1–60 characters, each once in its list: "summer"
	When    Match           `json:"when,omitzero"`
	Percent decimal.Decimal `json:"percent,omitzero"` // −100 to 100
	Fixed   ledger.Money    `json:"fixed,omitzero"`   // below zero makes it less
}

// Quote is what a sale comes to for a platform's buyer and seller.
type Quote struct {
	Amount     ledger.Money // what was stated
	Total      ledger.Money // what the buyer pays: the amount and the service fee
	Net        ledger.Money // what the amount leaves after commission; taxes are still in it
	Commission *Line        // nil: no rule fits
	Service    *Line        // nil: no rule fits
}

// Quote prices a sale. A nil list has no prices. Prices that do not fit 64 bits
// are of class Invalid, and so is a service fee of the total for which there is
// no total (no_gross_amount).
func (l *List) Quote(s Sale) (Quote, error) {
	q := Quote{Amount: s.Amount, Total: s.Amount, Net: s.Amount}
	if l == nil {
		return q, nil
	}
	var err error
	if q.Commission, err = l.Commission.Price(s); err != nil {
		return q, err
	}
	if q.Commission != nil {
		if q.Net, err = q.Net.Sub(q.Commission.Amount); err != nil {
			return q, err
		}
	}
	if q.Service, err = l.Service.Price(s); err == nil && q.Service != nil {
		q.Total, err = q.Total.Add(q.Service.Amount)
	}
	return q, err
}

// Gross is Quote the other way: it prices the sale whose commission leaves net,
// the least of them where the commission never falls as amounts rise, as all but
// tiers of whole amounts do. Amount and Of of the sale are not looked at. If none
// is found (the commission is all there is, or jumps over it) it is of class
// Invalid and code no_gross_amount.
func (l *List) Gross(s Sale, net ledger.Money) (Quote, error) {
	s.Amount, s.Of = net, ledger.Money{}
	if l == nil {
		return l.Quote(s)
	}
	amount, _, err := total(net, func(amount ledger.Money) (*Line, error) {
		s.Amount = amount
		return l.Commission.Price(s)
	})
	if err != nil {
		return Quote{}, err
	}
	s.Amount = amount
	return l.Quote(s)
}

// NeedsSellerCountry reports whether any price depends on where the seller is.
func (l *List) NeedsSellerCountry() bool {
	return l != nil && (l.Commission.needsSellerCountry() || l.Service.needsSellerCountry())
}

func (p *Prices) needsSellerCountry() bool {
	return needsSellerCountry(p.Rules) || slices.ContainsFunc(p.Modifiers, func(m Modifier) bool { return len(m.When.SellerCountries) > 0 })
}

func needsSellerCountry(rules []Rule) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return len(r.When.SellerCountries) > 0 })
}

// Price returns the line of the first rule that fits a sale, with all modifiers
// that fit; nil if no rule does. Its errors are those of List.Quote.
func (p *Prices) Price(s Sale) (*Line, error) {
	r := first(p.Rules, &s, "")
	if r == nil {
		return nil, nil
	}
	var mods []*Modifier
	for i := range p.Modifiers {
		if m := &p.Modifiers[i]; m.When.fits(&s, "") {
			mods = append(mods, m)
		}
	}
	var line Line
	var err error
	if r.OfTotal {
		_, line, err = total(s.Amount, func(all ledger.Money) (*Line, error) {
			l, err := r.Price.line(all, mods)
			return &l, err
		})
	} else {
		line, err = r.Price.line(s.base(), mods)
	}
	if err != nil {
		return nil, err
	}
	line.Rule, line.OfTotal, line.Kept, line.OnCapture = r.Name, r.OfTotal, r.Kept, r.OnCapture
	return &line, nil
}

// first returns the first rule that fits, nil if none does.
func first(rules []Rule, s *Sale, from Origin) *Rule {
	for i := range rules {
		if r := &rules[i]; r.When.fits(s, from) {
			return r
		}
	}
	return nil
}

// total finds the least amount that its own price leaves net of, and that price.
// A price that never falls as amounts rise gives a sequence from net upwards that
// ends at the least one: no amount below it can be right. Of any other price the
// sequence may miss, and then there is none.
func total(net ledger.Money, price func(ledger.Money) (*Line, error)) (ledger.Money, Line, error) {
	amount := net
	for range maxSteps {
		l, err := price(amount)
		if err != nil {
			return amount, Line{}, err
		}
		if l == nil {
			return amount, Line{}, nil
		}
		next, err := net.Add(l.Amount)
		if err != nil {
			return amount, Line{}, err
		}
		if next == amount {
			return amount, *l, nil
		}
		amount = next
	}
	return amount, Line{}, &ledger.Error{Class: ledger.Invalid, Code: "no_gross_amount", Field: "prices", Msg: "no amount is found whose price leaves " + net.String()}
}

// maxSteps is how long an amount is looked for. Each step closes the gap to a
// tenth where the price is a tenth; 500 are enough for 95 % of twelve digits.
const maxSteps = 500

// Empty reports whether a list has no prices.
func (l *List) Empty() bool { return l == nil || len(l.Commission.Rules)+len(l.Service.Rules) == 0 }

// Clone returns a copy that shares nothing with the list.
func (l *List) Clone() *List {
	return &List{Commission: l.Commission.clone(), Service: l.Service.clone()}
}

func (p *Prices) clone() Prices {
	c := Prices{Rules: slices.Clone(p.Rules), Modifiers: slices.Clone(p.Modifiers)}
	for i := range c.Rules {
		c.Rules[i].When = c.Rules[i].When.clone()
		c.Rules[i].Price.Tiers = slices.Clone(c.Rules[i].Price.Tiers)
	}
	for i := range c.Modifiers {
		c.Modifiers[i].When = c.Modifiers[i].When.clone()
	}
	return c
}
