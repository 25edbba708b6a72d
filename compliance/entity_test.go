package compliance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// noon is when everything happens.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// unit runs fn as a unit of work on books of its own.
func unit(s ledger.Store, fn func(u *ledger.Unit) error) error {
	_, err := ledger.Env{Now: func() time.Time { return noon }}.Update(context.Background(), s, fn)
	return err
}

// newEntity is a new entity that is stored nowhere.
func newEntity(t require.TestingT, code string, kind compliance.EntityType) *compliance.Entity {
	var e *compliance.Entity
	require.NoError(t, unit(ledger.NewMemory(), func(u *ledger.Unit) (err error) {
		e, err = compliance.New(u, "plat_1", code, kind)
		return err
	}))
	return e
}

// provide hands details over.
func provide(t require.TestingT, e *compliance.Entity, d compliance.Details) error {
	return unit(ledger.NewMemory(), func(u *ledger.Unit) error { return e.Provide(u, d) })
}

func snapshot(t require.TestingT, e *compliance.Entity) string {
	data, err := json.Marshal(e)
	require.NoError(t, err)
	return string(data)
}

// Who may be what, where.
func TestEntityTypes(t *testing.T) {
	for _, code := range compliance.Countries() {
		for kind, ok := range map[compliance.EntityType]bool{
			compliance.Individual: true, compliance.Company: true, compliance.NonProfit: true, compliance.GovernmentEntity: code == "US",
			"": false, "Individual": false, "individual ": false, "llc\x00": false,
		} {
			err := unit(ledger.NewMemory(), func(u *ledger.Unit) error {
				e, err := compliance.New(u, "plat_1", strings.ToLower(code), kind)
				if err == nil {
					require.Equal(t, []any{code, kind, "plat_1", noon}, []any{e.Country, e.Type, e.Platform, e.Created})
					require.True(t, compliance.Kind.Fits(e.ID))
				}
				return err
			})
			if ok {
				require.NoError(t, err)
				continue
			}
			refused(t, err, "invalid_business_type", "type")
		}
	}
	err := unit(ledger.NewMemory(), func(u *ledger.Unit) error {
		_, err := compliance.New(u, "plat_1", "KP", "none")
		return err
	})
	refused(t, err, "sanctioned_country", "country") // whatever else is wrong
}

// hostile are values that no field takes.
var hostile = []string{
	"", strings.Repeat("x", 2001), "canary\x00", "canary\n", "canary\r\nX: y", "canary\x1b[2J", "canary\u0085", "canary\u202e", "\u2066canary\u2069",
	"canary\xff", "\xed\xa0\x80canary", "canary\u200f", "canary\u061c",
}

// A hostile value is refused, its field is named, and it is not repeated: not in
// the message, nor anywhere else in the error. Promise 68.
func TestHostileValues(t *testing.T) {
	for _, kind := range []compliance.EntityType{compliance.Individual, compliance.Company} {
		for _, value := range hostile {
			e := newEntity(t, "US", kind)
			before := snapshot(t, e)
			path := map[bool]string{true: "individual.first_name", false: "company.name"}[kind == compliance.Individual]
			err := provide(t, e, compliance.Details{Fields: map[string]string{path: value, "tos_acceptance.ip": "192.0.2.1"}})
			refused(t, err, "invalid_"+strings.ReplaceAll(path, ".", "_"), path)
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "canary")
			require.Less(t, len(err.Error()), 300)
			require.Equal(t, before, snapshot(t, e)) // nothing of it, the good field neither
			if kind == compliance.Company {
				err = provide(t, e, compliance.Details{Persons: []compliance.PersonDetails{
					{Roles: []compliance.Role{compliance.Owner}, Fields: map[string]string{"first_name": "Ada"}},
					{Roles: []compliance.Role{compliance.Representative}, Fields: map[string]string{"last_name": value}},
				}})
				refused(t, err, "invalid_last_name", "last_name")
				require.NotContains(t, fmt.Sprintf("%v %#v", err, err), "canary")
				require.Equal(t, before, snapshot(t, e))
			}
		}
	}
}

