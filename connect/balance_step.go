package connect

import (
	"slices"
	"strconv"
	"strings"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// steps reads ledger transactions with those that were posted beside them in the same
// step of the same object. What it has read it keeps.
type steps struct {
	v    ledger.View
	book string
	// whole: the step of any transaction is wanted, not only where one may be the fee of
	// another.
	whole bool
	read  map[string]*ledger.Transaction // nil: there is none of that id, or it is in an archive
}

func newSteps(v ledger.View, book string) *steps {
	return &steps{v: v, book: book, read: make(map[string]*ledger.Transaction)}
}

// numbered splits the id of a transaction that has its number within its change.
func numbered(id string) (change string, n int, ok bool) {
	i := strings.LastIndexByte(id, '.')
	if i <= 0 {
		return "", 0, false
	}
	n, err := strconv.Atoi(id[i+1:])
	return id[:i], n, err == nil && n > 0 && strconv.Itoa(n) == id[i+1:]
}

func inChange(change string, n int) string { return change + "." + strconv.Itoa(n) }

// load reads transactions that were not read yet, in one read.
func (s *steps) load(ids []string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool { _, known := s.read[id]; return known })
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	list, err := s.v.Transactions(ids...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		s.read[id] = nil
	}
	for i := range list {
		if list[i].Book == s.book && len(list[i].Entries) > 0 { // else it was moved to an archive
			s.read[list[i].ID] = &list[i]
		}
	}
	return nil
}

// around reads transactions and all of their steps: on from each on both sides, until
// the step ends. Stores on databases read a transaction by itself, so none is read that
// is not of the step but the one at which it is seen to end.
func (s *steps) around(ids []string) error {
	want := slices.Clone(ids)
	for len(want) > 0 {
		if err := s.load(want); err != nil {
			return err
		}
		want = want[:0]
		for _, id := range ids {
			for _, by := range []int{-1, 1} {
				if change, n := s.edge(id, by); change != "" {
					want = append(want, inChange(change, n))
				}
			}
		}
	}
	return nil
}

// edge returns the first transaction to one side of the step of another that was not
// read; none if the step ends before.
func (s *steps) edge(id string, by int) (change string, n int) {
	t := s.read[id]
	change, n, ok := numbered(id)
	if t == nil || !ok || !s.whole && !hasParts(t.Reason) {
		return "", 0
	}
	for {
		if n += by; n < 1 {
			return "", 0
		}
		next, known := s.read[inChange(change, n)]
		if !known {
			return change, n
		}
		if next == nil || next.Object != t.Object {
			return "", 0
		}
	}
}

// partReasons are those of which one may be the fee of another.
var partReasons = func() map[string]bool {
	m := make(map[string]bool)
	for reason, r := range lineRules {
		for _, of := range r.feeOf {
			m[reason], m[of] = true, true
		}
	}
	return m
}()

func hasParts(reason string) bool { return partReasons[reason] }

// of returns the step of a transaction that was read with its step, in the order of
// booking.
func (s *steps) of(id string) []*ledger.Transaction {
	t := s.read[id]
	change, n, ok := numbered(id)
	if t == nil || !ok || !s.whole && !hasParts(t.Reason) {
		return []*ledger.Transaction{t}
	}
	next := func(n int) *ledger.Transaction {
		if t2 := s.read[inChange(change, n)]; t2 != nil && t2.Object == t.Object {
			return t2
		}
		return nil
	}
	first := n
	for first > 1 && next(first-1) != nil {
		first--
	}
	var list []*ledger.Transaction
	for ; next(first) != nil; first++ {
		list = append(list, next(first))
	}
	return list
}

// effect is what a transaction did to one owner in one currency.
type effect struct {
	changes []PurposeChange
	net     int64 // of the purposes that are counted
	day     payout.Day
	held    bool // some of it waits for a release
	touched bool
	alone   bool // nobody else's money was moved by it
}

func (e *effect) add(purpose, day string, m ledger.Money) {
	e.touched = true
	if counted(purpose) {
		e.net += m.Minor()
	}
	e.held = e.held || purpose == purposeHeld
	if d, err := payout.ParseDay(day); err == nil && purpose == "pending" && d > e.day {
		e.day = d
	}
	e.changes = addChange(e.changes, purpose, m)
}

// addChange adds to a list of changes, which is in the order of the chart and has
// nothing of nothing at its end: whole.
func addChange(list []PurposeChange, purpose string, m ledger.Money) []PurposeChange {
	for i := range list {
		if list[i].Purpose == purpose {
			list[i].Amount = sum(list[i].Amount, m)
			return list
		}
	}
	return append(list, PurposeChange{purpose, m})
}

// effectOn adds up the entries of a transaction in an owner's accounts.
func effectOn(t *ledger.Transaction, owner string, cur ledger.Currency) effect {
	e := effect{alone: true}
	for i := range t.Entries {
		a := t.Entries[i].Account
		purpose, ok := ledger.PurposeOf(a.Purpose)
		switch {
		case !ok || purpose.Group != ledger.GroupSellers:
		case a.Owner != owner:
			e.alone = false
		case a.Currency == cur:
			_, day, _ := strings.Cut(a.Purpose, "/")
			e.add(purpose.Name, day, t.Entries[i].Amount)
		}
	}
	return e
}
