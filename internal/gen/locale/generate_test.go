package main

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// The committed table is what the committed extract gives.
func TestOutputIsNotStale(t *testing.T) {
	want, err := generate(sources)
	require.NoError(t, err)
	have, err := os.ReadFile("../../../ledger/locale/locales_gen.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "run go generate ./ledger/locale")
}

// The extract gives every locale the form that CLDR itself has for it: what the
// tests of package locale expect was written from CLDR.
func TestExtractIsComplete(t *testing.T) {
	x, err := readExtract(sources)
	require.NoError(t, err)
	require.Equal(t, "48.2.0", x.Version)
	require.Len(t, x.Locales, 298)
	want, err := os.ReadFile("../../../ledger/locale/testdata/cldr.golden")
	require.NoError(t, err)
	have, err := expect(x)
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "renew both with -numbers")
}

func TestParsePattern(t *testing.T) {
	for pattern, want := range map[string]form{
		"¤#,##0.00":                     {"¤", "", "-¤", "", 3, 3},
		"¤#,##,##0.00":                  {"¤", "", "-¤", "", 3, 2},
		"#,##0.00\u00a0¤":               {"", "\u00a0¤", "-", "\u00a0¤", 3, 3},
		"¤\u00a0#,##0.00;¤-#,##0.00":    {"¤\u00a0", "", "¤-", "", 3, 3},
		"#,##0.00¤;(#,##0.00¤)":         {"", "¤", "(", "¤)", 3, 3},
		"\u200f#,##0.00;\u200f-#,##0.0": {"\u200f", "", "\u200f-", "", 3, 3},
	} {
		have, err := parsePattern(pattern)
		require.NoError(t, err)
		require.Equal(t, want, have, "%q", pattern)
	}
	for _, pattern := range []string{"", "¤", "¤0.00", "'x'#,##0.00", "#,##0.00%"} {
		_, err := parsePattern(pattern)
		require.Error(t, err, "%q", pattern)
	}
}

// pkg is a small cldr-numbers-full: German, Germany's neighbour, and a script
// and a language that are not taken over.
func pkg(numbers, currencies, swiss string) fstest.MapFS {
	fsys := fstest.MapFS{"package.json": {Data: []byte(`{"version":"1.2.3"}`)}}
	for tag, currencies := range map[string]string{"de": currencies, "de-CH": swiss, "en-Shaw": "[]", "is": "[]"} {
		fsys["main/"+tag+"/numbers.json"] = &fstest.MapFile{Data: []byte(`{"main":{"` + tag + `":{"numbers":` + numbers + `}}}`)}
		fsys["main/"+tag+"/currencies.json"] = &fstest.MapFile{Data: []byte(`{"main":{"` + tag + `":{"numbers":{"currencies":` + currencies + `}}}}`)}
	}
	return fsys
}

const (
	spacingJSON = `{"currencyMatch":"[[:^S:]&[:^Z:]]","surroundingMatch":"[:digit:]","insertBetween":"\u00a0"}`
	numbersJSON = `{"defaultNumberingSystem":"arab","minimumGroupingDigits":"2",
		"symbols-numberSystem-latn":{"decimal":",","group":".","minusSign":"-","currencyGroup":"\u202f"},
		"currencyFormats-numberSystem-latn":{
			"currencySpacing":{"beforeCurrency":` + spacingJSON + `,"afterCurrency":` + spacingJSON + `},
			"standard":"¤#,##0.00","standard-alphaNextToNumber":"¤\u00a0#,##0.00","standard-noCurrency":"#,##0.00\u00a0"}}`
)

func extractOf(fsys fstest.MapFS) (fstest.MapFS, error) {
	x, err := readPackage(fsys)
	if err != nil {
		return nil, err
	}
	data, err := x.encode()
	return fstest.MapFS{"cldr.json": {Data: data}}, err
}

