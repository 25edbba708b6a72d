package calendar_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
	"github.com/soukhq/souk/payout/calendar"
)

// of returns a calendar of some rules alone.
func of(t require.TestingT, r calendar.Rules) *calendar.Calendar {
	r.Calendar = "test"
	for i := range r.Days {
		r.Days[i].Name, r.Days[i].Source = "a day", "this test"
	}
	s, err := calendar.Builtin().With(r)
	require.NoError(t, err)
	c, err := s.Calendar("test")
	require.NoError(t, err)
	return c
}

// dates lists the closing days of a year, those on weekends too.
func dates(c *calendar.Calendar, year int) []string {
	list := []string{}
	for _, x := range c.Year(year) {
		list = append(list, x.Day.String())
	}
	return list
}

func ptr[T any](v T) *T { return &v }

// easter is Easter Sunday by another way than the package's: that of Butcher.
func easter(year int) payout.Day {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return payout.DayOf(time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC), time.UTC)
}

// Every Easter of the Gregorian calendar.
func TestEaster(t *testing.T) {
	c := of(t, calendar.Rules{Days: []calendar.Rule{{Easter: ptr(0)}}})
	for year := 1583; year <= 9999; year++ {
		if list := c.Year(year); len(list) != 1 || list[0].Day != easter(year) {
			require.Equal(t, easter(year).String(), dates(c, year))
		}
	}
	for _, known := range []string{"1818-03-22", "1943-04-25", "1954-04-18", "1981-04-19", "2000-04-23", "2024-03-31", "2038-04-25", "2049-04-18", "2076-04-19", "2285-03-22"} {
		require.Equal(t, []string{known}, dates(c, date(t, known).Time().Year()))
	}
}

