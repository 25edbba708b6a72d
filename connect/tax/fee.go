package tax

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Outcome says whose tax is on a commission.
type Outcome string

// The outcomes.
const (
	SupplierRate Outcome = "supplier"       // the standard rate where the platform is
	CustomerRate Outcome = "customer"       // the standard rate where the seller is, through a scheme for foreign suppliers
	Reverse      Outcome = "reverse_charge" // the seller accounts for it: no tax, and a note
	OutOfScope   Outcome = "out_of_scope"   // no tax
)

// FeeRule says what becomes of the commission of a platform at one place from a
// seller at another. What is empty does not matter. A place is a country, a zone, or
// "!" and either for all others.
type FeeRule struct {
	Supplier string `json:"supplier,omitzero"`
	Customer string `json:"customer,omitzero"`
	// Same: both are in one country. Other: they are not.
	Same     bool    `json:"same,omitzero"`
	Other    bool    `json:"other,omitzero"`
	Business bool    `json:"business,omitzero"` // only of a seller that is a business with a number
	Outcome  Outcome `json:"outcome"`
	Note     string  `json:"note,omitzero"` // what the invoice has to say
	From     string  `json:"from,omitzero"` // 2006-01-02
	Until    string  `json:"until,omitzero"`
	Source   string  `json:"source"`
	Confirm  bool    `json:"confirm,omitzero"`
}

// Fee is what is due on a commission.
type Fee struct {
	Outcome   Outcome         `json:"outcome"`
	Country   string          `json:"country,omitzero"`   // whose tax it is
	Authority string          `json:"authority,omitzero"` // to whom it is owed; empty: nothing is
	Rate      decimal.Decimal `json:"rate,omitzero"`      // percent
	Note      string          `json:"note,omitzero"`
	Confirm   bool            `json:"confirm,omitzero"` // it rests on a starting point of the table
}

// OnFee says what is due on a commission that a platform takes of a seller at a
// moment. A seller is a business to it that has a number. Where no rule fits, or the
// rate of the day is not known, it is out of scope and to be confirmed.
func (t *Table) OnFee(platform, seller Party, at time.Time) Fee {
	day := at.UTC().Format(time.DateOnly)
	for i := range t.Fees {
		r := &t.Fees[i]
		if !r.fits(t, platform, seller, day) {
			continue
		}
		f := Fee{Outcome: r.Outcome, Note: r.Note, Confirm: r.Confirm}
		place := Place{}
		switch r.Outcome {
		case SupplierRate:
			place = platform.Place
		case CustomerRate:
			place = seller.Place
		case Reverse:
			f.Country = seller.Country
			return f
		case OutOfScope:
			return f
		}
		c := t.Countries[place.Country]
		if c == nil {
			break
		}
		p, ok := c.piece("", day)
		if !ok {
			break
		}
		f.Country, f.Authority, f.Rate, f.Confirm = place.Country, c.Authority, p.percent, f.Confirm || p.confirm
		return f
	}
	return Fee{Outcome: OutOfScope, Note: "No rule or rate is known for this commission", Confirm: true}
}

func (r *FeeRule) fits(t *Table, platform, seller Party, day string) bool {
	same := platform.Country == seller.Country
	return (r.From == "" || day >= r.From) && (r.Until == "" || day <= r.Until) && (!r.Same || same) && (!r.Other || !same) &&
		(!r.Business || seller.Number != "") && t.within(r.Supplier, platform.Country) && t.within(r.Customer, seller.Country)
}

// within reports whether a country is one that a rule is for.
func (t *Table) within(place, country string) bool {
	if place == "" {
		return true
	}
	not := place[0] == '!'
	if not {
		place = place[1:]
	}
	zone, ok := t.Zones[place]
	return (ok && slices.Contains(zone, country) || !ok && place == country) != not
}

// On is the tax of a fee, rounded once half away from zero. Nothing is due where
// there is no authority.
func (f *Fee) On(amount ledger.Money) (ledger.Money, error) {
	if f.Authority == "" {
		return ledger.Zero(amount.Currency()), nil
	}
	return amount.Times(f.Rate.Shift(-2), ledger.RoundHalfUp)
}
