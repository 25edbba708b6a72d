package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// languages are those of the 18 countries whose sellers are paid, and of those
// they trade with. Every regional locale that CLDR has for them is taken over.
const languages = "en ar ca cs da de es fi fr ga he hi hu it ja ko lb nb nl nn pl pt ro sv tr zh"

// extract is the part of CLDR that the table needs: each language's own form
// before those of its regions, which say only what they have otherwise.
type extract struct {
	Version string
	Locales []cldrForm
}

// cldrForm is how one locale writes amounts, in CLDR's own terms. In the extract
// a field that is empty, and a symbol that is not mentioned, is the language's.
type cldrForm struct {
	Tag         string            `json:"tag"`
	Decimal     string            `json:"decimal,omitempty"` // of currencies, as is Group
	Group       string            `json:"group,omitempty"`
	Minus       string            `json:"minusSign,omitempty"`
	MinGrouping string            `json:"minimumGroupingDigits,omitempty"`
	Standard    string            `json:"standard,omitempty"`
	Euro        string            `json:"euro,omitempty"` // the standard pattern where EUR has none of its own
	NoCurrency  string            `json:"standard-noCurrency,omitempty"`
	Symbols     map[string]string `json:"symbols,omitempty"` // only those that are not the code
}

// spacing is CLDR's rule for what comes between a symbol and a digit. All
// locales share it, so package locale has it in code.
type spacing struct {
	CurrencyMatch, SurroundingMatch, InsertBetween string
}

// numbers is the part of a locale's numbers.json that is read.
type numbers struct {
	MinGrouping string `json:"minimumGroupingDigits"`
	Symbols     struct {
		Decimal, Group, MinusSign      string
		CurrencyDecimal, CurrencyGroup string
	} `json:"symbols-numberSystem-latn"`
	Formats struct {
		Spacing    struct{ BeforeCurrency, AfterCurrency spacing } `json:"currencySpacing"`
		Standard   string
		AlphaNext  string `json:"standard-alphaNextToNumber"`
		NoCurrency string `json:"standard-noCurrency"`
	} `json:"currencyFormats-numberSystem-latn"`
}

type currency struct{ Symbol, Decimal, Group, Pattern string }

// exempt lists currencies that have separators or a pattern of their own in
// some locale, and are written there as the others are: four that are withdrawn,
// and CVE, whose "12$50" in pt-CV a reader elsewhere takes for dollars.
const exempt = " CVE ESP ITL LUF PTE "

// readPackage reads the locales of the languages from the folder of
// cldr-numbers-full.
func readPackage(pkg fs.FS) (extract, error) {
	var about struct{ Version string }
	if err := readJSON(pkg, "package.json", &about); err != nil {
		return extract{}, err
	}
	dirs, err := fs.ReadDir(pkg, "main")
	if err != nil {
		return extract{}, err
	}
	x := extract{Version: about.Version}
	for language := range strings.FieldsSeq(languages) {
		for _, dir := range dirs {
			tag := dir.Name()
			if base, _, _ := strings.Cut(tag, "-"); base != language || tag == "en-Dsrt" || tag == "en-Shaw" {
				continue // scripts for which CLDR has nothing but defaults
			}
			f, err := readLocale(pkg, tag)
			if err != nil {
				return extract{}, fmt.Errorf("%s: %w", tag, err)
			}
			x.Locales = append(x.Locales, f)
		}
	}
	return x, nil
}

func readLocale(pkg fs.FS, tag string) (cldrForm, error) {
	var n struct {
		Main map[string]struct{ Numbers numbers }
	}
	var c struct {
		Main map[string]struct {
			Numbers struct{ Currencies map[string]currency }
		}
	}
	if err := readJSON(pkg, "main/"+tag+"/numbers.json", &n); err != nil {
		return cldrForm{}, err
	}
	if err := readJSON(pkg, "main/"+tag+"/currencies.json", &c); err != nil {
		return cldrForm{}, err
	}
	signs, formats := n.Main[tag].Numbers.Symbols, n.Main[tag].Numbers.Formats
	if err := spacedAsKnown(formats.Standard, formats.AlphaNext, tag); err != nil {
		return cldrForm{}, err
	}
	want := spacing{"[[:^S:]&[:^Z:]]", "[:digit:]", "\u00a0"}
	if s := formats.Spacing; s.BeforeCurrency != want || s.AfterCurrency != want {
		return cldrForm{}, fmt.Errorf("currency spacing %q: package locale knows another", s)
	}
	f := cldrForm{
		Tag: tag, Decimal: signs.Decimal, Group: signs.Group, Minus: signs.MinusSign,
		MinGrouping: n.Main[tag].Numbers.MinGrouping,
		Standard:    formats.Standard, Euro: formats.Standard, NoCurrency: formats.NoCurrency,
		Symbols: map[string]string{},
	}
	if signs.CurrencyDecimal != "" {
		f.Decimal = signs.CurrencyDecimal
	}
	if signs.CurrencyGroup != "" {
		f.Group = signs.CurrencyGroup
	}
	for code, cur := range c.Main[tag].Numbers.Currencies {
		if err := f.take(code, cur); err != nil {
			return cldrForm{}, err
		}
	}
	return f, nil
}

