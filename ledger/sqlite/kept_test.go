package sqlite_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// long reports whether tests may take minutes: SOUK_LONG=1.
func long() bool { return os.Getenv("SOUK_LONG") == "1" }

// kept reads which changes of one cent by topUp a store has. Each has its
// transaction, entry, object and event, each once, and everything adds up.
func kept(t *testing.T, s ledger.Store) map[string]bool {
	t.Helper()
	ids := make(map[string]bool)
	var events, entries int
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		for cursor := ledger.Cursor(""); ; {
			list, next, err := v.Events(cursor, book, ledger.MaxPage)
			if err != nil || len(list) == 0 {
				events = len(ids)
				return err
			}
			for _, e := range list {
				require.False(t, ids[e.Object.ID], "two events of %s", e.Object.ID)
				ids[e.Object.ID] = true
			}
			cursor = next
		}
	}))
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		for p := (ledger.Page{Limit: ledger.MaxPage}); ; {
			list, err := v.Entries(seller, p)
			if err != nil || len(list) == 0 {
				return err
			}
			var things []ledger.ID
			for _, e := range list {
				id := e.Transaction[len("tx_"):]
				require.True(t, ids[id], "money of %s without its event", id)
				require.EqualValues(t, 1, e.Amount.Minor())
				things = append(things, ledger.ID{Kind: "thing", ID: id})
			}
			objects, err := v.Objects(things...)
			if err != nil {
				return err
			}
			for _, o := range objects {
				require.EqualValues(t, 1, o.Version, o.ID)
			}
			entries += len(list)
			p.After = list[len(list)-1].Place(ledger.ByPosting)
		}
	}))
	require.Equal(t, events, entries)
	require.EqualValues(t, entries, balance(t, s))
	addsUp(t, s)
	return ids
}
