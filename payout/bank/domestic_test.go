package bank

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseRoutingNumber(t *testing.T) {
	for text, want := range map[string]struct {
		class RoutingClass
		ach   bool
	}{
		"021000021": {RoutingFed, true}, "110000000": {RoutingFed, true}, "322271627": {RoutingThrift, true}, "655060042": {RoutingElectronic, true},
		"000000518": {RoutingGovernment, false}, "800000002": {"", false}, "800000000": {"", false}, "800000019": {RoutingTravelers, false},
	} {
		n, err := ParseRoutingNumber(text)
		if want.class == "" {
			requireDiscreet(t, err)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, RoutingNumber{text, want.class}, n)
		require.Equal(t, want.ach, n.ACH())
		require.Equal(t, text, n.String())
	}
	for _, text := range []string{"", "021000022", "02100002", "0210000210", "02100002A", "021-000-021", " 021000021", "０２１０００021", "131000006", "400000008", "990000000"} {
		n, err := ParseRoutingNumber(text)
		e := requireDiscreet(t, err, text)
		require.Equal(t, []string{"invalid_routing_number", "routing_number"}, []string{e.Code, e.Field}, text)
		require.Zero(t, n)
	}
}

// The check digit finds each wrong digit, and neighbours that are swapped unless
// they differ by five.
func TestWrongRoutingNumbersAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.StringMatching(`(0[1-9]|1[0-2]|2[1-9]|3[0-2])[0-9]{6}0`).Draw(t, "number"))
		text[8] += byte((10 - weighted(string(text), 3, 7, 1)%10) % 10)
		_, err := ParseRoutingNumber(string(text))
		require.NoError(t, err)
		at := rapid.IntRange(0, 7).Draw(t, "at")
		wrong := append([]byte(nil), text...)
		if rapid.Bool().Draw(t, "swap") {
			if d := int(text[at]) - int(text[at+1]); d%5 == 0 {
				return
			}
			wrong[at], wrong[at+1] = text[at+1], text[at]
		} else {
			wrong[at] = '0' + (text[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		}
		_, err = ParseRoutingNumber(string(wrong))
		require.Error(t, err, "%s for %s", wrong, text)
	})
}

func TestSortCodesAndBSBs(t *testing.T) {
	for _, text := range []string{"108800", "10-88-00", "10 88 00"} {
		s, err := ParseSortCode(text)
		require.NoError(t, err, text)
		require.Equal(t, "108800", s)
	}
	for _, text := range []string{"", "10880", "1088000", "10-880-0", "108-800", "10--8800", "10-88-0a", "-108800-", "10.88.00", "10 8 8 00"} {
		_, err := ParseSortCode(text)
		e := requireDiscreet(t, err, text)
		require.Equal(t, []string{"invalid_sort_code", "sort_code"}, []string{e.Code, e.Field}, text)
	}
	for _, text := range []string{"062111", "062-111", "062 111"} {
		s, err := ParseBSB(text)
		require.NoError(t, err, text)
		require.Equal(t, "062111", s)
	}
	for _, text := range []string{"", "06211", "0621111", "06-21-11", "06211a", "0621-11"} {
		_, err := ParseBSB(text)
		e := requireDiscreet(t, err, text)
		require.Equal(t, []string{"invalid_bsb", "bsb"}, []string{e.Code, e.Field}, text)
	}
	name, ok := BSBBank("062111", map[string]string{"06": "a", "062": "b"})
	require.True(t, ok)
	require.Equal(t, "b", name)
}

