package postgres

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// Options says how a Store works. The zero value, and nil, is good.
type Options struct {
	// Schema is the schema of the tables, 1 to 63 bytes; "" is souk.
	Schema string
	// TwoSteps keeps a change that comes alone from being tried in one round trip,
	// planned on what was last seen. That is faster at one or two callers a
	// process, and slower where other processes change the same accounts.
	TwoSteps bool
	// Wait bounds how long a commit waits for a connection, for rows that others
	// hold, and for the database. 0 is 10 seconds.
	Wait time.Duration
}

const (
	defaultSchema = "souk"
	defaultWait   = 10 * time.Second
)

// Store is a ledger.Store on PostgreSQL. New makes it.
type Store struct {
	d     *dialect
	pool  *pgxpool.Pool
	wait  time.Duration
	group *sqlstore.Group
	lanes []*lane
	gates gates
	bulk  sync.Mutex // of the last lane

	using sync.RWMutex // held for reading by whoever reads or commits many
	over  bool         // closed
}

// lane commits one batch at a time.
type lane struct {
	stripe int64 // that it tries first
	state  *state

	// Of lanes that take what comes, unless Options.TwoSteps.
	recent   *recent
	missed   int // how often in a row what was recent was not so any more
	patience int // how many changes that come alone are not to be tried
}

// How many commit at once, beside them wait for rows that others hold, and hand
// over many changes in one call.
const (
	lanes = 1
	sides = 4
	bulks = 1
)

// New returns a store on a pool of the host's. It asks the database nothing: the
// schema must be there before it is used (Migrate, CheckSchema). Close leaves the
// pool open.
func New(pool *pgxpool.Pool, o *Options) (*Store, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Schema == "" {
		c.Schema = defaultSchema
	}
	if c.Wait == 0 {
		c.Wait = defaultWait
	}
	switch {
	case pool == nil:
		return nil, missing("pool")
	case c.Wait < 0:
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_options", Field: "wait", Op: "postgres", Msg: "no option is below zero"}
	}
	if err := checkSchemaName(c.Schema); err != nil {
		return nil, err
	}
	s := &Store{d: &dialect{schema: c.Schema}, pool: pool, wait: c.Wait}
	for i := range int64(lanes + sides + bulks) {
		l := &lane{stripe: i % 8, state: newState()}
		if i < lanes && !c.TwoSteps {
			l.recent = new(recent)
		}
		s.lanes = append(s.lanes, l)
	}
	s.group = sqlstore.NewGroup(committer{s}, lanes, sides)
	return s, nil
}

func missing(argument string) error { return sqlstore.Missing(argument) }

// Close waits for reads and commits that are under way, but for those inside
// transactions of the host's. Whoever calls the store afterwards gets store_closed
// (class Unavailable).
func (s *Store) Close() error {
	if s == nil || s.group == nil {
		return nil
	}
	s.using.Lock()
	s.over = true
	s.using.Unlock()
	s.group.Close()
	return nil
}

func (s *Store) usable(op string, ctx context.Context) error {
	switch {
	case s == nil || s.group == nil:
		return missing("store")
	case ctx.Err() != nil:
		return sqlstore.Canceled(op, ctx.Err())
	}
	return nil
}

// use keeps the store from being closed until done is called.
func (s *Store) use(op string, ctx context.Context) (done func(), err error) {
	if err := s.usable(op, ctx); err != nil {
		return nil, err
	}
	s.using.RLock()
	if s.over {
		s.using.RUnlock()
		return nil, sqlstore.ErrClosed
	}
	return s.using.RUnlock, nil
}

// Read implements ledger.Store.
func (s *Store) Read(ctx context.Context, fn func(ledger.View) error) error {
	done, err := s.use("read", ctx)
	if err != nil {
		return err
	}
	defer done()
	if fn == nil {
		return missing("fn")
	}
	conn, err := s.acquire(ctx, "read")
	if err != nil {
		return err
	}
	defer conn.Release()
	on := native{s.d, s.wait, conn}
	if _, err := on.run(ctx, []step{{query: s.d.BeginRead()}}); err != nil {
		return sqlstore.Failed(s.d, "read", err)
	}
	// The pool throws away a connection that is still in a transaction.
	defer func() { _, _ = on.run(context.WithoutCancel(ctx), []step{{query: "rollback"}}) }()
	v := sqlstore.NewView(ctx, s.d, on, false)
	defer v.End()
	return fn(v)
}

