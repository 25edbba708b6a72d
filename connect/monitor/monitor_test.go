package monitor_test

import (
	"testing"
	"testing/fstest"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/connect/monitor"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

func day(t *testing.T, text string) payout.Day {
	t.Helper()
	d, err := payout.ParseDay(text)
	require.NoError(t, err)
	return d
}

// The figures that processors publish, and from when they hold.
func TestFigures(t *testing.T) {
	type figure struct {
		level   string
		count   int64
		percent string
	}
	for on, want := range map[string]map[string][]figure{
		"2019-09-30": {},
		"2020-01-01": {
			"mastercard_ecp": {{"ecm", 100, "1.5"}, {"hecm", 300, "3"}},
			"visa_vdmp":      {{"early_warning", 75, "0.65"}, {"standard", 100, "0.9"}, {"excessive", 1000, "1.8"}},
		},
		"2025-04-01": {"mastercard_ecp": {{"ecm", 100, "1.5"}, {"hecm", 300, "3"}}},
		"2026-03-31": {"mastercard_ecp": {{"ecm", 100, "1.5"}, {"hecm", 300, "3"}}, "visa_vamp": {{"excessive", 1500, "2.2"}}},
		"2026-04-01": {"mastercard_ecp": {{"ecm", 100, "1.5"}, {"hecm", 300, "3"}}, "visa_vamp": {{"excessive", 1500, "1.5"}}},
	} {
		got := map[string][]figure{}
		for _, x := range monitor.Builtin().On(day(t, on)) {
			for _, l := range x.Levels {
				got[x.Program] = append(got[x.Program], figure{l.Name, l.Count, l.Percent.String()})
			}
			require.Equal(t, x.Network == "mastercard", x.Previous)
			require.Equal(t, x.Program == "visa_vamp", len(x.Counts) == 3)
		}
		require.Equal(t, want, got, on)
	}
	require.Equal(t, []string{"mastercard", "visa"}, monitor.Builtin().Networks())
}

// A level is reached where both the number and the part are, to the unit; and so many
// sales are enough, and no fewer, that it is not.
func TestLevels(t *testing.T) {
	l := monitor.Level{Count: 100, Percent: decimal.RequireFromString("1.5")}
	for _, x := range []struct {
		counted, sales int64
		part           int
		want           bool
	}{
		{100, 6666, 100, true}, {100, 6667, 100, false}, {99, 1, 100, false}, {150, 10_000, 100, true}, {150, 10_001, 100, false},
		{80, 6666, 80, true}, {80, 6667, 80, false}, {79, 100, 80, false}, {100, 0, 100, true},
	} {
		require.Equal(t, x.want, l.Reached(x.counted, x.sales, x.part), x)
	}
	for counted := int64(100); counted < 400; counted++ {
		for _, part := range []int{80, 100} {
			n := l.Enough(counted, part)
			require.False(t, l.Reached(counted, n, part))
			require.True(t, l.Reached(counted, n-2, part), "%d are not many more than needed", n)
		}
	}
}

// What is wrong with a programme is named, and another in place of one that is built in leaves
// the rest.
func TestSets(t *testing.T) {
	level := map[string][]market.Fact[monitor.Level]{"high": market.Is(monitor.Level{Count: 10, Percent: decimal.NewFromInt(1)})}
	good := monitor.Program{Name: "visa_vamp", Network: "visa", Counts: market.Is([]string{monitor.OtherDisputes}), Sales: market.Is(monitor.SameMonth), Levels: level}
	s, err := monitor.Builtin().With(good, monitor.Program{Name: "mastercard_ecp", Network: "mastercard"})
	require.NoError(t, err)
	list := s.On(day(t, "2026-04-01"))
	require.Len(t, list, 1)
	require.Equal(t, "high", list[0].Levels[0].Name)
	require.Len(t, monitor.Builtin().On(day(t, "2026-04-01")), 2)
	for field, change := range map[string]func(*monitor.Program){
		"program":      func(x *monitor.Program) { x.Name = "A B" },
		"network":      func(x *monitor.Program) { x.Network = "" },
		"counts.value": func(x *monitor.Program) { x.Counts = market.Is([]string{"smiles"}) },
		"sales.value":  func(x *monitor.Program) { x.Sales = market.Is("next_month") },
		"levels":       func(x *monitor.Program) { x.Levels = map[string][]market.Fact[monitor.Level]{"near": level["high"]} },
		"levels.high.value": func(x *monitor.Program) {
			x.Levels = map[string][]market.Fact[monitor.Level]{"high": market.Is(monitor.Level{Count: 1})}
		},
		"sales": func(x *monitor.Program) {
			x.Sales = append(market.Is(monitor.SameMonth), market.Is(monitor.SameMonth)...)
		},
		"sales.until": func(x *monitor.Program) {
			x.Sales = []market.Fact[string]{{Value: monitor.SameMonth, From: day(t, "2026-01-02"), Until: day(t, "2026-01-01")}}
		},
	} {
		x := good
		change(&x)
		_, err := monitor.Builtin().With(x)
		require.ErrorIs(t, err, ledger.Invalid, field)
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, []string{"invalid_program", field}, []string{e.Code, e.Field})
	}
	for name, text := range map[string]string{
		"other.json": `{"program":"mine","network":"visa","counts":[],"sales":[],"levels":{}}`,
		"mine.json":  `{"program":"mine","network":"visa","counts":[{"value":["other_disputes"]}],"sales":[],"levels":{}}`,
	} {
		_, err := monitor.Builtin().Load(fstest.MapFS{name: {Data: []byte(text)}})
		require.ErrorIs(t, err, ledger.Invalid, name)
	}
}
