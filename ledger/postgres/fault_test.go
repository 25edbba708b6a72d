package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
	"github.com/soukhq/souk/ledger/storetest"
)

// poison makes the database refuse the object poison with a code of its own.
func poison(t *testing.T, p *pgxpool.Pool, code string) {
	t.Helper()
	execute(t, p, `create or replace function refuse_poison() returns trigger language plpgsql as $$
		begin raise exception 'no' using errcode = '`+code+`'; end $$`)
	execute(t, p, `create or replace trigger poison before insert on souk.objects for each row when (new.id = 'poison') execute function refuse_poison()`)
}

// What is written once stays, also for who writes SQL by hand; what no
// constraint sees, Verify finds (edge-case 101).
func TestTheDatabaseHoldsTheInvariants(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	commit(t, s, topUp("1", 100))
	for _, text := range []string{
		"update souk.entries set amount = amount + 1",
		"delete from souk.entries",
		"truncate souk.entries",
		"update souk.transactions set reason = 'x'",
		"delete from souk.transactions",
		"truncate souk.transactions",
		"update souk.events set type = 'x'",
		"delete from souk.events",
		"truncate souk.events",
		"update souk.changes set at = 0",
		"delete from souk.changes",
		"truncate souk.changes",
		"delete from souk.accounts",
		"truncate souk.accounts",
		"delete from souk.objects",
		"truncate souk.objects",
		"delete from souk.stripes",
		"update souk.accounts set posted = posted + 1",
		"update souk.accounts set version = version - 1",
		"update souk.accounts set version = version + 1, held = -1",
		"update souk.accounts set version = version + 1, entries = 0",
		"update souk.accounts set version = version + 1, owner = 'x'",
		"update souk.accounts set version = version + 1, floor_kind = 0",
		"update souk.accounts set version = version + 1, closed = true where owner = 'acct_1'",
		"update souk.objects set data = '{}'",
		"update souk.objects set version = version + 1, id = 'x'",
		"update souk.stripes set events = events - 1",
		"insert into souk.objects (kind, id, version, keys) values ('thing', '1', 1, '[]')",
		"insert into souk.changes (id, at) values ('chg_1', 0)",
		"insert into souk.transactions select seq + 1, posted_at, effective_at, changed_at, accounts, id, book, reason, corrects, object_kind, object_id, meta from souk.transactions",
		"insert into souk.entries select account, posted_at + 1, number + 1, tx, effective_at, 0, balance, false from souk.entries", // moves nothing
		"insert into souk.entries select account, posted_at, number + 1, tx, effective_at, 1, balance, false from souk.entries",     // in another's place
	} {
		_, err := p.Exec(t.Context(), text)
		require.ErrorContains(t, err, "SQLSTATE 23", text)
	}
	addsUp(t, s)
	execute(t, p, "insert into souk.entries select account, posted_at + 1, number + 1, tx, effective_at, 1, balance + 1, false from souk.entries where amount > 0")
	r, err := ledger.Verify(t.Context(), s)
	require.NoError(t, err)
	require.Error(t, r.Err(), "an entry without its other side")
}

// One change that the database refuses does not take with it those that it was
// committed with.
func TestAPoisonousChangeFailsAlone(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct {
		class ledger.Class
		code  string
	}{"23514": {ledger.Invalid, "constraint"}, "P0001": {ledger.Unavailable, "database_error"}} {
		p, s := shop(t)
		poison(t, p, code)
		tx := begin(t, p)
		_, err := tx.Exec(t.Context(), "select id from souk.stripes order by id for update")
		require.NoError(t, err)
		const n = 20
		errs := make([]error, n)
		var group sync.WaitGroup
		pay := func(i int) {
			defer group.Done()
			id := fmt.Sprint("of", i)
			if i == 13 {
				id = "poison"
			}
			_, errs[i] = s.Commit(context.Background(), topUp(id, 1))
		}
		group.Add(n)
		go pay(0)
		waits(t, p, 1) // the others become one batch behind it
		for i := 1; i < n; i++ {
			go pay(i)
		}
		require.NoError(t, tx.Rollback(t.Context()))
		group.Wait()
		for i, err := range errs {
			if i == 13 {
				requireCode(t, err, want.class, want.code)
				continue
			}
			require.NoError(t, err)
		}
		require.EqualValues(t, n-1, balance(t, s))
		require.Equal(t, n-1, whole(t, p))
		addsUp(t, s)
	}
}

