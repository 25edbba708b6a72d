package calendar

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/payout"
)

// Bounds of what a calendar may hold.
const (
	maxDays = 1000 // rules, and dates on which banks work
	maxList = 400  // names, currencies, countries, excepted years
	maxText = 500  // bytes of a text

	// Days from Easter Sunday that stay in its year.
	minEaster, maxEaster = -80, 250
)

var (
	nameForm     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$`)
	currencyForm = regexp.MustCompile(`^[A-Z0-9]{3,16}$`)
	countryForm  = regexp.MustCompile(`^[A-Z]{2}$`)
	weekdays     = map[string]time.Weekday{
		"sunday": time.Sunday, "monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday,
		"thursday": time.Thursday, "friday": time.Friday, "saturday": time.Saturday,
	}
)

// rule is a Rule that is ready to be asked.
type rule struct {
	Rule
	when when // nil: a day between two holidays
}

// compile checks rules and makes a calendar of them.
func compile(r *Rules) (*Calendar, error) {
	if err := checkHead(r); err != nil {
		return nil, err
	}
	c := &Calendar{rules: r.clone(), weekend: [7]bool{time.Saturday: true, time.Sunday: true}, open: make(map[payout.Day]bool, len(r.Open))}
	if r.Weekend != nil {
		c.weekend = [7]bool{}
	}
	for i, name := range r.Weekend {
		w, ok := weekdays[name]
		if !ok || c.weekend[w] {
			return nil, bad(fmt.Sprintf("weekend[%d]", i), "days of the week, in small letters, each once")
		}
		c.weekend[w] = true
	}
	if c.weekend == [7]bool{true, true, true, true, true, true, true} {
		return nil, bad("weekend", "a day of the week is left on which banks work")
	}
	for i, d := range r.Open {
		if !inYears(d) {
			return nil, bad(fmt.Sprintf("open[%d]", i), "a date from 1583 to 9999")
		}
		c.open[d] = true
	}
	for i := range r.Days {
		when, err := compileRule(fmt.Sprintf("days[%d].", i), &r.Days[i])
		if err != nil {
			return nil, err
		}
		c.list = append(c.list, rule{c.rules.Days[i], when})
	}
	return c, nil
}

func checkHead(r *Rules) error {
	switch {
	case !nameForm.MatchString(r.Calendar):
		return bad("calendar", "a name of 1 to 60 lower-case letters, digits and hyphens")
	case r.Extends != "" && !nameForm.MatchString(r.Extends):
		return bad("extends", "the name of a calendar")
	case len(r.Drop) > 0 && r.Extends == "":
		return bad("drop", "only what another calendar has can be dropped")
	case len(r.Title) > maxText:
		return bad("title", "at most 500 bytes")
	case len(r.Zone) > 100 || r.Zone == "Local":
		return bad("zone", "the name of a time zone, such as Europe/London")
	case r.From != 0 && !validYear(r.From):
		return bad("from", "a year from 1583 to 9999")
	case len(r.Days) > maxDays:
		return bad("days", "at most 1,000 rules")
	case len(r.Open) > maxDays:
		return bad("open", "at most 1,000 dates")
	case len(r.Drop) > maxList:
		return bad("drop", "at most 400 names")
	}
	if err := checkCodes("currencies", r.Currencies, currencyForm, "a code such as EUR, once"); err != nil {
		return err
	}
	return checkCodes("countries", r.Countries, countryForm, "a code such as DE, once")
}

func checkCodes(field string, list []string, form *regexp.Regexp, msg string) error {
	if len(list) > maxList {
		return bad(field, "at most 400 codes")
	}
	for i, code := range list {
		if !form.MatchString(code) || slices.Contains(list[:i], code) {
			return bad(fmt.Sprintf("%s[%d]", field, i), msg)
		}
	}
	return nil
}

func compileRule(at string, r *Rule) (when, error) {
	if err := checkRule(at, r); err != nil {
		return nil, err
	}
	month, day, err := monthDay(at, r)
	if err != nil {
		return nil, err
	}
	if r.Weekday != "" {
		return compileWeekday(at, r, month, day)
	}
	switch {
	case r.Nth != 0 || r.Month != 0 || r.OnOrAfter != "" || r.Before != "":
		return nil, bad(at+"weekday", "nth, month, onOrAfter and before need one")
	case r.Date != "":
		return fixed(month, day), nil
	case r.Easter != nil:
		if *r.Easter < minEaster || *r.Easter > maxEaster {
			return nil, bad(at+"easter", "from -80 to 250 days")
		}
		return easterPlus(*r.Easter), nil
	case r.Equinox == "spring", r.Equinox == "autumn":
		return equinox(r.Equinox == "autumn"), nil
	case r.Equinox != "":
		return nil, bad(at+"equinox", "spring or autumn")
	case r.Once != nil:
		if !inYears(*r.Once) {
			return nil, bad(at+"once", "a date from 1583 to 9999")
		}
		return once(*r.Once), nil
	}
	return nil, nil // between
}

// checkRule checks what all rules have.
func checkRule(at string, r *Rule) error {
	kinds := 0
	for _, there := range []bool{r.Date != "", r.Weekday != "", r.Easter != nil, r.Equinox != "", r.Once != nil, r.Between} {
		if there {
			kinds++
		}
	}
	switch {
	case r.Name == "" || len(r.Name) > maxText || strings.TrimSpace(r.Name) != r.Name:
		return bad(at+"name", "a name of 1 to 500 bytes")
	case r.Source == "" || len(r.Source) > maxText:
		return bad(at+"source", "where it is from, in 1 to 500 bytes")
	case kinds != 1:
		return bad(strings.TrimSuffix(at, "."), "one of date, weekday, easter, equinox, once and between")
	case r.Since != 0 && !validYear(r.Since):
		return bad(at+"since", "a year from 1583 to 9999")
	case r.Until != 0 && (!validYear(r.Until) || r.Until < r.Since):
		return bad(at+"until", "a year from 1583 to 9999, not before since")
	case len(r.Except) > maxList:
		return bad(at+"except", "at most 400 years")
	case r.Once != nil && (r.Since != 0 || r.Until != 0 || len(r.Except) > 0):
		return bad(at+"once", "one date has no years besides")
	case r.Between && (r.Observed != Lost || r.BankOnly):
		return bad(at+"between", "it is a holiday that is not moved")
	}
	for i, y := range r.Except {
		if !validYear(y) {
			return bad(fmt.Sprintf("%sexcept[%d]", at, i), "a year from 1583 to 9999")
		}
	}
	switch r.Observed {
	case Lost, WeekendForward, SundayForward, Nearest:
		return nil
	}
	return bad(at+"observed", "weekend, sunday, nearest, or left out")
}

func compileWeekday(at string, r *Rule, month time.Month, day int) (when, error) {
	w, ok := weekdays[r.Weekday]
	switch {
	case !ok:
		return nil, bad(at+"weekday", "a day of the week, in small letters")
	case r.OnOrAfter != "" && r.Before != "":
		return nil, bad(at+"before", "either onOrAfter or before")
	case (r.OnOrAfter != "" || r.Before != "") && (r.Nth != 0 || r.Month != 0):
		return nil, bad(at+"nth", "either nth and month, or a date")
	case r.OnOrAfter != "":
		return first(w, month, day), nil
	case r.Before != "":
		return before(w, month, day), nil
	case r.Nth != -1 && (r.Nth < 1 || r.Nth > 5):
		return nil, bad(at+"nth", "1 to 5, or -1 for the last")
	case r.Month < 1 || r.Month > 12:
		return nil, bad(at+"month", "1 to 12")
	}
	return nth(time.Month(r.Month), r.Nth, w), nil
}

// monthDay reads the day of the year that a rule names, if it does.
func monthDay(at string, r *Rule) (time.Month, int, error) {
	for _, f := range [...]struct{ name, text string }{{"date", r.Date}, {"onOrAfter", r.OnOrAfter}, {"before", r.Before}} {
		if f.text == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, "2024-"+f.text) // a leap year
		if err != nil {
			return 0, 0, bad(at+f.name, "a day of the year has the form 12-25")
		}
		return t.Month(), t.Day(), nil
	}
	return 0, 0, nil
}

func validYear(y int) bool { return y >= firstYear && y <= lastYear }

func inYears(d payout.Day) bool { return validYear(d.Time().Year()) }
