package compliance_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
)

// says is a rule that always says the same.
type says struct {
	action  compliance.Action
	unknown string
	err     error
	asked   *int
}

func (s says) Decide(context.Context, *compliance.Payment) (compliance.Decision, error) {
	*s.asked++
	d := compliance.Decision{Action: s.action, Rule: string(s.action), Version: "v" + string(s.action)}
	if s.unknown != "" {
		d.Undecided = []compliance.Undecided{{Rule: s.unknown}}
	}
	return d, s.err
}

// Rules are asked in their order: the first that allows or blocks ends it, a review
// stands unless a later rule blocks.
func TestDecideInOrder(t *testing.T) {
	const none, allow, block, review = compliance.NoAction, compliance.Allow, compliance.Block, compliance.Review
	for _, c := range []struct {
		rules []compliance.Action
		want  compliance.Action
		asked int
	}{
		{nil, none, 0},
		{[]compliance.Action{none, none}, none, 2},
		{[]compliance.Action{block, allow}, block, 1},
		{[]compliance.Action{allow, block}, allow, 1},
		{[]compliance.Action{none, review, none}, review, 3},
		{[]compliance.Action{review, block, allow}, block, 2},
		{[]compliance.Action{review, allow, block}, block, 3}, // who allows late does not undo a review
		{[]compliance.Action{review, allow}, review, 2},
	} {
		asked := 0
		var rules []compliance.Rule
		for _, a := range c.rules {
			rules = append(rules, says{action: a, unknown: "some", asked: &asked})
		}
		d, err := compliance.Decide(context.Background(), rules, &compliance.Payment{})
		require.NoError(t, err)
		require.Equal(t, c.want, d.Action, c.rules)
		require.Equal(t, c.asked, asked, c.rules)
		require.Len(t, d.Undecided, asked)
		if c.want != none {
			require.Equal(t, string(c.want), d.Rule)
			require.Equal(t, "v"+string(c.want), d.Version)
		}
	}
	asked := 0
	down := errors.New("down")
	_, err := compliance.Decide(context.Background(), []compliance.Rule{says{err: down, asked: &asked}}, &compliance.Payment{})
	require.Equal(t, down, err)
	_, err = compliance.Decide(context.Background(), []compliance.Rule{says{action: "refuse", asked: &asked}}, &compliance.Payment{})
	refused(t, err, "invalid_action", "action")
}

// The values of Kleene's logic, and their words.
func TestTruth(t *testing.T) {
	f, u, y := compliance.False, compliance.Unknown, compliance.True
	for _, c := range [][4]compliance.Truth{{f, f, f, f}, {f, u, f, u}, {f, y, f, y}, {u, u, u, u}, {u, y, u, y}, {y, y, y, y}} {
		require.Equal(t, []compliance.Truth{c[2], c[2], c[3], c[3]}, []compliance.Truth{c[0].And(c[1]), c[1].And(c[0]), c[0].Or(c[1]), c[1].Or(c[0])})
	}
	require.Equal(t, []compliance.Truth{y, u, f}, []compliance.Truth{f.Not(), u.Not(), y.Not()})
	require.Equal(t, []string{"false", "unknown", "true"}, []string{f.String(), u.String(), y.String()})
	require.True(t, f.Known() && y.Known() && !u.Known())
	require.Equal(t, []compliance.Truth{y, f}, []compliance.Truth{compliance.TruthOf(true), compliance.TruthOf(false)})
	require.Equal(t, compliance.Unknown, *new(compliance.Truth))
	require.Equal(t, compliance.True, compliance.OfTruth(100).Truth())
	require.True(t, compliance.OfTruth(u).Missing())
}

// Explain of a decision that says nothing.
func TestExplainNothing(t *testing.T) {
	require.Equal(t, "no rule applies", compliance.Decision{}.Explain())
	d := compliance.Decision{Version: "ab", Undecided: []compliance.Undecided{{Rule: "x", Missing: []string{"a", "b"}}}}
	require.Equal(t, "no rule applies (version ab)\n  x is unknown without a, b", d.Explain())
}
