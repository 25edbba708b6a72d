package compliance

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// EntityType is what kind of person or body an entity is.
type EntityType string

// The types of entity. All but individuals are asked what companies are asked.
const (
	Individual       EntityType = "individual"
	Company          EntityType = "company"
	NonProfit        EntityType = "non_profit"
	GovernmentEntity EntityType = "government_entity" // United States only
)

// Role is what a person is to a company.
type Role string

// The roles of persons.
const (
	Representative Role = "representative"
	Owner          Role = "owner"
	Director       Role = "director"
	Executive      Role = "executive"
)

// roles: the word under which requirements name the fields of each role,
// and attested the field that says that everybody in it has been named.
var roles = [...]struct {
	role     Role
	prefix   string
	attested string
}{
	{Representative, "representative.", ""},
	{Owner, "owners.", "company.owners_provided"},
	{Director, "directors.", "company.directors_provided"},
	{Executive, "executives.", "company.executives_provided"},
}

// attestation ends the names of the fields that attest.
const attestation = "_provided"

// Entity is the person or company behind an account.
type Entity struct {
	ID       string               `json:"id"`
	Platform string               `json:"platform"`
	Country  string               `json:"country"`
	Type     EntityType           `json:"type"`
	Provided map[string]time.Time `json:"provided,omitzero"` // fields that were provided, and when
	Persons  []Person             `json:"persons,omitzero"`
	Created  time.Time            `json:"created"`
}

// Person owns or runs a company.
type Person struct {
	ID       string               `json:"id"`
	Roles    []Role               `json:"roles"`
	Provided map[string]time.Time `json:"provided,omitzero"`
	Percent  decimal.Decimal      `json:"percent,omitzero"` // of the company that they own, as far as it was said
}

// Kind stores entities.
var Kind = ledger.Kind[Entity]{
	Name:   "compliance.entity",
	Prefix: "ent_",
	Keys: func(e *Entity) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: e.Platform, At: e.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "country", Path: "country"},
		{Name: "type", Path: "type"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// Details are fields of an entity and its persons, as a host hands them over.
type Details struct {
	// Fields by their path: "individual.first_name", "company.tax_id",
	// "tos_acceptance.ip". Values are checked for their form (a day of birth is a
	// day, an address an address), not for their truth, and not kept.
	Fields  map[string]string `json:"fields,omitzero"`
	Persons []PersonDetails   `json:"persons,omitzero"`
}

// PersonDetails are fields of one person, by path within the person:
// "first_name", "dob.day", "relationship.title".
type PersonDetails struct {
	ID     string            `json:"id,omitzero"`    // of a person to change; empty adds one
	Roles  []Role            `json:"roles,omitzero"` // empty leaves them as they are
	Fields map[string]string `json:"fields,omitzero"`
}

// New starts an entity in a unit; the caller puts it.
func New(u *ledger.Unit, platform, countryCode string, t EntityType) (*Entity, error) {
	code, err := ParseCountry(countryCode)
	if err != nil {
		return nil, err
	}
	switch t {
	case Individual, Company, NonProfit:
	case GovernmentEntity:
		if code != "US" {
			return nil, invalidType("government entities are of the United States")
		}
	default:
		return nil, invalidType("a business is an individual, a company, a non-profit or a government entity")
	}
	e := &Entity{ID: u.NewID(Kind.Prefix), Platform: platform, Country: code, Type: t, Created: u.At()}
	e.Provided = map[string]time.Time{"business_type": u.At()}
	return e, nil
}

func invalidType(msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_business_type", Field: "type", Msg: msg}
}

func invalidField(field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_" + strings.ReplaceAll(field, ".", "_"), Field: field, Msg: msg}
}

// maxPersons bounds the persons of an entity.
const maxPersons = 100

// Provide records fields of the entity and its persons. Everything is checked
// before anything is recorded: a field that the entity's country does not know,
// an empty or hostile value, a person who is not there.
func (e *Entity) Provide(u *ledger.Unit, d Details) error {
	for _, path := range slices.Sorted(maps.Keys(d.Fields)) {
		if !e.knows(path) || rolePath(path) {
			return invalidField("fields", "there is no field "+printable(path)+" for a business of this type and country")
		}
		if err := e.checkField(path, d.Fields[path]); err != nil {
			return err
		}
	}
	total := len(e.Persons)
	for _, p := range d.Persons {
		if err := e.checkPerson(p); err != nil {
			return err
		}
		if p.ID == "" {
			total++
		}
	}
	if total > maxPersons {
		return invalidField("persons", "a business has at most 100 persons")
	}
	if err := e.checkTogether(d.Persons); err != nil {
		return err
	}
	record(&e.Provided, d.Fields, u.At())
	for _, p := range d.Persons {
		i := slices.IndexFunc(e.Persons, func(have Person) bool { return have.ID == p.ID })
		if i < 0 {
			e.Persons = append(e.Persons, Person{ID: u.NewID("person_")})
			i = len(e.Persons) - 1
		}
		e.Persons[i].set(p)
		record(&e.Persons[i].Provided, p.Fields, u.At())
	}
	return nil
}

// checkField checks the value of a field of the entity itself. Values are not
// kept, so one that means something here must mean what is then recorded.
func (e *Entity) checkField(path, value string) error {
	if err := checkValue(path, value); err != nil {
		return err
	}
	switch {
	case path == "business_type" && value != string(e.Type):
		return invalidField(path, "the type of a business does not change")
	case strings.HasSuffix(path, attestation) && value != "true":
		return invalidField(path, "that all persons are named is attested with true, or not at all")
	}
	return nil
}

func record(into *map[string]time.Time, fields map[string]string, at time.Time) {
	if *into == nil {
		*into = make(map[string]time.Time, len(fields))
	}
	for path := range fields {
		(*into)[path] = at
	}
}

func (e *Entity) checkPerson(p PersonDetails) error {
	if e.Type == Individual {
		return invalidField("persons", "an individual has no other persons")
	}
	known := p.ID == "" || slices.ContainsFunc(e.Persons, func(have Person) bool { return have.ID == p.ID })
	if !known {
		return &ledger.Error{Class: ledger.NotFound, Code: "not_found", Field: "persons", Msg: "there is no such person"}
	}
	if p.ID == "" && len(p.Roles) == 0 {
		return invalidField("persons", "a person has a role")
	}
	for _, r := range p.Roles {
		switch r {
		case Representative, Owner, Director, Executive:
		default:
			return invalidField("persons", "there is no role "+printable(string(r)))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(p.Fields)) {
		known := false
		for _, r := range roles {
			known = known || e.knows(r.prefix+path)
		}
		if !known {
			return invalidField("persons", "there is no field "+printable(path)+" of a person in this country")
		}
		if err := checkValue(path, p.Fields[path]); err != nil {
			return err
		}
	}
	return nil
}

// checkValue refuses what cannot be a value: empty or long text, text that is
// not UTF-8, control and direction characters, and what is not of the field's
// form. It never repeats the value.
func checkValue(path, value string) error {
	if value == "" || len(value) > 2000 || !utf8.ValidString(value) {
		return invalidField(path, "a value is 1 to 2,000 bytes of text")
	}
	for _, r := range value {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return invalidField(path, "a value has no control or direction characters")
		}
	}
	return checkForm(path, value)
}

// printable shows a path in a message. Whatever is no letter of a field's name
// is masked: where name and value were swapped, it is somebody's secret.
func printable(path string) string {
	if len(path) > 60 {
		path = path[:60]
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r == '.' || r == '_' {
			return r
		}
		return '?'
	}, path)
}
