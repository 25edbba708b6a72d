package connect_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
)

// cover counts what a simulation went through.
type cover struct {
	steps, calls, replays, modelled int
	clock                           time.Duration

	moves  map[[3]string]int // object, from, to
	verbs  map[verbCell]int
	faults map[faultCell]int
	pairs  map[[2]string]int
	seams  map[[2]string]int
	codes  map[string]int
}

type verbCell struct {
	verb  string
	about cell
	code  string
}

type faultCell struct {
	verb string
	call int
	kind faults.Kind
}

func newCover() *cover {
	return &cover{
		moves: make(map[[3]string]int), verbs: make(map[verbCell]int), faults: make(map[faultCell]int),
		pairs: make(map[[2]string]int), seams: make(map[[2]string]int), codes: make(map[string]int),
	}
}

func (c *cover) move(what, from, to string)                { c.moves[[3]string{what, from, to}]++ }
func (c *cover) verb(verb string, about cell, code string) { c.verbs[verbCell{verb, about, code}]++ }
func (c *cover) fault(verb string, at int, k faults.Kind)  { c.faults[faultCell{verb, at, k}]++ }
func (c *cover) pair(outer, verb string)                   { c.pairs[[2]string{outer, verb}]++ }
func (c *cover) seam(verb, what string)                    { c.seams[[2]string{verb, what}]++ }
func (c *cover) code(e *ledger.Error)                      { c.codes[e.Class.String()+" "+e.Code]++ }

// String is the matrices with their counts.
func (c *cover) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d steps, %d calls, %d replays, %d objects in the model, %.0f years\n", c.steps, c.calls, c.replays, c.modelled, c.clock.Hours()/24/365)
	part := func(title string, lines []string) {
		slices.Sort(lines)
		fmt.Fprintf(&b, "\n%s (%d)\n%s\n", title, len(lines), strings.Join(lines, "\n"))
	}
	part("changes of state", lines(c.moves, func(k [3]string) string { return fmt.Sprintf("%s %s → %s", k[0], k[1], k[2]) }))
	part("verbs by kind and state of what they are about", lines(c.verbs, func(k verbCell) string { return fmt.Sprintf("%s %v: %s", k.verb, k.about, k.code) }))
	part("faults by verb and call", lines(c.faults, func(k faultCell) string { return fmt.Sprintf("%s call %d: %v", k.verb, k.call, k.kind) }))
	part("verbs between the steps of others", lines(c.pairs, func(k [2]string) string { return k[0] + ": " + k[1] }))
	part("partners", lines(c.seams, func(k [2]string) string { return k[0] + ": " + k[1] }))
	part("refusals", lines(c.codes, func(k string) string { return k }))
	return b.String()
}

func lines[K comparable](m map[K]int, name func(K) string) (list []string) {
	for k, n := range m {
		list = append(list, fmt.Sprintf("%-70s %d", name(k), n))
	}
	return list
}
