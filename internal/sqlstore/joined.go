package sqlstore

import (
	"context"
	"database/sql"
	"sync"

	"github.com/soukhq/souk/ledger"
)

// joined is a ledger.Store inside a transaction of the host's. It never commits
// and never retries: all errors are final. One caller works at a time, since a
// transaction has one connection.
type joined struct {
	d     Dialect
	mu    sync.Mutex
	on    *session
	books *books
}

// Join returns a store that works inside a transaction: what it commits is there
// when the host commits, and gone when the host rolls back.
func Join(tx *sql.Tx, d Dialect) ledger.Store {
	if tx == nil {
		return &joined{d: d}
	}
	return &joined{d: d, on: newSession(tx, d), books: newBooks()}
}

// Read implements ledger.Store. It sees what the transaction sees.
func (j *joined) Read(ctx context.Context, fn func(ledger.View) error) error {
	switch {
	case ctx.Err() != nil:
		return final(canceled("read", ctx.Err()))
	case j.on == nil:
		return final(missing("tx"))
	case fn == nil:
		return final(missing("fn"))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	v := NewView(ctx, j.d, j.on, true)
	defer v.End()
	return fn(v)
}

// Commit implements ledger.Store. The context counts until the first statement:
// one that is broken off would take the host's transaction with it.
func (j *joined) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	switch {
	case ctx.Err() != nil:
		return nil, final(canceled("commit", ctx.Err()))
	case j.on == nil:
		return nil, final(missing("tx"))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := ctx.Err(); err != nil { // it may have ended while others were at work
		return nil, final(canceled("commit", err))
	}
	r, err := j.commit(context.WithoutCancel(ctx), c)
	if err != nil {
		return nil, final(joinedFault(j.d, "commit", err))
	}
	return r, nil
}

// commit writes between a savepoint and its release, so that what fails undoes
// our part alone.
func (j *joined) commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if _, err := j.on.exec(ctx, j.d.JoinWrite()); err != nil {
		return nil, err
	}
	rows, results, err := j.books.plan(ctx, j.on, []*ledger.Change{c})
	switch {
	case err != nil:
		return nil, err
	case results[0].Err != nil, isEmpty(rows):
		return results[0].Receipt, results[0].Err
	}
	if _, err := j.on.ExecContext(ctx, "savepoint souk"); err != nil {
		return nil, err
	}
	if err := j.books.write(ctx, j.on, rows); err != nil {
		// If the database has ended the whole transaction these fail, and the host
		// learns it from its own next statement.
		_, _ = j.on.ExecContext(ctx, "rollback to souk")
		_, _ = j.on.ExecContext(ctx, "release souk")
		return nil, err
	}
	if _, err := j.on.ExecContext(ctx, "release souk"); err != nil {
		return nil, err
	}
	return results[0].Receipt, nil
}