// Names in any script are values like any other, up to 2,000 bytes.
func TestValuesOfTheWorld(t *testing.T) {
	for _, value := range []string{"Ada", "Þórður", "王小明", "محمد", "می\u200cخواهم", "O'Brien <b>", "'; drop table x; --", "👩\u200d👩\u200d👧", strings.Repeat("é", 1000)} {
		e := newEntity(t, "GB", compliance.Individual)
		require.NoError(t, provide(t, e, compliance.Details{Fields: map[string]string{"individual.first_name": value}}), value)
	}
}

// Fields that a country does not ask of a type do not exist there; names that
// are hostile are shown cut and printable.
func TestUnknownFields(t *testing.T) {
	for _, c := range []struct {
		code string
		kind compliance.EntityType
		path string
	}{
		{"US", compliance.Individual, "company.name"},
		{"US", compliance.Individual, "representative.first_name"},
		{"US", compliance.Company, "individual.first_name"},
		{"US", compliance.Company, "owners.first_name"}, // that is a person's
		{"US", compliance.Company, "company.directors_provided"},
		{"US", compliance.Company, "representative.email"},
		{"GB", compliance.Individual, "individual.ssn_last_4"},
		{"GB", compliance.Individual, "individual.address.state"},
		{"IE", compliance.Individual, "individual.address.postal_code"},
		{"CA", compliance.Individual, "individual.email"},
		{"CA", compliance.Company, "company.owners_provided"},
		{"US", compliance.Individual, ""},
		{"US", compliance.Individual, "Individual.First_Name"},
		{"US", compliance.Individual, "individual.first_name "},
		{"US", compliance.Individual, "\x1b[2J\n\u202e"},
		{"US", compliance.Individual, "123-45-6789"}, // name and value swapped
		{"US", compliance.Individual, strings.Repeat("é", 100_000)},
	} {
		e := newEntity(t, c.code, c.kind)
		before := snapshot(t, e)
		err := provide(t, e, compliance.Details{Fields: map[string]string{c.path: "x"}})
		refused(t, err, "invalid_fields", "fields")
		require.Less(t, len(err.Error()), 200)
		for _, r := range err.Error() {
			require.True(t, r >= 0x20 && r <= 0x7e && (r < '0' || r > '9'), "%q", err.Error())
		}
		require.Equal(t, before, snapshot(t, e))
	}
}

// Values are not kept, so one that decides something must say what is recorded.
func TestValuesThatDecide(t *testing.T) {
	e := newEntity(t, "GB", compliance.Company)
	for _, value := range []string{"individual", "COMPANY", "x"} {
		refused(t, provide(t, e, compliance.Details{Fields: map[string]string{"business_type": value}}), "invalid_business_type", "business_type")
	}
	require.NoError(t, provide(t, e, compliance.Details{Fields: map[string]string{"business_type": "company"}}))
	for _, path := range []string{"company.owners_provided", "company.directors_provided", "company.executives_provided"} {
		for _, value := range []string{"false", "True", "1", "yes", "no"} {
			err := provide(t, e, compliance.Details{Fields: map[string]string{path: value}})
			refused(t, err, "invalid_"+strings.ReplaceAll(path, ".", "_"), path)
		}
		require.Contains(t, fields(e.Missing()), path)
		require.NoError(t, provide(t, e, compliance.Details{Fields: map[string]string{path: "true"}}))
		require.NotContains(t, fields(e.Missing()), path)
	}
}

// What is stored says that a field was provided and when, never what it was:
// promise 68.
func TestEntitiesAreStoredWithoutValues(t *testing.T) {
	s := ledger.NewMemory()
	var id string
	require.NoError(t, unit(s, func(u *ledger.Unit) error {
		e, err := compliance.New(u, "plat_1", "US", compliance.Company)
		require.NoError(t, err)
		id = e.ID
		require.NoError(t, e.Provide(u, compliance.Details{
			Fields:  map[string]string{"company.tax_id": "canary-1"},
			Persons: []compliance.PersonDetails{{Roles: []compliance.Role{compliance.Owner}, Fields: map[string]string{"last_name": "canary-2"}}},
		}))
		return compliance.Kind.Put(u, id, e)
	}))
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Find(ledger.Query{Kind: compliance.Kind.Name, Name: "platform", Value: "plat_1"})
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.NotContains(t, string(list[0].Data), "canary")
		e, err := compliance.Kind.Decode(list[0])
		require.NoError(t, err)
		require.Equal(t, noon, e.Provided["company.tax_id"])
		require.Equal(t, noon, e.Persons[0].Provided["last_name"])
		return nil
	}))
}
