package calendar_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
	"github.com/soukhq/souk/payout/calendar"
)

func requireInvalid(t *testing.T, err error, code, field string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{ledger.Invalid, code, field}, []any{e.Class, e.Code, e.Field}, err)
}

func TestBuiltin(t *testing.T) {
	require.Equal(t, []string{"australia", "canada", "denmark", "england-and-wales", "fed", "japan", "norway", "scotland", "sweden", "switzerland", "target2"},
		calendar.Builtin().Names())
	for code, name := range map[ledger.Currency]string{
		ledger.EUR: "target2", ledger.USD: "fed", ledger.GBP: "england-and-wales", ledger.CAD: "canada", ledger.AUD: "australia",
		ledger.CHF: "switzerland", ledger.DKK: "denmark", ledger.NOK: "norway", ledger.SEK: "sweden", ledger.JPY: "japan",
	} {
		c, err := calendar.Builtin().ForCurrency(code)
		require.NoError(t, err)
		require.Equal(t, name, c.Name())
		_, err = time.LoadLocation(c.Zone())
		require.NoError(t, err)
		require.NotZero(t, c.From())
		require.NotEmpty(t, c.Title())
	}
	for country, name := range map[string]string{
		"AT": "target2", "AU": "australia", "BE": "target2", "CA": "canada", "CH": "switzerland", "DE": "target2", "DK": "denmark", "ES": "target2", "FI": "target2",
		"FR": "target2", "GB": "england-and-wales", "IE": "target2", "IT": "target2", "JP": "japan", "LU": "target2", "NL": "target2", "NO": "norway", "SE": "sweden", "US": "fed",
	} {
		c, err := (*calendar.Set)(nil).ForCountry(country)
		require.NoError(t, err)
		require.Equal(t, name, c.Name(), country)
	}
	_, err := calendar.Builtin().ForCurrency(ledger.HUF)
	requireInvalid(t, err, "unknown_calendar", "currency")
	_, err = calendar.Builtin().ForCurrency(0)
	requireInvalid(t, err, "unknown_calendar", "currency")
	_, err = calendar.Builtin().ForCountry("HU")
	requireInvalid(t, err, "unknown_calendar", "country")
	_, err = calendar.Named("Target2")
	requireInvalid(t, err, "unknown_calendar", "calendar")
}

// A file of a new calendar, one that changes a calendar under its own name, and
// one under another.
func TestLoad(t *testing.T) {
	s, err := calendar.Builtin().Load(fstest.MapFS{
		"hungary.json": {Data: []byte(`{"calendar": "hungary", "zone": "Europe/Budapest", "currencies": ["HUF"], "countries": ["HU"], "days": [
			{"name": "National Day", "date": "08-20", "source": "Labour Code"}], "open": ["2026-08-08"]}`)},
		"fed.json": {Data: []byte(`{"calendar": "fed", "extends": "fed", "drop": ["Columbus Day"], "days": [
			{"name": "Storm", "once": "2026-10-01", "source": "notice of the bank"}], "open": ["2026-11-11"]}`)},
		"house.json": {Data: []byte(`{"calendar": "house", "extends": "target2", "days": [{"name": "Founder's Day", "date": "03-03", "source": "us"}]}`)},
		"README.md":  {Data: []byte("not read")},
	})
	require.NoError(t, err)
	require.Len(t, s.Names(), 13)
	require.Len(t, calendar.Builtin().Names(), 11)

	c, err := s.ForCountry("HU")
	require.NoError(t, err)
	require.True(t, c.Open(date(t, "2026-08-08"))) // a Saturday
	require.False(t, c.Open(date(t, "2026-08-09")) || c.Open(date(t, "2026-08-20")))

	c, err = s.ForCurrency(ledger.USD)
	require.NoError(t, err)
	require.True(t, c.Open(date(t, "2026-10-12")) && c.Open(date(t, "2026-11-11")) && c.Open(date(t, "2026-10-02")))
	require.False(t, c.Open(date(t, "2026-10-01")) || c.Open(date(t, "2026-12-25")))
	require.Empty(t, c.Why(date(t, "2026-11-11")))
	require.Equal(t, "America/New_York", c.Zone())
	old, err := calendar.Named("fed")
	require.NoError(t, err)
	require.True(t, old.Open(date(t, "2026-10-01")))

	c, err = s.Calendar("house")
	require.NoError(t, err)
	require.False(t, c.Open(date(t, "2026-03-03")) || c.Open(date(t, "2026-04-03")))
	eur, err := s.ForCurrency(ledger.EUR)
	require.NoError(t, err)
	require.Equal(t, "target2", eur.Name())

	// A calendar that takes the place of another no longer settles its currency.
	s, err = s.With(calendar.Rules{Calendar: "fed"}, calendar.Rules{Calendar: "wire", Currencies: []string{"EUR"}})
	require.NoError(t, err)
	_, err = s.ForCurrency(ledger.USD)
	requireInvalid(t, err, "unknown_calendar", "currency")
	eur, err = s.ForCurrency(ledger.EUR)
	require.NoError(t, err)
	require.Equal(t, "wire", eur.Name())
	de, err := s.ForCountry("DE")
	require.NoError(t, err)
	require.Equal(t, "target2", de.Name())
}

