package compliance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
)

// A value is one that its field can have, and is never repeated where it is not.
func TestForms(t *testing.T) {
	for path, c := range map[string]struct{ good, bad []string }{
		"individual.dob.day":             {[]string{"1", "31", "07"}, []string{"0", "32", "77", "-1", "+1", "1.0", "first", "٣"}},
		"individual.dob.month":           {[]string{"1", "12"}, []string{"0", "13", "May"}},
		"individual.dob.year":            {[]string{"1900", "2008"}, []string{"1899", "99", "10000", "next year"}},
		"individual.email":               {[]string{"a@b.co"}, []string{"nobody", "a@b", "a@b.co, c@d.co"}},
		"individual.ssn_last_4":          {[]string{"0000", "1234"}, []string{"123", "12345", "12a4", "123-45-6789"}},
		"business_profile.mcc":           {[]string{"5734"}, []string{"57", "shoes"}},
		"business_profile.url":           {[]string{"https://example.com/shop", "http://example.com"}, []string{"example.com", "javascript:alert(1)", "//example.com", "ftp://example.com"}},
		"tos_acceptance.ip":              {[]string{"192.0.2.1", "2001:db8::1"}, []string{"192.0.2.256", "fe80::1%eth0", "localhost"}},
		"tos_acceptance.date":            {[]string{"1700000000"}, []string{"0", "2023-11-14", "1e9", "99999999999999999999"}},
		"individual.first_name":          {[]string{"12", "day", "王小明"}, nil},
		"individual.address.line1":       {[]string{"1 Main St"}, nil},
		"individual.phone":               {[]string{"+1 555 0100"}, nil},
		"individual.address.postal_code": {[]string{"94107"}, nil},
	} {
		for _, value := range c.good {
			e := newEntity(t, "US", compliance.Individual)
			require.NoError(t, provide(t, e, compliance.Details{Fields: map[string]string{path: value}}), "%s %q", path, value)
		}
		for _, value := range c.bad {
			e := newEntity(t, "US", compliance.Individual)
			before := snapshot(t, e)
			err := provide(t, e, compliance.Details{Fields: map[string]string{path: value}})
			refused(t, err, "invalid_"+strings.ReplaceAll(path, ".", "_"), path)
			if len(value) > 2 {
				require.NotContains(t, fmt.Sprintf("%v %#v", err, err), value)
			}
			require.Equal(t, before, snapshot(t, e))
		}
	}
}

// The same forms hold for persons.
func TestFormsOfPersons(t *testing.T) {
	for field, c := range map[string]struct{ good, bad string }{
		"relationship.percent_ownership": {"33.3", "101"},
		"dob.day":                        {"3", "32"},
		"email":                          {"a@b.co", "nobody"},
	} {
		for value, ok := range map[string]bool{c.good: true, c.bad: false} {
			e := newEntity(t, "AU", compliance.Company)
			err := provide(t, e, compliance.Details{Persons: []compliance.PersonDetails{
				{Roles: []compliance.Role{compliance.Owner}, Fields: map[string]string{field: value}},
			}})
			if ok {
				require.NoError(t, err, "%s %s", field, value)
			} else {
				refused(t, err, "invalid_"+strings.ReplaceAll(field, ".", "_"), field)
			}
		}
	}
	for _, value := range []string{"true", "false", "yes"} {
		e := newEntity(t, "AU", compliance.Company)
		err := provide(t, e, compliance.Details{Persons: []compliance.PersonDetails{
			{Roles: []compliance.Role{compliance.Representative}, Fields: map[string]string{"relationship.executive": value}},
		}})
		require.Equal(t, value != "yes", err == nil)
	}
}
