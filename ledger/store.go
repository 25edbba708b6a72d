package ledger

import (
	"context"
	"time"
)

// Store holds the books and the objects, and changes them together. It is the
// only door to storage. NewMemory makes one, Overlay another over any; an
// adapter to a database builds on Plan and passes ledger/storetest.
type Store interface {
	// Read runs fn over one consistent moment. fn must not use the store in any
	// other way; the View is good until fn returns.
	Read(ctx context.Context, fn func(View) error) error

	// Commit applies the change whole or not at all, and is durable when it
	// returns nil. An error of class Unknown means that it may have been
	// applied: the same change may be handed in again and is answered as a
	// replay if it was (Change.ID).
	Commit(ctx context.Context, c *Change) (*Receipt, error)
}

// View reads the books at one moment. What it returns is the caller's own. A
// question may name any time, also one that nothing can be kept under: what lies
// after the year 9999 is after everything.
type View interface {
	// Accounts returns each account asked for, in that order; one that does
	// not exist has Version 0.
	Accounts(refs ...Ref) ([]Account, error)
	// AccountsOf lists accounts in the order of Ref.Compare.
	AccountsOf(q AccountQuery) ([]Account, error)
	// BalanceAt returns the balance after all entries posted at or before a
	// moment. It reads one row (one a stripe), however long the history. A moment
	// before the last entry that was moved to an archive is refused: class State,
	// code period_archived.
	BalanceAt(r Ref, at time.Time) (Money, error)
	// Entries lists entries of one account: those in the books. A page that begins
	// or ends within what was moved to an archive is refused (State,
	// period_archived), and so is one that goes on from an entry moved since.
	Entries(r Ref, p Page) ([]Posted, error)
	// Carried says what was moved of an account. Most stores move nothing.
	Carried(r Ref) (Carried, error)
	// Transactions returns those that exist, in the order asked for. One that was
	// moved to an archive has no entries.
	Transactions(ids ...string) ([]Transaction, error)
	// Objects returns each object asked for, in that order; one that does not
	// exist has Version 0.
	Objects(ids ...ID) ([]Object, error)
	// Find lists the objects that have a key, in the order of (At, id).
	Find(q Query) ([]Object, error)
	// Events returns up to limit events after a cursor, those of one platform
	// or of all (""), and the cursor to go on from. It never skips one.
	Events(after Cursor, platform string, limit int) ([]Event, Cursor, error)
	// Written returns what was written to the journal or to the feed of events,
	// lane by lane. It is what is sealed: between two cursors it is always the same.
	Written(q WrittenQuery) (*Written, error)
}

// Change is a unit of work as data: everything in it happens, or nothing.
type Change struct {
	// ID tells a change that is handed in again from a new one. Whoever makes
	// the change gives it, once and before the first Commit: Update does by
	// Env.ID; who calls Commit makes one, and never the same for two changes.
	// It is 1 to 128 characters of printable ASCII. If it begins with "chg_", its
	// transactions may be named after it: the id, a point and a number.
	//
	// A change with the ID and the At of one that was committed is that one, and
	// is answered as a replay, whatever else it says: nothing happens, and Made
	// lists what this one would make. With another At it is another change under
	// a taken id: class Exists, code change_exists. What was refused, and what
	// did nothing, leaves its ID free.
	ID string

	// Idem ties the change to an idempotency key of a request, if it has one. It
	// remembers the ids of what Put creates, in at most 1 MiB.
	Idem Idem

	// At is when the change happens: in the years 1 to 9999, kept in UTC to the
	// microsecond. Times that the parts of the change leave out are set from it.
	At time.Time

	Expect []Expectation // what must still be so at commit
	Open   []Account     // accounts to open (Ref, Floor, Shared); no effect on those that stand open on the same terms
	Post   []Transaction
	Holds  []HoldStep
	Close  []Ref    // accounts that are empty after this change and end with it
	Put    []Object // Version is the one replaced, 0 for a new object
	Emit   []Event
}

// Expectation is something a decision was based on. Version 0 expects that the
// object or account does not exist; of a shared account nothing else can be
// expected. Exactly one of Object and Account is set.
type Expectation struct {
	Object  ID
	Account Ref
	Version int64
}

// Receipt says what a change did.
type Receipt struct {
	// Replayed: the change was committed before, or with ByKey another one
	// under its idempotency key. Only Made is set then.
	Replayed, ByKey bool
	Made            []ID            // objects that the change created
	Balances        []BalanceChange // accounts that it touched, as it left them
	Versions        []int64         // of the objects in Put, in that order
}

// BalanceChange is an account as a change left it.
type BalanceChange struct {
	Account Ref
	Posted  Money // of a shared account: of the stripe that took the change
	Held    Money
	Entries int64
}

// TestOnly is implemented by parts that must not be used with real money:
// simulators, in-memory stores, example rates. The text says what the part is; it
// is empty if the part, as it was set up, is for real money.
type TestOnly interface{ TestOnly() string }

// read is s.Read, also of no store.
func read(ctx context.Context, s Store, fn func(View) error) error {
	if s == nil {
		return missingArgument("store")
	}
	return s.Read(ctx, fn)
}

func (c *Change) isEmpty() bool {
	return len(c.Open) == 0 && len(c.Post) == 0 && len(c.Holds) == 0 && len(c.Close) == 0 &&
		len(c.Put) == 0 && len(c.Emit) == 0
}

// maxChange bounds the parts of a change, all together.
const maxChange = 100_000

// check refuses what no state of the books could make right.
func (c *Change) check() *Error {
	if c == nil {
		return missingArgument("change")
	}
	if !usable(c.ID, 128) {
		return invalid("invalid_id", "id", "a change id is 1 to 128 characters of printable ASCII")
	}
	if c.At.IsZero() || badTime(c.At) {
		return invalid("invalid_time", "at", "a change says when it happens, in the years 1 to 9999")
	}
	if !c.Idem.IsZero() {
		if err := c.Idem.check(); err != nil {
			return err
		}
	}
	if n := len(c.Expect) + len(c.Open) + len(c.Post) + len(c.Holds) + len(c.Close) + len(c.Put) + len(c.Emit); n > maxChange {
		return invalid("change_too_large", "change", "a change has at most 100,000 parts")
	}
	for i := range c.Expect {
		if (c.Expect[i].Object == ID{}) == (c.Expect[i].Account == Ref{}) {
			return invalid("invalid_expectation", "expect", "an expectation is about an object or an account")
		}
		if c.Expect[i].Version < 0 {
			return badVersion()
		}
	}
	for i := range c.Post {
		if err := c.Post[i].check(); err != nil {
			return err
		}
	}
	for i := range c.Put {
		if err := c.Put[i].check(); err != nil {
			return err
		}
		if k := c.Put[i].Kind; k == HoldKind || k == IdemKind {
			return invalid("reserved_kind", "put", "objects of kind "+k+" are written by Plan alone")
		}
	}
	if !c.Idem.IsZero() && c.Idem.tooMuch(c) {
		return invalid("payload_too_large", "put", "the ids of the objects that a request makes are remembered with its key, in at most 1 MiB")
	}
	for i := range c.Holds {
		if err := c.Holds[i].check(); err != nil {
			return err
		}
	}
	for i := range c.Emit {
		if err := c.Emit[i].check(); err != nil {
			return err
		}
	}
	return nil
}
