package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

// The tables of Kleene's logic, written out: rows are the left side, in the order
// false, unknown, true.
var (
	andTable = [3][3]compliance.Truth{{no, no, no}, {no, maybe, maybe}, {no, maybe, yes}}
	orTable  = [3][3]compliance.Truth{{no, maybe, yes}, {maybe, maybe, yes}, {yes, yes, yes}}
	notTable = [3]compliance.Truth{yes, maybe, no}
)

// The language keeps the tables, for all values of two attributes.
func TestTruthTables(t *testing.T) {
	for a := no; a <= yes; a++ {
		for b := no; b <= yes; b++ {
			p := compliance.Payment{Direct: a, Auth: compliance.Auth{OffSession: b}}
			require.Equal(t, andTable[a+1][b+1], truthOf(t, "direct and off_session", p))
			require.Equal(t, orTable[a+1][b+1], truthOf(t, "direct or off_session", p))
		}
		p := compliance.Payment{Direct: a}
		require.Equal(t, notTable[a+1], truthOf(t, "not direct", p))
		require.Equal(t, compliance.TruthOf(a == maybe), truthOf(t, "direct is missing", p))
		require.Equal(t, compliance.TruthOf(a != maybe), truthOf(t, "direct is not missing", p))
	}
}

// tree is a condition of the reference: its text and its truth, which is reckoned by
// the tables and shares nothing with the language.
type tree struct {
	text  string
	truth compliance.Truth
	whole bool // it needs no parentheses as a part
}

// world is a payment as the reference knows it; −1 and "" are missing.
type world struct {
	bools   [3]compliance.Truth
	minor   int64
	country string
	sells   []string // nil is missing
	age     int      // days
	count   int
	meta    string
}

func drawWorld(t *rapid.T) world {
	w := world{minor: rapid.Int64Range(-1, 5).Draw(t, "minor"), age: rapid.IntRange(-1, 5).Draw(t, "age"), count: rapid.IntRange(-1, 5).Draw(t, "count")}
	for i := range w.bools {
		w.bools[i] = compliance.Truth(rapid.IntRange(-1, 1).Draw(t, "bool"))
	}
	w.country = rapid.SampledFrom([]string{"", "US", "ca", "Fr"}).Draw(t, "country")
	w.meta = rapid.SampledFrom([]string{"", "x", "X", "2", "2.0"}).Draw(t, "meta")
	if rapid.Bool().Draw(t, "sells") {
		w.sells = rapid.SliceOfN(rapid.SampledFrom([]string{"US", "CA", "fr"}), 0, 3).Draw(t, "countries")
	}
	return w
}

func (w world) payment() compliance.Payment {
	p := compliance.Payment{Direct: w.bools[0], Auth: compliance.Auth{OffSession: w.bools[1], Recurring: w.bools[2]}, Card: compliance.Card{Country: w.country}}
	if w.minor >= 0 {
		p.Amount = usd(w.minor)
	}
	if w.sells != nil {
		p.Seller.Countries = append([]string{}, w.sells...)
	}
	if w.age >= 0 {
		p.Seller.Created = noon.AddDate(0, 0, -w.age)
	}
	if w.meta != "" {
		p.Metadata = map[string]string{"m": w.meta}
	}
	c := &counter{answers: map[string]compliance.Value{}}
	if w.count >= 0 {
		c.answers[" charges by plat"] = compliance.OfWhole(int64(w.count))
	}
	p.Platform, p.Counter = "plat", c
	return p
}

var signs = map[string]func(n int) bool{
	"=": func(n int) bool { return n == 0 }, "!=": func(n int) bool { return n != 0 }, "<": func(n int) bool { return n < 0 },
	"<=": func(n int) bool { return n <= 0 }, ">": func(n int) bool { return n > 0 }, ">=": func(n int) bool { return n >= 0 },
}

