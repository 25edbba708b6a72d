package ledger

import "slices"

// Need is what a batch needs loaded before it can be planned. All lists are
// sorted and name each thing once.
type Need struct {
	Accounts     []Ref    // posted to, held, opened, closed: to be locked
	Expected     []Ref    // accounts only expected unchanged
	Closing      []Ref    // accounts of which all stripes are needed
	Put          []ID     // objects written: to be locked
	Read         []ID     // objects only looked at
	Data         []ID     // of both: those whose Data is read
	Transactions []string // ids that are not made of their change's
	Changes      []string
}

// NeedOf returns what Plan will ask about a batch. Changes whose form Plan
// refuses, and names that nothing can have, are left out: whatever a caller
// hands in, no text that a database would choke on gets into a query. It is
// for adapters.
func NeedOf(batch []*Change) Need {
	var n Need
	for _, c := range batch {
		if c.check() != nil {
			continue
		}
		n.Changes = append(n.Changes, c.ID)
		for i := range c.Open {
			n.Accounts = append(n.Accounts, c.Open[i].Ref)
		}
		for i := range c.Post {
			t := &c.Post[i]
			if !ownID(c.ID, t.ID) {
				n.Transactions = append(n.Transactions, t.ID)
			}
			n.Data = append(n.Data, ID{PeriodKind, t.Book})
			n.Read = append(n.Read, ID{PeriodKind, t.Book})
			for j := range t.Entries {
				n.Accounts = append(n.Accounts, t.Entries[j].Account)
			}
		}
		for i := range c.Holds {
			id := ID{HoldKind, c.Holds[i].ID}
			n.Accounts = append(n.Accounts, c.Holds[i].Account)
			n.Put, n.Data = append(n.Put, id), append(n.Data, id)
		}
		n.Accounts, n.Closing = append(n.Accounts, c.Close...), append(n.Closing, c.Close...)
		for i := range c.Put {
			n.Put = append(n.Put, c.Put[i].ID)
			if c.Put[i].Kind == PeriodKind {
				n.Data = append(n.Data, c.Put[i].ID)
			}
		}
		for i := range c.Emit {
			if c.Emit[i].Version == 0 {
				n.Read = append(n.Read, c.Emit[i].Object)
			}
		}
		if !c.Idem.IsZero() {
			id := c.Idem.object()
			n.Put, n.Data = append(n.Put, id), append(n.Data, id)
		}
		for _, e := range c.Expect {
			if e.Account != (Ref{}) {
				n.Expected = append(n.Expected, e.Account)
			} else {
				n.Read = append(n.Read, e.Object)
			}
		}
	}
	return n.sorted()
}

func (n Need) sorted() Need {
	n.Accounts, n.Closing = unique(n.Accounts, Ref.Compare), unique(n.Closing, Ref.Compare)
	n.Expected = unique(n.Expected, Ref.Compare)
	n.Put, n.Read, n.Data = unique(n.Put, compareID), unique(n.Read, compareID), unique(n.Data, compareID)
	slices.Sort(n.Transactions)
	slices.Sort(n.Changes)
	n.Transactions, n.Changes = slices.Compact(n.Transactions), slices.Compact(n.Changes)
	return n
}

// unique sorts a list and leaves each name that something can have in it once.
func unique[T interface {
	comparable
	check() *Error
}](list []T, compare func(T, T) int) []T {
	slices.SortFunc(list, compare)
	return slices.DeleteFunc(slices.Compact(list), func(v T) bool { return v.check() != nil })
}
