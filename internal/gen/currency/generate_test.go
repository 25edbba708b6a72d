package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// The committed table is what the committed sources give.
func TestOutputIsNotStale(t *testing.T) {
	want, err := generate(sources)
	require.NoError(t, err)
	have, err := os.ReadFile("../../../ledger/currency_gen.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "run go generate ./ledger")
}

// The committed sources are what their origins say.
func TestSourcesAreNotStale(t *testing.T) {
	iso, err := sources.ReadFile("iso-4217-list-one.xml")
	require.NoError(t, err)
	require.Equal(t, string(shareddata.Read(t, "currency/iso-4217-list-one.xml")), string(iso))

	var have extract
	require.NoError(t, readJSON(sources, "cldr-currency.json", &have))
	want, err := reduceData(shareddata.Read(t, "currency/cldr-currencyData.json"))
	require.NoError(t, err)
	want.Names = have.Names // from another file
	require.Equal(t, want, &have)
}

func TestExtractSurvivesItsOwnEncoding(t *testing.T) {
	var x, again extract
	require.NoError(t, readJSON(sources, "cldr-currency.json", &x))
	data, err := x.encode()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &again))
	require.Equal(t, x, again)
	committed, err := sources.ReadFile("cldr-currency.json")
	require.NoError(t, err)
	require.Equal(t, string(committed), string(data))
}

func TestReduceTakesEnglishNames(t *testing.T) {
	const data = `{"supplemental":{"version":{"_cldrVersion":"1"},"currencyData":{
		"fractions":{"DEFAULT":{"_digits":"2","_rounding":"0"}},
		"region":{"DE":[{"EUR":{"_from":"1999-01-01"}},{"DEM":{"_from":"1948-06-20","_to":"2002-02-28"}}],
			"XX":[{"OLD":{"_from":"1900-01-01","_to":"1950-01-01"}},{"FND":{"_tender":"false","_from":"1960-01-01"}}]}}}}`
	const names = `{"main":{"en":{"numbers":{"currencies":{"DEM":{"displayName":"German Mark"}}}}}}`
	out, err := reduce([]byte(data), []byte(names))
	require.NoError(t, err)
	var x extract
	require.NoError(t, json.Unmarshal(out, &x))
	require.Equal(t, []string{"DEM", "EUR", "FND"}, slices.Sorted(maps.Keys(x.Tender)), "what ended before 1999 is left out")
	require.Equal(t, map[string]string{"DEM": "German Mark"}, x.Names)

	_, err = reduce([]byte(data), []byte(`{}`))
	require.ErrorContains(t, err, "no English name for DEM")
}

// The generator repeats ledger's packing because it must run before ledger
// compiles.
func TestPackingIsLedgers(t *testing.T) {
	all, _, err := load(sources)
	require.NoError(t, err)
	require.Len(t, all, 178+1+54, "list one, bitcoin, what ended since 1999")
	for code, r := range all {
		c, err := ledger.ParseCurrency(code)
		if r.kind == "kindNoMoney" {
			require.ErrorIs(t, err, ledger.Invalid, code)
			continue
		}
		require.NoError(t, err, code)
		require.Equal(t, packed(r), uint64(c), code)
		require.Equal(t, r.digits, c.Digits(), code)
	}
}

// Every line of the patch has a source, and is still needed.
func TestPatchIsSourced(t *testing.T) {
	var p patch
	require.NoError(t, readJSON(sources, "patch.json", &p))
	var x extract
	require.NoError(t, readJSON(sources, "cldr-currency.json", &x))
	all, _, err := load(sources)
	require.NoError(t, err)
	for _, list := range [][]patchEntry{p.Add, p.Remove, p.Beside, p.Network, p.Past} {
		for _, e := range list {
			require.NotEmpty(t, e.Source, e.Code)
		}
		require.True(t, slices.IsSortedFunc(list, func(a, b patchEntry) int { return strings.Compare(a.Code, b.Code) }))
	}
	for _, e := range p.Network {
		require.NotEqual(t, all[e.Code].digits, *e.Digits, "%s is no exception", e.Code)
	}
	for _, e := range p.Past {
		if e.Digits != nil {
			require.NotEqual(t, x.fraction(e.Code).Digits, string(rune('0'+*e.Digits)), "%s is no exception", e.Code)
		}
	}
}

func TestBrokenSourcesAreRefused(t *testing.T) {
	edit := func(name, old, now string) fstest.MapFS {
		fsys := fstest.MapFS{}
		for _, f := range []string{"iso-4217-list-one.xml", "cldr-currency.json", "patch.json"} {
			data, err := sources.ReadFile(f)
			require.NoError(t, err)
			if f == name {
				require.Contains(t, string(data), old)
				data = []byte(strings.Replace(string(data), old, now, 1))
			}
			fsys[f] = &fstest.MapFile{Data: data}
		}
		return fsys
	}
	for _, c := range []struct{ file, old, now, want string }{
		{"patch.json", `"codes": 178`, `"codes": 179`, "the patch says 179"},
		{"patch.json", `{"code": "ANG",`, `{"code": "QQQ",`, "QQQ is not in the list"},
		{"patch.json", `{"code": "XAD",`, `{"code": "EUR",`, "EUR is in the list already"},
		{"patch.json", `{"code": "ADP",`, `{"code": "EUR",`, "EUR is not a past currency"},
		{"patch.json", `2025-05-12`, `2025-13-01`, "XAD"},
		{"iso-4217-list-one.xml", `<CcyMnrUnts>2<`, `<CcyMnrUnts>two<`, "invalid syntax"},
		{"iso-4217-list-one.xml", `<CcyNbr>978<`, `<CcyNbr>979<`, "EUR: the list contradicts itself"},
		{"cldr-currency.json", `"_cashRounding":"5"`, `"_cashRounding":"x"`, "invalid syntax"},
	} {
		_, err := generate(edit(c.file, c.old, c.now))
		require.ErrorContains(t, err, c.want)
	}
	_, err := generate(fstest.MapFS{})
	require.Error(t, err)
}
