package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// Options says how Open opens a file. The zero value, and nil, is good.
type Options struct {
	// Readers is how many reads run at once; more wait. 0 is one for each
	// processor, and at least 4.
	Readers int
	// Wait is how long a commit waits for other processes that write to the
	// file. 0 is 10 seconds.
	Wait time.Duration
	// Kinds are made views of, as by Migrate.
	Kinds []ledger.KindInfo
}

const defaultWait = 10 * time.Second

func (o *Options) or() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Readers == 0 {
		c.Readers = max(4, runtime.GOMAXPROCS(0))
	}
	if c.Wait == 0 {
		c.Wait = defaultWait
	}
	return c
}

// Store is a ledger.Store on SQLite. Open and New make it.
type Store struct{ on *sqlstore.Store }

// Read implements ledger.Store.
func (s *Store) Read(ctx context.Context, fn func(ledger.View) error) error {
	if s == nil || s.on == nil {
		return missing("store")
	}
	return s.on.Read(ctx, fn)
}

// Commit implements ledger.Store. Who waits for another's commit to end may
// leave (class Unavailable); once the change is being written, Commit returns
// with the outcome.
func (s *Store) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if s == nil || s.on == nil {
		return nil, missing("store")
	}
	return s.on.Commit(ctx, c)
}

// Close waits for reads and commits that are under way, and closes what Open
// opened. Whoever calls the store afterwards gets store_closed (class
// Unavailable).
func (s *Store) Close() error {
	if s == nil || s.on == nil {
		return nil
	}
	return s.on.Close()
}

func missing(argument string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "missing_argument", Field: argument, Op: "sqlite", Msg: "it is nil or was not made by its constructor"}
}

// Open opens a file of books, makes it if there is none, and brings its schema
// up to this program's. Other processes may have it open too, on the same
// machine. Close the store when it is no longer needed.
//
// The errors are those of Migrate, and besides of class Unavailable: cannot_open,
// read_only, corrupt, and unsafe_settings if the file system does not bear a
// write-ahead log.
func Open(ctx context.Context, path string, o *Options) (*Store, error) {
	c := o.or()
	switch {
	case path == "" || path == ":memory:" || strings.HasPrefix(path, "file:"):
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_path", Field: "path", Op: "sqlite: open", Msg: "it is the path of a file"}
	case c.Readers < 0 || c.Wait < 0:
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_options", Field: "options", Op: "sqlite: open", Msg: "no option is below zero"}
	}
	name, err := dsn(path, c.Wait)
	if err != nil {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_path", Field: "path", Op: "sqlite: open", Err: err}
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, &ledger.Error{Class: ledger.Unavailable, Code: "cannot_open", Op: "sqlite: open", Err: err}
	}
	db.SetMaxOpenConns(c.Readers + 1)
	db.SetMaxIdleConns(c.Readers + 1)
	err = setUp(ctx, db, c)
	if err == nil {
		err = checkSettings(ctx, db)
	}
	if err != nil {
		_ = db.Close() // why it cannot be used says more
		return nil, err
	}
	// The library waits longer the longer it has waited, up to 100 ms, in which
	// another process commits dozens of times. The store asks again each few.
	return &Store{sqlstore.New(db, dialect{}, sqlstore.Options{
		Readers: c.Readers, Writer: "pragma busy_timeout = 4", Wait: c.Wait, Close: db.Close,
	})}, nil
}

// setUp migrates a file. To turn on its log SQLite does not wait for whoever does
// so at the same time, whatever the busy timeout is, so it is asked again.
func setUp(ctx context.Context, db *sql.DB, c Options) error {
	patience, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	for {
		err := Migrate(ctx, db, c.Kinds...)
		if e := (*ledger.Error)(nil); !errors.As(err, &e) || e.Code != "busy" {
			return err
		}
		select {
		case <-patience.Done():
			return err
		case <-time.After(time.Millisecond):
		}
	}
}

