package souk_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	citation = regexp.MustCompile(`(?i)\b(promise|edge[- ]case|identit)(?:s|y|ies)? ((?:\d+(?:, and |, | and | to )?)+)`)
	newLine  = regexp.MustCompile(`\n\s*(?://)? *`)
	tableRow = regexp.MustCompile(`(?m)^\| (\d+) \|`)
)

// cited adds the numbers that a text cites: "promises 1, 3 and 35", "edge-cases
// 79 to 82".
func cited(text string, into map[string]map[int]bool) {
	for _, m := range citation.FindAllStringSubmatch(newLine.ReplaceAllString(text, " "), -1) {
		kind := strings.ReplaceAll(strings.ToLower(m[1]), " ", "-")
		list := strings.Fields(strings.ReplaceAll(m[2], ",", " "))
		for i, word := range list {
			n, err := strconv.Atoi(word)
			if err != nil {
				continue
			}
			if into[kind][n] = true; i >= 2 && list[i-1] == "to" {
				first, _ := strconv.Atoi(list[i-2])
				for ; first < n; first++ {
					into[kind][first] = true
				}
			}
		}
	}
}

// TestCitations: lists and ranges are read whole, over the end of a line too.
func TestCitations(t *testing.T) {
	for text, want := range map[string]map[string][]int{
		"the end (promises 1, 7, 9).":                   {"promise": {1, 7, 9}},
		"Promises 1 to 3, 18.":                          {"promise": {1, 2, 3, 18}},
		"(promises 1, 2,\n// 35 and 71; edge-case 3)":   {"promise": {1, 2, 35, 71}, "edge-case": {3}},
		`"promise 14, edge cases 63, 77", newsIsWhole`:  {"promise": {14}, "edge-case": {63, 77}},
		"edge-cases\n  79 to 82, and 97":                {"edge-case": {79, 80, 81, 82, 97}},
		"promise 6: 7 wraps":                            {"promise": {6}},
		"identity 7 of the chart; identities 2 and 5":   {"identit": {2, 5, 7}},
		"what a partner promises, 3 times; the edge, 4": {},
	} {
		is := map[string]map[int]bool{"promise": {}, "edge-case": {}, "identit": {}}
		cited(text, is)
		for kind, numbers := range is {
			require.ElementsMatch(t, want[kind], slices.Collect(maps.Keys(numbers)), "%s in %q", kind, text)
		}
	}
}

// TestCitedNumbersAreListed: what tests say that they prove stands in
// docs/promises.md, and what stands there is proved somewhere.
func TestCitedNumbersAreListed(t *testing.T) {
	list := filepath.Join("docs", "promises.md")
	is := map[string]map[int]bool{"promise": {}, "edge-case": {}, "identit": {}}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || ext != ".go" && ext != ".txt" && ext != ".md" || path == "cited_test.go" || path == list {
			return err
		}
		text, err := os.ReadFile(path)
		cited(string(text), is)
		return err
	})
	require.NoError(t, err)
	text, err := os.ReadFile(list)
	require.NoError(t, err)
	listed := map[string]map[int]bool{}
	parts := strings.Split(string(text), "\n## ")
	for i, kind := range []string{"promise", "edge-case", "identit"} {
		listed[kind] = map[int]bool{}
		for _, m := range tableRow.FindAllStringSubmatch(parts[i+1], -1) {
			n, _ := strconv.Atoi(m[1])
			listed[kind][n] = true
		}
		for n := range is[kind] {
			require.True(t, listed[kind][n], "%s %d is cited and not listed", kind, n)
		}
		for n := range listed[kind] {
			require.True(t, is[kind][n], "%s %d is listed and not cited", kind, n)
		}
	}
}
