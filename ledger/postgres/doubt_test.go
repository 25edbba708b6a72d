package postgres_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// inBothWays runs a test in one round trip and in two.
func inBothWays(t *testing.T, run func(t *testing.T, o postgres.Options)) {
	for name, o := range map[string]postgres.Options{"alone": {}, "in two steps": {TwoSteps: true}} {
		t.Run(name, func(t *testing.T) { run(t, o) })
	}
}

// warm lets a store see what it will need.
func warm(t *testing.T, s ledger.Store, id string) {
	t.Helper()
	for i := range 4 {
		commit(t, s, topUp(id+strconv.Itoa(i), 10))
	}
}

// A server that ends while it flushes a commit answers with a last word. It has
// committed, and nobody is told that nothing happened (promise 26).
func TestATerminationInACommitIsUnknown(t *testing.T) {
	inBothWays(t, func(t *testing.T, o postgres.Options) {
		server := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"fsync": "on", "commit_siblings": "0"}})
		admin := pool(t, server.DSN("postgres"))
		require.NoError(t, open(t, admin).Migrate(t.Context()))
		s := openWith(t, poolOf(t, server.DSN("postgres"), func(c *pgxpool.Config) {
			c.ConnConfig.RuntimeParams["commit_delay"] = "100000"
			c.ConnConfig.RuntimeParams["application_name"] = "victim"
		}), o)
		const committing = ` from pg_stat_activity where application_name = 'victim' and state = 'active' and query = 'commit'`
		for i := range 3 {
			id := strconv.Itoa(i)
			warm(t, s, id+"w")
			done := make(chan error, 1)
			go func() { _, err := s.Commit(context.Background(), topUp(id, 10)); done <- err }()
			eventually(t, "nobody commits", func() bool { return count(t, admin, `select count(*)`+committing) == 1 })
			execute(t, admin, `select pg_terminate_backend(pid)`+committing)
			if err := <-done; err != nil && count(t, admin, `select count(*) from souk.transactions where id = $1`, "tx_"+id) == 1 {
				require.ErrorIs(t, err, ledger.Unknown)
			}
		}
		addsUp(t, open(t, admin))
	})
}

// A pooler that loses its server ends with an error of its own, after a commit too.
func TestAPoolersLastWordIsNotTheServers(t *testing.T) {
	inBothWays(t, func(t *testing.T, o postgres.Options) {
		p, _ := shop(t)
		config := p.Config().ConnConfig
		losing := new(atomic.Bool)
		near := pooler(t, addressOf(config.Host, config.Port), losing)
		s := openWith(t, poolOf(t, config.ConnString(), func(c *pgxpool.Config) {
			c.ConnConfig.DialFunc = func(context.Context, string, string) (net.Conn, error) { return net.Dial("tcp", near) }
		}), o)
		warm(t, s, "w")
		losing.Store(true)
		_, err := s.Commit(t.Context(), topUp("x", 10))
		require.Equal(t, ledger.Unknown, classOf(err), "%v", err)
		require.Equal(t, 1, count(t, p, `select count(*) from souk.transactions where id = 'tx_x'`))
	})
}

// pooler forwards connections. When it is losing, it keeps the answer to a commit and
// says that its server has gone.
func pooler(t *testing.T, to net.Addr, losing *atomic.Bool) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() }) // the test is over
	forward := func(client, server net.Conn) {
		defer func() { _ = client.Close() }() // it may be closed
		defer func() { _ = server.Close() }()
		buf := make([]byte, 1<<16)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			answer := buf[:n]
			lost := losing.Load() && bytes.Contains(answer, []byte("COMMIT\x00"))
			if lost {
				word := &pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: "08P01", Message: "server conn crashed?"}
				if answer, err = word.Encode(nil); err != nil {
					return
				}
			}
			if _, err := client.Write(answer); err != nil || lost {
				return
			}
		}
	}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(to.Network(), to.String())
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(server, client) }() // the other direction notices its end
			go forward(client, server)
		}
	}()
	return l.Addr().String()
}

// A standby that lagged is promoted, and versions come round to what a process
// remembers, with other balances: it writes on those that are there.
func TestAServerThatHasLostCommitsIsNotTakenForTheOther(t *testing.T) {
	inBothWays(t, func(t *testing.T, o postgres.Options) {
		x := pairOf(t, nil)
		var to atomic.Pointer[net.Addr]
		lead := func(c *pgx.ConnConfig) { a := net.Addr(addressOf(c.Host, c.Port)); to.Store(&a) }
		lead(x.pool.Config().ConnConfig)
		s := openWith(t, poolOf(t, x.primary.DSN("postgres"), func(c *pgxpool.Config) {
			c.ConnConfig.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
				a := *to.Load()
				return (&net.Dialer{}).DialContext(ctx, a.Network(), a.String())
			}
			c.PrepareConn = func(ctx context.Context, c *pgx.Conn) (bool, error) { return c.Ping(ctx) == nil, nil }
		}), o)
		warm(t, s, "w")
		eventually(t, "the standby does not follow", func() bool {
			return count(t, x.pool, `select count(*) from pg_stat_replication where replay_lsn = pg_current_wal_lsn()`) == 1
		})
		x.standby.Stop()
		commit(t, s, topUp("lost", 1000))
		x.primary.Kill()
		x.standby.Start()
		x.standby.Promote()
		after := poolOf(t, x.standby.DSN("postgres"), wide)
		lead(after.Config().ConnConfig)
		other := open(t, after)
		commit(t, other, topUp("other", 1))
		commit(t, s, topUp("after", 10))
		require.EqualValues(t, 51, balance(t, other))
		addsUp(t, other)
	})
}