// dsn names a file to the driver. The first pragma is how long to wait for
// others, since the second may have to.
func dsn(path string, wait time.Duration) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // a drive of Windows
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(" + strconv.FormatInt(wait.Milliseconds(), 10) + ")",
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	u := url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}
	return u.String(), nil
}

// New returns a store on a pool that the host has opened with the driver
// modernc.org/sqlite. The schema must be there: call Migrate first. Each
// connection must keep a write-ahead log and sync at each commit (pragmas
// journal_mode WAL, synchronous FULL, foreign_keys 1, and a busy_timeout); a pool
// whose connections do not is refused as unsafe_settings. Close lets go of the
// pool and leaves it open.
//
// A commit, or a read, takes one connection and waits for it if the pool is
// bounded.
func New(ctx context.Context, db *sql.DB) (*Store, error) {
	if db == nil {
		return nil, missing("db")
	}
	if err := checkSettings(ctx, db); err != nil {
		return nil, err
	}
	if err := CheckSchema(ctx, db); err != nil {
		return nil, err
	}
	return &Store{sqlstore.New(db, dialect{}, sqlstore.Options{Wait: defaultWait})}, nil
}

// Join returns a store inside a transaction of the host's: what is committed to
// it is there when the host commits, and gone when the host rolls back. It never
// commits or retries by itself; all its errors are marked Final. An error of
// class Conflict means that the host should run its transaction again. Begin the
// transaction as immediate (_txlock=immediate in the name of the database), or
// have its first statement be of the store's: one that reads first may lose to
// another writer.
//
// A host calls it from one goroutine at a time or many; they take turns.
func Join(tx *sql.Tx) ledger.Store { return sqlstore.Join(tx, dialect{}) }

// Migrate brings the schema in a file up to this program's, in steps that happen
// once each, whoever else migrates at the same time. A file that has steps which
// this program does not know is refused (class State, schema_newer), as is one
// whose steps are not this program's (schema_changed).
//
// Then it makes a view of each kind, for people: souk_connect_charge of
// connect.charge, or makes it anew if its columns have changed. What has the name
// of one already is left alone and refused (State, name_taken).
func Migrate(ctx context.Context, db *sql.DB, kinds ...ledger.KindInfo) error {
	if err := sqlstore.Migrate(ctx, db, dialect{}); err != nil {
		return err
	}
	return sqlstore.ShowKinds(ctx, db, dialect{}, kinds)
}

// CheckSchema refuses a file whose schema is not this program's: schema_older,
// schema_newer or schema_changed.
func CheckSchema(ctx context.Context, db *sql.DB) error {
	return sqlstore.CheckSchema(ctx, db, dialect{})
}

// checkSettings refuses what can lose or corrupt books: no write-ahead log, one
// that is not synced, or a library with the fault that was mended in 3.51.3.
func checkSettings(ctx context.Context, db *sql.DB) error {
	var version, journal string
	var synchronous, keys int
	err := db.QueryRowContext(ctx, `select sqlite_version(), (select journal_mode from pragma_journal_mode),
		(select synchronous from pragma_synchronous), (select foreign_keys from pragma_foreign_keys)`).
		Scan(&version, &journal, &synchronous, &keys)
	var major, minor, patch int
	if err == nil {
		_, err = fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch)
	}
	const full = 2
	switch {
	case err != nil:
		f := dialect{}.Fault(err)
		return &ledger.Error{Class: f.Class, Code: f.Code, Op: "sqlite: settings", Err: err}
	case major*1_000_000+minor*1000+patch < 3_051_003:
		return unsafeSettings("SQLite " + version + " can corrupt a write-ahead log; it takes 3.51.3")
	case journal != "wal":
		return unsafeSettings("the journal mode is " + journal + ", not wal")
	case synchronous < full:
		return unsafeSettings("synchronous is not FULL, so that a power cut would lose what was acknowledged")
	case keys != 1:
		return unsafeSettings("foreign keys are not checked")
	}
	return nil
}

func unsafeSettings(msg string) error {
	return &ledger.Error{Class: ledger.Unavailable, Code: "unsafe_settings", Op: "sqlite: settings", Msg: msg}
}
