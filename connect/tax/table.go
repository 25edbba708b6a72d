package tax

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// RoundingRule says what of a tax is rounded. Both round half away from zero.
type RoundingRule string

// The rules. By total, the tax of one rate is rounded once for the whole sale and
// shared out among its lines, every unit of it: so the lines add up to what the
// authority gets, and no difference is left to anybody.
const (
	RoundLine  RoundingRule = "line"
	RoundTotal RoundingRule = "total"
)

// Supply says where a sale within one country is taxed.
type Supply string

// The places of supply.
const (
	Destination Supply = "destination" // where it goes to
	Origin      Supply = "origin"      // where it comes from
)

// Facilitator says when the platform remits in place of the seller.
type Facilitator string

// When it does.
const (
	Never          Facilitator = "never"
	Always         Facilitator = "always"
	ForeignSellers Facilitator = "foreign_sellers" // of sellers outside the country's zone, or country if it is in none
)

// The rates that every table has: nothing, with or without a right to deduct.
const (
	Standard = "standard"
	Zero     = "zero"
	Exempt   = "exempt"
)

// Table holds the taxes of countries. It is not to be changed once it is used, and
// is safe for concurrent use then.
type Table struct {
	Countries map[string]*Country `json:"countries,omitzero"`
	// Zones are countries that are one market for value added tax: "EU".
	Zones map[string][]string `json:"zones,omitzero"`
	Fees  []FeeRule           `json:"fees,omitzero"` // on commissions; the first that fits holds
}

// Country is what holds in a country, or in a region of it.
type Country struct {
	Authority string       `json:"authority"`         // to whom it is owed, in the host's books: "de-vat"
	Name      string       `json:"name"`              // of the tax or jurisdiction, for people
	Supply    Supply       `json:"supply,omitzero"`   // zero: Destination
	Included  bool         `json:"included,omitzero"` // prices have the tax in them
	Rounding  RoundingRule `json:"rounding,omitzero"` // zero: RoundLine
	// Rates are percentages by name: "standard", "reduced" and the like. "zero" and
	// "exempt" need not be there.
	Rates map[string][]Fact[decimal.Decimal] `json:"rates,omitzero"`
	// Categories say which rate the host's categories have. Others are standard.
	Categories map[string][]Fact[string] `json:"categories,omitzero"`
	PlatformBy []Fact[Facilitator]       `json:"platformBy,omitzero"` // none: Never
	// Regions have taxes of their own, on top of the country's, by the second part of
	// ISO 3166-2.
	Regions map[string]*Country `json:"regions,omitzero"`
}

//go:embed data/table.json
var data []byte

var builtin = sync.OnceValue(func() *Table {
	t, err := Parse(data)
	if err != nil {
		panic("tax: the table that is built in cannot be read: " + err.Error())
	}
	return t
})

// Builtin returns the table that comes with souk.
func Builtin() *Table { return builtin() }

// With returns a table in which countries have other rules, or are new.
func (t *Table) With(countries map[string]*Country) (*Table, error) {
	next := &Table{Countries: make(map[string]*Country, len(t.Countries)+len(countries)), Zones: t.Zones, Fees: t.Fees}
	maps.Copy(next.Countries, t.Countries)
	maps.Copy(next.Countries, countries)
	return next, next.Check()
}

// Tax says what is due on a sale. Delivery has the rates of the goods that it is for,
// in proportion, and the standard rate without any; tips and what is passed through
// have none. A sale to a country that the table has not has no tax. Of class Invalid
// is what is no sale: currencies that differ, amounts below zero, names that are not
// one each.
func (t *Table) Tax(_ context.Context, s Sale) (Result, error) {
	if err := s.check(); err != nil || len(s.Lines) == 0 {
		return Result{}, err
	}
	day := s.At.UTC().Format(time.DateOnly)
	from, to := s.ShipFrom, s.ShipTo
	if from == (Place{}) {
		from = s.Seller.Place
	}
	if to == (Place{}) {
		to = s.Buyer.Place
	}
	at := to
	if c := t.Countries[from.Country]; c != nil && c.Supply == Origin && from.Country == to.Country {
		at = from
	}
	c := t.Countries[at.Country]
	if c == nil {
		return Result{}, nil
	}
	r := &run{sale: &s, day: day, cur: s.Lines[0].Amount.Currency()}
	r.result.Taxes = make([]Applied, 0, len(s.Lines)+1)
	foreign := t.foreign(s.Seller.Country, at.Country)
	if t.together(from.Country, at.Country) && from.Country != at.Country && s.Buyer.Business && s.Buyer.Number != "" {
		r.nothing(c, "Reverse charge or intra-Community supply: no tax is charged to a business with a number of another member state")
		return r.result, nil
	}
	for _, part := range []*Country{c, c.Regions[at.Region]} {
		if part == nil {
			continue
		}
		if err := r.apply(part, foreign); err != nil {
			return Result{}, err
		}
	}
	return r.result, nil
}

func (s *Sale) check() error {
	for i := range s.Lines {
		l := &s.Lines[i]
		switch {
		case l.Name == "" || slices.ContainsFunc(s.Lines[:i], func(x Line) bool { return x.Name == l.Name }):
			return bad("invalid_sale", fmt.Sprintf("lines[%d].name", i), "each line has a name of its own")
		case l.Amount.Currency().IsZero() || l.Amount.Currency() != s.Lines[0].Amount.Currency() || l.Amount.Sign() < 0:
			return bad("invalid_sale", fmt.Sprintf("lines[%d].amount", i), "it is zero or more, in the currency of all lines")
		}
	}
	return nil
}

// together tells two countries of one zone.
func (t *Table) together(a, b string) bool {
	for _, zone := range t.Zones {
		if slices.Contains(zone, a) && slices.Contains(zone, b) {
			return true
		}
	}
	return false
}

// foreign tells a seller outside the country and its zone.
func (t *Table) foreign(seller, country string) bool {
	return seller != "" && seller != country && !t.together(seller, country)
}

func bad(code, field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Op: "tax", Msg: msg}
}