// take adds a currency to a locale's form.
func (f *cldrForm) take(code string, cur currency) error {
	if !strings.Contains(exempt, " "+code+" ") {
		if code == "EUR" && cur.Pattern != "" {
			f.Euro, cur.Pattern = cur.Pattern, ""
		}
		if cur.Decimal+cur.Group != "" || cur.Pattern != "" && cur.Pattern != f.Standard {
			return fmt.Errorf("%s has a form of its own", code)
		}
	}
	// A few symbols are a single zero-width space: the decimal sign used to
	// name the currency. An amount must show what it is in.
	if cur.Symbol != "" && cur.Symbol != code && strings.ContainsFunc(cur.Symbol, unicode.IsGraphic) {
		f.Symbols[code] = cur.Symbol
	}
	return nil
}

// spacedAsKnown refuses a pattern for symbols of letters that is more than the
// standard one with the space of CLDR's currency spacing. That of en-ZA has no
// space, and is not followed: "R 1 234,50" is what ICU and so all browsers show,
// and "USD1 234,50" helps nobody.
func spacedAsKnown(standard, alphaNext, tag string) error {
	if tag == "en-ZA" && alphaNext == standard {
		return nil
	}
	money, err := parsePattern(standard)
	if err != nil {
		return err
	}
	alpha, err := parsePattern(alphaNext)
	if err != nil {
		return err
	}
	if money.spaced() != alpha {
		return fmt.Errorf("%q and %q differ by more than the space that currency spacing gives", standard, alphaNext)
	}
	return nil
}

// encode writes the extract, a locale in a line.
func (x extract) encode() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"version\": %q, \"locales\": [", x.Version)
	var own cldrForm
	for i, f := range x.Locales {
		if !strings.Contains(f.Tag, "-") {
			own = f
		} else {
			f = f.without(own)
		}
		var line bytes.Buffer
		enc := json.NewEncoder(&line)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(f); err != nil {
			return nil, err
		}
		b.WriteString(map[bool]string{true: "\n", false: ",\n"}[i == 0])
		b.Write(bytes.TrimSpace(line.Bytes()))
	}
	b.WriteString("\n]}\n")
	return visible(b.String()), nil
}

// readExtract reads what encode wrote, and gives every locale its whole form.
func readExtract(sources fs.FS) (extract, error) {
	var x extract
	if err := readJSON(sources, "cldr.json", &x); err != nil {
		return extract{}, err
	}
	var own cldrForm
	for i, f := range x.Locales {
		if !strings.Contains(f.Tag, "-") {
			own = f
		} else {
			x.Locales[i] = f.with(own)
		}
	}
	return x, nil
}

// inherited lists what a regional locale has from its language where it has
// nothing else.
func (f *cldrForm) inherited() []*string {
	return []*string{&f.Decimal, &f.Group, &f.Minus, &f.MinGrouping, &f.Standard, &f.NoCurrency}
}

// without leaves out what a locale has as its language does.
func (f cldrForm) without(own cldrForm) cldrForm {
	if f.Euro == f.Standard {
		f.Euro = ""
	}
	for i, field := range f.inherited() {
		if *field == *own.inherited()[i] {
			*field = ""
		}
	}
	f.Symbols = changes(f.Symbols, own.Symbols)
	return f
}

// with is the inverse of without.
func (f cldrForm) with(own cldrForm) cldrForm {
	for i, field := range f.inherited() {
		if *field == "" {
			*field = *own.inherited()[i]
		}
	}
	if f.Euro == "" {
		f.Euro = f.Standard
	}
	symbols := maps.Clone(own.Symbols)
	for code, text := range f.Symbols {
		symbols[code] = text
		if text == code {
			delete(symbols, code)
		}
	}
	f.Symbols = symbols
	return f
}

// changes lists the symbols that are not those of base. One that base has, and
// the locale has not, is its code.
func changes(symbols, base map[string]string) map[string]string {
	list := map[string]string{}
	for _, code := range slices.Concat(slices.Collect(maps.Keys(symbols)), slices.Collect(maps.Keys(base))) {
		text, ok := symbols[code]
		if !ok {
			text = code
		}
		if text != base[code] {
			list[code] = text
		}
	}
	return list
}

func readJSON(pkg fs.FS, name string, to any) error {
	data, err := fs.ReadFile(pkg, name)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, to)
}

// visible escapes spaces and direction marks, which no reviewer could see.
func visible(text string) []byte {
	var b bytes.Buffer
	for _, r := range text {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}
