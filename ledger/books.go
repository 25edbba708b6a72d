package ledger

import "time"

// Source answers what Plan asks about the books as they stand. An adapter
// loads the answers beforehand (NeedOf says which) and holds what Plan may
// change locked until the rows are written.
type Source interface {
	// Account returns the account, and whether it exists; of a shared one the
	// stripe that this commit writes to, with Version 0 if nothing ever did.
	Account(Ref) (Account, bool)
	// Rest returns what the other stripes of a shared account hold. It is asked
	// only for accounts in Change.Close.
	Rest(Ref) Money
	// Object returns the object. Its Data matters only for the kinds in which
	// Plan reads (Need.Data).
	Object(ID) (Object, bool)
	HasTransaction(id string) bool
	// Change returns when a change was made, if it was committed.
	Change(id string) (at time.Time, ok bool)
}

// Rows is what a planned batch writes. It is good until the Books plan again,
// and shares memory with the changes it was planned from.
type Rows struct {
	Accounts     []AccountRow
	Transactions []Transaction // with their times; whether an entry is forced stands in Entries
	Entries      []EntryRow    // those of Transactions, in that order
	Objects      []ObjectRow
	Events       []Event // in order; the store numbers them
	Changes      []ChangeRow
}

// AccountRow is an account as the batch leaves it.
type AccountRow struct {
	Account
	New bool
}

// EntryRow is an entry with its place in its account.
type EntryRow struct {
	Entry
	Transaction int // index in Rows.Transactions
	Row         int // index of its account in Rows.Accounts
	Number      int64
	Balance     Money

	account *planAccount
}

// ObjectRow is an object as the batch leaves it. Its keys replace all earlier
// ones.
type ObjectRow struct {
	Object
	New bool
}

// ChangeRow remembers that a change was committed.
type ChangeRow struct {
	ID    string
	At    time.Time
	First int // index in Rows.Transactions of its first one, if it posts any
}

// Result is the outcome of one change of a batch.
type Result struct {
	Receipt *Receipt
	Err     error
}

// Books is what Plan works on: the books as a Source knows them, and what the
// batch has changed so far. It may be used again for the next batch.
type Books struct {
	src      Source
	accounts few[Ref, *planAccount] // every account that was looked at
	objects  few[ID, *planObject]
	added    few[addedName, time.Time] // what the batch has added so far, the present change included
	rows     Rows
	dirty    []*planAccount // those that the batch changes, in the order of Rows.Accounts
	puts     []*planObject

	// of the change being planned
	touched []*planAccount
	stored  []*planObject
	posting []*planAccount // accounts of the transaction being posted, entry by entry

	spare        []*planAccount
	spareObjects []*planObject
}

// addedName is the id of a transaction or of a change: two things that may
// have the same id.
type addedName struct {
	change bool
	id     string
}

// planAccount is an account with what the present change does to it.
type planAccount struct {
	Account
	isNew, dirty bool // of the batch so far
	row          int  // where it will stand in Rows.Accounts

	exists, touched       bool
	saved                 Account
	savedNew, savedExists bool
	guard, force, held    int64 // what the change moves: guarded, forced, held
	captured, out         int64 // holds captured; taken out by entries
}

type planObject struct {
	Object
	isNew, dirty, exists bool
	touched              bool
	saved                Object
	savedNew, savedOK    bool
}

// NewBooks returns Books over a source.
func NewBooks(src Source) *Books {
	return &Books{src: src}
}

// begin forgets the batch before.
func (s *Books) begin() {
	s.spare = append(s.spare, s.accounts.vals...)
	for _, o := range s.objects.vals {
		*o = planObject{} // let go of its data
	}
	s.spareObjects = append(s.spareObjects, s.objects.vals...)
	s.accounts.cut(0)
	s.objects.cut(0)
	s.added.cut(0)
	clear(s.rows.Transactions) // let go of what the last batch pointed to
	clear(s.rows.Entries)
	clear(s.rows.Objects)
	clear(s.rows.Events)
	s.rows = Rows{
		Accounts: s.rows.Accounts[:0], Transactions: s.rows.Transactions[:0], Entries: s.rows.Entries[:0],
		Objects: s.rows.Objects[:0], Events: s.rows.Events[:0], Changes: s.rows.Changes[:0],
	}
	s.dirty, s.puts = s.dirty[:0], s.puts[:0]
	// A source that panicked has left a change half planned.
	s.touched, s.stored = s.touched[:0], s.stored[:0]
}

