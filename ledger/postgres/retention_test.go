package postgres_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/internal/sqlstore/archivetest"
	"github.com/soukhq/souk/internal/sqlstore/viewtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// archived opens books in a schema of a name, whose commits come on any stripe.
func archived(schema, prefix string) archivetest.Suite {
	return func(t *testing.T) *archivetest.Books {
		p := pool(t, pgtest.DSN(t)+" pool_max_conns=12")
		s := openWith(t, p, postgres.Options{Schema: schema})
		require.NoError(t, s.Migrate(t.Context()))
		db := stdlib.OpenDBFromPool(p)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return &archivetest.Books{
			Store: s, DB: db, Prefix: prefix,
			Spread: func(t testing.TB, c *ledger.Change) {
				tx, err := p.Begin(t.Context())
				require.NoError(t, err)
				t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // it may have ended
				_, err = s.Join(tx).Commit(t.Context(), c)
				require.NoError(t, err)
				require.NoError(t, tx.Commit(t.Context()))
			},
			Rows:    func(t testing.TB, query string) []string { return viewtest.Rows(t, db, query) },
			Compare: func(t *testing.T) { viewtest.Compare(t, s, db, prefix) },
			Join:    func(tx *sql.Tx) ledger.Store { return s.JoinSQL(tx) },
			Disarm: func(t testing.TB) {
				for _, table := range []string{"entries", "carried", "objects"} {
					_, err := db.ExecContext(t.Context(), `alter table `+prefix+table+` disable trigger all`)
					require.NoError(t, err)
				}
			},
		}
	}
}

func TestArchives(t *testing.T) { archived("souk", "souk.").Run(t) }

// Names of schemas are any.
func TestArchivesInASchema(t *testing.T) {
	archived(`What's my "souk_"?`, `"What's my ""souk_""?".`).Run(t)
}

// spread pays n sellers from transactions that are open at once, so that each
// takes a stripe of its own, on an account that all share.
func spread(t *testing.T, p *pgxpool.Pool, s *postgres.Store, shared ledger.Ref, at time.Time, n int, id string) {
	t.Helper()
	var ends []func()
	for i := range n {
		tx, err := p.Begin(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // it may have ended
		to := available("acct_" + strconv.Itoa(i))
		_, err = s.Join(tx).Commit(t.Context(), &ledger.Change{ID: id + strconv.Itoa(i), At: at, Open: []ledger.Account{{Ref: to, Floor: ledger.Floor{Kind: ledger.Guarded}}},
			Post: []ledger.Transaction{{ID: "tx_" + id + strconv.Itoa(i), Book: book, Reason: "top-up", Entries: []ledger.Entry{
				{Account: shared, Amount: ledger.Minor(-100, ledger.EUR)}, {Account: to, Amount: ledger.Minor(100, ledger.EUR)}}}}})
		require.NoError(t, err)
		ends = append(ends, func() { require.NoError(t, tx.Commit(t.Context())) })
	}
	for _, end := range ends {
		end()
	}
}

// closes closes a book.
func closes(t *testing.T, s ledger.Store, book string, until time.Time) {
	t.Helper()
	e := ledger.Env{Now: func() time.Time { return until }}
	require.NoError(t, e.ClosePeriod(t.Context(), s, book, until))
}

// moves archives a book.
func moves(t *testing.T, s *postgres.Store, book string, before time.Time) (*ledger.ArchiveResult, string) {
	t.Helper()
	var out bytes.Buffer
	r, err := s.Archive(t.Context(), ledger.ArchiveRequest{Book: book, Before: before, To: &out})
	require.NoError(t, err)
	return r, out.String()
}

func account(t *testing.T, s ledger.Store, r ledger.Ref) (a ledger.Account) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Accounts(r)
		a = list[0]
		return err
	}))
	return a
}

// listed is every entry of an account.
func listed(t *testing.T, s ledger.Store, r ledger.Ref) (list []ledger.Posted) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) (err error) {
		list, err = v.Entries(r, ledger.Page{Limit: ledger.MaxPage})
		return err
	}))
	return list
}

