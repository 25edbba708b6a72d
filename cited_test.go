package souk_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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

// TestCitedNumbersAreListed: what tests say that they prove stands in
// docs/promises.md, and what stands there is proved somewhere.
func TestCitedNumbersAreListed(t *testing.T) {
	is := map[string]map[int]bool{"promise": {}, "edge-case": {}, "identit": {}}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || ext != ".go" && ext != ".txt" || path == "cited_test.go" {
			return err
		}
		text, err := os.ReadFile(path)
		cited(string(text), is)
		return err
	})
	require.NoError(t, err)
	text, err := os.ReadFile("docs/promises.md")
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
