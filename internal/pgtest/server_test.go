package pgtest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
)

const soon, tick = 30 * time.Second, 20 * time.Millisecond

func TestKill(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"work_mem": "5MB"}})
	conn := connect(t, s.DSN("postgres"))
	require.Equal(t, "5MB", scan[string](t, conn, `SHOW work_mem`))
	require.True(t, scan[bool](t, conn, `SELECT 'a' < 'B'`), "it sorts as English")
	exec(t, conn, `CREATE TABLE kept (n int)`)
	exec(t, conn, `INSERT INTO kept VALUES (1)`)
	exec(t, conn, `BEGIN; INSERT INTO kept VALUES (2)`)

	// One that is busy does not notice that its postmaster has died.
	busy, ended := connect(t, s.DSN("postgres")), make(chan error)
	watch, pid := connect(t, s.DSN("postgres")), busy.PgConn().PID()
	go func() {
		_, err := busy.Exec(context.Background(), `DO 'BEGIN LOOP END LOOP; END'`)
		ended <- err
	}()
	require.Eventually(t, func() bool {
		var state string
		err := watch.QueryRow(t.Context(), `SELECT state FROM pg_stat_get_activity($1)`, pid).Scan(&state)
		return err == nil && state == "active"
	}, soon, tick)
	s.Kill()
	require.Error(t, <-ended)
	_, err := pgx.Connect(t.Context(), s.DSN("postgres"))
	require.Error(t, err)
	s.Kill() // nothing is left to kill

	s.Start()
	conn = connect(t, s.DSN("postgres"))
	require.Equal(t, []int{1}, scan[[]int](t, conn, `SELECT array_agg(n) FROM kept`))
	require.Contains(t, s.Log(), "not properly shut down")

	s.Stop()
	require.Error(t, conn.Ping(t.Context()))
	s.Start()
	require.Equal(t, 1, scan[int](t, connect(t, s.DSN("postgres")), `SELECT n FROM kept`))
	require.Equal(t, 1, strings.Count(s.Log(), "not properly shut down"), "it was stopped in order")
}

func TestStandby(t *testing.T) {
	primary := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"synchronous_standby_names": "*", "max_connections": "120"}})
	standby := primary.Standby(t)
	conn := connect(t, primary.DSN("postgres"))
	exec(t, conn, `CREATE TABLE kept AS SELECT 1 AS n`)
	replica := connect(t, standby.DSN("postgres"))
	require.Eventually(t, func() bool {
		var n int
		return replica.QueryRow(t.Context(), `SELECT n FROM kept`).Scan(&n) == nil
	}, soon, tick)
	_, err := replica.Exec(t.Context(), `INSERT INTO kept VALUES (2)`)
	require.ErrorContains(t, err, "read-only")

	exec(t, conn, `INSERT INTO kept VALUES (3)`) // returns when the standby has it
	primary.Kill()
	standby.Promote()
	exec(t, replica, `INSERT INTO kept VALUES (4)`)
	require.Equal(t, []int{1, 3, 4}, scan[[]int](t, replica, `SELECT array_agg(n ORDER BY n) FROM kept`))
}

// TestKilledBinary: servers die with the test binary, though it has no say.
func TestKilledBinary(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	helper := osexec.Command(self, "-test.run=^TestHelper$", "-test.v")
	helper.Env = append(os.Environ(), "PGTEST_HELPER=1", "SOUK_TEST_POSTGRES=")
	helper.Stderr = os.Stderr
	in, err := helper.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	out, err := helper.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, helper.Start())

	var dirs []string
	var conns []*pgx.Conn
	for lines := bufio.NewScanner(out); len(conns) < 2; {
		require.True(t, lines.Scan(), "the helper ended")
		if strings.Contains(lines.Text(), "--- SKIP") {
			t.Skip("PostgreSQL is not installed")
		}
		if dsn, ok := strings.CutPrefix(lines.Text(), "server "); ok {
			conn := connect(t, dsn)
			conns, dirs = append(conns, conn), append(dirs, conn.Config().Host)
		}
	}
	require.NoError(t, helper.Process.Kill())
	require.Error(t, helper.Wait())
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	for i, conn := range conns {
		_, err := conn.WaitForNotification(ctx)
		require.Error(t, err)
		require.NoError(t, ctx.Err(), "the server goes on")
		require.Eventually(t, func() bool {
			_, err := os.Stat(dirs[i])
			return os.IsNotExist(err)
		}, soon, tick, "its data stay")
	}
}

// TestHelper is the binary that TestKilledBinary kills.
func TestHelper(t *testing.T) {
	if os.Getenv("PGTEST_HELPER") == "" {
		t.Skip("a part of TestKilledBinary")
	}
	fmt.Println("server " + pgtest.DSN(t))
	fmt.Println("server " + pgtest.Start(t, pgtest.Options{}).DSN("postgres"))
	_, _ = io.Copy(io.Discard, os.Stdin)
}
