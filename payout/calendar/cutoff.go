package calendar

import (
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Clock is a time of day in minutes after midnight, 1 to 1,440. Zero is 1,440: the
// end of the day.
type Clock int16

// endOfDay is the Clock 24:00.
const endOfDay Clock = 24 * 60

// ParseClock reads a time of day in the form 17:30, from 00:01 to 24:00. What is
// none is invalid_time of class Invalid.
func ParseClock(text string) (Clock, error) {
	if text == "24:00" {
		return endOfDay, nil
	}
	t, err := time.Parse("15:04", text)
	if c := Clock(t.Hour()*60 + t.Minute()); err == nil && len(text) == len("15:04") && c > 0 {
		return c, nil
	}
	return 0, &ledger.Error{Class: ledger.Invalid, Code: "invalid_time", Field: "time", Msg: "a time of day has the form 17:30; the end of the day is 24:00"}
}

// String returns the time in the form 17:30.
func (c Clock) String() string {
	c = c.or()
	return fmt.Sprintf("%02d:%02d", c/60, c%60)
}

// MarshalText implements encoding.TextMarshaler.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Clock) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClock(string(text))
	return err
}

func (c Clock) or() Clock {
	if c < 1 || c > endOfDay {
		return endOfDay
	}
	return c
}

// CutOff says on which banking day counts what is handed over at a moment. What
// comes at the cut-off or after it counts as the day after.
type CutOff struct {
	Zone     *time.Location // the rail's; nil is UTC
	At       Clock          // of each banking day
	Calendar payout.Calendar
}

// NewCutOff makes a cut-off of the name of a time zone, such as
// "America/New_York", and a time of day, such as "17:30". What is wrong is
// unknown_zone or invalid_time of class Invalid. Zones come from the machine; a
// host that runs where there are none imports time/tzdata.
func NewCutOff(zone, at string, c payout.Calendar) (CutOff, error) {
	clock, err := ParseClock(at)
	if err != nil {
		return CutOff{}, err
	}
	if zone == "" || zone == "Local" {
		return CutOff{}, badZone("the name of a time zone, such as Europe/London")
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return CutOff{}, badZone("this machine knows no such time zone; import time/tzdata where it knows none")
	}
	return CutOff{location, clock, c}, nil
}

func badZone(msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "unknown_zone", Field: "zone", Msg: msg}
}

// CutOff returns the calendar's cut-off at a time of day, such as "17:30", in the
// rail's zone; see NewCutOff.
func (c *Calendar) CutOff(at string) (CutOff, error) { return NewCutOff(c.Zone(), at, c.Days()) }

// Day returns the banking day on which counts what is handed over at t.
func (c CutOff) Day(t time.Time) payout.Day {
	d := payout.DayOf(t, c.zone())
	if !t.Before(c.Of(d)) {
		d++
	}
	return c.Calendar.Next(d)
}

// Of returns the moment before which something is handed over that is to count on
// the banking day d: the first at which the clocks of the zone show the time or a
// later one. So a time that comes twice, when clocks are set back, is its first;
// one that is left out, when they are set forward, is the moment of the change.
func (c CutOff) Of(d payout.Day) time.Time {
	wall := int64(d)*86400 + int64(c.At.or())*60 // as if the zone were UTC
	// No zone is further than 16 hours from UTC.
	for t := time.Unix(wall-16*3600, 0).In(c.zone()); ; {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		at := max(wall-int64(offset), t.Unix())
		if end.IsZero() || at < end.Unix() {
			return time.Unix(at, 0).In(c.zone())
		}
		t = end.In(c.zone())
	}
}

func (c CutOff) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}
