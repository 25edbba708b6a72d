package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Store is a ledger.Store on a database. Open it with New, close it with Close.
type Store struct {
	d     Dialect
	wait  time.Duration
	read  *sessions
	write *sessions
	group *Group
	close []func() error

	books *books // of whoever leads the group
}

// Options says how a Store uses its pool.
type Options struct {
	// Readers is how many sessions are kept open for reading, beside one for
	// writing. 0 keeps none: each use takes a connection out of the pool and
	// gives it back.
	Readers int
	// Writer is a statement that the session for writing begins with, where it is
	// kept.
	Writer string
	// Wait bounds how long a batch waits for a connection and for its turn to
	// write.
	Wait time.Duration
	// Close is called when the store was closed.
	Close func() error
}

// New returns a store over a pool. The schema must be there (Migrate).
func New(db *sql.DB, d Dialect, o Options) *Store {
	s := &Store{d: d, wait: o.Wait, read: newSessions(db, d, o.Readers, ""), write: newSessions(db, d, min(o.Readers, 1), o.Writer), books: newBooks()}
	s.group = NewGroup(committer{s}, 1, 0)
	s.close = []func() error{s.read.close, s.write.close}
	if o.Close != nil {
		s.close = append(s.close, o.Close)
	}
	return s
}

// Close answers what waits, lets go of all connections, and refuses whatever
// comes later.
func (s *Store) Close() error {
	s.group.Close()
	var first error
	for _, end := range s.close {
		if err := end(); first == nil {
			first = err
		}
	}
	s.close = nil
	return first
}

// Read implements ledger.Store.
func (s *Store) Read(ctx context.Context, fn func(ledger.View) error) error {
	switch {
	case ctx.Err() != nil:
		return canceled("read", ctx.Err())
	case fn == nil:
		return missing("fn")
	}
	on, err := s.read.take(ctx)
	if err != nil {
		return fault(s.d, "read", err)
	}
	defer s.read.give(on)
	if _, err := on.ExecContext(context.WithoutCancel(ctx), s.d.BeginRead()); err != nil {
		on.broken = true
		return fault(s.d, "read", err)
	}
	defer on.rollback()
	v := NewView(ctx, s.d, on, false)
	defer v.End()
	return fn(v)
}

// Commit implements ledger.Store.
func (s *Store) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, canceled("commit", err)
	}
	r, ok := s.group.Do(ctx, c)
	if !ok {
		return nil, errClosed
	}
	return r.Receipt, r.Err
}

// committer commits for the group. There is one lane, as there is one writer, and
// nobody holds a row beside it.
type committer struct{ *Store }

func (s committer) Commit(_ int, changes []*ledger.Change) []Outcome {
	outcomes := make([]Outcome, 0, len(changes))
	for _, r := range s.batch(changes) {
		outcomes = append(outcomes, Outcome{Result: r})
	}
	return outcomes
}

func (committer) Await(context.Context, Row) error { return nil }

// batch commits changes in one transaction. If a statement fails for which one
// of them may be at fault, halves are tried, down to the one that is.
func (s *Store) batch(changes []*ledger.Change) []ledger.Result {
	results, err := s.try(changes)
	switch {
	case err == nil:
		return results
	case len(changes) > 1 && faultOf(s.d, err.cause).Poison && !err.committing:
		half := len(changes) / 2
		return append(s.batch(changes[:half]), s.batch(changes[half:])...)
	}
	results = make([]ledger.Result, len(changes))
	for i := range results {
		results[i].Err = err.typed(s.d)
	}
	return results
}

// failure is why a whole batch failed.
type failure struct {
	cause      error
	committing bool // the database was asked to commit
}

func (f *failure) typed(d Dialect) error {
	if f.committing {
		return unknown(d, f.cause)
	}
	return fault(d, "commit", f.cause)
}

// try plans and writes a batch. It has no caller's context: whoever leads
// commits for others too. A panic fails this batch alone.
func (s *Store) try(changes []*ledger.Change) (results []ledger.Result, failed *failure) {
	patience, cancel := context.WithTimeout(context.Background(), s.wait)
	defer cancel()
	on, err := s.write.take(patience)
	if err != nil {
		if patience.Err() != nil {
			err = overloaded("commit", err)
		}
		return nil, &failure{cause: err}
	}
	committing := false
	defer func() {
		if p := recover(); p != nil {
			on.broken = true
			results, failed = nil, &failure{cause: panicked(p), committing: committing}
		}
		s.write.give(on)
	}()
	fail := func(err error) ([]ledger.Result, *failure) {
		on.rollback()
		return nil, &failure{cause: err, committing: committing}
	}
	if err := s.begin(patience, on); err != nil {
		return fail(err)
	}
	ctx := context.Background()
	rows, results, err := s.books.plan(ctx, on, changes)
	if err != nil {
		return fail(err)
	}
	if isEmpty(rows) {
		on.rollback()
		return results, nil
	}
	if err := s.books.write(ctx, on, rows); err != nil {
		return fail(err)
	}
	committing = true
	if _, err := on.ExecContext(ctx, "commit"); err != nil {
		on.broken = true
		return fail(err)
	}
	return results, nil
}

// begin waits for the turn to write. It asks again and again, since a database
// that makes a writer wait longer the longer it has waited lets others pass.
func (s *Store) begin(patience context.Context, on *session) error {
	for {
		_, err := on.ExecContext(context.WithoutCancel(patience), s.d.BeginWrite())
		if err == nil || !faultOf(s.d, err).Held {
			return err
		}
		select {
		case <-patience.Done():
			return err
		case <-time.After(time.Millisecond):
		}
	}
}

// rollback ends a transaction that wrote nothing, or is to have written nothing.
// A connection that cannot do that is thrown away, which does it too.
func (s *session) rollback() {
	if _, err := s.ExecContext(context.Background(), "rollback"); err != nil {
		s.broken = true
	}
}

func overloaded(op string, err error) error {
	return &ledger.Error{Class: ledger.Unavailable, Code: "overloaded", Op: "ledger: " + op, Msg: "no connection came free", Err: err}
}

func panicked(p any) error {
	return &ledger.Error{Class: ledger.Unavailable, Code: "panic", Op: "ledger: commit", Msg: fmt.Sprint(p)}
}

func isEmpty(r *ledger.Rows) bool {
	return len(r.Accounts) == 0 && len(r.Transactions) == 0 && len(r.Objects) == 0 && len(r.Events) == 0 && len(r.Changes) == 0
}
