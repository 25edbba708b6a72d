package compliance

import (
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Requirement is a field that is still due.
type Requirement struct {
	// Field is its path: "individual.dob.day", "owners.email" while no owner is
	// named, "person_….email" for one that is.
	Field string
}

// asked returns the fields that the entity's country asks of its type.
func (e *Entity) asked() []string {
	c := countries[e.Country]
	if e.Type == Individual {
		return c.individual
	}
	return c.company
}

func (e *Entity) knows(path string) bool { return slices.Contains(e.asked(), path) }

// rolePath reports whether a path is of persons in a role.
func rolePath(path string) bool {
	for _, r := range roles {
		if strings.HasPrefix(path, r.prefix) {
			return true
		}
	}
	return false
}

// Missing lists what is still due, in order. It is empty when the entity has
// provided everything its country asks for at least. A role in which nobody
// was named asks for its fields until the entity attests that there is nobody
// (company.owners_provided and the like); a representative is always needed.
func (e *Entity) Missing() []Requirement {
	var due []Requirement
	for _, path := range e.asked() {
		if !rolePath(path) {
			if _, ok := e.Provided[path]; !ok {
				due = append(due, Requirement{path})
			}
			continue
		}
		due = append(due, e.missingOfPersons(path)...)
	}
	slices.SortFunc(due, func(a, b Requirement) int { return strings.Compare(a.Field, b.Field) })
	return slices.Compact(due)
}

func (e *Entity) missingOfPersons(path string) []Requirement {
	for _, r := range roles {
		field, ok := strings.CutPrefix(path, r.prefix)
		if !ok {
			continue
		}
		var due []Requirement
		named := false
		for _, p := range e.Persons {
			if !slices.Contains(p.Roles, r.role) {
				continue
			}
			named = true
			if _, ok := p.Provided[field]; !ok {
				due = append(due, Requirement{p.ID + "." + field})
			}
		}
		_, attested := e.Provided[r.attested]
		if !named && !attested {
			due = append(due, Requirement{path})
		}
		return due
	}
	return nil
}

// Blocked says that something may not happen because requirements are due.
type Blocked struct {
	What string // "payouts"
	Due  []Requirement
}

// Error names the fields that are due, at most five of them.
func (b *Blocked) Error() string {
	var names []string
	for _, r := range b.Due {
		if len(names) == 5 {
			names = append(names, "…")
			break
		}
		names = append(names, r.Field)
	}
	return b.What + " wait for " + strings.Join(names, ", ")
}

// Unwrap makes the error of class State, code capability_inactive.
func (b *Blocked) Unwrap() error {
	return &ledger.Error{Class: ledger.State, Code: "capability_inactive", Field: "account", Msg: b.What + " are blocked by missing requirements"}
}

// AllowPayouts returns nil, or a *Blocked that says what is missing.
func (e *Entity) AllowPayouts() error {
	if due := e.Missing(); len(due) > 0 {
		return &Blocked{What: "payouts", Due: due}
	}
	return nil
}

// TestDetails returns a complete set of made-up details for a country and type,
// for tests and examples; false if the country's rules are not built in. The
// field external_account is left to a bank account.
func TestDetails(countryCode string, t EntityType) (Details, bool) {
	if _, ok := countries[countryCode]; !ok {
		return Details{}, false
	}
	e := &Entity{Country: countryCode, Type: t}
	d := Details{Fields: make(map[string]string)}
	person := PersonDetails{Fields: make(map[string]string)}
	for _, path := range e.asked() {
		switch {
		case path == "external_account" || path == "business_type":
		case !rolePath(path):
			d.Fields[path] = testValue(path)
		default:
			for _, r := range roles {
				if field, ok := strings.CutPrefix(path, r.prefix); ok {
					person.Fields[field] = testValue(field)
					if !slices.Contains(person.Roles, r.role) {
						person.Roles = append(person.Roles, r.role)
					}
				}
			}
		}
	}
	if len(person.Roles) > 0 {
		d.Persons = append(d.Persons, person)
	}
	return d, true
}

func testValue(path string) string {
	if strings.HasSuffix(path, attestation) {
		return "true"
	}
	switch path[strings.LastIndexByte(path, '.')+1:] {
	case "day", "month":
		return "1"
	case "year":
		return "1901"
	case "mcc":
		return "5734"
	case "url":
		return "https://example.com"
	case "email":
		return "test@example.com"
	case "id_number", "ssn_last_4", "tax_id":
		return "0000"
	case "executive":
		return "true"
	case "percent_ownership":
		return "25"
	case "ip":
		return "192.0.2.1" // RFC 5737: for documentation
	case "date":
		return "1700000000"
	}
	return "test"
}
