// Package sealtest holds the stores on databases to what seals promise: whoever may
// write to the database cannot change what was sealed without Verify finding it.
package sealtest

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// Books is a store on a database, whose owner may do anything.
type Books struct {
	Store ledger.Store
	DB    *sql.DB
	// Join is a store in a transaction of DB.
	Join func(tx *sql.Tx) ledger.Store
	// Disarm are the statements that make tables forget what they refuse.
	Disarm []string
	Draw   func(n int) int // a row of n, at random
	// Tables have what changes each of their columns, and the key by which a row is
	// chosen. Names are those of the database.
	Tables []Table
}

// Table is a table of which rows are sealed.
type Table struct {
	Name, Row string            // and what tells rows apart: "seq", "number"
	Columns   map[string]string // to what makes another value of it
}

// noon is when the trial begins.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const book = "plat_seal"

// Fill commits some of everything and seals it, in three blocks.
func Fill(t testing.TB, s ledger.Store) {
	t.Helper()
	now := noon
	e := ledger.Env{Now: func() time.Time { return now }}
	ref := func(owner, purpose string) ledger.Ref {
		return ledger.Ref{Book: book, Owner: owner, Purpose: purpose, Currency: ledger.EUR}
	}
	bank, fees := ref("house", "bank/main"), ref("house", "processing_fees")
	_, err := e.Update(t.Context(), s, ledger.StartSealing)
	require.NoError(t, err)
	for i := range 12 {
		seller := ref(fmt.Sprint("acct_", i%3), "available")
		thing := ledger.ID{Kind: "thing", ID: fmt.Sprint(i)}
		_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error {
			u.Open(ledger.Account{Ref: bank})
			u.Open(ledger.Account{Ref: seller})
			u.Open(ledger.Account{Ref: fees, Shared: true})
			u.Post(ledger.Transaction{Book: book, Reason: "charge", Object: thing, Meta: map[string]string{"n": "ü"}, Entries: []ledger.Entry{
				{Account: bank, Amount: ledger.Minor(-100, ledger.EUR)}, {Account: seller, Amount: ledger.Minor(90, ledger.EUR)}, {Account: fees, Amount: ledger.Minor(10, ledger.EUR)},
			}})
			u.Put(ledger.Object{ID: thing, Data: []byte(`{}`)})
			u.Emit(ledger.Event{Type: "thing.made", Platform: book, Object: thing, Data: []byte(`{"author":"ann"}`)})
			return nil
		})
		require.NoError(t, err)
		if now = now.Add(time.Hour); i%4 == 3 {
			d, err := ledger.Drain(t.Context(), s, ledger.DrainOptions{Env: e}, e.Sealing(time.Hour))
			require.NoError(t, err)
			require.NoError(t, d.Err)
		}
	}
	r, err := ledger.Verify(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, r.Err())
	require.EqualValues(t, 3, r.Blocks)
}

// Flips changes each column of a row, one after the other, and undoes it again: the
// check of the chain names a block each time, and Verify sees it too. So does it if a
// row is gone (promises 37, 62, 63).
func (b *Books) Flips(t *testing.T) {
	Fill(t, b.Store)
	for _, x := range b.Tables {
		for column, other := range x.Columns {
			row := fmt.Sprintf(`%s = (select %s from (select distinct %s from %s order by 1 limit 1 offset %d) x)`, x.Row, x.Row, x.Row, x.Name, b.Draw(12))
			b.tampered(t, x.Name+"."+column, fmt.Sprintf(`update %s set %s = %s where %s`, x.Name, column, other, row))
		}
		b.tampered(t, x.Name+" less a row", fmt.Sprintf(`delete from %s where %s = (select max(%s) from %s)`, x.Name, x.Row, x.Row, x.Name))
	}
	r, err := ledger.Verify(t.Context(), b.Store)
	require.NoError(t, err)
	require.NoError(t, r.Err(), "all was undone")
}

func (b *Books) tampered(t *testing.T, what, statement string) {
	t.Helper()
	tx, err := b.DB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback()) }()
	for _, s := range b.Disarm {
		_, err := tx.ExecContext(t.Context(), s)
		require.NoError(t, err, s)
	}
	_, err = tx.ExecContext(t.Context(), statement)
	require.NoError(t, err, "%s: %s", what, statement)
	r, err := ledger.VerifySeals(t.Context(), b.Join(tx), ledger.SealCheck{})
	require.NoError(t, err, what)
	require.Len(t, r.Differences, 1, what)
	require.Contains(t, r.Differences[0].What, "block ", what)
}
