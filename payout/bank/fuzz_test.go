package bank

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// Whatever the text, there is a value that says the same again, or a typed error
// that does not repeat it (promises 68 and 71).

func FuzzParseIBAN(f *testing.F) {
	for _, text := range registryExamples {
		f.Add(text)
	}
	for _, text := range []string{"", "DE", "DE89 3704 0044 0532 0130 00", "RE1420041010050500013M02606", "\uff24E89", "DE01370400440532013032"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		i, err := ParseIBAN(text)
		if err != nil {
			require.Zero(t, i)
			requireDiscreet(t, err, text)
			return
		}
		again, err := ParseIBAN(i.Groups())
		require.NoError(t, err)
		require.Equal(t, i, again)
		require.Equal(t, i.Text, upper(strings.ReplaceAll(text, " ", "")))
		if i.Country == "NO" && i.Text[8:10] == "00" {
			return // two methods, and a digit for each
		}
		composed, err := ComposeIBAN(i.Country, IBANParts{i.Bank, i.Branch, i.Account})
		require.NoError(t, err)
		require.Equal(t, i, composed)
	})
}

func FuzzComposeIBAN(f *testing.F) {
	f.Add("DE", "37040044", "", "532013000")
	f.Add("it", "05428", "11101", "123456")
	f.Add("HR", "1001005", "", "1863000160")
	f.Add("XX", "", "", "\xff")
	f.Fuzz(func(t *testing.T, country, bank, branch, account string) {
		i, err := ComposeIBAN(country, IBANParts{bank, branch, account})
		if err != nil {
			require.Zero(t, i)
			requireDiscreet(t, err, bank, branch, account)
			return
		}
		again, err := ParseIBAN(i.Text)
		require.NoError(t, err)
		require.Equal(t, i, again)
	})
}

func FuzzParseBIC(f *testing.F) {
	for _, text := range []string{"DEUTDEFF", "deutdeffxxx", "NLPRXKPR", "", "DEUTDEF\u00e4"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ParseBIC(text)
		if err != nil {
			require.Zero(t, b)
			requireDiscreet(t, err, text)
			return
		}
		again, err := ParseBIC(b.Long())
		require.NoError(t, err)
		require.Equal(t, b, again)
	})
}

func FuzzDomestic(f *testing.F) {
	for _, text := range []string{"021000021", "10-88-00", "062-111", "25039-001", "000125039", "01-902-0068389-00", "002010077777777771", "2850590940090418135201", "", "- -", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		check := func(value string, err error) {
			if err != nil {
				require.Empty(t, value)
				requireDiscreet(t, err, text)
				return
			}
			require.NotEmpty(t, value)
			require.True(t, allOf(value, 'n'), "%q", value)
		}
		n, err := ParseRoutingNumber(text)
		check(n.Text, err)
		check(ParseSortCode(text))
		check(ParseBSB(text))
		check(ParseCLABE(text))
		check(ParseCBU(text))
		institution, transit, err := ParseCanadianRouting(text)
		check(institution+transit, err)
		z, err := ParseNZAccount(text)
		check(z.Bank+z.Branch+z.Base+z.Suffix, err)
		sort, number, err := ParseUKAccount("090120", text)
		check(number, err)
		if err == nil {
			require.Len(t, sort+number, 14)
		}
	})
}

func FuzzModulusTable(f *testing.F) {
	f.Add(ownTable, "938173 938017", "100030", "10600011")
	f.Add("", "", "", "")
	f.Fuzz(func(t *testing.T, rows, subs, sort, number string) {
		m, err := ReadModulusTable(strings.NewReader(rows), strings.NewReader(subs))
		if err != nil {
			require.Nil(t, m)
			requireDiscreet(t, err)
			return
		}
		if err := m.Check(sort, number); err != nil {
			requireDiscreet(t, err, number)
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, text := range []string{"Zoe\u0308", "\u202eevil", "やまだ　はなこ", "ガ", "", "\xff", "a  b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (string, error){ParseHolder, ParseZenginName} {
			got, err := parse(text)
			if err != nil {
				require.Empty(t, got)
				requireDiscreet(t, err, text)
				continue
			}
			again, err := parse(got)
			require.NoError(t, err)
			require.Equal(t, got, again)
		}
	})
}

func FuzzParseAccount(f *testing.F) {
	for _, country := range FormatCountries() {
		for n := range Formats(country) {
			text := ""
			for name, v := range sampleWay(country, n) {
				text += name + "=" + v + ";"
			}
			f.Add(country, text)
		}
	}
	f.Fuzz(func(t *testing.T, country, text string) {
		fields := make(map[string]string)
		var given []string
		for part := range strings.SplitSeq(text, ";") {
			name, v, _ := strings.Cut(part, "=")
			fields[name] = v
			given = append(given, v)
			if !fieldNames[name] {
				given = append(given, name)
			}
		}
		a, err := Rules{Test: true}.ParseAccount(country, ledger.USD, fields)
		if err != nil {
			require.Zero(t, a)
			requireDiscreet(t, err, given...)
			return
		}
		again, err := Rules{Test: true}.ParseAccount(a.Country, a.Currency, a.Fields())
		require.NoError(t, err)
		require.Equal(t, a, again)
		require.Equal(t, a.Key(), again.Key())
		require.NotContains(t, a.String(), a.number())
	})
}
