package payout_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/payout"
)

// sundays is a rule of banks that are closed on Sundays alone.
type sundays struct{}

func (sundays) Open(d payout.Day) bool { return d.Weekday() != time.Sunday }

// never is a rule of banks that never work.
type never struct{}

func (never) Open(payout.Day) bool { return false }

// A rule alone says when banks work; without one there are weekends. Calendars are
// rules, too.
func TestCalendarOf(t *testing.T) {
	friday := date(t, "2026-11-27")
	c := payout.CalendarOf(sundays{})
	require.True(t, c.Open(friday+1))
	require.False(t, c.Open(friday+2))
	require.Equal(t, friday+3, c.Next(friday+2))
	require.Equal(t, friday+3, c.Add(friday, 2))
	require.Equal(t, friday+3, payout.Delay{Days: 2, Business: true}.After(friday, c))
	require.False(t, payout.CalendarOf(nil).Open(friday+1))
	require.False(t, payout.CalendarOf(payout.NewCalendar(friday)).Open(friday))
	shut := payout.CalendarOf(never{})
	require.Equal(t, []payout.Day{friday, friday + 2, friday, friday - 2}, []payout.Day{shut.Next(friday), shut.Add(friday, 2), shut.Sub(friday, 0), shut.Sub(friday, 2)})
}

// Sub is Add backwards, over weekends, holidays and ends of years: promise 52.
func TestSub(t *testing.T) {
	c := calendar(t, closed(fed, 2023, 2027))
	for d := date(t, "2024-01-01"); d < date(t, "2027-01-01"); d++ {
		last := d
		for !c.Open(last) {
			last--
		}
		require.Equal(t, last, c.Sub(d, 0))
		for _, n := range []int{1, 2, 3, 5} {
			require.Equal(t, last, c.Add(c.Sub(d, n), n))
			require.Equal(t, c.Sub(c.Sub(d, 1), n), c.Sub(d, n+1))
		}
	}
}