func TestSetRefuses(t *testing.T) {
	for field, list := range map[string][]calendar.Rules{
		"calendar":      {{Calendar: "a"}, {Calendar: "a"}},
		"drop[0]":       {{Calendar: "a", Extends: "fed", Drop: []string{"Columbus day"}}},
		"currencies[0]": {{Calendar: "a", Currencies: []string{"HUF"}}, {Calendar: "b", Currencies: []string{"HUF"}}},
		"countries[1]":  {{Calendar: "a", Countries: []string{"HU"}}, {Calendar: "b", Countries: []string{"CZ", "HU"}}},
	} {
		_, err := calendar.Builtin().With(list...)
		requireInvalid(t, err, "invalid_calendar", field)
	}
	_, err := calendar.Builtin().With(calendar.Rules{Calendar: "a", Extends: "b"}, calendar.Rules{Calendar: "b"})
	requireInvalid(t, err, "unknown_calendar", "extends")

	_, err = calendar.Builtin().Load(fstest.MapFS{"x.json": {Data: []byte(`{"calendar": "x", "days": [{"name": "a"}]}`)}})
	requireInvalid(t, err, "invalid_calendar", "days[0].source")
	require.ErrorContains(t, err, "x.json")
	_, err = calendar.Builtin().Load(fstest.MapFS{"x.json": {Data: []byte(`{"calendar": "x", "extends": "nothing"}`)}})
	requireInvalid(t, err, "unknown_calendar", "extends")
	require.ErrorContains(t, err, "x.json")
	_, err = calendar.Builtin().Load(os.DirFS(filepath.Join(t.TempDir(), "missing")))
	require.NoError(t, err) // a folder without files adds nothing
}

