package bank

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Field is one thing that a country's account is made up of, as whoever draws a
// form needs it.
type Field struct {
	Name     string
	Optional bool
	Min, Max int      // characters, as they are kept; 0 where the name's own rule says
	Digits   bool     // digits alone, where Max is set; letters too otherwise
	Options  []string // what it may be, the default first; nil for anything
}

// Formats returns the ways to name an account in a country: each a list of fields,
// the most usual way first. Nil for a country that none is known of. Every way has
// account_holder_name too, which is only required where the files of the country
// cannot do without.
func Formats(country string) [][]Field {
	var list [][]Field
	for _, f := range formatsOf(upper(country)) {
		list = append(list, slices.Clone(f))
	}
	return list
}

// FormatCountries lists the countries and territories of which a way is known, in
// order.
func FormatCountries() []string {
	var list []string
	for c := range strings.FieldsSeq(isoCountries) {
		if len(formatsOf(c)) > 0 {
			list = append(list, c)
		}
	}
	return list
}

func formatsOf(country string) [][]Field {
	if !isCountry(country) {
		return nil
	}
	country = mother(country)
	if list, ok := formats[country]; ok {
		return list
	}
	if _, ok := ibanShapes[country]; ok {
		return formats["*"]
	}
	return nil
}

var formats = readFormats()

// fieldNames are all names that there are: others are not repeated in an error.
var fieldNames = readFieldNames()

func readFormats() map[string][][]Field {
	list := make(map[string][][]Field)
	for line := range strings.Lines(formatTable) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var format []Field
		for _, w := range words[1:] {
			format = append(format, readField(w))
		}
		if !slices.ContainsFunc(format, func(f Field) bool { return f.Name == fieldHolder }) {
			format = append(format, Field{Name: fieldHolder, Optional: true})
		}
		list[words[0]] = append(list[words[0]], format)
	}
	return list
}

func readField(word string) Field {
	name, rule, _ := strings.Cut(word, ":")
	f := Field{Name: strings.TrimSuffix(name, "?"), Optional: strings.HasSuffix(name, "?")}
	switch {
	case strings.Contains(rule, "|"):
		f.Options = strings.Split(rule, "|")
	case rule != "":
		f.Digits = strings.HasSuffix(rule, "n")
		from, to, two := strings.Cut(rule[:len(rule)-1], "-")
		f.Min, _ = strconv.Atoi(from) // a test reads the table as well
		if f.Max = f.Min; two {
			f.Max, _ = strconv.Atoi(to)
		}
	}
	return f
}

func readFieldNames() map[string]bool {
	names := make(map[string]bool)
	for list := range maps.Values(formats) {
		for _, format := range list {
			for _, f := range format {
				names[f.Name] = true
			}
		}
	}
	return names
}
