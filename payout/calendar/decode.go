package calendar

import (
	"github.com/soukhq/souk/internal/strict"
)

var format = strict.Format{Package: "calendar", Code: "invalid_calendar", Max: 256 << 10}

func bad(field, msg string) error { return format.Bad(field, msg) }

// Parse reads rules from JSON and checks them. It is strict: a name that is no
// field, in another case, or there twice, null, and a rule without a name or a
// source are invalid_calendar of class Invalid, with the path of the field:
// "days[3].nth". At most 256 KiB and 1,000 rules are read.
func Parse(data []byte) (*Rules, error) {
	r := new(Rules)
	if err := format.Decode(data, r); err != nil {
		return nil, err
	}
	_, err := compile(r)
	return r, err
}
