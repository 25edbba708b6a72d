package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// rides runs the command and returns what it prints.
func rides(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, progress bytes.Buffer
	require.Equal(t, code, command(context.Background(), args, &out, &progress), "%s", &progress)
	return out.String(), progress.String()
}

// The facts of the file itself, the books that must follow from them, and the
// same report again from the same seed, with the drawing.
func TestRidesToTheCent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rides.svg")
	out, _ := rides(t, 0, "-json")
	again, _ := rides(t, 0, "-json", "-svg", file)
	require.Equal(t, out, again)

	var r report
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Len(t, r.Exceptions, 44)
	require.Equal(t, "2019-02-28", r.Days[0].Date)
	require.Len(t, r.Best, 10)
	require.Len(t, r.Owing, 23)
	require.Len(t, r.Checks, 9)
	for _, c := range r.Checks {
		require.Equal(t, c.File, c.Books, c.What)
	}
	total := newWeek("")
	for _, w := range r.Weeks {
		total.Card, total.Cash = total.Card+w.Card, total.Cash+w.Cash
		total.In, total.Commission, total.CommissionBack = sum(total.In, w.In), sum(total.Commission, w.Commission), sum(total.CommissionBack, w.CommissionBack)
	}
	require.Equal(t, []int{4577, 1812}, []int{total.Card, total.Cash})
	require.Equal(t, usd(9186610), total.In, "the card trips' totals add up to 91,866.10 in the file")
	require.Equal(t, r.Commission, total.Commission, "the same word, the same thing")
	require.Equal(t, r.CommissionBack, total.CommissionBack)
	require.Equal(t, []ledger.Money{usd(0)}, r.Trial.Totals)
	lines := usd(0)
	for _, line := range r.Trial.Lines {
		lines = sum(lines, line.Balance)
		require.NotContains(t, line.Purpose, " ", "a purpose of the chart, not a total")
	}
	require.True(t, lines.IsZero())

	requireMoney(t, out)
	requireDrawing(t, file)
}

// requireMoney checks that money is written as the ledger writes it, and nowhere
// as a bare number.
func requireMoney(t *testing.T, out string) {
	t.Helper()
	var r any
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	amounts := 0
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if v["amountMinor"] != nil {
				require.Equal(t, "USD", v["currency"], path)
				amounts++
				return
			}
			for name, v := range v {
				walk(path+"."+name, v)
			}
		case []any:
			for _, v := range v {
				walk(path, v)
			}
		case float64:
			require.Contains(t, []string{".weeks.cardTrips", ".weeks.cashTrips", ".exceptions.row"}, path)
		}
	}
	walk("", r)
	require.Greater(t, amounts, 200)
}

// requireDrawing checks that days stand where their dates are, with the empty
// ones between them, that ticks are round, and that there is a heading.
func requireDrawing(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var svg struct {
		Title string   `xml:"title"`
		Text  []string `xml:"text"`
		Rect  []struct {
			X     int    `xml:"x,attr"`
			Title string `xml:"title"`
		} `xml:"rect"`
	}
	require.NoError(t, xml.Unmarshal(data, &svg))
	require.Equal(t, svg.Title, svg.Text[0])
	require.Subset(t, svg.Text, []string{"$0", "$2,000", "$14,000", "Mon 4 Mar", "Mon 1 Apr", "Mon 8 Apr", "payouts"})
	at := make(map[string]int)
	for _, r := range svg.Rect {
		if date, found := strings.CutSuffix(strings.SplitN(r.Title, ":", 2)[0], " payouts"); found {
			at[date] = r.X
		}
	}
	week := at["2019-03-11"] - at["2019-03-04"]
	require.Positive(t, week)
	for _, monday := range []string{"2019-03-18", "2019-03-25", "2019-04-01", "2019-04-08"} {
		before, err := time.Parse(time.DateOnly, monday)
		require.NoError(t, err)
		require.InDelta(t, week, at[monday]-at[before.AddDate(0, 0, -7).Format(time.DateOnly)], 1, monday)
	}
}

func TestRoundStep(t *testing.T) {
	for most, step := range map[int64]int64{1: 1_00, 7_00: 1_00, 7_01: 2_00, 14_01: 5_00, 35_01: 10_00, 12387_99: 2000_00, 14000_01: 5000_00} {
		require.Equal(t, step, roundStep(most), most)
	}
}

// Another seed refunds other trips; the report in words says the same things.
func TestRidesInWords(t *testing.T) {
	t.Parallel()
	out, progress := rides(t, 0, "-seed", "8")
	require.Contains(t, progress, "2019-03-11")
	require.Contains(t, out, "JFK Airport")
	require.Contains(t, out, "44 trips without a payment kind post nothing")
	require.Contains(t, out, "the file names no drivers: a pickup zone stands for one")
	require.NotContains(t, out, "DIFFERENT")
	require.NotContains(t, out, "91080.05", "the refunds of the default seed")
	require.Contains(t, out, "in all       4577   1812     91866.10     20937.32")
	require.Contains(t, out, "platform: commission 20937.32 USD, less ")
}

