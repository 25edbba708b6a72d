package scenario

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	flows, err := Parse("f.txt", `
# a comment
flow A1: First, with a title
note: Why.
platform country=US
charge c1: 1000 USD to A
  charge: acquirer -1000, P.pending +1000
  ! state closed
flow A2: Second
days 2
`)
	require.NoError(t, err)
	require.Len(t, flows, 2)
	require.Equal(t, Flow{
		Name: "A1", Title: "First, with a title", Notes: []string{"Why."}, File: "f.txt", Line: 3,
		Steps: []Step{
			{Verb: "platform", Args: "country=US", Line: 5},
			{Verb: "charge", Args: "c1: 1000 USD to A", Line: 6, Want: []string{"charge: acquirer -1000, P.pending +1000", "! state closed"}},
		},
	}, flows[0])
	for _, bad := range []string{"days 2\n", "flow no title\n", "flow A: b\n  indented\n"} {
		_, err := Parse("f.txt", bad)
		require.Error(t, err, bad)
	}
}
