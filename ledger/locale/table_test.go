package locale

import (
	"cmp"
	"slices"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"
)

// What find and symbol rely on.
func TestTable(t *testing.T) {
	require.Equal(t, "48.2.0", cldrVersion)
	require.Len(t, locales, 48)
	require.Len(t, lookup().exact, len(locales))
	for i := range locales {
		f := &locales[i]
		tag, err := language.Parse(f.tag)
		require.NoError(t, err)
		require.Same(t, f, find(tag))
		require.True(t, slices.IsSortedFunc(f.symbols, func(a, b symbol) int { return cmp.Compare(a.cur, b.cur) }), f.tag)
		for _, s := range f.symbols {
			require.True(t, s.cur.Valid(), "%s %s", f.tag, s.text)
			require.True(t, slices.ContainsFunc([]rune(s.text), unicode.IsGraphic), "%s %s", f.tag, s.cur)
		}
	}
}

// A text that can be read as two amounts is worse than none.
func TestSeparatorsDiffer(t *testing.T) {
	for i := range locales {
		f := &locales[i]
		require.NotEqual(t, f.decimal, f.group, f.tag)
		require.NotEmpty(t, f.minus, f.tag)
		require.NotEmpty(t, f.decimal, f.tag)
		require.Positive(t, f.secondary, f.tag)
	}
}
