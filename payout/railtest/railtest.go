// Package railtest is the conformance suite of payout.Rail. An adapter of a
// host's own calls Run from a test; it fits if every law holds, and there is
// nothing to opt out of. What a rail declares of itself (payout.RailInfo)
// decides which laws about repeated keys apply to it.
//
//	func TestLaws(t *testing.T) {
//		railtest.Run(t, func(t *testing.T) railtest.Harness { return sandbox(t) })
//	}
//
// The numbers that the laws cite are those of docs/promises.md.
package railtest

import (
	"testing"

	"github.com/soukhq/souk/payout"
)

// Harness is a rail under test, and what the suite needs to know of the world
// behind it.
type Harness struct {
	// Rail is the rail. It may be the same one for every law, and may have been
	// used before: each law uses keys of its own.
	Rail payout.Rail

	// Payee is a destination that the rail accepts and pays, in its currency.
	Payee payout.Destination

	// Others are destinations that fail, come back or are refused, as far as the
	// world behind the rail has any for tests.
	Others []payout.Destination

	// Payers are destinations that are debited and pay, by each scheme that the rail
	// declares (RailInfo.Debits). DueDate is when.
	Payers  map[string]payout.Destination
	DueDate payout.Day

	// Settle lets the world behind the rail move on until there is news of all
	// that the rail has taken: it moves a clock, or hands over the bank's answer.
	Settle func()

	// Payments tells how often a key was really paid, where that can be known in
	// another way than by the rail's news. Nil counts the news.
	Payments func(key string) int

	// Reopen returns the rail as another process sees it. Nil is the rail itself.
	Reopen func() payout.Rail
}

// Run tries every law, each as a subtest with its name, on the rails that open
// returns.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) { l.try(t, open(t)) })
	}
}

// law is one thing that every rail must do.
type law struct {
	name   string
	proves string // promises and edge cases, by number
	run    func(t *trial)
}

// laws lists them all. faulty_test.go shows that each can be broken.
var laws = []law{
	{"a rail says what it is", "promise 15", info},
	{"every instruction is answered, in order", "promise 15", answers},
	{"what is accepted has one final word", "promises 14, 18", finalWord},
	{"what is refused is over", "promise 14", refusedIsOver},
	{"nobody else is paid", "promise 14", nobodyElse},
	{"no more is paid than it says", "edge case 74", limit},
	{"nothing is not paid", "promise 71", nothing},
	{"a key is kept whole", "edge case 70", wholeKeys},
	{"an ended context sends nothing", "promise 42", endedContext},
	{"many may submit at once", "promises 14, 55", underLoad},

	{"news says what happened to whom", "promise 14, edge cases 63, 77", newsIsWhole},
	{"reading changes nothing", "edge case 98", reading},
	{"a cursor that is none is refused", "promise 71", badCursors},

	{"the same key never pays twice", "promises 14, 15", sameKey},
	{"a key belongs to one instruction", "promise 22", otherInstruction},
	{"one key has one effect under load", "promise 23", sameKeyUnderLoad},
	{"a rail that can be asked knows what it took", "promise 15", asking},
	{"what a blind rail is sent once is paid once", "promise 15", blind},

	{"a debit is settled once and is no payout", "promise 14", debits},
	{"a scheme that it does not carry is refused", "promise 71", otherSchemes},
	{"a debit's key is its own", "promises 15, 22", debitKeys},
}

// try runs a law on a rail.
func (l law) try(t tester, h Harness) {
	t.Helper()
	l.run(newTrial(t, h))
}
