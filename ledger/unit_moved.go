package ledger

// Moved is what a unit has done to one account.
type Moved struct {
	Account Ref
	Minor   int64 // into it (positive) or out of it, on balance
	Forced  bool  // something of it is booked whatever the balance
}

// Moved returns what the unit has posted so far on accounts of one purpose, by
// account, in the order in which it first did. It is for whoever follows up what a
// unit has done.
func (u *Unit) Moved(purpose string) (list []Moved) {
	for i := range u.c.Post {
		t := &u.c.Post[i]
		for j := range t.Entries {
			if e := &t.Entries[j]; e.Account.Purpose == purpose {
				m := movedOf(&list, e.Account)
				u.note(checkedAdd(&m.Minor, e.Amount.minor))
				m.Forced = m.Forced || e.Forced || forceOf(t.Reason) == AlwaysForced
			}
		}
	}
	return list
}

// movedOf finds an account in a list, or adds it.
func movedOf(list *[]Moved, r Ref) *Moved {
	for i := range *list {
		if (*list)[i].Account == r {
			return &(*list)[i]
		}
	}
	*list = append(*list, Moved{Account: r})
	return &(*list)[len(*list)-1]
}
