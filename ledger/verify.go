package ledger

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"
)

// Difference is something in the books that does not add up.
type Difference struct {
	What string // the account, transaction or hold, or the book and currency
	Msg  string
}

// String returns what and how.
func (d Difference) String() string { return d.What + ": " + d.Msg }

// Report is what Verify found.
type Report struct {
	Accounts     int64
	Entries      int64 // in the books
	Archived     int64 // entries that were moved to an archive
	Transactions int64
	Holds        int64
	Blocks       int64        // of the chain of seals, up to the first that differs
	Differences  []Difference // the first thousand
	More         int64        // how many beyond those

	wide map[string]*Transaction // that were read
	held int                     // entries of those
}

// OK reports whether everything adds up.
func (r *Report) OK() bool { return len(r.Differences) == 0 }

// Err returns nil if everything adds up, else an error that says how many
// differences there are and what the first is.
func (r *Report) Err() error {
	if r.OK() {
		return nil
	}
	return &Error{Class: State, Code: "books_do_not_add_up", Op: "ledger: verify",
		Msg: fmt.Sprintf("%d differences, the first: %s", int64(len(r.Differences))+r.More, r.Differences[0])}
}

// Add notes a difference: for checks that build on Verify.
func (r *Report) Add(what, format string, args ...any) {
	if len(r.Differences) == 1000 {
		r.More++
		return
	}
	r.Differences = append(r.Differences, Difference{what, fmt.Sprintf(format, args...)})
}

// Verify adds everything up again, in one consistent moment and bounded
// memory, and reports every difference: entries against their transactions,
// numbers, times and running balances; balances against entries; floors that
// nothing may break; holds against what is held; the sum of all accounts per book
// and currency against zero. What an account carries forward stands for its entries
// in an archive: what is in the books goes on from there. What was sealed is held
// against its blocks (VerifySeals). A host can run it every night.
func Verify(ctx context.Context, s Store) (*Report, error) {
	r := &Report{}
	err := read(ctx, s, func(v View) error {
		sums := &bookSums{of: make(map[Currency]*big.Int)}
		err := EachAccount(v, AccountQuery{}, func(a Account) error {
			if err := ctx.Err(); err != nil {
				return unavailable("verify", err)
			}
			r.Accounts++
			sums.add(r, a)
			return r.account(v, a)
		})
		sums.end(r)
		if err != nil {
			return err
		}
		return r.seals(ctx, v, SealCheck{})
	})
	if err != nil {
		return nil, err
	}
	r.wide, r.held = nil, 0
	return r, nil
}

// bookSums adds up the accounts of one book, which come one after the other. On
// its way to zero a sum may leave 64 bits.
type bookSums struct {
	book string
	of   map[Currency]*big.Int
}

func (s *bookSums) add(r *Report, a Account) {
	if a.Book != s.book {
		s.end(r)
		s.book = a.Book
	}
	sum, ok := s.of[a.Currency]
	if !ok {
		sum = new(big.Int)
		s.of[a.Currency] = sum
	}
	sum.Add(sum, big.NewInt(a.Posted.minor))
}

// end reports what the book lacks in each currency.
func (s *bookSums) end(r *Report) {
	for _, c := range slices.SortedFunc(maps.Keys(s.of), compareCurrency) {
		if sum := s.of[c]; sum.Sign() != 0 {
			r.Add("book "+s.book+" in "+c.String(), "its accounts add up to %v minor units, not to zero", sum)
		}
	}
	clear(s.of)
}

// account checks one account: its entries, and what it says of itself.
func (r *Report) account(v View, a Account) error {
	what := "account " + a.Ref.String()
	c, err := r.carried(v, what, a)
	if err != nil {
		return err
	}
	balance, number, last := c.Balance, c.Entries, c.Posted
	p := Page{Limit: MaxPage}
	for {
		list, err := v.Entries(a.Ref, p)
		if err != nil {
			return err
		}
		txs, err := r.transactionsOf(v, list)
		if err != nil {
			return err
		}
		for i := range list {
			e := &list[i]
			number++
			r.Entries++
			balance, err = balance.Add(e.Amount)
			switch {
			case err != nil:
				r.Add(what, "its balance overflows at entry %d", number)
			case !a.Shared && e.Number != number:
				r.Add(what, "entry %d stands where %d should", e.Number, number)
			case !a.Shared && e.Balance != balance:
				r.Add(what, "entry %d says the balance is %v, the entries before it say %v", number, e.Balance, balance)
			case !a.Shared && !e.At.After(last):
				r.Add(what, "entry %d was posted at %v, not after the one before it", number, e.At)
			}
			if e.At.After(last) { // of a shared one another stripe's may have been moved
				last = e.At
			}
			r.entry(what, e, txs[i])
		}
		if len(list) < MaxPage {
			break
		}
		p.After = list[len(list)-1].Place(ByPosting)
	}
	r.stands(what, a, balance, number, last)
	return r.holds(v, what, a)
}

// stands checks what an account says of itself.
func (r *Report) stands(what string, a Account, balance Money, number int64, last time.Time) {
	switch {
	case a.Posted != balance:
		r.Add(what, "its balance is %v, its entries add up to %v", a.Posted, balance)
	case a.Entries != number:
		r.Add(what, "it counts %d entries and has %d", a.Entries, number)
	case a.Version < 1 || !a.Last.Equal(last):
		r.Add(what, "its version is %d and its last entry of %v, by its entries %v", a.Version, a.Last, last)
	case a.Closed && !a.Posted.IsZero():
		r.Add(what, "it is closed and not empty: %v", a.Posted)
	case a.Floor.Kind == HardFloor && a.Posted.minor < a.Floor.AtMinor:
		r.Add(what, "it is below a floor that nothing may break: %v", a.Posted)
	}
	if p, ok := PurposeOf(a.Purpose); ok && p.Floor != a.Floor {
		r.Add(what, "its floor is not that of the chart")
	}
}

