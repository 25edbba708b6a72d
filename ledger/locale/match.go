package locale

import (
	"sync"

	"golang.org/x/text/language"
)

// index finds a locale's format. It is built on first use, so that a host which
// never formats an amount pays nothing at start.
type index struct {
	exact   map[language.Tag]*format
	tags    []language.Tag // in the order of locales
	matcher language.Matcher
}

var lookup = sync.OnceValue(func() *index {
	x := &index{exact: make(map[language.Tag]*format, len(locales))}
	for i := range locales {
		tag := language.MustParse(locales[i].tag)
		x.exact[tag] = &locales[i]
		x.tags = append(x.tags, tag)
	}
	x.matcher = language.NewMatcher(x.tags)
	return x
})

// find returns the format for tag, nil if there is none of its language.
//
// The parents of CLDR come before the matcher's idea of distance, which would
// send fr-MC to fr-CA, where "$" is another dollar. The matcher knows aliases
// (iw is he, no is nb), likely scripts and regions (und-CH is de-CH). What it
// takes for another language's neighbour is not used: that a reader of
// Icelandic understands English does not mean that he reads "1,234" as more
// than one.
func find(tag language.Tag) *format {
	x := lookup()
	if f := x.exact[tag]; f != nil {
		return f
	}
	near, i, confidence := x.matcher.Match(tag)
	if confidence == language.Exact {
		return &locales[i]
	}
	for p := tag; !p.IsRoot(); p = p.Parent() {
		if f := x.exact[p]; f != nil {
			return f
		}
	}
	if confidence == language.High && sameLanguage(tag, near) {
		return &locales[i]
	}
	return nil
}

func sameLanguage(a, b language.Tag) bool {
	x, cx := a.Base()
	y, cy := b.Base()
	return x == y && cx == language.Exact && cy == language.Exact
}
