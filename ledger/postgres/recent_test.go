package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// A store that nobody uses holds nothing of accounts: what was kept is dropped when
// it was not used for the length of a timer.
func TestWhatIsNotUsedIsForgotten(t *testing.T) {
	r := &recent{timing: true} // the timer is ours
	r.keep(&memory{})
	r.expire()
	m := r.take()
	require.NotNil(t, m, "it was used since")
	r.keep(m)
	r.timing, r.used = true, false
	r.expire()
	require.Nil(t, r.take())
	require.False(t, r.timing, "nothing runs")
}

// What is kept is bounded.
func TestWhatIsKeptIsBounded(t *testing.T) {
	s, m := newState(), (*memory)(nil)
	for i := range 3 * recentLimit {
		rows := &ledger.Rows{
			Accounts: []ledger.AccountRow{{Account: ledger.Account{Ref: ledger.Ref{Book: "b", Owner: fmt.Sprint(i)}}}},
			Objects:  []ledger.ObjectRow{{Object: ledger.Object{ID: ledger.ID{Kind: "k", ID: fmt.Sprint(i)}, Version: 1, Keys: []ledger.Key{{Name: "a", At: time.Time{}}}}}},
		}
		s.out.ids = []int64{int64(i)}
		m = m.learn(s, rows, &ledger.Need{})
		require.LessOrEqual(t, len(m.accounts), recentLimit+1)
		require.LessOrEqual(t, len(m.objects), recentLimit+1)
	}
}
