package connect

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Objects keep when and in which accounts they were booked, and entries name their
// object: so the transactions of an object are found without an index of them. A step
// whose moment is known is looked for from that moment on, in each of the accounts that
// it may have touched until one has it; a clock that was behind, or others that posted
// at that moment, shift it a little. Where the moment is not known a narrow account is
// read through.

// nearby is how many entries after a moment are looked at in one account, and most how
// many of an account that is read through.
const (
	nearby = 2 * ledger.MaxPage
	most   = 100 * ledger.MaxPage
)

// at looks for the step of an object at a moment, once all that is looked for is known.
func (x *explain) at(id ledger.ID, moment time.Time, refs ...ledger.Ref) error {
	if !moment.IsZero() {
		x.sought = append(x.sought, sought{id, moment, refs})
	}
	return nil
}

// through calls fn with all entries of an account from a moment on.
func (x *explain) through(r ledger.Ref, from time.Time, fn func(e *ledger.Posted) error) error {
	n := 0
	for e, err := range x.entries(r, from) {
		if err == nil {
			err = fn(e)
		}
		if err != nil {
			return err
		}
		if n++; n == most {
			x.report.Add("account "+r.String(), "it has more entries than are looked through")
			return nil
		}
	}
	return nil
}

// clocks is by how much the clocks of two processes may differ: one that is behind may
// have booked before the moment at which another made the object.
const clocks = 24 * time.Hour

// all finds all steps of an object in an account from a moment on.
func (x *explain) all(id ledger.ID, from time.Time, r ledger.Ref) error {
	return x.through(r, from.Add(-clocks), func(e *ledger.Posted) error {
		if e.Object != id {
			return nil
		}
		return x.take(e.Transaction)
	})
}

// take adds a transaction, and all that were posted in the same step of its object.
func (x *explain) take(id string) error {
	if x.found[id] {
		return nil
	}
	if err := x.steps.around([]string{id}); err != nil {
		return err
	}
	for _, t := range x.steps.of(id) {
		if t != nil {
			x.found[t.ID] = true
		}
	}
	return nil
}

// takeChange adds all that a change booked for an object from a transaction on, though
// it booked something for others in between, such as the release of what is left in held.
func (x *explain) takeChange(first string, of ledger.ID) error {
	if err := x.take(first); err != nil {
		return err
	}
	change, n, ok := numbered(first)
	for ok {
		n++
		id := inChange(change, n)
		if err := x.steps.load([]string{id}); err != nil {
			return err
		}
		t := x.steps.read[id]
		if t == nil {
			return nil
		}
		if t.Object == of {
			if err := x.take(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// book puts the transactions that were found in the order of booking.
func (x *explain) book() {
	for id := range x.found {
		t := x.steps.read[id]
		x.out.Steps = append(x.out.Steps, ExplainedStep{*t, why(t.Reason)})
	}
	slices.SortFunc(x.out.Steps, func(a, b ExplainedStep) int {
		ca, na, _ := numbered(a.Transaction.ID)
		cb, nb, _ := numbered(b.Transaction.ID)
		return cmp.Or(a.Transaction.Posted.Compare(b.Transaction.Posted), strings.Compare(ca, cb), na-nb, strings.Compare(a.Transaction.ID, b.Transaction.ID))
	})
}

// balances names the accounts of an owner that money of a purpose may be in now: that
// one, and those that it goes on to.
func (x *explain) balances(owner string, cur ledger.Currency, purposes ...string) []ledger.Ref {
	var list []ledger.Ref
	if owner == "" {
		return nil
	}
	for _, purpose := range append(purposes, "available", purposeHeld) {
		r := x.p.of(owner, purpose, cur)
		if purpose != "" && !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	return list
}
