package compliance

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Asks lists the fields that the entity's country asks of its type, in order, whether they
// were provided or not. Those of roles stand with the role's word: "owners.email".
func (e *Entity) Asks() []string { return slices.Clone(e.asked()) }

// Remove takes a person away. What they alone provided for a role is due again, unless the
// entity has attested that there is nobody.
func (e *Entity) Remove(personID string) error {
	i := slices.IndexFunc(e.Persons, func(p Person) bool { return p.ID == personID })
	if i < 0 {
		return &ledger.Error{Class: ledger.NotFound, Code: "not_found", Field: "persons", Msg: "there is no such person"}
	}
	e.Persons = slices.Delete(slices.Clone(e.Persons), i, i+1)
	return nil
}

// ownership names the field of how much of a company a person has.
const ownership = "relationship.percent_ownership"

// checkTogether refuses persons who cannot all be what they are said to be: two
// representatives, or owners of more than the whole.
func (e *Entity) checkTogether(list []PersonDetails) error {
	persons := slices.Clone(e.Persons)
	for _, d := range list {
		i := slices.IndexFunc(persons, func(p Person) bool { return d.ID != "" && p.ID == d.ID })
		if i < 0 {
			persons, i = append(persons, Person{}), len(persons)
		}
		persons[i].set(d)
	}
	whole, representatives := decimal.Decimal{}, 0
	for _, p := range persons {
		whole = whole.Add(p.Percent)
		if slices.Contains(p.Roles, Representative) {
			representatives++
		}
	}
	switch {
	case representatives > 1:
		return invalidField("persons", "a business has one representative")
	case whole.Cmp(decimal.New(100, 0)) > 0:
		return invalidField("persons", "more than the whole is owned")
	}
	return nil
}

// set takes over what is kept of what was said of a person.
func (p *Person) set(d PersonDetails) {
	if len(d.Roles) > 0 {
		p.Roles = slices.Clone(d.Roles)
	}
	if text, ok := d.Fields[ownership]; ok {
		if share, err := ledger.ParseDecimal(text, 20, "invalid_percentage", "percent_ownership"); err == nil {
			p.Percent = share
		}
	}
}
