package market

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/soukhq/souk/internal/strict"
)

// maxLayers bounds how often a Set is added to.
const maxLayers = 7

// Set is rules in layers. It never changes and is safe for concurrent use; Load
// and With make another. A nil Set is the one that is built in.
type Set struct {
	layers []layer // the lowest first
}

// layer is what came together.
type layer struct {
	all       *Rules // of all countries, nil if there are none
	countries map[string]*Rules
}

//go:embed data/*.json
var files embed.FS

var builtin = strict.Builtin("market", "the rules", files, new(Set).load)

// Builtin returns the rules that come with souk: what is true of all countries,
// and 18 of them.
func Builtin() *Set { return builtin() }

func (s *Set) or() *Set {
	if s == nil {
		return Builtin()
	}
	return s
}

// Load returns the set with a layer of files on top: all files of the folder
// whose names end in .json. A file that cannot be read is invalid_market of class
// Invalid; its name is in the error's Op, the field in its Field.
func (s *Set) Load(files fs.FS) (*Set, error) { return s.or().load(files) }

func (s *Set) load(files fs.FS) (*Set, error) {
	list, names, err := strict.Files(&format, files, Parse)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if stem := strings.TrimSuffix(path.Base(names[i]), ".json"); stem != list[i].Country && (stem != "all" || list[i].Country != "") {
			return nil, format.In(bad("country", "a file is named after its country, or all.json and names none"), names[i])
		}
	}
	next, err := s.with(list)
	if err != nil {
		return nil, format.In(err, "files")
	}
	for i := range list { // now that all regions are known
		c := &checker{regions: next.regions(nil)}
		if err := list[i].check(c); err != nil {
			return nil, format.In(err, names[i])
		}
	}
	return next, nil
}

// With returns the set with a layer on top that is written in Go, of which it keeps
// a copy. Its facts need no source.
func (s *Set) With(list ...Rules) (*Set, error) {
	s = s.or()
	l := &List{list}
	if err := s.Check(l); err != nil {
		return nil, err
	}
	if l = l.Clone(); l == nil {
		l = new(List)
	}
	return s.with(l.Rules)
}

func (s *Set) with(list []Rules) (*Set, error) {
	if len(s.layers) == maxLayers {
		return nil, bad("", fmt.Sprintf("a set has at most %d layers", maxLayers))
	}
	l := layer{countries: make(map[string]*Rules, len(list))}
	for i := range list {
		r := &list[i]
		if r.Country == "" {
			l.all = r
		} else {
			l.countries[r.Country] = r
		}
	}
	return &Set{append(slices.Clip(s.layers), l)}, nil
}

// Countries lists the countries that have rules of their own, in order.
func (s *Set) Countries() []string {
	seen := make(map[string]bool)
	for _, l := range s.or().layers {
		for code := range l.countries {
			seen[code] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// regions tells which regions are known, with those of a list.
func (s *Set) regions(l *List) map[string]bool {
	known := make(map[string]bool)
	add := func(r *Rules) {
		for name := range r.Regions {
			known[name] = true
		}
	}
	for _, l := range s.layers {
		if l.all != nil {
			add(l.all)
		}
	}
	if l != nil {
		for i := range l.Rules {
			add(&l.Rules[i])
		}
	}
	return known
}