// What each rule says, over leap days, ends of months and ends of years.
func TestRules(t *testing.T) {
	days := func(rules ...calendar.Rule) calendar.Rules { return calendar.Rules{Days: rules} }
	for name, x := range map[string]struct {
		rules calendar.Rules
		year  int
		want  []string
	}{
		"fixed":                    {days(calendar.Rule{Date: "12-25"}), 2027, []string{"2027-12-25"}},
		"leap day":                 {days(calendar.Rule{Date: "02-29"}), 2024, []string{"2024-02-29"}},
		"no leap day":              {days(calendar.Rule{Date: "02-29"}), 2100, []string{}},
		"nth":                      {days(calendar.Rule{Weekday: "thursday", Nth: 4, Month: 11}), 2024, []string{"2024-11-28"}},
		"nth on the first":         {days(calendar.Rule{Weekday: "monday", Nth: 1, Month: 9}), 2025, []string{"2025-09-01"}},
		"fifth":                    {days(calendar.Rule{Weekday: "friday", Nth: 5, Month: 2}), 2036, []string{"2036-02-29"}},
		"no fifth":                 {days(calendar.Rule{Weekday: "friday", Nth: 5, Month: 2}), 2024, []string{}},
		"last":                     {days(calendar.Rule{Weekday: "monday", Nth: -1, Month: 5}), 2027, []string{"2027-05-31"}},
		"last of the year":         {days(calendar.Rule{Weekday: "tuesday", Nth: -1, Month: 12}), 2024, []string{"2024-12-31"}},
		"before, not on":           {days(calendar.Rule{Weekday: "monday", Before: "05-25"}), 2026, []string{"2026-05-18"}},
		"before, the day before":   {days(calendar.Rule{Weekday: "monday", Before: "05-25"}), 2027, []string{"2027-05-24"}},
		"on or after, on":          {days(calendar.Rule{Weekday: "friday", OnOrAfter: "06-19"}), 2026, []string{"2026-06-19"}},
		"on or after, latest":      {days(calendar.Rule{Weekday: "friday", OnOrAfter: "06-19"}), 2027, []string{"2027-06-25"}},
		"Easter":                   {days(calendar.Rule{Easter: ptr(-2)}, calendar.Rule{Easter: ptr(50)}), 2026, []string{"2026-04-03", "2026-05-25"}},
		"equinox":                  {days(calendar.Rule{Equinox: "spring"}, calendar.Rule{Equinox: "autumn"}), 2028, []string{"2028-03-20", "2028-09-22"}},
		"no equinox known":         {days(calendar.Rule{Equinox: "spring"}), 2151, []string{}},
		"once":                     {days(calendar.Rule{Once: ptr(date(t, "2023-05-08"))}), 2023, []string{"2023-05-08"}},
		"not twice":                {days(calendar.Rule{Once: ptr(date(t, "2023-05-08"))}), 2024, []string{}},
		"before its first year":    {days(calendar.Rule{Date: "06-19", Since: 2021}), 2020, []string{}},
		"in its first year":        {days(calendar.Rule{Date: "06-19", Since: 2021}), 2021, []string{"2021-06-19"}},
		"in its last year":         {days(calendar.Rule{Easter: ptr(26), Until: 2023}), 2023, []string{"2023-05-05"}},
		"after its last year":      {days(calendar.Rule{Easter: ptr(26), Until: 2023}), 2024, []string{}},
		"excepted":                 {days(calendar.Rule{Date: "05-01", Except: []int{1995, 2020}}), 2020, []string{}},
		"weekend, Saturday":        {days(calendar.Rule{Date: "01-01", Observed: calendar.WeekendForward}), 2028, []string{"2028-01-01", "2028-01-03"}},
		"weekend, Sunday":          {days(calendar.Rule{Date: "01-01", Observed: calendar.WeekendForward}), 2034, []string{"2034-01-01", "2034-01-02"}},
		"sunday, Saturday":         {days(calendar.Rule{Date: "07-04", Observed: calendar.SundayForward}), 2026, []string{"2026-07-04"}},
		"sunday, Sunday":           {days(calendar.Rule{Date: "07-04", Observed: calendar.SundayForward}), 2027, []string{"2027-07-04", "2027-07-05"}},
		"nearest, Saturday":        {days(calendar.Rule{Date: "07-04", Observed: calendar.Nearest}), 2026, []string{"2026-07-03", "2026-07-04"}},
		"nearest, Sunday":          {days(calendar.Rule{Date: "07-04", Observed: calendar.Nearest}), 2027, []string{"2027-07-04", "2027-07-05"}},
		"nearest, other days":      {days(calendar.Rule{Date: "07-04", Observed: calendar.Nearest}), 2028, []string{"2028-07-04"}},
		"moved to the year before": {days(calendar.Rule{Date: "01-01", Observed: calendar.Nearest}), 2027, []string{"2027-01-01", "2027-12-31"}},
		"moved to the year after":  {days(calendar.Rule{Date: "12-31", Observed: calendar.WeekendForward}), 2034, []string{"2034-01-02", "2034-12-31"}},
		"a row on a weekend": {days(calendar.Rule{Date: "12-25", Observed: calendar.WeekendForward}, calendar.Rule{Date: "12-26", Observed: calendar.WeekendForward}),
			2027, []string{"2027-12-25", "2027-12-26", "2027-12-27", "2027-12-28"}},
		"a row over a Sunday": {days(calendar.Rule{Date: "12-25", Observed: calendar.WeekendForward}, calendar.Rule{Date: "12-26", Observed: calendar.WeekendForward}),
			2033, []string{"2033-12-25", "2033-12-26", "2033-12-27"}},
		"banks alone are passed by nobody": {days(calendar.Rule{Date: "01-01", Observed: calendar.SundayForward}, calendar.Rule{Date: "01-02", BankOnly: true}),
			2034, []string{"2034-01-01", "2034-01-02", "2034-01-02"}},
		"between":             {days(calendar.Rule{Date: "09-21"}, calendar.Rule{Date: "09-23"}, calendar.Rule{Between: true}), 2026, []string{"2026-09-21", "2026-09-22", "2026-09-23"}},
		"between two years":   {days(calendar.Rule{Date: "12-30"}, calendar.Rule{Date: "01-01"}, calendar.Rule{Between: true}), 2026, []string{"2026-01-01", "2026-12-30", "2026-12-31"}},
		"between, not yet":    {days(calendar.Rule{Date: "09-21"}, calendar.Rule{Date: "09-23"}, calendar.Rule{Between: true, Since: 2027}), 2026, []string{"2026-09-21", "2026-09-23"}},
		"between, banks only": {days(calendar.Rule{Date: "09-21"}, calendar.Rule{Date: "09-23", BankOnly: true}, calendar.Rule{Between: true}), 2026, []string{"2026-09-21", "2026-09-23"}},
		"between, but kept there": {days(calendar.Rule{Date: "05-03", Observed: calendar.SundayForward}, calendar.Rule{Date: "05-05"}, calendar.Rule{Between: true}),
			1998, []string{"1998-05-03", "1998-05-04", "1998-05-05"}},
	} {
		require.Equal(t, x.want, dates(of(t, x.rules), x.year), name)
	}
}

// A Friday and Saturday weekend; none at all.
func TestWeekends(t *testing.T) {
	friday := date(t, "2026-07-03")
	c := of(t, calendar.Rules{Weekend: []string{"friday", "saturday"}, Days: []calendar.Rule{{Date: "07-04", Observed: calendar.WeekendForward}}})
	require.Equal(t, []bool{true, false, false, false, true}, []bool{c.Open(friday - 1), c.Open(friday), c.Open(friday + 1), c.Open(friday + 2), c.Open(friday + 3)})
	c = of(t, calendar.Rules{Weekend: []string{}})
	for d := friday; d < friday+7; d++ {
		require.True(t, c.Open(d))
	}
}

// Before the Gregorian calendar and after year 9999 there are weekends, and no
// panic at the ends of all days.
func TestEndsOfTime(t *testing.T) {
	for _, name := range calendar.Builtin().Names() {
		c := builtin(t, name)
		for _, d := range []payout.Day{-1 << 31, date(t, "0001-01-01"), date(t, "1582-12-31"), date(t, "9999-12-31") + 1, 1<<31 - 1} {
			w := d.Weekday()
			require.Equal(t, w != time.Saturday && w != time.Sunday, c.Open(d), "%s %d", name, d)
			c.Days().Next(d)
			c.Why(d)
		}
		require.Nil(t, c.Year(1582))
		require.NotEmpty(t, c.Year(9999))
	}
}

