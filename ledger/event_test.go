package ledger_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
)

// Promise 71: whatever stands for a cursor is read or refused; what is read is
// written the same again, so no two texts are one place.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{
		"", "0.1", "0.1-3.7", "1152921504606846976.5", "ch_of_other_account", "\xff\xfe", "eyJpZCI6MX0=tampered", "1 UNION SELECT",
		"0.0-0.0", "1.1-0.1", "-1.1", "00.1", "+1.1", "0.9223372036854775808", "0x1.1", "0.1-", "0.1.2", "٣.1", "ch_deleted", "metadata['x']) OR (1=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lanes, err := ledger.Cursor(text).Lanes()
		if err != nil {
			requireCode(t, err, ledger.Invalid, "invalid_cursor")
			require.Empty(t, lanes)
			return
		}
		require.Equal(t, ledger.Cursor(text), ledger.CursorOf(lanes))
		for i, l := range lanes {
			require.True(t, l.Lane >= 0 && l.Number >= 0 && (i == 0 || lanes[i-1].Lane < l.Lane))
		}
	})
}

func TestCursorsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.MapOf(rapid.Int64Min(0), rapid.Int64Min(0)).Draw(t, "places")
		var lanes []ledger.Lane
		for l, n := range places {
			lanes = append(lanes, ledger.Lane{Lane: l, Number: n})
		}
		got, err := ledger.CursorOf(lanes).Lanes()
		require.NoError(t, err)
		require.ElementsMatch(t, lanes, got)
	})
	_, err := ledger.Cursor(strings.Repeat("1", 1<<17)).Lanes()
	requireCode(t, err, ledger.Invalid, "invalid_cursor")
}

func TestEventIDsDiffer(t *testing.T) {
	seen := map[string]ledger.Lane{}
	for lane := range int64(40) {
		for n := range int64(40) {
			for _, l := range []ledger.Lane{{Lane: lane, Number: n}, {Lane: lane * 36, Number: n * 36}, {Lane: 1<<60 + lane, Number: n}} {
				id := ledger.EventID(l)
				if old, ok := seen[id]; ok {
					require.Equal(t, old, l, id)
				}
				seen[id] = l
			}
		}
	}
}
