package pricing

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// check refuses a price that is none, in the currency of its sales; zero is any,
// and then a price has no amounts.
func (p *Price) check(field string, c ledger.Currency) error {
	for _, part := range []struct {
		field   string
		percent decimal.Decimal
	}{{"percent", p.Percent}, {"crossBorder", p.CrossBorder}, {"fx", p.FX}} {
		if !percentage(part.percent) {
			return bad(field+"."+part.field, "a percentage is 0 to 100")
		}
	}
	for _, part := range []struct {
		field  string
		amount ledger.Money
	}{{"fixed", p.Fixed}, {"min", p.Min}, {"cap", p.Cap}} {
		if err := checkAmount(field+"."+part.field, part.amount, c); err != nil {
			return err
		}
	}
	if !p.Cap.IsZero() && p.Cap.Minor() < p.Min.Minor() {
		return bad(field+".cap", "the cap is below the minimum")
	}
	return p.checkTiers(field, c)
}

func checkAmount(field string, m ledger.Money, c ledger.Currency) error {
	switch {
	case m == ledger.Money{}:
		return nil
	case c.IsZero():
		return bad(field, "a price with amounts is for one currency (when.currency)")
	case m.Currency() != c:
		return bad(field, "it is in "+m.Currency().String()+", the price for "+c.String())
	case m.Sign() < 0:
		return bad(field, "an amount is zero or more")
	}
	return nil
}

func (p *Price) checkTiers(field string, c ledger.Currency) error {
	field += ".tiers"
	switch {
	case p.Tiers == nil && p.Graduated:
		return bad(field, "a graduated price has tiers")
	case p.Tiers == nil:
		return nil
	case len(p.Tiers) == 0 || len(p.Tiers) > maxTiers:
		return bad(field, fmt.Sprintf("a price in tiers has 1 to %d", maxTiers))
	case !p.Percent.IsZero() || !p.Fixed.IsZero():
		return bad(field, "tiers are in place of a percentage and a fixed part")
	}
	below := int64(0)
	for i, t := range p.Tiers {
		at, last := fmt.Sprintf("%s[%d]", field, i), i == len(p.Tiers)-1
		switch {
		case !percentage(t.Percent):
			return bad(at+".percent", "a percentage is 0 to 100")
		case last && !t.UpTo.IsZero():
			return bad(at+".upTo", "the last tier has no limit, so that every amount has its price")
		case !last && t.UpTo.Minor() <= below:
			return bad(at+".upTo", "tiers rise")
		}
		if err := checkAmount(at+".upTo", t.UpTo, c); err != nil {
			return err
		}
		if err := checkAmount(at+".fixed", t.Fixed, c); err != nil {
			return err
		}
		below = t.UpTo.Minor()
	}
	return nil
}

// fine is check for the price of a rule, which compounds exactly and never
// overflows with an amount that is charged.
func (p *Price) fine(field string, c ledger.Currency) error {
	if err := p.check(field, c); err != nil {
		return err
	}
	percents, amounts := []decimal.Decimal{p.Percent, p.CrossBorder, p.FX}, []ledger.Money{p.Fixed, p.Min, p.Cap}
	for _, t := range p.Tiers {
		percents, amounts = append(percents, t.Percent), append(amounts, t.UpTo, t.Fixed)
	}
	for _, d := range percents {
		if !fine(d) {
			return bad(field, "a percentage has at most six decimals")
		}
	}
	for _, m := range amounts {
		if m.Minor() > most {
			return bad(field, "an amount has at most twelve digits")
		}
	}
	return nil
}

func (m *Match) check(field string) error {
	if !m.Currency.IsZero() && !m.Currency.Valid() {
		return bad(field+".currency", "this is not a currency")
	}
	for _, part := range []struct {
		field string
		list  []string
		ok    func(string) bool
		msg   string
	}{
		{"countries", m.Countries, country, "a country is its two letters (ISO 3166-1)"},
		{"sellerCountries", m.SellerCountries, country, "a country is its two letters (ISO 3166-1)"},
		{"sellers", m.Sellers, printable, "a seller is the id of an account"},
		{"categories", m.Categories, Word, "a category is 1 to 40 lower-case letters, digits, dots, dashes and underscores"},
		{"methods", m.Methods, Word, "a method is 1 to 40 lower-case letters, digits, dots, dashes and underscores"},
	} {
		if err := checkList(field+"."+part.field, part.list, part.ok, part.msg); err != nil {
			return err
		}
	}
	if m.Origins != nil && len(m.Origins) == 0 {
		return bad(field+".origins", "what does not matter is left out")
	}
	for _, o := range m.Origins {
		if o != Domestic && o != Regional && o != International {
			return bad(field+".origins", "an origin is domestic, regional or international")
		}
	}
	if !m.From.IsZero() && !m.Until.IsZero() && !m.From.Before(m.Until) {
		return bad(field+".until", "it ends before it begins")
	}
	return nil
}

// checkList refuses a list that was meant to say something and says nothing:
// empty is not the same as left out.
func checkList(field string, list []string, ok func(string) bool, msg string) error {
	if list != nil && len(list) == 0 || len(list) > maxMatches {
		return bad(field, fmt.Sprintf("a list has 1 to %d entries; what does not matter is left out", maxMatches))
	}
	for i, s := range list {
		if !ok(s) {
			return bad(fmt.Sprintf("%s[%d]", field, i), msg)
		}
	}
	return nil
}

// country reports whether text has the form of an ISO 3166-1 alpha-2 code.
func country(text string) bool {
	return len(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z'
}

func printable(text string) bool {
	for i := range len(text) {
		if text[i] <= 0x20 || text[i] > 0x7e {
			return false
		}
	}
	return text != "" && len(text) <= 100
}

// Word reports whether text can name a category or a method: 1 to 40 lower-case
// letters, digits, dots, dashes and underscores.
func Word(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return text != "" && len(text) <= 40
}
