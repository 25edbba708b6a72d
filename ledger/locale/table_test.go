package locale

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/soukhq/souk/ledger"
)

// What find relies on.
func TestTable(t *testing.T) {
	require.Equal(t, "48.2.0", cldrVersion)
	require.Len(t, exact(), len(locales))
	for i := range locales {
		f := &locales[i]
		tag, err := language.Parse(f.tag)
		require.NoError(t, err)
		require.Same(t, f, find(tag))
	}
}

// A text that can be read as two amounts is worse than none.
func TestSeparatorsDiffer(t *testing.T) {
	for i := range styles {
		s := &styles[i]
		require.NotEqual(t, s.decimal, s.group, i)
		require.NotEmpty(t, s.minus, i)
		require.NotEmpty(t, s.decimal, i)
		require.Positive(t, s.secondary, i)
	}
}

// Every locale that CLDR has for the languages of the table, with every symbol:
// testdata/cldr.golden is written from CLDR, by another way than the table
// (internal/gen/locale/SOURCES.md).
func TestAgreesWithCLDR(t *testing.T) {
	f, err := os.Open("testdata/cldr.golden")
	require.NoError(t, err)
	defer f.Close()
	s := bufio.NewScanner(f)
	require.True(t, s.Scan())
	require.JSONEq(t, `{"cldr":"`+cldrVersion+`"}`, s.Text())
	tags := 0
	for s.Scan() {
		var line []string
		require.NoError(t, json.Unmarshal(s.Bytes(), &line))
		require.Len(t, line, 8)
		for text := range strings.FieldsSeq(line[0]) {
			tags++
			tag := language.MustParse(text)
			requireAsInCLDR(t, tag, line[1:7], line[7])
			// The region that a language is likely to mean is written alike:
			// de-DE as de, zh-Hant-TW and zh-TW as zh-Hant.
			if base, script, region := tag.Raw(); region == (language.Region{}) {
				region, _ = tag.Region()
				full, err := language.Compose(base, script, region)
				require.NoError(t, err)
				requireAsInCLDR(t, full, line[1:7], line[7])
			}
		}
	}
	require.NoError(t, s.Err())
	require.Equal(t, 298, tags)
}

func requireAsInCLDR(t *testing.T, tag language.Tag, samples []string, symbols string) {
	t.Helper()
	var have []string
	for _, show := range []func(int64) string{
		func(minor int64) string { return Number(ledger.Minor(minor, ledger.USD), tag) },
		func(minor int64) string { return FormatCode(ledger.Minor(minor, ledger.USD), tag) },
		func(minor int64) string { return Format(ledger.Minor(minor, ledger.EUR), tag) },
	} {
		have = append(have, show(123456), show(-123456789))
	}
	require.Equal(t, samples, have, tag)
	want := make(map[string]string)
	for pair := range strings.SplitSeq(strings.Trim(symbols, "|"), "|") {
		code, text, _ := strings.Cut(pair, "=")
		want[code] = text
	}
	for _, year := range []int{1990, 2010, 2026} {
		for _, c := range ledger.Currencies(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)) {
			symbol, ok := want[c.Code()]
			if !ok {
				symbol = c.Code()
			}
			require.Equal(t, symbol, find(tag).symbol(c), "%s %s", tag, c)
		}
	}
}
