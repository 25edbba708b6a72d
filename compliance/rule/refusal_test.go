package rule_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
)

// What is wrong is refused when it is compiled, at its line and column, with what
// should stand there.
func TestRefusals(t *testing.T) {
	o := rule.Options{Lists: map[string]*rule.List{"words": listOf(t, rule.Text, "a"), "countries": listOf(t, rule.Country, "US"), "ids": listOf(t, rule.Exact, "a")}}
	for text, want := range map[string][2]string{
		// The form.
		"if off_session":                                 {"1:1", `"allow", "block" or "review", or a rule's name and a colon`},
		"block off_session":                              {"1:7", `"if"`},
		"block if":                                       {"1:9", `an attribute, a count, "not" or "("`},
		"block if off_session and":                       {"1:25", `an attribute, a count, "not" or "("`},
		"block if off_session off_session":               {"1:22", `"and", "or" or the next rule`},
		"block if (off_session":                          {"1:22", `"and", "or" or ")"`},
		"block if off_session)":                          {"1:21", `"and", "or" or the next rule`},
		"block if ()":                                    {"1:11", `an attribute, a count, "not" or "("`},
		"a: b: block if off_session":                     {"1:4", `"allow", "block" or "review"`},
		"block: block if off_session":                    {"1:1", "a name of letters, digits and dashes, or one in quotes"},
		"7: block if off_session":                        {"1:1", "a name of letters, digits and dashes, or one in quotes"},
		`"": block if off_session`:                       {"1:1", "a name of 1 to 60 characters without space around it"},
		`" a": block if off_session`:                     {"1:1", "a name of 1 to 60 characters without space around it"},
		"a: block if direct\na: block if recurring":      {"2:1", "a name of its own"},
		"\"block 1\": review if direct\nblock if direct": {"2:1", "a name of its own"},
		"block if direct && recurring":                   {"1:17", `"and"`},
		"block if direct || recurring":                   {"1:17", `"or"`},
		"block if !direct":                               {"1:10", `!= or "not"`},
		"block if amount == 5 USD":                       {"1:17", "="},
		"block if amount <> 5 USD":                       {"1:18", "a text in quotes, a number, an amount like 500 USD, a duration like 24h or an attribute"},
		"block if 5 USD < amount":                        {"1:10", `an attribute, a count, "not" or "("`},
		"block if amount > 5,000 USD":                    {"1:20", `"and", "or" or the next rule`},
		"block if amount > 5USD":                         {"1:20", "a space after the number, or a unit of time (s, m, h, d, w)"},
		"block if amount > 5 usd":                        {"1:21", `a currency in capitals, "and", "or" or the next rule`},
		"block if amount > - 5 USD":                      {"1:19", "a number after the minus"},
		"block if amount > .5 USD":                       {"1:19", "a word, a number, a text in quotes or an operator"},
		"block if amount > 05 USD":                       {"1:19", "an amount of at most 2 decimals that can be counted"},
		"block if card.country is lost":                  {"1:26", `"missing" or "not missing"`},
		"block if card.country not \"US\"":               {"1:27", `"in", "like" or "includes" after "not"`},
		"block if card.country in US":                    {"1:26", "an attribute"},
		"block if card.country in (\"US\"":               {"1:31", `"," or ")"`},
		"block if card.country in ()":                    {"1:27", "a text in quotes, a number or an amount"},
		"block if card.country in @":                     {"1:27", "the name of a list"},
		"block if card.brand = \"visa":                   {"1:28", `the end of the text that begins at 1:23: "`},
		"block if card.brand = 'visa\nx'":                {"1:28", "the end of the text that begins at 1:23: '"},
		`block if card.brand = "a\n"`:                    {"1:26", `\\, \" or \'`},
		"block if card.brand = \"a\tb\"":                 {"1:25", "text that can be seen"},
		"block if card.brand = \"a\u202eb\"":             {"1:25", "text that can be seen"},
		"block if direct # \x00":                         {"1:19", "text that can be seen"},
		"block if é = 1":                                 {"1:10", "a word, a number, a text in quotes or an operator"},
		"# é\n\tblock if \xff":                           {"2:11", "text in UTF-8"},
		"block if card.brand like 5":                     {"1:26", "a text in quotes"},
		"block if metadata[zip] = \"x\"":                 {"1:19", "a key of metadata in quotes"},
		"block if metadata[\"zip\" = \"x\"":              {"1:25", "]"},
		"block if amount[\"zip\"] = \"x\"":               {"1:16", ""},

		"block if amount > 5 USD and nothing > 1":       {"1:29", "an attribute"},
		"block if card.country = nothing":               {"1:25", "an attribute"},
		"block if card.country in nothing":              {"1:26", "an attribute"},
		"block if seller.countries includes nothing":    {"1:36", "an attribute"},
		"block if count(charges by nothing in 1h) > 1":  {"1:27", "an attribute"},
		"block if count(charges by metadata in 1h) > 1": {"1:27", "a key, like metadata.trusted"},
		"block if sum(charges by email in 1h) > 5 XXX":  {"1:40", "a currency (ISO 4217), or an asset with its digits like USDC/6"},
		"block if since(charges by email) > 9999d":      {"1:36", "a duration of at most 1830d"},
		"block if seller.countries = card.country":      {"1:10", `"includes" after a list`},
		"block if seller.countries in (\"US\")":         {"1:10", `"includes" after a list`},

		// The types: those that Radar refuses, too.
		`block if risk.level < "highest"`:                            {"1:21", "= or !="},
		`block if card.country = "Germany"`:                          {"1:25", `a country's code, like "US" (ISO 3166-1)`},
		`block if card.country = "UK"`:                               {"1:25", `a country's code, like "US" (ISO 3166-1)`},
		`block if risk.score > "seventy"`:                            {"1:23", "a number"},
		`block if ip.anonymous = "true"`:                             {"1:23", "no operator"},
		"block if ip.anonymous in (1)":                               {"1:10", "no operator"},
		"block if card.brand":                                        {"1:10", "an operator after card.brand"},
		"block if seller.countries":                                  {"1:10", `"includes" after a list`},
		`block if seller.countries = "US"`:                           {"1:10", `"includes" after a list`},
		"block if amount > 500":                                      {"1:19", "an amount with its currency, like 500 USD"},
		"block if seller.age_days < 7 USD":                           {"1:28", "a number"},
		"block if seller.age_days < 7d":                              {"1:28", "a number"},
		"block if seller.age < 7":                                    {"1:23", "a duration, like 24h"},
		"block if seller.age in (7)":                                 {"1:24", "no list"},
		"block if amount > fee.rate":                                 {"1:19", "an attribute"},
		"block if amount > risk.score":                               {"1:19", "an amount"},
		"block if amount > lines.sellers":                            {"1:19", `"includes" after a list`},
		"block if amount = direct":                                   {"1:19", "no operator"},
		"block if card.country = currency":                           {"1:25", "a country"},
		`block if currency = "Dollars"`:                              {"1:21", `a currency's code, like "USD" (ISO 4217)`},
		`block if currency = "usd"`:                                  {"1:21", `a currency's code, like "USD" (ISO 4217)`},
		"block if currency = 5":                                      {"1:21", `a currency's code in quotes, like "USD"`},
		"block if card.country = 5":                                  {"1:25", `a country's code in quotes, like "US"`},
		"block if card.brand = 5":                                    {"1:23", "a text in quotes"},
		`block if card.brand = ""`:                                   {"1:23", "a text that is not empty"},
		`block if card.funding = "debt"`:                             {"1:25", `"credit", "debit", "prepaid" or "unknown"`},
		`block if check.cvc = "Pass"`:                                {"1:22", `"pass", "fail", "unavailable", "unchecked" or "not_provided"`},
		`block if kind in ("refund")`:                                {"1:19", `"charge" or "transfer"`},
		"block if card.country in card.brand":                        {"1:26", "a list"},
		"block if risk.score in seller.countries":                    {"1:24", "a list of what risk.score is"},
		"block if card.country in seller.currencies":                 {"1:26", "a list of what card.country is"},
		`block if risk.score in (1, "a")`:                            {"1:28", "a number"},
		`block if metadata.a in (1, "a")`:                            {"1:28", "items of one type"},
		`block if metadata.a in ("a", 1)`:                            {"1:30", "items of one type"},
		"block if card.country in @words":                            {"1:26", "a list of what card.country is: a country"},
		"block if amount in @words":                                  {"1:20", "a list of what amount is: an amount"},
		"block if currency in @countries":                            {"1:22", "a list of what currency is: a currency"},
		`block if amount like "5%"`:                                  {"1:10", "text"},
		`block if seller.countries like "U%"`:                        {"1:10", "text"},
		`block if seller.countries includes "France"`:                {"1:36", `a country's code, like "US" (ISO 3166-1)`},
		"block if seller.countries includes currency":                {"1:36", "a country"},
		"block if description includes lines.sellers":                {"1:31", "text"},
		"block if description includes 5":                            {"1:31", "a text in quotes or an attribute"},
		"block if metadata = \"x\"":                                  {"1:10", "a key, like metadata.trusted"},
		`block if metadata["` + strings.Repeat("k", 41) + `"] = "x"`: {"1:10", "a key of at most 40 characters without square brackets"},

		// Money: digits that the currency does not have are no smaller amount (edge-case 14).
		"block if amount > 5.001 USD":                      {"1:19", "an amount of at most 2 decimals that can be counted"},
		"block if amount > 0.5 JPY":                        {"1:19", "an amount of at most 0 decimals that can be counted"},
		"block if amount > 99999999999999999999 USD":       {"1:19", "an amount of at most 2 decimals that can be counted"},
		"block if amount > 5 XXX":                          {"1:19", "a currency (ISO 4217), or an asset with its digits like USDC/6"},
		"block if amount > 5 USDC":                         {"1:19", "a currency (ISO 4217), or an asset with its digits like USDC/6"},
		"block if seller.age > 9999d":                      {"1:23", "a duration of at most 1830d"},
		"block if risk.score > " + strings.Repeat("9", 31): {"1:23", "a plain decimal number of at most 30 digits"},

		// Counts.
		"block if count(charges by email in 1h)":               {"1:10", "=, !=, <, <=, > or >= after a count"},
		"block if count(charges by email in 1h) in (1)":        {"1:10", "=, !=, <, <=, > or >= after a count"},
		"block if count(charges by email in 1h) > 1.5 USD":     {"1:42", "a number"},
		"block if count(charges by email in 1h) > -1":          {"1:42", "a number of 0 to 10,000"},
		"block if count(charges by email in 1h) > 10001":       {"1:42", "a number of 0 to 10,000"},
		"block if count(charges by email in 1h) > risk.score":  {"1:42", "a number"},
		"block if sum(charges by email in 1h) > 5":             {"1:40", "an amount with its currency, like 500 USD"},
		"block if sum(charges by email in 1h) is missing":      {"1:10", "a comparison with an amount"},
		"block if since(charges by email) > 5":                 {"1:36", "a duration, like 24h"},
		"block if since(charges by email in 1h) > 5h":          {"1:33", `")"`},
		"block if sum(cards by email in 1h) > 5 USD":           {"1:10", "charges, transfers or disputes"},
		"block if count(failed disputes by email in 1h) > 1":   {"1:10", "charges with a status, blocked transfers or fraudulent customers"},
		"block if count(fraudulent cards by email in 1h) > 1":  {"1:10", "charges with a status, blocked transfers or fraudulent customers"},
		"block if count(failed transfers by seller in 1h) > 1": {"1:10", "charges with a status, blocked transfers or fraudulent customers"},
		"block if count(refunds by email in 1h) > 1":           {"1:16", `"charges", "transfers", "disputes", "cards", "emails", "names", "customers" or "ips"`},
		"block if total(charges by email in 1h) > 1":           {"1:10", `"count", "sum", "average" or "since" before "("`},
		"block if count(charges of email in 1h) > 1":           {"1:24", `"by"`},
		"block if count(charges by 5 in 1h) > 1":               {"1:27", "an attribute that is the same, like card.fingerprint"},
		"block if count(charges by amount in 1h) > 1":          {"1:27", "an attribute that payments are counted by, like card.fingerprint, email, ip, customer or seller"},
		"block if count(charges by metadata.x in 1h) > 1":      {"1:27", "an attribute that payments are counted by, like card.fingerprint, email, ip, customer or seller"},
		"block if count(charges by email within 1h) > 1":       {"1:33", `"in" and a window, like 24h`},
		"block if count(charges by email in 5) > 1":            {"1:36", `a window: a duration like 24h or 7d, or "all"`},
		"block if count(charges by email in 0h) > 1":           {"1:10", `a window of 1s to 1830d, or "all"`},
		"block if count(charges by email in 1831d) > 1":        {"1:10", `a window of 1s to 1830d, or "all"`},
		"block if count(charges by email in 1h > 1":            {"1:39", `")"`},
		"block if amount > sum(charges by email in all)":       {"1:19", "a value: a count stands on the left"},
	} {
		_, err := rule.Compile(text, o)
		require.Error(t, err, text)
		require.Equal(t, want[1], refused(t, err, want[0]).Expected, text)
	}
}

