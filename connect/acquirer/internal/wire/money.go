package wire

import "github.com/soukhq/souk/ledger"

// Units is an amount in the digits in which an API counts its currency. It is false for
// what the API has no units for: what would have to be rounded, and currencies that are
// not of ISO 4217, such as bitcoin.
func Units(m ledger.Money, digits func(ledger.Currency) int) (int64, bool) {
	if m.Currency().Numeric() == "" {
		return 0, false
	}
	n, err := m.Units(digits(m.Currency()))
	return n, err == nil
}

// Money is the way back. What is no money is zero of no currency, which is never booked.
func Money(units int64, code string, digits func(ledger.Currency) int) ledger.Money {
	c, err := ledger.ParseCurrency(code)
	if err != nil {
		return ledger.Money{}
	}
	m, err := ledger.FromUnits(units, digits(c), c)
	if err != nil {
		return ledger.Money{}
	}
	return m
}
