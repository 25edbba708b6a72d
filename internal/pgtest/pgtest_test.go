package pgtest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// connect leaves the connection open when the test is over.
func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	return conn
}

func scan[T any](t *testing.T, conn *pgx.Conn, sql string) (v T) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&v), sql)
	return v
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon) // a commit may wait for a standby
	defer cancel()
	_, err := conn.Exec(ctx, sql)
	require.NoError(t, err, sql)
}

func TestDSN(t *testing.T) {
	var names []string
	for _, name := range []string{"one", "two"} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, pgtest.DSN(t))
			names = append(names, scan[string](t, conn, `SELECT current_database()`))
			require.Zero(t, scan[int](t, conn, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`))
			exec(t, conn, `CREATE TABLE kept (n int)`)

			require.Equal(t, "i", scan[string](t, conn, `SELECT datlocprovider::text FROM pg_database WHERE datname = current_database()`))
			require.Equal(t, "UTF8", scan[string](t, conn, `SHOW server_encoding`))
			require.True(t, scan[bool](t, conn, `SELECT 'a' < 'B'`))
			require.False(t, scan[bool](t, conn, `SELECT 'a' < 'B' COLLATE "C"`))
		})
	}
	require.NotEqual(t, names[0], names[1])
	var left int
	err := connect(t, pgtest.DSN(t)).QueryRow(t.Context(), `SELECT count(*) FROM pg_database WHERE datname = ANY($1)`, names).Scan(&left)
	require.NoError(t, err)
	require.Zero(t, left, "they are dropped, though connected to")
}

// Both forms of connection string may name the server.
func TestServerOfTheEnvironment(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"cluster_name": "the one named"}})
	cfg, err := pgx.ParseConfig(server.DSN("postgres"))
	require.NoError(t, err)
	for _, dsn := range []string{
		server.DSN("postgres"),
		"postgres://postgres@/postgres?host=" + cfg.Host,
		"postgresql://postgres@/?dbname=postgres&host=" + cfg.Host,
	} {
		t.Run("", func(t *testing.T) {
			t.Setenv("SOUK_TEST_POSTGRES", dsn)
			conn := connect(t, pgtest.DSN(t))
			require.Equal(t, "the one named", scan[string](t, conn, `SHOW cluster_name`))
			require.Contains(t, scan[string](t, conn, `SELECT current_database()`), "souk_test_")
		})
	}
}

// outcome notes how a test is ended.
type outcome struct {
	testing.TB
	skipped, failed string
}

func (o *outcome) Helper()           {}
func (o *outcome) Skip(args ...any)  { o.skipped = fmt.Sprint(args...) }
func (o *outcome) Fatal(args ...any) { o.failed = fmt.Sprint(args...) }

func TestNoServer(t *testing.T) {
	t.Setenv("SOUK_TEST_POSTGRES_REQUIRED", "")
	const why = "PostgreSQL is not installed: nowhere"
	optional, required, broken := new(outcome), new(outcome), new(outcome)
	pgtest.Need(optional, pgtest.Absent("nowhere"))
	require.Equal(t, outcome{skipped: why}, *optional)
	pgtest.Need(broken, fmt.Errorf("it ended"))
	require.Equal(t, outcome{failed: "it ended"}, *broken, "what is installed must work")
	t.Setenv("SOUK_TEST_POSTGRES_REQUIRED", "1")
	pgtest.Need(required, pgtest.Absent("nowhere"))
	require.Equal(t, outcome{failed: why}, *required)
}