// Whatever is wrong in a file is refused, by field: promise 71.
func TestParseRefuses(t *testing.T) {
	rule := func(fields string) string {
		return `{"calendar": "x", "days": [{"name": "a", "source": "b", ` + fields + `}]}`
	}
	for text, field := range map[string]string{
		``:                                   "",
		`[]`:                                 "",
		`null`:                               "",
		`{"calendar": "x"} {}`:               "",
		`{"calendar": "x"`:                   "",
		`{}`:                                 "calendar",
		`{"calendar": ""}`:                   "calendar",
		`{"calendar": "X"}`:                  "calendar",
		`{"calendar": "a/b"}`:                "calendar",
		`{"calendar": "-a"}`:                 "calendar",
		`{"calendar": 1}`:                    "calendar",
		`{"calendar": null}`:                 "calendar",
		`{"Calendar": "x"}`:                  "Calendar",
		`{"calendar": "x", "calendar": "y"}`: "calendar",
		`{"calendar": "x", "more": 1}`:       "more",
		`{"calendar": "x", "extends": "Y"}`:  "extends",
		`{"calendar": "x", "drop": ["y"]}`:   "drop",
		`{"calendar": "x", "drop": "y", "extends": "y"}`:     "drop",
		`{"calendar": "x", "zone": "Local"}`:                 "zone",
		`{"calendar": "x", "from": 1}`:                       "from",
		`{"calendar": "x", "from": "2024"}`:                  "from",
		`{"calendar": "x", "weekend": ["Sunday"]}`:           "weekend[0]",
		`{"calendar": "x", "weekend": ["sunday", "sunday"]}`: "weekend[1]",
		`{"calendar": "x", "weekend": ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]}`: "weekend",
		`{"calendar": "x", "currencies": ["eur"]}`:                                               "currencies[0]",
		`{"calendar": "x", "currencies": ["EUR", "EUR"]}`:                                        "currencies[1]",
		`{"calendar": "x", "currencies": [null]}`:                                                "currencies[0]",
		`{"calendar": "x", "countries": ["DEU"]}`:                                                "countries[0]",
		`{"calendar": "x", "open": ["2026-02-30"]}`:                                              "open[0]",
		`{"calendar": "x", "open": ["0999-01-01"]}`:                                              "open[0]",
		`{"calendar": "x", "open": [20000]}`:                                                     "open[0]",
		`{"calendar": "x", "days": {}}`:                                                          "days",
		`{"calendar": "x", "days": [1]}`:                                                         "days[0]",
		`{"calendar": "x", "days": [{}]}`:                                                        "days[0].name",
		`{"calendar": "x", "days": [{"name": "a", "date": "12-25"}]}`:                            "days[0].source",
		`{"calendar": "x", "days": [{"name": " a", "date": "12-25", "source": "b"}]}`:            "days[0].name",
		rule(`"since": 2000`):                                                                    "days[0]",
		rule(`"date": "12-25", "easter": 1`):                                                     "days[0]",
		rule(`"date": "12-25", "between": true`):                                                 "days[0]",
		rule(`"date": "12-25", "DATE": "12-26"`):                                                 "days[0].DATE",
		rule(`"date": "12-32"`):                                                                  "days[0].date",
		rule(`"date": "2-3"`):                                                                    "days[0].date",
		rule(`"date": "25.12."`):                                                                 "days[0].date",
		rule(`"date": "12-25", "nth": 1`):                                                        "days[0].weekday",
		rule(`"date": "12-25", "before": "12-26"`):                                               "days[0].weekday",
		rule(`"weekday": "Monday", "nth": 1, "month": 1`):                                        "days[0].weekday",
		rule(`"weekday": "monday"`):                                                              "days[0].nth",
		rule(`"weekday": "monday", "nth": 6, "month": 1`):                                        "days[0].nth",
		rule(`"weekday": "monday", "nth": -2, "month": 1`):                                       "days[0].nth",
		rule(`"weekday": "monday", "nth": 1.5, "month": 1`):                                      "days[0].nth",
		rule(`"weekday": "monday", "nth": 1, "month": 13`):                                       "days[0].month",
		rule(`"weekday": "monday", "nth": 1`):                                                    "days[0].month",
		rule(`"weekday": "monday", "nth": 1, "before": "05-25"`):                                 "days[0].nth",
		rule(`"weekday": "monday", "onOrAfter": "05-25", "before": "05-25"`):                     "days[0].before",
		rule(`"weekday": "monday", "onOrAfter": "05-2"`):                                         "days[0].onOrAfter",
		rule(`"easter": 251`):                                                                    "days[0].easter",
		rule(`"easter": -81`):                                                                    "days[0].easter",
		rule(`"equinox": "winter"`):                                                              "days[0].equinox",
		rule(`"once": "2026-02-30"`):                                                             "days[0].once",
		rule(`"once": "1500-01-01"`):                                                             "days[0].once",
		rule(`"once": "2026-01-01", "since": 2026`):                                              "days[0].once",
		rule(`"between": true, "observed": "sunday"`):                                            "days[0].between",
		rule(`"between": true, "bankOnly": true`):                                                "days[0].between",
		rule(`"date": "12-25", "since": 1500`):                                                   "days[0].since",
		rule(`"date": "12-25", "since": 2000, "until": 1999`):                                    "days[0].until",
		rule(`"date": "12-25", "until": 10000`):                                                  "days[0].until",
		rule(`"date": "12-25", "except": [1]`):                                                   "days[0].except[0]",
		rule(`"date": "12-25", "observed": "friday"`):                                            "days[0].observed",
		rule(`"date": "12-25", "confirm": "yes"`):                                                "days[0].confirm",
		`{"calendar": "` + strings.Repeat("x", 300_000) + `"}`:                                   "",
		`{"calendar": "x", "open": [` + strings.Repeat(`"2026-01-01",`, 1000) + `"2026-01-01"]}`: "open",
	} {
		r, err := calendar.Parse([]byte(text))
		if err == nil {
			require.Error(t, err, text)
		}
		requireInvalid(t, err, "invalid_calendar", field)
		_ = r
	}
	r, err := calendar.Parse([]byte(rule(`"date": "02-29", "confirm": true`)))
	require.NoError(t, err)
	require.Equal(t, "x", r.Calendar)
}

