package rule_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

// noon is when the payments of these tests are made.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func compile(t require.TestingT, text string, o ...rule.Options) *rule.Set {
	s, err := rule.Compile(text, append(o, rule.Options{})[0])
	require.NoError(t, err, text)
	return s
}

func decide(t require.TestingT, s compliance.Rule, p compliance.Payment) compliance.Decision {
	if p.At.IsZero() {
		p.At = noon
	}
	d, err := s.Decide(context.Background(), &p)
	require.NoError(t, err)
	return d
}

// truthOf returns what a condition is of a payment: a rule of it blocks, one of its
// opposite does, or neither.
func truthOf(t require.TestingT, cond string, p compliance.Payment, o ...rule.Options) compliance.Truth {
	is := decide(t, compile(t, "block if "+cond, o...), p).Action
	not := decide(t, compile(t, "block if not ("+cond+")", o...), p).Action
	require.False(t, is == compliance.Block && not == compliance.Block, cond)
	switch {
	case is == compliance.Block:
		return compliance.True
	case not == compliance.Block:
		return compliance.False
	}
	return compliance.Unknown
}

func usd(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }

func listOf(t require.TestingT, of rule.Type, texts ...string) *rule.List {
	items := make([]rule.Item, len(texts))
	for i, s := range texts {
		items[i].Text = s
	}
	l, err := rule.NewList(of, items...)
	require.NoError(t, err)
	return l
}

// refused asserts an *rule.Error at a place, that is of class Invalid.
func refused(t *testing.T, err error, place string) *rule.Error {
	t.Helper()
	var e *rule.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, ledger.Invalid)
	var le *ledger.Error
	require.ErrorAs(t, err, &le)
	require.Equal(t, []string{e.Code, "rules", place}, []string{le.Code, le.Field, e.Pos.String()}, err.Error())
	require.Less(t, len(err.Error()), 600)
	return e
}

// typed asserts a *ledger.Error of class Invalid with a code and a field.
func typed(t *testing.T, err error, code, field string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, ledger.Invalid)
	require.Equal(t, []string{code, field}, []string{e.Code, e.Field}, "%v", err)
}

// counter answers from a table by what is asked, and remembers what was.
type counter struct {
	answers map[string]compliance.Value
	asked   []compliance.Question
	err     error
}

func (c *counter) Ask(_ context.Context, _ *compliance.Payment, q compliance.Question) (compliance.Value, error) {
	c.asked = append(c.asked, q)
	return c.answers[q.Status+" "+q.Of+" by "+q.Key], c.err
}
