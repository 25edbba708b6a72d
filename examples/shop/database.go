package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
	"github.com/soukhq/souk/ledger/sqlite"
)

// database is where the shop's rows and souk's books are, side by side.
type database struct {
	*sql.DB
	books ledger.Store
	join  func(*sql.Tx) ledger.Store // the books inside a transaction of the shop's
	close func() error
}

func openDatabase(ctx context.Context, o options) (*database, error) {
	if o.dsn != "" {
		return openPostgres(ctx, o.dsn)
	}
	return openSQLite(ctx, o.db)
}

// openSQLite opens a file with the settings that the books ask for. A
// transaction is immediate: it waits for other writers when it begins, and then
// never loses to one.
func openSQLite(ctx context.Context, path string) (*database, error) {
	settings := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	name := url.URL{Path: filepath.ToSlash(path)}
	db, err := sql.Open("sqlite", "file:"+name.EscapedPath()+"?"+settings.Encode())
	if err != nil {
		return nil, err
	}
	if err := sqlite.Migrate(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	books, err := sqlite.New(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &database{db, books, sqlite.Join, func() error { return errors.Join(books.Close(), db.Close()) }}, nil
}

// openPostgres connects to a database. The books are in a schema of their own,
// the shop's table is where the connection string leads.
func openPostgres(ctx context.Context, dsn string) (*database, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return nil, err
	}
	books, err := postgres.New(pool, nil)
	if err == nil {
		err = books.Migrate(ctx)
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	return &database{db, books, books.JoinSQL, func() error {
		err := errors.Join(books.Close(), db.Close())
		pool.Close()
		return err
	}}, nil
}

// tries is how often a transaction is run that others get in the way of.
const tries = 5

// inTx runs fn in a transaction, which is rolled back if fn fails, and run again
// if another one was faster.
func (d *database) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	for try := 1; ; try++ {
		err := d.once(ctx, fn)
		if try == tries || !errors.Is(err, ledger.Conflict) {
			return err
		}
	}
}

func (d *database) once(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
