// Package pgtest gives tests a PostgreSQL database (DSN) or a server of their
// own (Start), 15 or newer.
//
// The databases of DSN are on the server that SOUK_TEST_POSTGRES names, as a
// role that may create databases. Without it, and for Start always, a server is
// made from what is installed; it listens on a Unix socket alone, and is gone
// when the test binary is, however that ends. Where nothing is installed tests
// are skipped, or fail if SOUK_TEST_POSTGRES_REQUIRED is set.
package pgtest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long anything of a server may take.
const patience = time.Minute

var (
	running = make(chan *cluster, 1) // the one behind DSN, once there is one
	shared  = sync.OnceValues(func() (*cluster, error) {
		c, err := create(Options{}, nil)
		if err == nil {
			running <- c
		}
		return c, err
	})
)

// Main runs the tests, stops the server behind DSN and exits:
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
// Without it the server is stopped a moment after the tests are over.
func Main(m *testing.M) {
	code := m.Run()
	select {
	case c := <-running:
		c.remove()
	default:
	}
	os.Exit(code)
}

// DSN returns the connection string of a new, empty database, which is dropped
// when the test is over. It sorts as English, not bytewise, so that a query that
// forgets COLLATE "C" is noticed.
func DSN(t testing.TB) string {
	t.Helper()
	server := os.Getenv("SOUK_TEST_POSTGRES")
	if server == "" {
		c, err := shared()
		need(t, err)
		server = c.dsn("postgres")
	}
	var name string
	ask(t, server, func(ctx context.Context, conn *pgx.Conn) error {
		// The server draws the name, for others may use it too.
		err := conn.QueryRow(ctx, `SELECT 'souk_test_' || replace(gen_random_uuid()::text, '-', '')`).Scan(&name)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, `CREATE DATABASE `+name+` TEMPLATE template0 ENCODING 'UTF8'
			LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`)
		return err
	})
	t.Cleanup(func() {
		ask(t, server, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, `DROP DATABASE `+name+` WITH (FORCE)`)
			return err
		})
	})
	return database(server, name)
}

// database returns a connection string with another database in it.
func database(dsn, name string) string {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return dsn + " dbname=" + quote(name) // the last one counts
	}
	q := u.Query()
	q.Del("dbname")
	u.Path, u.RawPath, u.RawQuery = "/"+name, "", q.Encode()
	return u.String()
}

// quote writes a value of a connection string.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// ask does something on a connection of its own, and fails the test if it does
// not work. It may be called when the test is over.
func ask(t testing.TB, dsn string, do func(context.Context, *pgx.Conn) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatalf("PostgreSQL does not answer: %v", err)
	}
	defer conn.Close(ctx)
	if err := do(ctx, conn); err != nil {
		t.Fatalf("PostgreSQL refuses: %v", err)
	}
}

// absent says why there is no server to be had.
type absent string

func (a absent) Error() string { return "PostgreSQL is not installed: " + string(a) }

// need ends a test for which there is no server.
func need(t testing.TB, err error) {
	t.Helper()
	var a absent
	switch {
	case errors.As(err, &a) && os.Getenv("SOUK_TEST_POSTGRES_REQUIRED") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}
