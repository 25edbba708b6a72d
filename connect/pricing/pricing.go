// Package pricing says what processing costs: what the house takes from whoever
// bears the processing fee of a payment, and from conversions.
package pricing

import (
	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Price is the price of processing a payment in one currency: a fraction of the
// amount, rounded half away from zero, plus a fixed part.
type Price struct {
	Percent decimal.Decimal // 2.9 for 2.9 %
	Fixed   ledger.Money    // in the payment's currency; the zero Money is none
}

// Table holds the prices of an engine. It is data: fill it once, before the
// engine is made.
type Table struct {
	Charges    map[ledger.Currency]Price
	Otherwise  decimal.Decimal // percent for currencies that Charges does not name; they have no fixed part
	Conversion decimal.Decimal // percent kept of a conversion, as spread on the rate
}

// Default is 2.9 % and 30 cents with its equivalents (GBP 2.9 % + 0.20, EUR,
// CAD and AUD 2.9 % + 0.30; 2.9 % without a fixed part elsewhere), and 1 % on
// conversions.
func Default() *Table {
	percent := decimal.New(29, -1)
	t := &Table{Charges: make(map[ledger.Currency]Price), Otherwise: percent, Conversion: decimal.New(1, 0)}
	for c, fixed := range map[ledger.Currency]int64{
		ledger.USD: 30, ledger.CAD: 30, ledger.AUD: 30, ledger.EUR: 30, ledger.GBP: 20,
	} {
		t.Charges[c] = Price{Percent: percent, Fixed: ledger.Minor(fixed, c)}
	}
	return t
}

// Check refuses prices that are none: percentages below zero or above a
// hundred, fixed parts in another currency or below zero.
func (t *Table) Check() error {
	bad := func(field, msg string) error {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_price", Field: "prices." + field, Msg: msg}
	}
	for c, p := range t.Charges {
		if p.Fixed != (ledger.Money{}) && (p.Fixed.Currency() != c || p.Fixed.Sign() < 0) {
			return bad("charges", "the fixed part for "+c.String()+" is not an amount of it")
		}
		if !percentage(p.Percent) {
			return bad("charges", "the percentage for "+c.String()+" is not between 0 and 100")
		}
	}
	if !percentage(t.Otherwise) {
		return bad("otherwise", "the percentage is not between 0 and 100")
	}
	if !percentage(t.Conversion) || t.Conversion.Equal(decimal.New(100, 0)) {
		return bad("conversion", "the percentage is not between 0 and less than 100")
	}
	return nil
}

// percentage looks at the size of the number first: one like 1e2000000000 must
// not even be compared.
func percentage(d decimal.Decimal) bool {
	return d.NumDigits() <= 18 && d.Exponent() >= -16 && d.Exponent() <= 2 &&
		d.Sign() >= 0 && d.Cmp(decimal.New(100, 0)) <= 0
}

// Processing returns the price of processing an amount.
func (t *Table) Processing(amount ledger.Money) (ledger.Money, error) {
	p, ok := t.Charges[amount.Currency()]
	if !ok {
		p = Price{Percent: t.Otherwise}
	}
	fee, err := amount.Times(p.Percent.Shift(-2), ledger.RoundHalfUp)
	if err != nil || p.Fixed == (ledger.Money{}) {
		return fee, err
	}
	return fee.Add(p.Fixed)
}

// Spread returns the part of a conversion that the house keeps, as a fraction.
func (t *Table) Spread() decimal.Decimal { return t.Conversion.Shift(-2) }
