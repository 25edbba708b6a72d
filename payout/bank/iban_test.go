package bank

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The example of the registry (SWIFT, IBAN registry) for each country that has
// check digits of its own, and some others.
var registryExamples = []string{
	"AL47212110090000000235698741", "BA391290079401028494", "BE68539007547034", "BR1800360305000010009795493C1", "CH9300762011623852957",
	"CZ6508000000192000145399", "DE89370400440532013000", "EE382200221020145685", "ES9121000418450200051332", "FI2112345600000785",
	"FR1420041010050500013M02606", "GB29NWBK60161331926819", "HR1210010051863000160", "HU42117730161111101800000000", "IE29AIBK93115212345678",
	"IT60X0542811101000000123456", "MC5811222000010123456789030", "ME25505000012345678951", "MK07250120000058984", "MR1300020001010000123456753",
	"MT84MALT011000012345MTLCAST001S", "NL91ABNA0417164300", "NO9386011117947", "PL61109010140000071219812874", "PT50000201231234567890154",
	"RS35260005601001611379", "SC18SSCB11010000000000001497USD", "SE4550000000058398257466", "SI56263300012039086", "SK3112000000198742637541",
	"SM86U0322509800000000270100", "TL380080012345678910157", "TN5910006035183598478831", "TR330006100519786457841326", "VA59001123000012345678", "XK051212012345678906",
}

func TestParseIBAN(t *testing.T) {
	for _, text := range registryExamples {
		i, err := ParseIBAN(text)
		require.NoError(t, err, text)
		require.Equal(t, text, i.Text)
		require.True(t, i.Registered)
		for _, as := range []string{strings.ToLower(text), i.Groups(), "  " + i.Groups() + " "} {
			again, err := ParseIBAN(as)
			require.NoError(t, err)
			require.Equal(t, i, again)
		}
	}
	i, err := ParseIBAN("fr14 2004 1010 0505 0001 3m02 606")
	require.NoError(t, err)
	require.Equal(t, IBAN{
		Text: "FR1420041010050500013M02606", Country: "FR", Bank: "20041", Branch: "01005", Account: "0500013M026", Check: "06", Registered: true,
	}, i)
	i, err = ParseIBAN("ES9121000418450200051332")
	require.NoError(t, err)
	require.Equal(t, []string{"2100", "0418", "0200051332", "45"}, []string{i.Bank, i.Branch, i.Account, i.Check})
	i, err = ParseIBAN("MA64011519000001205000534921")
	require.NoError(t, err)
	require.False(t, i.Registered)
}

// Promise 68 for what is typed wrong.
func TestNoIBAN(t *testing.T) {
	for text, says := range map[string]string{
		"":                                 "does not begin",
		"DE":                               "does not begin",
		"1E89370400440532013000":           "does not begin",
		"DE89370400440532031000":           "check digits do not fit", // two swapped
		"DE5137040044053201300":            "22 characters",
		"DE893704004405320130001":          "22 characters",
		"ZZ22370400440532013000":           "no IBANs of such a country",
		"US22370400440532013000":           "no IBANs of such a country",
		"RE1420041010050500013M02606":      "begin with FR",
		"JE29NWBK60161331926819":           "begin with GB",
		"DE0537040044053201300A":           "letters where",
		"DE00370400440532013000":           "check digits do not fit",
		"DE01370400440532013032":           "check digits do not fit", // leaves 1, but nobody issues 01
		"DE99370400440532013000":           "check digits do not fit",
		"DEAA370400440532013000":           "letters where",
		"DE89-3704-0044-0532-0130-00":      "characters other than",
		"DE89.3704.0044.0532.0130.00":      "characters other than",
		"DE89\u00a0370400440532013000":     "characters other than",
		"\uff24\uff2589370400440532013000": "does not begin",
		"DE89370400440532013000\n":         "characters other than",
		"\u200eDE89370400440532013000":     "does not begin",
		"DE8937040044053201300\u0660":      "characters other than",
		"DE89370400440532013000\x00":       "characters other than",
		"IBAN DE89370400440532013000":      "no IBANs of such a country",
		"=DE89370400440532013000":          "does not begin",
		"DE89 3704 0044 0532 0130 0k":      "letters where",
		"DE89 3704 0044 0532 0130 0\u212a": "characters other than", // which lower-cases to k
		strings.Repeat("9", 100_000):       "too long",
		strings.Repeat(" ", 65):            "too long",
	} {
		i, err := ParseIBAN(text)
		e := requireDiscreet(t, err, text, strings.ReplaceAll(text, " ", ""))
		require.Equal(t, []string{"invalid_iban", "iban"}, []string{e.Code, e.Field}, "%q", text)
		require.Contains(t, e.Msg, says, "%q", text)
		require.Zero(t, i)
	}
}

// renumber puts the right check digits in front of a changed number.
func renumber(text string) string {
	check := 98 - rest97(rest97(0, text[4:]), text[:2]+"00")
	return fmt.Sprintf("%s%02d%s", text[:2], check, text[4:])
}

