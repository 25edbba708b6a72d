package pricing

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// What a table may hold. Twelve digits are the most that is charged at once, and
// with six decimals in twenty percentages a compound price stays exact.
const (
	most         = 999_999_999_999
	maxRules     = 1000
	maxModifiers = 20
	maxTiers     = 100
	maxMatches   = 1000
	decimals     = 6
)

func bad(field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_price", Field: "prices." + field, Msg: msg}
}

// Check refuses prices that are none, and names the field of the one that is not:
// "prices.rules[2].price.cap". A percentage is 0 to 100 with at most six decimals
// in rules; amounts are zero or more, of at most twelve digits and in the currency
// that the rule is for; tiers rise, and the last has no limit; a cap is no less
// than its minimum. Rules whose dates or conditions overlap are fine: the first
// that fits wins.
func (t *Table) Check() error {
	for c, p := range t.Charges {
		if !percentage(p.Percent) {
			return bad("charges", "the percentage for "+c.String()+" is not between 0 and 100")
		}
		if p.Fixed != (ledger.Money{}) && (p.Fixed.Currency() != c || p.Fixed.Sign() < 0) {
			return bad("charges", "the fixed part for "+c.String()+" is not an amount of it")
		}
		if err := p.check("charges."+c.String(), c); err != nil {
			return err
		}
	}
	if !percentage(t.Otherwise) {
		return bad("otherwise", "the percentage is not between 0 and 100")
	}
	if !percentage(t.Conversion) || t.Conversion.Equal(decimal.New(100, 0)) {
		return bad("conversion", "the percentage is not between 0 and less than 100")
	}
	for i, r := range t.Regions {
		if err := checkList(fmt.Sprintf("regions[%d]", i), r, country, "a region lists countries by their two letters"); err != nil {
			return err
		}
	}
	if err := checkDisputes(t.Disputes); err != nil {
		return err
	}
	return checkRules("rules", t.Rules, func(field string, r *Rule) error {
		switch {
		case r.OfTotal:
			return bad(field+".ofTotal", "it is for service fees")
		case r.Kept:
			return bad(field+".kept", "it is for service fees")
		case r.OnCapture != Recomputed:
			return bad(field+".onCapture", "what is processed is what was captured")
		}
		return nil
	})
}

// Check refuses prices that are none, as Table.Check does. A platform's prices
// have no surcharges and do not ask for a card's origin. A service fee of the
// total may have graduated tiers, and no others.
func (l *List) Check() error {
	if l == nil {
		return nil
	}
	for _, part := range []struct {
		field string
		p     *Prices
		check func(field string, r *Rule) error
	}{{"commission", &l.Commission, checkCommission}, {"service", &l.Service, checkService}} {
		if err := checkRules(part.field+".rules", part.p.Rules, part.check); err != nil {
			return err
		}
		if err := checkModifiers(part.field+".modifiers", part.p.Modifiers); err != nil {
			return err
		}
	}
	return nil
}

func checkCommission(field string, r *Rule) error {
	switch {
	case r.OfTotal:
		return bad(field+".ofTotal", "it is for service fees")
	case r.Kept:
		return bad(field+".kept", "it is for service fees: a refund says whether the commission goes back")
	}
	return checkPlatform(field, r)
}

func checkService(field string, r *Rule) error {
	if r.OfTotal && len(r.Price.Tiers) > 0 && !r.Price.Graduated {
		return bad(field+".ofTotal", "tiers of whole amounts have no total for every amount; graduated ones do")
	}
	return checkPlatform(field, r)
}

func checkPlatform(field string, r *Rule) error {
	switch {
	case len(r.When.Origins) > 0:
		return bad(field+".when.origins", "a platform's price is fixed before the card is known")
	case !r.Price.CrossBorder.IsZero():
		return bad(field+".price.crossBorder", "it is for processing")
	case !r.Price.FX.IsZero():
		return bad(field+".price.fx", "it is for processing")
	}
	return nil
}

func checkRules(field string, rules []Rule, more func(string, *Rule) error) error {
	if len(rules) > maxRules {
		return bad(field, fmt.Sprintf("there are at most %d rules", maxRules))
	}
	names := make(map[string]bool, len(rules))
	for i := range rules {
		r, at := &rules[i], fmt.Sprintf("%s[%d]", field, i)
		if err := checkName(at, r.Name, names); err != nil {
			return err
		}
		if err := r.When.check(at + ".when"); err != nil {
			return err
		}
		if r.OnCapture != Recomputed && r.OnCapture != Prorated {
			return bad(at+".onCapture", "a price follows a capture recomputed or prorated")
		}
		if err := more(at, r); err != nil {
			return err
		}
		if err := r.Price.fine(at+".price", r.When.Currency); err != nil {
			return err
		}
	}
	return nil
}

func checkModifiers(field string, list []Modifier) error {
	if len(list) > maxModifiers {
		return bad(field, fmt.Sprintf("there are at most %d modifiers", maxModifiers))
	}
	names := make(map[string]bool, len(list))
	for i := range list {
		m, at := &list[i], fmt.Sprintf("%s[%d]", field, i)
		if err := checkName(at, m.Name, names); err != nil {
			return err
		}
		if err := m.When.check(at + ".when"); err != nil {
			return err
		}
		if len(m.When.Origins) > 0 {
			return bad(at+".when.origins", "a platform's price is fixed before the card is known")
		}
		if !fine(m.Percent.Abs()) {
			return bad(at+".percent", "a modifier is −100 to 100 percent, with at most six decimals")
		}
		if n := m.Fixed; n != (ledger.Money{}) && (n.Currency() != m.When.Currency || n.Minor() > most || n.Minor() < -most) {
			return bad(at+".fixed", "it is an amount of at most twelve digits in the currency that the modifier is for (when.currency)")
		}
	}
	return nil
}

// percentage looks at the size of the number first: one like 1e2000000000 must
// not even be compared.
func percentage(d decimal.Decimal) bool {
	return d.NumDigits() <= 18 && d.Exponent() >= -16 && d.Exponent() <= 2 &&
		d.Sign() >= 0 && d.Cmp(decimal.New(100, 0)) <= 0
}

// fine is a percentage that compounds exactly.
func fine(d decimal.Decimal) bool { return d.Exponent() >= -decimals && percentage(d) }

// checkName wants a name for people, once in its list.
func checkName(field, name string, seen map[string]bool) error {
	field += ".name"
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > 60 {
		return bad(field, "a name is 1 to 60 characters")
	}
	for _, r := range name {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return bad(field, "a name has no control or direction characters")
		}
	}
	if seen[name] {
		return bad(field, "this name stands in the list before")
	}
	seen[name] = true
	return nil
}
