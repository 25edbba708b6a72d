package pricing

import (
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// DisputePrice is what a dispute costs besides its amount, whoever wins it.
type DisputePrice struct {
	Country  string          `json:"country,omitzero"`  // of the platform; empty: any
	Currency ledger.Currency `json:"currency,omitzero"` // in which the buyer paid; zero: any
	From     time.Time       `json:"from,omitzero"`     // for disputes heard of from this moment on,
	Until    time.Time       `json:"until,omitzero"`    // and before this one

	Fee      ledger.Money `json:"fee,omitzero"`      // in any currency; zero: none
	Returned bool         `json:"returned,omitzero"` // it goes back when the dispute is won
}

// Dispute returns the price of a dispute that was heard of at a moment: the first that
// fits, nil if none does.
func (t *Table) Dispute(country string, c ledger.Currency, at time.Time) *DisputePrice {
	for i := range t.Disputes {
		p := &t.Disputes[i]
		if (p.Country == "" || p.Country == country) && (p.Currency.IsZero() || p.Currency == c) &&
			(p.From.IsZero() || !at.Before(p.From)) && (p.Until.IsZero() || at.Before(p.Until)) {
			return p
		}
	}
	return nil
}

func checkDisputes(list []DisputePrice) error {
	if len(list) > maxRules {
		return bad("disputes", fmt.Sprintf("there are at most %d prices", maxRules))
	}
	for i := range list {
		p, at := &list[i], fmt.Sprintf("disputes[%d]", i)
		switch {
		case p.Country != "" && !country(p.Country):
			return bad(at+".country", "a country has two letters")
		case p.Fee != (ledger.Money{}) && (!p.Fee.Currency().Valid() || p.Fee.Sign() < 0 || p.Fee.Minor() > most):
			return bad(at+".fee", "a fee is zero or more, of at most twelve digits")
		case !p.From.IsZero() && !p.Until.IsZero() && !p.From.Before(p.Until):
			return bad(at+".until", "it ends after it begins")
		}
	}
	return nil
}
