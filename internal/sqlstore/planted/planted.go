// Package planted plants faults in stores on SQL, to see that the laws of a store
// and the proofs here notice them. A fault is a statement that becomes another one
// on its way to the database, or an answer that becomes another one on its way
// back: the store itself is as it is released.
package planted

import (
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/complaint"
	"github.com/soukhq/souk/ledger/storetest"
)

// Fault is one thing that is wrong with an adapter.
type Fault struct {
	Name string
	// Texts change statements. Each of them must meet one that the store sends.
	Texts []Text
	// Errors change what the database says of a failure.
	Errors []Text
	// Blind: nobody counts the rows that a statement wrote.
	Blind bool
	// Noticed names the laws and proofs that notice it, each for itself.
	Noticed []string
}

// Text replaces what a regular expression finds, as regexp.ReplaceAllString does.
// It sees statements with single spaces and tables called souk_….
type Text struct{ From, To string }

// Plant is a fault in the ground: an adapter's test sends all that it hears
// through it. A nil Plant changes nothing.
type Plant struct {
	Blind         bool
	texts, errors []*planted
}

type planted struct {
	from *regexp.Regexp
	to   string
	met  atomic.Int64
}

// New plants a fault.
func New(f Fault) *Plant {
	return &Plant{Blind: f.Blind, texts: prepared(f.Texts), errors: prepared(f.Errors)}
}

func prepared(list []Text) (ready []*planted) {
	for _, x := range list {
		ready = append(ready, &planted{from: regexp.MustCompile(x.From), to: x.To})
	}
	return ready
}

var spaces = regexp.MustCompile(`\s+`)

// SQL returns what becomes of a statement.
func (p *Plant) SQL(text string) string {
	if p == nil || len(p.texts) == 0 {
		return text
	}
	return change(p.texts, strings.TrimSpace(spaces.ReplaceAllString(text, " ")), text)
}

// Error returns what becomes of the code or the text of an error.
func (p *Plant) Error(text string) string {
	if p == nil {
		return text
	}
	return change(p.errors, text, text)
}

// change changes the form of a text, and returns the text itself if nothing is
// found in it.
func change(list []*planted, form, text string) string {
	for _, x := range list {
		if x.from.MatchString(form) {
			x.met.Add(1)
			form = x.from.ReplaceAllString(form, x.to)
			text = form
		}
	}
	return text
}

// Suite tries faults on an adapter.
type Suite struct {
	Faults []Fault
	// Open makes new books. What the store sends from then on goes through the
	// plant.
	Open func(t *testing.T, p *Plant) *Books
	// Proofs are the adapter's own, by name.
	Proofs map[string]Proof
	// Nonsense is what the database says of a statement that is none: whoever
	// complains of that has not noticed the fault.
	Nonsense string
}

// Run sees that each fault is noticed, by all that are there for it, and that they
// notice nothing where there is none.
func (s Suite) Run(t *testing.T) {
	var all []string
	for _, f := range s.Faults {
		all = append(all, f.Noticed...)
	}
	slices.Sort(all)
	t.Run("none", func(t *testing.T) {
		shared := s.Open(t, nil) // laws keep to books of their own
		for _, name := range slices.Compact(all) {
			proof, law := s.proof(name)
			b := shared
			if !law {
				b = s.Open(t, nil)
			}
			require.Empty(t, tried(proof, b), name)
		}
	})
	for _, f := range s.Faults {
		t.Run(f.Name, func(t *testing.T) { s.notice(t, f) })
	}
}

// notice gives each who is to notice a fault books of its own, for the one before
// it may have left something wrong in them.
func (s Suite) notice(t *testing.T, f Fault) {
	p := New(f)
	require.NotEmpty(t, f.Noticed, "nobody is to notice it")
	for _, name := range f.Noticed {
		proof, _ := s.proof(name)
		complaints := tried(proof, s.Open(t, p))
		require.NotEmpty(t, complaints, "%q did not notice", name)
		require.NotContains(t, strings.Join(complaints, "\n"), s.Nonsense)
		t.Logf("%q: %s", name, complaints[0])
	}
	for _, x := range slices.Concat(p.texts, p.errors) {
		require.NotZero(t, x.met.Load(), "it was not planted: nothing was like %s", x.from)
	}
}

// proof finds a proof by its name. A law is tried on a store and on a second one,
// which are two processes to the database, by turns.
func (s Suite) proof(name string) (p Proof, law bool) {
	if p, ok := s.Proofs[name]; ok {
		return p, false
	}
	if p, ok := proofs()[name]; ok {
		return p, false
	}
	return func(c *complaint.T, b *Books) {
		storetest.Try(c, name, &turns{of: [2]store{b.Store, b.Second}}, b.Second)
	}, true
}

// tried returns what a proof complained of.
func tried(p Proof, b *Books) []string {
	return complaint.Of(func(c *complaint.T) { p(c, b) })
}