// Reasons are given with what they are of.
func TestWhy(t *testing.T) {
	c := builtin(t, "england-and-wales")
	why := c.Why(date(t, "2027-12-28"))
	require.Len(t, why, 1)
	require.Equal(t, "Boxing Day", why[0].Name)
	require.Equal(t, "2027-12-26", why[0].Of.String())
	require.True(t, why[0].Moved())
	require.True(t, why[0].Holiday)
	require.NotEmpty(t, why[0].Source)
	require.Empty(t, c.Why(date(t, "2027-12-29")))
	eve := builtin(t, "sweden").Why(date(t, "2026-06-19"))
	require.Len(t, eve, 1)
	require.False(t, eve[0].Holiday || eve[0].Moved())
	require.True(t, builtin(t, "switzerland").Why(date(t, "2026-05-01"))[0].Confirm)
	require.Equal(t, "Europe/London", c.Zone())
	require.Equal(t, 1978, c.From())
	require.Equal(t, "england-and-wales", c.Name())
	require.NotEmpty(t, c.Title())
}

// One calendar asked by many at once, and by nobody before, is the one that is
// asked in order: promise 55.
func TestManyAskAtOnce(t *testing.T) {
	c := of(t, calendar.Rules{Days: []calendar.Rule{{Date: "07-04", Observed: calendar.Nearest}, {Easter: ptr(-2)}}})
	again := of(t, calendar.Rules{Days: []calendar.Rule{{Date: "07-04", Observed: calendar.Nearest}, {Easter: ptr(-2)}}})
	var all sync.WaitGroup
	got := make([][]payout.Day, 4)
	for i := range got {
		all.Go(func() { got[i] = closedWeekdays(c, 2020, 2040) })
	}
	all.Wait()
	want := closedWeekdays(again, 2020, 2040)
	for _, list := range got {
		require.Equal(t, want, list)
	}
}

// What the caller does to rules afterwards changes no calendar.
func TestRulesAreCopied(t *testing.T) {
	r := calendar.Rules{Calendar: "mine", Zone: "Europe/Paris", Currencies: []string{"CZK"}, Open: []payout.Day{date(t, "2026-07-14")},
		Days: []calendar.Rule{{Name: "a", Source: "b", Date: "07-14", Except: []int{2027}}, {Name: "c", Source: "d", Easter: ptr(1)}}}
	s, err := calendar.Builtin().With(r)
	require.NoError(t, err)
	r.Open[0], r.Days[0].Except[0], r.Currencies[0], r.Days[0].Name = date(t, "2028-07-14"), 2028, "XXX", "z"
	*r.Days[1].Easter = 7
	c, err := s.ForCurrency(ledger.CZK)
	require.NoError(t, err)
	require.Equal(t, []string{"2026-04-06"}, dates(c, 2026))
	require.Equal(t, []string{"2027-03-29"}, dates(c, 2027))
	require.Equal(t, []string{"2028-04-17", "2028-07-14"}, dates(c, 2028))
	require.Equal(t, "a", c.Year(2028)[1].Name)
	c.Year(2028)[1].Name = "changed"
	require.Equal(t, "a", c.Year(2028)[1].Name)
}

// Laws of every calendar, on any day of four centuries.
func TestLaws(t *testing.T) {
	names := calendar.Builtin().Names()
	lo, hi := date(t, "1800-01-01"), date(t, "2199-12-31")
	rapid.Check(t, func(t *rapid.T) {
		c := builtin(t, rapid.SampledFrom(names).Draw(t, "calendar"))
		days := c.Days()
		d := payout.Day(rapid.Int32Range(int32(lo), int32(hi)).Draw(t, "day"))
		n := rapid.IntRange(0, 40).Draw(t, "n")

		next := days.Next(d)
		require.True(t, next >= d && next < d+12 && days.Open(next))
		for between := d; between < next; between++ {
			require.False(t, days.Open(between))
		}
		far, open := days.Add(d, n), 0
		for x := next; x < far; x++ {
			if days.Open(x) {
				open++
			}
		}
		require.Equal(t, n, open)
		require.True(t, days.Open(far))
		require.Equal(t, next, days.Sub(far, n))
		require.Equal(t, far, days.Add(days.Add(d, n/2), n-n/2))
		require.GreaterOrEqual(t, days.Add(d+1, n), far)

		// A weekday is closed for a reason, and what is moved is moved to one that is
		// closed.
		w := d.Weekday()
		require.Equal(t, c.Open(d), w != time.Saturday && w != time.Sunday && len(c.Why(d)) == 0)
		for _, x := range c.Year(d.Time().Year()) {
			require.False(t, c.Open(x.Day) || c.Open(x.Of), "%v", x)
			if x.Moved() {
				require.NotContains(t, []time.Weekday{time.Saturday, time.Sunday}, x.Day.Weekday())
				require.Contains(t, []time.Weekday{time.Saturday, time.Sunday}, x.Of.Weekday())
			}
		}
	})
}