// goesOnNowhere: whoever was reading a list when its entries were moved is told so,
// though the row that they were in was merged.
func goesOnNowhere(t *testing.T, s ledger.Store, r ledger.Ref, places []ledger.Posted) {
	t.Helper()
	require.NotEmpty(t, places)
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		for i, e := range places {
			by := ledger.TimeKind(i % 2)
			_, err := v.Entries(r, ledger.Page{By: by, After: e.Place(by)})
			requireCode(t, err, ledger.State, "period_archived")
		}
		return nil
	}))
}

// What stripes have of which everything was moved becomes one row, again and
// again; those that post stay apart, and one that comes back makes a row anew
// (promises 1 and 3).
func TestIdleStripesAreMerged(t *testing.T) {
	s, dsn := migrated(t)
	p := pool(t, dsn+" pool_max_conns=20")
	db := stdlib.OpenDBFromPool(p)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	commit(t, s, &ledger.Change{ID: "open", At: noon, Open: []ledger.Account{{Ref: bank, Shared: true}}})
	stripes := func() (list []string) {
		return viewtest.Rows(t, db, `select stripe, count(*) from souk.accounts where purpose = 'bank/main' group by stripe order by stripe`)
	}
	posted := int64(0)
	for period := range 4 {
		from := noon.AddDate(0, period, 0)
		spread(t, p, s, bank, from, 8, "a"+strconv.Itoa(period)+"_")
		spread(t, p, s, bank, from.Add(time.Second), 8, "b"+strconv.Itoa(period)+"_")
		until := from.AddDate(0, 0, 1)
		closes(t, s, book, until)
		if period == 2 { // three of them go on
			spread(t, p, s, bank, until.Add(time.Hour), 3, "c_")
			posted -= 300
		}
		posted -= 1600
		was, places := account(t, s, bank), listed(t, s, bank)
		require.Len(t, stripes(), map[bool]int{true: 8, false: 9}[period == 0])
		r, _ := moves(t, s, book, until)
		require.Equal(t, was, account(t, s, bank))
		require.Equal(t, posted, was.Posted.Minor())
		require.NotZero(t, r.Merged)
		if period != 2 {
			require.Equal(t, []string{"-1 | 1", "0 | 1"}, stripes())
			goesOnNowhere(t, s, bank, places)
		}
		addsUp(t, s)
		viewtest.Compare(t, s, db, "souk.")
		require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
			m, err := v.BalanceAt(bank, until)
			require.NoError(t, err)
			require.Equal(t, -1600*int64(period+1)-map[bool]int64{true: 300}[period == 3], m.Minor())
			c, err := v.Carried(bank)
			require.NoError(t, err)
			require.Equal(t, was.Entries-map[bool]int64{true: 3}[period == 2], c.Entries)
			return nil
		}))
	}
	again, _ := moves(t, s, book, noon.AddDate(0, 3, 1))
	require.Equal(t, ledger.ArchiveResult{}, *again, "there is nothing left to do")
	for _, by := range []string{
		`delete from souk.accounts where stripe = -1`,
		`delete from souk.carried where account = (select id from souk.accounts where stripe = -1)`,
		`with a as (delete from souk.accounts where stripe = -1 returning *) insert into souk.accounts
			(id, book, owner, purpose, currency, stripe, floor_kind, floor_at, shared, closed, posted, held, entries, version, last_at)
			select id + 1000, book, owner, purpose, currency, stripe, 0, 0, shared, closed, posted + 1, 0, entries, version, last_at from a`,
	} {
		_, err := p.Exec(t.Context(), by)
		require.Error(t, err, by)
	}
	addsUp(t, s)
}

// An account that is closed is merged, too, and stays closed.
func TestAClosedAccountIsMerged(t *testing.T) {
	s, dsn := migrated(t)
	p := pool(t, dsn+" pool_max_conns=20")
	day := ledger.Ref{Book: book, Owner: book, Purpose: "pending/2026-03-01", Currency: ledger.EUR}
	to := ledger.Ref{Book: book, Owner: book, Purpose: "available", Currency: ledger.EUR}
	commit(t, s, &ledger.Change{ID: "open", At: noon, Open: []ledger.Account{{Ref: day, Shared: true}, {Ref: to, Floor: ledger.Floor{Kind: ledger.Guarded}}}})
	spread(t, p, s, day, noon, 8, "a")
	commit(t, s, &ledger.Change{ID: "close", At: noon.Add(time.Minute), Close: []ledger.Ref{day}, Post: []ledger.Transaction{{ID: "tx_close", Book: book, Reason: "available",
		Entries: []ledger.Entry{{Account: day, Amount: ledger.Minor(800, ledger.EUR)}, {Account: to, Amount: ledger.Minor(-800, ledger.EUR)}}}}})
	was := account(t, s, day)
	require.True(t, was.Closed)
	until := noon.Add(time.Hour)
	closes(t, s, book, until)
	r, _ := moves(t, s, book, until)
	require.Positive(t, r.Merged)
	require.Equal(t, 2, count(t, p, `select count(*) from souk.accounts where purpose like 'pending/%' and closed`))
	require.Equal(t, was, account(t, s, day))
	addsUp(t, s)
	late := pay(seller, "late", 5)
	late.At, late.Open[0].Ref, late.Post[0].Entries[0].Account = until, day, day
	_, err := s.Commit(t.Context(), late)
	requireCode(t, err, ledger.State, "account_closed")
}

