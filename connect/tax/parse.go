package tax

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Bounds of what a table may hold.
const (
	maxBytes = 4 << 20
	maxDepth = 20
)

// Parse reads a table from JSON and checks it. It is strict: a name that is no field
// or stands there twice, null, what follows the table, and a fact without a source
// are invalid_tax_table of class Invalid, which names the field.
func Parse(data []byte) (*Table, error) {
	if len(data) > maxBytes {
		return nil, bad("invalid_tax_table", "", "a table has at most 4 MiB")
	}
	if err := strict(data); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	t := new(Table)
	if err := d.Decode(t); err != nil {
		return nil, bad("invalid_tax_table", "", "it cannot be read: "+shown(err.Error()))
	}
	return t, t.Check()
}

func shown(text string) string {
	if len(text) > 200 {
		text = text[:200]
	}
	return fmt.Sprintf("%+q", text)
}

// strict refuses what encoding/json lets pass: names that stand there twice or in
// another case, null, depth, and what follows.
func strict(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	refuse := func(field, msg string) error { return bad("invalid_tax_table", shownField(field), msg) }
	type level struct {
		names map[string]bool // nil: a list
		name  string
	}
	var stack []level
	for {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return refuse("", "this is not JSON")
		case t == nil:
			return refuse("", "null is no value; leave the field out")
		}
		if n := len(stack); n > 0 && stack[n-1].names != nil && stack[n-1].name == "" {
			if name, ok := t.(string); ok {
				if stack[n-1].names[name] {
					return refuse(name, "it stands there twice")
				}
				if field, ok := fields[strings.ToLower(name)]; ok && field != name {
					return refuse(name, "names of fields are written as they are")
				}
				stack[n-1].names[name], stack[n-1].name = true, name+"\x00"
				continue
			}
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if len(stack) == maxDepth {
				return refuse("", "it is nested too deep")
			}
			l := level{}
			if t == json.Delim('{') {
				l.names = make(map[string]bool)
			}
			stack = append(stack, l)
			continue
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		}
		if len(stack) == 0 {
			if _, err := d.Token(); !errors.Is(err, io.EOF) {
				return refuse("", "something follows it")
			}
			return nil
		}
		stack[len(stack)-1].name = ""
	}
}

// fields are the names of fields by how they are in small letters: encoding/json
// reads them in any case, and a table does not.
var fields = map[string]string{
	"countries": "countries", "zones": "zones", "fees": "fees", "authority": "authority", "name": "name", "supply": "supply",
	"included": "included", "rounding": "rounding", "rates": "rates", "categories": "categories", "platformby": "platformBy",
	"regions": "regions", "value": "value", "from": "from", "until": "until", "source": "source", "confirm": "confirm",
	"supplier": "supplier", "customer": "customer", "same": "same", "other": "other", "business": "business", "outcome": "outcome", "note": "note",
}

func shownField(name string) string {
	if len(name) > 40 {
		return fmt.Sprintf("%+q…", name[:40])
	}
	return name
}

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
