package webhook

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where something is always due, a Deliver does not end: it keeps nothing of what it has sent,
// and takes what it could not note no second time.
func TestSendingForgets(t *testing.T) {
	s := &sending{tried: make(map[string]int64), busy: make(map[string]int)}
	for _, f := range []finished{
		{job: job{id: "a"}, result: Answered2xx}, {job: job{id: "b"}, result: NoAnswer},
		{job: job{id: "c"}, result: Answered2xx, err: errors.New("no")}, {job: job{id: "d"}},
	} {
		s.count(f.job, 1)
		s.tried[f.id] = 7
		s.end(f)
	}
	require.Equal(t, map[string]int64{"c": 7, "d": 7}, s.tried)
	require.Empty(t, s.busy)
	require.Zero(t, s.running)
}
