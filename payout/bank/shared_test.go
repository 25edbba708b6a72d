package bank

import (
	"encoding/csv"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// The data sets and cases of others: each is judged, and where souk judges
// otherwise, the case stands in a list with the reason. A list may hold no case
// that agrees.

// sharedTable reads a file with a header.
func sharedTable(t *testing.T, name string, atLeast int) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(shareddata.Read(t, "bank-ids/"+name)))).ReadAll()
	require.NoError(t, err)
	var list []map[string]string
	for _, row := range rows[1:] {
		m := make(map[string]string)
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		list = append(list, m)
	}
	require.GreaterOrEqual(t, len(list), atLeast, name)
	return list
}

// sharedLines reads the lines of a file that say something.
func sharedLines(t *testing.T, name string, atLeast int) []string {
	t.Helper()
	var list []string
	for line := range strings.Lines(string(shareddata.Read(t, "bank-ids/"+name))) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			list = append(list, line)
		}
	}
	require.GreaterOrEqual(t, len(list), atLeast, name)
	return list
}

// verdicts compares those of souk with what others expect.
type verdicts struct {
	reasons map[string]string // of the cases that are judged otherwise
	used    map[string]bool
}

func otherwise(reasons map[string]string) verdicts {
	return verdicts{reasons, make(map[string]bool)}
}

// judge takes the name of a case, what others expect, what souk says, and the texts
// that an error must not repeat.
func (v verdicts) judge(t *testing.T, name string, expected bool, err error, texts ...string) {
	t.Helper()
	if err != nil {
		requireDiscreet(t, err, texts...)
	}
	if (err == nil) == expected {
		require.NotContains(t, v.reasons, name, "souk agrees by now")
		return
	}
	require.Contains(t, v.reasons, name, "expected %v, got %v", expected, err)
	v.used[name] = true
}

func (v verdicts) done(t *testing.T) {
	t.Helper()
	require.ElementsMatch(t, slices.Collect(maps.Keys(v.reasons)), slices.Collect(maps.Keys(v.used)))
}

// requireDiscreet: what is refused is of class Invalid with a code, and the error
// does not repeat it.
func requireDiscreet(t testing.TB, err error, texts ...string) *ledger.Error {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, ledger.Invalid)
	require.NotEmpty(t, e.Code)
	for _, text := range texts {
		if len(text) > 12 { // shorter ones may be words of the message
			require.NotContains(t, err.Error(), text, "promise 68")
		}
	}
	return e
}
