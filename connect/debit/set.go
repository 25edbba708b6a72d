package debit

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/internal/strict"
	"github.com/soukhq/souk/payout"
)

// maxLayers bounds how often a Set is added to.
const maxLayers = 7

// Set is schemes in layers. It never changes and is safe for concurrent use; Load
// and With make another. A nil Set is the one that is built in.
type Set struct {
	layers []map[string]*Scheme // the lowest first
}

//go:embed data/*.json
var files embed.FS

var builtin = strict.Builtin("debit", "the schemes", files, new(Set).load)

// Builtin returns the schemes that come with souk.
func Builtin() *Set { return builtin() }

func (s *Set) or() *Set {
	if s == nil {
		return Builtin()
	}
	return s
}

// Load returns the set with a layer of files on top: all files of the folder whose
// names end in .json, each named after its scheme. A file that cannot be read is
// invalid_scheme of class Invalid; its name is in the error's Op, the field in its
// Field. A scheme that is not there yet has to be whole.
func (s *Set) Load(files fs.FS) (*Set, error) { return s.or().load(files) }

func (s *Set) load(files fs.FS) (*Set, error) {
	list, names, err := strict.Files(&format, files, Parse)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if strings.TrimSuffix(path.Base(names[i]), ".json") != list[i].Name {
			return nil, format.In(bad("scheme", "a file is named after its scheme"), names[i])
		}
	}
	next, err := s.with(list)
	if err != nil {
		return nil, format.In(err, "files")
	}
	return next, nil
}

// With returns the set with a layer on top that is written in Go. Its facts need no
// source.
func (s *Set) With(list ...Scheme) (*Set, error) {
	for i := range list {
		if err := list[i].check(false); err != nil {
			return nil, err
		}
	}
	return s.or().with(list)
}

func (s *Set) with(list []Scheme) (*Set, error) {
	if len(s.layers) == maxLayers {
		return nil, bad("", fmt.Sprintf("a set has at most %d layers", maxLayers))
	}
	layer := make(map[string]*Scheme, len(list))
	for i := range list {
		if layer[list[i].Name] != nil {
			return nil, bad("scheme", "a scheme stands there once")
		}
		layer[list[i].Name] = list[i].clone()
	}
	next := &Set{append(slices.Clip(s.layers), layer)}
	for i := range list {
		if err := next.whole(list[i].Name); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// whole refuses a scheme of which something is missing.
func (s *Set) whole(name string) error {
	has := func(filled func(*Scheme) bool) bool {
		return slices.ContainsFunc(s.layers, func(l map[string]*Scheme) bool { return l[name] != nil && filled(l[name]) })
	}
	for _, part := range []struct {
		field  string
		filled func(*Scheme) bool
	}{
		{"currencies", func(x *Scheme) bool { return len(x.Currencies) > 0 }},
		{"countries", func(x *Scheme) bool { return len(x.Countries) > 0 }},
		{"lead", func(x *Scheme) bool { return len(x.Lead) > 0 }},
		{"notice", func(x *Scheme) bool { return len(x.Notice) > 0 }},
		{"returns", func(x *Scheme) bool { return len(x.Returns) > 0 }},
	} {
		if !has(part.filled) {
			return bad(part.field, "the scheme "+name+" says nothing of it")
		}
	}
	return nil
}

// Schemes lists the schemes of the set, in order.
func (s *Set) Schemes() []string {
	seen := make(map[string]bool)
	for _, l := range s.or().layers {
		for name := range l {
			seen[name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// On returns what holds of a scheme on a day. ok is false if there is no such scheme,
// or none yet or any more: without a currency on that day.
func (s *Set) On(name string, day payout.Day) (t Terms, ok bool) {
	t = Terms{Scheme: name, Returns: make(map[string]Return), Limits: make(map[string]RateLimit)}
	for _, l := range s.or().layers {
		x := l[name]
		if x == nil {
			continue
		}
		over(&t.Currencies, x.Currencies, day)
		over(&t.Countries, x.Countries, day)
		over(&t.Kinds, x.Kinds, day)
		over(&t.Confirmed, x.Confirmed, day)
		over(&t.Notice, x.Notice, day)
		over(&t.Lead, x.Lead, day)
		over(&t.Life, x.Life, day)
		over(&t.Retry, x.Retry, day)
		over(&t.Text, x.Text, day)
		overAll(t.Returns, x.Returns, day)
		overAll(t.Limits, x.Limits, day)
	}
	return t, len(t.Currencies) > 0
}

// over puts a layer's fact of a day in place of what was there. A field of which the
// layer speaks, but not on that day, is nothing then.
func over[T any](v *T, facts []market.Fact[T], day payout.Day) {
	if len(facts) == 0 {
		return
	}
	var none T
	*v = none
	for i := range facts {
		if holds(&facts[i], day) {
			*v = facts[i].Value
		}
	}
}

func overAll[T any](into map[string]T, from map[string][]market.Fact[T], day payout.Day) {
	for name, facts := range from {
		delete(into, name)
		for i := range facts {
			if holds(&facts[i], day) {
				into[name] = facts[i].Value
			}
		}
	}
}

func holds[T any](f *market.Fact[T], day payout.Day) bool {
	return (f.From == 0 || day >= f.From) && (f.Until == 0 || day <= f.Until)
}