// What was there before IBANs finds a wrong digit too: with new check digits in
// front, a number with one digit changed is refused for those within it.
func TestNationalCheckDigits(t *testing.T) {
	weak := map[string]bool{
		"ES": true,                                                                         // 10 and 1 are both written 1
		"HR": true, "CZ": true, "SK": true, "HU": true, "PL": true, "AL": true, "EE": true, // parts, tested below
	}
	tested := 0
	for _, text := range registryExamples {
		i, err := ParseIBAN(text)
		require.NoError(t, err)
		if ibanChecks[i.Country] == nil {
			continue
		}
		tested++
		caught, all := 0, 0
		for at := 4; at < len(text); at++ {
			for d := byte('0'); d <= '9'; d++ {
				if !isDigit(text[at]) || d == text[at] {
					continue
				}
				all++
				changed := renumber(text[:at] + string(d) + text[at+1:])
				_, err := ParseIBAN(changed)
				if err == nil {
					require.True(t, weak[i.Country], "%s passes for %s", changed, text)
					continue
				}
				require.ErrorContains(t, err, "national check digits")
				caught++
			}
		}
		require.NotZero(t, caught, text)
		if !weak[i.Country] {
			require.Equal(t, all, caught, text)
		}
	}
	require.Equal(t, len(ibanChecks), tested, "each method has an example")

	for text, changed := range map[string]string{ // one digit of each part that is checked
		"HR1210010051863000160":        "HR__11010051863000160 HR__10010051863001160",
		"CZ6508000000192000145399":     "CZ__08000000292000145399 CZ__08000000192000145398 CZ__08000010192000145399",
		"SK3112000000198742637541":     "SK__12000000198742637542 SK__12001000198742637541",
		"HU42117730161111101800000000": "HU__117730171111101800000000 HU__117730161111101900000000",
		"PL61109010140000071219812874": "PL__109010150000071219812874",
		"AL47212110090000000235698741": "AL__212110190000000235698741",
		"EE382200221020145685":         "EE__2200221020145675",
		"ES9121000418450200051332":     "ES__21000419450200051332 ES__21000418450200051333",
	} {
		_, err := ParseIBAN(text)
		require.NoError(t, err)
		for c := range strings.FieldsSeq(changed) {
			_, err := ParseIBAN(renumber(c))
			require.ErrorContains(t, err, "national check digits", c)
		}
	}
	// Norwegian numbers with 00 after the bank code are checked over five digits.
	_, err := ParseIBAN(renumber("NO__97100012341"))
	require.Error(t, err)
	i, err := ComposeIBAN("NO", IBANParts{Bank: "9710", Account: "001234"})
	require.NoError(t, err)
	require.True(t, checkNO(i.Text[4:]))
}

// The clé RIB by its other formula, with weights for bank, branch and account, and
// each letter's digit.
func TestLettersInRIBs(t *testing.T) {
	for n, d := range "12345678912345678923456789" {
		account := string(rune('A'+n)) + "1234567890"
		number, err := strconv.Atoi(string(d) + account[1:])
		require.NoError(t, err)
		i, err := ComposeIBAN("FR", IBANParts{"20041", "01005", account})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%02d", 97-(89*20041+15*1005+3*number)%97), i.Check, account)
	}
}

// genIBAN makes any IBAN of any country.
func genIBAN(t *rapid.T) (IBAN, IBANParts) {
	country := rapid.SampledFrom(append(IBANCountries(true), IBANCountries(false)...)).Draw(t, "country")
	shape := ibanShapes[country]
	for {
		var parts IBANParts
		for _, p := range shape.pieces {
			chars := map[byte]string{'n': "0123456789", 'a': "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 'c': "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}[p.class]
			text := ""
			for range p.to - p.from {
				text += string(chars[rapid.IntRange(0, len(chars)-1).Draw(t, "c")])
			}
			switch p.part {
			case 'b':
				parts.Bank += text
			case 's':
				parts.Branch += text
			case 'c':
				parts.Account += text
			}
		}
		if parts.Bank == "" {
			parts.Bank = "0"
		}
		i, err := ComposeIBAN(country, parts)
		if err == nil {
			return i, parts
		}
		require.ErrorContains(t, err, "no national check digits", country) // draw again
	}
}

// What is composed of parts is read back as these parts, and what is read can be
// composed of its parts.
func TestComposeAndParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, parts := genIBAN(t)
		require.Equal(t, parts, IBANParts{i.Bank, i.Branch, i.Account})
		again, err := ParseIBAN(i.Text)
		require.NoError(t, err)
		require.Equal(t, i, again)
	})
	for _, text := range registryExamples {
		i, err := ParseIBAN(text)
		require.NoError(t, err)
		again, err := ComposeIBAN(i.Country, IBANParts{i.Bank, i.Branch, i.Account})
		require.NoError(t, err, text)
		require.Equal(t, i, again)
	}
}

