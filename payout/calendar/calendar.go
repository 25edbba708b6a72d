package calendar

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/soukhq/souk/payout"
)

// Years that are worked out once and kept. Others are worked out each time.
const keptFrom, keptYears = 1970, 200

// Calendar is the banking days of one rail. It never changes and is safe for
// concurrent use; a year is worked out when it is first asked for.
type Calendar struct {
	rules   Rules
	list    []rule
	weekend [7]bool
	open    map[payout.Day]bool
	kept    [keptYears]atomic.Pointer[year]
}

// year is the closing days of one year besides weekends.
type year struct {
	first  payout.Day
	closed [6]uint64 // a bit for each day of the year
	list   []Closing
}

func (y *year) has(d payout.Day) bool {
	n := d - y.first
	return y.closed[n/64]>>(n%64)&1 == 1
}

// Closing is a day on which banks are closed, and why.
type Closing struct {
	Day     payout.Day
	Name    string
	Of      payout.Day // the holiday itself, if Day is the one on which it is kept
	Holiday bool       // false: banks alone are closed
	Confirm bool       // a custom, or second-hand: who relies on it confirms it
	Source  string
}

// Moved reports whether the holiday itself is another day.
func (c Closing) Moved() bool { return c.Of != c.Day }

// Name returns the calendar's name.
func (c *Calendar) Name() string { return c.rules.Calendar }

// Title says what the calendar is, for people.
func (c *Calendar) Title() string { return c.rules.Title }

// Zone returns the name of the rail's time zone, empty if none is stated.
func (c *Calendar) Zone() string { return c.rules.Zone }

// From returns the first year for which the rules are stated, zero if the file
// does not say. For years before it the calendar answers, but nobody vouches.
func (c *Calendar) From() int { return c.rules.From }

// Days returns the calendar as payouts and delays use it.
func (c *Calendar) Days() payout.Calendar { return payout.CalendarOf(c) }

// Open reports whether banks work on a day. Before 1583 and after 9999 only
// weekends are known.
func (c *Calendar) Open(d payout.Day) bool {
	if c.open[d] {
		return true
	}
	if c.weekend[d.Weekday()] {
		return false
	}
	y := d.Time().Year()
	return !validYear(y) || !c.year(y).has(d)
}

// Year returns the closing days of a year in order, besides weekends, but with
// those that fall on one. A day that two rules close is there twice.
func (c *Calendar) Year(y int) []Closing {
	if !validYear(y) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.year(y).list), func(x Closing) bool { return c.open[x.Day] })
}

// Why returns what closes the banks on a day besides the weekend; nothing if the
// day is a banking day or only a weekend.
func (c *Calendar) Why(d payout.Day) []Closing {
	return slices.DeleteFunc(c.Year(d.Time().Year()), func(x Closing) bool { return x.Day != d })
}

func (c *Calendar) year(y int) *year {
	if y < keptFrom || y >= keptFrom+keptYears {
		return c.workOut(y)
	}
	slot := &c.kept[y-keptFrom]
	if have := slot.Load(); have != nil {
		return have
	}
	made := c.workOut(y) // two may do it at once, and come to the same
	slot.Store(made)
	return made
}

// workOut finds the closing days of a year. What is moved may leave its year, and
// what lies between holidays may have one in another, so the years around it are
// looked at, too.
func (c *Calendar) workOut(y int) *year {
	w := &work{Calendar: c, holidays: make(map[payout.Day]bool), kept: make(map[payout.Day]bool)}
	for n := y - 1; n <= y+1; n++ {
		for i := range c.list {
			w.fall(&c.list[i], n)
		}
	}
	slices.SortStableFunc(w.found, func(a, b falling) int { return cmp.Compare(a.Day, b.Day) })
	for _, f := range slices.Clone(w.found) {
		w.move(f)
	}
	for i := range c.list {
		w.between(&c.list[i])
	}
	made := &year{first: dayOf(y, time.January, 1)}
	end := dayOf(y+1, time.January, 1)
	for _, f := range w.found {
		if f.Day >= made.first && f.Day < end {
			n := f.Day - made.first
			made.closed[n/64] |= 1 << (n % 64)
			made.list = append(made.list, f.Closing)
		}
	}
	slices.SortStableFunc(made.list, func(a, b Closing) int { return cmp.Compare(a.Day, b.Day) })
	return made
}
