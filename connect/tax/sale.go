package tax

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Place is where something or somebody is.
type Place struct {
	Country    string `json:"country,omitzero"`    // ISO 3166-1 alpha-2
	Region     string `json:"region,omitzero"`     // the second part of ISO 3166-2: "CA" of US-CA
	PostalCode string `json:"postalCode,omitzero"` // as it is written there
}

// Party is somebody in a sale.
type Party struct {
	Place
	Business bool   `json:"business,omitzero"` // not a consumer
	Number   string `json:"number,omitzero"`   // for value added or sales tax, with the prefix of its country where that has one
}

// Sale is what tax may depend on. What is not known stays zero.
type Sale struct {
	At       time.Time
	Seller   Party
	Buyer    Party
	Platform Party
	ShipFrom Place // zero: where the seller is
	ShipTo   Place // zero: where the buyer is
	Lines    []Line
}

// Line is a part of what is paid, before tax and after discounts.
type Line struct {
	Name     string       // once in its sale
	Kind     string       // goods, delivery, tip or pass_through
	Category string       // of what is sold, in the host's words
	Amount   ledger.Money // what is paid for it, zero or more; all lines are in one currency
}

// Remitter is who pays a tax to its authority.
type Remitter string

// Who remits.
const (
	BySeller   Remitter = "seller"
	ByPlatform Remitter = "platform" // as a marketplace facilitator or deemed supplier
)

// Applied is a tax on one line. Of a line that has several rates or authorities there
// are several.
type Applied struct {
	Line         string          `json:"line"`
	Authority    string          `json:"authority"` // 1–40 lower-case letters, digits, dots, dashes and underscores
	Jurisdiction string          `json:"jurisdiction,omitzero"`
	Rate         decimal.Decimal `json:"rate,omitzero"`     // percent
	Base         ledger.Money    `json:"base"`              // what the rate is of, without the tax
	Amount       ledger.Money    `json:"amount"`            // zero or more
	Included     bool            `json:"included,omitzero"` // it is in the line's amount already
	Remitter     Remitter        `json:"remitter"`
	Note         string          `json:"note,omitzero"`    // what an invoice has to say, such as why there is no tax
	Rounding     RoundingRule    `json:"rounding"`         // by which Amount was rounded
	Confirm      bool            `json:"confirm,omitzero"` // it rests on a starting point of the table
}

// Result is the answer for a sale.
type Result struct {
	Taxes []Applied `json:"taxes,omitzero"`
}

// Fact is a value that holds from a day to another, both included, in UTC.
type Fact[T any] struct {
	Value   T      `json:"value"`
	From    string `json:"from,omitzero"`  // 2006-01-02; empty: always before
	Until   string `json:"until,omitzero"` // likewise; empty: ever after
	Source  string `json:"source"`
	Confirm bool   `json:"confirm,omitzero"` // a starting point, which a host confirms before relying on it
}

// on returns the fact that holds on a day, nil if none does. Days compare as text.
func on[T any](list []Fact[T], day string) *Fact[T] {
	for i := range list {
		if f := &list[i]; (f.From == "" || day >= f.From) && (f.Until == "" || day <= f.Until) {
			return f
		}
	}
	return nil
}

func (f *Fact[T]) overlaps(g *Fact[T]) bool {
	return (f.From == "" || g.Until == "" || f.From <= g.Until) && (g.From == "" || f.Until == "" || g.From <= f.Until)
}