// leaf draws a condition without parts.
func (w world) leaf(t *rapid.T) tree {
	sign := rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">="}).Draw(t, "sign")
	with := rapid.IntRange(0, 5).Draw(t, "with")
	known := func(is bool, truth bool) compliance.Truth {
		if !is {
			return maybe
		}
		return compliance.TruthOf(truth)
	}
	upper := strings.ToUpper(w.country)
	place := rapid.SampledFrom([]string{"US", "CA", "FR"}).Draw(t, "place")
	sells := false
	for _, s := range w.sells {
		sells = sells || strings.ToUpper(s) == upper
	}
	switch rapid.IntRange(0, 9).Draw(t, "leaf") {
	case 0:
		return tree{fmt.Sprintf("amount %s 0.0%d USD", sign, with), known(w.minor >= 0, signs[sign](int(w.minor)-with)), true}
	case 1:
		return tree{fmt.Sprintf("seller.age_days %s %d", sign, with), known(w.age >= 0, signs[sign](w.age-with)), true}
	case 2:
		return tree{fmt.Sprintf("seller.age %s %dh", sign, with*24), known(w.age >= 0, signs[sign](w.age-with)), true}
	case 3:
		return tree{fmt.Sprintf("count(charges by platform in 1h) %s %d", sign, with), known(w.count >= 0, signs[sign](w.count-with)), true}
	case 4:
		return tree{fmt.Sprintf("card.country = '%s'", place), known(upper != "", upper == place), true}
	case 5:
		return tree{"card.country not in seller.countries", known(upper != "" && w.sells != nil, !sells), true}
	case 6:
		return tree{fmt.Sprintf("card.country in ('%s', \"DE\")", place), known(upper != "", upper == place), true}
	case 7:
		return tree{"card.country is missing", compliance.TruthOf(upper == ""), true}
	case 8:
		if rapid.Bool().Draw(t, "as text") {
			return tree{"metadata.m = 'x'", known(w.meta != "", w.meta == "x"), true}
		}
		return tree{fmt.Sprintf("metadata.m %s %d", sign, with), known(w.meta == "2" || w.meta == "2.0", signs[sign](2-with)), true}
	}
	i := rapid.IntRange(0, 2).Draw(t, "bool")
	return tree{[]string{"direct", "off_session", "recurring"}[i], w.bools[i], true}
}

// condition draws a condition up to a depth.
func (w world) condition(t *rapid.T, depth int) tree {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "deeper") == 0 {
		return w.leaf(t)
	}
	sub := func() (string, compliance.Truth) {
		s := w.condition(t, depth-1)
		if !s.whole || rapid.IntRange(0, 3).Draw(t, "parentheses") == 0 {
			s.text = "(" + s.text + ")"
		}
		return s.text, s.truth
	}
	a, x := sub()
	switch rapid.IntRange(0, 2).Draw(t, "op") {
	case 0:
		return tree{"not " + a, notTable[x+1], false}
	case 1:
		b, y := sub()
		return tree{a + " and " + b, andTable[x+1][y+1], false}
	}
	b, y := sub()
	return tree{a + " or " + b, orTable[x+1][y+1], false}
}

// Whatever is written, the language and the reference agree about it.
func TestAgainstReference(t *testing.T) {
	seen := map[compliance.Truth]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		c := w.condition(t, 4)
		seen[c.truth]++
		require.Equal(t, c.truth, truthOf(t, c.text, w.payment()), c.text)
		s := compile(t, "block if "+c.text)
		again := compile(t, s.Text())
		require.Equal(t, []string{s.Text(), s.Version()}, []string{again.Text(), again.Version()})
		d := decide(t, s, w.payment())
		require.Equal(t, d, decide(t, again, w.payment()))
		require.Equal(t, c.truth == yes, len(d.Because) > 0)
		require.Equal(t, c.truth == maybe, len(d.Undecided) > 0)
		for _, u := range d.Undecided {
			require.NotEmpty(t, u.Missing, c.text)
		}
	})
	require.Len(t, seen, 3)
}

