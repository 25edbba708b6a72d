package ledger

// unitAccount is an account that was read, with what the unit has done to it.
type unitAccount struct {
	Account
	moved, held int64
}

// Account returns an account as the store has it, expected unchanged at commit
// unless it is shared. One that does not exist has Version 0.
func (u *Unit) Account(r Ref) (Account, error) {
	a, err := u.account(r)
	if err != nil {
		return Account{}, err
	}
	return a.Account, nil
}

func (u *Unit) account(r Ref) (*unitAccount, error) {
	if a := u.accounts.get(r); a != nil {
		return *a, nil
	}
	list, err := u.Peek(r)
	if err != nil {
		return nil, err
	}
	a := &unitAccount{Account: list[0]}
	u.accounts.add(r, a)
	if !a.Shared {
		u.c.Expect = append(room(u.c.Expect), Expectation{Account: r, Version: a.Version})
	}
	for i := range u.c.Post {
		u.noteMoved(a, &u.c.Post[i])
	}
	for i := range u.c.Holds {
		u.noteHeld(a, &u.c.Holds[i])
	}
	return a, nil
}

// noteMoved counts what a transaction moves in an account that was read.
func (u *Unit) noteMoved(a *unitAccount, t *Transaction) {
	for i := range t.Entries {
		if t.Entries[i].Account == a.Ref {
			u.note(checkedAdd(&a.moved, t.Entries[i].Amount.minor))
		}
	}
}

// noteHeld counts what a step holds or gives back.
func (u *Unit) noteHeld(a *unitAccount, s *HoldStep) {
	switch {
	case s.Account != a.Ref:
	case s.Op == PlaceHold:
		u.note(checkedAdd(&a.held, s.Amount.minor))
	case s.Amount.minor >= 0:
		u.note(checkedAdd(&a.held, -s.Amount.minor))
	}
}

// Spendable returns what guarded entries of this unit may still take out of an
// account: what was there, less open holds and the floor, and with what the
// unit has posted and held so far. The account is expected unchanged, and so are
// holds of it that the unit gives back as a whole.
func (u *Unit) Spendable(r Ref) (Money, error) {
	a, err := u.account(r)
	if err != nil {
		return Money{}, err
	}
	now := a.Account
	for i := range u.c.Open {
		if now.Version == 0 && u.c.Open[i].Ref == r {
			now.Floor = u.c.Open[i].Floor
		}
	}
	free, err := now.Spendable()
	if err != nil {
		return Money{}, err
	}
	if free, err = free.Add(Money{a.moved, r.Currency}); err != nil {
		return Money{}, err
	}
	if free, err = free.Sub(Money{a.held, r.Currency}); err != nil {
		return Money{}, err
	}
	for i := range u.c.Holds {
		if s := &u.c.Holds[i]; s.Account == r && s.whole() {
			back, err := u.leftOf(i)
			if err != nil {
				return Money{}, err
			}
			if free, err = free.Add(back); err != nil {
				return Money{}, err
			}
		}
	}
	return free, nil
}

// leftOf returns what is open of a hold when the unit takes its step number n.
func (u *Unit) leftOf(n int) (Money, error) {
	last := &u.c.Holds[n]
	o, err := u.Object(ID{HoldKind, last.ID})
	if err != nil {
		return Money{}, err
	}
	left := Zero(last.Account.Currency)
	if o.Version > 0 {
		h, err := DecodeHold(o)
		if err != nil {
			return Money{}, err
		}
		left = h.Open
	}
	for i := range u.c.Holds[:n] {
		switch s := &u.c.Holds[i]; {
		case s.ID != last.ID:
		case s.whole():
			return Zero(last.Account.Currency), nil
		case s.Op == PlaceHold:
			left, err = left.Add(s.Amount)
		default:
			left, err = left.Sub(s.Amount)
		}
		if err != nil {
			return Money{}, err
		}
	}
	return left, nil
}

// Peek reads accounts without expecting anything of them. If one that it saw
// open is closed by the time of the commit, fn runs again.
func (u *Unit) Peek(refs ...Ref) (list []Account, err error) {
	err = u.s.Read(u.ctx, func(v View) error {
		list, err = v.Accounts(refs...)
		return err
	})
	for i := range list {
		if !list[i].Closed && err == nil {
			u.AssumeOpen(list[i].Ref)
		}
	}
	return list, err
}

// AssumeOpen takes an account to be open without reading it: if it is closed,
// fn runs again.
func (u *Unit) AssumeOpen(r Ref) {
	u.seenOpen = append(room(u.seenOpen), r)
}
