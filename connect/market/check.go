package market

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// Bounds of what rules may hold.
const (
	maxRules  = 300  // of a platform: more than there are countries
	maxFacts  = 100  // of one field
	maxText   = 4000 // characters
	maxDigits = 12   // of an amount in minor units
)

// MaxAmount is the largest amount of any currency and method, in minor units.
const MaxAmount = 999_999_999_999

// MaxHolding is the most days for which any rule may let money wait: ten years.
const MaxHolding = 3660

// checker goes through rules and keeps the first fault.
type checker struct {
	at      string          // before each path
	sourced bool            // facts name a source
	regions map[string]bool // nil: not known yet
	err     error
}

func (c *checker) refuse(path, msg string) {
	if c.err == nil {
		c.err = bad(c.at+path, msg)
	}
}

// Check refuses rules that a platform cannot have on top of the set: facts that
// hold on one day, amounts, countries, currencies, languages and names that are
// none. The error is invalid_market of class Invalid, and names the field.
func (s *Set) Check(l *List) error {
	if err := l.Check(); err != nil {
		return err
	}
	return l.check(&checker{regions: s.or().regions(l)})
}

// Check is Set.Check without a look at the names of regions.
func (l *List) Check() error { return l.check(&checker{}) }

func (l *List) check(c *checker) error {
	if l.Empty() {
		return nil
	}
	if len(l.Rules) > maxRules {
		return bad("rules", fmt.Sprintf("there are at most %d rules", maxRules))
	}
	seen := make(map[string]bool, len(l.Rules))
	for i := range l.Rules {
		at := fmt.Sprintf("rules[%d].", i)
		if seen[l.Rules[i].Country] {
			return bad(at+"country", "a country has its rules once")
		}
		seen[l.Rules[i].Country] = true
		if c.at = at; l.Rules[i].check(c) != nil {
			return c.err
		}
	}
	text, err := json.Marshal(l)
	if err != nil {
		return bad("rules", "they cannot be written: "+err.Error())
	}
	if len(text) > format.Max {
		return bad("rules", "rules have at most 256 KiB")
	}
	return nil
}

func (r *Rules) check(c *checker) error {
	if r.Country != "" && !country(r.Country) {
		c.refuse("country", "a country is an ISO 3166-1 code of two capital letters, and not under an embargo")
	}
	facts(c, "currency", r.Currency, money)
	facts(c, "languages", r.Languages, languages)
	facts(c, "currencies", r.Currencies, currencies)
	facts(c, "sellers", r.Sellers, c.places)
	facts(c, "authentication", r.Authentication, c.authentication)
	facts(c, "prices", r.Prices, func(d TaxDisplay) string {
		return unless(d == WithTax || d == WithoutTax, "prices are shown with_tax or without_tax")
	})
	facts(c, "cash", r.Cash, cash)
	facts(c, "descriptor", r.Descriptor, descriptor)
	facts(c, "holding", r.Holding, func(n int) string {
		return unless(n >= 1 && n <= MaxHolding, "money waits for 1 to 3,660 days")
	})
	facts(c, "dormancy", r.Dormancy, dormancy)
	for _, cur := range slices.Sorted(maps.Keys(r.Limits)) {
		r.Limits[cur].check(c, "limits."+cur.String(), cur)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Methods)) {
		r.Methods[name].check(c, "methods."+shown(name), name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Texts)) {
		checkTexts(c, "texts."+shown(name), name, r.Texts[name])
	}
	for _, name := range slices.Sorted(maps.Keys(r.Regions)) {
		at := "regions." + shown(name)
		if r.Country != "" || len(name) < 3 || len(name) > 20 || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
			c.refuse(at, "a region is named by 3 to 20 capital letters, in the rules of all countries")
		}
		facts(c, at, r.Regions[name], countries)
	}
	return c.err
}

// facts refuses facts of which two hold on one day, and values that are none.
func facts[T any](c *checker, path string, list []Fact[T], value func(T) string) {
	if len(list) > maxFacts {
		c.refuse(path, fmt.Sprintf("there are at most %d facts", maxFacts))
		return
	}
	for i := range list {
		f, at := &list[i], fmt.Sprintf("%s[%d]", path, i)
		if msg := value(f.Value); msg != "" {
			c.refuse(at+".value", msg)
		}
		if f.From != 0 && f.Until != 0 && f.Until < f.From {
			c.refuse(at+".until", "it ends before it begins")
		}
		if c.sourced && f.Source == "" {
			c.refuse(at+".source", "a fact says where it is from")
		}
		if !plainText(f.Source, 500) {
			c.refuse(at+".source", "a source is text of at most 500 characters")
		}
		for j := range i {
			if f.overlaps(&list[j]) {
				c.refuse(at+".from", fmt.Sprintf("fact %d holds on one of its days, too", j))
			}
		}
	}
}

