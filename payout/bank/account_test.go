package bank

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

type m = map[string]string

func TestParseAccount(t *testing.T) {
	iban := func(text string) IBAN {
		i, err := ParseIBAN(text)
		require.NoError(t, err)
		return i
	}
	deutsche := BIC{"DEUTDEFF", "DE", ""}
	for _, c := range []struct {
		country  string
		currency ledger.Currency
		fields   m
		want     Account
		masked   string
		key      string
	}{
		{"us", ledger.USD, m{"routing_number": "021000021", "account_number": "4242424242424242", "account_type": "Savings"},
			Account{Country: "US", Currency: ledger.USD, Bank: "021000021", Number: "4242424242424242", Type: "savings"}, "US****4242", "US:021000021::4242424242424242"},
		{"PR", ledger.USD, m{"routing_number": "021502011", "account_number": "00012345"},
			Account{Country: "PR", Currency: ledger.USD, Bank: "021502011", Number: "00012345", Type: "checking"}, "PR****2345", "US:021502011::00012345"},
		{"GB", ledger.GBP, m{"sort_code": "60-16-13", "account_number": "31926819", "account_holder_name": " Jane  Austen"},
			Account{Country: "GB", Currency: ledger.GBP, Bank: "601613", Number: "31926819", Holder: "Jane Austen"}, "GB****6819", "GB:601613::31926819"},
		{"GB", ledger.EUR, m{"iban": "GB29 NWBK 6016 1331 9268 19"},
			Account{Country: "GB", Currency: ledger.EUR, IBAN: iban("GB29NWBK60161331926819")}, "GB****6819", "GB:601613::31926819"},
		{"JE", ledger.GBP, m{"iban": "GB29 NWBK 6016 1331 9268 19", "bic": "RBOSGB2L", "sort_code": ""},
			Account{Country: "JE", Currency: ledger.GBP, IBAN: iban("GB29NWBK60161331926819"), BIC: BIC{"RBOSGB2L", "GB", ""}}, "JE****6819", "GB:601613::31926819"},
		{"DE", ledger.EUR, m{"iban": "de89370400440532013000", "bic": "DEUTDEFFXXX"},
			Account{Country: "DE", Currency: ledger.EUR, IBAN: iban("DE89370400440532013000"), BIC: deutsche}, "DE****3000", "IBAN:DE89370400440532013000"},
		{"RE", ledger.EUR, m{"iban": "FR1420041010050500013M02606", "bic": "BNPARERX"},
			Account{Country: "RE", Currency: ledger.EUR, IBAN: iban("FR1420041010050500013M02606"), BIC: BIC{"BNPARERX", "RE", ""}}, "RE****2606", "IBAN:FR1420041010050500013M02606"},
		{"AU", ledger.AUD, m{"bsb": "062-111", "account_number": "12345678"},
			Account{Country: "AU", Currency: ledger.AUD, Bank: "062111", Number: "12345678"}, "AU****5678", "AU:062111::12345678"},
		{"CA", ledger.CAD, m{"routing_number": "000125039", "account_number": "1234567"},
			Account{Country: "CA", Currency: ledger.CAD, Bank: "001", Branch: "25039", Number: "1234567"}, "CA****567", "CA:001:25039:1234567"},
		{"CA", ledger.USD, m{"institution_number": "001", "transit_number": "25039", "account_number": "1234567"},
			Account{Country: "CA", Currency: ledger.USD, Bank: "001", Branch: "25039", Number: "1234567"}, "CA****567", "CA:001:25039:1234567"},
		{"NZ", ledger.NZD, m{"account_number": "01-902-0068389-00"},
			Account{Country: "NZ", Currency: ledger.NZD, Bank: "01", Branch: "0902", Number: "0068389", Suffix: "000"}, "NZ****9000", "NZ:01:0902:0068389:000"},
		{"JP", ledger.JPY, m{"bank_code": "0001", "branch_code": "001", "account_number": "12345", "account_holder_name": "やまだ はなこ"},
			Account{Country: "JP", Currency: ledger.JPY, Bank: "0001", Branch: "001", Number: "0012345", Type: "ordinary", Holder: "ﾔﾏﾀﾞ ﾊﾅｺ"}, "JP****345", "JP:0001:001:0012345:ordinary"},
		{"MX", ledger.MXN, m{"clabe": "002010077777777771"},
			Account{Country: "MX", Currency: ledger.MXN, Number: "002010077777777771"}, "MX****7771", "MX:::002010077777777771"},
		{"KE", ledger.KES, m{"bic": "barckenxmdr", "account_number": "abc123"},
			Account{Country: "KE", Currency: ledger.KES, BIC: BIC{"BARCKENXMDR", "KE", "MDR"}, Number: "ABC123"}, "KE****123", "KE:BARCKENX::ABC123"},
		{"IN", ledger.INR, m{"ifsc": "hdfc0004051", "account_number": "000123456789"},
			Account{Country: "IN", Currency: ledger.INR, Bank: "HDFC0004051", Number: "000123456789"}, "IN****6789", "IN:HDFC0004051::000123456789"},
		{"AZ", ledger.USD, m{"iban": "AZ21NABZ00000000137010001944", "bank_code": "123456", "branch_code": "654321"},
			Account{Country: "AZ", Currency: ledger.USD, IBAN: iban("AZ21NABZ00000000137010001944"), Bank: "123456", Branch: "654321"}, "AZ****1944", "IBAN:AZ21NABZ00000000137010001944"},
	} {
		a, err := ParseAccount(c.country, c.currency, c.fields)
		require.NoError(t, err, c)
		require.Equal(t, c.want, a)
		require.Equal(t, []string{c.masked, c.key}, []string{a.Masked(), a.Key()})
		require.True(t, strings.HasSuffix(a.Masked(), a.Last4()))
		again, err := ParseAccount(a.Country, a.Currency, a.Fields())
		require.NoError(t, err, c)
		require.Equal(t, a, again)
		secrets := []string{a.IBAN.Text, a.Number}
		for i := len(secrets) - 1; i >= 0; i-- {
			if secrets[i] == "" {
				secrets = append(secrets[:i], secrets[i+1:]...)
			}
		}
		requireMasked(t, a, a.Masked(), secrets...)
	}
}

