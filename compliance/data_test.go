package compliance

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is built in is in order, names nothing twice and keeps to the grammar of
// paths.
func TestRequirementsData(t *testing.T) {
	grammar := regexp.MustCompile(`^(business_type|external_account|(business_profile|tos_acceptance|company|individual|representative|owners|directors|executives)(\.[a-z][a-z0-9_]*){1,2})$`)
	list, err := readCountries(requirementsJSON)
	require.NoError(t, err)
	require.Len(t, list, 18)
	for code, c := range list {
		require.True(t, c.currency.Valid(), code)
		for _, paths := range [][]string{c.individual, c.company} {
			require.NotEmpty(t, paths, code)
			require.True(t, slices.IsSorted(paths), code)
			require.Len(t, slices.Compact(slices.Clone(paths)), len(paths), code)
			for _, p := range paths {
				require.Regexp(t, grammar, p, code)
			}
			require.Contains(t, paths, "business_type")
			require.Contains(t, paths, "external_account")
		}
		// Persons of a role can be attested to be all where the role is asked
		// for, except representatives, of whom there is one.
		for _, r := range roles {
			asked := slices.ContainsFunc(c.company, func(p string) bool { return strings.HasPrefix(p, r.prefix) })
			if r.attested == "" {
				require.True(t, asked, code)
				continue
			}
			require.Equal(t, asked, slices.Contains(c.company, r.attested), "%s %s", code, r.role)
			require.True(t, strings.HasSuffix(r.attested, attestation))
		}
	}
	require.NotEmpty(t, isoCountries)
	require.True(t, slices.IsSorted(isoCountries[:]))
	for code := range list {
		require.Contains(t, isoCountries, code)
	}
}

// The file says where it is from.
func TestRequirementsHaveASource(t *testing.T) {
	var file struct{ Source string }
	require.NoError(t, json.Unmarshal(requirementsJSON, &file))
	require.NotEmpty(t, file.Source)
}

func TestReadCountriesRefuses(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{"groups":{}}`, `{"groups":[{"countries":{"US":"usd"}}]}`, `{"groups":[{"countries":{"US":"XXX"}}]}`,
		`{"groups":[{"countries":{"US":"USD"}},{"countries":{"US":"USD"}}]}`, `{"groups":[{"countries":{"US":"USD"},"individual":"all"}]}`,
	} {
		_, err := readCountries([]byte(text))
		require.Error(t, err, text)
		require.Panics(t, func() { mustReadCountries([]byte(text)) }, text)
	}
}