func TestAllOpenAndChange(t *testing.T) {
	eur, usd := builtin(t, "target2").Days(), builtin(t, "fed").Days()
	both := calendar.AllOpen(eur, usd)
	for d := date(t, "2020-01-01"); d < date(t, "2030-01-01"); d++ {
		require.Equal(t, eur.Open(d) && usd.Open(d), both.Open(d))
	}
	require.Equal(t, "2026-05-04", both.Next(date(t, "2026-05-01")).String())
	require.Equal(t, "2026-10-13", both.Next(date(t, "2026-10-10")).String())
	require.True(t, calendar.AllOpen().Open(date(t, "2026-12-25")))
	require.False(t, calendar.AllOpen().Open(date(t, "2026-12-26")))

	list := []payout.Calendar{eur, usd}
	both = calendar.AllOpen(list...)
	list[0] = usd
	require.False(t, both.Open(date(t, "2026-05-01")))

	by := calendar.Changes{Close: []payout.Day{date(t, "2026-07-01"), date(t, "2026-07-04")}, Open: []payout.Day{date(t, "2026-05-01"), date(t, "2026-07-04"), date(t, "2026-07-05")}}
	changed := calendar.Change(eur, by)
	require.Equal(t, []bool{true, false, false, true}, []bool{
		changed.Open(date(t, "2026-05-01")), changed.Open(date(t, "2026-07-01")), changed.Open(date(t, "2026-07-04")), changed.Open(date(t, "2026-07-05")),
	})
	require.Equal(t, "2026-07-05", changed.Next(date(t, "2026-07-04")).String())
	require.Equal(t, "2026-05-01", changed.Sub(date(t, "2026-05-02"), 0).String())
	by.Close[0] = date(t, "2026-07-02")
	require.False(t, changed.Open(date(t, "2026-07-01")))
	require.True(t, eur.Open(date(t, "2026-07-01")))
	// Upon one another, and with what the host says.
	twice := calendar.AllOpen(changed, payout.NewCalendar(date(t, "2026-07-07")))
	require.Equal(t, "2026-07-08", twice.Next(date(t, "2026-07-07")).String())
}

func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("data/*.json")
	require.NoError(f, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"calendar": "x", "weekend": [], "days": [{"name": "a", "source": "b", "weekday": "monday", "nth": 5, "month": 2, "observed": "nearest"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := calendar.Parse(data)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			return
		}
		s, err := calendar.Builtin().With(*r)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid) // it extends what is not there
			return
		}
		c, err := s.Calendar(r.Calendar)
		require.NoError(t, err)
		for _, year := range []int{1583, 2026, 9999} {
			for _, x := range c.Year(year) {
				require.Equal(t, year, x.Day.Time().Year())
				require.False(t, c.Open(x.Day))
			}
		}
		c.Days().Add(20_000, 3)
	})
}