func TestParseUKAccount(t *testing.T) {
	for _, c := range []struct{ sort, number, wantSort, want string }{
		{"10-88-00", "00012345", "108800", "00012345"},
		{"200000", "1234567", "200000", "01234567"},
		{"200000", "123456", "200000", "00123456"},
		{"089000", "1234567800", "089000", "12345678"},
		{"600000", "0012345678", "600000", "12345678"},
		{"090120", "712345678", "090127", "12345678"},
		{"200000", "12345", "", ""}, {"200000", "123456789", "", ""}, {"200000", "1234567890", "", ""}, {"200000", "1234567x", "", ""}, {"200000", "12345678901", "", ""},
	} {
		sort, number, err := ParseUKAccount(c.sort, c.number)
		require.Equal(t, []string{c.wantSort, c.want}, []string{sort, number}, c)
		if c.want == "" {
			e := requireDiscreet(t, err, c.number)
			require.Equal(t, []string{"invalid_account_number", "account_number"}, []string{e.Code, e.Field}, c)
		} else {
			require.NoError(t, err, c)
		}
	}
	_, _, err := ParseUKAccount("20000", "12345678")
	require.Equal(t, "sort_code", requireDiscreet(t, err).Field)
}

// A table made up here, one row for each way to check.
const ownTable = `
100000 100009 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1
100010 100019 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1
100020 100029 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1
100030 100039 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1
100030 100039 DBLAL 0 0 0 0 0 0 2 1 2 1 2 1 2 1 3
100040 100049 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1 14
100050 100059 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1 6
`

func TestModulusTable(t *testing.T) {
	m, err := ReadModulusTable(strings.NewReader(ownTable), nil)
	require.NoError(t, err)
	for _, c := range []struct {
		sort, number string
		fits         bool
	}{
		{"100000", "11111111", true}, {"100000", "11111112", false}, // 30
		{"100015", "10000003", true}, {"100015", "10000004", false}, // 8 + 3
		{"100029", "10000003", true}, {"100029", "10000004", false}, // sort code 2+4+9, account 2+3
		{"100030", "10000003", false}, {"100030", "10600011", false}, {"100030", "10600009", false},
		{"100040", "10000003", true}, {"100040", "10000030", false}, {"100040", "00000000", true},
		{"100055", "40000011", true}, {"100055", "40000012", false}, {"100055", "30000011", false},
		{"999999", "12345678", true}, {"099999", "12345678", true},
	} {
		require.Equal(t, c.fits, m.Check(c.sort, c.number) == nil, c)
		require.NoError(t, (*ModulusTable)(nil).Check(c.sort, c.number))
	}
	for _, c := range [][2]string{{"10000", "12345678"}, {"100000", "1234567"}, {"100000", "1234567x"}} {
		requireDiscreet(t, m.Check(c[0], c[1]), c[1])
	}
	for _, text := range []string{
		"", "100000 100009 MOD10 1 2 3", "100009 100000 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1", "100000 100009 MOD12 0 0 0 0 0 0 7 1 3 7 1 3 7 1",
		"100000 100009 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1 15", "100000 100009 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 x", "10000 100009 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1",
		"200000 200009 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1\n100000 100009 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1", strings.Repeat("9", 100_000),
	} {
		_, err := ReadModulusTable(strings.NewReader(text), nil)
		require.Equal(t, "valacdos", requireDiscreet(t, err).Field, text)
	}
	for _, text := range []string{"938173", "938173 93801", "938173 938017 1", "x38173 938017"} {
		_, err := ReadModulusTable(strings.NewReader(ownTable), strings.NewReader(text))
		require.Equal(t, "scsubtab", requireDiscreet(t, err).Field, text)
	}
	broken := errors.New("broken")
	_, err = ReadModulusTable(iotest.ErrReader(broken), nil)
	require.ErrorIs(t, err, broken)
}

func TestParseCanadianRouting(t *testing.T) {
	for _, text := range []string{"000125039", "25039-001", "25039 001", "25039001"} {
		institution, transit, err := ParseCanadianRouting(text)
		require.NoError(t, err, text)
		require.Equal(t, []string{"001", "25039"}, []string{institution, transit}, text)
	}
	require.Equal(t, "000125039", CanadianRouting("001", "25039"))
	for _, text := range []string{"", "100125039", "001-25039", "2503-9001", "2503900", "0001250390", "25039-00a", "25039--01"} {
		_, _, err := ParseCanadianRouting(text)
		e := requireDiscreet(t, err, text)
		require.Equal(t, []string{"invalid_routing_number", "routing_number"}, []string{e.Code, e.Field}, text)
	}
}

