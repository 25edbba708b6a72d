package rule_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

// What is counted, by what, over which window: as it is asked.
func TestQuestions(t *testing.T) {
	s := compile(t, `
		block if count(declined charges by card.fingerprint in 24h) >= 3 or count(declined charges by card.fingerprint in 24h) > 9.5
		block if count(cards by email in 1w) = 0
		block if sum(successful charges by customer in all) > 5000 USD
		block if average(charges by seller in 90s) < 20 EUR
		block if since(charges by email) < 15m
		block if since(charges by ip) is missing`)
	charges := compliance.Question{Of: "charges"}
	with := func(q compliance.Question, f func(*compliance.Question)) compliance.Question { f(&q); return q }
	require.Equal(t, []compliance.Question{
		with(charges, func(q *compliance.Question) {
			q.Measure, q.Status, q.By, q.Within, q.AtMost = compliance.CountOf, "declined", "card.fingerprint", 24*time.Hour, 10
		}),
		{Measure: compliance.CountOf, Of: "cards", By: "email", Within: 7 * 24 * time.Hour, AtMost: 1},
		with(charges, func(q *compliance.Question) {
			q.Measure, q.Status, q.By, q.Currency = compliance.SumOf, "successful", "customer", ledger.USD
		}),
		with(charges, func(q *compliance.Question) {
			q.Measure, q.By, q.Within, q.Currency = compliance.AverageOf, "seller", 90*time.Second, ledger.EUR
		}),
		with(charges, func(q *compliance.Question) { q.Measure, q.By = compliance.SinceFirst, "email" }),
		with(charges, func(q *compliance.Question) { q.Measure, q.By, q.AtMost = compliance.SinceFirst, "ip", 1 }),
	}, s.Questions())
}

// A question is asked once in a decision, with the payment's own key, folded where
// case makes no difference, and only where the rest of the rule leaves it open.
func TestQuestionsAreAskedOnce(t *testing.T) {
	s := compile(t, `
		block if count(charges by email in 1h) > 5 and amount > 900 USD
		block if count(charges by email in 1h) > 7
		review if count(charges by email in 1h) > 1 or direct
		review if count(charges by card.fingerprint in 1h) > 1 or seller.verified
		review if count(charges by ip in 1h) > 1`)
	c := &counter{answers: map[string]compliance.Value{" charges by ann@example.com": compliance.OfWhole(2)}}
	p := one()
	p.Counter = c
	d := decide(t, s, p)
	require.Equal(t, "review 1", d.Rule)
	require.Equal(t, []compliance.Question{{Measure: compliance.CountOf, Of: "charges", By: "email", Key: "ann@example.com", Within: time.Hour, AtMost: 8}}, c.asked)
	require.Equal(t, []compliance.Reason{{Term: "count(charges by email in 1h) > 1", Facts: []compliance.Fact{{Name: "count(charges by email in 1h)", Value: "2"}}}}, d.Because)

	c.asked, p.Buyer.Email = nil, "" // nobody is asked without a key
	d = decide(t, s, p)
	require.Equal(t, "review 2", d.Rule)
	require.Empty(t, c.asked)
	require.Equal(t, []compliance.Undecided{{Rule: "block 2", Missing: []string{"email"}}, {Rule: "review 1", Missing: []string{"email", "direct"}}}, d.Undecided)

	p.Seller.Verified = compliance.False
	c.answers = map[string]compliance.Value{}
	p.Buyer.IP = "192.0.2.1"
	d = decide(t, s, p)
	require.Equal(t, compliance.NoAction, d.Action)
	require.Equal(t, []compliance.Undecided{
		{Rule: "block 2", Missing: []string{"email"}}, {Rule: "review 1", Missing: []string{"email", "direct"}},
		{Rule: "review 2", Missing: []string{"count(charges by card.fingerprint in 1h)"}}, {Rule: "review 3", Missing: []string{"count(charges by ip in 1h)"}},
	}, d.Undecided)
	require.Equal(t, "fp_A", c.asked[0].Key) // a fingerprint is as it is
}

