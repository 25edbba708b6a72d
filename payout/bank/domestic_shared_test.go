package bank

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// sharedModulus reads the table of Pay.UK.
func sharedModulus(t *testing.T) *ModulusTable {
	t.Helper()
	f := shareddata.Open(t, "bank-ids/uk-valacdos-v8-50.txt")
	defer f.Close()
	g := shareddata.Open(t, "bank-ids/uk-scsubtab.txt")
	defer g.Close()
	m, err := ReadModulusTable(f, g)
	require.NoError(t, err)
	require.Len(t, m.rows, 1151)
	require.Len(t, m.subs, 21)
	return m
}

func TestUKCases(t *testing.T) {
	m := sharedModulus(t)
	v := otherwise(nil)
	for _, c := range sharedTable(t, "uk-modulus-vocalink-cases.csv", 38) {
		sort, number, err := ParseUKAccount(c["sort_code"], c["account"])
		if err == nil {
			err = m.Check(sort, number)
		}
		v.judge(t, c["sort_code"]+" "+c["account"], c["expect"] == "valid", err, c["account"])
	}
	v.done(t)
}

// Each sort code finds the rows that a search through all of them does.
func TestUKRowsAreFound(t *testing.T) {
	m := sharedModulus(t)
	for _, near := range m.rows {
		for _, sort := range []string{near.from, near.to, before(near.from), after(near.to)} {
			var want []modulusRow
			for _, r := range m.rows {
				if r.from <= sort && sort <= r.to {
					want = append(want, r)
				}
			}
			require.LessOrEqual(t, len(want), 2, sort)
			require.ElementsMatch(t, want, m.of(sort), sort)
		}
	}
}

func after(six string) string {
	b := []byte(six)
	for i := 5; i >= 0; i-- {
		if b[i]++; b[i] <= '9' {
			return string(b)
		}
		b[i] = '0'
	}
	return string(b)
}

func before(six string) string {
	b := []byte(six)
	for i := 5; i >= 0; i-- {
		if b[i]--; b[i] >= '0' {
			return string(b)
		}
		b[i] = '9'
	}
	return string(b)
}

// Every routing number of the directory passes, and none with a digit changed or
// two neighbours swapped, but where these are alike to the check.
func TestDirectoryOfRoutingNumbers(t *testing.T) {
	classes := make(map[RoutingClass]int)
	for _, line := range sharedLines(t, "us-FedACHdir-2019-01.txt.gz", 18_198) {
		n, err := ParseRoutingNumber(line[:9])
		require.NoError(t, err, line[:9])
		require.True(t, n.ACH(), line[:9])
		classes[n.Class]++
	}
	// The one of the electronic class is of the Social Security Administration.
	require.Equal(t, map[RoutingClass]int{RoutingFed: 10_579, RoutingThrift: 7_618, RoutingElectronic: 1}, classes)

	var file struct {
		Outer struct {
			List []struct{ RoutingNumber string } `json:"fedACHParticipants"`
		} `json:"fedACHParticipants"`
	}
	require.NoError(t, json.Unmarshal(shareddata.Read(t, "bank-ids/us-fedachdir.json"), &file))
	require.NotEmpty(t, file.Outer.List)
	for _, p := range file.Outer.List {
		_, err := ParseRoutingNumber(p.RoutingNumber)
		require.NoError(t, err, p.RoutingNumber)
	}
}

// Both forms of a Canadian number name the same branch, but in rows whose source
// was wrong.
func TestCanadianBranches(t *testing.T) {
	wrong := 0
	for _, c := range sharedTable(t, "ca-transit-numbers-bmo-cibc-td.csv.gz", 6287) {
		institution, transit, err := ParseCanadianRouting(c["transit_institution"])
		require.NoError(t, err, c)
		e, x, err := ParseCanadianRouting(c["eft_routing_number"])
		require.NoError(t, err, c)
		if e != institution || x != transit {
			wrong++
			continue
		}
		require.Equal(t, c["eft_routing_number"], CanadianRouting(institution, transit))
	}
	require.Equal(t, 76, wrong)
	for _, c := range sharedTable(t, "ca-institution-numbers.csv", 115) {
		institution, transit, err := ParseCanadianRouting("0" + c["number"] + "00001")
		require.NoError(t, err, c)
		require.Equal(t, []string{c["number"], "00001"}, []string{institution, transit})
	}
}

func TestAustralianPrefixes(t *testing.T) {
	prefixes := make(map[string]string)
	list := sharedTable(t, "au-bsb-prefixes.csv", 120)
	for _, c := range list {
		prefixes[c["bsb_prefix"]] = c["institution"]
	}
	for _, c := range list {
		bsb, err := ParseBSB((c["bsb_prefix"] + "9999")[:6])
		require.NoError(t, err, c)
		name, ok := BSBBank(bsb, prefixes)
		require.True(t, ok)
		require.Equal(t, c["institution"], name)
	}
	_, ok := BSBBank("999999", prefixes)
	require.False(t, ok)
}