// While books are closed and archived, two processes and the transactions of a
// host post to them. Whoever verifies meanwhile finds that everything adds up, and
// in the end the archive and the books have what was acknowledged, once (promises
// 32, 35, 47 and 49).
func TestPostingGoesOnWhileBooksAreArchived(t *testing.T) {
	s, dsn := migrated(t)
	p := pool(t, dsn+" pool_max_conns=30")
	one, two := open(t, p), open(t, p)
	commit(t, s, &ledger.Change{ID: "bank", At: noon, Open: []ledger.Account{{Ref: bank, Shared: true}}})
	var clock, stop atomic.Int64
	var acknowledged sync.Map
	now := func() time.Time { return noon.Add(time.Duration(clock.Add(1)) * time.Second) }
	post := func(i, n int) error {
		id := strconv.Itoa(i) + "_" + strconv.Itoa(n)
		c := pay(available("acct_"+strconv.Itoa(n%7)), id, int64(1+n))
		c.At = now()
		store := ledger.Store([]*postgres.Store{one, two}[i%2])
		if i < 4 {
			_, err := store.Commit(context.Background(), c)
			acknowledged.Store("tx_"+id, err == nil)
			return err
		}
		err := error(ledger.Conflict)
		for tries := 0; errors.Is(err, ledger.Conflict) && tries < 50; tries++ { // as a host does
			var tx pgx.Tx
			if tx, err = p.Begin(context.Background()); err != nil {
				return err
			}
			if _, err = one.Join(tx).Commit(context.Background(), c); err == nil {
				err = tx.Commit(context.Background())
			}
			_ = tx.Rollback(context.Background()) // it may have ended
		}
		acknowledged.Store("tx_"+id, err == nil)
		return err
	}
	errs := make([]error, 7)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			for n := 0; stop.Load() == 0 && errs[i] == nil; n++ {
				errs[i] = post(i, n)
			}
		})
	}
	wg.Go(func() {
		for stop.Load() == 0 && errs[6] == nil {
			var r *ledger.Report
			if r, errs[6] = ledger.Verify(context.Background(), two); errs[6] == nil {
				errs[6] = r.Err()
			}
		}
	})
	var out bytes.Buffer
	for range times(6, 60) {
		from := clock.Load()
		eventually(t, "nobody posts", func() bool { return clock.Load() > from+30 })
		until := noon.Add(time.Duration(from) * time.Second)
		closes(t, one, book, until)
		_, err := s.Archive(t.Context(), ledger.ArchiveRequest{Book: book, Before: until, To: &out, Limit: 7})
		require.NoError(t, err)
	}
	stop.Store(1)
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	addsUp(t, s)
	moved := make(map[string]bool)
	require.NoError(t, ledger.ReadArchive(&out, func(a *ledger.Archived) error {
		require.False(t, moved[a.Transaction.ID])
		moved[a.Transaction.ID] = true
		return nil
	}))
	require.Greater(t, len(moved), 50)
	posted, left := 0, 0
	acknowledged.Range(func(id, _ any) bool {
		posted++
		if !moved[id.(string)] {
			left++
		}
		return true
	})
	require.Equal(t, posted, count(t, p, `select count(*) from souk.transactions`))
	require.Equal(t, left, count(t, p, `select count(distinct tx) from souk.entries`))
	require.Equal(t, len(moved), count(t, p, `select count(*) from souk.transactions t where not exists (select from souk.entries e where e.tx = t.seq)`))
}