// Sums, averages and how long ago.
func TestMeasures(t *testing.T) {
	p := one()
	p.Counter = &counter{answers: map[string]compliance.Value{
		"successful charges by cus_1": compliance.OfMoney(usd(500001)), " charges by cus_1": compliance.OfDuration(time.Hour), "failed charges by cus_1": {},
		" charges by acct_1": compliance.OfMoney(ledger.Minor(1999, ledger.EUR)), "fraudulent customers by fp_A": compliance.OfWhole(1),
	}}
	for cond, want := range map[string]compliance.Truth{
		"sum(successful charges by customer in all) > 5000 USD": yes, "sum(successful charges by customer in all) > 5000.01 USD": no,
		"since(charges by customer) < 1h": no, "since(charges by customer) <= 60m": yes, "since(charges by customer) is missing": no, "since(failed charges by customer) is missing": yes,
		"since(failed charges by customer) < 1h": maybe, "average(charges by seller in 1h) < 20 EUR": yes, "count(fraudulent customers by card.fingerprint in 365d) != 0": yes,
	} {
		require.Equal(t, want, truthOf(t, cond, p), cond)
	}
}

// What a counter cannot have meant is an error, and an error of its own comes back.
func TestCountersThatFail(t *testing.T) {
	ask := func(cond string, v compliance.Value, err error) error {
		p := one()
		p.Counter = &counter{answers: map[string]compliance.Value{" charges by cus_1": v}, err: err}
		_, err = compile(t, "block if direct or not "+cond).Decide(context.Background(), &p)
		return err
	}
	minus, err := compliance.OfDecimal(decimal.RequireFromString("-0.5"))
	require.NoError(t, err)
	typed(t, ask("count(charges by customer in 1h) > 1", compliance.OfText("3"), nil), "fact_type", "counter")
	typed(t, ask("count(charges by customer in 1h) > 1", compliance.OfWhole(-1), nil), "fact_type", "counter")
	typed(t, ask("count(charges by customer in 1h) > 1", minus, nil), "fact_type", "counter")
	typed(t, ask("sum(charges by customer in 1h) > 1 EUR", compliance.OfMoney(usd(5)), nil), "fact_type", "counter")
	typed(t, ask("since(charges by customer) > 1h", compliance.OfDuration(-1), nil), "fact_type", "counter")
	down := errors.New("the counter is down")
	require.Equal(t, down, ask("count(charges by customer in 1h) > 1", compliance.Value{}, down))

	// A context that ends during a decision ends it before the next question.
	ctx, cancel := context.WithCancel(context.Background())
	p := one()
	p.Counter = counterFunc(func() compliance.Value { cancel(); return compliance.OfWhole(0) })
	_, err = compile(t, "block if count(charges by customer in 1h) > 1 or count(charges by email in 1h) > 1").Decide(ctx, &p)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, ledger.Unavailable)
}

type counterFunc func() compliance.Value

func (f counterFunc) Ask(context.Context, *compliance.Payment, compliance.Question) (compliance.Value, error) {
	return f(), nil
}

