package sqlite_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// long reports whether tests may take minutes: SOUK_LONG=1.
func long() bool { return os.Getenv("SOUK_LONG") == "1" }

// kept reads which changes of one cent by topUp a store has, and the data of
// their objects. Each has its transaction, entry, object and event, each once,
// and everything adds up.
func kept(t *testing.T, s ledger.Store) map[string]string {
	t.Helper()
	told, paid := make(map[string]bool), make(map[string]string)
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		for cursor := ledger.Cursor(""); ; {
			list, next, err := v.Events(cursor, book, ledger.MaxPage)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, e := range list {
				require.False(t, told[e.Object.ID], "two events of %s", e.Object.ID)
				told[e.Object.ID] = true
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
				require.True(t, told[id], "money of %s without its event", id)
				require.EqualValues(t, 1, e.Amount.Minor())
				things = append(things, ledger.ID{Kind: "thing", ID: id})
			}
			objects, err := v.Objects(things...)
			if err != nil {
				return err
			}
			for _, o := range objects {
				require.EqualValues(t, 1, o.Version, o.ID)
				require.NotContains(t, paid, o.ID.ID, "money moved twice")
				paid[o.ID.ID] = string(o.Data)
			}
			p.After = list[len(list)-1].Place(ledger.ByPosting)
		}
	}))
	require.Len(t, paid, len(told), "an event without its money")
	require.EqualValues(t, len(paid), balance(t, s))
	addsUp(t, s)
	return paid
}

// whole has SQLite check every page and index of a file.
func whole(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path+good)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var found string
	require.NoError(t, db.QueryRow("pragma integrity_check").Scan(&found))
	require.Equal(t, "ok", found)
}
