package connect

import (
	"time"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
)

// maximum is the largest amount of any currency and method, in minor units.
const maximum = market.MaxAmount

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

// checkAmount refuses what is not an amount to be charged. The limits are those of
// all countries (package market): the least is that of the amount's own currency.
func (e *Engine) checkAmount(m ledger.Money, at time.Time) error {
	if err := e.checkMoney(m, at); err != nil {
		return err
	}
	all := e.c.Markets.View("", at, nil)
	if _, most, _ := all.Limit(m.Currency()); m.Minor() > most {
		return badField("amount_too_large", "amount", "at most "+ledger.Minor(most, m.Currency()).String()+" can be charged at once")
	}
	return e.checkLeast(m, at)
}

// checkLeast refuses less than what is charged in a currency. Where a payment
// settles in another, it is of what it is worth there too.
func (e *Engine) checkLeast(m ledger.Money, at time.Time) error {
	all := e.c.Markets.View("", at, nil)
	if least, _, _ := all.Limit(m.Currency()); m.Minor() < least {
		return badField("amount_below_minimum", "amount", "at least "+ledger.Minor(least, m.Currency()).String()+" is charged")
	}
	return nil
}

// checkMoney refuses what nobody can pay.
func (e *Engine) checkMoney(m ledger.Money, at time.Time) error {
	if m == (ledger.Money{}) {
		return badField("invalid_amount", "amount", "an amount is missing")
	}
	if err := e.checkCurrency("amount", m.Currency(), at); err != nil {
		return err
	}
	if m.Sign() <= 0 {
		return badField("invalid_amount", "amount", "an amount is more than zero")
	}
	if m.Minor() > maximum {
		return badField("amount_too_large", "amount", "at most "+ledger.Minor(maximum, m.Currency()).String()+" can be charged at once")
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

// checkDescriptor refuses what cannot stand on a card statement by the rules of all
// countries: 5 to 22 printable ASCII characters, at least one letter, none of
// < > \ ' " *. None at all is fine.
func (e *Engine) checkDescriptor(text string, at time.Time) error {
	if text == "" {
		return nil
	}
	if holdsCard(text) {
		return cardIn("descriptor")
	}
	all := e.c.Markets.View("", at, nil)
	if d := all.Descriptor(); d != nil && !d.Value.Fits(text) {
		return badField("invalid_descriptor", "descriptor", d.Value.String())
	}
	return nil
}