// What is missing, too much or wrong is named, and nothing that was given is
// repeated (promise 68).
func TestParseAccountRefuses(t *testing.T) {
	us := m{"routing_number": "021000021", "account_number": "4242424242424242"}
	with := func(base m, more ...string) m {
		f := maps.Clone(base)
		for i := 0; i < len(more); i += 2 {
			f[more[i]] = more[i+1]
		}
		return f
	}
	jp := m{"bank_code": "0001", "branch_code": "001", "account_number": "1234567", "account_holder_name": "ﾔﾏﾀﾞ"}
	de := m{"iban": "DE89370400440532013000"}
	for _, c := range []struct {
		country     string
		currency    ledger.Currency
		fields      m
		code, field string
	}{
		{"", ledger.USD, us, "invalid_country", "country"},
		{"USA", ledger.USD, us, "invalid_country", "country"},
		{"UK", ledger.GBP, us, "invalid_country", "country"},
		{"ZZ", ledger.USD, us, "invalid_country", "country"},
		{"U ", ledger.USD, us, "invalid_country", "country"},
		{"\u0423S", ledger.USD, us, "invalid_country", "country"},
		{"AQ", ledger.USD, us, "unsupported_country", "country"},
		{"US", ledger.Currency(0), us, "invalid_currency", "currency"},
		{"US", ledger.BTC, us, "invalid_currency", "currency"},
		{"US", ledger.USD, nil, "invalid_routing_number", "routing_number"},
		{"US", ledger.USD, m{"routing_number": "021000021"}, "invalid_account_number", "account_number"},
		{"US", ledger.USD, with(us, "account_number", ""), "invalid_account_number", "account_number"},
		{"US", ledger.USD, with(us, "account_number", "12 34"), "invalid_account_number", "account_number"},
		{"US", ledger.USD, with(us, "account_number", "123\n6"), "invalid_account_number", "account_number"},
		{"US", ledger.USD, with(us, "account_number", "-123"), "invalid_account_number", "account_number"},
		{"US", ledger.USD, with(us, "account_number", strings.Repeat("1", 18)), "invalid_account_number", "account_number"},
		{"US", ledger.USD, with(us, "routing_number", "800000019"), "invalid_routing_number", "routing_number"},
		{"US", ledger.USD, with(us, "account_type", "vista"), "invalid_account_type", "account_type"},
		{"US", ledger.USD, with(us, "account_holder_name", "\u202eevil"), "invalid_name", "account_holder_name"},
		{"US", ledger.USD, with(us, "iban", "DE89370400440532013000"), "unknown_field", "iban"},
		{"US", ledger.USD, with(us, "4242424242424242", "x"), "unknown_field", ""},
		{"US", ledger.USD, with(us, "4242424242424242", ""), "unknown_field", ""},
		{"GB", ledger.GBP, m{"iban": "GB29NWBK60161331926819", "sort_code": "601613"}, "unknown_field", ""},
		{"GB", ledger.GBP, m{"sort_code": "601613", "account_number": "1234"}, "invalid_account_number", "account_number"},
		{"GB", ledger.GBP, m{"sort_code": "60161", "account_number": "12345678"}, "invalid_sort_code", "sort_code"},
		{"DE", ledger.EUR, m{"iban": "FR1420041010050500013M02606"}, "country_mismatch", "iban"},
		{"DE", ledger.EUR, m{"iban": "DE89370400440532031000"}, "invalid_iban", "iban"},
		{"DE", ledger.EUR, with(de, "bic", "DEUTFRPP"), "country_mismatch", "bic"},
		{"DE", ledger.EUR, with(de, "bic", "DEUTDEF"), "invalid_bic", "bic"},
		{"FR", ledger.EUR, m{"iban": "FR89370400440532013000"}, "invalid_iban", "iban"},
		{"AL", ledger.EUR, m{"iban": "AL47212110090000000235698741"}, "invalid_bic", "bic"},
		{"AU", ledger.AUD, m{"bsb": "062111", "account_number": "1234"}, "invalid_account_number", "account_number"},
		{"CA", ledger.CAD, m{"routing_number": "125039001", "account_number": "1234567"}, "invalid_routing_number", "routing_number"},
		{"CA", ledger.CAD, m{"institution_number": "01", "transit_number": "25039", "account_number": "1234567"}, "invalid_institution_number", "institution_number"},
		{"CA", ledger.CAD, m{"institution_number": "001", "transit_number": "2503", "account_number": "1234567"}, "invalid_transit_number", "transit_number"},
		{"NZ", ledger.NZD, m{"account_number": "01-902-0068388-00"}, "invalid_account_number", "account_number"},
		{"JP", ledger.JPY, with(jp, "account_holder_name", ""), "invalid_name", "account_holder_name"},
		{"JP", ledger.JPY, with(jp, "account_holder_name", "山田"), "invalid_name", "account_holder_name"},
		{"JP", ledger.JPY, with(jp, "bank_code", "001"), "invalid_bank_code", "bank_code"},
		{"JP", ledger.JPY, with(jp, "branch_code", "0001"), "invalid_branch_code", "branch_code"},
		{"IN", ledger.INR, m{"ifsc": "HDFC1004051", "account_number": "000123456789"}, "invalid_ifsc", "ifsc"},
		{"MX", ledger.MXN, m{"clabe": "002010077777777772"}, "invalid_clabe", "clabe"},
		{"AR", ledger.USD, m{"cbu": "2850590940090418135202"}, "invalid_cbu", "cbu"},
	} {
		a, err := ParseAccount(c.country, c.currency, c.fields)
		require.Error(t, err, c)
		var given []string
		for name, text := range c.fields {
			given = append(given, text)
			if !fieldNames[name] {
				given = append(given, name)
			}
		}
		e := requireDiscreet(t, err, given...)
		require.Equal(t, c.code, e.Code, c)
		if c.country != "GB" || c.code != "unknown_field" { // either of the two ways has a field too much
			require.Equal(t, c.field, e.Field, c)
		}
		require.Zero(t, a)
	}
}

