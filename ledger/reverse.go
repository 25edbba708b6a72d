package ledger

import (
	"encoding/json"
	"time"
)

// ReversalKind is the kind of the objects that count what of a transaction has
// been reversed; the id is the transaction's.
const ReversalKind = "ledger.reversal"

type reversal struct {
	Done map[string]int64 `json:"done"` // by Ref.String: how much of each entry, without its sign
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
// already_reversed. The id of the new transaction is returned.
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
	o, err := u.Object(ID{ReversalKind, old.ID})
	if err != nil {
		return "", err
	}
	count := reversal{Done: map[string]int64{}}
	if o.Version > 0 {
		if err := json.Unmarshal(o.Data, &count); err != nil {
			return "", &Error{Class: Invalid, Code: "corrupt", Op: "ledger: " + o.ID.String(), Err: err}
		}
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
	return u.Post(t), nil
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
	whole, done, err := c.turnover(old, part.cur)
	if err != nil {
		return nil, err
	}
	if given && part.minor > whole-done {
		return nil, &Error{Class: State, Code: "already_reversed", Field: "amount", Op: "ledger: transaction " + old.ID,
			Msg: "only " + Minor(whole-done, part.cur).String() + " of it is left"}
	}
	var entries []Entry
	for i := range old.Entries {
		cur := old.Entries[i].Amount.cur
		if seenBefore(old.Entries[:i], cur) {
			continue
		}
		w, d, err := c.turnover(old, cur)
		if err != nil {
			return nil, err
		}
		step := w - d
		if given {
			target, err := Minor(w, cur).Proportion(Minor(done+part.minor, part.cur), Minor(whole, part.cur))
			if err != nil {
				return nil, err
			}
			step = target.minor - d
		}
		for _, sign := range []int{1, -1} {
			some, err := c.share(old, cur, sign, step)
			if err != nil {
				return nil, err
			}
			entries = append(entries, some...)
		}
	}
	if len(entries) == 0 {
		return nil, &Error{Class: State, Code: "already_reversed", Op: "ledger: transaction " + old.ID, Msg: "nothing is left of it to reverse"}
	}
	return entries, nil
}

// turnover returns the positive entries in a currency, and how much of them has
// been reversed. It may be too large although the entries add up to zero.
func (c *reversal) turnover(old *Transaction, cur Currency) (whole, done int64, err error) {
	for _, e := range old.Entries {
		if e.Amount.cur == cur && e.Amount.minor > 0 {
			if !checkedAdd(&whole, e.Amount.minor) {
				return 0, 0, tooLarge()
			}
			done += c.Done[e.Account.String()]
		}
	}
	return whole, done, nil
}

// share spreads a step over the entries of one sign by what is left of each, so
// that none is ever reversed beyond its amount and both signs move the same.
func (c *reversal) share(old *Transaction, cur Currency, sign int, step int64) ([]Entry, error) {
	if step == 0 {
		return nil, nil
	}
	left := make([]int64, len(old.Entries))
	for i, e := range old.Entries {
		if e.Amount.cur == cur && e.Amount.Sign() == sign {
			left[i] = int64(magnitude(e.Amount.minor)) - c.Done[e.Account.String()]
		}
	}
	parts, err := Minor(step, cur).Allocate(left...)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for i, p := range parts {
		if p.minor == 0 {
			continue
		}
		r := old.Entries[i].Account
		c.Done[r.String()] += p.minor
		entries = append(entries, Entry{Account: r, Amount: Minor(-int64(sign)*p.minor, cur)})
	}
	return entries, nil
}
