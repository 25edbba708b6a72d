package connect

import (
	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/ledger"
)

// LineKind is what a line of a charge is for.
type LineKind string

// The kinds of lines. Of goods a commission is taken; delivery, tips and what is
// passed through (tolls, deposits) go whole to whose they are.
const (
	LineGoods       LineKind = "goods"
	LineDelivery    LineKind = "delivery"
	LineTip         LineKind = "tip"
	LinePassThrough LineKind = "pass_through"
	LineTax         LineKind = "tax"      // an authority's, on other lines
	LineDiscount    LineKind = "discount" // off other lines: its amount is below zero
)

// Line is a part of what a buyer pays, and whose it is. The zero values of what a
// request leaves out are filled in on the charge.
type Line struct {
	// Name is how discounts, taxes, refunds and transfers name the line: 1 to 40
	// lower-case letters, digits, dots, dashes and underscores, once in its charge.
	// Empty: its place among the lines, "1" for the first.
	Name string   `json:"name,omitzero"`
	Kind LineKind `json:"kind,omitzero"`
	// Amount is of the whole line, whatever its quantity: more than zero, of a discount
	// below zero, of a tax from zero on.
	Amount ledger.Money `json:"amount,omitzero"`
	// Owner is whose it is: an account of the platform, or the platform's id. Empty:
	// the seller's, and of a charge without one the platform's. Only a charge of the
	// platform for itself names several accounts.
	Owner       string `json:"owner,omitzero"`
	Category    string `json:"category,omitzero"`    // of what is sold, for prices and taxes; empty: the charge's
	Description string `json:"description,omitzero"` // for people, at most 200 characters
	Quantity    int64  `json:"quantity,omitzero"`    // for people, zero or more; it multiplies nothing
	// On names the lines that a discount or a tax is on, in proportion to what they
	// are by then. Empty: all goods of a discount, all goods and delivery of a tax.
	On []string `json:"on,omitzero"`

	// What the platform pays of a discount: an amount from zero to all of it, or a
	// percentage from 0 to 100. Neither: the seller gives it. A discount on lines of
	// the platform is its own loss.
	PlatformPays    ledger.Money    `json:"platformPays,omitzero"`
	PlatformPercent decimal.Decimal `json:"platformPercent,omitzero"`

	// Of a tax: to whom it is owed, whether the amounts of its lines have it in them
	// already, and whether the seller remits it. What the seller remits stays in the
	// share, and no commission is taken of it.
	Authority    string          `json:"authority,omitzero"`
	Included     bool            `json:"included,omitzero"`
	SellerRemits bool            `json:"sellerRemits,omitzero"`
	Rate         decimal.Decimal `json:"rate,omitzero"`         // percent, for people
	Jurisdiction string          `json:"jurisdiction,omitzero"` // for people, at most 200 characters
	Note         string          `json:"note,omitzero"`         // what an invoice has to say, at most 500 characters
	// Rounding is the rule by which the amount was rounded, for people; empty: it was not told.
	Rounding tax.RoundingRule `json:"rounding,omitzero"`

	// What the charge's discounts, taxes and commission are on the line, and what of
	// it went back with refunds that name it. A request has neither.
	Parts *LineParts `json:"parts,omitzero"`
	Back  *LineParts `json:"back,omitzero"`
}

// LineParts are the parts of one line that is neither discount nor tax.
type LineParts struct {
	Amount     ledger.Money `json:"amount"`              // of the line
	Discount   ledger.Money `json:"discount,omitzero"`   // taken off it
	ByPlatform ledger.Money `json:"byPlatform,omitzero"` // of Discount, what the platform pays
	OnTop      ledger.Money `json:"onTop,omitzero"`      // of taxes that the amount has not in it
	Tax        []Tax        `json:"tax,omitzero"`        // of those that the platform remits
	Base       ledger.Money `json:"base,omitzero"`       // what a commission is computed of
	Commission ledger.Money `json:"commission,omitzero"` // of the charge's, what is for this line
}

// paid is what the buyer pays for a line, with its taxes and less its discounts.
func (p *LineParts) paid() int64 { return p.Amount.Minor() - p.Discount.Minor() + p.OnTop.Minor() }

// sold tells a line that is neither discount nor tax.
func (l *Line) sold() bool { return l.Kind != LineTax && l.Kind != LineDiscount }

// tax is the line's part of an authority's tax, in minor units.
func (p *LineParts) tax(authority string) int64 {
	for i := range p.Tax {
		if p.Tax[i].Authority == authority {
			return p.Tax[i].Amount.Minor()
		}
	}
	return 0
}

// addTax adds to the line's part of an authority's tax.
func (p *LineParts) addTax(authority string, m ledger.Money) {
	for i := range p.Tax {
		if p.Tax[i].Authority == authority {
			p.Tax[i].Amount = sum(p.Tax[i].Amount, m)
			return
		}
	}
	if !m.IsZero() {
		p.Tax = append(p.Tax, Tax{Authority: authority, Amount: m})
	}
}

// add counts parts together, or with sign −1 takes them off again.
func (p *LineParts) add(q *LineParts, sign int64) {
	cur := q.Amount.Currency()
	for _, x := range []struct{ to, by *ledger.Money }{
		{&p.Amount, &q.Amount}, {&p.Discount, &q.Discount}, {&p.ByPlatform, &q.ByPlatform}, {&p.OnTop, &q.OnTop},
		{&p.Base, &q.Base}, {&p.Commission, &q.Commission},
	} {
		*x.to = some(ledger.Minor(x.to.Minor()+sign*x.by.Minor(), cur))
	}
	for _, t := range q.Tax {
		p.addTax(t.Authority, ledger.Minor(sign*t.Amount.Minor(), cur))
	}
}
