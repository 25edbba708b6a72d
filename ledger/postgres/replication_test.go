package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// pair is a server with books and one that follows it.
type pair struct {
	primary, standby *pgtest.Server
	pool             *pgxpool.Pool // of the primary
	store            *postgres.Store
}

func pairOf(t *testing.T, settings map[string]string) pair {
	t.Helper()
	primary := pgtest.Start(t, pgtest.Options{Settings: settings})
	standby := primary.Standby(t)
	p := poolOf(t, primary.DSN("postgres"), wide)
	eventually(t, "the standby does not follow", func() bool {
		return count(t, p, "select count(*) from pg_stat_replication where state = 'streaming'") == 1
	})
	s := open(t, p)
	require.NoError(t, s.Migrate(t.Context()))
	openBank(t, s)
	return pair{primary, standby, p, s}
}

// takeOver ends the primary and returns the books as the standby has them.
func (x pair) takeOver(t *testing.T) (*pgxpool.Pool, *postgres.Store) {
	t.Helper()
	x.primary.Kill()
	x.standby.Promote()
	p := poolOf(t, x.standby.DSN("postgres"), wide)
	return p, open(t, p)
}

var synchronous = map[string]string{"synchronous_standby_names": "*"}

// Promise 33: with a standby that every commit waits for, a fail-over loses
// nothing that was acknowledged, also not under load.
func TestAFailOverLosesNothing(t *testing.T) {
	t.Parallel()
	for range times(2, 10) {
		x := pairOf(t, synchronous)
		var mu sync.Mutex
		var acknowledged []string
		var group sync.WaitGroup
		for w := range 8 {
			group.Add(1)
			go func() {
				defer group.Done()
				for i := 0; ; i++ {
					id := fmt.Sprint("w", w, "-", i)
					if _, err := x.store.Commit(context.Background(), pay(available(fmt.Sprint("acct_", w%3)), id, 1)); err != nil {
						return // the server is gone
					}
					mu.Lock()
					acknowledged = append(acknowledged, id)
					mu.Unlock()
				}
			}()
		}
		eventually(t, "nothing is committed", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(acknowledged) >= 200
		})
		p, s := x.takeOver(t)
		group.Wait()
		thereOnce(t, s, acknowledged)
		require.GreaterOrEqual(t, whole(t, p), len(acknowledged))
		require.False(t, commit(t, s, topUp("after", 1)).Replayed)
	}
}

// Without it a fail-over does lose what the standby had not got: the test above
// can fail.
func TestAFailOverWithoutWaitingLoses(t *testing.T) {
	t.Parallel()
	x := pairOf(t, nil)
	commit(t, x.store, topUp("before", 1))
	standby := pool(t, x.standby.DSN("postgres"))
	eventually(t, "the standby does not follow", func() bool {
		return count(t, standby, "select count(*) from pg_tables where schemaname = 'souk' and tablename = 'changes'") == 1 &&
			count(t, standby, "select count(*) from souk.changes where id = 'chg_before'") == 1
	})
	execute(t, standby, "alter system set primary_conninfo = ''") // it stops following
	execute(t, standby, "select pg_reload_conf()")
	eventually(t, "the standby goes on", func() bool {
		return count(t, x.pool, "select count(*) from pg_stat_replication") == 0
	})
	for _, id := range names("lost", 5) {
		commit(t, x.store, topUp(id, 1))
	}
	p, s := x.takeOver(t)
	require.Equal(t, 1, whole(t, p))
	require.EqualValues(t, 1, balance(t, s))
	addsUp(t, s)
}

// Promise 27: a deadline ends a commit's wait for the standby, and its rows are on
// the primary alone. Whoever asks again, in whatever way, is not told that they
// are there until the standby has them.
func TestAReplayWaitsForTheStandby(t *testing.T) {
	t.Parallel()
	x := pairOf(t, synchronous)
	const patience = 300 * time.Millisecond
	s := openWith(t, x.pool, postgres.Options{Wait: patience})
	commit(t, x.store, topUp("before", 1))
	x.standby.Stop()

	c := topUp("1", 1)
	eventually(t, "it does not get to the commit", func() bool {
		_, err := s.Commit(t.Context(), c)
		require.Error(t, err)
		return classOf(err) == ledger.Unknown
	})
	eventually(t, "its wait goes on", func() bool {
		return count(t, x.pool, "select count(*) from souk.changes where id = 'chg_1'") == 1
	})
	byKey := topUp("2", 1)
	byKey.Idem = c.Idem
	keyAlone := &ledger.Change{ID: "chg_3", At: noon, Idem: c.Idem}
	for what, again := range map[string]*ledger.Change{"the same change": c, "its key": byKey, "its key alone": keyAlone} {
		one := func() error { _, err := s.Commit(t.Context(), again); return err }
		all := func() error { return s.CommitAll(t.Context(), []*ledger.Change{again})[0].Err }
		for _, ask := range []func() error{one, all} {
			eventually(t, what+" is not committed", func() bool { // it may meet what still waits
				err := ask()
				require.Error(t, err, what)
				return classOf(err) == ledger.Unknown
			})
		}
		tx := begin(t, x.pool) // in a host's transaction it is the host's commit that waits
		require.True(t, commit(t, x.store.Join(tx), again).Replayed)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		require.Error(t, tx.Commit(ctx), what)
		cancel()
	}

	x.standby.Start()
	for _, again := range []*ledger.Change{c, byKey, keyAlone} {
		require.True(t, commit(t, x.store, again).Replayed)
	}
	p, after := x.takeOver(t)
	thereOnce(t, after, []string{"before", "1"})
	require.Equal(t, 2, whole(t, p))
}
