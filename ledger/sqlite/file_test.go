package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

const book = "plat_1"

var (
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	bank   = ledger.Ref{Book: book, Owner: "house", Purpose: "bank/main", Currency: ledger.EUR}
	seller = ledger.Ref{Book: book, Owner: "acct_1", Purpose: "available", Currency: ledger.EUR}
)

// topUp is a change that opens both accounts, pays in, puts and tells.
func topUp(id string, amountMinor int64) *ledger.Change {
	thing := ledger.ID{Kind: "thing", ID: id}
	return &ledger.Change{
		ID: "chg_" + id, At: noon,
		Open: []ledger.Account{{Ref: bank}, {Ref: seller, Floor: ledger.Floor{Kind: ledger.Guarded}}},
		Post: []ledger.Transaction{{ID: "tx_" + id, Book: book, Reason: "top-up", Entries: []ledger.Entry{
			{Account: bank, Amount: ledger.Minor(-amountMinor, ledger.EUR)}, {Account: seller, Amount: ledger.Minor(amountMinor, ledger.EUR)},
		}}},
		Put:  []ledger.Object{{ID: thing, Data: []byte(`{"a": 1}`), Keys: []ledger.Key{{Name: "all", At: noon}}}},
		Emit: []ledger.Event{{Type: "thing.made", Platform: book, Object: thing}},
	}
}

func commit(t *testing.T, s ledger.Store, c *ledger.Change) *ledger.Receipt {
	t.Helper()
	r, err := s.Commit(t.Context(), c)
	require.NoError(t, err)
	return r
}

// balance reads what the seller has.
func balance(t *testing.T, s ledger.Store) (minor int64) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Accounts(seller)
		if err == nil {
			minor = list[0].Posted.Minor()
		}
		return err
	}))
	return minor
}

func requireCode(t *testing.T, err error, class ledger.Class, code string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{class, code}, []any{e.Class, e.Code}, "%v", err)
}

func addsUp(t *testing.T, s ledger.Store) {
	t.Helper()
	r, err := ledger.Verify(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, r.Err())
}

// What was committed is there when the file is opened again, whatever the path
// is called.
func TestAFileIsOpenedAgain(t *testing.T) {
	for _, name := range []string{"books.db", "a b%20c?d#e&f=g;h.db", "ü 漢字.db", "noending"} {
		path := filepath.Join(t.TempDir(), name)
		s := open(t, path)
		first := commit(t, s, topUp("1", 100))
		require.Equal(t, []ledger.ID{{Kind: "thing", ID: "1"}}, first.Made)
		require.NoError(t, s.Close())
		_, err := os.Stat(path)
		require.NoError(t, err)
		_, err = os.Stat(path + "-wal")
		require.ErrorIs(t, err, os.ErrNotExist, "a file that was closed is whole by itself")

		s = open(t, path)
		require.True(t, commit(t, s, topUp("1", 100)).Replayed)
		require.False(t, commit(t, s, topUp("2", 11)).Replayed)
		require.EqualValues(t, 111, balance(t, s))
		require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
			found, err := v.Find(ledger.Query{Kind: "thing", Name: "all"})
			require.NoError(t, err)
			require.Len(t, found, 2)
			require.Equal(t, `{"a": 1}`, string(found[0].Data))
			events, _, err := v.Events("", book, 10)
			require.Len(t, events, 2)
			return err
		}))
		addsUp(t, s)
	}
}

func TestAClosedStore(t *testing.T) {
	s := open(t, file(t))
	held, release := make(chan struct{}), make(chan struct{})
	var readers sync.WaitGroup
	readers.Add(1)
	go func() {
		defer readers.Done()
		require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
			close(held)
			<-release
			_, err := v.Accounts(seller)
			return err
		}), "Close waits for what is under way")
	}()
	<-held
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case <-closed:
		require.Fail(t, "closed under a read")
	case <-time.After(20 * time.Millisecond):
	}
	close(release)
	readers.Wait()
	require.NoError(t, <-closed)
	require.NoError(t, s.Close())
	_, err := s.Commit(t.Context(), topUp("1", 1))
	requireCode(t, err, ledger.Unavailable, "store_closed")
	requireCode(t, s.Read(t.Context(), func(ledger.View) error { return nil }), ledger.Unavailable, "store_closed")
}