// A name that is nearly one is guessed.
func TestSuggestions(t *testing.T) {
	for name, want := range map[string]string{
		"card.contry": "card.country", "ammount": "amount", "card_country": "card.country", "fingerprint": "card.fingerprint", "age_days": "seller.age_days",
		"SELLER.AGE": "", "something.else.entirely": "", strings.Repeat("x", 100): "",
	} {
		_, err := rule.Compile("block if "+name+" is missing", rule.Options{})
		e := refused(t, err, "1:10")
		require.Equal(t, "unknown_attribute", e.Code)
		if want == "" {
			require.Empty(t, e.Msg, name)
			continue
		}
		require.Equal(t, "did you mean "+want+"?", e.Msg, name)
	}
}

// An error shows the line and points into it.
func TestPointed(t *testing.T) {
	_, err := rule.Compile("# é\nblock if card.country = \"Ģermany\" and direct", rule.Options{})
	e := refused(t, err, "2:25")
	require.Equal(t, "2:25: expected a country's code, like \"US\" (ISO 3166-1), found \"Ģermany\"\n"+
		"  block if card.country = \"Ģermany\" and direct\n"+
		"                          ^", e.Pointed())
	require.Equal(t, `rule: invalid: rules: 2:25: expected a country's code, like "US" (ISO 3166-1), found "Ģermany"`, err.Error())
	_, err = rule.Compile("block if direct and "+strings.Repeat("direct and ", 30)+"5", rule.Options{})
	e = refused(t, err, "1:351")
	lines := strings.Split(e.Pointed(), "\n")
	require.Len(t, []rune(lines[1]), 2+61)
	require.Equal(t, strings.Repeat(" ", 2+60)+"^", lines[2])
}

