package calendar_test

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata" // the same answers on a machine without zones

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/payout"
	"github.com/soukhq/souk/payout/calendar"
)

func moment(t require.TestingT, text string) time.Time {
	m, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return m
}

func cutOff(t require.TestingT, zone, at string, c payout.Calendar) calendar.CutOff {
	x, err := calendar.NewCutOff(zone, at, c)
	require.NoError(t, err)
	return x
}

// Before and after the cut-off, in the rail's zone, over weekends, holidays,
// changes of the clocks, leap days and years: promise 52.
func TestCutOff(t *testing.T) {
	fed, err := builtin(t, "fed").CutOff("17:30")
	require.NoError(t, err)
	eur := cutOff(t, "Europe/Berlin", "15:00", builtin(t, "target2").Days())
	sydney := cutOff(t, "Australia/Sydney", "24:00", builtin(t, "australia").Days())
	night := cutOff(t, "Europe/Berlin", "02:30", payout.Calendar{})
	for _, x := range []struct {
		c        calendar.CutOff
		at, want string
	}{
		{fed, "2026-07-02T21:29:59.999999999Z", "2026-07-02"},
		{fed, "2026-07-02T21:30:00Z", "2026-07-03"},
		{fed, "2026-12-02T22:29:59Z", "2026-12-02"}, // winter
		{fed, "2026-12-02T22:30:00Z", "2026-12-03"},
		{fed, "2026-07-03T21:30:00Z", "2026-07-06"}, // the holiday on Saturday is not kept
		{fed, "2027-07-02T21:30:00Z", "2027-07-06"}, // the one on Sunday is
		{fed, "2026-07-04T12:00:00Z", "2026-07-06"}, // handed over on a Saturday
		{fed, "2026-07-06T02:00:00Z", "2026-07-06"}, // still Sunday there
		{fed, "2025-12-31T22:29:00Z", "2025-12-31"},
		{fed, "2025-12-31T22:30:00Z", "2026-01-02"},
		{fed, "2024-02-28T22:30:00Z", "2024-02-29"},
		{fed, "2024-02-29T22:30:00Z", "2024-03-01"},
		{eur, "2026-04-02T12:59:59Z", "2026-04-02"}, // before Easter
		{eur, "2026-04-02T13:00:00Z", "2026-04-07"},
		{eur, "2026-03-27T13:59:59Z", "2026-03-27"}, // two days before the clocks change
		{eur, "2026-03-30T12:59:59Z", "2026-03-30"}, // and a day after
		{sydney, "2026-01-23T12:59:59Z", "2026-01-23"},
		{sydney, "2026-01-23T13:00:00Z", "2026-01-27"},
		// 02:30 does not come on the day on which clocks go from 02:00 to 03:00.
		{night, "2026-03-29T00:59:59Z", "2026-03-30"},
		// It comes twice on the day on which they go back from 03:00 to 02:00.
		{night, "2026-10-25T00:15:00Z", "2026-10-26"},
	} {
		require.Equal(t, x.want, x.c.Day(moment(t, x.at)).String(), "%s %s", x.c.At, x.at)
	}
	require.Equal(t, "2026-03-29T03:00:00+02:00", night.Of(date(t, "2026-03-29")).Format(time.RFC3339))
	require.Equal(t, "2026-10-25T02:30:00+02:00", night.Of(date(t, "2026-10-25")).Format(time.RFC3339))
	require.Equal(t, "2026-10-26T02:30:00+01:00", night.Of(date(t, "2026-10-26")).Format(time.RFC3339))
	require.Equal(t, "2026-01-24T00:00:00+11:00", sydney.Of(date(t, "2026-01-23")).Format(time.RFC3339))

	// Each day works: 02:30 on the day on which it does not come, and the second one.
	all := of(t, calendar.Rules{Weekend: []string{}}).Days()
	night.Calendar = all
	require.Equal(t, "2026-03-29", night.Day(moment(t, "2026-03-29T00:59:59Z")).String())
	require.Equal(t, "2026-03-30", night.Day(moment(t, "2026-03-29T01:00:00Z")).String())
	require.Equal(t, "2026-10-25", night.Day(moment(t, "2026-10-25T00:29:59Z")).String())
	require.Equal(t, "2026-10-26", night.Day(moment(t, "2026-10-25T01:15:00Z")).String()) // 02:15 again
}

