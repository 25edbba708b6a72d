package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// migration is one step of the schema: a numbered file that never changes once
// it is released.
type migration struct {
	version  int64
	name     string
	text     string
	checksum string // SHA-256 of the text
}

// migrations reads the steps: 1, 2, 3 … without a gap.
func migrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "*.sql") // in order of name
	if err != nil {
		return nil, err
	}
	list := make([]migration, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil || version != int64(i)+1 {
			return nil, fmt.Errorf("migration %q is not number %d", name, i+1)
		}
		sum := sha256.Sum256(text)
		list[i] = migration{version, name, string(text), hex.EncodeToString(sum[:])}
	}
	return list, nil
}

// Script is a step of the schema for tools that run files.
type Script struct{ Name, Text string }

// Scripts returns the steps, each with the record of itself that CheckSchema looks
// for. None begins or ends a transaction: whoever runs one does.
func Scripts(d Dialect) ([]Script, error) {
	steps, err := migrations(d.Migrations())
	if err != nil {
		return nil, schemaError(d, "schema_unreadable", err.Error())
	}
	list := make([]Script, len(steps))
	for i, step := range steps {
		list[i] = Script{step.name, d.Step(step.text) + fmt.Sprintf("\n-- So that souk knows that this was done.\ninsert into %s (version, name, checksum) values (%d, '%s', '%s');\n",
			d.SQL("souk_schema_migrations"), step.version, step.name, step.checksum)}
	}
	if len(list) > 0 {
		list[0].Text = d.SQL(d.History()) + ";\n\n" + list[0].Text
	}
	return list, nil
}

// Migrate brings the schema up to the code, each step in a transaction of its
// own. Any number of processes may do so at once: each step happens once. It
// goes forward only, and refuses what CheckSchema refuses, but for steps that are
// missing.
func Migrate(ctx context.Context, db *sql.DB, d Dialect) error {
	steps, err := migrations(d.Migrations())
	if err != nil {
		return schemaError(d, "schema_unreadable", err.Error())
	}
	for {
		done, err := onConn(ctx, db, d, func(on *session) (bool, error) {
			have, err := applied(ctx, on, d, steps)
			if err != nil || have == len(steps) {
				return true, err
			}
			return false, next(ctx, on, d, steps)
		})
		if err != nil || done {
			return err
		}
	}
}

// CheckSchema returns an error of class State unless the schema is the code's:
// schema_older, schema_newer, or schema_changed if a step that was applied is not
// the one that the code has under its number.
func CheckSchema(ctx context.Context, db *sql.DB, d Dialect) error {
	steps, err := migrations(d.Migrations())
	if err != nil {
		return schemaError(d, "schema_unreadable", err.Error())
	}
	_, err = onConn(ctx, db, d, func(on *session) (bool, error) {
		have, err := applied(ctx, on, d, steps)
		if err == nil && have < len(steps) {
			err = schemaError(d, "schema_older", fmt.Sprintf("it has %d of %d migrations", have, len(steps)))
		}
		return true, err
	})
	return err
}

func schemaError(d Dialect, code, msg string) error {
	return &ledger.Error{Class: ledger.State, Code: code, Op: d.Name() + ": schema", Msg: msg}
}

// onConn runs fn on a connection that is thrown away if fn fails.
func onConn(ctx context.Context, db *sql.DB, d Dialect, fn func(on *session) (bool, error)) (bool, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return false, fault(d, "schema", err)
	}
	on := newSession(conn, d)
	on.conn = conn
	done, err := fn(on)
	on.broken = on.broken || err != nil
	if bad := on.end(); err == nil {
		err = bad
	}
	return done, fault(d, "schema", err)
}

// applied returns how many steps the database has, and refuses those that are
// not the code's.
func applied(ctx context.Context, on *session, d Dialect, steps []migration) (int, error) {
	tables := 0
	err := on.Query(ctx, func(row Answer) error { return row.Scan(&tables) }, d.HasHistory())
	if err != nil || tables == 0 {
		return 0, err
	}
	n := 0
	err = on.Query(ctx, func(row Answer) error {
		var version int64
		var name, checksum string
		if err := row.Scan(&version, &name, &checksum); err != nil {
			return err
		}
		n++
		switch {
		case n > len(steps):
			return schemaError(d, "schema_newer", fmt.Sprintf("it has migration %s, and this program knows %d: it needs a newer souk", name, len(steps)))
		case version != int64(n) || checksum != steps[n-1].checksum:
			return schemaError(d, "schema_changed", fmt.Sprintf("its migration %s is not this program's %s", name, steps[n-1].name))
		}
		return nil
	}, `select version, name, checksum from souk_schema_migrations order by version`)
	return n, err
}

// next applies one step. What is there is looked at again in the transaction,
// since another process may have been faster.
func next(ctx context.Context, on *session, d Dialect, steps []migration) error {
	if _, err := on.ExecContext(ctx, d.BeginWrite()); err != nil {
		return err
	}
	if _, err := on.ExecContext(ctx, d.SQL(d.History())); err != nil {
		return err
	}
	have, err := applied(ctx, on, d, steps)
	if err != nil {
		return err
	}
	if have == len(steps) {
		on.rollback()
		return nil
	}
	step := steps[have]
	if _, err := on.ExecContext(ctx, d.Step(step.text)); err != nil {
		return err
	}
	_, err = on.exec(ctx, `insert into souk_schema_migrations (version, name, checksum) values (?, ?, ?)`, step.version, step.name, step.checksum)
	if err != nil {
		return err
	}
	_, err = on.ExecContext(ctx, "commit")
	return err
}