// A server that may only be read, as a standby, is no failure of the books.
func TestAReadOnlyServer(t *testing.T) {
	t.Parallel()
	s, dsn := migrated(t)
	commit(t, s, topUp("1", 100))
	only := open(t, poolOf(t, dsn, func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on" }))
	require.EqualValues(t, 100, balance(t, only))
	_, err := only.Commit(t.Context(), topUp("2", 100))
	requireCode(t, err, ledger.Unavailable, "read_only")
	addsUp(t, only)
	require.False(t, commit(t, s, topUp("2", 100)).Replayed)
}

// A statement that is cancelled, and a connection that is ended by the server,
// leave nothing behind: the next try works (promise 42).
func TestStatementsAreCancelled(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	commit(t, s, topUp("first", 1))
	for end, code := range map[string]string{"pg_cancel_backend": "canceled", "pg_terminate_backend": "connection_lost"} {
		for what, hold := range map[string]string{
			"a row":   "select 1 from souk.accounts where owner = 'acct_1' for update",
			"stripes": "select id from souk.stripes order by id for update",
		} {
			tx := begin(t, p)
			_, err := tx.Exec(t.Context(), hold)
			require.NoError(t, err)
			id := end + what
			done := make(chan error)
			go func() {
				_, err := s.Commit(context.Background(), topUp(id, 1))
				done <- err
			}()
			waits(t, p, 1)
			execute(t, p, "select "+end+"(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
			requireCode(t, <-done, ledger.Unavailable, code)
			require.NoError(t, tx.Rollback(t.Context()))
			require.False(t, commit(t, s, topUp(id, 1)).Replayed)
		}
	}
	require.Equal(t, 5, whole(t, p))
	addsUp(t, s)
}

// Whoever waits for a row that a host holds may leave, and is not kept for ever
// either (promises 41 and 42).
func TestNobodyWaitsForEver(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	commit(t, s, topUp("first", 1))
	tx := begin(t, p)
	commit(t, s.Join(tx), topUp("host", 1))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.Commit(ctx, topUp("leaves", 1))
		done <- err
	}()
	waits(t, p, 1)
	cancel()
	requireCode(t, <-done, ledger.Unavailable, "canceled")
	short := openWith(t, p, postgres.Options{Wait: 50 * time.Millisecond})
	_, err := short.Commit(t.Context(), topUp("bounded", 1))
	require.ErrorIs(t, err, ledger.Unavailable)
	in := short.Join(begin(t, p))
	_, err = in.Commit(t.Context(), topUp("bounded too", 1))
	require.ErrorIs(t, err, ledger.Unavailable)
	require.NoError(t, tx.Commit(t.Context()))
	require.Equal(t, 2, whole(t, p))
	require.False(t, commit(t, s, topUp("bounded", 1)).Replayed)
	addsUp(t, s)
}

// What the database was asked to commit when the time was over may have happened:
// that is no overload (promise 26).
func TestACommitThatTakesTooLongIsUnknown(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	short := openWith(t, p, postgres.Options{Wait: 100 * time.Millisecond})
	tx := begin(t, p) // somebody makes the same thing, and nobody can see it yet
	_, err := tx.Exec(t.Context(), "insert into souk.objects (kind, id, version, keys) values ('thing', '1', 1, '[]')")
	require.NoError(t, err)
	one := func() error { _, err := short.Commit(t.Context(), topUp("1", 1)); return err }
	all := func() error { return short.CommitAll(t.Context(), []*ledger.Change{topUp("1", 1)})[0].Err }
	for _, ask := range []func() error{one, all} {
		eventually(t, "it does not get to the commit", func() bool {
			err := ask()
			require.Error(t, err)
			require.Equal(t, errors.Is(err, ledger.Unknown), classOf(err) == ledger.Unknown, "an unknown outcome is called another: %v", err)
			return classOf(err) == ledger.Unknown
		})
	}
	require.NoError(t, tx.Rollback(t.Context()))
	commit(t, s, topUp("1", 1)) // or else one of those that were given up has
	require.Equal(t, 1, whole(t, p))
}

// Nothing needs two connections at once, and without one callers wait for a
// bounded time (promise 41).
func TestAPoolThatIsUsedUp(t *testing.T) {
	t.Parallel()
	s, dsn := migrated(t)
	commit(t, s, topUp("1", 1))
	one := poolOf(t, dsn, func(c *pgxpool.Config) { c.MaxConns = 1 })
	small := openWith(t, one, postgres.Options{Wait: 50 * time.Millisecond})
	conn, err := one.Acquire(t.Context())
	require.NoError(t, err)
	_, err = small.Commit(t.Context(), topUp("2", 1))
	requireCode(t, err, ledger.Unavailable, "overloaded")
	for _, r := range small.CommitAll(t.Context(), []*ledger.Change{topUp("2", 1), topUp("3", 1)}) {
		requireCode(t, r.Err, ledger.Unavailable, "overloaded")
	}
	requireCode(t, small.Read(t.Context(), func(ledger.View) error { return nil }), ledger.Unavailable, "overloaded")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	requireCode(t, small.Read(ctx, func(ledger.View) error { return nil }), ledger.Unavailable, "canceled")
	conn.Release()
	require.False(t, commit(t, open(t, one), topUp("2", 1)).Replayed)
	require.EqualValues(t, 2, balance(t, small))
}

// Close waits for who reads.
func TestCloseWaits(t *testing.T) {
	t.Parallel()
	s, _ := migrated(t)
	reading, goOn, closed := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	read := make(chan error, 1)
	go func() {
		read <- s.Read(context.Background(), func(v ledger.View) error {
			close(reading)
			<-goOn
			_, err := v.Accounts(bank)
			require.Empty(t, closed, "it was closed under a read")
			return err
		})
	}()
	<-reading
	go func() { closed <- s.Close() }()
	close(goOn)
	require.NoError(t, <-read)
	require.NoError(t, <-closed)
	requireCode(t, s.Read(t.Context(), func(ledger.View) error { return nil }), ledger.Unavailable, "store_closed")
	requireCode(t, s.CheckSchema(t.Context()), ledger.Unavailable, "store_closed")
}

func TestAClosedStore(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	p := pool(t, dsn)
	s := open(t, p)
	require.NoError(t, s.Migrate(t.Context()))
	commit(t, s, topUp("1", 1))
	second := open(t, p)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	nothing := func(ledger.View) error { return nil }
	_, err := s.Commit(t.Context(), topUp("2", 1))
	requireCode(t, err, ledger.Unavailable, "store_closed")
	requireCode(t, s.CommitAll(t.Context(), []*ledger.Change{topUp("2", 1)})[0].Err, ledger.Unavailable, "store_closed")
	requireCode(t, s.Read(t.Context(), nothing), ledger.Unavailable, "store_closed")
	requireCode(t, s.Migrate(t.Context()), ledger.Unavailable, "store_closed")
	require.EqualValues(t, 1, balance(t, second), "the pool is the host's")
	p.Close()
	_, err = second.Commit(t.Context(), topUp("2", 1))
	requireCode(t, err, ledger.Unavailable, "pool_closed")
	requireCode(t, second.Read(t.Context(), nothing), ledger.Unavailable, "pool_closed")
}

func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	p := pool(t, pgtest.DSN(t))
	_, err := postgres.New(nil, nil)
	requireCode(t, err, ledger.Invalid, "missing_argument")
	for _, o := range []postgres.Options{{Wait: -1}, {Schema: fmt.Sprintf("%064d", 1)}} {
		_, err := postgres.New(p, &o)
		requireCode(t, err, ledger.Invalid, "invalid_options")
	}
	s := open(t, p)
	nothing := func(ledger.View) error { return nil }
	for _, s := range []ledger.Store{(*postgres.Store)(nil), &postgres.Store{}, s.Join(nil), s.JoinSQL(nil)} {
		_, err := s.Commit(t.Context(), topUp("1", 1))
		requireCode(t, err, ledger.Invalid, "missing_argument")
		requireCode(t, s.Read(t.Context(), nothing), ledger.Invalid, "missing_argument")
	}
	require.NoError(t, (*postgres.Store)(nil).Close())
	requireCode(t, s.Read(t.Context(), nil), ledger.Invalid, "missing_argument")
	require.NoError(t, s.Migrate(t.Context()))
	_, err = s.Commit(t.Context(), nil)
	requireCode(t, err, ledger.Invalid, "missing_argument")
}

// Promise 43: a schema that is not there, or not this program's, is refused.
func TestTheSchemaIsChecked(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	elsewhere := openWith(t, p, postgres.Options{Schema: "elsewhere"})
	_, err := elsewhere.Commit(t.Context(), topUp("1", 1))
	requireCode(t, err, ledger.State, "schema_missing")
	requireCode(t, elsewhere.Read(t.Context(), func(v ledger.View) error {
		_, err := v.Accounts(seller)
		return err
	}), ledger.State, "schema_missing")
	requireCode(t, elsewhere.CheckSchema(t.Context()), ledger.State, "schema_older")

	require.NoError(t, s.Migrate(t.Context()), "a second time")
	for _, fault := range []struct{ sql, code, undo string }{
		{"insert into souk.schema_migrations (version, name, checksum) values (99, '0099_later.sql', '')", "schema_newer", "delete from souk.schema_migrations where version = 99"},
		{"update souk.schema_migrations set checksum = checksum || 'x'", "schema_changed", "update souk.schema_migrations set checksum = rtrim(checksum, 'x')"},
	} {
		execute(t, p, fault.sql)
		requireCode(t, s.CheckSchema(t.Context()), ledger.State, fault.code)
		requireCode(t, s.Migrate(t.Context()), ledger.State, fault.code)
		execute(t, p, fault.undo)
	}
	require.NoError(t, s.CheckSchema(t.Context()))
}

// Promise 43: any number migrate at once, and each step happens once.
func TestManyMigrateAtOnce(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	p := pool(t, dsn)
	const n = 6
	errs := make(chan error, n)
	for range n {
		one := open(t, pool(t, dsn))
		go func() { errs <- one.Migrate(context.Background()) }()
	}
	for range n {
		require.NoError(t, <-errs)
	}
	require.Zero(t, count(t, p, "select count(*) - max(version) from souk.schema_migrations"))
	s := open(t, p)
	require.NoError(t, s.CheckSchema(t.Context()))
	commit(t, s, topUp("1", 1))
}

// A schema may have any name, and schemas in one database know nothing of each
// other.
func TestAnyNameOfASchema(t *testing.T) {
	t.Parallel()
	p := poolOf(t, pgtest.DSN(t), wide)
	for i, name := range []string{`my "books"`, "souk_test", "It's", "why?", "souk.books", `back\slash`, "Bücher €", "$1", "select"} {
		t.Run(name, func(t *testing.T) {
			s := openWith(t, p, postgres.Options{Schema: name})
			requireCode(t, s.CheckSchema(t.Context()), ledger.State, "schema_older")
			require.NoError(t, s.Migrate(t.Context()))
			require.NoError(t, s.Migrate(t.Context()))
			require.NoError(t, s.CheckSchema(t.Context()))
			openBank(t, s)
			require.False(t, commit(t, s, topUp("1", int64(i)+1)).Replayed)
			tx := begin(t, p)
			_, err := tx.Exec(t.Context(), "select 1 from "+pgx.Identifier{name, "stripes"}.Sanitize()+" where id >= 0 for update")
			require.NoError(t, err)
			commit(t, s, topUp("on a new stripe", 1))
			require.NoError(t, tx.Rollback(t.Context()))
			require.EqualValues(t, i+2, balance(t, s))
			require.Len(t, feed(t, s), 2)
			addsUp(t, s)
		})
	}
}

// A pool behind a pooler of transactions keeps no prepared statements. It passes
// the suite, with a single connection and in a schema of an odd name.
func TestAPoolWithoutPreparedStatementsKeepsTheLaws(t *testing.T) {
	t.Parallel()
	for mode, connections := range map[pgx.QueryExecMode]int32{pgx.QueryExecModeExec: 8, pgx.QueryExecModeSimpleProtocol: 1} {
		t.Run(mode.String(), func(t *testing.T) {
			if mode == pgx.QueryExecModeExec && times(0, 1) == 0 {
				t.Skip("with SOUK_LONG")
			}
			s := openWith(t, poolOf(t, pgtest.DSN(t), func(c *pgxpool.Config) {
				c.MaxConns, c.ConnConfig.DefaultQueryExecMode = connections, mode
			}), postgres.Options{Schema: `my "books"`})
			require.NoError(t, s.Migrate(t.Context()))
			storetest.Run(t, func(*testing.T) ledger.Store { return s })
		})
	}
}
