package pgtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func scan[T any](t *testing.T, conn *pgx.Conn, sql string) (v T) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&v), sql)
	return v
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql)
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
	require.Zero(t, left, "they are dropped, connected to or not")
}
