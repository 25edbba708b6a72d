package calendar

import "github.com/soukhq/souk/payout"

// AllOpen returns the calendar of the days on which all the given calendars are
// open: those of a payment that two systems settle, as when euros are bought with
// dollars. Without any it is that of the weekends.
func AllOpen(calendars ...payout.Calendar) payout.Calendar {
	if len(calendars) == 0 {
		return payout.Calendar{}
	}
	return payout.CalendarOf(allOpen(append([]payout.Calendar(nil), calendars...)))
}

type allOpen []payout.Calendar

func (a allOpen) Open(d payout.Day) bool {
	for _, c := range a {
		if !c.Open(d) {
			return false
		}
	}
	return true
}

// Changes are dates on which a host knows better: a strike, a system that is down
// for a day, a Saturday on which banks work.
type Changes struct {
	Close []payout.Day
	Open  []payout.Day
}

// Change returns a calendar with other answers for single dates. One that stands
// in both lists is closed. Rules, and reasons with them, come from a file that
// extends a calendar; see Set.With.
func Change(c payout.Calendar, by Changes) payout.Calendar {
	days := make(map[payout.Day]bool, len(by.Open)+len(by.Close))
	for _, d := range by.Open {
		days[d] = true
	}
	for _, d := range by.Close {
		days[d] = false
	}
	return payout.CalendarOf(changed{c, days})
}

type changed struct {
	payout.Calendar
	days map[payout.Day]bool
}

func (c changed) Open(d payout.Day) bool {
	if open, ok := c.days[d]; ok {
		return open
	}
	return c.Calendar.Open(d)
}