// With the table of the host, British numbers are checked by either name.
func TestRulesCheckBritishNumbers(t *testing.T) {
	table, err := ReadModulusTable(strings.NewReader(ownTable), nil)
	require.NoError(t, err)
	r := Rules{Modulus: table}
	iban := func(number string) m {
		i, err := ComposeIBAN("GB", IBANParts{"NWBK", "100000", number})
		require.NoError(t, err)
		return m{"iban": i.Text}
	}
	for number, field := range map[string]string{"11111111": "", "11111112": "account_number"} {
		_, err = r.ParseAccount("GB", ledger.GBP, m{"sort_code": "100000", "account_number": number})
		require.Equal(t, field == "", err == nil)
		_, err2 := r.ParseAccount("GB", ledger.GBP, iban(number))
		require.Equal(t, field == "", err2 == nil)
		_, err3 := ParseAccount("GB", ledger.GBP, iban(number))
		require.NoError(t, err3)
		if field != "" {
			require.Equal(t, field, requireDiscreet(t, err, number).Field)
			require.Equal(t, "iban", requireDiscreet(t, err2, number).Field)
		}
	}
}

// The numbers that tests are documented with.
func TestTestNumbers(t *testing.T) {
	test := Rules{Test: true}
	for _, c := range []struct {
		country string
		fields  m
	}{
		{"US", m{"routing_number": "110000000", "account_number": "000123456789"}},
		{"US", m{"routing_number": "110000000", "account_number": "000111111116"}},
		{"US", m{"routing_number": "110000000", "account_number": "000999999992"}},
		{"CA", m{"routing_number": "11000-000", "account_number": "000123456789"}},
		{"GB", m{"sort_code": "108800", "account_number": "00012345"}},
		{"AU", m{"bsb": "110000", "account_number": "000123456"}},
		{"DE", m{"iban": "DE89370400440532013000"}},
		{"FR", m{"iban": "FR89370400440532013000"}},
		{"GB", m{"iban": "GB89370400440532013000"}},
		{"KE", m{"bic": "BARCKEN0", "account_number": "1"}},
		{"NO", m{"iban": "no89 3704 0044 0532 0130 00"}},
	} {
		a, err := test.ParseAccount(c.country, ledger.EUR, c.fields)
		require.NoError(t, err, c)
		require.True(t, a.IsTest(), c)
		again, err := test.ParseAccount(c.country, ledger.EUR, a.Fields())
		require.NoError(t, err)
		require.Equal(t, a, again)
		require.NotEmpty(t, a.Key())
	}
	for _, c := range []struct {
		country string
		fields  m
	}{
		{"US", m{"routing_number": "110000000", "account_number": "4242424242424242"}},
		{"US", m{"routing_number": "021000021", "account_number": "000123456789"}},
		{"FR", m{"iban": "FR1420041010050500013M02606"}},
	} {
		a, err := test.ParseAccount(c.country, ledger.EUR, c.fields)
		require.NoError(t, err, c)
		require.False(t, a.IsTest(), c)
	}
	for _, text := range []string{"US89370400440532013000", "FR89370400440532013001", "FR8937040044053201300", strings.Repeat(" ", 100) + "FR89370400440532013000"} {
		_, err := test.ParseAccount("FR", ledger.EUR, m{"iban": text})
		requireDiscreet(t, err, text)
	}
	require.False(t, Account{}.IsTest())
}

