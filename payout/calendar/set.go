package calendar

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/soukhq/souk/internal/strict"
)

// maxCalendars bounds a set.
const maxCalendars = 1000

// Set is calendars by name. It never changes and is safe for concurrent use; Load
// and With make another. A nil Set is the one that is built in.
type Set struct {
	byName     map[string]*Calendar
	byCurrency map[string]*Calendar
	byCountry  map[string]*Calendar
}

//go:embed data/*.json
var files embed.FS

var builtin = strict.Builtin("calendar", "the calendars", files, new(Set).load)

// Builtin returns the calendars that come with souk: target2, fed,
// england-and-wales, scotland, canada, australia, switzerland, denmark, norway,
// sweden and japan.
func Builtin() *Set { return builtin() }

func (s *Set) or() *Set {
	if s == nil {
		return Builtin()
	}
	return s
}

// Load returns the set with the files of a folder whose names end in .json. A file
// that cannot be read is invalid_calendar of class Invalid; its name is in the
// error's Op, the field in its Field. See With.
func (s *Set) Load(files fs.FS) (*Set, error) { return s.or().load(files) }

func (s *Set) load(files fs.FS) (*Set, error) {
	list, names, err := strict.Files(&format, files, Parse)
	if err != nil {
		return nil, err
	}
	return s.with(list, names)
}

// With returns the set with calendars added, or put in the place of those of the
// same name. What one extends is a calendar of the set as it was: "target2" may
// extend "target2". It then has the rules of that one, less those it drops, and its
// own; the dates on which banks work of both; and whatever else it leaves out, but
// currencies and countries only under the same name. Each of these belongs to one
// of the calendars that are added, and to the set's where none claims it.
func (s *Set) With(calendars ...Rules) (*Set, error) { return s.or().with(calendars, nil) }

func (s *Set) with(calendars []Rules, files []string) (*Set, error) {
	next := &Set{maps.Clone(s.byName), maps.Clone(s.byCurrency), maps.Clone(s.byCountry)}
	if s.byName == nil {
		next = &Set{map[string]*Calendar{}, map[string]*Calendar{}, map[string]*Calendar{}}
	}
	added := new(claims)
	for i := range calendars {
		r := &calendars[i]
		err := s.add(next, r, added)
		if err == nil && len(next.byName) > maxCalendars {
			err = bad("calendar", "a set has at most 1,000 calendars")
		}
		switch {
		case err != nil && files != nil:
			return nil, format.In(err, files[i])
		case err != nil:
			return nil, err
		}
	}
	return next, nil
}

// claims is what has been added at once.
type claims struct{ names, currencies, countries []string }

// add puts a calendar into the next set.
func (s *Set) add(next *Set, r *Rules, added *claims) error {
	c, err := compile(r)
	if err != nil {
		return err
	}
	if slices.Contains(added.names, r.Calendar) {
		return bad("calendar", "this calendar is there twice")
	}
	added.names = append(added.names, r.Calendar)
	if r.Extends != "" {
		base, ok := s.byName[r.Extends]
		if !ok {
			return unknown("extends", "there is no such calendar")
		}
		merged, err := r.onTopOf(&base.rules)
		if err != nil {
			return err
		}
		if c, err = compile(merged); err != nil {
			return err
		}
	}
	next.byName[r.Calendar] = c
	// What it had under this name it has no longer, unless it says so.
	was := func(_ string, x *Calendar) bool { return x.Name() == r.Calendar }
	maps.DeleteFunc(next.byCurrency, was)
	maps.DeleteFunc(next.byCountry, was)
	if err := claim("currencies", c.rules.Currencies, &added.currencies, next.byCurrency, c); err != nil {
		return err
	}
	return claim("countries", c.rules.Countries, &added.countries, next.byCountry, c)
}

func claim(field string, codes []string, added *[]string, byCode map[string]*Calendar, c *Calendar) error {
	for i, code := range codes {
		if slices.Contains(*added, code) {
			return bad(fmt.Sprintf("%s[%d]", field, i), "another calendar has it, too")
		}
		*added = append(*added, code)
		byCode[code] = c
	}
	return nil
}

// onTopOf returns the rules with those that they extend.
func (r *Rules) onTopOf(base *Rules) (*Rules, error) {
	m, b := r.clone(), base.clone()
	for i, name := range r.Drop {
		n := len(b.Days)
		if b.Days = slices.DeleteFunc(b.Days, func(x Rule) bool { return x.Name == name }); len(b.Days) == n {
			return nil, bad(fmt.Sprintf("drop[%d]", i), "the calendar has no rule of this name")
		}
	}
	m.Days = append(b.Days, m.Days...)
	m.Open = append(b.Open, m.Open...)
	if m.Title == "" {
		m.Title = b.Title
	}
	if m.Zone == "" {
		m.Zone = b.Zone
	}
	if m.From == 0 {
		m.From = b.From
	}
	if m.Weekend == nil {
		m.Weekend = b.Weekend
	}
	if m.Calendar == b.Calendar && m.Currencies == nil {
		m.Currencies = b.Currencies
	}
	if m.Calendar == b.Calendar && m.Countries == nil {
		m.Countries = b.Countries
	}
	return &m, nil
}
