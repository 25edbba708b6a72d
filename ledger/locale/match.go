package locale

import (
	"sync"

	"golang.org/x/text/language"
)

// Formats by tag, and the matcher for tags that are not there. They are built on
// first use, so that a host which never formats an amount pays nothing at start;
// the matcher costs much more, and few tags need it.
var (
	exact = sync.OnceValue(func() map[language.Tag]*format {
		m := make(map[language.Tag]*format, len(locales))
		for i := range locales {
			m[language.MustParse(locales[i].tag)] = &locales[i]
		}
		return m
	})
	matcher = sync.OnceValue(func() language.Matcher {
		tags := make([]language.Tag, len(locales))
		for i := range locales {
			tags[i] = language.MustParse(locales[i].tag)
		}
		return language.NewMatcher(tags)
	})
)

// find returns the format for tag, nil if there is none of its language.
//
// The parents of CLDR come before the matcher's idea of distance, which would
// send fr-MC to fr-CA, where "$" is another dollar. The matcher knows aliases
// (iw is he, no is nb), likely scripts and regions (und-CH is de-CH), and that
// de-Latn-CH is de-CH, where parents would lose the region. What it takes for
// another language's neighbour is not used: that a reader of Icelandic
// understands English does not mean that he reads "1,234" as more than one.
func find(tag language.Tag) *format {
	_, script, _ := tag.Raw()
	if script == (language.Script{}) {
		if f := ancestor(tag); f != nil {
			return f
		}
	} else if f := exact()[tag]; f != nil {
		return f
	}
	near, i, confidence := matcher().Match(tag)
	if confidence == language.Exact {
		return &locales[i]
	}
	if f := ancestor(tag); f != nil {
		return f
	}
	if confidence == language.High && sameLanguage(tag, near) {
		return &locales[i]
	}
	return nil
}

// ancestor returns the format of tag or of its nearest parent.
func ancestor(tag language.Tag) *format {
	for ; !tag.IsRoot(); tag = tag.Parent() {
		if f := exact()[tag]; f != nil {
			return f
		}
	}
	return nil
}

func sameLanguage(a, b language.Tag) bool {
	x, cx := a.Base()
	y, cy := b.Base()
	return x == y && cx == language.Exact && cy == language.Exact
}
