package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/soukhq/souk/ledger"
)

// Answer is a row of the answer to a query.
type Answer interface{ Scan(dest ...any) error }

// Conn asks a database questions over one connection.
type Conn interface {
	// Query hands each row of the answer to scan.
	Query(ctx context.Context, scan func(Answer) error, query string, args ...any) error
}

// handle is what a session runs on: a connection, or a transaction of the
// host's.
type handle interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// session runs statements on one connection and keeps them prepared.
type session struct {
	handle
	d        Dialect
	conn     *sql.Conn // nil in a transaction of the host's
	prepared map[string]*sql.Stmt
	broken   bool // its connection is to be thrown away
}

func newSession(h handle, d Dialect) *session {
	return &session{handle: h, d: d, prepared: make(map[string]*sql.Stmt)}
}

func (s *session) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.prepared[query]; ok {
		return st, nil
	}
	st, err := s.PrepareContext(ctx, s.d.SQL(query))
	if err == nil {
		s.prepared[query] = st
	}
	return st, err
}

// exec runs a statement and returns how many rows it wrote.
func (s *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	st, err := s.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, s.cause(ctx, err)
	}
	return r.RowsAffected()
}

// Query implements Conn.
func (s *session) Query(ctx context.Context, scan func(Answer) error, query string, args ...any) error {
	st, err := s.statement(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return s.cause(ctx, err)
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			_ = rows.Close() // the error of the scan says more
			return err
		}
	}
	if err := rows.Err(); err != nil {
		_ = rows.Close() // it was closed by the error
		return err
	}
	return rows.Close()
}

// cause finds out whether the host has ended its transaction: statements that
// were prepared in it only say that they are closed.
func (s *session) cause(ctx context.Context, err error) error {
	if s.conn == nil {
		if _, ended := s.ExecContext(ctx, "select 1"); errors.Is(ended, sql.ErrTxDone) {
			return ended
		}
	}
	return err
}

// end closes what the session holds.
func (s *session) end() error {
	var first error
	for _, st := range s.prepared {
		if err := st.Close(); first == nil {
			first = err
		}
	}
	clear(s.prepared)
	if s.broken {
		// The pool closes a connection of which its user says that it is bad. That
		// error comes back, and the connection is closed already.
		_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
		return nil
	}
	if err := s.conn.Close(); first == nil {
		first = err
	}
	return first
}

// sessions hands sessions out, a bounded number at a time.
type sessions struct {
	db *sql.DB
	d  Dialect
	// free holds the sessions that nobody uses, nil for one that was not opened
	// yet. There is no such list where the pool is the host's: connections are
	// given back after each use, so that none is kept from the host.
	free chan *session
	// first is the statement that a session which is kept begins with, if any.
	first string

	closed chan struct{} // closed with the store
}

// newSessions keeps up to n sessions; 0 keeps none, and leaves their number to
// the pool.
func newSessions(db *sql.DB, d Dialect, n int, first string) *sessions {
	p := &sessions{db: db, d: d, first: first, closed: make(chan struct{})}
	if n > 0 {
		p.free = make(chan *session, n)
		for range n {
			p.free <- nil
		}
	}
	return p
}

// errClosed is what a closed store has to say.
var errClosed = &ledger.Error{Class: ledger.Unavailable, Code: "store_closed", Op: "ledger: store", Msg: "it was closed"}

// take waits for a session until the context ends.
func (p *sessions) take(ctx context.Context) (*session, error) {
	var s *session
	select {
	case <-p.closed:
		return nil, errClosed
	default:
	}
	if p.free != nil {
		select {
		case s = <-p.free:
		case <-p.closed:
			return nil, errClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if s != nil {
		return s, nil
	}
	s, err := p.open(ctx)
	if err != nil {
		p.give(nil)
	}
	return s, err
}

func (p *sessions) open(ctx context.Context) (*session, error) {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := newSession(conn, p.d)
	s.conn = conn
	if p.free != nil && p.first != "" {
		if _, err := s.ExecContext(context.WithoutCancel(ctx), p.first); err != nil {
			s.broken = true
			_ = s.end() // why it could not begin says more
			return nil, err
		}
	}
	return s, nil
}

// give takes a session back.
func (p *sessions) give(s *session) {
	if s != nil && (s.broken || p.free == nil) {
		_ = s.end() // what it was used for is done and answered
		s = nil
	}
	if p.free != nil {
		p.free <- s
	}
}

// close waits until all sessions were given back and ends them.
func (p *sessions) close() error {
	close(p.closed)
	var first error
	for range cap(p.free) {
		if s := <-p.free; s != nil {
			if err := s.end(); first == nil {
				first = err
			}
		}
	}
	return first
}
