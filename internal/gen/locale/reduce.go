package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"unicode"
)

// tags are the locales that are taken over: the languages of the 18 countries
// whose sellers are paid, those they trade with, and the general forms that
// regional ones fall back to.
const tags = `
	en en-001 en-AU en-CA en-GB en-IE en-IN en-NZ
	ar-AE ca cs da
	de de-AT de-BE de-CH de-LU
	es es-419 es-MX es-US
	fi fr fr-BE fr-CA fr-CH fr-LU
	ga he hi hu it it-CH ja ko lb nb nl nl-BE nn pl
	pt pt-PT ro sv sv-FI tr zh`

// extract is the part of CLDR that the table needs, in the order of tags.
type extract struct {
	Version string     `json:"version"`
	Locales []cldrForm `json:"locales"`
}

// cldrForm is one locale, in CLDR's own terms.
type cldrForm struct {
	Tag             string            `json:"tag"`
	Decimal         string            `json:"decimal"`
	Group           string            `json:"group"`
	CurrencyDecimal string            `json:"currencyDecimal,omitempty"`
	CurrencyGroup   string            `json:"currencyGroup,omitempty"`
	Minus           string            `json:"minusSign"`
	MinGrouping     string            `json:"minimumGroupingDigits"`
	Standard        string            `json:"standard"`
	AlphaNext       string            `json:"standard-alphaNextToNumber"`
	NoCurrency      string            `json:"standard-noCurrency"`
	Symbols         map[string]string `json:"symbols"` // only those that are not the code
}

// spacing is CLDR's rule for what comes between a symbol and a digit. All
// locales share it, so package locale has it in code.
type spacing struct {
	CurrencyMatch, SurroundingMatch, InsertBetween string
}

// numbers is the part of a locale's numbers.json that is read.
type numbers struct {
	System      string `json:"defaultNumberingSystem"`
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

// ended lists currencies for which CLDR has a pattern or separators of their
// own in some locale. They are withdrawn; the exception is not carried over.
const ended = " ESP ITL LUF PTE "

// reduce makes the extract from the folder of cldr-numbers-full.
func reduce(pkg fs.FS) ([]byte, error) {
	var about struct{ Version string }
	if err := readJSON(pkg, "package.json", &about); err != nil {
		return nil, err
	}
	x := extract{Version: about.Version}
	for _, tag := range strings.Fields(tags) {
		f, err := reduceLocale(pkg, tag)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tag, err)
		}
		x.Locales = append(x.Locales, f)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(x); err != nil {
		return nil, err
	}
	return visible(b.String()), nil
}

func reduceLocale(pkg fs.FS, tag string) (cldrForm, error) {
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
	num := n.Main[tag].Numbers
	want := spacing{"[[:^S:]&[:^Z:]]", "[:digit:]", "\u00a0"}
	if s := num.Formats.Spacing; num.System != "latn" || s.BeforeCurrency != want || s.AfterCurrency != want {
		return cldrForm{}, fmt.Errorf("digits %s, currency spacing %q: package locale knows others", num.System, s)
	}
	f := cldrForm{
		Tag: tag, Decimal: num.Symbols.Decimal, Group: num.Symbols.Group,
		CurrencyDecimal: num.Symbols.CurrencyDecimal, CurrencyGroup: num.Symbols.CurrencyGroup,
		Minus: num.Symbols.MinusSign, MinGrouping: num.MinGrouping,
		Standard: num.Formats.Standard, AlphaNext: num.Formats.AlphaNext, NoCurrency: num.Formats.NoCurrency,
		Symbols: map[string]string{},
	}
	for code, cur := range c.Main[tag].Numbers.Currencies {
		own := cur.Decimal+cur.Group != "" || cur.Pattern != "" && cur.Pattern != f.Standard
		if own && !strings.Contains(ended, " "+code+" ") {
			return cldrForm{}, fmt.Errorf("%s has a form of its own", code)
		}
		// A few symbols are a single zero-width space: the decimal sign used
		// to name the currency. An amount must show what it is in.
		if cur.Symbol != code && strings.ContainsFunc(cur.Symbol, unicode.IsGraphic) {
			f.Symbols[code] = cur.Symbol
		}
	}
	return f, nil
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
