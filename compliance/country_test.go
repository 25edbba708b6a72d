package compliance_test

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// refused asserts an error of class Invalid with a code and a field.
func refused(t require.TestingT, err error, code, field string) {
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, ledger.Invalid)
	require.Equal(t, []string{code, field}, []string{e.Code, e.Field}, "%v", err)
}

// What is no country, or none that is known.
func TestParseCountryIsStrict(t *testing.T) {
	for _, text := range []string{
		"", "USA", "UK", "ZZ", "SU", "U ", "УS", "🇺🇸", " US", "US ", "U", "U\x00", "ＵＳ", "U5", "u-", "@S", "[S", "`s", "{s",
		"EU", "XK", "AN", "YU", "840", "us\n", strings.Repeat("US", 1<<20), "\xff\xfe", "ſs", "ıt",
	} {
		_, err := compliance.ParseCountry(text)
		refused(t, err, "invalid_country", "country")
		require.Less(t, len(err.Error()), 200)
	}
	for _, text := range []string{"KP", "kp", "IR", "CU"} {
		_, err := compliance.ParseCountry(text)
		refused(t, err, "sanctioned_country", "country")
	}
	for _, text := range []string{"us", "US", "uS", "Us"} {
		code, err := compliance.ParseCountry(text)
		require.NoError(t, err)
		require.Equal(t, "US", code)
	}
}

// Every pair of letters is one of the 18, under embargo, another country, or
// none: as the official list has it.
func TestParseCountryAllPairs(t *testing.T) {
	f := shareddata.Open(t, "currency/iso_3166-1.json")
	defer f.Close()
	data, err := io.ReadAll(f)
	require.NoError(t, err)
	var file struct {
		List []struct {
			Alpha2 string `json:"alpha_2"`
		} `json:"3166-1"`
	}
	require.NoError(t, json.Unmarshal(data, &file))
	official := make(map[string]bool)
	for _, row := range file.List {
		official[row.Alpha2] = true
	}
	require.Len(t, official, 249)
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			text := string([]rune{a, b})
			code, err := compliance.ParseCountry(text)
			switch {
			case slices.Contains(compliance.Countries(), text):
				require.NoError(t, err)
				require.Equal(t, text, code)
			case slices.Contains([]string{"CU", "IR", "KP"}, text):
				refused(t, err, "sanctioned_country", "country")
			case official[text]:
				refused(t, err, "unsupported_country", "country")
			default:
				refused(t, err, "invalid_country", "country")
			}
		}
	}
}

// The 18 countries and their currencies.
func TestDefaultCurrency(t *testing.T) {
	want := map[string]ledger.Currency{
		"US": ledger.USD, "CA": ledger.CAD, "GB": ledger.GBP, "AU": ledger.AUD, "CH": ledger.CHF, "DK": ledger.DKK, "NO": ledger.NOK, "SE": ledger.SEK,
	}
	for _, code := range []string{"IE", "FR", "DE", "ES", "IT", "NL", "BE", "LU", "AT", "FI"} {
		want[code] = ledger.EUR
	}
	require.Len(t, want, 18)
	require.Len(t, compliance.Countries(), 18)
	require.True(t, slices.IsSorted(compliance.Countries()))
	for code, c := range want {
		got, ok := compliance.DefaultCurrency(code)
		require.True(t, ok, code)
		require.Equal(t, c, got, code)
	}
	for _, code := range []string{"", "us", "JP", "KP"} {
		_, ok := compliance.DefaultCurrency(code)
		require.False(t, ok, code)
	}
	compliance.Countries()[0] = "XX" // the list is the caller's own
	require.Equal(t, "AT", compliance.Countries()[0])
}

// due lists what a new entity of a country and type is asked for.
func due(t *testing.T, code string, kind compliance.EntityType) []string {
	return fields(newEntity(t, code, kind).Missing())
}

func fields(list []compliance.Requirement) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.Field)
	}
	return out
}

// What individuals are asked for, and where countries differ in it.
func TestIndividualRequirements(t *testing.T) {
	for _, code := range compliance.Countries() {
		got := due(t, code, compliance.Individual)
		for _, path := range []string{
			"external_account", "tos_acceptance.date", "tos_acceptance.ip", "individual.first_name", "individual.last_name",
			"individual.dob.day", "individual.dob.month", "individual.dob.year", "individual.address.line1", "individual.address.city",
		} {
			require.Contains(t, got, path, code)
		}
		for _, path := range []string{"business_profile.mcc", "business_profile.url", "individual.email", "individual.phone"} {
			require.Equal(t, code != "CA", slices.Contains(got, path), "%s %s", code, path)
		}
		state := slices.Contains([]string{"US", "CA", "AU", "IE"}, code)
		require.Equal(t, state, slices.Contains(got, "individual.address.state"), code)
		require.Equal(t, code != "IE", slices.Contains(got, "individual.address.postal_code"), code)
		require.Equal(t, code == "US", slices.Contains(got, "individual.ssn_last_4"), code)
		for _, path := range got {
			require.False(t, strings.HasPrefix(path, "company.") || strings.HasPrefix(path, "representative."), "%s %s", code, path)
		}
	}
}

// What companies are asked for, and where countries differ in it.
func TestCompanyRequirements(t *testing.T) {
	for _, code := range compliance.Countries() {
		got := due(t, code, compliance.Company)
		for _, path := range []string{
			"external_account", "tos_acceptance.date", "tos_acceptance.ip", "company.name", "company.tax_id", "company.address.line1",
			"company.address.city", "representative.first_name", "representative.last_name", "representative.dob.year",
		} {
			require.Contains(t, got, path, code)
		}
		for _, path := range []string{"business_profile.mcc", "business_profile.url", "company.phone", "company.owners_provided", "owners.first_name"} {
			require.Equal(t, code != "CA", slices.Contains(got, path), "%s %s", code, path)
		}
		more := code != "CA" && code != "US"
		for _, path := range []string{
			"company.directors_provided", "company.executives_provided", "directors.relationship.title", "executives.verification.document",
		} {
			require.Equal(t, more, slices.Contains(got, path), "%s %s", code, path)
		}
		require.Equal(t, code != "IE", slices.Contains(got, "company.address.postal_code"), code)
		require.Equal(t, code == "AU", slices.Contains(got, "company.registration_number"), code)
		require.Equal(t, got, due(t, code, compliance.NonProfit), code)
	}
}

// 14 countries ask for the same.
func TestEuropeAsksTheSame(t *testing.T) {
	for _, code := range []string{"FR", "DE", "ES", "IT", "NL", "BE", "LU", "AT", "CH", "DK", "FI", "NO", "SE"} {
		for _, kind := range []compliance.EntityType{compliance.Individual, compliance.Company} {
			require.Equal(t, due(t, "GB", kind), due(t, code, kind), code)
		}
	}
	require.NotEqual(t, due(t, "GB", compliance.Company), due(t, "IE", compliance.Company))
}
