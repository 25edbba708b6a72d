package payout_test

import (
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/payout"
)

// nth is the n-th weekday of a month; the last one if n is 0.
func nth(year int, month time.Month, n int, w time.Weekday) time.Time {
	if n == 0 {
		end := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC)
		return end.AddDate(0, 0, -(int(end.Weekday())-int(w)+7)%7)
	}
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, (int(w)-int(first.Weekday())+7)%7+7*(n-1))
}

// fed lists the days on which the Federal Reserve Banks are closed: a holiday on
// a Sunday is kept on Monday, one on a Saturday not at all.
func fed(year int) []time.Time {
	on := func(m time.Month, d int) time.Time {
		t := time.Date(year, m, d, 0, 0, 0, 0, time.UTC)
		if t.Weekday() == time.Sunday {
			t = t.AddDate(0, 0, 1)
		}
		return t
	}
	list := []time.Time{
		on(1, 1), nth(year, 1, 3, time.Monday), nth(year, 2, 3, time.Monday), nth(year, 5, 0, time.Monday), on(7, 4),
		nth(year, 9, 1, time.Monday), nth(year, 10, 2, time.Monday), on(11, 11), nth(year, 11, 4, time.Thursday), on(12, 25),
	}
	if year >= 2022 {
		list = append(list, on(6, 19))
	}
	return list
}

// easter is Easter Sunday by the Gregorian rule.
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}

// target lists the days on which TARGET is closed.
func target(year int) []time.Time {
	on := func(m time.Month, d int) time.Time { return time.Date(year, m, d, 0, 0, 0, 0, time.UTC) }
	e := easter(year)
	return []time.Time{on(1, 1), e.AddDate(0, 0, -2), e.AddDate(0, 0, 1), on(5, 1), on(12, 25), on(12, 26)}
}

// closed collects the closing days of some years.
func closed(rule func(int) []time.Time, from, to int) map[string]bool {
	days := make(map[string]bool)
	for y := from; y <= to; y++ {
		for _, d := range rule(y) {
			days[d.Format(time.DateOnly)] = true
		}
	}
	return days
}

func calendar(t require.TestingT, days map[string]bool) payout.Calendar {
	var list []payout.Day
	for text := range days {
		list = append(list, date(t, text))
	}
	return payout.NewCalendar(list...)
}

// bruteForce counts banking days one date after the other.
func bruteForce(days map[string]bool, from time.Time, n int) time.Time {
	open := func(t time.Time) bool {
		return !days[t.Format(time.DateOnly)] && t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
	}
	for !open(from) {
		from = from.AddDate(0, 0, 1)
	}
	for n > 0 {
		if from = from.AddDate(0, 0, 1); open(from) {
			n--
		}
	}
	return from
}

// From every day of 2024 to 2032, over leap days, year ends and holidays in a
// row, as counted one by one: promise 52.
func TestCalendarAgainstBruteForce(t *testing.T) {
	for name, days := range map[string]map[string]bool{
		"Fed": closed(fed, 2024, 2033), "TARGET": closed(target, 2024, 2033), "weekends": {},
	} {
		c := calendar(t, days)
		for at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() <= 2032; at = at.AddDate(0, 0, 1) {
			d := payout.DayOf(at, time.UTC)
			require.Equal(t, bruteForce(days, at, 0) == at, c.Open(d), "%s %s", name, d)
			require.Equal(t, c.Add(d, 0), c.Next(d))
			for _, n := range []int{0, 1, 2, 3, 5, 14} {
				if want, got := bruteForce(days, at, n).Format(time.DateOnly), c.Add(d, n).String(); want != got {
					require.Equal(t, want, got, "%s: %s + %d", name, d, n)
				}
				require.Equal(t, c.Add(d, n), payout.Delay{Days: n, Business: true}.After(d, c))
			}
		}
	}
}

func readCSV(t *testing.T, name string) [][]string {
	f := shareddata.Open(t, name)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	return rows[1:]
}

// The banking days that other software counts.
func TestFedCases(t *testing.T) {
	c := calendar(t, closed(fed, 2017, 2027))
	seen := 0
	for _, row := range readCSV(t, "holidays/us-fed-banking-day-cases.csv") {
		day := date(t, strings.SplitN(row[1], "T", 2)[0])
		switch row[0] {
		case "TestTime__IsBankingDay":
			require.Equal(t, row[4] == "true", c.Open(day), row)
			seen++
		case "TestTime_AddBankingDay":
			n, err := strconv.Atoi(row[2])
			require.NoError(t, err)
			if n < 0 || n > 500 {
				continue // a limit of that software
			}
			require.Equal(t, strings.SplitN(row[3], "T", 2)[0], c.Add(day, n).String(), row)
			seen++
		}
	}
	require.Greater(t, seen, 20)
}

// The rule of this test for TARGET is that of the published dates.
func TestTargetDates(t *testing.T) {
	years := make(map[int][]string)
	for _, row := range readCSV(t, "holidays/rickar-cal-holidays.csv") {
		if row[0] == "ecb" {
			year, err := strconv.Atoi(row[2])
			require.NoError(t, err)
			years[year] = append(years[year], row[3])
		}
	}
	require.NotEmpty(t, years)
	for year, want := range years {
		var got []string
		for _, d := range target(year) {
			got = append(got, d.Format(time.DateOnly))
		}
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got)
	}
}