// account returns the working copy of an account; exists says whether there is
// one.
func (s *Books) account(r Ref) *planAccount {
	if a := s.accounts.get(r); a != nil {
		return *a
	}
	a := s.fresh()
	a.Account, a.exists = s.src.Account(r)
	a.Ref = r
	s.accounts.add(r, a)
	return a
}

func (s *Books) fresh() *planAccount {
	if n := len(s.spare); n > 0 {
		a := s.spare[n-1]
		s.spare = s.spare[:n-1]
		*a = planAccount{}
		return a
	}
	return new(planAccount)
}

func (s *Books) freshObject() *planObject {
	if n := len(s.spareObjects); n > 0 {
		o := s.spareObjects[n-1]
		s.spareObjects = s.spareObjects[:n-1]
		return o
	}
	return new(planObject)
}

// touch saves an account before the change first alters it.
func (s *Books) touch(a *planAccount) {
	if a.touched {
		return
	}
	a.touched, a.saved, a.savedNew, a.savedExists = true, a.Account, a.isNew, a.exists
	a.Version++
	s.touched = append(s.touched, a)
}

func (s *Books) object(id ID) *planObject {
	if o := s.objects.get(id); o != nil {
		return *o
	}
	o := s.freshObject()
	o.Object, o.exists = s.src.Object(id)
	o.ID = id
	s.objects.add(id, o)
	return o
}

// look returns an object without a working copy, for what is only read.
func (s *Books) look(id ID) (Object, bool) {
	if o := s.objects.get(id); o != nil {
		return (*o).Object, (*o).exists
	}
	return s.src.Object(id)
}

// put stores an object as the change leaves it.
func (s *Books) put(o *planObject, next Object) {
	if !o.touched {
		o.touched, o.saved, o.savedNew, o.savedOK = true, o.Object, o.isNew, o.exists
		s.stored = append(s.stored, o)
	}
	o.isNew = o.isNew || !o.exists
	o.Object, o.exists = next, true
}

// change returns when a change was made that is stored, or was planned in this
// batch.
func (s *Books) change(id string) (time.Time, bool) {
	if at := s.added.get(addedName{change: true, id: id}); at != nil {
		return *at, true
	}
	return s.src.Change(id)
}

// add notes an id as taken; undo gives it back.
func (s *Books) add(n addedName, at time.Time) { s.added.add(n, at) }

// mark is how long the rows were before a change.
type mark struct{ txs, entries, events, added int }

func (s *Books) mark() mark {
	return mark{len(s.rows.Transactions), len(s.rows.Entries), len(s.rows.Events), len(s.added.keys)}
}

// keep makes the change part of the batch.
func (s *Books) keep() {
	for _, a := range s.touched {
		if !a.dirty {
			a.dirty, a.row = true, len(s.dirty)
			s.dirty = append(s.dirty, a)
		}
		a.reset()
	}
	for _, o := range s.stored {
		if !o.dirty {
			o.dirty = true
			s.puts = append(s.puts, o)
		}
		o.touched = false
	}
	s.touched, s.stored = s.touched[:0], s.stored[:0]
}

// undo takes the change back.
func (s *Books) undo(m mark) {
	for _, a := range s.touched {
		a.Account, a.isNew, a.exists = a.saved, a.savedNew, a.savedExists
		a.reset()
	}
	for _, o := range s.stored {
		o.Object, o.isNew, o.exists, o.touched = o.saved, o.savedNew, o.savedOK, false
	}
	s.added.cut(m.added)
	s.rows.Transactions = s.rows.Transactions[:m.txs]
	s.rows.Entries = s.rows.Entries[:m.entries]
	s.rows.Events = s.rows.Events[:m.events]
	s.touched, s.stored = s.touched[:0], s.stored[:0]
}

func (a *planAccount) reset() {
	a.touched = false
	a.guard, a.force, a.held, a.captured, a.out = 0, 0, 0, 0, 0
}

// finish lists what the batch leaves.
func (s *Books) finish() *Rows {
	for _, a := range s.dirty {
		s.rows.Accounts = append(s.rows.Accounts, AccountRow{a.Account, a.isNew})
	}
	for i := range s.rows.Entries {
		s.rows.Entries[i].Row = s.rows.Entries[i].account.row
	}
	for _, o := range s.puts {
		s.rows.Objects = append(s.rows.Objects, ObjectRow{o.Object, o.isNew})
	}
	return &s.rows
}
