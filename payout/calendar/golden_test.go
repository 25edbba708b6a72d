package calendar_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/payout"
	"github.com/soukhq/souk/payout/calendar"
)

func date(t require.TestingT, text string) payout.Day {
	d, err := payout.ParseDay(text)
	require.NoError(t, err)
	return d
}

func builtin(t require.TestingT, name string) *calendar.Calendar {
	c, err := calendar.Builtin().Calendar(name)
	require.NoError(t, err)
	return c
}

// closedWeekdays lists the Mondays to Fridays of some years on which banks are
// closed.
func closedWeekdays(c payout.Rule, from, to int) []payout.Day {
	var list []payout.Day
	end := payout.DayOf(time.Date(to+1, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC)
	for d := payout.DayOf(time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC); d < end; d++ {
		if w := d.Weekday(); w != time.Saturday && w != time.Sunday && !c.Open(d) {
			list = append(list, d)
		}
	}
	return list
}

// The weekdays on which banks are closed, 2024 to 2030, written down: promise 52.
func TestGolden(t *testing.T) {
	want, err := os.ReadFile("testdata/closed.txt")
	require.NoError(t, err)
	var got strings.Builder
	for _, name := range calendar.Builtin().Names() {
		for year := 2024; year <= 2030; year++ {
			fmt.Fprintf(&got, "%s %d", name, year)
			month := time.Month(0)
			for _, d := range closedWeekdays(builtin(t, name), year, year) {
				if d.Time().Month() != month {
					month = d.Time().Month()
					fmt.Fprintf(&got, " %s", month.String()[:3])
				}
				fmt.Fprintf(&got, " %d", d.Time().Day())
			}
			got.WriteByte('\n')
		}
	}
	require.Equal(t, string(want), got.String())
}