// The zero value takes all that comes on a day, in UTC.
func TestCutOffZero(t *testing.T) {
	var c calendar.CutOff
	require.Equal(t, "2026-11-27", c.Day(moment(t, "2026-11-27T23:59:59Z")).String())
	require.Equal(t, "2026-11-30", c.Day(moment(t, "2026-11-28T00:00:00Z")).String())
	require.Equal(t, "24:00", c.At.String())
}

func TestClock(t *testing.T) {
	for text, want := range map[string]calendar.Clock{"00:01": 1, "09:05": 545, "17:30": 1050, "23:59": 1439, "24:00": 1440} {
		c, err := calendar.ParseClock(text)
		require.NoError(t, err)
		require.Equal(t, want, c)
		require.Equal(t, text, c.String())
		data, err := json.Marshal(c)
		require.NoError(t, err)
		require.Equal(t, `"`+text+`"`, string(data))
		var back calendar.Clock
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, want, back)
	}
	for _, text := range []string{"", "00:00", "24:01", "7:30", "17:60", "17.30", "17:30:00", "1730", "-1:00", " 17:30", "17:3", "１7:30"} {
		_, err := calendar.ParseClock(text)
		requireInvalid(t, err, "invalid_time", "time")
		_, err = calendar.NewCutOff("UTC", text, payout.Calendar{})
		requireInvalid(t, err, "invalid_time", "time")
		var c calendar.Clock
		require.Error(t, c.UnmarshalText([]byte(text)))
	}
	for _, zone := range []string{"", "Local", "Mars/Olympus", "../etc/passwd"} {
		_, err := calendar.NewCutOff(zone, "17:30", payout.Calendar{})
		requireInvalid(t, err, "unknown_zone", "zone")
	}
	_, err := of(t, calendar.Rules{}).CutOff("17:30")
	requireInvalid(t, err, "unknown_zone", "zone")
}

// In every zone what comes before the cut-off counts on its day, what comes at it
// on the next, and what comes later never counts earlier: also where clocks are
// set back over midnight, or a day is left out.
func TestCutOffLaws(t *testing.T) {
	zones := []string{
		"UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "America/Havana", "Asia/Manila", "Africa/Casablanca",
		"Antarctica/Troll", "America/Sao_Paulo", "Pacific/Kiritimati",
	}
	names := calendar.Builtin().Names()
	rapid.Check(t, func(t *rapid.T) {
		c := calendar.CutOff{At: calendar.Clock(rapid.IntRange(0, 1440).Draw(t, "at"))}
		var err error
		c.Zone, err = time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		if name := rapid.SampledFrom(append(names, "every day")).Draw(t, "calendar"); name == "every day" {
			c.Calendar = of(t, calendar.Rules{Weekend: []string{}}).Days()
		} else {
			c.Calendar = builtin(t, name).Days()
		}
		at := time.Unix(rapid.Int64Range(-3_000_000_000, 5_000_000_000).Draw(t, "moment"), 0)
		d := c.Day(at)
		require.True(t, c.Calendar.Open(d))
		require.True(t, at.Before(c.Of(d)))
		require.LessOrEqual(t, d, c.Day(at.Add(time.Duration(rapid.Int64Range(0, 3*86400).Draw(t, "later"))*time.Second)))
		// Samoa and Kiritimati each left out a date.
		if next := c.Day(c.Of(d)); c.Zone.String() != "Pacific/Apia" && c.Zone.String() != "Pacific/Kiritimati" {
			require.Equal(t, c.Calendar.Next(d+1), next)
		} else {
			require.GreaterOrEqual(t, next, c.Calendar.Next(d+1))
		}
	})
}
