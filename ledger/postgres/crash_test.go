package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
)

// A process that is killed at any moment loses nothing that it was told, and
// leaves nothing half done (promises 32, 35; edge-case 95).
func TestTheClientIsKilled(t *testing.T) {
	p, s := shop(t)
	draw := rand.New(rand.NewPCG(3, 3))
	var all []string
	for cycle := range times(3, 100) {
		one := start(t, "load", p.Config().ConnString(), fmt.Sprint("cycle", cycle))
		n := 1 + draw.IntN(200)
		eventually(t, "nothing is committed", func() bool { return len(one.lines(t)) >= n })
		one.kill(t)
		acknowledged := one.lines(t)
		thereOnce(t, s, acknowledged)
		all = append(all, acknowledged...)
		// What it sent before it was killed may still be carried out.
		eventually(t, "its connections stay", func() bool {
			return count(t, p, "select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()") == 0
		})
		require.GreaterOrEqual(t, whole(t, p), len(all))
	}
	thereOnce(t, s, all)
}

// So does a server whose every process is killed: who goes on after it has come
// back has lost nothing (promises 32, 35).
func TestTheServerIsKilled(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{})
	p := poolOf(t, server.DSN("postgres"), wide)
	s := open(t, p)
	require.NoError(t, s.Migrate(t.Context()))
	openBank(t, s)
	one := start(t, "load", server.DSN("postgres"), "one")
	draw := rand.New(rand.NewPCG(4, 4))
	for range times(3, 100) {
		n := len(one.lines(t)) + 1 + draw.IntN(200)
		eventually(t, "nothing is committed", func() bool { return len(one.lines(t)) >= n })
		server.Kill()
		acknowledged := one.lines(t)
		server.Start()
		p.Reset() // its connections are of the server that was killed
		thereOnce(t, s, acknowledged)
	}
	n := len(one.lines(t)) + 50
	eventually(t, "the client does not go on", func() bool { return len(one.lines(t)) >= n })
	one.end(t)
	acknowledged := one.lines(t)
	thereOnce(t, s, acknowledged)
	require.Equal(t, len(acknowledged), whole(t, p), "it was told of everything in the end")
}
