package rule

import (
	"slices"
	"strconv"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// literal reads what is written out as a value of the left side's type.
func (c *checker) literal(e *expr, o *operand) *Error {
	a := e.left.attr
	switch {
	case e.left.key != "" && o.kind == aNumber: // metadata, as a number if it is one
		e.as = Number
		return c.number(o)
	case a.Type == Number && o.kind == aNumber:
		return c.number(o)
	case a.Type == Money && o.kind == aMoney:
		return c.amount(o)
	case a.Type == Duration && o.kind == aDuration:
		return c.duration(o)
	case a.Type.textual() && o.kind == aText:
		return c.text(a, o)
	}
	expected := a.Type.String()
	switch a.Type {
	case Money:
		expected = "an amount with its currency, like 500 USD"
	case Duration:
		expected = "a duration, like 24h"
	case Text, Exact:
		expected = "a text in quotes"
	case Country:
		expected = `a country's code in quotes, like "US"`
	case Currency:
		expected = `a currency's code in quotes, like "USD"`
	}
	return c.wrong(o, expected, a.Name+" is "+a.Type.String())
}

func (c *checker) number(o *operand) *Error {
	d, err := ledger.ParseDecimal(o.name, 30, "invalid_rule", "rules")
	if err != nil {
		return c.wrong(o, "a plain decimal number of at most 30 digits", "")
	}
	o.value, err = compliance.OfDecimal(d)
	if err != nil {
		return c.wrong(o, "a plain decimal number of at most 30 digits", "")
	}
	return nil
}

func (c *checker) amount(o *operand) *Error {
	cur, err := o.currency()
	if err != nil {
		return c.wrong(o, "a currency (ISO 4217), or an asset with its digits like USDC/6", "")
	}
	m, err := ledger.ParseAmount(o.name, cur)
	if err != nil {
		return c.wrong(o, "an amount of at most "+strconv.Itoa(cur.Digits())+" decimals that can be counted", "")
	}
	c.money[cur] = true
	o.value = compliance.OfMoney(m)
	return nil
}

// MaxWindow is the longest duration, five years: as far back as Radar's counts look.
const MaxWindow = 5 * 366 * day

func (c *checker) duration(o *operand) *Error {
	d, ok := parseDuration(o.name, o.unit)
	if !ok {
		return c.wrong(o, "a duration of at most 1830d", "")
	}
	o.value = compliance.OfDuration(d)
	return nil
}

// parseDuration reads a number and its unit.
func parseDuration(number, unit string) (time.Duration, bool) {
	n, err := strconv.ParseUint(number, 10, 32)
	each := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "w": 7 * day}[unit]
	if err != nil || time.Duration(n) > MaxWindow/each {
		return 0, false
	}
	return time.Duration(n) * each, true
}

// text checks a text against what an attribute can be.
func (c *checker) text(a *attribute, o *operand) *Error {
	same := func(v string) bool {
		return v == o.name || a.Type.folds() && compliance.Fold(v) == compliance.Fold(o.name)
	}
	switch {
	case a.Values != nil && !slices.ContainsFunc(a.Values, same):
		return c.wrong(o, oneOf(a.Values), "")
	case a.Type == Country && wrongText(Country, o.name) != "":
		return c.wrong(o, `a country's code, like "US" (ISO 3166-1)`, "")
	case a.Type == Currency && wrongText(Currency, o.name) != "":
		return c.wrong(o, `a currency's code, like "USD" (ISO 4217)`, "")
	}
	o.value, o.folded = compliance.OfText(o.name), o.name
	if a.Type.folds() {
		o.folded = compliance.Fold(o.name)
	}
	if o.name == "" {
		return c.wrong(o, "a text that is not empty", "what is empty is missing: is missing")
	}
	return nil
}

// in checks the list that a value is looked for in.
func (c *checker) in(e *expr) *Error {
	if err := c.scalar(&e.left); err != nil {
		return err
	}
	a, o := e.left.attr, &e.right
	e.as, e.fold = a.Type, a.Type.folds()
	switch o.kind {
	case aNamedList:
		return c.named(e)
	case anAttribute:
		if err := c.attribute(o); err != nil {
			return err
		}
		if !o.attr.List {
			return c.wrong(o, "a list", o.attr.Name+" is "+o.attr.Type.String())
		}
		if fold, ok := together(a.Type, o.attr.Type); ok && a.Type.textual() {
			e.fold = fold
			return nil
		}
		return c.wrong(o, "a list of what "+a.Name+" is", "it is a list, each "+o.attr.Type.String())
	}
	if a.Type == Duration {
		return c.wrong(o, "no list", a.Name+" is a duration")
	}
	for i := range o.items {
		if err := c.literal(e, &o.items[i]); err != nil {
			return err
		}
		if o.items[i].kind != o.items[0].kind {
			return c.wrong(&o.items[i], "items of one type", "")
		}
	}
	if !e.as.textual() {
		return nil
	}
	o.set = make(map[string]bool, len(o.items))
	for i := range o.items {
		o.set[o.items[i].folded] = true
	}
	return nil
}

// named checks a list that the host gives.
func (c *checker) named(e *expr) *Error {
	a, o := e.left.attr, &e.right
	l := c.lists[o.name]
	if l == nil {
		return c.fail(o.at, "unknown_list", "a list that the host gives", "@"+clip(o.name), "")
	}
	plain := func(t Type) bool { return t == Text || t == Exact }
	if a.Type != l.of && !(plain(a.Type) && l.of.textual()) {
		return c.wrong(o, "a list of what "+a.Name+" is: "+a.Type.String(), "each of it is "+l.of.String())
	}
	if o.list = slices.Index(c.set.listNames, o.name); o.list < 0 {
		o.list = len(c.set.lists)
		c.set.listNames = append(c.set.listNames, o.name)
		c.set.lists = append(c.set.lists, l)
	}
	e.fold = l.of.folds()
	return nil
}

// contains checks like, and includes of a text or a list.
func (c *checker) contains(e *expr) *Error {
	a, o := e.left.attr, &e.right
	e.as, e.fold = a.Type, a.Type.folds()
	if !a.Type.textual() || a.List && e.op == opLike {
		return c.wrong(&e.left, "text", a.Name+" is "+map[bool]string{true: "a list", false: a.Type.String()}[a.List])
	}
	if o.kind == anAttribute {
		if err := c.attribute(o); err != nil {
			return err
		}
		fold, ok := together(a.Type, o.attr.Type)
		if o.attr.List || !o.attr.Type.textual() || !ok {
			return c.wrong(o, a.Type.String(), o.attr.Name+" is "+map[bool]string{true: "a list", false: o.attr.Type.String()}[o.attr.List])
		}
		e.fold = fold
		return nil
	}
	if o.kind != aText {
		return c.wrong(o, "a text in quotes or an attribute", "")
	}
	// A part of a code is no code; what a list has in it is one.
	of := *a
	if !a.List {
		of.Values = nil
		if of.Type != Exact {
			of.Type = Text
		}
	}
	if err := c.text(&of, o); err != nil {
		return err
	}
	if e.op == opLike {
		e.like = newLike(o.folded)
	}
	return nil
}