// The examples of Inland Revenue's specification, and numbers worked out by hand.
func TestParseNZAccount(t *testing.T) {
	for text, want := range map[string]NZAccount{
		"01-902-0068389-00":   {"01", "0902", "0068389", "000"},
		"08-6523-1954512-001": {"08", "6523", "1954512", "001"},
		"26-2600-0320871-032": {"26", "2600", "0320871", "032"},
		"0109020068389000":    {"01", "0902", "0068389", "000"},
		"010902006838900":     {"01", "0902", "0068389", "000"},
		"01 0902 0068389 000": {"01", "0902", "0068389", "000"},
		"1100000000000010":    {"11", "0000", "0000000", "010"}, // a test number of processors
		"31-2840-1234567-00":  {"31", "2840", "1234567", "000"}, // of a bank without a check digit
		"25-2500-1100002-00":  {"25", "2500", "1100002", "000"}, // 1 + 7 + 2
		"09-0000-0009999-008": {"09", "0000", "0009999", "008"}, // 4+5, 3+6, 2+7, 1+8, and 8
	} {
		n, err := ParseNZAccount(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n, text)
		requireMasked(t, n, want.Bank+"****"+want.Base[6:]+want.Suffix, want.Base)
	}
	for _, text := range []string{
		"", "01-902-0068388-00", "08-6523-1954513-001", "26-2600-0320871-033", "26-2600-0320870-032", "25-2500-1100003-00", "09-0000-0009999-007", "11000000000000", "NZ12345", "010902006838900a",
		"01-902-0068389", "01-902-0068389-00-", "01--902-0068389-00", "1-0902-0068389-000", "01-0902-068389-000", "01-09020068389-000", "01-0902-0068389-0000",
	} {
		n, err := ParseNZAccount(text)
		e := requireDiscreet(t, err, text)
		require.Equal(t, []string{"invalid_account_number", "account_number"}, []string{e.Code, e.Field}, text)
		require.Zero(t, n)
	}
	// One digit of the number, changed, is noticed. The first one says which method
	// it is at some banks.
	for _, text := range []string{"0109020068389000", "0865231954512001"} {
		for at := 7; at < 13; at++ {
			for d := byte('0'); d <= '9'; d++ {
				_, err := ParseNZAccount(text[:at] + string(d) + text[at+1:])
				require.Equal(t, d == text[at], err == nil, "%s: %d %c", text, at, d)
			}
		}
	}
}

func TestLatinAmericanNumbers(t *testing.T) {
	for _, text := range []string{"002010077777777771", "032180000118359719", "000000001234567897"} {
		got, err := ParseCLABE(text)
		require.NoError(t, err, text)
		require.Equal(t, text, got)
		requireDigitsMatter(t, text, func(s string) error { _, err := ParseCLABE(s); return err })
	}
	for _, text := range []string{"2850590940090418135201", "0000000000000000000000"} {
		got, err := ParseCBU(text)
		require.NoError(t, err, text)
		require.Equal(t, text, got)
		requireDigitsMatter(t, text, func(s string) error { _, err := ParseCBU(s); return err })
	}
	for _, text := range []string{"", "00201007777777777", "0020100777777777710", "00201007777777777x"} {
		_, err := ParseCLABE(text)
		require.Equal(t, "clabe", requireDiscreet(t, err, text).Field)
	}
	for _, text := range []string{"", "285059094009041813520", "28505909400904181352x1"} {
		_, err := ParseCBU(text)
		require.Equal(t, "cbu", requireDiscreet(t, err, text).Field)
	}
}

func requireDigitsMatter(t *testing.T, text string, parse func(string) error) {
	t.Helper()
	for at := range text {
		for d := byte('0'); d <= '9'; d++ {
			if d != text[at] {
				requireDiscreet(t, parse(text[:at]+string(d)+text[at+1:]), text)
			}
		}
	}
}
