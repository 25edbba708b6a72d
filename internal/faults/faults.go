// Package faults makes a ledger.Store go wrong on purpose: at a chosen call it
// fails before anything happened, commits and loses the answer, commits late or
// twice, ends the caller's context, or panics as a process does that is killed.
//
// A test first runs an operation on a store that only counts, and then once for
// every call and fault (Plans), on fresh books each time:
//
//	count := faults.Wrap(ledger.NewMemory())
//	operate(count)
//	for plan := range faults.Plans(count.Log(), faults.All()...) {
//		s := faults.Wrap(ledger.NewMemory(), plan)
//		operate(s)     // must answer, or say that it does not know
//		s.Heal()       // the trouble is over
//		operate(s)     // must now come to the same end
//	}
//
// It proves promises 26, 35 and 42. It is for tests only.
package faults

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/soukhq/souk/ledger"
)

// Kind is what goes wrong.
type Kind uint8

// The kinds of fault. Those that only a Commit can have leave a Read alone.
const (
	// Before fails the call before it does anything: class Unavailable.
	Before Kind = iota + 1
	// After lets a Read see everything and then fails it (Unavailable). A
	// Commit is applied and its answer lost: class Unknown.
	After
	// Never fails a Commit with class Unknown although it did not happen.
	Never
	// Late answers a Commit with class Unknown before it happens; it happens
	// after the next call, whatever that is, or when the store is healed.
	Late
	// Twice hands a Commit in a second time and gives the second answer.
	Twice
	// Conflict fails a Commit as if a race had been lost, without anything done.
	Conflict
	// Cancel ends the context of the call before the store sees it; Plan.Stop,
	// if there is one, is called first and ends that of the caller.
	Cancel
	// CrashBefore panics with Crash before the call, CrashAfter when it is done.
	CrashBefore
	CrashAfter
)

// String returns the name of the kind.
func (k Kind) String() string {
	names := [...]string{"none", "before", "after", "never", "late", "twice", "conflict", "cancel", "crash before", "crash after"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprint("kind ", uint8(k))
}

// All returns every kind.
func All() []Kind {
	return []Kind{Before, After, Never, Late, Twice, Conflict, Cancel, CrashBefore, CrashAfter}
}

// Crash is the value of the panics. A test recovers it, and goes on as the next
// process would, with nothing but what is in the store.
type Crash struct{ Call int }

// Plan is one fault.
type Plan struct {
	Call   int    // the number of the call, from 1, reads and commits together
	Kind   Kind   // what goes wrong
	Always bool   // it and every call after it, until the store is healed; else this one call
	Err    error  // returned in place of the kind's own error
	Stop   func() // for Cancel: ends the caller's context
}

// String says what the plan does, to name subtests.
func (p Plan) String() string {
	if p.Always {
		return fmt.Sprintf("%v from call %d on", p.Kind, p.Call)
	}
	return fmt.Sprintf("%v at call %d", p.Kind, p.Call)
}

// Plans yields a plan for each call of a log and each kind that can happen to it,
// once, and for the kinds that last (Before, After, Never, Conflict) also from that
// call on.
func Plans(log []Call, kinds ...Kind) iter.Seq[Plan] {
	return func(yield func(Plan) bool) {
		for i, call := range log {
			for _, k := range kinds {
				if !call.Commit && k.ofCommit() {
					continue // from here on is from the next Commit on
				}
				if !yield(Plan{Call: i + 1, Kind: k}) {
					return
				}
				lasts := k == Before || k == After || k == Never || k == Conflict
				if lasts && !yield(Plan{Call: i + 1, Kind: k, Always: true}) {
					return
				}
			}
		}
	}
}

// ofCommit reports whether the kind leaves a Read alone.
func (k Kind) ofCommit() bool { return k == Never || k == Late || k == Twice || k == Conflict }

// Call is a call as it was seen.
type Call struct {
	Commit bool
	Change string // id of the change
	Fault  Kind   // 0 if it went through untouched
	Err    error  // what the caller was told
}

// Store is a store with planned faults. It may be used by many goroutines; the
// calls are numbered as they come.
type Store struct {
	inner ledger.Store

	mu    sync.Mutex
	plans []Plan
	calls []Call
	late  []*ledger.Change
}

// Wrap returns a store that goes wrong as planned; without plans it counts.
func Wrap(s ledger.Store, plans ...Plan) *Store {
	return &Store{inner: s, plans: plans}
}

// Calls returns how many calls there were, reads and commits together.
func (s *Store) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

// Log returns the calls in order.
func (s *Store) Log() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// Hit reports whether any planned fault has happened.
func (s *Store) Hit() bool {
	for _, c := range s.Log() {
		if c.Fault != 0 {
			return true
		}
	}
	return false
}

// Heal ends all faults, and lets what is late happen.
func (s *Store) Heal() {
	s.mu.Lock()
	s.plans = nil
	s.mu.Unlock()
	s.flush()
}

// next numbers a call and returns what is planned for it.
func (s *Store) next(commit bool, change string) (int, Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{Commit: commit, Change: change})
	n := len(s.calls)
	for _, p := range s.plans {
		if p.Call == n || p.Always && p.Call < n {
			if !commit && p.Kind.ofCommit() {
				continue
			}
			s.calls[n-1].Fault = p.Kind
			return n, p
		}
	}
	return n, Plan{}
}

// told notes what the caller of call n is told.
func (s *Store) told(n int, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[n-1].Err = err
	return err
}

// flush commits what is late. Its outcome is nobody's.
func (s *Store) flush() {
	s.mu.Lock()
	late := s.late
	s.late = nil
	s.mu.Unlock()
	for _, c := range late {
		_, _ = s.inner.Commit(context.Background(), c)
	}
}

// fault makes the error of a plan.
func (p Plan) fault(class ledger.Class) error {
	if p.Err != nil {
		return p.Err
	}
	return &ledger.Error{Class: class, Code: "planned_fault", Op: "faults: " + p.String()}
}
