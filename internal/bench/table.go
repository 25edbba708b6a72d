package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// none stands where nothing was measured.
var none = math.NaN()

// The figures of a row.
const (
	rate      = iota // per second
	pgbench          // transactions of pgbench per second, at the same callers
	same             // the rate in units of that
	best             // and in units of pgbench at its best
	p50              // milliseconds
	p99              //
	disk             // bytes a deed
	wal              //
	serverCPU        // microseconds a deed
	clientCPU        //
	columns
)

// row is a line of the table.
type row struct {
	name    string
	callers int
	figures [columns]float64
	extra   []figure
}

// figure is one that only some rows have.
type figure struct {
	name  string
	value float64
}

func newRow(name string, callers int) row {
	r := row{name: name, callers: callers}
	for i := range r.figures {
		r.figures[i] = none
	}
	return r
}

// note adds a figure that only some rows have.
func (r *row) note(name string, value float64) { r.extra = append(r.extra, figure{name, value}) }

// table collects rows, those of one name as repeats.
type table struct {
	best int // callers at which pgbench does best
	rows [][]row
}

func (t *table) add(r row) {
	i := slices.IndexFunc(t.rows, func(list []row) bool { return list[0].name == r.name && list[0].callers == r.callers })
	if i < 0 {
		t.rows = append(t.rows, []row{r})
		return
	}
	t.rows[i] = append(t.rows[i], r)
}

// middle returns the medians of repeats.
func middle(list []row) row {
	m := newRow(list[0].name, list[0].callers)
	for i := range m.figures {
		m.figures[i] = median(list, func(r row) float64 { return r.figures[i] })
	}
	for i, f := range list[0].extra {
		m.note(f.name, median(list, func(r row) float64 { return r.extra[i].value }))
	}
	return m
}

func median(list []row, of func(row) float64) float64 {
	var all []float64
	for _, r := range list {
		if v := of(r); !math.IsNaN(v) {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return none
	}
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

// print writes the table as docs/performance.md has tables.
func (t *table) print(w io.Writer) {
	lines := [][]string{
		{"", "callers", "rate/s", "pgbench/s", "ratio", fmt.Sprintf("to its best (%d)", t.best), "p50 ms", "p99 ms", "disk B", "WAL B", "server µs", "client µs", ""},
		{"---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---"},
	}
	for _, list := range t.rows {
		lines = append(lines, middle(list).cells())
	}
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, c := range line {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	for _, line := range lines {
		for i, c := range line {
			gap := strings.Repeat(" ", widths[i]-len([]rune(c)))
			if i > 0 && i < len(line)-1 {
				c, gap = gap+c, ""
			}
			fmt.Fprint(w, "| ", c, gap, " ")
		}
		fmt.Fprintln(w, "|")
	}
}

func (r row) cells() []string {
	digits := [columns]int{same: 2, best: 2, p50: 2, p99: 2}
	cells := []string{r.name, strconv.Itoa(r.callers)}
	for i, v := range r.figures {
		cells = append(cells, number(v, digits[i]))
	}
	var notes []string
	for _, f := range r.extra {
		notes = append(notes, f.name+" "+number(f.value, 2))
	}
	return append(cells, strings.Join(notes, ", "))
}

// number prints a figure; what has no unit to speak of is left empty.
func number(v float64, digits int) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}
