package calendar

import (
	"slices"
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
	holidays map[payout.Day]bool // themselves
	kept     map[payout.Day]bool // on which others are kept
}

// falling is a rule that fell on a day.
type falling struct {
	Closing
	rule *rule
}

func (w *work) add(r *rule, d, of payout.Day) {
	w.found = append(w.found, falling{Closing{Day: d, Name: r.Name, Of: of, Holiday: !r.BankOnly, Confirm: r.Confirm, Source: r.Source}, r})
	switch {
	case r.BankOnly:
	case d == of:
		w.holidays[d] = true
	default:
		w.kept[d] = true
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

// between adds the days around a year that lie between two holidays themselves, if
// none is on them or kept on them. What it finds makes no further one.
func (w *work) between(r *rule) {
	if r.when != nil {
		return
	}
	var list []payout.Day
	for d := range w.holidays {
		if mid := d + 1; w.holidays[mid+1] && !w.holidays[mid] && !w.kept[mid] && r.holds(mid.Time().Year()) {
			list = append(list, mid)
		}
	}
	slices.Sort(list)
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
		if d := f.Day + n*step; !w.weekend[d.Weekday()] && !w.holidays[d] && !w.kept[d] {
			w.add(f.rule, d, f.Day)
			return
		}
	}
}