const smallFile = `pickup,fare,tip,tolls,total,payment,pickup_zone
2019-03-01 08:00:00,10.0,2.5,0.0,15.8,credit card,Astoria
2019-03-01 09:00:00,7.5,0.0,0.0,8.3,cash,Astoria
2019-03-01 10:00:00,5.02,0,1,6.02,credit card,
2019-03-01 11:00:00,9.0,0.0,0.0,9.8,,Astoria
`

// The file's own sums, worked out by hand.
func TestSumFile(t *testing.T) {
	seed := uint64(0)
	for refunds(seed, 1) || refunds(seed, 2) || refunds(seed, 3) {
		seed++
	}
	s, err := sumFile(smallFile, seed)
	require.NoError(t, err)
	require.Equal(t, &fileSums{
		card: 2, cash: 1, unknown: 1, cardTotal: 2182,
		processing: 46 + 30 + 17 + 30,
		commission: 250 + 188 + 126,
		tax:        330 + 80,
		earned:     map[string]int64{"Astoria": 1580 - 250 - 330 - 188 - 80, "unknown": 602 - 126},
	}, s)

	for !refunds(seed, 1) || refunds(seed, 3) {
		seed++
	}
	s, err = sumFile(smallFile, seed)
	require.NoError(t, err)
	require.Equal(t, []int64{790, 125, 330 + 80 - 165}, []int64{s.refunds, s.commissionBack, s.tax})
	require.Equal(t, int64(1580-250-330-188-80-790+165+125), s.earned["Astoria"])

	for _, wrong := range []string{"15.805", "x", ""} {
		_, err := sumFile(strings.Replace(smallFile, "15.8", wrong, 1), seed)
		require.ErrorContains(t, err, "row 1")
	}
}

// A file with another cent in it is found, in the totals and in its zone.
func TestDifferencesAreFound(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	trips, err := readTrips()
	require.NoError(t, err)
	r := replayOf(t, connect.Config{})
	require.NoError(t, r.run(ctx, trips[:400]))
	kept := tripsCSV[:strings.IndexByte(tripsCSV, '\n')+1]
	rows := strings.SplitAfter(tripsCSV, "\n")
	for i, row := range rows[1:] {
		inside := false
		for _, t := range trips[:400] {
			inside = inside || t.row == i+1
		}
		if !inside && row != "" { // keeps its number, and posts nothing
			row = "2019-03-01 00:00:00,,1,0,0,0,0,0,,,,,,\n"
		}
		kept += row
	}
	file, err := sumFile(kept, 2019)
	require.NoError(t, err)
	require.NoError(t, r.report.close(ctx, r, file))
	require.Empty(t, r.report.failed())

	file.cardTotal++
	file.earned["JFK Airport"]++
	require.NoError(t, r.report.close(ctx, r, file))
	var failed []string
	for _, c := range r.report.failed() {
		failed = append(failed, c.What)
	}
	require.Equal(t, []string{
		"card trips less refunds, owed by the acquirer", "earned by drivers: paid, less what they owe",
		"paid by the bank, less what drivers owe", "earned in JFK Airport",
	}, failed)
}

func replayOf(t *testing.T, c connect.Config) *replay {
	t.Helper()
	r, err := newReplay(context.Background(), c, 2019, time.Date(2019, 2, 28, 0, 0, 0, 0, time.UTC), io.Discard)
	require.NoError(t, err)
	return r
}

// brokenRail has no news.
type brokenRail struct{ payout.Rail }

func (brokenRail) Updates(context.Context, string) ([]payout.Update, string, error) {
	return nil, "", errors.New("the bank does not answer")
}

// Work that fails inside a Drain ends the replay.
func TestFailedWorkIsFatal(t *testing.T) {
	trips, err := readTrips()
	require.NoError(t, err)
	clock := connecttest.NewClock(trips[0].pickup)
	r := replayOf(t, connect.Config{Rail: brokenRail{payout.NewSimulator(payout.SimulatorConfig{Now: clock.Now})}})
	require.ErrorContains(t, r.run(context.Background(), trips[:400]), "the bank does not answer")
}

// Who has nothing to be paid is passed over; nobody else is.
func TestOnlyMissingFundsArePassedOver(t *testing.T) {
	ctx := context.Background()
	r := replayOf(t, connect.Config{})
	_, err := r.driver(ctx, "Astoria")
	require.NoError(t, err)
	require.NoError(t, r.payDrivers(ctx))
	require.Empty(t, r.report.paidTo)

	r.drivers["Nowhere"] = "acct_unknown"
	require.ErrorIs(t, r.payDrivers(ctx), ledger.NotFound)
}

func TestCommandLine(t *testing.T) {
	out, progress := rides(t, 0, "-h")
	require.Contains(t, out, "-svg file")
	require.Empty(t, progress)

	for _, args := range [][]string{{"-nonsense"}, {"-seed", "eleven"}, {"nonsense"}} {
		out, progress = rides(t, 2, args...)
		require.Empty(t, out)
		require.Equal(t, 1, strings.Count(progress, args[len(args)-1]), progress)
		require.Contains(t, progress, "-svg file")
	}

	_, progress = rides(t, 1, "-svg", filepath.Join(t.TempDir(), "no", "folder.svg"))
	require.Equal(t, 1, strings.Count(progress, "folder.svg"))
}
