package main

import (
	"encoding/json"
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

// The extract holds the locales that reduce would take, in their order.
func TestExtractIsComplete(t *testing.T) {
	var x extract
	require.NoError(t, readJSON(sources, "cldr.json", &x))
	var have []string
	for _, f := range x.Locales {
		have = append(have, f.Tag)
	}
	require.Equal(t, strings.Fields(tags), have)
	require.Equal(t, "48.2.0", x.Version)
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

// pkg is a small cldr-numbers-full with one locale's files for every tag.
func pkg(t *testing.T, numbers, currencies string) fstest.MapFS {
	fsys := fstest.MapFS{"package.json": {Data: []byte(`{"version":"1.2.3"}`)}}
	for _, tag := range strings.Fields(tags) {
		fsys["main/"+tag+"/numbers.json"] = &fstest.MapFile{Data: []byte(`{"main":{"` + tag + `":{"numbers":` + numbers + `}}}`)}
		fsys["main/"+tag+"/currencies.json"] = &fstest.MapFile{Data: []byte(`{"main":{"` + tag + `":{"numbers":{"currencies":` + currencies + `}}}}`)}
	}
	return fsys
}

const (
	spacingJSON = `{"currencyMatch":"[[:^S:]&[:^Z:]]","surroundingMatch":"[:digit:]","insertBetween":"\u00a0"}`
	numbersJSON = `{"defaultNumberingSystem":"latn","minimumGroupingDigits":"2",
		"symbols-numberSystem-latn":{"decimal":",","group":".","minusSign":"-","currencyGroup":"\u202f"},
		"currencyFormats-numberSystem-latn":{
			"currencySpacing":{"beforeCurrency":` + spacingJSON + `,"afterCurrency":` + spacingJSON + `},
			"standard":"¤#,##0.00","standard-alphaNextToNumber":"¤\u00a0#,##0.00","standard-noCurrency":"#,##0.00\u00a0"}}`
)

func TestReduceAndGenerate(t *testing.T) {
	data, err := reduce(pkg(t, numbersJSON, `{"EUR":{"symbol":"€"},"USD":{"symbol":"USD"},"CVE":{"symbol":"\u200b"},"PTE":{"symbol":"\u200b","decimal":"$"},"XXX":{"symbol":"¤"}}`))
	require.NoError(t, err)
	require.Contains(t, string(data), `"standard-alphaNextToNumber": "¤\u00a0#,##0.00"`, "a space that can be seen")
	var x extract
	require.NoError(t, json.Unmarshal(data, &x))
	require.Equal(t, "1.2.3", x.Version)
	require.Equal(t, map[string]string{"EUR": "€", "XXX": "¤"}, x.Locales[0].Symbols)

	out, err := generate(fstest.MapFS{"cldr.json": {Data: data}})
	require.NoError(t, err)
	require.Contains(t, string(out), `{"de-CH", ",", "\u202f", "-", 3, 3, 2, pattern{"¤", "", "-¤", ""}, pattern{"", "", "-", ""}, symbolsEn}`)
	require.Contains(t, string(out), "var symbolsEn = []symbol{\n\t{ledger.EUR, \"€\"},\n}", "the ledger has no XXX")
	require.Equal(t, 1, strings.Count(string(out), "[]symbol{"), "equal tables are shared")
}

// What package locale does not know must not be taken over in silence.
func TestUnknownFormsAreRefused(t *testing.T) {
	for _, c := range []struct{ old, now, currencies, want string }{
		{`"latn",`, `"arab",`, `{}`, "digits arab"},
		{`"[:digit:]"`, `"[:letter:]"`, `{}`, "currency spacing"},
		{``, ``, `{"EUR":{"symbol":"€","decimal":"·"}}`, "EUR has a form of its own"},
		{``, ``, `{"EUR":{"symbol":"€","pattern":"¤¤ #,##0.00"}}`, "EUR has a form of its own"},
	} {
		_, err := reduce(pkg(t, strings.ReplaceAll(numbersJSON, c.old, c.now), c.currencies))
		require.ErrorContains(t, err, c.want)
	}
	for _, c := range []struct{ old, now, want string }{
		{`"¤\u00a0#,##0.00"`, `"#,##0.00\u00a0¤"`, "differ by more than the space"},
		{`"#,##0.00\u00a0"`, `"#,##,##0.00"`, "group differently"},
		{`"minimumGroupingDigits":"2"`, `"minimumGroupingDigits":"two"`, "invalid syntax"},
		{`"¤#,##0.00"`, `"¤0.00"`, "does not group"},
	} {
		require.Contains(t, numbersJSON, c.old)
		data, err := reduce(pkg(t, strings.Replace(numbersJSON, c.old, c.now, 1), `{}`))
		require.NoError(t, err)
		_, err = generate(fstest.MapFS{"cldr.json": {Data: data}})
		require.ErrorContains(t, err, c.want)
	}
	_, err := reduce(fstest.MapFS{})
	require.Error(t, err)
	_, err = generate(fstest.MapFS{})
	require.Error(t, err)
}