// Of each bank and branch there are numbers that pass, and with one digit more or
// less they do not, where there is a method.
func TestNewZealandBranches(t *testing.T) {
	bank, branches := "", 0
	for _, line := range sharedLines(t, "nz-bank-branch-stdnum.dat", 2000) {
		if !strings.HasPrefix(line, " ") {
			bank = line[:2]
			continue
		}
		list, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		for part := range strings.SplitSeq(list, ",") {
			branch, _, _ := strings.Cut(part, "-")
			pass := 0
			for d := range 10 {
				if _, err := ParseNZAccount(bank + "-" + branch + "-009512" + string(rune('0'+d)) + "-000"); err == nil {
					pass++
				}
			}
			switch bank {
			case "31", "04", "05", "10", "88":
				require.Equal(t, 10, pass, "%s %s", bank, branch)
			default:
				require.LessOrEqual(t, pass, 1, "%s %s", bank, branch)
			}
			branches++
		}
	}
	require.Greater(t, branches, 2000)
}

// The rules of a marketplace's form for 70 countries. Field by field, the others
// filled in with what is right.
func TestFormatsOfAMarketplace(t *testing.T) {
	form := "that form counts characters alone"
	v := otherwise(map[string]string{
		"BW bank_code=AAAAOMOM":                    "of Oman",
		"BW bank_code=AAAAOMOMX":                   "a BIC has 8 or 11 characters",
		"BW bank_code=AAAAOMOMXX":                  "a BIC has 8 or 11 characters",
		"BW bank_code=AAAAOMOMXXX":                 "of Oman",
		"CH account_number=CH1234567890123456789":  form,
		"GB sort_code=123456":                      "that form wants hyphens",
		"JP account_number=12345678":               "Zengin files have seven digits",
		"KR bank_code=BANKKR001":                   "a BIC has 8 or 11 characters",
		"MA account_number=MA62370400440532013001": form,
		"MK account_number=0007250120000058984":    form,
		"MK account_number=ABC7250120000058984":    form,
		"MK account_number=ABCDEFGHIJKLMNOPQRS":    form,
		"NZ account_number=112345678901234":        "its check digit does not fit",
		"NZ account_number=1123456789012345":       "its check digit does not fit",
		"PH bank_code=BCDEFGHI":                    "no country is FG",
		"PH bank_code=BCDEFGHI1":                   "a BIC has 8 or 11 characters",
		"PH bank_code=BCDEFGHI12":                  "a BIC has 8 or 11 characters",
		"PH bank_code=BCDEFGHI123":                 "no country is FG",
		"SN account_number=SN62370400440532013001": form,
	})
	for _, c := range sharedTable(t, "payout-account-formats-by-country.csv", 338) {
		country := c["iso2"]
		if country == "" {
			country = "GB"
		}
		fields := sampleFields(country)
		for f := range strings.SplitSeq(c["fields"], ";") {
			name, text, _ := strings.Cut(f, "=")
			fields[ourName(country, name)] = strings.TrimPrefix(text, "<nil>")
		}
		_, err := ParseAccount(country, ledger.USD, fields)
		v.judge(t, country+" "+c["fields"], c["expect"] == "valid", err, c["fields"])
	}
	v.done(t)
}

// ourName translates the name of a field.
func ourName(country, name string) string {
	way := Formats(country)[0]
	switch {
	case name == "bsb_number":
		return "bsb"
	case name == "bank_number":
		return "bank_code"
	case name == "bank_code" && !has(way, "bank_code"):
		return "bic"
	case name == "account_number" && has(way, "iban"):
		return "iban"
	case name == "account_number" && has(way, "clabe"):
		return "clabe"
	}
	return name
}

// Accounts of all its 99 countries can be named, and its examples of routing
// numbers are of the fields that souk has there.
func TestCountriesOfAMarketplace(t *testing.T) {
	made := map[string]string{
		"PH": "no country is FG", "RS": "of Sweden", "DE": "", // made up, and wrong
	}
	for _, c := range sharedTable(t, "payout-account-countries.csv", 99) {
		country := c["iso2"]
		if country == "" {
			country = "GB"
		}
		require.NotEmpty(t, Formats(country), country)
		fields, example := sampleFields(country), c["routing_number_example"]
		bank, branch := example, ""
		if cut := strings.IndexByte(example, '-'); cut > 0 && country != "GB" && country != "CA" {
			bank, branch = example[:cut], example[cut+1:]
		}
		switch country {
		case "JP":
			bank, branch = example[:4], example[4:]
		case "TT":
			bank, branch = example[:3], example[3:]
		case "CA":
			delete(fields, "institution_number")
			delete(fields, "transit_number")
			fields["routing_number"] = example
			bank = ""
		}
		way := Formats(country)[0]
		for _, name := range []string{"bic", "bank_code", "sort_code", "bsb", "ifsc"} {
			if has(way, name) && bank != "" {
				fields[name] = bank
				break
			}
		}
		if branch != "" {
			fields["branch_code"] = branch
		}
		if country == "AZ" {
			delete(fields, "bic")
			fields["bank_code"] = bank
		}
		_, err := ParseAccount(country, ledger.USD, fields)
		require.Equal(t, made[country] == "", err == nil, "%s %s: %v", country, example, err)
	}
}