func TestFromPackageToTable(t *testing.T) {
	const currencies = `{"EUR":{"symbol":"€"},"GBP":{"symbol":"£"},"USD":{"symbol":"USD"},"DKK":{"symbol":"kr"},"CVE":{"symbol":"\u200b"},"PTE":{"symbol":"\u200b","decimal":"$"},"XXX":{"symbol":"¤"}}`
	whole := pkg(numbersJSON, currencies, `{"EUR":{"pattern":"#,##0.00\u00a0¤"},"DKK":{"symbol":"kr"},"GBP":{"symbol":"£"},"CHF":{"symbol":"Fr."},"XXX":{"symbol":"¤"}}`)
	x, err := readPackage(whole)
	require.NoError(t, err)
	require.Equal(t, "1.2.3", x.Version)
	require.Len(t, x.Locales, 2)
	require.Equal(t, map[string]string{"EUR": "€", "DKK": "kr", "GBP": "£", "XXX": "¤"}, x.Locales[0].Symbols)

	sources, err := extractOf(whole)
	require.NoError(t, err)
	require.Contains(t, string(sources["cldr.json"].Data), `{"tag":"de-CH","euro":"#,##0.00\u00a0¤","symbols":{"CHF":"Fr.","EUR":"EUR"}}`, "what is otherwise, and a space that can be seen")
	again, err := readExtract(sources)
	require.NoError(t, err)
	require.Equal(t, x, again)

	out, err := generate(sources)
	require.NoError(t, err)
	require.Contains(t, string(out), `{",", "\u202f", "-", 3, 3, 2, pattern{"¤", "", "-¤", ""}, pattern{"", "\u00a0¤", "-", "\u00a0¤"}, pattern{"", "", "-", ""}}`)
	require.Contains(t, string(out), `{"de-CH", &styles[1], "|CHF=Fr.|EUR=EUR|", symbolsDe}`)
	require.Contains(t, string(out), `symbolsDe = "|DKK=kr|EUR=€|GBP=£|"`, "the ledger has no XXX")

	golden, err := expect(x)
	require.NoError(t, err)
	require.Contains(t, string(golden), `["de-CH","1234,56","-1\u202f234\u202f567,89","USD\u00a01234,56","-USD\u00a01\u202f234\u202f567,89","1234,56\u00a0EUR",`)
}

// A locale that is written as its parent is not in the table.
func TestOnlyDifferencesAreTaken(t *testing.T) {
	sources, err := extractOf(pkg(numbersJSON, `{"EUR":{"symbol":"€"}}`, `{"EUR":{"symbol":"€"},"XXX":{"symbol":"¤"}}`))
	require.NoError(t, err)
	require.Contains(t, string(sources["cldr.json"].Data), `{"tag":"de-CH","symbols":{"XXX":"¤"}}`)
	out, err := generate(sources)
	require.NoError(t, err)
	require.NotContains(t, string(out), "de-CH", "the ledger has no XXX")
}

// What package locale does not know must not be taken over in silence.
func TestUnknownFormsAreRefused(t *testing.T) {
	for _, c := range []struct{ old, now, currencies, want string }{
		{`"[:digit:]"`, `"[:letter:]"`, `{}`, "currency spacing"},
		{`"¤\u00a0#,##0.00"`, `"#,##0.00\u00a0¤"`, `{}`, "differ by more than the space"},
		{`"¤\u00a0#,##0.00"`, `"¤#,##0.00"`, `{}`, "differ by more than the space"},
		{`"¤#,##0.00"`, `"¤0.00"`, `{}`, "does not group"},
		{``, ``, `{"EUR":{"symbol":"€","decimal":"·"}}`, "EUR has a form of its own"},
		{``, ``, `{"USD":{"symbol":"$","pattern":"¤¤ #,##0.00"}}`, "USD has a form of its own"},
	} {
		require.Contains(t, numbersJSON, c.old)
		_, err := extractOf(pkg(strings.ReplaceAll(numbersJSON, c.old, c.now), c.currencies, `{}`))
		require.ErrorContains(t, err, c.want)
	}
	for _, c := range []struct{ old, now, currencies, want string }{
		{`"#,##0.00\u00a0"`, `"#,##,##0.00"`, `{}`, "group differently"},
		{`"minimumGroupingDigits":"2"`, `"minimumGroupingDigits":"two"`, `{}`, "invalid syntax"},
		{``, ``, `{"EUR":{"symbol":"€","pattern":"¤0.00"}}`, "does not group"},
		{``, ``, `{"EUR":{"symbol":"|"}}`, "does not fit a table"},
	} {
		require.Contains(t, numbersJSON, c.old)
		sources, err := extractOf(pkg(strings.Replace(numbersJSON, c.old, c.now, 1), c.currencies, `{}`))
		require.NoError(t, err)
		_, err = generate(sources)
		require.ErrorContains(t, err, c.want)
	}
	_, err := readPackage(fstest.MapFS{})
	require.Error(t, err)
	_, err = generate(fstest.MapFS{})
	require.Error(t, err)
}