// A list is what it is made of.
func TestLists(t *testing.T) {
	later := noon.Add(time.Hour)
	l, err := rule.NewList(rule.Text, rule.Item{Text: "Ann@Example.com"}, rule.Item{Text: "bob@example.com", Until: noon}, rule.Item{Text: "cy@example.com", Until: later},
		rule.Item{Text: "DY@example.com", Until: noon}, rule.Item{Text: "dy@example.com"}, rule.Item{Text: "ey@example.com", Until: later}, rule.Item{Text: "EY@example.com", Until: noon})
	require.NoError(t, err)
	require.Equal(t, 5, l.Len())
	s := compile(t, "block if email in @bad", rule.Options{Lists: map[string]*rule.List{"bad": l, "other": nil}})
	require.Equal(t, []string{"bad"}, s.Lists())
	for email, want := range map[string]compliance.Action{
		"ann@EXAMPLE.com": compliance.Block, "bob@example.com": compliance.NoAction, "cy@example.com": compliance.Block, "dy@example.com": compliance.Block,
		"ey@example.com": compliance.Block, "fy@example.com": compliance.NoAction,
	} {
		require.Equal(t, want, decide(t, s, compliance.Payment{Buyer: compliance.Buyer{Email: email}}).Action, email)
	}
	require.Equal(t, compliance.NoAction, decide(t, s, compliance.Payment{At: later, Buyer: compliance.Buyer{Email: "cy@example.com"}}).Action)

	// Newer lists need no new rules, but the names and types that those have.
	next, err := s.WithLists(map[string]*rule.List{"bad": listOf(t, rule.Text, "fy@example.com"), "more": listOf(t, rule.Text, "x")})
	require.NoError(t, err)
	require.Equal(t, s.Version(), next.Version())
	fy := compliance.Payment{Buyer: compliance.Buyer{Email: "fy@example.com"}}
	d := decide(t, next, fy)
	require.Equal(t, compliance.Block, d.Action)
	require.Equal(t, []compliance.Fact{{Name: "email", Value: "not shown"}, {Name: "@bad", Value: "version " + listOf(t, rule.Text, "FY@example.com").Version()}}, d.Because[0].Facts)
	require.Equal(t, compliance.NoAction, decide(t, s, fy).Action) // the old one stays as it is
	_, err = s.WithLists(map[string]*rule.List{"more": l})
	typed(t, err, "unknown_list", "lists")
	_, err = s.WithLists(map[string]*rule.List{"bad": listOf(t, rule.Exact, "x")})
	typed(t, err, "list_type", "lists")
	_, err = rule.Compile("block if email in @bad", rule.Options{})
	require.Equal(t, "unknown_list", refused(t, err, "1:19").Code)

	require.Equal(t, listOf(t, rule.Country, "US", "ca").Version(), listOf(t, rule.Country, "CA", "us", "us").Version())
	require.NotEqual(t, listOf(t, rule.Exact, "a").Version(), listOf(t, rule.Exact, "A").Version())
	for _, c := range []struct {
		of   rule.Type
		text string
	}{{rule.Country, "UK"}, {rule.Country, "USA"}, {rule.Currency, "usd"}, {rule.Text, ""}, {rule.Exact, "\xff"}, {rule.Text, string(make([]byte, 501))}} {
		_, err := rule.NewList(c.of, rule.Item{Text: "US"}, rule.Item{Text: c.text})
		if c.of == rule.Currency {
			_, err = rule.NewList(c.of, rule.Item{Text: "USD"}, rule.Item{Text: c.text})
		}
		typed(t, err, "invalid_list_item", "list.1")
	}
	_, err = rule.NewList(rule.Money)
	typed(t, err, "invalid_list", "list")
	_, err = rule.NewList(rule.Text, make([]rule.Item, rule.MaxListItems+1)...)
	typed(t, err, "invalid_list", "list")
}

// Texts whose case makes no difference may be looked up in a list where it does, and
// ids in one of countries.
func TestListsDecideAboutCase(t *testing.T) {
	lists := rule.Options{Lists: map[string]*rule.List{"text": listOf(t, rule.Text, "Visa", "fp_a"), "exact": listOf(t, rule.Exact, "visa"), "money": listOf(t, rule.Currency, "USD"), "places": listOf(t, rule.Country, "US")}}
	for cond, want := range map[string]compliance.Truth{
		"card.brand in @text": yes, "card.brand in @exact": no, "card.fingerprint in @text": yes, "currency in @money": yes, "card.country in @places": yes,
		"metadata.country in @places": yes, "ip.country in @places": maybe, "ip.country not in @places": maybe,
	} {
		require.Equal(t, want, truthOf(t, cond, one(), lists), cond)
	}
}
