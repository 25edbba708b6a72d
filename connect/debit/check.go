package debit

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/internal/strict"
	"github.com/soukhq/souk/ledger"
)

var format = strict.Format{Package: "debit", Code: "invalid_scheme", Max: 256 << 10}

func bad(field, msg string) error { return format.Bad(field, msg) }

// Parse reads one scheme from JSON and checks it. It is strict: a name that is no
// field, in another case, or there twice, null, and a fact without a value or a
// source are invalid_scheme of class Invalid, with the path of the field.
func Parse(data []byte) (*Scheme, error) {
	x := new(Scheme)
	if err := format.Decode(data, x); err != nil {
		return nil, err
	}
	return x, x.check(true)
}

// Bounds of what a scheme may say.
const (
	maxFacts  = 100
	maxItems  = 300 // countries, reasons
	maxDays   = 3660
	maxText   = 400
	maxMonths = 600
)

// checker goes through a scheme and keeps the first fault.
type checker struct {
	sourced bool
	err     error
}

func (c *checker) refuse(path, msg string) {
	if c.err == nil {
		c.err = bad(path, msg)
	}
}

func (x *Scheme) check(sourced bool) error {
	c := &checker{sourced: sourced}
	if !word(x.Name) {
		c.refuse("scheme", "a scheme's name is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	}
	facts(c, "currencies", x.Currencies, func(list []ledger.Currency) bool {
		return len(list) > 0 && len(list) <= maxItems && !slices.ContainsFunc(list, func(cur ledger.Currency) bool { return !cur.Valid() })
	})
	facts(c, "countries", x.Countries, func(list []string) bool {
		return len(list) > 0 && len(list) <= maxItems && !slices.ContainsFunc(list, func(code string) bool { return !country(code) })
	})
	facts(c, "kinds", x.Kinds, func(list []string) bool {
		return len(list) <= maxItems && !slices.ContainsFunc(list, func(kind string) bool { return !word(kind) })
	})
	facts(c, "confirmed", x.Confirmed, func(bool) bool { return true })
	facts(c, "notice", x.Notice, func(n Notice) bool {
		return days(n.OneOff) && days(n.Recurring) && days(n.Least) && n.Least <= max(n.OneOff, n.Recurring)
	})
	facts(c, "lead", x.Lead, func(l Lead) bool { return l.First >= 0 && l.First <= 30 && l.Recurring >= 0 && l.Recurring <= 30 })
	facts(c, "life", x.Life, func(n int) bool { return n >= 0 && n <= maxMonths })
	facts(c, "retry", x.Retry, func(r Retry) bool { return r.Times >= 0 && r.Times <= 100 && days(r.Days) })
	facts(c, "text", x.Text, word)
	if len(x.Returns) > maxItems || len(x.Limits) > maxItems {
		c.refuse("returns", fmt.Sprintf("there are at most %d", maxItems))
	}
	for _, code := range slices.Sorted(maps.Keys(x.Returns)) {
		if !plain(code) {
			c.refuse("returns", "a reason's code is 1 to 20 printable ASCII characters without spaces")
		}
		facts(c, "returns."+code, x.Returns[code], Return.good)
	}
	for _, name := range slices.Sorted(maps.Keys(x.Limits)) {
		if !word(name) {
			c.refuse("limits", "a limit's name is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
		}
		facts(c, "limits."+name, x.Limits[name], RateLimit.good)
	}
	return c.err
}

func days(n int) bool { return n >= 0 && n <= maxDays }

func (r Return) windows() int {
	n := 0
	for _, set := range []bool{r.Days > 0, r.Months > 0, r.NoLimit} {
		if set {
			n++
		}
	}
	return n
}

func (r Return) good() bool {
	return word(r.Means) && days(r.Days) && r.Months >= 0 && r.Months <= maxMonths && r.windows() <= 1 && (!r.Business || r.Months == 0 && !r.NoLimit)
}

func (l RateLimit) good() bool {
	return l.Percent.Exponent() >= -6 && l.Percent.Exponent() <= 2 && l.Percent.Sign() > 0 && l.Percent.Cmp(decimal.NewFromInt(100)) <= 0 && l.Days > 0 && l.Days <= 366 && len(l.Codes) <= maxItems &&
		!slices.ContainsFunc(l.Codes, func(code string) bool { return !plain(code) })
}

// facts checks the facts of one field: their values, sources and days, of which no
// two may be in two facts.
func facts[T any](c *checker, path string, list []market.Fact[T], good func(T) bool) {
	if len(list) > maxFacts {
		c.refuse(path, fmt.Sprintf("a field has at most %d facts", maxFacts))
		return
	}
	for i := range list {
		at, f := fmt.Sprintf("%s[%d]", path, i), &list[i]
		switch {
		case !good(f.Value):
			c.refuse(at+".value", "this is not a value that can stand here")
		case c.sourced && f.Source == "" || len(f.Source) > maxText:
			c.refuse(at+".source", fmt.Sprintf("a fact names its source, in at most %d bytes", maxText))
		case f.From != 0 && f.Until != 0 && f.Until < f.From:
			c.refuse(at+".until", "it ends before it begins")
		}
		for j := range i {
			g := &list[j]
			if (f.From == 0 || g.Until == 0 || f.From <= g.Until) && (g.From == 0 || f.Until == 0 || g.From <= f.Until) {
				c.refuse(at, "two facts hold on one day")
			}
		}
	}
}

func word(text string) bool {
	if text == "" || len(text) > 40 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func plain(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return text != "" && len(text) <= 20
}

func country(code string) bool {
	return len(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z'
}

// clone copies a scheme, so that whoever gave it may change theirs.
func (x *Scheme) clone() *Scheme {
	c := *x
	c.Currencies, c.Countries, c.Kinds = slices.Clone(x.Currencies), slices.Clone(x.Countries), slices.Clone(x.Kinds)
	for i := range c.Currencies {
		c.Currencies[i].Value = slices.Clone(c.Currencies[i].Value)
	}
	for _, list := range [][]market.Fact[[]string]{c.Countries, c.Kinds} {
		for i := range list {
			list[i].Value = slices.Clone(list[i].Value)
		}
	}
	c.Confirmed, c.Notice, c.Lead, c.Life = slices.Clone(x.Confirmed), slices.Clone(x.Notice), slices.Clone(x.Lead), slices.Clone(x.Life)
	c.Retry, c.Text = slices.Clone(x.Retry), slices.Clone(x.Text)
	c.Returns, c.Limits = maps.Clone(x.Returns), maps.Clone(x.Limits)
	for code, list := range c.Returns {
		c.Returns[code] = slices.Clone(list)
	}
	for name, list := range c.Limits {
		list = slices.Clone(list)
		for i := range list {
			list[i].Value.Codes = slices.Clone(list[i].Value.Codes)
		}
		c.Limits[name] = list
	}
	return &c
}
