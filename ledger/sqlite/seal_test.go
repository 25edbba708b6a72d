package sqlite_test

import (
	"bytes"
	"database/sql"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/sqlstore/sealtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

// Whoever has the file may change any column of any row: the chain finds it
// (promises 37, 62, 63).
func TestSealsFindWhatWasChangedInTheFile(t *testing.T) {
	path := file(t)
	s := open(t, path)
	db := pool(t, path, good)
	b := &sealtest.Books{
		Draw: rand.New(rand.NewPCG(1, 2)).IntN, Store: s, DB: db, Join: func(tx *sql.Tx) ledger.Store { return sqlite.Join(tx) },
		Disarm: []string{`pragma defer_foreign_keys = on`},
		Tables: []sealtest.Table{
			{Name: "souk_transactions", Row: "seq", Columns: map[string]string{
				"seq": "seq + 1000", "id": "id || 'x'", "book": "'other'", "reason": "'refund'", "corrects": "'tx_1'", "object_kind": "'x'", "object_id": "'x'",
				"posted_at": "posted_at + 1", "effective_at": "posted_at + 1", "meta": `'{"n":"u"}'`,
			}},
			{Name: "souk_entries", Row: "tx", Columns: map[string]string{
				"account": "account + 1000", "posted_at": "posted_at + 1", "number": "number + 1", "tx": "tx + 1000", "position": "9 - position",
				"effective_at": "posted_at + 1", "amount": "amount + 1", "balance": "balance + 1", "forced": "1 - forced",
			}},
			{Name: "souk_events", Row: "number", Columns: map[string]string{
				"number": "number + 1000", "type": "'x'", "platform": "'x'", "object_kind": "'x'", "object_id": "'x'", "version": "version + 1", "at": "at + 1",
				"data": `'{"author":"bob"}'`,
			}},
		},
	}
	for _, name := range triggers(t, db) {
		b.Disarm = append(b.Disarm, `drop trigger `+name)
	}
	b.Flips(t)
}

func triggers(t *testing.T, db *sql.DB) (names []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `select name from sqlite_schema where type = 'trigger'`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		names = append(names, name)
	}
	require.NoError(t, rows.Err())
	return names
}

// What was moved to an archive is still sealed: without the archive its heads are
// compared, and with it its entries too, so that the archive is held against the chain
// as the books are.
func TestSealsOutlastAnArchive(t *testing.T) {
	s := open(t, file(t))
	sealtest.Fill(t, s)
	until := noon.Add(6 * time.Hour)
	e := ledger.Env{Now: func() time.Time { return noon.Add(24 * time.Hour) }}
	require.NoError(t, e.ClosePeriod(t.Context(), s, "plat_seal", until))
	var lines bytes.Buffer
	done, err := s.Archive(t.Context(), ledger.ArchiveRequest{Book: "plat_seal", Before: until, To: &lines})
	require.NoError(t, err)
	require.EqualValues(t, 6, done.Transactions)
	r, err := ledger.Verify(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, r.Err())
	require.EqualValues(t, 3, r.Blocks)

	archive := func(change func(*ledger.Archived)) ledger.SealCheck {
		return ledger.SealCheck{Moved: func(ids []string) (list []ledger.Archived, err error) {
			err = ledger.ReadArchive(bytes.NewReader(lines.Bytes()), func(a *ledger.Archived) error {
				for _, id := range ids {
					if id == a.Transaction.ID {
						change(a)
						list = append(list, *a)
					}
				}
				return nil
			})
			return list, err
		}}
	}
	r, err = ledger.VerifySeals(t.Context(), s, archive(func(*ledger.Archived) {}))
	require.NoError(t, err)
	require.NoError(t, r.Err())
	r, err = ledger.VerifySeals(t.Context(), s, archive(func(a *ledger.Archived) { a.Entries[1].Balance = ledger.Minor(1, ledger.EUR) }))
	require.NoError(t, err)
	require.Equal(t, "block 1", r.Differences[0].What)
}