// MOD 97 finds each digit that is changed for another and each letter, and each two
// neighbours of a kind that are swapped. A letter counts for two digits, so that B1
// and 1B are alike to it; and the check digits are counted last, so that one of
// them and what follows are no neighbours.
func TestWrongCharactersAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, _ := genIBAN(t)
		text := []byte(i.Text)
		at := rapid.IntRange(2, len(text)-2).Draw(t, "at")
		if rapid.Bool().Draw(t, "swap") {
			if at == 3 || isDigit(text[at]) != isDigit(text[at+1]) {
				return
			}
			text[at], text[at+1] = text[at+1], text[at]
		} else {
			kind := "0123456789"
			if !isDigit(text[at]) {
				kind = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			}
			text[at] = rapid.SampledFrom([]byte(kind)).Draw(t, "c")
		}
		_, err := ParseIBAN(string(text))
		require.Equal(t, string(text) == i.Text, err == nil, "%s for %s", text, i.Text)
	})
}

func TestComposeIBANRefuses(t *testing.T) {
	for _, c := range []struct {
		country string
		parts   IBANParts
		field   string
	}{
		{"US", IBANParts{"1", "", "1"}, "country"},
		{"DE", IBANParts{"", "", "532013000"}, "bank_code"},
		{"DE", IBANParts{"370400440", "", "532013000"}, "bank_code"},
		{"DE", IBANParts{"37040044", "1", "532013000"}, "branch_code"},
		{"DE", IBANParts{"37040044", "", ""}, "account_number"},
		{"DE", IBANParts{"37040044", "", "53201300O"}, "account_number"},
		{"FR", IBANParts{"20041", "", "0500013M026"}, "branch_code"},
		{"GB", IBANParts{"NWB", "601613", "31926819"}, "bank_code"},
		{"NO", IBANParts{"8601", "", "101000"}, "account_number"}, // its digit would be ten
	} {
		i, err := ComposeIBAN(c.country, c.parts)
		e := requireDiscreet(t, err, c.parts.Account)
		require.Equal(t, c.field, e.Field, c)
		require.Zero(t, i)
	}
	i, err := ComposeIBAN("re", IBANParts{"20041", "1005", "0500013m026"})
	require.NoError(t, err)
	require.Equal(t, "FR1420041010050500013M02606", i.Text)
}

// Edge case 109: accounts of overseas departments have IBANs of France.
func TestTerritories(t *testing.T) {
	for country, text := range map[string]string{
		"RE": "FR1420041010050500013M02606", "GP": "FR1420041010050500013M02606", "JE": "GB29NWBK60161331926819", "AX": "FI2112345600000785", "FR": "FR1420041010050500013M02606",
	} {
		i, err := ParseIBAN(text)
		require.NoError(t, err)
		require.True(t, i.Serves(country))
		require.False(t, i.Serves("DE"))
	}
	require.False(t, IBAN{}.Serves(""))
}

// Nothing that prints an IBAN prints it whole (promise 68).
func TestIBANIsMasked(t *testing.T) {
	i, err := ParseIBAN("DE89370400440532013000")
	require.NoError(t, err)
	require.Equal(t, "3000", i.Last4())
	requireMasked(t, i, "DE****3000", "0532013000", "37040044")
}

func requireMasked(t *testing.T, value any, masked string, secrets ...string) {
	t.Helper()
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("seen", "value", value)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("seen", "value", value)
	encoded, err := json.Marshal(map[string]any{"value": value})
	require.NoError(t, err)
	out := []string{logged.String(), string(encoded), fmt.Sprint(value), fmt.Sprint([]any{value}), fmt.Sprintf("%s", struct{ V any }{value})}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10s", "%T: %[1]v"} {
		out = append(out, fmt.Sprintf(verb, value))
	}
	out = append(out, value.(fmt.Stringer).String())
	for _, text := range out {
		require.Contains(t, text, masked)
		for _, secret := range secrets {
			require.NotContains(t, text, secret)
		}
	}
}

// Each line of the tables is read as it stands.
func TestIBANTables(t *testing.T) {
	for text, registered := range map[string]bool{ibanRegistry: true, ibanAnnounced: false} {
		for line := range strings.Lines(strings.TrimSpace(text)) {
			w := strings.Fields(line)
			shape := ibanShapes[w[0]]
			require.True(t, isCountry(w[0]) && shape != nil, line)
			require.Equal(t, registered, shape.registered, line)
			again := []string{w[0]}
			for _, p := range shape.pieces {
				require.Contains(t, "bsck", string(p.part), line)
				require.Contains(t, "nac", string(p.class), line)
				again = append(again, fmt.Sprintf("%c%d%c", p.part, p.to-p.from, p.class))
			}
			require.Equal(t, w, again)
			require.LessOrEqual(t, 4+shape.length, ibanMost)
			require.Equal(t, strings.Contains(line, " k") || strings.Contains("CZ SK HR PL", w[0]), shape.check != nil, line)
		}
	}
}

func BenchmarkParseIBAN(b *testing.B) {
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if _, err := ParseIBAN(registryExamples[n%len(registryExamples)]); err != nil {
			b.Fatal(err)
		}
	}
}