// Every way of every country takes its sample, which comes back the same from its
// fields.
func TestEveryFormat(t *testing.T) {
	ways := 0
	for _, country := range FormatCountries() {
		for n := range Formats(country) {
			ways++
			a, err := ParseAccount(country, ledger.USD, sampleWay(country, n))
			require.NoError(t, err, country)
			again, err := ParseAccount(country, ledger.USD, a.Fields())
			require.NoError(t, err, country)
			require.Equal(t, a, again, country)
			for _, f := range Formats(country)[n] { // each required field is
				if !f.Optional {
					fields := sampleWay(country, n)
					delete(fields, f.Name)
					_, err := ParseAccount(country, ledger.USD, fields)
					require.Error(t, err, "%s without %s", country, f.Name)
				}
			}
		}
	}
	require.Greater(t, ways, 150)
	require.Nil(t, Formats("ZZ"))
	require.Nil(t, Formats("AQ"))
	require.Equal(t, Formats("FR"), Formats("re"))
	Formats("US")[0][0].Name = "changed" // a copy
	require.Equal(t, "routing_number", Formats("US")[0][0].Name)
}

// Each line of the table is read as it stands.
func TestFormatTable(t *testing.T) {
	for line := range strings.Lines(strings.TrimSpace(formatTable)) {
		w := strings.Fields(line)
		require.True(t, w[0] == "*" || isCountry(w[0]) && mother(w[0]) == w[0], line)
		for _, word := range w[1:] {
			f := readField(word)
			require.Equal(t, strings.Contains(word, "?"), f.Optional)
			require.LessOrEqual(t, f.Min, f.Max, line)
			require.True(t, strings.Contains(word, ":") == (f.Max > 0 || len(f.Options) > 1), line)
			require.NotContains(t, f.Name, "?")
		}
	}
}

func BenchmarkParseAccount(b *testing.B) {
	samples := make(map[string]m)
	for _, country := range FormatCountries() {
		samples[country] = sampleFields(country)
	}
	countries := FormatCountries()
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		country := countries[n%len(countries)]
		if _, err := ParseAccount(country, ledger.EUR, samples[country]); err != nil {
			b.Fatal(err)
		}
	}
}
