package postgres_test

import (
	"context"
	"crypto/sha256"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

const book = "plat_1"

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	// Everybody posts to the bank, so it is shared.
	bank   = ledger.Ref{Book: book, Owner: "house", Purpose: "bank/main", Currency: ledger.EUR}
	seller = available("acct_1")
)

func available(owner string) ledger.Ref {
	return ledger.Ref{Book: book, Owner: owner, Purpose: "available", Currency: ledger.EUR}
}

// pay is a change that pays a seller: it opens the accounts, puts a thing, tells,
// and has a key. All of them are named after id.
func pay(to ledger.Ref, id string, amountMinor int64) *ledger.Change {
	thing := ledger.ID{Kind: "thing", ID: id}
	return &ledger.Change{
		ID: "chg_" + id, At: noon, Idem: key(id),
		Open: []ledger.Account{{Ref: bank, Shared: true}, {Ref: to, Floor: ledger.Floor{Kind: ledger.Guarded}}},
		Post: []ledger.Transaction{{ID: "tx_" + id, Book: book, Reason: "top-up", Entries: []ledger.Entry{
			{Account: bank, Amount: ledger.Minor(-amountMinor, ledger.EUR)}, {Account: to, Amount: ledger.Minor(amountMinor, ledger.EUR)},
		}}},
		Put:  []ledger.Object{{ID: thing, Data: []byte(`{"a": 1}`), Keys: []ledger.Key{{Name: "all", At: noon}}}},
		Emit: []ledger.Event{{Type: "thing.made", Platform: book, Object: thing}},
	}
}

func key(id string) ledger.Idem {
	return ledger.Idem{Scope: book, Key: id, Hash: sha256.Sum256([]byte(id))}
}

func topUp(id string, amountMinor int64) *ledger.Change { return pay(seller, id, amountMinor) }

func commit(t *testing.T, s ledger.Store, c *ledger.Change) *ledger.Receipt {
	t.Helper()
	r, err := s.Commit(t.Context(), c)
	require.NoError(t, err)
	return r
}

// balanceOf reads what an account has.
func balanceOf(t *testing.T, s ledger.Store, r ledger.Ref) (minor int64) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Accounts(r)
		if err == nil {
			minor = list[0].Posted.Minor()
		}
		return err
	}))
	return minor
}

func balance(t *testing.T, s ledger.Store) int64 { t.Helper(); return balanceOf(t, s, seller) }

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

// feed counts the events of each thing, from the beginning to the end.
func feed(t *testing.T, s ledger.Store) map[string]int {
	t.Helper()
	seen, at := make(map[string]int), ledger.Cursor("")
	for {
		list, next := events(t, s, at, ledger.MaxPage)
		for _, e := range list {
			seen[e.Object.ID]++
		}
		if at = next; len(list) < ledger.MaxPage {
			return seen
		}
	}
}

func events(t *testing.T, s ledger.Store, after ledger.Cursor, limit int) (list []ledger.Event, next ledger.Cursor) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) (err error) {
		list, next, err = v.Events(after, "", limit)
		return err
	}))
	return list, next
}

// thereOnce checks that each of these payments is there, once and whole: its
// transaction, its thing, its key and its event. What nobody was told of is there
// whole or not at all.
func thereOnce(t *testing.T, s ledger.Store, ids []string) {
	t.Helper()
	told := feed(t, s)
	for at := 0; at < len(ids); at += 200 {
		part := ids[at:min(at+200, len(ids))]
		require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
			var txs []string
			var things []ledger.ID
			for _, id := range part {
				txs = append(txs, "tx_"+id)
				things = append(things, ledger.ID{Kind: "thing", ID: id}, ledger.ID{Kind: ledger.IdemKind, ID: book + "|" + id})
			}
			posted, err := v.Transactions(txs...)
			require.NoError(t, err)
			require.Len(t, posted, len(part), "acknowledged payments are not there")
			objects, err := v.Objects(things...)
			for _, o := range objects {
				require.EqualValues(t, 1, o.Version, "%v", o.ID)
			}
			return err
		}))
		for _, id := range part {
			require.Equal(t, 1, told[id], "events of %s", id)
		}
	}
	addsUp(t, s)
}

// whole checks that all payments have all their parts, and returns how many there
// are: also those of which nobody was told (promise 35).
func whole(t *testing.T, p *pgxpool.Pool) int {
	t.Helper()
	n := count(t, p, `select count(*) from souk.transactions`)
	for _, query := range []string{
		`select count(*) / 2 from souk.entries`,
		`select count(*) from souk.events`,
		`select count(*) from souk.changes where id <> 'bank'`,
		`select count(*) from souk.objects where kind = 'thing'`,
		`select count(*) from souk.objects where kind = 'ledger.idempotency'`,
		`select count(*) from souk.object_keys`,
		`select count(*) from souk.transactions t join souk.changes c on substr(c.id, 5) = substr(t.id, 4)
			join souk.events e on e.object_id = substr(t.id, 4) join souk.objects o on o.kind = 'thing' and o.id = e.object_id`,
	} {
		require.Equal(t, n, count(t, p, query), query)
	}
	return n
}

func count(t *testing.T, p *pgxpool.Pool, query string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, p.QueryRow(t.Context(), query, args...).Scan(&n), query)
	return n
}

func execute(t *testing.T, p *pgxpool.Pool, query string, args ...any) {
	t.Helper()
	_, err := p.Exec(t.Context(), query, args...)
	require.NoError(t, err, query)
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(2 * time.Millisecond) {
		require.True(t, time.Now().Before(end), what)
	}
}

// waits returns when n statements in the database wait for locks.
func waits(t *testing.T, p *pgxpool.Pool, n int) {
	t.Helper()
	eventually(t, "nobody waits for a lock", func() bool {
		return count(t, p, `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) >= n
	})
}

// poolOf opens a pool with settings of its own.
func poolOf(t *testing.T, dsn string, set func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	c, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	set(c)
	p, err := pgxpool.NewWithConfig(context.Background(), c)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// wide is a pool of many connections.
func wide(c *pgxpool.Config) { c.MaxConns = 40 }

// openWith makes a store with options.
func openWith(t *testing.T, p *pgxpool.Pool, o postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.New(p, &o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// times is how often a proof is run: more often with SOUK_LONG.
func times(short, long int) int {
	if os.Getenv("SOUK_LONG") != "" {
		return long
	}
	return short
}

func names(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = prefix + strconv.Itoa(i)
	}
	return list
}