// Every reason of a decision is true by itself, and what is said to be missing is: if
// nothing but the reasons held, the rule would be true still.
func TestReasonsSuffice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		c := w.condition(t, 4)
		p := w.payment()
		d := decide(t, compile(t, "block if "+c.text), p)
		for _, r := range d.Because {
			require.Equal(t, yes, truthOf(t, r.Term, p), "%s of %s", r.Term, c.text)
		}
		for _, u := range d.Undecided {
			for _, name := range u.Missing {
				if strings.HasPrefix(name, "count(") || strings.HasSuffix(name, "metadata.m") && w.meta != "" {
					continue
				}
				require.Equal(t, yes, truthOf(t, name+" is missing", p), "%s of %s", name, c.text)
			}
		}
	})
}

// Knowing more never turns what is known: a condition that is true or false while
// something is missing stays so, whatever that turns out to be.
func TestKnowingMoreTurnsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		more := drawWorld(t)
		// Conditions of what is missing are about just that, and are left out.
		c := w.condition(t, 3)
		if strings.Contains(c.text, "missing") {
			return
		}
		full := w
		for i := range full.bools {
			if full.bools[i] == maybe {
				full.bools[i] = more.bools[i]
			}
		}
		if full.minor < 0 {
			full.minor = more.minor
		}
		if full.country == "" {
			full.country = more.country
		}
		if full.sells == nil {
			full.sells = more.sells
		}
		if full.age < 0 {
			full.age = more.age
		}
		if full.count < 0 {
			full.count = more.count
		}
		if full.meta == "" {
			full.meta = more.meta
		}
		if before := truthOf(t, c.text, w.payment()); before != maybe {
			require.Equal(t, before, truthOf(t, c.text, full.payment()), c.text)
		}
	})
}

// like against a matcher that tries everything.
func TestLikeAgainstReference(t *testing.T) {
	var match func(text, pattern string) bool
	match = func(text, pattern string) bool {
		if pattern == "" {
			return text == ""
		}
		if pattern[0] == '%' {
			return match(text, pattern[1:]) || text != "" && match(text[1:], pattern)
		}
		return text != "" && text[0] == pattern[0] && match(text[1:], pattern[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching("[ab]{1,4}").Draw(t, "text")
		pattern := rapid.StringMatching("[ab%]{1,5}").Draw(t, "pattern")
		p := compliance.Payment{Description: text, TransferGroup: text}
		for _, attr := range []string{"description", "transfer_group"} {
			require.Equal(t, compliance.TruthOf(match(text, pattern)), truthOf(t, attr+" like '"+pattern+"'", p))
			plain := strings.ReplaceAll(pattern, "%", "")
			if plain != "" {
				require.Equal(t, compliance.TruthOf(strings.Contains(text, plain)), truthOf(t, attr+" includes '"+plain+"'", p))
			}
		}
	})
}

// Amounts against exact decimals, in currencies of 0 to 12 digits.
func TestAmountsAgainstDecimals(t *testing.T) {
	usdc, err := ledger.Asset("WEI/12")
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom([]ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD, ledger.BTC, usdc}).Draw(t, "currency")
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		if rapid.Bool().Draw(t, "close") {
			b = max(a, a+rapid.Int64Range(-1, 1).Draw(t, "off"))
		}
		sign := rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">="}).Draw(t, "sign")
		want := signs[sign](ledger.Minor(a, c).Decimal().Cmp(ledger.Minor(b, c).Decimal()))
		require.Equal(t, compliance.TruthOf(want), truthOf(t, "amount "+sign+" "+ledger.Minor(b, c).String(), compliance.Payment{Amount: ledger.Minor(a, c)}))
	})
	_, err = rule.Compile("block if amount = 1.0000000000001 WEI/12", rule.Options{})
	require.Error(t, err)
}
