package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/complaint"
	"github.com/soukhq/souk/internal/sqlstore/planted"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

// plantedBooks makes books of a file whose driver has a fault.
func plantedBooks(t *testing.T, p *planted.Plant) *planted.Books {
	t.Helper()
	path := file(t)
	whole := migrated(t, path)
	db := sql.OpenDB(plantedConnector{losingConnector{nil, path + impatient}, p})
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	b := &planted.Books{Plant: p, Begin: func() planted.Host {
		tx, err := db.BeginTx(context.Background(), nil)
		require.NoError(t, err)
		return planted.Host{Store: sqlite.Join(tx), Commit: tx.Commit, Rollback: tx.Rollback}
	}, Refuse: func(string) {
		_, err := whole.Exec("create trigger poison before insert on souk_changes when new.id = 'chg_poison' begin select raise(abort, 'no'); end")
		require.NoError(t, err)
	}}
	for _, s := range []*ledger.Store{&b.Store, &b.Second} {
		made, err := sqlite.New(t.Context(), db)
		require.NoError(t, err)
		*s = made
	}
	return b
}

// unsafeIsRefused opens a log that is not synced.
func unsafeIsRefused(t *testing.T) planted.Proof {
	return func(c *complaint.T, b *planted.Books) {
		db := sql.OpenDB(plantedConnector{losingConnector{nil, file(t) + unsynced}, b.Plant})
		defer func() { require.NoError(c, db.Close()) }()
		require.NoError(c, sqlite.Migrate(c.Context(), db))
		_, err := sqlite.New(c.Context(), db)
		require.ErrorIs(c, err, ledger.Unavailable)
	}
}

// impatient is good, but SQLite says at once that somebody else writes, so that
// it is the store that waits.
const impatient = "?_txlock=immediate&_pragma=busy_timeout(0)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"

const unsynced = "?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)"

// plantedConnector opens connections on which statements and answers are changed.
type plantedConnector struct {
	losingConnector
	p *planted.Plant
}

func (c plantedConnector) Connect(context.Context) (driver.Conn, error) {
	inner, err := c.Driver().Open(c.name)
	if err != nil {
		return nil, err
	}
	return plantedConn{inner.(wholeConn), c.p}, nil
}

type plantedConn struct {
	wholeConn
	p *planted.Plant
}

func (c plantedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.wholeConn.ExecContext(ctx, c.p.SQL(query), args)
	return r, changed(c.p, err)
}

func (c plantedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.wholeConn.QueryContext(ctx, c.p.SQL(query), args)
}

func (c plantedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.wholeConn.PrepareContext(ctx, c.p.SQL(query))
	if err != nil {
		return nil, err
	}
	return plantedStmt{s.(wholeStmt), c.p}, nil
}

type wholeStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type plantedStmt struct {
	wholeStmt
	p *planted.Plant
}

func (s plantedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	r, err := s.wholeStmt.ExecContext(ctx, args)
	if err == nil && s.p != nil && s.p.Blind {
		r = driver.RowsAffected(1)
	}
	return r, changed(s.p, err)
}

// changed returns what becomes of an error.
func changed(p *planted.Plant, err error) error {
	if err == nil {
		return nil
	}
	if text := p.Error(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}
