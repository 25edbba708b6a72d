package payout_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

func date(t require.TestingT, text string) payout.Day {
	d, err := payout.ParseDay(text)
	require.NoError(t, err)
	return d
}

// Every day of 2024 to 2032, leap days and year ends included: promise 52.
func TestDays(t *testing.T) {
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	d := date(t, "2024-01-01")
	for ; at.Year() <= 2032; at, d = at.AddDate(0, 0, 1), d+1 {
		text := at.Format(time.DateOnly)
		require.Equal(t, text, d.String())
		require.Equal(t, d, date(t, text))
		require.Equal(t, at.Weekday(), d.Weekday())
		require.Equal(t, at, d.Time())
		require.Equal(t, d, payout.DayOf(at.Add(24*time.Hour-1), time.UTC))
	}
	require.Equal(t, "2033-01-01", d.String())
	for _, text := range []string{"2024-02-29", "2028-02-29", "2032-02-29", "1969-12-31", "0001-01-01", "9999-12-31"} {
		require.Equal(t, text, date(t, text).String())
	}
	require.Zero(t, date(t, "1970-01-01"))
}

func TestParseDayIsStrict(t *testing.T) {
	for _, text := range []string{
		"", "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "2026/01/01", "2026-01-01 ", " 2026-01-01",
		"2026-01-01T00:00:00Z", "20260101", "tomorrow", "２０２６-01-01", "-2026-01-01", "12026-01-01",
	} {
		_, err := payout.ParseDay(text)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, text)
		require.ErrorIs(t, err, ledger.Invalid)
		require.Equal(t, []string{"invalid_date", "date"}, []string{e.Code, e.Field})
		var d payout.Day
		require.Error(t, d.UnmarshalText([]byte(text)))
	}
}

// The date is that of the zone's clock, east and west of UTC and on days of 23
// and 25 hours.
func TestDayOfZones(t *testing.T) {
	zone := func(name string) *time.Location {
		l, err := time.LoadLocation(name)
		if err != nil {
			t.Skip("no time zones here")
		}
		return l
	}
	at := time.Date(2025, 12, 31, 11, 30, 0, 0, time.UTC)
	for name, want := range map[string]string{
		"UTC": "2025-12-31", "Pacific/Auckland": "2026-01-01", "Pacific/Pago_Pago": "2025-12-31", "America/New_York": "2025-12-31",
	} {
		require.Equal(t, want, payout.DayOf(at, zone(name)).String(), name)
	}
	zones := []*time.Location{zone("America/New_York"), zone("Europe/Berlin"), zone("Pacific/Apia"), zone("Asia/Kathmandu"), time.UTC}
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SampledFrom(zones).Draw(t, "zone")
		at := time.Unix(rapid.Int64Range(-2_000_000_000, 4_000_000_000).Draw(t, "at"), 0)
		require.Equal(t, at.In(l).Format(time.DateOnly), payout.DayOf(at, l).String())
	})
}

func TestDayJSON(t *testing.T) {
	data, err := json.Marshal(struct{ On payout.Day }{date(t, "2026-11-27")})
	require.NoError(t, err)
	require.Equal(t, `{"On":"2026-11-27"}`, string(data))
	var back struct{ On payout.Day }
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, date(t, "2026-11-27"), back.On)
	for _, bad := range []string{`{"On":"2026-02-30"}`, `{"On":""}`, `{"On":20000}`} {
		require.Error(t, json.Unmarshal([]byte(bad), &back), bad)
	}
}

// Worked vectors of the delay.
func TestDelay(t *testing.T) {
	var none payout.Calendar
	for _, c := range []struct{ country, captured, available string }{
		{"US", "2015-04-10", "2015-04-14"}, // Friday to Tuesday
		{"US", "2015-04-11", "2015-04-15"}, // Saturday counts as Monday
		{"US", "2015-04-12", "2015-04-15"},
		{"US", "2015-04-13", "2015-04-15"},
		{"AU", "2015-04-10", "2015-04-14"},
		{"GB", "2015-04-10", "2015-04-17"}, // seven calendar days
		{"GB", "2015-04-11", "2015-04-18"},
		{"CA", "2015-12-28", "2016-01-04"},
		{"", "2024-02-23", "2024-03-01"}, // over a leap day
		{"US", "2024-02-28", "2024-03-01"},
		{"US", "2027-02-26", "2027-03-02"},
	} {
		require.Equal(t, c.available, payout.DelayOf(c.country).After(date(t, c.captured), none).String(), "%+v", c)
	}
	d := date(t, "2026-03-06") // a Friday
	require.Equal(t, d, payout.Delay{}.After(d, none))
	require.Equal(t, d, payout.Delay{Business: true}.After(d, none))
	require.Equal(t, d+3, payout.Delay{Business: true}.After(d+1, none)) // Saturday itself is no banking day
	require.Equal(t, d+1, payout.Delay{Days: 1}.After(d, payout.NewCalendar(d+1)))
}

// Forints and new Taiwan dollars are paid out in whole units: edge-case 66.
func TestMultiple(t *testing.T) {
	for _, c := range ledger.Currencies(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		want := int64(1)
		if c == ledger.HUF || c == ledger.TWD {
			want = 100
		}
		require.Equal(t, want, payout.Multiple(c), c)
	}
	require.EqualValues(t, 1, payout.Multiple(0))
	require.EqualValues(t, 1000, 1045-1045%payout.Multiple(ledger.HUF))
}

// A calendar that is closed for ever answers instead of searching for ever, and
// so does one at the end of all days.
func TestCalendarEnds(t *testing.T) {
	d := date(t, "2026-03-06")
	var closed []payout.Day
	for i := range payout.Day(5 * 366) {
		closed = append(closed, d+i)
	}
	c := payout.NewCalendar(closed...)
	require.Equal(t, d, c.Next(d))
	require.Equal(t, d+2, c.Add(d, 2))
	last := payout.Day(math.MaxInt32)
	require.Equal(t, last, payout.NewCalendar(last).Next(last))
}
