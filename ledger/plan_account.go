package ledger

import (
	"time"
)

// open opens an account, or finds that it stands open on the same terms.
func (s *Books) open(want *Account) *Error {
	a := s.account(want.Ref)
	if a.exists {
		switch {
		case a.Closed:
			return accountClosed(a.Ref)
		case a.Floor != want.Floor || a.Shared != want.Shared:
			return &Error{Class: Exists, Code: "account_exists", Field: "open", Op: "ledger: account " + a.Ref.String(),
				Msg: "it is open on other terms", Account: a.Ref}
		}
		return nil
	}
	if err := want.Ref.check(); err != nil {
		return err
	}
	if p, ok := PurposeOf(want.Purpose); ok && want.Floor != p.Floor {
		return invalid("invalid_floor", "open", "the chart gives accounts of purpose "+p.Name+" another floor")
	}
	if err := want.checkFloor(); err != nil {
		return err
	}
	s.touch(a)
	a.exists, a.isNew = true, true
	a.Floor, a.Shared = want.Floor, want.Shared
	a.Posted, a.Held = Zero(a.Currency), Zero(a.Currency)
	return nil
}

func accountClosed(r Ref) *Error {
	return &Error{Class: State, Code: "account_closed", Op: "ledger: account " + r.String(), Msg: "it is closed", Account: r}
}

func noAccount(r Ref) *Error {
	return &Error{Class: NotFound, Code: "account_not_found", Op: "ledger: account " + r.String(), Account: r}
}

// existing returns an account that may be moved.
func (s *Books) existing(r Ref) (*planAccount, *Error) {
	a := s.account(r)
	if !a.exists {
		return nil, noAccount(r)
	}
	if a.Closed {
		return nil, accountClosed(r)
	}
	s.touch(a)
	return a, nil
}

// add books an entry into the working copy.
func (a *planAccount) add(e *Entry) *Error {
	sum, err := a.Posted.Add(e.Amount)
	n, ok := e.Amount.minor, err == nil
	if n < 0 {
		ok = ok && checkedAdd(&a.out, -n)
	}
	if e.Forced {
		ok = ok && checkedAdd(&a.force, n)
	} else {
		ok = ok && checkedAdd(&a.guard, n)
	}
	if !ok {
		return &Error{Class: Invalid, Code: "amount_too_large", Field: "entries", Account: a.Ref,
			Msg: "the balance of " + a.Ref.String() + " would not fit 64 bits"}
	}
	a.Posted = sum
	a.Entries++
	return nil
}

// checkedAdd adds n to *sum unless that would wrap.
func checkedAdd(sum *int64, n int64) bool {
	s := *sum + n
	if (*sum^s)&(n^s) < 0 {
		return false
	}
	*sum = s
	return true
}

func (s *Books) hold(step *HoldStep, at time.Time) *Error {
	a, err := s.existing(step.Account)
	if err != nil {
		return err
	}
	if a.Shared {
		return invalid("shared_account", "holds", "a shared account takes no holds")
	}
	o := s.object(ID{HoldKind, step.ID})
	var h *Hold
	var delta int64
	if step.Op == PlaceHold {
		if o.exists {
			return &Error{Class: Exists, Code: "hold_exists", Op: "ledger: hold " + step.ID}
		}
		h, delta = step.place(), step.Amount.minor
	} else {
		if !o.exists {
			return &Error{Class: NotFound, Code: "hold_not_found", Op: "ledger: hold " + step.ID}
		}
		decoded, bad := DecodeHold(o.Object)
		if bad != nil {
			return &Error{Class: Invalid, Code: "corrupt", Op: "ledger: hold " + step.ID, Err: bad}
		}
		h = decoded
		if delta, err = step.apply(h, at); err != nil {
			return err
		}
	}
	return s.keepHold(a, o, h, step, delta)
}

func (s *Books) keepHold(a *planAccount, o *planObject, h *Hold, step *HoldStep, delta int64) *Error {
	held, err := a.Held.Add(Money{delta, a.Currency})
	if err != nil || !checkedAdd(&a.held, delta) ||
		step.Op == CaptureHold && !checkedAdd(&a.captured, step.Amount.minor) {
		return tooLarge()
	}
	a.Held = held
	next, bad := h.object(o.Version + 1)
	if bad != nil {
		return bad
	}
	s.put(o, next)
	return nil
}

// guarded judges the net effect of the whole change on one account. A change
// that raises what can be spent is never refused, forced entries go below a
// guarded floor and never below a hard one, and a capture takes what it
// captured out of the account.
func (a *planAccount) guarded() *Error {
	if a.captured > a.out {
		return &Error{Class: Invalid, Code: "capture_without_entry", Field: "holds", Account: a.Ref,
			Msg: "a capture goes with entries that take as much out of " + a.Ref.String()}
	}
	if a.Floor.Kind == NoFloor {
		return nil
	}
	total, effect := a.guard, a.guard
	if !checkedAdd(&total, a.force) || !checkedAdd(&effect, -a.held) {
		return tooLarge()
	}
	if a.Floor.Kind == HardFloor && total < 0 && a.Posted.minor < a.Floor.AtMinor {
		return a.short(Money{total, a.Currency}, Money{a.Posted.minor, a.Currency})
	}
	if !checkedAdd(&total, -a.held) {
		return tooLarge()
	}
	if effect >= 0 || total >= 0 {
		return nil
	}
	free, err := a.Spendable()
	if err != nil {
		return tooLarge()
	}
	if free.minor < 0 {
		return a.short(Money{total, a.Currency}, free)
	}
	return nil
}

// short says what the change would have taken and what there was before it.
func (a *planAccount) short(change, after Money) *Error {
	e := &Error{Class: InsufficientFunds, Code: "insufficient_funds", Op: "ledger: account " + a.Ref.String(), Account: a.Ref}
	var err1, err2 error
	e.Need, err1 = change.Neg()
	e.Have, err2 = after.Sub(change)
	if err1 != nil || err2 != nil {
		return tooLarge()
	}
	return e
}

// close ends an account that the change leaves empty.
func (s *Books) close(r Ref) *Error {
	a, err := s.existing(r)
	if err != nil {
		return err
	}
	left := a.Posted
	if a.Shared {
		sum, bad := left.Add(s.src.Rest(r))
		if bad != nil {
			return tooLarge()
		}
		left = sum
	}
	if left.minor != 0 || a.Held.minor != 0 {
		return &Error{Class: State, Code: "account_not_empty", Op: "ledger: account " + r.String(),
			Msg: "an account ends empty and without holds", Account: r}
	}
	a.Closed = true
	return nil
}
