package connect_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/scenario"
)

// Each row of the chart that is about money coming in, being moved and given credit
// for has a table of its own: a flow of its name, or one whose title names it. The
// matrix has every shape with everything that can happen to it, in every kind of
// currency.
func TestEveryRowHasItsTable(t *testing.T) {
	flows := map[string]string{}
	rows := map[string]bool{}
	for _, pattern := range []string{"*.txt", "*/*.txt"} {
		list, err := filepath.Glob(filepath.Join("testdata", pattern))
		require.NoError(t, err)
		for _, name := range list {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			parsed, err := scenario.Parse(name, string(text))
			require.NoError(t, err)
			for _, f := range parsed {
				flows[f.Name], rows[f.Name] = f.Title, true
				for _, m := range regexp.MustCompile(`^([A-Z]\d+):|\(([A-Z]\d+)\)`).FindAllStringSubmatch(f.Title, -1) {
					rows[m[1]+m[2]] = true
				}
			}
		}
	}
	for _, row := range strings.Fields("C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 X1 X2 X3 S3 T1 T2 T4 B1 B2 B3 F5 F6 R1 R2 R3 R4 R5 R6 R7 R8 R9 H4 V5 Z1 Z2 Z3") {
		require.True(t, rows[row], "nothing shows what %s posts", row)
	}
	for letter, shape := range map[string]string{"D": "Direct", "T": "Destination", "S": "Separate"} {
		for i, what := range []string{"charge", "partial capture", "failed later", "authentication asked", "soft decline", "held and released"} {
			for currency, how := range map[string]string{"USD": "in USD", "JPY": "in JPY", "KWD": "in KWD", "HUF": "in HUF", "EUR": "EUR settled in USD"} {
				name := "M" + letter + string(rune('1'+i)) + "-" + currency
				require.Equal(t, shape+", "+what+", "+how, flows[name], name)
			}
		}
	}
}
