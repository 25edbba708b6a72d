package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Item is one text of a list.
type Item struct {
	Text  string
	Until time.Time // from when on it does not count; zero: it always does
}

// List is a named list of a host, @name in rules. It does not change; a set takes
// newer ones by Set.WithLists.
type List struct {
	of      Type
	until   map[string]time.Time // by the text, folded where case makes no difference
	version string
}

// NewList makes a list of at most 50,000 items. Its type says what it may be asked
// for: Text, Exact, Country or Currency. An item of another form is refused with
// invalid_list_item, by its number from 0; one that comes twice counts as long as the
// later of the two.
func NewList(of Type, items ...Item) (*List, error) {
	bad := func(code, msg string) error {
		return &ledger.Error{Class: ledger.Invalid, Code: code, Field: "list", Op: "rule: list", Msg: msg}
	}
	if of < Text || of > Currency {
		return nil, bad("invalid_list", "a list is of text, countries or currencies")
	}
	if len(items) > MaxListItems {
		return nil, bad("invalid_list", "a list has at most 50,000 items")
	}
	l := &List{of: of, until: make(map[string]time.Time, len(items))}
	for i, item := range items {
		if msg := wrongText(of, item.Text); msg != "" {
			return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_list_item", Field: "list." + strconv.Itoa(i), Op: "rule: list", Msg: msg}
		}
		key := item.Text
		if of.folds() {
			key = compliance.Fold(key)
		}
		if have, twice := l.until[key]; !twice || !have.IsZero() && (item.Until.IsZero() || item.Until.After(have)) {
			l.until[key] = item.Until
		}
	}
	l.version = l.hash()
	return l, nil
}

// wrongText says what is wrong with a text of a type; nothing if it is right.
func wrongText(of Type, text string) string {
	switch {
	case text == "" || len(text) > MaxString || !utf8.ValidString(text):
		return "it is text of 1 to 500 bytes"
	case of == Country && !compliance.IsCountry(text):
		return "it is a country's code in two letters (ISO 3166-1)"
	case of == Currency:
		if _, err := ledger.ParseCurrency(text); err != nil {
			return "it is a currency's code in capitals (ISO 4217), or an asset with its digits"
		}
	}
	return ""
}

// hash is the same for the same items, in whatever order they came.
func (l *List) hash() string {
	keys := make([]string, 0, len(l.until))
	for k := range l.until {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	h := sha256.New()
	for _, k := range keys {
		h.Write([]byte(k + "\x00" + l.until[k].UTC().Format(time.RFC3339Nano) + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil))[:versionDigits]
}

// Len returns how many items it has, those that have ended included.
func (l *List) Len() int { return len(l.until) }

// Version names what is in it: the same for the same items.
func (l *List) Version() string { return l.version }

// has reports whether a text, folded if need be, is in the list at a moment.
func (l *List) has(key []byte, at time.Time) bool {
	until, ok := l.until[string(key)]
	return ok && (until.IsZero() || at.Before(until))
}

// Lists names the lists that the rules use, in order. They must stay as long as the
// set is used.
func (s *Set) Lists() []string { return slices.Clone(s.listNames) }

// WithLists returns the set with other lists of the same names, and the same rules
// and version. Each list that the rules use has to be there, with the type that it
// had (unknown_list, list_type); others are left out.
func (s *Set) WithLists(lists map[string]*List) (*Set, error) {
	next := *s
	next.lists = make([]*List, len(s.lists))
	for i, name := range s.listNames {
		l := lists[name]
		switch {
		case l == nil:
			return nil, &ledger.Error{Class: ledger.Invalid, Code: "unknown_list", Field: "lists", Op: "rule: lists", Msg: "the rules use @" + name}
		case l.of != s.lists[i].of:
			return nil, &ledger.Error{Class: ledger.Invalid, Code: "list_type", Field: "lists", Op: "rule: lists", Msg: "@" + name + " was of another type"}
		}
		next.lists[i] = l
	}
	return &next, nil
}
