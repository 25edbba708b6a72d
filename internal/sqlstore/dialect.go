package sqlstore

import (
	"io/fs"

	"github.com/soukhq/souk/ledger"
)

// Dialect is what one kind of database has of its own.
type Dialect interface {
	// Name is how errors call the database: "sqlite".
	Name() string
	// SQL turns a query that is the same for all databases into one of this: its
	// tables are called souk_…, and ? stands for its values.
	SQL(query string) string
	// Step does the same to a migration.
	Step(text string) string
	// BeginRead begins a transaction that sees one moment.
	BeginRead() string
	// BeginWrite begins a transaction that may write. Nobody else writes what
	// Plan is to decide on until it ends.
	BeginWrite() string
	// JoinWrite gives a transaction that somebody else began what BeginWrite
	// would have given it.
	JoinWrite() string
	// Using stands behind the name of a table and says which index a query reads.
	// It is empty where the database finds that by itself.
	Using(index string) string
	// EntriesOf joins transactions t with their entries e, which have a position.
	EntriesOf() string
	// InBooks is true of a transaction t whose entries were not moved to an archive.
	InBooks() string
	// Merges reports whether lists that are each in the order of an index are
	// merged, and not sorted as a whole.
	Merges() bool
	// Lanes asks for the lanes of events and the number of the last one in each.
	Lanes() string
	// Journal asks for the same lanes and the number of the last transaction in each:
	// its row has the key lane << 40 | number.
	Journal() string
	// Written is the column of events by which lanes are merged.
	Written() string
	// Fault says what an error of the driver means. It is not asked about
	// contexts and closed connections.
	Fault(err error) Fault
	// Migrations holds the numbered files of the schema, "0001_books.sql".
	Migrations() fs.FS
	// History creates the table souk_schema_migrations unless it is there, with
	// the columns version, name, checksum and applied_at, which has a default.
	History() string
	// HasHistory counts the tables of that name: 0 or 1.
	HasHistory() string
}

// Fault is what an error of a database means to a caller.
type Fault struct {
	Class ledger.Class
	Code  string
	// Joined is the class inside a transaction of the host's, where it is
	// another: what can be waited for outside may need the whole transaction
	// run again inside.
	Joined ledger.Class
	// Held: somebody else writes just now. A batch asks for its turn again.
	Held bool
	// Poison: it may be the fault of one change, so that a batch is halved until
	// that one fails alone.
	Poison bool
}
