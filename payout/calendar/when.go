package calendar

import (
	"time"

	"github.com/soukhq/souk/payout"
)

// The years of the Gregorian calendar for which rules are asked; before and after
// them there are only weekends.
const firstYear, lastYear = 1583, 9999

func dayOf(year int, month time.Month, day int) payout.Day {
	return payout.DayOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), time.UTC)
}

// when is a compiled rule: on which day of a year it falls, if on any.
type when func(year int) (payout.Day, bool)

// fixed is a day of the year; February 29 is one in leap years alone.
func fixed(month time.Month, day int) when {
	return func(year int) (payout.Day, bool) {
		d := dayOf(year, month, day)
		return d, d.Time().Month() == month
	}
}

// onOrAfter returns the first weekday w from d on.
func onOrAfter(d payout.Day, w time.Weekday) payout.Day {
	return d + payout.Day((w-d.Weekday()+7)%7)
}

// nth is the n-th weekday of a month; the last one if n is -1. Not every month
// has a fifth.
func nth(month time.Month, n int, w time.Weekday) when {
	return func(year int) (payout.Day, bool) {
		if n < 0 {
			return onOrAfter(dayOf(year, month+1, 1)-7, w), true
		}
		d := onOrAfter(dayOf(year, month, 1), w) + payout.Day(7*(n-1))
		return d, d.Time().Month() == month
	}
}

func first(w time.Weekday, month time.Month, day int) when {
	return func(year int) (payout.Day, bool) { return onOrAfter(dayOf(year, month, day), w), true }
}

func before(w time.Weekday, month time.Month, day int) when {
	return func(year int) (payout.Day, bool) { return onOrAfter(dayOf(year, month, day)-7, w), true }
}

func once(d payout.Day) when {
	return func(year int) (payout.Day, bool) { return d, d.Time().Year() == year }
}

func easterPlus(n int) when {
	return func(year int) (payout.Day, bool) { return easter(year) + payout.Day(n), true }
}

// easter returns Easter Sunday: the Sunday after the full moon, by the reckoning of
// the Gregorian calendar (Lilius and Clavius, 1582), on or after March 21.
func easter(year int) payout.Day {
	golden, century := year%19, year/100
	// The moon's age moves 19 days from one year of its cycle to the next, by the
	// leap days left out of centuries, and by a day in about 312 years.
	moon := (19*golden + century - century/4 - (8*century+13)/25 + 15) % 30
	if moon == 29 || moon == 28 && golden > 10 { // no two years of a cycle share a full moon
		moon--
	}
	return onOrAfter(dayOf(year, time.March, 21)+payout.Day(moon)+1, time.Sunday)
}

// drift is what the equinox moves in a year of 365 days, in millionths of a day.
const drift = 242_194

// equinox is the day of March or September on which the equinox falls in Japan.
// Source: reckoning by the Hydrographic Department of Japan, for 1851 to 2150. The
// government states the day in February of the year before.
func equinox(autumn bool) when {
	month, epochs := time.March, [4]int{19_827_700, 20_835_700, 20_843_100, 21_851_000}
	if autumn {
		month, epochs = time.September, [4]int{22_258_800, 23_258_800, 23_248_800, 24_248_800}
	}
	return func(year int) (payout.Day, bool) {
		span := 0
		switch {
		case year < 1851 || year > 2150:
			return 0, false
		case year >= 2100:
			span = 3
		case year >= 1980:
			span = 2
		case year >= 1900:
			span = 1
		}
		leapDays := (year - 1980) >> 2 // rounds down before 1980, too
		return dayOf(year, month, (epochs[span]+drift*(year-1980)-1_000_000*leapDays)/1_000_000), true
	}
}