// A View that is kept beyond its Read says so; it would show another moment.
func TestAViewEndsWithItsRead(t *testing.T) {
	s := open(t, file(t))
	var kept ledger.View
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error { kept = v; return nil }))
	_, err1 := kept.Accounts(seller)
	_, err2 := kept.AccountsOf(ledger.AccountQuery{})
	_, err3 := kept.BalanceAt(seller, noon)
	_, err4 := kept.Entries(seller, ledger.Page{})
	_, err5 := kept.Transactions("tx")
	_, err6 := kept.Objects(ledger.ID{Kind: "k", ID: "i"})
	_, err7 := kept.Find(ledger.Query{Kind: "k", Name: "n"})
	_, _, err8 := kept.Events("", "", 1)
	for _, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8} {
		requireCode(t, err, ledger.Invalid, "view_ended")
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Read(ctx, func(v ledger.View) error {
		cancel()
		_, err := v.Accounts(seller)
		return err
	})
	requireCode(t, err, ledger.Unavailable, "canceled")
}

func TestWhatIsMissing(t *testing.T) {
	for _, path := range []string{"", ":memory:", "file:books.db?mode=memory"} {
		_, err := sqlite.Open(t.Context(), path, nil)
		requireCode(t, err, ledger.Invalid, "invalid_path")
	}
	for _, o := range []sqlite.Options{{Readers: -1}, {Wait: -1}} {
		_, err := sqlite.Open(t.Context(), file(t), &o)
		requireCode(t, err, ledger.Invalid, "invalid_options")
	}
	_, err := sqlite.New(t.Context(), nil)
	requireCode(t, err, ledger.Invalid, "missing_argument")
	view := func(ledger.View) error { return nil }
	for _, s := range []ledger.Store{(*sqlite.Store)(nil), &sqlite.Store{}, sqlite.Join(nil)} {
		_, err := s.Commit(t.Context(), topUp("1", 1))
		requireCode(t, err, ledger.Invalid, "missing_argument")
		requireCode(t, s.Read(t.Context(), view), ledger.Invalid, "missing_argument")
	}
	require.NoError(t, (*sqlite.Store)(nil).Close())
	s := open(t, file(t))
	requireCode(t, s.Read(t.Context(), nil), ledger.Invalid, "missing_argument")
	_, err = s.Commit(t.Context(), nil)
	requireCode(t, err, ledger.Invalid, "missing_argument")
	_, test := ledger.Store(s).(ledger.TestOnly)
	require.False(t, test)
}

// Promises 34 and 46: what could lose or corrupt books is refused when it is
// opened.
func TestUnsafeSettingsAreRefused(t *testing.T) {
	for _, settings := range []string{
		"?_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)",
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)",
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=foreign_keys(1)",
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)",
	} {
		db := pool(t, file(t), settings)
		require.NoError(t, sqlite.Migrate(t.Context(), db))
		_, err := sqlite.New(t.Context(), db)
		requireCode(t, err, ledger.Unavailable, "unsafe_settings")
	}
}

func TestTheSchemaIsChecked(t *testing.T) {
	path := file(t)
	db := pool(t, path, good)
	_, err := sqlite.New(t.Context(), db)
	requireCode(t, err, ledger.State, "schema_older")
	require.NoError(t, sqlite.Migrate(t.Context(), db))
	require.NoError(t, sqlite.Migrate(t.Context(), db))
	_, err = sqlite.New(t.Context(), db)
	require.NoError(t, err)
	for _, fault := range []struct{ sql, code, undo string }{
		{"insert into souk_schema_migrations (version, name, checksum) values (99, '0099_later.sql', '')", "schema_newer", "delete from souk_schema_migrations where version = 99"},
		{"update souk_schema_migrations set checksum = checksum || 'x'", "schema_changed", "update souk_schema_migrations set checksum = rtrim(checksum, 'x')"},
	} {
		_, err := db.Exec(fault.sql)
		require.NoError(t, err)
		_, err = sqlite.New(t.Context(), db)
		requireCode(t, err, ledger.State, fault.code)
		_, err = sqlite.Open(t.Context(), path, nil)
		requireCode(t, err, ledger.State, fault.code)
		requireCode(t, sqlite.Migrate(t.Context(), db), ledger.State, fault.code)
		_, err = db.Exec(fault.undo)
		require.NoError(t, err)
	}
	_, err = sqlite.New(t.Context(), db)
	require.NoError(t, err)
}

// A new file that many open at once is set up once.
func TestManyOpenANewFile(t *testing.T) {
	for range 5 {
		path := file(t)
		var group sync.WaitGroup
		for i := range 6 {
			group.Add(1)
			go func() {
				defer group.Done()
				s, err := sqlite.Open(t.Context(), path, nil)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = s.Commit(t.Context(), topUp(string(rune('a'+i)), 1))
				require.NoError(t, err)
				require.NoError(t, s.Close())
			}()
		}
		group.Wait()
		require.EqualValues(t, 6, balance(t, open(t, path)))
	}
}
