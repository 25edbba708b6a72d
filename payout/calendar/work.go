package calendar

import (
	"time"

	"github.com/soukhq/souk/payout"
)

// maxMove bounds how far a holiday is moved: further than any row of holidays,
// nearer than the next year.
const maxMove = 31

// work is a year on the way: what falls on its days and on those around it.
type work struct {
	*Calendar
	found    []falling
	holidays map[payout.Day]bool // past which others are moved
}

// falling is a rule that fell on a day.
type falling struct {
	Closing
	rule *rule
}

func (w *work) add(r *rule, d, of payout.Day) {
	w.found = append(w.found, falling{Closing{Day: d, Name: r.Name, Of: of, Holiday: !r.BankOnly, Confirm: r.Confirm, Source: r.Source}, r})
	if !r.BankOnly {
		w.holidays[d] = true
	}
}

// fall adds the day of a rule in a year.
func (w *work) fall(r *rule, year int) {
	if r.when == nil || !r.holds(year) {
		return
	}
	if d, ok := r.when(year); ok {
		w.add(r, d, d)
	}
}

// between adds the days around a year that lie between two holidays and are none.
// What it finds makes no further one.
func (w *work) between(r *rule, year int) {
	var list []payout.Day
	for d := dayOf(year-1, time.July, 1); d < dayOf(year+1, time.July, 1); d++ {
		if w.holidays[d-1] && w.holidays[d+1] && !w.holidays[d] && r.holds(d.Time().Year()) {
			list = append(list, d)
		}
	}
	for _, d := range list {
		w.add(r, d, d)
	}
}

// move adds the day on which a holiday is kept that fell on a weekend.
func (w *work) move(f falling) {
	day, step := f.Day.Weekday(), payout.Day(1)
	switch f.rule.Observed {
	case WeekendForward:
		if !w.weekend[day] {
			return
		}
	case SundayForward:
		if day != time.Sunday {
			return
		}
	case Nearest:
		if day == time.Saturday {
			step = -1
		} else if day != time.Sunday {
			return
		}
	default:
		return
	}
	for n := payout.Day(1); n <= maxMove; n++ {
		if d := f.Day + n*step; !w.weekend[d.Weekday()] && !w.holidays[d] {
			w.add(f.rule, d, f.Day)
			return
		}
	}
}
