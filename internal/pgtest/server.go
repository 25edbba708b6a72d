package pgtest

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Options are what a server may be given. The zero value is a server with
// PostgreSQL's defaults, durable to the disk.
type Options struct {
	Settings map[string]string // as in postgresql.conf, e.g. "synchronous_standby_names": "*", "fsync": "off"
}

// Server is a server of one test, with the superuser postgres and a database
// postgres that sorts as English. It is removed when the test is over. Its
// methods fail the test if they do not succeed, and are called by its goroutine.
type Server struct {
	t testing.TB
	o Options
	c *cluster
}

// Start makes a new server and returns when it takes connections.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	return serve(t, o, nil)
}

func serve(t testing.TB, o Options, primary *cluster) *Server {
	t.Helper()
	c, err := create(o, primary)
	need(t, err)
	t.Cleanup(c.remove)
	return &Server{t, o, c}
}

// DSN returns a connection string for one of the server's databases, which need
// not exist.
func (s *Server) DSN(database string) string { return s.c.dsn(database) }

// Log returns all that the server has logged since it was made.
func (s *Server) Log() string { return s.c.log() }

// Kill kills every process of the server (SIGKILL) and returns when they are
// gone.
func (s *Server) Kill() {
	s.t.Helper()
	need(s.t, s.c.end(killAll))
}

// Stop shuts the server down in order, and cuts off what is connected to it.
func (s *Server) Stop() {
	s.t.Helper()
	need(s.t, s.c.end(shutDown))
}

// Start runs the server again after Kill or Stop, on the data that it had.
func (s *Server) Start() {
	s.t.Helper()
	need(s.t, s.c.start())
}

// Standby makes a server that follows this one, by streaming, and may be read.
// It has the same settings, but waits for no standby of its own unless ALTER
// SYSTEM said so here.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	o := Options{Settings: maps.Clone(s.o.Settings)}
	delete(o.Settings, "synchronous_standby_names")
	return serve(t, o, s.c)
}

// Promote ends a standby's following and returns when it takes writes.
func (s *Server) Promote() {
	s.t.Helper()
	ask(s.t, s.DSN("postgres"), func(ctx context.Context, conn *pgx.Conn) error {
		var done bool
		err := conn.QueryRow(ctx, `SELECT pg_promote(true, $1)`, int(patience.Seconds())).Scan(&done)
		if err == nil && !done {
			err = errors.New("it was not promoted in time")
		}
		return err
	})
}
