package compliance_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// addPerson adds a person with some fields and returns the id.
func addPerson(t *testing.T, e *compliance.Entity, paths []string, list ...compliance.Role) string {
	d := compliance.PersonDetails{Roles: list, Fields: map[string]string{}}
	for _, p := range paths {
		d.Fields[p] = compliance.TestValue(p)
	}
	require.NoError(t, provide(t, e, compliance.Details{Persons: []compliance.PersonDetails{d}}))
	return e.Persons[len(e.Persons)-1].ID
}

// asked lists what a role is asked for, without the role's word.
func asked(t *testing.T, code, word string) []string {
	var list []string
	for _, p := range due(t, code, compliance.Company) {
		if field, ok := strings.CutPrefix(p, word); ok {
			list = append(list, field)
		}
	}
	return list
}

// with lists the missing fields that begin with a word.
func with(e *compliance.Entity, word string) []string {
	var list []string
	for _, p := range fields(e.Missing()) {
		if field, ok := strings.CutPrefix(p, word); ok {
			list = append(list, field)
		}
	}
	return list
}

// Once somebody is named in a role, that person is asked for its fields; each of
// several is.
func TestMissingOfPersons(t *testing.T) {
	words := map[compliance.Role]string{
		compliance.Representative: "representative.", compliance.Owner: "owners.", compliance.Director: "directors.", compliance.Executive: "executives.",
	}
	for _, code := range compliance.Countries() {
		for role, word := range words {
			want := asked(t, code, word)
			e := newEntity(t, code, compliance.Company)
			if len(want) == 0 {
				continue // CA asks for representatives only, US for no directors
			}
			first := addPerson(t, e, nil, role)
			require.Empty(t, with(e, word))
			require.Equal(t, want, with(e, first+"."))
			if role == compliance.Representative {
				before := snapshot(t, e)
				err := provide(t, e, compliance.Details{Persons: []compliance.PersonDetails{{Roles: []compliance.Role{role}}}})
				require.ErrorContains(t, err, "one representative")
				require.Equal(t, before, snapshot(t, e))
				continue
			}
			second := addPerson(t, e, want[1:], role)
			require.Equal(t, want, with(e, first+"."))
			require.Equal(t, want[:1], with(e, second+"."))
			for _, id := range []string{first, second} {
				d := compliance.PersonDetails{ID: id, Fields: map[string]string{}}
				for _, p := range want {
					d.Fields[p] = compliance.TestValue(p)
				}
				require.NoError(t, provide(t, e, compliance.Details{Persons: []compliance.PersonDetails{d}}))
				require.Empty(t, with(e, id+"."))
			}
			require.Len(t, e.Persons, 2)
		}
	}
}

// Owners, directors and executives may be attested to be nobody; a
// representative there always is.
func TestAttestations(t *testing.T) {
	e := newEntity(t, "DE", compliance.Company)
	for role, path := range map[string]string{
		"owners.": "company.owners_provided", "directors.": "company.directors_provided", "executives.": "company.executives_provided",
	} {
		require.NotEmpty(t, with(e, role))
		require.NoError(t, provide(t, e, compliance.Details{Fields: map[string]string{path: "true"}}))
		require.Empty(t, with(e, role))
	}
	require.NotEmpty(t, with(e, "representative."))
	owner := addPerson(t, e, nil, compliance.Owner) // somebody after all
	require.Equal(t, asked(t, "DE", "owners."), with(e, owner+"."))
}

// One person in all roles is asked for all their fields, once each.
func TestOnePersonInAllRoles(t *testing.T) {
	e := newEntity(t, "AU", compliance.Company)
	id := addPerson(t, e, nil, compliance.Executive, compliance.Owner, compliance.Director, compliance.Representative)
	var want []string
	for _, word := range []string{"representative.", "owners.", "directors.", "executives."} {
		want = append(want, asked(t, "AU", word)...)
	}
	slices.Sort(want)
	require.Equal(t, slices.Compact(want), with(e, id+"."))
}

// A change of a person keeps what they provided; other roles ask for other
// fields.
func TestPersonChanges(t *testing.T) {
	e := newEntity(t, "GB", compliance.Company)
	id := addPerson(t, e, asked(t, "GB", "directors."), compliance.Director)
	require.Empty(t, with(e, id+"."))
	change := func(d compliance.PersonDetails) error {
		d.ID = id
		return provide(t, e, compliance.Details{Persons: []compliance.PersonDetails{d}})
	}
	require.NoError(t, change(compliance.PersonDetails{Roles: []compliance.Role{compliance.Owner}}))
	require.Equal(t, []compliance.Role{compliance.Owner}, e.Persons[0].Roles)
	require.NotEmpty(t, with(e, "directors.")) // nobody is one any more
	require.Contains(t, with(e, id+"."), "address.city")
	require.NotContains(t, with(e, id+"."), "email")
	require.NoError(t, change(compliance.PersonDetails{Fields: map[string]string{"address.city": "x"}}))
	require.Equal(t, []compliance.Role{compliance.Owner}, e.Persons[0].Roles) // as they were
	require.NotContains(t, with(e, id+"."), "address.city")
	require.Len(t, e.Persons, 1)
}

