package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// expect writes what the tests of package locale expect: for all locales that
// write alike, their tags, a few amounts and all symbols. It goes from CLDR's
// pattern to the text by substitution, and shares nothing with generate and the
// table, so that the one is a check of the other.
func expect(x extract) ([]byte, error) {
	var order []string
	tags := map[string][]string{}
	for _, f := range x.Locales {
		row, err := json.Marshal(f.samples())
		if err != nil {
			return nil, err
		}
		if tags[string(row)] == nil {
			order = append(order, string(row))
		}
		tags[string(row)] = append(tags[string(row)], f.Tag)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"cldr\":%q}\n", x.Version)
	for _, row := range order {
		b.Write(visible(fmt.Sprintf("[%q,%s\n", strings.Join(tags[row], " "), strings.TrimPrefix(row, "["))))
	}
	return b.Bytes(), nil
}

// samples returns 1234.56 and -1234567.89 as a bare number, with the code USD
// and with the symbol of the euro; then the symbols.
func (f cldrForm) samples() []string {
	euro := "EUR"
	if s, ok := f.Symbols["EUR"]; ok {
		euro = s
	}
	var list []string
	for _, c := range []struct{ pattern, symbol string }{{f.NoCurrency, ""}, {f.Standard, "USD"}, {f.Euro, euro}} {
		list = append(list, f.sample(c.pattern, c.symbol, false, "1234", "56"), f.sample(c.pattern, c.symbol, true, "1234567", "89"))
	}
	return append(list, symbolTable(f.Symbols))
}

var (
	numberOf = regexp.MustCompile(`[#,0]+\.0+`)
	meeting  = regexp.MustCompile(`(\pL)(\d)|(\d)(\pL)`)
)

func (f cldrForm) sample(pattern, symbol string, negative bool, whole, fraction string) string {
	positive, explicit, _ := strings.Cut(pattern, ";")
	digits := numberOf.FindString(positive)
	text := positive
	switch {
	case negative && explicit != "":
		text = explicit
	case negative:
		text = "-" + positive
	}
	text = strings.ReplaceAll(text, "-", f.Minus)
	text = numberOf.ReplaceAllLiteralString(text, f.grouped(digits, whole)+f.Decimal+fraction)
	text = strings.ReplaceAll(text, "¤", symbol)
	text = meeting.ReplaceAllString(text, "$1$3\u00a0$2$4")
	return strings.TrimRight(text, "\u00a0\u200f")
}

// grouped separates digits from the right: by the last group of the pattern,
// then by the one before it.
func (f cldrForm) grouped(pattern, whole string) string {
	whole0, _, _ := strings.Cut(pattern, ".")
	sizes := strings.Split(whole0, ",")[1:]
	slices.Reverse(sizes)
	if f.MinGrouping == "2" && len(whole) < len(sizes[0])+2 {
		return whole
	}
	var groups []string
	for i := 0; whole != ""; i++ {
		n := max(0, len(whole)-len(sizes[min(i, len(sizes)-1)]))
		groups = append(groups, whole[n:])
		whole = whole[:n]
	}
	slices.Reverse(groups)
	return strings.Join(groups, f.Group)
}
