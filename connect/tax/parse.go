package tax

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/internal/strict"
)

var format = strict.Format{Package: "tax", Code: "invalid_tax_table", Max: 4 << 20}

// Parse reads a table from JSON and checks it. It is strict: a name that is no field,
// in another case, or there twice, null, what follows the table, and a fact without a
// value or a source are invalid_tax_table of class Invalid, which names the field.
func Parse(data []byte) (*Table, error) {
	t := new(Table)
	if err := format.Decode(data, t); err != nil {
		return nil, err
	}
	return t, t.Check()
}

func shownField(name string) string { return strict.Shown(name) }

// Check refuses a table that is none: facts of which two hold on one day, rates that
// are no percentage, names and days that are none. Its errors are those of Parse.
func (t *Table) Check() error {
	for _, code := range slices.Sorted(maps.Keys(t.Countries)) {
		at := "countries." + shownField(code)
		if !countryCode(code) {
			return bad("invalid_tax_table", at, "a country is its two capital letters (ISO 3166-1)")
		}
		if err := t.Countries[code].check(at, true); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Zones)) {
		for _, code := range t.Zones[name] {
			if !countryCode(code) || len(name) < 2 || name[0] == '!' || countryCode(name) && t.Countries[name] != nil {
				return bad("invalid_tax_table", "zones."+shownField(name), "a zone has a name that is no country's and lists countries by their two letters")
			}
		}
	}
	for i := range t.Fees {
		r, at := &t.Fees[i], fmt.Sprintf("fees[%d]", i)
		switch {
		case r.Outcome != SupplierRate && r.Outcome != CustomerRate && r.Outcome != Reverse && r.Outcome != OutOfScope:
			return bad("invalid_tax_table", at+".outcome", "it is supplier, customer, reverse_charge or out_of_scope")
		case !day(r.From) || !day(r.Until) || r.From != "" && r.Until != "" && r.Until < r.From:
			return bad("invalid_tax_table", at+".from", "a day is written 2006-01-02, and the last is not before the first")
		case r.Source == "" || len(r.Source) > 500 || len(r.Note) > 500:
			return bad("invalid_tax_table", at+".source", "a rule says where it is from, in at most 500 characters")
		case r.Supplier == "!" || r.Customer == "!" || r.Same && r.Other:
			return bad("invalid_tax_table", at+".supplier", "such a rule fits nobody")
		}
	}
	return nil
}

func (c *Country) check(at string, whole bool) error {
	refuse := func(field, msg string) error { return bad("invalid_tax_table", at+field, msg) }
	switch {
	case c == nil:
		return refuse("", "there is nothing in it")
	case !word(c.Authority):
		return refuse(".authority", "an authority is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case len(c.Name) > 200:
		return refuse(".name", "a name has at most 200 characters")
	case c.Supply != "" && c.Supply != Destination && c.Supply != Origin:
		return refuse(".supply", "it is destination or origin")
	case c.Rounding != "" && c.Rounding != RoundLine && c.Rounding != RoundTotal:
		return refuse(".rounding", "it is line or total")
	case !whole && len(c.Regions) > 0:
		return refuse(".regions", "a region has none")
	case len(c.Rates[Standard]) == 0:
		return refuse(".rates.standard", "there is no standard rate")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Rates)) {
		err := facts(at+".rates."+shownField(name), c.Rates[name], func(d decimal.Decimal) bool { return word(name) && percentage(d) })
		if err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Categories)) {
		err := facts(at+".categories."+shownField(name), c.Categories[name], func(rate string) bool {
			return word(name) && (c.Rates[rate] != nil || rate == Zero || rate == Exempt)
		})
		if err != nil {
			return err
		}
	}
	err := facts(at+".platformBy", c.PlatformBy, func(f Facilitator) bool { return f == Never || f == Always || f == ForeignSellers })
	for _, name := range slices.Sorted(maps.Keys(c.Regions)) {
		if err != nil {
			return err
		}
		err = c.Regions[name].check(at+".regions."+shownField(name), false)
	}
	return err
}

func facts[T any](at string, list []Fact[T], ok func(T) bool) error {
	for i := range list {
		f := &list[i]
		switch {
		case !ok(f.Value):
			return bad("invalid_tax_table", fmt.Sprintf("%s[%d].value", at, i), "it is none")
		case !day(f.From) || !day(f.Until) || f.From != "" && f.Until != "" && f.Until < f.From:
			return bad("invalid_tax_table", fmt.Sprintf("%s[%d].from", at, i), "a day is written 2006-01-02, and the last is not before the first")
		case f.Source == "" || len(f.Source) > 500:
			return bad("invalid_tax_table", fmt.Sprintf("%s[%d].source", at, i), "a fact says where it is from, in at most 500 characters")
		}
		for j := range i {
			if f.overlaps(&list[j]) {
				return bad("invalid_tax_table", fmt.Sprintf("%s[%d].from", at, i), fmt.Sprintf("fact %d holds on one of its days, too", j))
			}
		}
	}
	return nil
}

func day(text string) bool {
	t, err := time.Parse(time.DateOnly, text)
	return text == "" || err == nil && t.Format(time.DateOnly) == text
}

func countryCode(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// percentage looks at the size of the number first: one like 1e2000000000 must not
// even be compared.
func percentage(d decimal.Decimal) bool {
	return d.NumDigits() <= 18 && d.Exponent() >= -6 && d.Exponent() <= 2 && d.Sign() >= 0 && d.Cmp(decimal.New(100, 0)) <= 0
}

func word(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return text != "" && len(text) <= 40
}
