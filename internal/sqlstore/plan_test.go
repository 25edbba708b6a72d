package sqlstore

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// Every list is read in the order of an index, from the place where it begins:
// none is sorted, and none reads what it does not show.
func TestListsAreReadInOrder(t *testing.T) {
	db := pool(t)
	require.NoError(t, Migrate(t.Context(), db, real))
	plan := func(query string, args ...any) []string {
		t.Helper()
		rows, err := db.Query("explain query plan "+query, args...)
		require.NoError(t, err)
		var list []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
			list = append(list, step)
		}
		require.NoError(t, rows.Err())
		return list
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for n := range 32 {
		p := ledger.Page{By: ledger.TimeKind(n % 2), Desc: n/2%2 == 1, Moved: n/4%2 == 1, Limit: 10}
		if n/8%2 == 1 {
			p.From, p.To = noon, noon.Add(time.Hour)
		}
		if n/16 == 1 {
			p.After = ledger.Place{At: noon, Number: 3}
		}
		query, args := entriesQuery(real, []int64{1}, p)
		searched := 0
		for _, step := range plan(query, args...) {
			require.NotContains(t, step, "TEMP B-TREE", "%+v", p)
			require.False(t, strings.HasPrefix(step, "SCAN") && step != "SCAN p", "%+v: %s", p, step)
			if strings.HasPrefix(step, "SEARCH e ") {
				searched++
				require.Contains(t, step, "account=?")
				require.True(t, !p.Moved || strings.Contains(step, "souk_entries_moved"), "%+v: %s", p, step)
				require.True(t, p.From.IsZero() && p.After.IsZero() || strings.Contains(step, "_at>?") || strings.Contains(step, "_at,number)") || strings.Contains(step, "_at<?"), "%+v: %s", p, step)
			}
		}
		require.Positive(t, searched)
		require.Equal(t, 1, strings.Count(query, "limit"))
		if !p.After.IsZero() { // pages begin where the one before ended, not where the list does
			require.NotContains(t, query, map[bool]string{false: "_at >= ?", true: "_at < ?"}[p.Desc])
		}
	}
	accounts := []ledger.AccountQuery{
		{Book: "b"}, {Book: "b", Owner: "o"}, {Book: "b", Owner: "o", Open: true}, {Book: "b", Open: true, Purpose: "pending/"}, {Purpose: "bank"},
		{Book: "b", Owner: "o", Purpose: "pending/", Open: true}, {Book: "b", After: ledger.Ref{Book: "b", Owner: "o", Purpose: "p", Currency: ledger.EUR}},
		{Book: "b", Owner: "o", After: ledger.Ref{Book: "b", Owner: "o", Purpose: "p", Currency: ledger.EUR}},
		{Book: "b", Owner: "o", Open: true, After: ledger.Ref{Book: "b", Owner: "o", Purpose: "p", Currency: ledger.EUR}},
	}
	for _, q := range accounts {
		w, ok := accountsWhere(q)
		require.True(t, ok)
		steps := plan(`select * from souk_accounts `+w.String()+` order by book, owner, purpose, currency limit 10`, w.args...)
		require.Len(t, steps, 1, "%+v: %v", q, steps)
		require.True(t, strings.HasPrefix(steps[0], "SEARCH"), "%+v: %v", q, steps)
		require.True(t, !q.Open || strings.Contains(steps[0], "souk_accounts_open"), "%+v: %v", q, steps)
	}
}