// carried checks what an account carries forward: of the transactions that it
// names, which are kept without their entries, it has the times, and its book is
// closed beyond them.
func (r *Report) carried(v View, what string, a Account) (Carried, error) {
	c, err := v.Carried(a.Ref)
	if err != nil || c.Entries == 0 {
		return Carried{Balance: Zero(a.Currency)}, err
	}
	r.Archived += c.Entries
	until, err := ClosedUntil(v, a.Book)
	if err != nil {
		return c, err
	}
	if !c.Posted.Before(until) || !c.Effective.Before(until) {
		r.Add(what, "it carries forward what is of %v and %v, and its book is closed until %v", c.Posted, c.Effective, until)
	}
	for _, x := range []struct {
		id string
		is func(*Transaction) bool
	}{
		{c.Last, func(t *Transaction) bool { return t.Posted.Equal(c.Posted) }},
		{c.Latest, func(t *Transaction) bool { return t.Effective.Equal(c.Effective) }},
	} {
		switch list, err := v.Transactions(x.id); {
		case err != nil:
			return c, err
		case len(list) == 0 || len(list[0].Entries) > 0 || list[0].Book != a.Book || !x.is(&list[0]):
			r.Add(what, "what it carries forward ends with transaction %s, which is not in an archive or is of another time", x.id)
		}
	}
	return c, nil
}

// wide is how many entries make a transaction one that Verify remembers, since it
// is met again with each of its accounts; it remembers so many entries.
const wide, remembered = 32, 1 << 18

// transactionsOf reads the transaction of each of a page of entries; nil is one that is
// not there.
func (r *Report) transactionsOf(v View, list []Posted) ([]*Transaction, error) {
	txs := make([]*Transaction, len(list))
	ids, at := make([]string, 0, len(list)), make([]int, 0, len(list))
	for i := range list {
		id := list[i].Transaction
		if txs[i] = r.wide[id]; txs[i] == nil {
			ids, at = append(ids, id), append(at, i)
		}
	}
	found, err := v.Transactions(ids...)
	if err != nil {
		return nil, err
	}
	var byID map[string]*Transaction // where they are not as they were asked for
	for i := range found {
		t := &found[i]
		if len(t.Entries) >= wide {
			r.remember(t)
		}
		if len(found) == len(ids) && byID == nil && t.ID == ids[i] {
			txs[at[i]] = t
			continue
		}
		if byID == nil {
			byID = make(map[string]*Transaction, len(found))
		}
		byID[t.ID] = t
	}
	for i, t := range txs {
		if t == nil {
			txs[i] = byID[list[i].Transaction]
		}
	}
	return txs, nil
}

func (r *Report) remember(t *Transaction) {
	if r.held += len(t.Entries); r.wide == nil || r.held > remembered {
		r.wide, r.held = make(map[string]*Transaction), len(t.Entries)
	}
	r.wide[t.ID] = t
}

// entry checks an entry against its transaction; at the first entry of a
// transaction, the transaction too.
func (r *Report) entry(what string, e *Posted, t *Transaction) {
	if t == nil {
		r.Add(what, "entry %d belongs to transaction %s, which is not there", e.Number, e.Transaction)
		return
	}
	found := false
	for i := range t.Entries {
		if t.Entries[i].Account == e.Account {
			found = t.Entries[i].Amount == e.Amount
		}
	}
	switch {
	case !found:
		r.Add(what, "entry %d is not what its transaction %s says", e.Number, t.ID)
	case !t.Posted.Equal(e.At) || !t.Effective.Equal(e.Effective) || t.Reason != e.Reason || t.Book != e.Book || t.Object != e.Object:
		r.Add(what, "entry %d and its transaction %s tell different times, reasons or objects", e.Number, t.ID)
	}
	if len(t.Entries) == 0 || t.Entries[0].Account != e.Account {
		return
	}
	r.Transactions++
	c := *t
	for i := range c.Entries {
		if forceOf(c.Reason) == AlwaysForced {
			c.Entries[i].Forced = false // set by Plan; only a caller may not
		}
	}
	if err := c.check(); err != nil {
		r.Add("transaction "+t.ID, "%s", err.Msg)
	}
}

// holds adds up the open holds of an account.
func (r *Report) holds(v View, what string, a Account) error {
	held := Zero(a.Currency)
	q := Query{Kind: HoldKind, Name: HoldAccountKey, Value: a.Ref.String(), Limit: MaxPage}
	for {
		list, err := v.Find(q)
		if err != nil {
			return err
		}
		for _, o := range list {
			h, err := DecodeHold(o)
			if err != nil {
				r.Add("hold "+o.ID.ID, "%v", err)
				continue
			}
			r.Holds++
			sum, err := Sum(a.Currency, h.Captured, h.Released, h.Open)
			if err != nil || sum != h.Amount {
				r.Add("hold "+h.ID, "captured %v, released %v and open %v are not its %v", h.Captured, h.Released, h.Open, h.Amount)
			}
			if total, err := held.Add(h.Open); err == nil {
				held = total
			} else {
				r.Add("hold "+h.ID, "%v", err)
			}
		}
		if len(list) < MaxPage {
			break
		}
		q.After = list[len(list)-1].PlaceIn(q)
	}
	if held != a.Held {
		r.Add(what, "it says %v is held, its open holds add up to %v", a.Held, held)
	}
	return nil
}
