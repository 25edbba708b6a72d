package payout

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// Day is a date without a time or a zone: days since 1970-01-01.
type Day int32

// DayOf returns the date of a moment in a zone.
func DayOf(t time.Time, zone *time.Location) Day {
	y, m, d := t.In(zone).Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDay reads a date in the form 2026-11-27.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, &ledger.Error{Class: ledger.Invalid, Code: "invalid_date", Field: "date", Msg: "a date has the form 2026-11-27"}
	}
	return DayOf(t, time.UTC), nil
}

// String returns the date in the form 2026-11-27.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// Time returns the midnight in UTC at which the day begins.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return d.Time().Weekday() }

// MarshalText implements encoding.TextMarshaler.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Day) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDay(string(text))
	return err
}

// Calendar knows on which days banks work: those of its Rule, or, without one,
// all but Saturdays, Sundays and the host's holidays. The zero value has none of
// those. It never changes and is safe for concurrent use.
type Calendar struct {
	holidays map[Day]bool
	rule     Rule
}

// Rule says on which days banks work, weekends included, for any day. Its answers
// never change, and it may be asked by many at once. Package payout/calendar has
// the rules of many countries.
type Rule interface {
	Open(Day) bool
}

// CalendarOf returns the calendar of a rule; without one, that of the weekends.
func CalendarOf(r Rule) Calendar { return Calendar{rule: r} }

// NewCalendar returns a calendar with holidays besides the weekends.
func NewCalendar(holidays ...Day) Calendar {
	c := Calendar{holidays: make(map[Day]bool, len(holidays))}
	for _, d := range holidays {
		c.holidays[d] = true
	}
	return c
}

// Open reports whether banks work on a day.
func (c Calendar) Open(d Day) bool {
	if c.rule != nil {
		return c.rule.Open(d)
	}
	w := d.Weekday()
	return w != time.Saturday && w != time.Sunday && !c.holidays[d]
}

// Next returns the first banking day on or after d. A calendar without a
// banking day within four years answers d itself.
func (c Calendar) Next(d Day) Day {
	for n := d; n < d+4*366; n++ {
		if c.Open(n) {
			return n
		}
	}
	return d
}

// Add returns the n-th banking day after d, counted from the first banking day
// on or after d. n is zero or more.
func (c Calendar) Add(d Day, n int) Day {
	d = c.Next(d)
	for ; n > 0; n-- {
		d = c.Next(d + 1)
	}
	return d
}

// Sub returns the n-th banking day before d, counted from the last banking day on
// or before d: when a file must be there that is worked n banking days ahead. n is
// zero or more. Without a banking day within four years it counts d itself.
func (c Calendar) Sub(d Day, n int) Day {
	d = c.last(d)
	for ; n > 0; n-- {
		d = c.last(d - 1)
	}
	return d
}

func (c Calendar) last(d Day) Day {
	for n := d; n > d-4*366; n-- {
		if c.Open(n) {
			return n
		}
	}
	return d
}

// Delay is how long money waits before it is available.
type Delay struct {
	Days     int  `json:"days"`              // 0–366
	Business bool `json:"business,omitzero"` // banking days; else calendar days
}

// After returns the day on which money of day d is available.
func (w Delay) After(d Day, c Calendar) Day {
	if w.Business {
		return c.Add(d, w.Days)
	}
	return d + Day(w.Days)
}

// DelayOf returns the default delay of a country (ISO 3166-1 alpha-2): two
// banking days in the United States and Australia, else seven calendar days.
// They are the defaults of hosted marketplaces; a host sets its own.
func DelayOf(country string) Delay {
	switch country {
	case "US", "AU":
		return Delay{Days: 2, Business: true}
	}
	return Delay{Days: 7}
}

// Multiple returns of which multiple, in minor units, a payout in c must be:
// banks pay HUF and TWD in whole units of 100. The rest stays in the balance.
func Multiple(c ledger.Currency) int64 {
	switch c {
	case ledger.HUF, ledger.TWD:
		return 100
	}
	return 1
}
