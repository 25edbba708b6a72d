package connect_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
	"github.com/soukhq/souk/ledger/sqlite"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The same seeded marketplace leaves the same journal and the same events on
// every store, to the byte (promise 45).
func TestStoresKeepTheSameJournal(t *testing.T) {
	for _, store := range []struct {
		name string
		open func(t testing.TB) ledger.Store
	}{{"sqlite", newSQLite}, {"postgres", newPostgres}} {
		t.Run(store.name, func(t *testing.T) {
			for seed := range uint64(3) {
				want := journal(t, lived(t, seed, ledger.NewMemory()))
				require.Greater(t, len(want), 10_000, "something happened")
				require.Equal(t, want, journal(t, lived(t, seed, store.open(t))), "seed %d", seed)
			}
		})
	}
}

func newSQLite(t testing.TB) ledger.Store {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "books.db"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func newPostgres(t testing.TB) ledger.Store {
	pool, err := pgxpool.New(t.Context(), pgtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	s, err := postgres.New(pool, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Migrate(t.Context()))
	return s
}

// lived lets a marketplace live for some weeks.
func lived(t testing.TB, seed uint64, s ledger.Store) ledger.Store {
	w := newWildOn(t, seed, s)
	for range 100 {
		w.step()
	}
	for range 10 {
		w.wait(24 * time.Hour)
	}
	return s
}

// journal writes down all entries, account by account, and all events.
func journal(t testing.TB, s ledger.Store) string {
	var b strings.Builder
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		err := ledger.EachAccount(v, ledger.AccountQuery{}, func(a ledger.Account) error {
			fmt.Fprintln(&b, a.Ref, a.Floor, a.Shared, a.Closed, a.Posted, a.Held, a.Entries)
			p := ledger.Page{Limit: ledger.MaxPage}
			list, err := v.Entries(a.Ref, p)
			require.Less(t, len(list), p.Limit)
			for _, e := range list {
				fmt.Fprintln(&b, e.Number, e.Transaction, e.Reason, e.Object, e.At, e.Effective, e.Amount, e.Balance)
			}
			return err
		})
		if err != nil {
			return err
		}
		for after := ledger.Cursor(""); ; {
			list, next, err := v.Events(after, "", ledger.MaxPage)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, e := range list {
				fmt.Fprintln(&b, e.Type, e.Platform, e.Object, e.Version, e.At, string(e.Data))
			}
			after = next
		}
	}))
	return b.String()
}
