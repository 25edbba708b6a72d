package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/ledger/postgres"
)

// TestTheClientIsKilled: a process that is killed at any moment loses nothing that
// it was told, and leaves nothing half done and nothing to repair (promises 32,
// 35; edge-case 95).
func TestTheClientIsKilled(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(3, 3))
	for range times(1, 10) {
		p, s := shop(t)
		var all []string
		for cycle := range times(3, 10) {
			one := start(t, "load", p.Config().ConnString(), fmt.Sprint("cycle", cycle))
			acknowledges(t, one, 1+draw.IntN(200))
			one.kill(t)
			all = append(all, one.lines(t)...)
			// What it sent before it was killed may still be carried out.
			eventually(t, "its connections stay", func() bool {
				return count(t, p, "select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and state <> 'idle' and pid <> pg_backend_pid()") == 0
			})
			thereOnce(t, s, all)
			require.GreaterOrEqual(t, whole(t, p), len(all))
		}
	}
}

// acknowledges waits until a process was told of n more payments.
func acknowledges(t *testing.T, one *process, n int) {
	t.Helper()
	n += len(one.lines(t))
	eventually(t, "nothing is committed", func() bool { return len(one.lines(t)) >= n })
}

// TestTheServerIsKilled: so does a server of which every process is killed. A
// client that goes on when it has come back has lost nothing, and knows of
// everything in the end (promises 32, 35).
func TestTheServerIsKilled(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(4, 4))
	for range times(1, 10) {
		server, p, s := served(t)
		var all []string
		for cycle := range times(3, 10) {
			one := start(t, "load", server.DSN("postgres"), fmt.Sprint("cycle", cycle))
			acknowledges(t, one, 1+draw.IntN(200))
			server.Kill()
			server.Start()
			acknowledges(t, one, 20)
			one.end(t)
			p.Reset() // its connections are of the server that was killed
			all = append(all, one.lines(t)...)
			thereOnce(t, s, all)
			require.Equal(t, len(all), whole(t, p))
		}
		server.Stop()
	}
}

// served starts a server with books.
func served(t *testing.T) (*pgtest.Server, *pgxpool.Pool, *postgres.Store) {
	t.Helper()
	server := pgtest.Start(t, pgtest.Options{})
	p := poolOf(t, server.DSN("postgres"), wide)
	s := open(t, p)
	require.NoError(t, s.Migrate(t.Context()))
	openBank(t, s)
	return server, p, s
}