// Persons who are not there, roles and fields that are none, and an individual
// with persons are refused, and nothing of the request is recorded.
func TestPersonsRefused(t *testing.T) {
	e := newEntity(t, "GB", compliance.Company)
	addPerson(t, e, nil, compliance.Owner)
	before := snapshot(t, e)
	good := compliance.PersonDetails{Roles: []compliance.Role{compliance.Director}}
	for _, c := range []struct {
		person compliance.PersonDetails
		class  ledger.Class
	}{
		{compliance.PersonDetails{ID: "person_2", Fields: map[string]string{"email": "test@example.com"}}, ledger.NotFound},
		{compliance.PersonDetails{}, ledger.Invalid}, // no role
		{compliance.PersonDetails{Roles: []compliance.Role{"boss"}}, ledger.Invalid},
		{compliance.PersonDetails{Roles: []compliance.Role{compliance.Owner, "\u202e"}}, ledger.Invalid},
		{compliance.PersonDetails{Roles: good.Roles, Fields: map[string]string{"ssn_last_4": "0000"}}, ledger.Invalid}, // not in GB
		{compliance.PersonDetails{Roles: good.Roles, Fields: map[string]string{"owners.email": "x"}}, ledger.Invalid},
		{compliance.PersonDetails{Roles: good.Roles, Fields: map[string]string{"": "x"}}, ledger.Invalid},
	} {
		err := provide(t, e, compliance.Details{
			Fields: map[string]string{"company.name": "x"}, Persons: []compliance.PersonDetails{good, c.person},
		})
		require.ErrorIs(t, err, c.class, "%+v", c.person)
		var le *ledger.Error
		require.ErrorAs(t, err, &le)
		require.Equal(t, "persons", le.Field)
		require.Equal(t, before, snapshot(t, e))
	}
	one := newEntity(t, "GB", compliance.Individual)
	refused(t, provide(t, one, compliance.Details{Persons: []compliance.PersonDetails{good}}), "invalid_persons", "persons")
}

// A hundred persons are the limit, and each of them can still be changed:
// promise 70.
func TestManyPersons(t *testing.T) {
	e := newEntity(t, "US", compliance.Company)
	list := make([]compliance.PersonDetails, 100)
	for i := range list {
		list[i].Roles = []compliance.Role{compliance.Owner}
	}
	refused(t, provide(t, e, compliance.Details{Persons: append(slices.Clone(list), list[0])}), "invalid_persons", "persons")
	require.Empty(t, e.Persons)
	require.NoError(t, provide(t, e, compliance.Details{Persons: list}))
	refused(t, provide(t, e, compliance.Details{Persons: list[:1]}), "invalid_persons", "persons")
	for i := range list {
		list[i] = compliance.PersonDetails{ID: e.Persons[i].ID, Fields: map[string]string{"email": "test@example.com"}}
	}
	require.NoError(t, provide(t, e, compliance.Details{Persons: list}))
	require.Len(t, e.Persons, 100)
	require.NotContains(t, with(e, e.Persons[99].ID+"."), "email")
}

// What owners have is counted together, and nobody has more than there is; who is removed
// is asked for nothing, and their role is asked for again.
func TestOwnersAndRemoval(t *testing.T) {
	e := newEntity(t, "AU", compliance.Company)
	owns := func(id, percent string) error {
		d := compliance.PersonDetails{ID: id, Fields: map[string]string{"relationship.percent_ownership": percent}}
		if id == "" {
			d.Roles = []compliance.Role{compliance.Owner}
		}
		return provide(t, e, compliance.Details{Persons: []compliance.PersonDetails{d}})
	}
	if err := owns("", "60.5"); err != nil {
		t.Skip("no country asks for it")
	}
	require.NoError(t, owns("", "39.5"))
	require.ErrorContains(t, owns("", "0.01"), "more than the whole")
	first, second := e.Persons[0].ID, e.Persons[1].ID
	require.ErrorContains(t, owns(second, "39.51"), "more than the whole")
	require.NoError(t, owns(second, "25"))
	require.NoError(t, e.Remove(first))
	require.Empty(t, with(e, first+"."))
	require.ErrorIs(t, e.Remove(first), ledger.NotFound)
	require.NoError(t, owns(second, "100"))
	require.NoError(t, e.Remove(second))
	require.Equal(t, asked(t, "AU", "owners."), with(e, "owners."))
}
