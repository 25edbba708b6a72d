package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

// What is written once stays, also for who writes SQL by hand; what no
// constraint sees, Verify finds.
func TestTheDatabaseHoldsTheInvariants(t *testing.T) {
	path := file(t)
	s := open(t, path)
	commit(t, s, topUp("1", 100))
	db := pool(t, path, good)
	for _, text := range []string{
		"update souk_entries set amount = amount + 1",
		"delete from souk_entries",
		"update souk_transactions set reason = 'x'",
		"delete from souk_transactions",
		"update souk_events set type = 'x'",
		"delete from souk_events",
		"update souk_changes set at = 0",
		"delete from souk_changes",
		"delete from souk_accounts",
		"update souk_accounts set posted = posted + 1",
		"update souk_accounts set version = version - 1",
		"update souk_accounts set version = version + 1, held = -1",
		"update souk_accounts set version = version + 1, entries = 0",
		"update souk_accounts set version = version + 1, owner = 'x'",
		"update souk_accounts set version = version + 1, floor_kind = 0",
		"update souk_accounts set version = version + 1, closed = 1",
		"update souk_accounts set version = version + 1, posted = 1.5",
		"update souk_accounts set version = version + 1, posted = 'much'",
		"update souk_objects set data = '{}'",
		"update souk_objects set version = version + 1, id = 'x'",
		"insert into souk_objects (kind, id, version, keys) values ('thing', '1', 1, '[]')",
		"insert into souk_changes values ('chg_1', 0)",
		"insert into souk_transactions (id, book, reason, corrects, object_kind, object_id, posted_at, effective_at) values ('tx_1', '', '', '', '', '', 0, 0)",
		"insert into souk_entries values (1, 0, 9, 1, 9, 0, 0, 0, 0)",   // moves nothing
		"insert into souk_entries values (999, 0, 9, 1, 9, 0, 1, 1, 0)", // in no account
		"insert into souk_entries values (1, 0, 9, 999, 9, 0, 1, 1, 0)", // of no transaction
		"insert into souk_entries values (1, 0, 9, 1, 0, 0, 1, 1, 0)",   // in another's place
	} {
		_, err := db.Exec(text)
		require.ErrorContains(t, err, "constraint", text)
	}
	addsUp(t, s)
	_, err := db.Exec("insert into souk_entries select account, posted_at + 1, number + 1, tx, 9, effective_at, 1, balance + 1, 0 from souk_entries where amount > 0")
	require.NoError(t, err)
	r, err := ledger.Verify(t.Context(), s)
	require.NoError(t, err)
	require.Error(t, r.Err(), "an entry without its other side")
}

// Another writer who holds the file for too long makes commits Unavailable, and
// nobody's answer wrong.
func TestABusyFile(t *testing.T) {
	path := file(t)
	s, err := sqlite.Open(t.Context(), path, &sqlite.Options{Wait: 30_000_000})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	commit(t, s, topUp("1", 100))
	tx, err := pool(t, path, good).Begin()
	require.NoError(t, err)
	_, err = s.Commit(t.Context(), topUp("2", 100))
	requireCode(t, err, ledger.Unavailable, "busy")
	require.EqualValues(t, 100, balance(t, s), "reads go on")
	require.NoError(t, tx.Rollback())
	require.False(t, commit(t, s, topUp("2", 100)).Replayed)
}

// One change that the database refuses does not take with it those that it was
// committed with.
func TestAPoisonousChangeFailsAlone(t *testing.T) {
	path := file(t)
	s := open(t, path)
	db := pool(t, path, good)
	_, err := db.Exec("create trigger poison before insert on souk_objects when new.id = 'poison' begin select raise(abort, 'no'); end")
	require.NoError(t, err)
	commit(t, s, topUp("0", 1))
	tx, err := db.Begin() // all of them wait for this one, and become one batch
	require.NoError(t, err)
	const n = 20
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Add(1)
		go func() {
			defer group.Done()
			id := fmt.Sprint("of", i)
			if i == 13 {
				id = "poison"
			}
			_, errs[i] = s.Commit(context.Background(), topUp(id, 1))
		}()
	}
	require.NoError(t, tx.Rollback())
	group.Wait()
	for i, err := range errs {
		if i == 13 {
			requireCode(t, err, ledger.Invalid, "constraint")
			continue
		}
		require.NoError(t, err)
	}
	require.EqualValues(t, n, balance(t, s))
	addsUp(t, s)
}