// acquire waits for a connection, for a bounded time.
func (s *Store) acquire(ctx context.Context, op string) (*pgxpool.Conn, error) {
	patience, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	conn, err := s.pool.Acquire(patience)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() == nil && patience.Err() != nil:
		return nil, sqlstore.Overloaded(op, err)
	}
	return nil, sqlstore.Failed(s.d, op, err)
}

// Commit implements ledger.Store. Who waits for another's commit to end may
// leave (class Unavailable); once the change is being written, Commit returns
// with the outcome.
func (s *Store) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if err := s.usable("commit", ctx); err != nil {
		return nil, err
	}
	patience, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	r, ok := s.group.Do(patience, c)
	if !ok {
		return nil, sqlstore.ErrClosed
	}
	if errors.Is(r.Err, context.DeadlineExceeded) && !errors.Is(r.Err, ledger.Unknown) && ctx.Err() == nil && patience.Err() != nil {
		return nil, sqlstore.Overloaded("commit", r.Err)
	}
	return r.Receipt, r.Err
}

// chunk is how many changes of one call are committed together.
const chunk = 1024

// CommitAll commits changes as Commit does each of them, many together. It
// answers each by its place. A change may fail and the next one go on. They happen
// in order, but for one that needs a row which somebody else holds: it waits for
// that, and may come after some that follow it.
func (s *Store) CommitAll(ctx context.Context, changes []*ledger.Change) []ledger.Result {
	results := make([]ledger.Result, len(changes))
	done, err := s.use("commit", ctx)
	if err != nil {
		for i := range results {
			results[i].Err = err
		}
		return results
	}
	defer done()
	s.bulk.Lock()
	defer s.bulk.Unlock()
	for at := 0; at < len(changes); at += chunk {
		part := changes[at:min(at+chunk, len(changes))]
		if err := ctx.Err(); err != nil {
			for i := range part {
				results[at+i].Err = sqlstore.Canceled("commit", err)
			}
			continue
		}
		for i, o := range s.batch(s.lanes[lanes+sides], part) {
			if results[at+i] = o.Result; o.Held != (sqlstore.Row{}) {
				results[at+i].Receipt, results[at+i].Err = s.Commit(ctx, part[i])
			}
		}
	}
	return results
}

// committer is a store as its group sees it.
type committer struct{ s *Store }

// Commit implements sqlstore.Committer.
func (c committer) Commit(lane int, changes []*ledger.Change) []sqlstore.Outcome {
	return c.s.batch(c.s.lanes[lane], changes)
}

// Await implements sqlstore.Committer.
func (c committer) Await(ctx context.Context, row sqlstore.Row) error { return c.s.await(ctx, row) }

func (s *Store) await(ctx context.Context, row sqlstore.Row) error {
	conn, err := s.acquire(ctx, "commit")
	if err != nil {
		return err
	}
	defer conn.Release()
	on := native{s.d, s.wait, conn}
	if row.Account != (ledger.Ref{}) {
		r := row.Account
		err = on.Query(ctx, ignore, `select 1 from souk_accounts a where book = ? and owner = ? and purpose = ? and currency = ? and stripe = 0 `+waiting.clause("a"),
			r.Book, r.Owner, r.Purpose, r.Currency.String())
	} else {
		err = on.Query(ctx, ignore, `select 1 from souk_objects o where kind = ? and id = ? `+waiting.clause("o"), row.Object.Kind, row.Object.ID)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return sqlstore.Canceled("commit", ctx.Err())
	case sqlstore.FaultOf(s.d, err).Held:
		return nil // another try finds out
	}
	return sqlstore.Failed(s.d, "commit", err)
}

func ignore(sqlstore.Answer) error { return nil }

// refused reports whether an error says that a statement has failed, so that the
// transaction is not committed. A connection that ends with a last word, of the
// server's or of a pooler's in between, says nothing of what was sent before it.
func refused(err error) bool {
	e := (*pgconn.PgError)(nil)
	return errors.As(err, &e) && e.SeverityUnlocalized == "ERROR" && !strings.HasPrefix(e.Code, "08")
}
