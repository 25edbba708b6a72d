package main

import (
	"bytes"
	"context"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test's binary be a process of the workload processes.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(command(context.Background(), nil, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestWorkloads runs each for some milliseconds in memory, so that the program
// does not rot. What needs a server is left out.
func TestWorkloads(t *testing.T) {
	rows := map[string]int{"posting": 8, "transfer": 2, "bulk": 1, "processes": 2, "growth": 10, "charge": 1, "memory": 1, "sqlite": 7}
	for _, w := range workloads() {
		t.Run(w.name, func(t *testing.T) {
			var log bytes.Buffer
			b := &bench{
				log: &log, span: 10 * time.Millisecond, conns: 2, verify: true,
				sellers: 20, spread: 5, bulk: 16, sizes: []int{50, 100}, questions: 10,
			}
			list := &table{}
			require.NoError(t, w.run(t.Context(), b, list.add), log.String())
			require.Len(t, list.rows, rows[w.name])
			for _, same := range list.rows {
				r := middle(same)
				require.Positive(t, r.figures[rate], r.name)
				require.True(t, math.IsNaN(r.figures[pgbench]), r.name)
			}
		})
	}
}

// TestChecks: books that lack what was acknowledged, or have more, fail.
func TestChecks(t *testing.T) {
	for _, off := range []int64{-1, 0, 1} {
		b := &bench{span: time.Millisecond}
		k := newBooks(3, 1)
		err := b.on(t.Context(), k, func(s *subject) error {
			k.events.Add(off)
			return k.charge(s)(t.Context(), &hand{})
		})
		require.Equal(t, off == 0, err == nil, err)
	}
}

// TestTable: repeats become medians, and what was not measured stays empty.
func TestTable(t *testing.T) {
	list := &table{best: 8}
	for _, v := range []float64{10, 1000, 30} {
		r := newRow("posting", 64)
		r.figures[rate] = v
		r.note("kept", v/10)
		list.add(r)
	}
	var out bytes.Buffer
	list.print(&out)
	lines := strings.Split(out.String(), "\n")
	require.Contains(t, lines[0], "to its best (8)")
	require.Equal(t, []string{"posting", "64", "30", "", "", "", "", "", "", "", "", "", "kept 3.00"}, cells(lines[2]))
}

func cells(line string) (list []string) {
	for c := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		list = append(list, strings.TrimSpace(c))
	}
	return list
}

// TestZipf: the first is drawn far more often than the last, and nothing beyond.
func TestZipf(t *testing.T) {
	draw, r, n := zipf(100, 1.1), random(1), [100]int{}
	for range 10_000 {
		n[draw(&r)]++
	}
	require.Greater(t, n[0], 1500)
	require.Less(t, n[99], 50)
}

// TestCommandLine: what it does not understand is refused.
func TestCommandLine(t *testing.T) {
	for _, args := range [][]string{{"-work", "nothing"}, {"-seconds", "0"}, {"more"}, {"-no"}} {
		var out, log bytes.Buffer
		require.Equal(t, 2, command(t.Context(), args, &out, &log), args)
		require.NotEmpty(t, log.String())
	}
}
