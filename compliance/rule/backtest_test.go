package rule_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

// history yields payments of 1, 2, 3, … USD, every fifth of them in euros and disputed.
func history(n int) iter.Seq2[rule.Past, error] {
	return func(yield func(rule.Past, error) bool) {
		for i := range n {
			p := compliance.Payment{ID: fmt.Sprintf("ch_%02d", i), At: noon, Amount: usd(int64(100 * (i + 1)))}
			past := rule.Past{Payment: &p}
			if i%5 == 4 {
				p.Amount, past.Outcome = ledger.Minor(p.Amount.Minor(), ledger.EUR), "disputed"
			}
			if !yield(past, nil) {
				return
			}
		}
	}
}

// What a set would have done, rule by rule, and what changes against another.
func TestBackTest(t *testing.T) {
	now := compile(t, "block if amount > 25 USD\nreview if amount > 20 USD")
	next := compile(t, "small: allow if amount < 2 USD\nblock if amount > 23 USD\nreview if currency = \"EUR\" or amount > 21 USD\nreview if direct")
	var seen []string
	rep, err := rule.BackTest(context.Background(), next, now, func(yield func(rule.Past, error) bool) {
		for past, err := range history(30) {
			seen = append(seen, past.Payment.ID)
			if !yield(past, err) {
				return
			}
		}
	})
	require.NoError(t, err)
	require.Len(t, seen, 30)
	require.Equal(t, []any{next.Version(), now.Version(), 30}, []any{rep.Version, rep.Against, rep.Payments})

	// 30 payments: 6 of euros, which no rule of dollars can tell, and 24 of dollars.
	type row struct {
		rule    string
		decided int
		amounts string
		true    int
		unknown int
	}
	var rows []row
	for _, r := range rep.Rules {
		rows = append(rows, row{r.Name, r.Decided.Payments, totals(r.Decided), r.True, r.Unknown})
	}
	require.Equal(t, []row{
		{"small", 1, "USD 100 ", 1, 6},
		{"block 1", 5, "USD 13400 ", 5, 6},            // 24, 26, 27, 28, 29
		{"review 1", 8, "EUR 10500 USD 4500 ", 13, 0}, // six of euros, 22 and 23; those that block are true, too
		{"review 2", 0, "", 0, 30},
	}, rows)
	require.Equal(t, []int{1, 5, 8, 16}, []int{rep.Actions[0].Payments, rep.Actions[1].Payments, rep.Actions[2].Payments, rep.Actions[3].Payments})
	require.Equal(t, map[string]int{"disputed": 6}, rep.Actions[2].Outcomes)
	require.Nil(t, rep.Actions[1].Outcomes)

	var changes []string
	for _, c := range rep.Changes {
		changes = append(changes, fmt.Sprintf("%s→%s %d %s%v", c.From, c.Action, c.Payments, totals(c.Tally), c.Examples))
	}
	require.Equal(t, []string{
		"review→block 1 USD 2400 [ch_23]",
		"review→ 1 USD 2100 [ch_20]",
		"→allow 1 USD 100 [ch_00]",
		"→review 6 EUR 10500 [ch_04 ch_09 ch_14 ch_19 ch_24 ch_29]",
	}, changes)

	// The same set changes nothing, and none is compared with nothing.
	rep, err = rule.BackTest(context.Background(), next, next, history(30))
	require.NoError(t, err)
	require.Empty(t, rep.Changes)
	rep, err = rule.BackTest(context.Background(), next, nil, history(30))
	require.NoError(t, err)
	require.Empty(t, rep.Against+fmt.Sprint(rep.Changes)[2:])
	require.Len(t, rep.Actions, 4)
}

func totals(t rule.Tally) string {
	out := ""
	for _, a := range t.Amounts {
		out += a.Currency.String() + " " + a.Minor.String() + " "
	}
	return out
}

// A back-test asks rules after authorization as a payment does; sums may leave 64
// bits; examples are ten; errors end it.
func TestBackTestEnds(t *testing.T) {
	s := compile(t, "block if check.cvc = \"fail\"\nallow if direct\nreview if amount > 5 USD")
	past := func(list ...compliance.Payment) iter.Seq2[rule.Past, error] {
		return func(yield func(rule.Past, error) bool) {
			for _, p := range list {
				p.At = noon
				if !yield(rule.Past{Payment: &p}, nil) {
					return
				}
			}
		}
	}
	fails := compliance.Checks{CVC: "fail"}
	rep, err := rule.BackTest(context.Background(), s, nil, past(
		compliance.Payment{Amount: usd(600), Checks: fails}, compliance.Payment{Checks: fails}, compliance.Payment{Direct: compliance.True, Checks: fails},
		compliance.Payment{Amount: usd(600), Checks: compliance.Checks{CVC: "pass"}}, compliance.Payment{Amount: usd(100)}))
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 1, 1}, []int{rep.Actions[0].Payments, rep.Actions[1].Payments, rep.Actions[2].Payments, rep.Actions[3].Payments})
	require.Equal(t, []int{2, 3, 0}, []int{rep.Rules[0].Decided.Payments, rep.Rules[0].True, rep.Rules[0].Unknown})

	// What is under review stays so unless a late rule blocks.
	late := compile(t, "review if amount > 5 USD\nlate: allow if check.cvc = \"pass\"")
	rep, err = rule.BackTest(context.Background(), late, nil, past(
		compliance.Payment{Amount: usd(600), Checks: compliance.Checks{CVC: "pass"}}, compliance.Payment{Amount: usd(100), Checks: compliance.Checks{CVC: "pass"}}))
	require.NoError(t, err)
	require.Equal(t, []int{1, 0, 1, 0}, []int{rep.Actions[0].Payments, rep.Actions[1].Payments, rep.Actions[2].Payments, rep.Actions[3].Payments})

	var many []compliance.Payment
	for i := range 12 {
		many = append(many, compliance.Payment{ID: fmt.Sprint(i), Amount: usd(math.MaxInt64)})
	}
	rep, err = rule.BackTest(context.Background(), s, compile(t, ""), past(many...))
	require.NoError(t, err)
	require.Len(t, rep.Changes[0].Examples, 10)
	require.Equal(t, "USD 110680464442257309684 ", totals(rep.Actions[2]))

	gone := errors.New("the archive is gone")
	_, err = rule.BackTest(context.Background(), s, nil, func(yield func(rule.Past, error) bool) { yield(rule.Past{}, gone) })
	require.Equal(t, gone, err)
	_, err = rule.BackTest(context.Background(), s, nil, func(yield func(rule.Past, error) bool) { yield(rule.Past{}, nil) })
	typed(t, err, "missing_argument", "payment")
	_, err = rule.BackTest(context.Background(), s, nil, func(yield func(rule.Past, error) bool) {
		yield(rule.Past{Payment: &compliance.Payment{}}, nil)
	})
	typed(t, err, "missing_argument", "payment.at")
	p := compliance.Payment{Buyer: compliance.Buyer{Email: "a@example.com"}, Counter: &counter{err: gone}}
	counted := compile(t, "block if count(charges by email in 1h) > 2")
	_, err = rule.BackTest(context.Background(), s, counted, past(p))
	require.Equal(t, gone, err)
	_, err = rule.BackTest(context.Background(), counted, nil, past(p))
	require.Equal(t, gone, err)
}