func (l *Limit) check(c *checker, at string, cur ledger.Currency) {
	if !cur.Valid() {
		c.refuse(at, "this is not a currency")
	}
	if l == nil {
		c.refuse(at, "there are no limits in it")
		return
	}
	amount := func(least int64) func(int64) string {
		return func(n int64) string {
			return unless(n >= least && n <= MaxAmount, fmt.Sprintf("it is %d or more, of at most twelve digits of minor units", least))
		}
	}
	facts(c, at+".min", l.Min, amount(0))
	facts(c, at+".max", l.Max, amount(1))
	facts(c, at+".step", l.Step, amount(1))
}

func (m *Method) check(c *checker, at, name string) {
	if !pricing.Word(name) {
		c.refuse(at, "a method is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	}
	if m == nil {
		c.refuse(at, "there is nothing in it")
		return
	}
	word := func(s string) string {
		return unless(pricing.Word(s), "a name is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	}
	facts(c, at+".offered", m.Offered, anything)
	facts(c, at+".place", m.Place, func(n int) string { return unless(n >= 0 && n <= 1000, "a place is 0 to 1000") })
	facts(c, at+".scheme", m.Scheme, word)
	facts(c, at+".currencies", m.Currencies, currencies)
	facts(c, at+".sellers", m.Sellers, c.places)
	facts(c, at+".digits", m.Digits, digits)
	facts(c, at+".authenticated", m.Authenticated, anything)
	facts(c, at+".text", m.Text, word)
	for _, brand := range slices.Sorted(maps.Keys(m.Brands)) {
		b, at := m.Brands[brand], at+".brands."+shown(brand)
		if msg := word(brand); msg != "" || b == nil {
			c.refuse(at, cmp.Or(msg, "there is nothing in it"))
			continue
		}
		facts(c, at+".offered", b.Offered, anything)
		facts(c, at+".except", b.Except, currencies)
		facts(c, at+".digits", b.Digits, digits)
	}
}

func checkTexts(c *checker, at, name string, texts map[string][]Fact[string]) {
	if !pricing.Word(name) {
		c.refuse(at, "a text is named by 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	}
	for _, tag := range slices.Sorted(maps.Keys(texts)) {
		at := at + "." + shown(tag)
		if msg := languages([]string{tag}); msg != "" {
			c.refuse(at, msg)
		}
		facts(c, at, texts[tag], func(s string) string {
			return unless(s != "" && plainText(s, maxText), fmt.Sprintf("it is text of 1 to %d characters", maxText))
		})
	}
}

// The values of facts: each returns what is wrong with one, empty if nothing is.

func unless(fine bool, msg string) string {
	if fine {
		return ""
	}
	return msg
}

func anything(bool) string { return "" }

func digits(n int) string {
	return unless(n >= 1 && n <= maxDigits, fmt.Sprintf("amounts have 1 to %d digits", maxDigits))
}

func money(cur ledger.Currency) string { return unless(cur.Valid(), "this is not a currency") }

func currencies(list []ledger.Currency) string {
	for i, cur := range list {
		if !cur.Valid() || slices.Contains(list[:i], cur) {
			return "it lists currencies, each once"
		}
	}
	return ""
}

func languages(list []string) string {
	for i, tag := range list {
		t, err := language.Parse(tag)
		if err != nil || t.String() != tag || slices.Contains(list[:i], tag) {
			return "a language is a tag of BCP 47 in its usual form, and stands there once"
		}
	}
	return ""
}

// country reports whether text is the code of a country that can be sold to.
func country(text string) bool {
	code, err := compliance.ParseCountry(text)
	if err == nil {
		return code == text
	}
	var e *ledger.Error
	return errors.As(err, &e) && e.Code == "unsupported_country" && text == strings.ToUpper(text)
}

func countries(list []string) string {
	for i, code := range list {
		if !country(code) || slices.Contains(list[:i], code) {
			return "it lists countries by ISO 3166-1 codes, each once"
		}
	}
	return ""
}

// places are countries and regions.
func (c *checker) places(list []string) string {
	for i, name := range list {
		if slices.Contains(list[:i], name) || !country(name) && (len(name) < 3 || c.regions != nil && !c.regions[name]) {
			return "it lists countries by ISO 3166-1 codes and known regions, each once"
		}
	}
	return ""
}

func (c *checker) authentication(a Authentication) string {
	switch {
	case a.Level != Optional && a.Level != Expected && a.Level != Required:
		return "a level is optional, expected or required"
	case a.LowValue != ledger.Money{} && (a.LowValue.Sign() <= 0 || !a.LowValue.Currency().Valid()):
		return "a low value is an amount of more than zero"
	}
	return c.places(a.Sellers)
}

func cash(v Cash) string {
	return unless(v.Currency.Valid() && v.Step >= 1 && v.Step <= 1_000_000 && v.Mode <= ledger.RoundFloor,
		"a rule of cash has a currency, a step of 1 to 1,000,000 minor units, and a mode of rounding")
}

func descriptor(d Descriptor) string {
	return unless(d.Min >= 0 && d.Min <= d.Max && d.Max >= 1 && d.Max <= 100 && plainText(d.Forbidden, 100),
		"a descriptor has a length of min to max characters, at most 100")
}

// plainText reports whether text is at most so many characters, none of control.
func plainText(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' })
}
