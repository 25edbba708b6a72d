package rule_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance/rule"
)

// A text has one form, which keeps comments with their rules.
func TestFormat(t *testing.T) {
	for text, want := range map[string]string{
		"":                                         "",
		"BLOCK IF amount>5 USD":                    "block if amount > 5 USD\n",
		"block if not card.country in ('US')":      "block if card.country not in (\"US\")\n",
		"block if not (card.country is missing)":   "block if card.country is not missing\n",
		"block if not not direct":                  "block if not not direct\n",
		"block if (a and (b and c)) or (d)":        "block if a and b and c or d\n",
		"block if a and (b or c) and not (d or e)": "block if a and (b or c) and not (d or e)\n",
		"block if not (a = b) and not a":           "block if not a = b and not a\n",
		"block if not(x not like '%a')":            "block if not x not like \"%a\"\n",
		`x-1: block if a "two words": review if b`: "x-1: block if a\n\"two words\": review if b\n",
		`"x": block if a 'if': allow if b`:         "x: block if a\n\"if\": allow if b\n",
		`block if a = 'say "\\"'`:                  "block if a = \"say \\\"\\\\\\\"\"\n",
		`block if metadata["zip"] = metadata.in or metadata["a b"] = metadata["é\""]`:                "block if metadata.zip = metadata.in or metadata[\"a b\"] = metadata[\"é\\\"\"]\n",
		"block if customer.metadata.a.b-c = 'x'":                                                     "block if customer.metadata.a.b-c = \"x\"\n",
		"block if count( failed charges by card.fingerprint IN ALL )>3":                              "block if count(failed charges by card.fingerprint in all) > 3\n",
		"block if since(charges by email)<1h":                                                        "block if since(charges by email) < 1h\n",
		"block if amount in(1 USD,2.50 USDC/6)":                                                      "block if amount in (1 USD, 2.50 USDC/6)\n",
		"block if a > 5 ALL: block if b":                                                             "block if a > 5\nALL: block if b\n",
		"block if a > 5 ALL":                                                                         "block if a > 5 ALL\n",
		"#  one\n#two\nblock if a # three\n  and # four\n b\n# five\nallow if c # six\n#\n# seven  ": "#  one\n# two\n# three\n# four\nblock if a and b\n# five\n# six\nallow if c\n#\n# seven\n",
	} {
		got, err := rule.Format(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		again, err := rule.Format(got)
		require.NoError(t, err, got)
		require.Equal(t, got, again)
	}
	_, err := rule.Format("block if")
	refused(t, err, "1:9")
}

// The version is of what rules say, and of what their names mean.
func TestVersion(t *testing.T) {
	base := compile(t, "a: block if direct or recurring").Version()
	require.Len(t, base, 16)
	for text, same := range map[string]bool{
		"# why\n a : BLOCK if (direct)\nor recurring": true, "b: block if direct or recurring": false, "block if direct or recurring": false,
		"a: review if direct or recurring": false, "a: block if recurring or direct": false,
	} {
		require.Equal(t, same, base == compile(t, text).Version(), text)
	}
	version := func(of rule.Type) string {
		return compile(t, `block if host.x = "1"`, rule.Options{Host: []rule.Attribute{{Name: "host.x", Type: of}}}).Version()
	}
	require.NotEqual(t, version(rule.Text), version(rule.Exact))
	lists := func(l *rule.List) string {
		return compile(t, "block if description in @a", rule.Options{Lists: map[string]*rule.List{"a": l}}).Version()
	}
	require.NotEqual(t, lists(listOf(t, rule.Text, "x")), lists(listOf(t, rule.Exact, "x")))
	require.Equal(t, lists(listOf(t, rule.Text, "x")), lists(listOf(t, rule.Text, "y")))
}
