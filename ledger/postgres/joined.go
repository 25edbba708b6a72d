package postgres

import (
	"context"
	"database/sql"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// Join returns a store inside a transaction of the host's: what is committed to
// it is there when the host commits, and gone when the host rolls back. It never
// commits or retries by itself; all its errors are marked Final. An error of
// class Conflict means that the host should run its transaction again.
//
// It takes a stripe of its own, so that nobody waits for the host on accounts
// that everybody posts to. A host that commits to it twice in one transaction may
// meet another that does so in another order (code deadlock); best is once, and
// as the last thing before the host's own commit.
//
// The transaction is read committed. Another is refused (class Invalid, code
// isolation_level): it would not see what others have closed since it began.
//
// A host calls it from one goroutine at a time or many; they take turns.
func (s *Store) Join(tx pgx.Tx) ledger.Store {
	if s == nil || s.group == nil || tx == nil {
		return &joined{s: s}
	}
	return &joined{s: s, on: native{s.d, s.wait, tx}, state: newState(), stripe: -1}
}

// JoinSQL is Join for hosts on database/sql, with any driver for PostgreSQL.
func (s *Store) JoinSQL(tx *sql.Tx) ledger.Store {
	if s == nil || s.group == nil || tx == nil {
		return &joined{s: s}
	}
	return &joined{s: s, on: standard{s.d, s.wait, tx}, state: newState(), stripe: -1}
}

// joined is a ledger.Store inside a transaction of the host's. One caller works
// at a time, since a transaction has one connection.
type joined struct {
	s      *Store
	on     link // nil: there is no transaction
	mu     sync.Mutex
	state  *state
	stripe int64 // the one that was taken last; -1: none yet
	all    bool  // all others were taken, too
	gates  gates // as this transaction sees them
}

func (j *joined) usable(op string, ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return sqlstore.Final(sqlstore.Canceled(op, ctx.Err()))
	case j.on == nil:
		return sqlstore.Final(missing("tx"))
	}
	return nil
}

// Read implements ledger.Store. It sees what the transaction sees: at read
// committed each answer is of its own moment.
func (j *joined) Read(ctx context.Context, fn func(ledger.View) error) error {
	if err := j.usable("read", ctx); err != nil {
		return err
	}
	if fn == nil {
		return sqlstore.Final(missing("fn"))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	v := sqlstore.NewView(ctx, j.s.d, j.on, true)
	defer v.End()
	return fn(v)
}

// Commit implements ledger.Store. The context counts until the first statement:
// one that is broken off would take the host's transaction with it.
func (j *joined) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if err := j.usable("commit", ctx); err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable("commit", ctx); err != nil { // it may have ended while others were at work
		return nil, err
	}
	r, err := j.commit(context.WithoutCancel(ctx), []*ledger.Change{c})
	if err != nil {
		return nil, sqlstore.FailedJoined(j.s.d, "commit", err)
	}
	return r, nil
}

func (j *joined) commit(ctx context.Context, change []*ledger.Change) (*ledger.Receipt, error) {
	for again, tries := true, 0; again; tries++ {
		var err error
		if again, err = j.load(ctx, change); err != nil {
			return nil, err
		}
		if again && tries == maxTries {
			return nil, errMoved
		}
	}
	rows, results := ledger.Plan(change, j.state.plans)
	r := results[0]
	if r.Err != nil || sqlstore.IsEmpty(rows) && !r.Receipt.Replayed {
		return r.Receipt, r.Err
	}
	write, err := j.state.write(rows)
	if err != nil {
		return nil, err
	}
	if _, err := j.on.run(ctx, []step{{query: "savepoint books"}, write, {query: "release savepoint books"}}); err != nil {
		// If the database has ended the whole transaction this fails, and the host
		// learns it from its own next statement. One after the other: until the first
		// is done, the second cannot even be prepared.
		_, _ = j.on.run(ctx, []step{{query: "rollback to savepoint books"}})
		_, _ = j.on.run(ctx, []step{{query: "release savepoint books"}})
		return nil, err
	}
	return r.Receipt, nil
}

// errIsolation refuses a transaction that goes on seeing an older moment: it would
// not see what others have closed since.
var errIsolation = &ledger.Error{Class: ledger.Invalid, Code: "isolation_level", Field: "tx", Op: "postgres: commit",
	Msg: "the host's transaction is to be read committed"}

// load takes a stripe, and locks and reads what a change needs; again: something
// was in the way.
func (j *joined) load(ctx context.Context, change []*ledger.Change) (again bool, err error) {
	known := j.gates.load()
	if known.version < 0 {
		if err := j.gates.refresh(ctx, j.on); err != nil {
			return false, err
		}
		known = j.gates.load()
	}
	if known.isolation != "read committed" && known.isolation != "read uncommitted" {
		return false, errIsolation // before it meets a stripe that is newer than what it sees
	}
	if list := known.unknown(change); len(list) > 0 {
		if _, err := j.on.run(ctx, learn(list)); err != nil {
			return false, err
		}
		return true, j.gates.refresh(ctx, j.on)
	}
	all := j.all || known.restricts(change[0])
	switch {
	case j.stripe < 0 && all:
		j.stripe = 0 // it is taken in its turn
	case j.stripe < 0:
		if j.stripe, err = freeStripe(ctx, j.on); err != nil {
			return false, err
		}
	}
	st := j.state
	st.clear()
	need := ledger.NeedOf(change)
	if _, err := j.on.run(ctx, append(st.take(j.stripe, all, false), st.load(need, waiting, j.stripe)...)); err != nil {
		return false, err
	}
	if !st.stripe.held { // the host went back to before it was taken
		j.stripe = -1
		return true, nil
	}
	if !all && st.closesShared(need) {
		j.all = true
		return true, nil
	}
	if st.stripe.gates != known.version {
		return true, j.gates.refresh(ctx, j.on)
	}
	return false, nil
}