// Promise 38: a full disk is an error without partial effect, and space that
// comes back is used. Out of COMMIT nobody knows; the same change handed in
// again finds out.
func TestAFullDisk(t *testing.T) {
	path := file(t)
	db := migrated(t, path)
	var pages int
	require.NoError(t, db.QueryRow("pragma page_count").Scan(&pages))
	small, err := sqlite.New(t.Context(), pool(t, path, good+fmt.Sprintf("&_pragma=max_page_count(%d)", pages+20)))
	require.NoError(t, err)
	var failed *ledger.Change
	n := int64(0)
	for ; failed == nil; n++ {
		c := topUp(fmt.Sprint(n), 1)
		c.Put[0].Data = []byte(`"` + strings.Repeat("x", 5000) + `"`)
		if _, err = small.Commit(t.Context(), c); err != nil {
			failed = c
		}
	}
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "disk_full", e.Code)
	require.Contains(t, []ledger.Class{ledger.Unavailable, ledger.Unknown}, e.Class)
	require.EqualValues(t, n-1, balance(t, small), "reads go on")
	addsUp(t, small)

	large, err := sqlite.New(t.Context(), db)
	require.NoError(t, err)
	require.False(t, commit(t, large, failed).Replayed)
	require.EqualValues(t, n, balance(t, large))
	addsUp(t, large)
}

func TestAReadOnlyFile(t *testing.T) {
	path := file(t)
	commit(t, open(t, path), topUp("1", 100))
	db := pool(t, "file:"+path, good+"&mode=ro")
	s, err := sqlite.New(t.Context(), db)
	require.NoError(t, err)
	require.EqualValues(t, 100, balance(t, s))
	_, err = s.Commit(t.Context(), topUp("2", 100))
	requireCode(t, err, ledger.Unavailable, "read_only")
	addsUp(t, s)
	_, err = sqlite.Open(t.Context(), t.TempDir(), nil) // a folder
	requireCode(t, err, ledger.Unavailable, "cannot_open")
}

// Promise 37: pages that are not what SQLite wrote give corrupt, and no wrong
// money.
func TestATornFile(t *testing.T) {
	path := file(t)
	s := open(t, path)
	for i := range 40 {
		c := topUp(fmt.Sprint(i), 100)
		c.Put[0].Data = []byte(`"` + strings.Repeat("x", 2000) + `"`)
		commit(t, s, c)
	}
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	const page = 4096
	corrupt := 0
	for at := 0; at < len(whole); at += page {
		torn := bytes.Clone(whole)
		for i := range page {
			torn[at+i] ^= 0x5a
		}
		copied := file(t)
		require.NoError(t, os.WriteFile(copied, torn, 0o600))
		err := readAll(t, copied)
		if err == nil {
			continue // a page that no read needs
		}
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, []any{ledger.Unavailable, "corrupt"}, []any{e.Class, e.Code}, "page %d: %v", at/page, err)
		corrupt++
	}
	require.Greater(t, corrupt, 5)
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("no database\n", 1000)), 0o600))
	_, err = sqlite.Open(t.Context(), path, nil)
	requireCode(t, err, ledger.Unavailable, "corrupt")
}

// readAll opens a file and adds everything up; money that is wrong fails the
// test.
func readAll(t *testing.T, path string) error {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		return err
	}
	defer func() { require.NoError(t, s.Close()) }()
	r, err := ledger.Verify(t.Context(), s)
	if err != nil {
		return err
	}
	return errors.Join(r.Err(), s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Accounts(seller)
		if err != nil {
			return err
		}
		require.EqualValues(t, 4000, list[0].Posted.Minor())
		_, err = v.Find(ledger.Query{Kind: "thing", Name: "all"})
		return err
	}))
}

// An error out of COMMIT does not say whether it happened. The same change
// handed in again does (promise 26).
func TestAnUnknownOutcome(t *testing.T) {
	for _, after := range []bool{false, true} {
		path := file(t)
		lost := &losing{after: after}
		db := sql.OpenDB(lost.connector(path + good))
		defer func() { require.NoError(t, db.Close()) }()
		require.NoError(t, sqlite.Migrate(t.Context(), db))
		s, err := sqlite.New(t.Context(), db)
		require.NoError(t, err)
		commit(t, s, topUp("1", 100))
		lost.next.Store(true)
		_, err = s.Commit(t.Context(), topUp("2", 100))
		require.ErrorIs(t, err, ledger.Unknown)
		require.ErrorIs(t, err, errLost)
		require.Equal(t, after, commit(t, s, topUp("2", 100)).Replayed)
		require.EqualValues(t, 200, balance(t, s))

		lost.next.Store(true)
		r, err := ledger.Update(t.Context(), s, func(u *ledger.Unit) error {
			u.Post(topUp("3", 100).Post[0])
			return nil
		})
		require.NoError(t, err, "Update finds out by itself")
		require.Equal(t, after, r.Replayed)
		require.EqualValues(t, 300, balance(t, s))
		addsUp(t, s)
	}
}