// Every limit holds (promise 70), with its own code.
func TestLimits(t *testing.T) {
	repeat := strings.Repeat
	many := func(n int, f func(int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	nots := func(n int) string { return "block if " + repeat("not ", n) + "direct" }
	items := func(n int) string { return `"US"` + repeat(`, "US"`, n-1) }
	count := func(i int) string { return "block if count(charges by email in " + strconv.Itoa(i+1) + "h) > 1\n" }
	for name, c := range map[string]struct{ fits, not, code string }{
		"rules":      {repeat("block if direct\n", 200), repeat("block if direct\n", 201), "too_many_rules"},
		"length":     {"#" + repeat("x", 65533), "#" + repeat("x", 65536), "rules_too_long"},
		"as written": {"#" + repeat("x", 65533), "#" + repeat("x", 65534), "rules_too_long"},
		"nodes":      {"block if direct" + repeat(" or direct", 198), "block if direct" + repeat(" or direct", 200), "rule_too_complex"},
		"all nodes":  {repeat(nots(32)+" and "+repeat("not ", 15)+"direct\n", 200), repeat(nots(32)+" and "+repeat("not ", 16)+"direct\n", 200), "rule_too_complex"},
		"depth":      {"block if " + repeat("(", 32) + "direct" + repeat(")", 32), "block if " + repeat("(", 33) + "direct" + repeat(")", 33), "rule_too_complex"},
		"nots":       {nots(32), nots(33), "rule_too_complex"},
		"items":      {"block if card.country in (" + items(200) + ")", "block if card.country in (" + items(201) + ")", "rule_too_complex"},
		"text":       {`block if description = "` + repeat("x", 500) + `"`, `block if description = "` + repeat("x", 501) + `"`, "invalid_rule"},
		"name":       {`"` + repeat("é", 60) + `": block if direct`, `"` + repeat("é", 61) + `": block if direct`, "invalid_rule"},
		"questions":  {many(50, count), many(51, count), "rule_too_complex"},
	} {
		_, err := rule.Compile(c.fits, rule.Options{})
		require.NoError(t, err, name)
		_, err = rule.Compile(c.not, rule.Options{})
		var e *rule.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, c.code, e.Code, name)
	}
	_, err := rule.Compile(repeat("(", 1<<16), rule.Options{})
	require.Error(t, err)
}

// An empty text has no rules, and nothing to say.
func TestNoRules(t *testing.T) {
	s := compile(t, " \n\t# nothing yet\n")
	require.Equal(t, compliance.Decision{Version: s.Version()}, decide(t, s, one()))
	require.Empty(t, s.Rules())
	require.Equal(t, "# nothing yet\n", s.Text())
}
