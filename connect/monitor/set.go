package monitor

import (
	"embed"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/internal/strict"
	"github.com/soukhq/souk/payout"
)

var format = strict.Format{Package: "monitor", Code: "invalid_program", Max: 64 << 10}

// Set is programmes by name. It never changes and is safe for concurrent use; Load and With
// make another. A nil Set is the one that is built in.
type Set struct{ programs map[string]*Program }

//go:embed data/*.json
var files embed.FS

var builtin = strict.Builtin("monitor", "the programmes", files, new(Set).load)

// Builtin returns the programmes that come with souk.
func Builtin() *Set { return builtin() }

func (s *Set) or() *Set {
	if s == nil {
		return Builtin()
	}
	return s
}

// Parse reads one programme from JSON and checks it. It is strict: a name that is no
// field, in another case, or there twice, null, and a fact without a value or a source are
// invalid_program of class Invalid, with the path of the field.
func Parse(data []byte) (*Program, error) {
	x := new(Program)
	if err := format.Decode(data, x); err != nil {
		return nil, err
	}
	return x, x.check(true)
}

// Load returns the set with programmes from files in place of those of their names: all
// files of the folder whose names end in .json, each named after its programme.
func (s *Set) Load(files fs.FS) (*Set, error) { return s.or().load(files) }

func (s *Set) load(files fs.FS) (*Set, error) {
	list, names, err := strict.Files(&format, files, Parse)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if strings.TrimSuffix(path.Base(names[i]), ".json") != list[i].Name {
			return nil, format.In(format.Bad("program", "a file is named after its programme"), names[i])
		}
	}
	return s.with(list), nil
}

// With returns the set with programmes in place of those of their names. Their facts
// need no source. One without levels ends a programme.
func (s *Set) With(list ...Program) (*Set, error) {
	for i := range list {
		if err := list[i].check(false); err != nil {
			return nil, err
		}
	}
	return s.or().with(list), nil
}

func (s *Set) with(list []Program) *Set {
	next := &Set{maps.Clone(s.programs)}
	if next.programs == nil {
		next.programs = make(map[string]*Program)
	}
	for i := range list {
		next.programs[list[i].Name] = list[i].clone()
	}
	return next
}

// clone copies a programme, so that whoever gave it may change theirs.
func (x *Program) clone() *Program {
	c := *x
	c.Counts, c.Sales, c.Levels = slices.Clone(x.Counts), slices.Clone(x.Sales), maps.Clone(x.Levels)
	for i := range c.Counts {
		c.Counts[i].Value = slices.Clone(c.Counts[i].Value)
	}
	for name, facts := range c.Levels {
		c.Levels[name] = slices.Clone(facts)
	}
	return &c
}

// On returns the programmes that hold on a day, by name.
func (s *Set) On(day payout.Day) []Terms {
	var list []Terms
	for _, name := range slices.Sorted(maps.Keys(s.or().programs)) {
		if t, ok := s.or().programs[name].On(day); ok {
			list = append(list, t)
		}
	}
	return list
}

// Networks are those that any programme is of, in order.
func (s *Set) Networks() []string {
	seen := make(map[string]bool)
	for _, x := range s.or().programs {
		seen[x.Network] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

const (
	maxFacts = 100
	maxText  = 400
)

func (x *Program) check(sourced bool) error {
	switch {
	case !word(x.Name):
		return format.Bad("program", "a programme's name is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case !word(x.Network):
		return format.Bad("network", "a network's name is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case len(x.Levels) > maxFacts:
		return format.Bad("levels", "there are at most a hundred")
	}
	if err := facts("counts", x.Counts, sourced, func(list []string) bool {
		return len(list) > 0 && len(list) <= 3 && !slices.ContainsFunc(list, func(of string) bool {
			return of != FraudWarnings && of != FraudDisputes && of != OtherDisputes
		})
	}); err != nil {
		return err
	}
	if err := facts("sales", x.Sales, sourced, func(of string) bool { return of == SameMonth || of == PreviousMonth }); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(x.Levels)) {
		if !word(name) || name == Near {
			return format.Bad("levels", "a level's name is 1 to 40 lower-case letters, digits, dots, dashes and underscores, and not near")
		}
		if err := facts("levels."+name, x.Levels[name], sourced, Level.good); err != nil {
			return err
		}
	}
	return nil
}

// Near is what souk calls it where a seller comes near to the lowest level.
const Near = "near"

func (l Level) good() bool {
	return l.Count >= 1 && l.Percent.Sign() > 0 && l.Percent.Exponent() >= -6 && l.Percent.Exponent() <= 2 && l.Percent.IntPart() <= 100
}

func facts[T any](path string, list []market.Fact[T], sourced bool, good func(T) bool) error {
	if len(list) > maxFacts {
		return format.Bad(path, "a field has at most a hundred facts")
	}
	for i := range list {
		f := &list[i]
		switch {
		case !good(f.Value):
			return format.Bad(path+".value", "this is not a value that can stand here")
		case sourced && f.Source == "" || len(f.Source) > maxText:
			return format.Bad(path+".source", "a fact names its source, in at most 400 bytes")
		case f.From != 0 && f.Until != 0 && f.Until < f.From:
			return format.Bad(path+".until", "it ends before it begins")
		}
		for j := range i {
			g := &list[j]
			if (f.From == 0 || g.Until == 0 || f.From <= g.Until) && (g.From == 0 || f.Until == 0 || g.From <= f.Until) {
				return format.Bad(path, "two facts hold on one day")
			}
		}
	}
	return nil
}

func word(text string) bool {
	return text != "" && len(text) <= 40 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == "" && !strings.ContainsAny(text, "/ ")
}
