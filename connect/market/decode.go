package market

import (
	"github.com/soukhq/souk/internal/strict"
)

// format bounds one file, and what a platform may say otherwise: it is one object of
// the store.
var format = strict.Format{Package: "market", Code: "invalid_market", Max: 256 << 10}

func bad(field, msg string) error { return format.Bad(field, msg) }

func shown(name string) string { return strict.Shown(name) }

// Parse reads rules from JSON and checks them. It is strict: a name that is no
// field, in another case, or there twice, null, and a fact without a value or a
// source are invalid_market, with the path of the field: "methods.card.place[0].value".
func Parse(data []byte) (*Rules, error) {
	r := new(Rules)
	if err := format.Decode(data, r); err != nil {
		return nil, err
	}
	return r, r.check(&checker{sourced: true})
}

// ParseList is Parse for the rules that a platform has otherwise, whose facts
// need no source.
func ParseList(data []byte) (*List, error) {
	l := new(List)
	if err := format.Decode(data, l); err != nil {
		return nil, err
	}
	return l, l.Check()
}
