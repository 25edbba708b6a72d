package ledger

import (
	"slices"
	"time"
)

// Plan decides a batch of changes in order of arrival and says what to write.
// A change that fails leaves the state as it was, and the next goes on. It
// does no input or output, and is the same for every store.
//
// Order of judgement: form, replay of the change, replay of its idempotency
// key, expectations, accounts, objects, postings, holds, floors, closings.
func Plan(batch []*Change, s *Books) (*Rows, []Result) {
	results := make([]Result, len(batch))
	s.begin()
	for i, c := range batch {
		r, err := s.plan(c)
		if err != nil {
			results[i].Err = err
			continue
		}
		results[i].Receipt = r
	}
	return s.finish(), results
}

// planOne plans a batch of one without the slices around it.
func planOne(c *Change, s *Books) (*Rows, *Receipt, error) {
	s.begin()
	r, err := s.plan(c)
	if err != nil {
		return nil, nil, err
	}
	return s.finish(), r, nil
}

// plan judges one change. The typed nil of *Error must not reach an error
// variable, hence the two steps.
func (s *Books) plan(c *Change) (*Receipt, error) {
	r, err := s.judge(c)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (s *Books) judge(c *Change) (*Receipt, *Error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if at, ok := s.change(c.ID); ok {
		if !at.Equal(atTime(c.At)) {
			// Not the same change again: whoever makes the ids made one twice.
			return nil, &Error{Class: Exists, Code: "change_exists", Field: "id", Op: "ledger: change " + c.ID}
		}
		return &Receipt{Replayed: true, Made: c.made()}, nil
	}
	if !c.Idem.IsZero() {
		if o, ok := s.look(c.Idem.object()); ok {
			made, err := c.Idem.answer(o)
			if err != nil {
				return nil, err
			}
			return &Receipt{Replayed: true, ByKey: true, Made: made}, nil
		}
	}
	for i := range c.Expect {
		if err := s.expect(&c.Expect[i]); err != nil {
			return nil, err
		}
	}
	if c.isEmpty() {
		return &Receipt{}, nil // nothing to remember: a key alone is only asked about
	}
	m := s.mark()
	if err := s.apply(c); err != nil {
		s.undo(m)
		return nil, err
	}
	r := s.receipt(c)
	if !c.Idem.IsZero() {
		s.put(s.object(c.Idem.object()), c.Idem.remember(r.Made))
	}
	s.add(addedName{change: true, id: c.ID}, atTime(c.At))
	s.rows.Changes = append(s.rows.Changes, ChangeRow{c.ID, atTime(c.At), m.txs})
	s.keep()
	return r, nil
}

// made lists the objects that a change creates.
func (c *Change) made() []ID {
	var ids []ID
	for i := range c.Put {
		if c.Put[i].Version == 0 {
			ids = append(ids, c.Put[i].ID)
		}
	}
	return ids
}

func (s *Books) receipt(c *Change) *Receipt {
	r := &Receipt{Made: c.made()}
	if len(s.touched) > 0 {
		r.Balances = make([]BalanceChange, len(s.touched))
		for i, a := range s.touched {
			r.Balances[i] = BalanceChange{a.Ref, a.Posted, a.Held, a.Entries}
		}
	}
	if len(c.Put) > 0 {
		r.Versions = make([]int64, len(c.Put))
		for i := range c.Put {
			r.Versions[i] = c.Put[i].Version + 1
		}
	}
	return r
}

func (s *Books) apply(c *Change) *Error {
	for i := range c.Open {
		if err := s.open(&c.Open[i]); err != nil {
			return err
		}
	}
	for i := range c.Put {
		if err := s.putOne(&c.Put[i], atTime(c.At)); err != nil {
			return err
		}
	}
	for i := range c.Post {
		if err := s.post(&c.Post[i], c); err != nil {
			return err
		}
	}
	for i := range c.Holds {
		if err := s.hold(&c.Holds[i], atTime(c.At)); err != nil {
			return err
		}
	}
	for _, a := range s.touched {
		if err := a.guarded(); err != nil {
			return err
		}
	}
	for _, r := range c.Close {
		if err := s.close(r); err != nil {
			return err
		}
	}
	s.emit(c)
	return nil
}

func (s *Books) expect(e *Expectation) *Error {
	var version int64
	what := ""
	if e.Account != (Ref{}) {
		a := s.account(e.Account)
		if a.Shared && e.Version > 0 {
			return invalid("shared_account", "expect", "a shared account cannot be expected unchanged")
		}
		if version, what = a.Version, "account "+e.Account.String(); a.exists && version == 0 {
			version = -1 // a stripe that nothing was written to yet: the account is there all the same
		}
	} else {
		o, _ := s.look(e.Object)
		version = o.Version
	}
	if version == e.Version {
		return nil
	}
	if what == "" {
		what = e.Object.String()
	}
	return &Error{Class: Conflict, Code: "changed", Op: "ledger: " + what, Msg: "it has changed since it was read"}
}

func (s *Books) putOne(o *Object, at time.Time) *Error {
	have := s.object(o.ID)
	if have.Version != o.Version {
		if o.Version == 0 {
			return &Error{Class: Exists, Code: "object_exists", Op: "ledger: " + o.ID.String()}
		}
		return &Error{Class: Conflict, Code: "changed", Op: "ledger: " + o.ID.String(), Msg: "it has changed since it was read"}
	}
	if o.Kind == PeriodKind {
		if err := judgePeriod(have, o, at); err != nil {
			return err
		}
	}
	next := o.clone()
	next.Version++
	for i := range next.Keys {
		next.Keys[i].At = atTime(next.Keys[i].At)
	}
	s.put(have, next)
	return nil
}

// post books one transaction: its time is raised so that it rises strictly in
// each of its accounts, and every entry gets its number and running balance.
func (s *Books) post(t *Transaction, c *Change) *Error {
	if err := s.newID(t, c); err != nil {
		return err
	}
	at := atTime(c.At)
	s.posting = s.posting[:0]
	for i := range t.Entries {
		a, err := s.existing(t.Entries[i].Account)
		if err != nil {
			return err
		}
		s.posting = append(s.posting, a)
		if !at.After(a.Last) {
			at = a.Last.Add(time.Microsecond)
		}
	}
	if badTime(at) {
		return &Error{Class: Invalid, Code: "invalid_time", Field: "at", Op: "ledger: transaction " + t.ID,
			Msg: "its accounts were posted to until the end of the year 9999, and times rise in an account"}
	}
	until, err := s.closedUntil(t.Book)
	if err != nil {
		return err
	}
	if at.Before(until) && t.Effective.IsZero() {
		at = until // the clock is behind that of whoever closed the period
	}
	row := *t
	row.Posted, row.Effective = at, atTime(t.Effective)
	if row.Effective.IsZero() {
		row.Effective = at
	}
	if row.Effective.Before(until) {
		return &Error{Class: State, Code: "period_closed", Field: "effective", Op: "ledger: book " + t.Book,
			Msg: "it is closed until " + until.Format(time.RFC3339)}
	}
	force := forceOf(t.Reason)
	for i, a := range s.posting {
		e := EntryRow{Entry: t.Entries[i], Transaction: len(s.rows.Transactions), account: a}
		e.Forced = e.Forced || force == AlwaysForced
		if err := a.add(&e.Entry); err != nil {
			return err
		}
		a.Last = at
		e.Number, e.Balance = a.Entries, a.Posted
		s.rows.Entries = append(s.rows.Entries, e)
	}
	s.rows.Transactions = append(s.rows.Transactions, row)
	return nil
}

// newID takes a transaction's id. One that is made of the change's own is free
// if it was not used in this change: the store need not be asked.
func (s *Books) newID(t *Transaction, c *Change) *Error {
	name := addedName{id: t.ID}
	taken := s.added.get(name) != nil
	if !ownID(c.ID, t.ID) {
		if _, other := changeOf(t.ID); other {
			return invalid("invalid_id", "id", "an id that begins as a change's is made of its own change's")
		}
		taken = taken || s.src.HasTransaction(t.ID)
	}
	if taken {
		return &Error{Class: Exists, Code: "transaction_exists", Op: "ledger: transaction " + t.ID}
	}
	s.add(name, time.Time{})
	return nil
}

// closedUntil returns until when a book is closed; the zero time if it is not.
func (s *Books) closedUntil(book string) (time.Time, *Error) {
	o, ok := s.look(ID{PeriodKind, book})
	if !ok {
		return time.Time{}, nil
	}
	return closedUntil(&o)
}

// emit appends the events. One that names no version gets that of the object
// as this change leaves it.
func (s *Books) emit(c *Change) {
	for i := range c.Emit {
		e := c.Emit[i]
		e.ID, e.At, e.Data = "", atTime(e.At), slices.Clone(e.Data)
		if e.At.IsZero() {
			e.At = atTime(c.At)
		}
		if e.Version == 0 {
			o, _ := s.look(e.Object)
			e.Version = o.Version
		}
		s.rows.Events = append(s.rows.Events, e)
	}
}
