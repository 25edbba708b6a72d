package postgres_test

import (
	"database/sql"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/internal/sqlstore/sealtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// Whoever owns the database may change any column of any row: the chain finds it
// (promises 37, 62, 63). Two columns are not sealed, since nothing that is read of
// the books comes from them: when a transaction's change was made, by which one that
// is handed in again is known, and when an event was written, by which lanes merge.
func TestSealsFindWhatWasChangedInTheDatabase(t *testing.T) {
	p := pool(t, pgtest.DSN(t)+" pool_max_conns=12")
	s := openWith(t, p, postgres.Options{})
	require.NoError(t, s.Migrate(t.Context()))
	db := stdlib.OpenDBFromPool(p)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	b := &sealtest.Books{
		Draw: rand.New(rand.NewPCG(1, 2)).IntN, Store: s, DB: db, Join: func(tx *sql.Tx) ledger.Store { return s.JoinSQL(tx) },
		Disarm: []string{
			`alter table souk.transactions disable trigger all`, `alter table souk.entries disable trigger all`, `alter table souk.events disable trigger all`,
		},
		Tables: []sealtest.Table{
			{Name: "souk.transactions", Row: "seq", Columns: map[string]string{
				"seq": "seq + 1000", "id": "id || '.1'", "book": "'other'", "reason": "'refund'", "corrects": "'tx_1'", "object_kind": "'x'", "object_id": "'x'",
				"posted_at": "posted_at + 1", "effective_at": "posted_at + 1", "meta": `'{"n":"u"}'`, "accounts": "accounts[2:]",
			}},
			{Name: "souk.entries", Row: "tx", Columns: map[string]string{
				"account": "account + 1000", "posted_at": "posted_at + 1", "number": "number + 1",
				"effective_at": "posted_at + 1", "amount": "amount + 1", "balance": "balance + 1", "forced": "not forced",
			}},
			{Name: "souk.events", Row: "number", Columns: map[string]string{
				"lane": "lane + 1000", "number": "number + 1000", "type": "'x'", "platform": "'x'", "object_kind": "'x'", "object_id": "'x'", "version": "version + 1", "at": "at + 1",
				"data": `'{"author":"bob"}'`,
			}},
		},
	}
	b.Flips(t)
}
