package archivetest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// filled is books of which a part was moved.
func filled(t *testing.T, b *Books) *world {
	t.Helper()
	w := newWorld(t, b)
	for i := range 8 {
		w.does(w.pay(seller(i%2), int64(100+i)))
	}
	until := w.closes()
	for i := range 4 {
		w.does(w.pay(seller(i%2), int64(100+i)))
	}
	w.archives(until, 3)
	return w
}

// sql names tables as the database does.
func (w *world) sql(query string) string { return strings.ReplaceAll(query, "souk_", w.Prefix) }

// tampering: whatever is changed by hand, Verify reports it (edge case 101,
// promises 1 to 3 and 62). Each change is undone by rolling it back.
func tampering(t *testing.T, b *Books) {
	w := filled(t, b)
	w.addsUp()
	b.Disarm(t)
	const of = ` where account = (select id from souk_accounts where owner = 'acct_a')`
	row := func(id string) string { return `(select seq from souk_transactions where id = '` + id + `')` }
	for name, x := range map[string]struct{ query, want string }{
		"an entry that is deleted":             {`delete from souk_entries` + of + ` and tx = ` + row("tx_00009"), "stands where"},
		"the last entry":                       {`delete from souk_entries` + of + ` and tx = ` + row("tx_00011"), "its entries add up to"},
		"a transaction that is deleted":        {`delete from souk_entries where tx = ` + row("tx_00009"), "its entries add up to"},
		"a transaction with a part":            {`delete from souk_entries where amount = (select max(amount) from souk_entries where tx = ` + row("tx_00009") + `) and tx = ` + row("tx_00009"), "transaction tx_00009"},
		"a carried balance":                    {`update souk_carried set balance = balance + 1` + of, "its entries add up to"},
		"a count":                              {`update souk_carried set entries = entries - 1` + of, "stands where"},
		"a time that is earlier":               {`update souk_carried set posted_at = posted_at - 1` + of, "is of another time"},
		"a time that is later":                 {`update souk_carried set posted_at = posted_at + 1` + of, "is of another time"},
		"a time at which nothing counts":       {`update souk_carried set effective_at = effective_at - 1` + of, "is of another time"},
		"the end of it":                        {`update souk_carried set tx = ` + row("tx_00009") + of, "which is not in an archive"},
		"what it carries that is deleted":      {`delete from souk_carried` + of, "its entries add up to"},
		"what it carries beyond the period":    {`delete from souk_objects where kind = 'ledger.period'`, "its book is closed until"},
		"what moved though it is in the books": {`update souk_carried set entries = entries + 1, posted_at = (select posted_at from souk_transactions where id = 'tx_00009')` + of, "which is not in an archive"},
	} {
		tx, err := b.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		t.Cleanup(func() { _ = tx.Rollback() }) // it may have ended
		r, err := tx.ExecContext(t.Context(), w.sql(x.query))
		require.NoError(t, err, name)
		n, err := r.RowsAffected()
		require.NoError(t, err)
		require.NotZero(t, n, name)
		report, err := ledger.Verify(t.Context(), b.Join(tx))
		require.NoError(t, err, name)
		var lines []string
		for _, d := range report.Differences {
			lines = append(lines, d.String())
		}
		require.Contains(t, strings.Join(lines, "\n"), x.want, name)
		require.NoError(t, tx.Rollback())
	}
	w.addsUp()
}

// guards: the tables refuse whoever deletes entries without keeping what they came
// to, or changes what is kept (promise 62).
func guards(t *testing.T, b *Books) {
	w := filled(t, b)
	was := w.books()
	for _, query := range []string{
		`delete from souk_entries`,
		`delete from souk_entries where tx = (select seq from souk_transactions where id = 'tx_00009')`,
		`update souk_entries set amount = amount + 1`,
		`update souk_entries set balance = 0 where number = 5`,
		`update souk_carried set balance = balance + 1`,
		`update souk_carried set posted_at = posted_at - 1, entries = entries + 1`,
		`update souk_carried set posted_at = posted_at + 1, entries = entries - 1`,
		`update souk_carried set posted_at = posted_at + 1, entries = entries + 1, effective_at = effective_at - 1`,
		`delete from souk_carried`,
		`delete from souk_accounts`,
		`delete from souk_accounts where owner = 'house'`,
		`delete from souk_transactions where id = 'tx_00001'`,
		`delete from souk_changes`,
	} {
		_, err := b.DB.ExecContext(t.Context(), w.sql(query))
		require.ErrorContains(t, err, "souk: ", query)
	}
	moved, _ := w.archive()
	for id, a := range moved {
		was[id] = a
	}
	w.nothingIsLost(was)
	w.addsUp()
}

// notWhole: a transaction that somebody took a part of is not moved, and stops what
// would be moved after it.
func notWhole(t *testing.T, b *Books) {
	w := filled(t, b)
	until := w.closes()
	b.Disarm(t)
	_, err := b.DB.ExecContext(t.Context(), w.sql(`delete from souk_entries where amount > 0 and tx = (select seq from souk_transactions where id = 'tx_00010')`))
	require.NoError(t, err)
	lines := w.out.Len()
	done, err := b.Store.Archive(t.Context(), ledger.ArchiveRequest{Book: book, Before: until, To: &w.out, Limit: 1})
	hasCode(t, err, ledger.State, "books_do_not_add_up", "")
	require.EqualValues(t, 1, done.Transactions)
	require.NotContains(t, w.out.String()[lines:], "tx_00010")
}
