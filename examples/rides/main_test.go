package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The facts of the file itself, the books that must follow from them, and the
// same report again from the same seed, with the drawing.
func TestRidesToTheCent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rides.svg")
	var out, again bytes.Buffer
	require.NoError(t, run(context.Background(), []string{"-json"}, &out, io.Discard))
	require.NoError(t, run(context.Background(), []string{"-json", "-svg", file}, &again, io.Discard))
	require.Equal(t, out.String(), again.String())
	svg, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(svg), "<title>2019-03-11 payouts: ")

	var r report
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	require.Len(t, r.Exceptions, 44)
	require.Equal(t, "2019-02-28", r.Days[0].Date)
	card, cash, in := 0, 0, int64(0)
	for _, w := range r.Weeks {
		card, cash, in = card+w.Card, cash+w.Cash, in+w.In
	}
	require.Equal(t, []int{4577, 1812}, []int{card, cash})
	require.Equal(t, int64(9186610), in, "the card trips' totals add up to 91,866.10 in the file")
	require.Len(t, r.Best, 10)
	require.Len(t, r.Checks, 6)
	for _, c := range r.Checks {
		require.Equal(t, c.File, c.Books, c.What)
	}
	last := r.Trial[len(r.Trial)-1]
	require.Equal(t, "adds up to", last.Purpose)
	require.True(t, last.Balance.IsZero())
}

// Another seed refunds other trips; the report in words says the same things.
func TestRidesInWords(t *testing.T) {
	t.Parallel()
	var out, progress bytes.Buffer
	require.NoError(t, run(context.Background(), []string{"-seed", "8"}, &out, &progress))
	require.Contains(t, progress.String(), "2019-03-11")
	require.Contains(t, out.String(), "JFK Airport")
	require.Contains(t, out.String(), "44 trips without a payment kind post nothing")
	require.NotContains(t, out.String(), "DIFFERENT")
	require.NotContains(t, out.String(), "91080.05", "the refunds of the default seed")
}

func TestRidesRefusesWhatItDoesNotKnow(t *testing.T) {
	require.Error(t, run(context.Background(), []string{"-nonsense"}, io.Discard, io.Discard))
	require.Error(t, run(context.Background(), []string{"-svg", filepath.Join(t.TempDir(), "no", "folder.svg")}, io.Discard, io.Discard))
}
