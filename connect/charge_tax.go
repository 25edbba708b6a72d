package connect

import (
	"github.com/soukhq/souk/ledger"
)

// Tax is a part of an amount that belongs to an authority. Of a payment it stands
// outside the seller's share and the base of commissions.
type Tax struct {
	Authority string       `json:"authority"` // lower-case letters, digits, dots, dashes and underscores: "nyc"
	Amount    ledger.Money `json:"amount"`
	Refunded  ledger.Money `json:"refunded,omitzero"` // given back with refunds, and about to be
}

// taxLoaded gives what went back of taxes its currency, where that is nothing.
func taxLoaded(lists ...[]Tax) {
	for _, list := range lists {
		for i := range list {
			if list[i].Refunded.IsZero() {
				list[i].Refunded = ledger.Zero(list[i].Amount.Currency())
			}
		}
	}
}

// addTax adds up taxes that were checked.
func addTax(list []Tax) int64 {
	sum := int64(0)
	for _, t := range list {
		sum += t.Amount.Minor()
	}
	return sum
}

// checkTax adds taxes up, which are all in one currency.
func checkTax(list []Tax, cur ledger.Currency) (ledger.Money, error) {
	sum := ledger.Zero(cur)
	bad := func(code, msg string) (ledger.Money, error) { return sum, badField(code, "tax", msg) }
	if len(list) > 10 {
		return bad("invalid_tax", "a payment has at most ten taxes")
	}
	seen := make(map[string]bool, len(list))
	for _, t := range list {
		switch {
		case !validName(t.Authority):
			return bad("invalid_tax", "an authority is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
		case seen[t.Authority]:
			return bad("invalid_tax", "each authority stands in it once")
		case t.Amount.Currency() != cur:
			return bad("currency_mismatch", "a tax is in the currency of the payment")
		case t.Amount.Sign() <= 0:
			return bad("invalid_tax", "a tax is more than zero")
		case !t.Refunded.IsZero():
			return bad("invalid_tax", "what was refunded of a tax is counted, not given")
		}
		seen[t.Authority] = true
		total, err := sum.Add(t.Amount)
		if err != nil {
			return bad("amount_too_large", "the taxes do not fit")
		}
		sum = total
	}
	return sum, nil
}
