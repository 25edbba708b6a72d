// Package pricing says what a payment costs, as data: what the house takes for
// processing it and for conversions (Table, in the engine's configuration), and
// what a platform takes of its sellers and adds for its buyers (List, on the
// platform). A price is a percentage, a fixed amount, or tiers, with a minimum
// and a cap. Of the rules in a table the first that fits a sale is its price;
// modifiers, such as a promotion, then compound in their order.
//
// What a sale was priced at is a Line: the rule, its terms, and parts that add up
// to its amount. It is kept with the payment, so that a later price changes no
// earlier sale.
//
// A price is computed exactly and rounded once, halves away from zero.
package pricing

import (
	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Table holds the prices of an engine. It is data: fill it once, before the
// engine is made, or read it with ParseTable.
type Table struct {
	// Rules come first, in their order. A sale that none of them fits has the
	// price of its currency.
	Rules      []Rule                    `json:"rules,omitzero"`
	Charges    map[ledger.Currency]Price `json:"charges,omitzero"`
	Otherwise  decimal.Decimal           `json:"otherwise,omitzero"`  // percent for currencies that Charges does not name; they have no fixed part
	Conversion decimal.Decimal           `json:"conversion,omitzero"` // percent kept of a conversion, as spread on the rate
	// Regions are lists of countries (ISO 3166-1 alpha-2) whose cards count as of
	// one region: see Origin and EEA.
	Regions [][]string `json:"regions,omitzero"`
	// Disputes are what disputes cost: the first that fits.
	Disputes []DisputePrice `json:"disputes,omitzero"`
}

// Default is 2.9 % and 30 cents with its equivalents (GBP 2.9 % + 0.20, EUR,
// CAD and AUD 2.9 % + 0.30; 2.9 % without a fixed part elsewhere), 1 % on
// conversions, and 15.00 USD a dispute.
func Default() *Table {
	percent := decimal.New(29, -1)
	t := &Table{
		Charges: make(map[ledger.Currency]Price), Otherwise: percent, Conversion: decimal.New(1, 0),
		Disputes: []DisputePrice{{Fee: ledger.Minor(1500, ledger.USD)}},
	}
	for c, fixed := range map[ledger.Currency]int64{
		ledger.USD: 30, ledger.CAD: 30, ledger.AUD: 30, ledger.EUR: 30, ledger.GBP: 20,
	} {
		t.Charges[c] = Price{Percent: percent, Fixed: ledger.Minor(fixed, c)}
	}
	return t
}

// Processing returns the price of processing an amount of which nothing else is
// known: Price of that sale.
func (t *Table) Processing(amount ledger.Money) (ledger.Money, error) {
	l, err := t.Price(Sale{Amount: amount})
	return l.Amount, err
}

// Price returns what processing a sale costs. Its surcharges are added to what
// minimum and cap have left: a percentage of the amount where the card is of
// neither the platform's country nor its region, and one where the sale is in
// another currency than the platform's books. An amount that does not fit 64 bits
// is of class Invalid.
func (t *Table) Price(s Sale) (Line, error) {
	from := t.origin(&s)
	if r := first(t.Rules, &s, from); r != nil {
		return t.line(r.Name, &r.Price, &s, from)
	}
	if p, ok := t.Charges[s.Amount.Currency()]; ok {
		return t.line(s.Amount.Currency().String(), &p, &s, from)
	}
	return t.line("otherwise", &Price{Percent: t.Otherwise}, &s, from)
}

func (t *Table) line(rule string, p *Price, s *Sale, from Origin) (Line, error) {
	l, err := p.line(s.Amount, nil)
	if err != nil {
		return Line{}, err
	}
	// What was captured is what is processed: the terms are not asked again, and
	// every charge would carry them.
	l.Rule, l.Origin, l.Terms = rule, from, Price{}
	if from == International {
		l.CrossBorder, err = l.surcharge(p.CrossBorder)
	}
	if err == nil && !s.Books.IsZero() && s.Books != s.Amount.Currency() {
		l.FX, err = l.surcharge(p.FX)
	}
	return l, err
}

// NeedsSellerCountry reports whether any rule asks where the seller is.
func (t *Table) NeedsSellerCountry() bool { return needsSellerCountry(t.Rules) }

// Spread returns the part of a conversion that the house keeps, as a fraction.
func (t *Table) Spread() decimal.Decimal { return t.Conversion.Shift(-2) }
