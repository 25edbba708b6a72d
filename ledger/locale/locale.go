// Package locale writes amounts of money the way people of a language and
// region do: "$1,234.56", "1.234,56 €", "CHF 1'234.56". The forms are those of
// Unicode CLDR 48.2; nothing passes through floating point.
//
// It differs from what browsers show in one way, on purpose: an amount has all
// the minor digits that its currency has in the ledger (ISO 4217), so that what
// is shown is what is owed. CLDR's display digits hide some: none for HUF or
// IDR, where the ledger has two.
//
// Digits are always 0–9, also where a tag asks for others (-u-nu-arab).
package locale

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/soukhq/souk/ledger"
)

//go:generate go run ../../internal/gen/locale

// format is how one locale writes amounts.
type format struct {
	tag string // BCP 47
	*style

	// Symbols of currencies where they are not just the code: those that this
	// locale has otherwise, then the others. "|AUD=A$|EUR=€|".
	symbols, base string
}

// style is how some locales write numbers.
type style struct {
	decimal, group, minus string
	primary, secondary    int // digits in the group before the decimal sign, and in the others
	least                 int // digits that must stand before the first separator
	money                 pattern
	euro                  pattern // of amounts in EUR: "€5" but "5 USD" in en-DE
	bare                  pattern
}

// pattern is what stands around the number of an amount. In it ¤ is the symbol
// and - the minus sign; everything else stands for itself.
type pattern struct{ before, after, negBefore, negAfter string }

// Format writes m with the symbol of its currency, as tag's locale does. The
// symbol of a currency without one there, of bitcoin and of a host's own asset
// is its code.
//
// All regional locales that CLDR has for the languages of the table are in it.
// Any other region is written as its language is (en-KR as en). A language that
// is not in it, a script for which CLDR has no forms (en-Shaw) and language.Und
// give the neutral form of ledger.Money's String: "1234.56 EUR", whose
// separators nobody can misread.
func Format(m ledger.Money, tag language.Tag) string {
	f := find(tag)
	if f == nil {
		return neutral(m)
	}
	return f.write(m, f.around(m), f.symbol(m.Currency()))
}

// FormatCode writes m as Format does, with the code of its currency in place of
// the symbol: "USD 1,234.56", "1.234,56 EUR". Use it where "$" could mean
// several dollars.
func FormatCode(m ledger.Money, tag language.Tag) string {
	f := find(tag)
	if f == nil {
		return neutral(m)
	}
	return f.write(m, f.around(m), m.Currency().Code())
}

// Number writes the amount alone, for a column whose head names the currency:
// "1,234.56". Without a form for tag it is ledger.Money's Amount: "1234.56".
func Number(m ledger.Money, tag language.Tag) string {
	f := find(tag)
	if f == nil {
		return m.Amount()
	}
	return f.write(m, f.bare, "")
}

// neutral is the form for languages that are not in the table.
func neutral(m ledger.Money) string {
	if code := m.Currency().Code(); code != "" {
		return m.Amount() + " " + code
	}
	return m.Amount()
}

func (f *format) symbol(c ledger.Currency) string {
	for _, table := range [...]string{f.symbols, f.base} {
		if _, rest, ok := strings.Cut(table, "|"+c.Code()+"="); ok {
			text, _, _ := strings.Cut(rest, "|")
			return text
		}
	}
	return c.Code()
}

// around returns what stands around an amount with its currency.
func (f *style) around(m ledger.Money) pattern {
	if m.Currency() == ledger.EUR {
		return f.euro
	}
	return f.money
}

// write puts an amount into a pattern.
func (f *style) write(m ledger.Money, p pattern, symbol string) string {
	amount, negative := strings.CutPrefix(m.Amount(), "-")
	before, after := p.before, p.after
	if negative {
		before, after = p.negBefore, p.negAfter
	}
	var b strings.Builder
	b.Grow(64)
	f.affix(&b, before, symbol)
	if symbol != "" && strings.HasSuffix(before, "¤") {
		last, _ := utf8.DecodeLastRuneInString(symbol)
		space(&b, last)
	}
	f.number(&b, amount)
	if symbol != "" && strings.HasPrefix(after, "¤") {
		first, _ := utf8.DecodeRuneInString(symbol)
		space(&b, first)
	}
	f.affix(&b, after, symbol)
	return b.String()
}

// space keeps a symbol and a digit apart where the pattern does not. It is
// CLDR's currency spacing, the same in all locales: a no-break space if the
// symbol's character next to the number is neither a sign like € nor a space.
func space(b *strings.Builder, r rune) {
	if !unicode.IsSymbol(r) && !unicode.Is(unicode.Z, r) {
		b.WriteString("\u00a0")
	}
}

func (f *style) affix(b *strings.Builder, text, symbol string) {
	for _, r := range text {
		switch r {
		case '¤':
			b.WriteString(symbol)
		case '-':
			b.WriteString(f.minus)
		default:
			b.WriteRune(r)
		}
	}
}

// number writes plain digits, "1234567.89", with the locale's separators.
func (f *style) number(b *strings.Builder, amount string) {
	whole, fraction, pointed := strings.Cut(amount, ".")
	grouped := len(whole) >= f.primary+f.least
	for i := range len(whole) {
		// left counts the digits from here to the decimal sign.
		left := len(whole) - i
		if grouped && i > 0 && left >= f.primary && (left-f.primary)%f.secondary == 0 {
			b.WriteString(f.group)
		}
		b.WriteByte(whole[i])
	}
	if pointed {
		b.WriteString(f.decimal)
		b.WriteString(fraction)
	}
}
