// Package scenario runs tables that an accountant can read: what happens, which
// entries it must post, and what everybody has afterwards. The files are under
// connect/testdata; docs/chart-of-accounts.md is generated from them.
//
// A file holds flows, separated by lines that begin with "flow":
//
//	flow C3: Destination with application fee 123
//	note: Why it is so, in a sentence for the generated page.
//	platform country=US
//	seller A country=US
//	charge c1: 1000 USD to A fee 123
//	  charge: acquirer -1000, P.pending +941, processing_fees +59
//	  transfer: P.pending -1000, A.pending +1000
//	  application fee: A.pending -123, P.pending +123
//	after: A.pending 877, P.pending 64
//
// Indented lines are the transactions that a step must post, in order, and no
// others; "in any order" before them lets them come in any, "..." accepts whatever it
// posts, "! class code" expects an error that posts nothing. P is the platform, names without a point are the house.
// Amounts are minor units of USD unless a currency follows. Every flow ends
// with a verification of the books and a trial balance of zero.
package scenario

import (
	"bufio"
	"fmt"
	"strings"
)

// Flow is one table.
type Flow struct {
	Name  string // "C3"
	Title string
	Notes []string
	Steps []Step
	File  string
	Line  int
}

// Step is one line with the lines indented under it.
type Step struct {
	Verb string
	Args string
	Want []string
	Line int
}

// Parse reads the flows of a file.
func Parse(name, text string) ([]Flow, error) {
	var flows []Flow
	scan := bufio.NewScanner(strings.NewReader(text))
	for n := 1; scan.Scan(); n++ {
		line := strings.TrimRight(scan.Text(), " \t")
		if i := strings.Index(line, "#"); i >= 0 && strings.TrimSpace(line[:i]) == "" {
			continue
		}
		trimmed := strings.TrimSpace(line)
		switch verb, rest, _ := strings.Cut(trimmed, " "); {
		case trimmed == "":
		case verb == "flow":
			id, title, ok := strings.Cut(rest, ": ")
			if !ok {
				return nil, fmt.Errorf("%s:%d: a flow has a name and a title", name, n)
			}
			flows = append(flows, Flow{Name: id, Title: title, File: name, Line: n})
		case len(flows) == 0:
			return nil, fmt.Errorf("%s:%d: a file begins with a flow", name, n)
		default:
			f := &flows[len(flows)-1]
			indented := line != trimmed
			switch {
			case indented && len(f.Steps) == 0:
				return nil, fmt.Errorf("%s:%d: an indented line belongs to a step", name, n)
			case indented:
				s := &f.Steps[len(f.Steps)-1]
				s.Want = append(s.Want, trimmed)
			case verb == "note:":
				f.Notes = append(f.Notes, rest)
			default:
				f.Steps = append(f.Steps, Step{Verb: strings.TrimSuffix(verb, ":"), Args: rest, Line: n})
			}
		}
	}
	return flows, scan.Err()
}

// options splits "country=US short=refuse" into a map and the words without an
// equals sign.
func options(text string) (words []string, opts map[string]string) {
	opts = make(map[string]string)
	for _, w := range strings.Fields(text) {
		if k, v, ok := strings.Cut(w, "="); ok {
			opts[k] = v
		} else {
			words = append(words, w)
		}
	}
	return words, opts
}
