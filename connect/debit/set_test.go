package debit_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

const ours = `{"scheme": "ach",
	"notice": [{"value": {"recurring": 3}, "source": "our terms"}],
	"returns": {"R08": [{"value": {"means": "payment_stopped", "days": 2, "business": true, "retry": true}, "source": "our bank"}]},
	"limits": {"overall": [{"value": {"percent": "10", "days": 30}, "source": "our bank", "from": "2026-04-01"}]}}`

// A file says otherwise of some and leaves the rest.
func TestLoad(t *testing.T) {
	s, err := debit.Builtin().Load(fstest.MapFS{"ach.json": {Data: []byte(ours)}})
	require.NoError(t, err)
	x, ok := s.On("ach", day(t, "2026-04-01"))
	require.True(t, ok)
	require.Equal(t, debit.Notice{Recurring: 3}, x.Notice)
	require.True(t, x.Returns["R08"].Retry)
	require.Equal(t, "insufficient_funds", x.Returns["R01"].Means)
	require.Equal(t, 30, x.Limits["overall"].Days)
	x, _ = s.On("ach", day(t, "2026-03-31"))
	require.NotContains(t, x.Limits, "overall", "of what a layer speaks, it speaks for all days")
	require.Contains(t, x.Limits, "unauthorized")
	x = terms(t, "ach", "2026-04-01")
	require.Equal(t, 10, x.Notice.Recurring, "what is built in stays")
}

// A scheme that is new is whole, and then it is one.
func TestNewScheme(t *testing.T) {
	whole := debit.Scheme{
		Name: "lsv", Currencies: market.Is([]ledger.Currency{ledger.CHF}), Countries: market.Is([]string{"CH", "LI"}),
		Notice: market.Is(debit.Notice{}), Lead: market.Since(day(t, "2020-01-01"), debit.Lead{First: 1, Recurring: 1}),
		Returns: map[string][]market.Fact[debit.Return]{"back": market.Is(debit.Return{Means: "refunded_by_payer", Days: 30, ByPayer: true})},
	}
	s, err := (*debit.Set)(nil).With(whole)
	require.NoError(t, err)
	require.Contains(t, s.Schemes(), "lsv")
	x, ok := s.On("lsv", day(t, "2026-01-01"))
	require.True(t, ok)
	require.Equal(t, []ledger.Currency{ledger.CHF}, x.Currencies)
	whole.Currencies[0].Value[0] = ledger.EUR
	x, _ = s.On("lsv", day(t, "2026-01-01"))
	require.Equal(t, []ledger.Currency{ledger.CHF}, x.Currencies, "it keeps a copy")
	_, ok = debit.Builtin().On("lsv", day(t, "2026-01-01"))
	require.False(t, ok)

	whole.Lead = nil
	_, err = (*debit.Set)(nil).With(whole)
	requireField(t, err, "lead")
	for range 5 {
		s, err = s.With()
		require.NoError(t, err)
	}
	_, err = s.With()
	requireField(t, err, "")
}

func requireField(t *testing.T, err error, field string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, ledger.Invalid)
	require.Equal(t, "invalid_scheme", e.Code)
	require.Equal(t, field, e.Field, e.Msg)
}

// What is not a scheme is refused, with the path of what is wrong (promise 71).
func TestParseRefuses(t *testing.T) {
	for text, field := range map[string]string{
		`[]`:                                         "",
		`{"scheme": "a"} x`:                          "",
		`{"scheme": "A"}`:                            "scheme",
		`{"scheme": "a", "Lead": []}`:                "Lead",
		`{"scheme": "a", "scheme": "a"}`:             "scheme",
		`{"scheme": "a", "lead": null}`:              "lead",
		`{"scheme": "a", "lead": [{"source": "s"}]}`: "lead[0].value",
		`{"scheme": "a", "lead": [{"value": {}}]}`:   "lead[0].source",
		`{"scheme": "a", "lead": [{"value": {"first": -1}, "source": "s"}]}`:                                    "lead[0].value",
		`{"scheme": "a", "life": [{"value": 1, "source": "s"}, {"value": 2, "source": "s"}]}`:                   "life[1]",
		`{"scheme": "a", "life": [{"value": 1, "source": "s", "from": "2026-01-02", "until": "2026-01-01"}]}`:   "life[0].until",
		`{"scheme": "a", "countries": [{"value": ["de"], "source": "s"}]}`:                                      "countries[0].value",
		`{"scheme": "a", "currencies": [{"value": ["EURO"], "source": "s"}]}`:                                   "currencies[0].value[0]",
		`{"scheme": "a", "notice": [{"value": {"least": 2}, "source": "s"}]}`:                                   "notice[0].value",
		`{"scheme": "a", "returns": {"a b": [{"value": {"means": "x"}, "source": "s"}]}}`:                       "returns",
		`{"scheme": "a", "returns": {"x": [{"value": {"means": "x", "days": 1, "months": 1}, "source": "s"}]}}`: "returns.x[0].value",
		`{"scheme": "a", "returns": {"x": [{"value": {"days": 1}, "source": "s"}]}}`:                            "returns.x[0].value.means",
		`{"scheme": "a", "limits": {"x": [{"value": {"percent": "0", "days": 60}, "source": "s"}]}}`:            "limits.x[0].value",
		`{"scheme": "a", "limits": {"x": [{"value": {"percent": "1e9999", "days": 60}, "source": "s"}]}}`:       "limits.x[0].value",
		`{"scheme": "a", "retry": [{"value": {"times": 101}, "source": "s"}]}`:                                  "retry[0].value",
	} {
		_, err := debit.Parse([]byte(text))
		requireField(t, err, field)
	}
}

// A file has its scheme's name, and what cannot be read says which file it is.
func TestLoadRefuses(t *testing.T) {
	for name, text := range map[string]string{"sepa.json": ours, "ach.json": "{", "new.json": `{"scheme": "new"}`} {
		_, err := debit.Builtin().Load(fstest.MapFS{name: {Data: []byte(text)}})
		require.ErrorIs(t, err, ledger.Invalid, name)
	}
	_, err := debit.Builtin().Load(fstest.MapFS{"ach.json": {Data: []byte("{")}})
	var e *ledger.Error
	require.True(t, errors.As(err, &e))
	require.Contains(t, e.Op, "ach.json")
	_, err = debit.Builtin().Load(fstest.MapFS{"ach.json": {Data: []byte(strings.Repeat(" ", 300<<10))}})
	require.ErrorIs(t, err, ledger.Invalid)
}

// Whatever is read is refused with a typed error, or says the same when it is written
// and read again (promise 71).
func FuzzParse(f *testing.F) {
	list, err := os.ReadDir("data")
	require.NoError(f, err)
	require.Len(f, list, 6)
	for _, file := range list {
		data, err := os.ReadFile("data/" + file.Name())
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(ours))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := debit.Parse(data)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			return
		}
		text, err := json.Marshal(x)
		require.NoError(t, err)
		again, err := debit.Parse(text)
		require.NoError(t, err, "%s", text)
		twice, err := json.Marshal(again)
		require.NoError(t, err)
		require.JSONEq(t, string(text), string(twice))
		if s, err := debit.Builtin().With(*x); err == nil {
			s.On(x.Name, payout.Day(20000))
		}
	})
}
