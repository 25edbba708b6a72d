package ledger

import (
	"encoding/json"
	"time"
)

// ReversalKind is the kind of the objects that count what of a transaction has
// been reversed, and that tell a reversal from other transactions; the id is the
// transaction's.
const ReversalKind = "ledger.reversal"

type reversal struct {
	Done []int64 `json:"done,omitempty"` // how much of each entry, in their order and without its sign
	Of   string  `json:"of,omitzero"`    // the transaction that this one reverses
}

// Reversal undoes a transaction, whole or in part.
type Reversal struct {
	Transaction string // the id of the one to undo
	Reason      string // of the new transaction; empty is the reason of the old one
	Effective   time.Time
	Meta        map[string]string

	// Amount is how much of the transaction's turnover to undo: of the sum of
	// its positive entries in that currency. Its entries share in it by what is
	// left of them, and entries in other currencies follow in proportion by the
	// cumulative rule. Zero undoes all that is left.
	Amount Money
}

// Reverse posts the exact negative of a transaction, or of a part of it, and
// names it. Parts never add up to more than the whole, and once the whole has
// been reversed nothing is left to do it again: class State, code
// already_reversed. A reversal itself stands (State, is_reversal): what was
// reversed wrongly is posted anew. Nor is one reversed whose entries were moved
// to an archive (State, period_archived). The id of the new transaction is
// returned.
func (u *Unit) Reverse(r Reversal) (string, error) {
	var found []Transaction
	err := u.View(func(v View) (err error) {
		found, err = v.Transactions(r.Transaction)
		return err
	})
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", &Error{Class: NotFound, Code: "transaction_not_found", Op: "ledger: reverse", Msg: "there is no transaction " + quoted(r.Transaction)}
	}
	old := found[0]
	if len(old.Entries) == 0 {
		return "", &Error{Class: State, Code: "period_archived", Field: "transaction", Op: "ledger: transaction " + old.ID, Msg: "its entries are in an archive"}
	}
	o, err := u.Object(ID{ReversalKind, old.ID})
	if err != nil {
		return "", err
	}
	count, err := decodeReversal(o, &old)
	if err != nil {
		return "", err
	}
	t := Transaction{Book: old.Book, Reason: r.Reason, Corrects: old.ID, Object: old.Object, Effective: r.Effective, Meta: r.Meta}
	if t.Reason == "" {
		t.Reason = old.Reason
	}
	if t.Entries, err = count.take(&old, r.Amount); err != nil {
		return "", err
	}
	if o.Data, err = json.Marshal(count); err != nil {
		return "", err
	}
	u.Put(o)
	id := u.Post(t)
	mark := Object{ID: ID{ReversalKind, id}}
	if mark.Data, err = json.Marshal(reversal{Of: old.ID}); err != nil {
		return "", err
	}
	u.Put(mark)
	return id, nil
}

// decodeReversal reads what of a transaction has been reversed; o is not there
// if that is nothing.
func decodeReversal(o Object, old *Transaction) (*reversal, error) {
	c := &reversal{Done: make([]int64, len(old.Entries))}
	if o.Version == 0 {
		return c, nil
	}
	err := json.Unmarshal(o.Data, c)
	switch {
	case err == nil && c.Of != "":
		return nil, &Error{Class: State, Code: "is_reversal", Op: "ledger: transaction " + old.ID, Msg: "it reverses " + c.Of + ", and a reversal stands"}
	case err != nil || len(c.Done) != len(old.Entries):
		return nil, &Error{Class: Invalid, Code: "corrupt", Op: "ledger: " + o.ID.String(), Err: err}
	}
	return c, nil
}

// take counts a part as reversed and returns its negative entries.
func (c *reversal) take(old *Transaction, part Money) ([]Entry, error) {
	given := part != Money{}
	switch {
	case given && part.minor <= 0:
		return nil, invalid("invalid_amount", "amount", "a part is more than zero")
	case given && !seenBefore(old.Entries, part.cur):
		return nil, mismatch(part.cur, old.Entries[0].Amount.cur)
	}
	var entries []Entry
	var err error
	if given {
		entries, err = c.part(old, part)
	} else {
		entries = c.rest(old)
	}
	if err == nil && len(entries) == 0 {
		err = &Error{Class: State, Code: "already_reversed", Op: "ledger: transaction " + old.ID, Msg: "nothing is left of it to reverse"}
	}
	return entries, err
}

// rest takes all that is left, entry by entry.
func (c *reversal) rest(old *Transaction) (entries []Entry) {
	for i := range old.Entries {
		entries = c.undo(entries, old, i, c.left(old, i))
	}
	return entries
}

// left is how much of an entry has not been reversed. The least int64 is no
// amount of an entry.
func (c *reversal) left(old *Transaction, i int) int64 {
	return int64(magnitude(old.Entries[i].Amount.minor)) - c.Done[i]
}

// undo counts n of an entry as reversed and appends its negative.
func (c *reversal) undo(entries []Entry, old *Transaction, i int, n int64) []Entry {
	if n == 0 {
		return entries
	}
	c.Done[i] += n
	e := &old.Entries[i]
	if e.Amount.minor > 0 {
		n = -n
	}
	return append(entries, Entry{Account: e.Account, Amount: Money{n, e.Amount.cur}})
}

// part takes a part of the turnover in one currency, and of the others in
// proportion.
func (c *reversal) part(old *Transaction, part Money) (entries []Entry, err error) {
	whole, done, err := c.turnover(old, part.cur)
	if err != nil {
		return nil, err
	}
	if part.minor > whole-done {
		return nil, &Error{Class: State, Code: "already_reversed", Field: "amount", Op: "ledger: transaction " + old.ID,
			Msg: "only " + Minor(whole-done, part.cur).String() + " of it is left"}
	}
	for i := range old.Entries {
		cur := old.Entries[i].Amount.cur
		if seenBefore(old.Entries[:i], cur) {
			continue
		}
		w, d, err := c.turnover(old, cur)
		if err != nil {
			return nil, err
		}
		target, err := Minor(w, cur).Proportion(Minor(done+part.minor, part.cur), Minor(whole, part.cur))
		if err != nil {
			return nil, err
		}
		for _, sign := range []int{1, -1} {
			if entries, err = c.share(entries, old, cur, sign, target.minor-d); err != nil {
				return nil, err
			}
		}
	}
	return entries, nil
}

// turnover returns the positive entries in a currency, and how much of them has
// been reversed. It may be too large although the entries add up to zero.
func (c *reversal) turnover(old *Transaction, cur Currency) (whole, done int64, err error) {
	for i := range old.Entries {
		if e := &old.Entries[i]; e.Amount.cur == cur && e.Amount.minor > 0 {
			if !checkedAdd(&whole, e.Amount.minor) {
				return 0, 0, tooLarge()
			}
			done += c.Done[i]
		}
	}
	return whole, done, nil
}

// share spreads a step over the entries of one sign by what is left of each, so
// that none is ever reversed beyond its amount and both signs move the same.
func (c *reversal) share(entries []Entry, old *Transaction, cur Currency, sign int, step int64) ([]Entry, error) {
	if step == 0 {
		return entries, nil
	}
	left := make([]int64, len(old.Entries))
	for i := range old.Entries {
		if a := old.Entries[i].Amount; a.cur == cur && a.Sign() == sign {
			left[i] = c.left(old, i)
		}
	}
	parts, err := Minor(step, cur).Allocate(left...)
	if err != nil {
		return nil, err
	}
	for i, p := range parts {
		entries = c.undo(entries, old, i, p.minor)
	}
	return entries, nil
}
