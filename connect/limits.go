package connect

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// minimums are the smallest charges by currency, in minor units: 0.50 USD, 50
// JPY. Hosted marketplaces publish them for currencies in which payments settle;
// others have none. (Published 2024 to 2026; they change.)
var minimums = map[ledger.Currency]int64{
	ledger.USD: 50, ledger.AED: 200, ledger.ARS: 50, ledger.AUD: 50, ledger.BRL: 50, ledger.CAD: 50,
	ledger.CHF: 50, ledger.COP: 50, ledger.CZK: 1500, ledger.DKK: 250, ledger.EUR: 50, ledger.GBP: 30,
	ledger.HKD: 400, ledger.HUF: 17500, ledger.IDR: 50, ledger.ILS: 50, ledger.INR: 50, ledger.JPY: 50,
	ledger.KRW: 50, ledger.MXN: 1000, ledger.MYR: 200, ledger.NOK: 300, ledger.NZD: 50, ledger.PHP: 50,
	ledger.PLN: 200, ledger.RON: 200, ledger.RUB: 50, ledger.SEK: 300, ledger.SGD: 50, ledger.THB: 1000,
	ledger.ZAR: 50,
}

// maximums are the largest card payments by currency in minor units, where they
// differ from twelve digits (published 2026).
var maximums = map[ledger.Currency]int64{
	ledger.INR: 999_999_999,
	ledger.COP: 9_999_999_999,
}

const maximum = 999_999_999_999

// checkCurrency refuses what new money cannot be in at a moment.
func (e *Engine) checkCurrency(field string, c ledger.Currency, at time.Time) error {
	switch {
	case c.IsZero():
		return badField("invalid_currency", field, "a currency is missing")
	case !c.Valid():
		return badField("invalid_currency", field, "this is not a currency")
	case !c.Current(at):
		return badField("unsupported_currency", field, c.String()+" has been withdrawn")
	}
	return nil
}

// checkAmount refuses what is not an amount to be charged.
func (e *Engine) checkAmount(m ledger.Money, at time.Time) error {
	if m == (ledger.Money{}) {
		return badField("invalid_amount", "amount", "an amount is missing")
	}
	if err := e.checkCurrency("amount", m.Currency(), at); err != nil {
		return err
	}
	if m.Sign() <= 0 {
		return badField("invalid_amount", "amount", "an amount is more than zero")
	}
	limit, ok := maximums[m.Currency()]
	if !ok {
		limit = maximum
	}
	if m.Minor() > limit {
		return badField("amount_too_large", "amount", "at most "+ledger.Minor(limit, m.Currency()).String()+" can be charged at once")
	}
	if least := minimums[m.Currency()]; m.Minor() < least {
		return badField("amount_below_minimum", "amount", "at least "+ledger.Minor(least, m.Currency()).String()+" is charged")
	}
	return nil
}

// checkPart refuses a part of an amount that has another currency or is below
// zero. The zero Money is none of it.
func checkPart(part, whole ledger.Money, field string) error {
	switch {
	case part == ledger.Money{}:
		return nil
	case part.Currency() != whole.Currency():
		return badField("currency_mismatch", field, "it is in "+part.Currency().String()+", the amount in "+whole.Currency().String())
	case part.Sign() < 0:
		return badField("invalid_amount", field, "it is zero or more")
	}
	return nil
}

// checkDescriptor refuses what cannot stand on a card statement: 5 to 22
// printable ASCII characters, at least one letter, none of < > \ ' " *. None at
// all is fine.
func checkDescriptor(text string) error {
	if text == "" {
		return nil
	}
	bad := badField("invalid_descriptor", "descriptor", `a descriptor is 5 to 22 ASCII characters with a letter, without < > \ ' " *`)
	letters := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c < 0x20 || c > 0x7e:
			return bad
		case c == '<' || c == '>' || c == '\\' || c == '\'' || c == '"' || c == '*':
			return bad
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		}
	}
	if len(text) < 5 || len(text) > 22 || letters == 0 {
		return bad
	}
	return nil
}