// Whoever waits for the stripe of a host's transaction waits for a bounded time,
// and has moved everything by then.
func TestMergingWaitsForAHost(t *testing.T) {
	s, dsn := migrated(t)
	p := pool(t, dsn+" pool_max_conns=20")
	commit(t, s, &ledger.Change{ID: "open", At: noon, Open: []ledger.Account{{Ref: bank, Shared: true}}})
	spread(t, p, s, bank, noon, 8, "a")
	until := noon.Add(time.Hour)
	closes(t, s, book, until)
	tx, err := p.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })                                                // it may have ended
	_, err = s.Join(tx).Commit(t.Context(), puts("late", map[ledger.ID]int64{{Kind: "thing", ID: "late"}: 0})) // it may post next
	require.NoError(t, err)
	hasty := openWith(t, p, postgres.Options{Wait: 300 * time.Millisecond})
	var out bytes.Buffer
	r, err := hasty.Archive(t.Context(), ledger.ArchiveRequest{Book: book, Before: until, To: &out})
	require.ErrorIs(t, err, ledger.Unavailable)
	require.Equal(t, []int64{8, 0}, []int64{r.Transactions, r.Merged})
	require.NoError(t, tx.Commit(t.Context()))
	r, _ = moves(t, s, book, until)
	require.Positive(t, r.Merged)
	require.Equal(t, int64(-800), balanceOf(t, s, bank))
	addsUp(t, s)
}

// Nobody deletes an entry but by the transaction that carries forward what it came
// to, and no part of a transaction (promise 62).
func TestEntriesAreGuarded(t *testing.T) {
	s, dsn := migrated(t)
	p := pool(t, dsn)
	for _, id := range []string{"a", "b", "c"} {
		commit(t, s, topUp(id, 5))
	}
	const (
		first   = `(select seq from souk.transactions where id = 'tx_a')`
		carry   = `insert into souk.carried select account, posted_at, tx, coalesce(effective_at, posted_at), tx, number & (1 << 30) - 1, balance from souk.entries where tx = ` + first + `;`
		forget  = `delete from souk.entries where tx = ` + first + `;`
		further = `delete from souk.entries where tx = (select seq from souk.transactions where id = 'tx_b');`
	)
	for script, want := range map[string]string{
		forget:          "never deleted",
		carry + further: "never deleted",
		carry + `delete from souk.entries where account = (select accounts[1] from souk.transactions where seq = ` + first + `) and tx = ` + first: "with all its entries",
		carry + `truncate souk.entries`:    "an entry never changes",
		carry + `truncate souk.carried`:    "never deleted",
		carry + `delete from souk.carried`: "never deleted",
		carry + forget:                     "",
	} {
		tx, err := p.Begin(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // it may have ended
		_, err = tx.Exec(t.Context(), script)
		if want != "" {
			require.ErrorContains(t, err, want, script)
		} else {
			require.NoError(t, err, script)
		}
		require.NoError(t, tx.Rollback(t.Context()))
	}
	execute(t, p, carry) // by another transaction
	_, err := p.Exec(t.Context(), forget)
	require.ErrorContains(t, err, "never deleted")
}

// It takes one connection at a time, and no setting or statement of a session, so
// that any pooler will do (promise 41).
func TestArchivesBehindAPooler(t *testing.T) {
	s, dsn := migrated(t)
	p := pool(t, dsn+" pool_max_conns=20")
	commit(t, s, &ledger.Change{ID: "open", At: noon, Open: []ledger.Account{{Ref: bank, Shared: true}}})
	for i, mode := range []pgx.QueryExecMode{pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		from := noon.AddDate(0, i, 0)
		spread(t, p, s, bank, from, 8, "a"+strconv.Itoa(i)+"_")
		until := from.Add(time.Hour)
		closes(t, s, book, until)
		one := open(t, poolOf(t, dsn, func(c *pgxpool.Config) { c.MaxConns, c.ConnConfig.DefaultQueryExecMode = 1, mode }))
		r, _ := moves(t, one, book, until)
		require.EqualValues(t, 8, r.Transactions)
		require.NotZero(t, r.Merged)
		addsUp(t, one)
	}
	r, err := (*postgres.Store)(nil).Archive(t.Context(), ledger.ArchiveRequest{})
	requireCode(t, err, ledger.Invalid, "missing_argument")
	require.Zero(t, *r)
}
