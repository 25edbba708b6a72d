package sqlite

import (
	"embed"
	"errors"
	"io/fs"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

//go:embed schema/*.sql
var schema embed.FS

// dialect implements sqlstore.Dialect.
type dialect struct{}

func (dialect) Name() string            { return "sqlite" }
func (dialect) SQL(query string) string { return query }
func (dialect) Step(text string) string { return text }
func (dialect) BeginRead() string       { return "begin deferred" }

// BeginWrite takes the file's lock at once: a transaction that reads first and
// writes later loses to one that wrote between, and no timeout helps it.
func (dialect) BeginWrite() string { return "begin immediate" }

// JoinWrite writes no row. Any statement that might takes the lock.
func (dialect) JoinWrite() string {
	return "update souk_schema_migrations set version = version where version = 0"
}

// Using implements sqlstore.Dialect. Without figures about the tables, SQLite
// takes an account's whole history to be shorter than its part that moved.
func (dialect) Using(index string) string { return " indexed by " + index }

// EntriesOf implements sqlstore.Dialect.
func (dialect) EntriesOf() string {
	return `souk_transactions t join souk_entries e on e.tx = t.seq`
}

// InBooks implements sqlstore.Dialect.
func (dialect) InBooks() string { return `exists (select 1 from souk_entries e where e.tx = t.seq)` }

// Merges implements sqlstore.Dialect.
func (dialect) Merges() bool { return true }

// Lanes implements sqlstore.Dialect: there is one writer at a time, so the order
// of the events' numbers is the order in which they were committed.
func (dialect) Lanes() string { return `select 0, coalesce(max(number), 0) from souk_events` }

// Journal implements sqlstore.Dialect, likewise.
func (dialect) Journal() string { return `select 0, coalesce(max(seq), 0) from souk_transactions` }

// Written implements sqlstore.Dialect. Nothing is merged.
func (dialect) Written() string { return "0" }

func (dialect) Migrations() fs.FS {
	files, err := fs.Sub(schema, "schema")
	if err != nil {
		return schema // has no file of that form, which Migrate says
	}
	return files
}

func (dialect) History() string {
	return `create table if not exists souk_schema_migrations (
		version    integer primary key,
		name       text not null,
		checksum   text not null,
		applied_at text not null default current_timestamp
	) strict`
}

func (dialect) HasHistory() string {
	return `select count(*) from sqlite_schema where type = 'table' and name = 'souk_schema_migrations'`
}

// Fault implements sqlstore.Dialect. Busy means that somebody else held the lock
// for longer than the busy timeout. In a transaction that has read before, it
// comes at once, since waiting would not help: it is a lost race.
func (dialect) Fault(err error) sqlstore.Fault {
	var e *driver.Error
	if !errors.As(err, &e) {
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "database_error", Poison: true}
	}
	switch e.Code() {
	case lib.SQLITE_BUSY_SNAPSHOT:
		return sqlstore.Fault{Class: ledger.Conflict, Code: "busy"}
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY:
		return sqlstore.Fault{Class: ledger.Conflict, Code: "constraint", Poison: true}
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "busy", Joined: ledger.Conflict, Held: true}
	case lib.SQLITE_CONSTRAINT:
		return sqlstore.Fault{Class: ledger.Invalid, Code: "constraint", Poison: true}
	case lib.SQLITE_FULL:
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "disk_full"}
	case lib.SQLITE_READONLY:
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "read_only"}
	case lib.SQLITE_CANTOPEN, lib.SQLITE_PERM, lib.SQLITE_AUTH:
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "cannot_open"}
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "corrupt"}
	case lib.SQLITE_IOERR:
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "io_error"}
	case lib.SQLITE_NOMEM:
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "out_of_memory"}
	case lib.SQLITE_INTERRUPT:
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "canceled"}
	case lib.SQLITE_TOOBIG:
		return sqlstore.Fault{Class: ledger.Invalid, Code: "payload_too_large", Poison: true}
	}
	return sqlstore.Fault{Class: ledger.Unavailable, Code: "database_error", Poison: true}
}
