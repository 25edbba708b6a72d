// Package storetest is the conformance suite of ledger.Store. An adapter of a
// host's own calls Run from a test; it fits if every law holds, and there is
// nothing to opt out of. A store that works inside a transaction of the host
// passes the same suite.
//
//	func TestLaws(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) ledger.Store { return open(t) })
//	}
//
// The numbers that the laws cite are those of docs/promises.md.
package storetest

import (
	"testing"

	"github.com/soukhq/souk/ledger"
)

// Suite says where the stores come from.
type Suite struct {
	// Open returns the store that a law is tried on. It may be the same one
	// every time: each law keeps to a book of its own, with a random name.
	Open func(t *testing.T) ledger.Store

	// Second returns another handle on the same books: a second pool of
	// connections, or the file opened again. Nil is the store itself.
	Second func(t *testing.T, s ledger.Store) ledger.Store
}

// Run tries every law on the stores that open returns.
func Run(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Helper()
	Suite{Open: open}.Run(t)
}

// Run tries every law, each as a subtest with its name.
func (s Suite) Run(t *testing.T) {
	t.Helper()
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			store := s.Open(t)
			second := store
			if s.Second != nil {
				second = s.Second(t, store)
			}
			l.try(t, store, second)
		})
	}
}

// Try tries one law by its name. With a T that only takes notes it shows that a
// law can fail: an adapter plants a fault and sees it noticed.
func Try(t T, law string, s, second ledger.Store) {
	t.Helper()
	for _, l := range laws {
		if l.name == law {
			l.try(t, s, second)
			return
		}
	}
	t.Errorf("there is no law %q", law)
	t.FailNow()
}

// law is one thing that every store must do.
type law struct {
	name   string
	proves string // promises and edge cases, by number
	run    func(t *trial)
}

// laws lists them all. faulty_test.go shows that each can be broken.
var laws = []law{
	{"a change is all or nothing", "promises 24, 28, 35", allOrNothing},
	{"a refusal leaves no trace", "promises 10, 28, 35", refusalLeavesNoTrace},
	{"an ended context writes nothing", "promise 42", endedContext},
	{"a commit that is cancelled tells the truth", "promises 26, 42", cancelledInFlight},
	{"a panic in a callback harms nothing", "promises 35, 71", panicInCallback},
	{"what was acknowledged is there for others", "promises 32, 49", thereForOthers},
	{"a receipt says what the change did", "promise 49", receiptSaysWhatHappened},
	{"an empty change leaves nothing", "promise 28", emptyChange},

	{"no update is lost", "promise 47", noLostUpdate},
	{"an expectation that fails refuses the change", "promises 47, 48", expectations},
	{"there is no write skew", "promise 48", noWriteSkew},
	{"of many who insert the same one wins", "promises 23, 47", insertRace},
	{"changes of one account happen one after the other", "promise 47", linearAccount},
	{"a view is one moment", "promise 49", viewIsOneMoment},
	{"what is handed over is copied", "promises 59, 62", copies},

	{"a floor holds under a hundred callers", "promise 4", floorUnderLoad},
	{"guarded, forced and hard floors", "promise 4", floors},
	{"the net effect of a change counts", "promise 4", netEffect},
	{"what raises a balance is never refused", "promise 4", raisingIsFree},

	{"a hold is captured, released or expires", "promises 4, 11", holdLife},
	{"a hold that does not fit is refused", "promises 4, 11", holdRefusals},
	{"holds do not overlap under load", "promises 4, 11", holdsUnderLoad},
	{"a spent hold leaves the lists", "promise 61", holdLists},

	{"a change handed in again is a replay", "promises 21, 26", changeReplay},
	{"a key belongs to one request", "promises 21, 22", keyReplay},
	{"one key has one effect under load", "promise 23", keyUnderLoad},
	{"keys are scoped", "promise 25", keyScopes},
	{"a refused change stores no key", "promises 21, 28", keyRefused},
	{"a key alone asks and writes nothing", "promises 21, 22", keyAlone},

	{"accounts open once on one set of terms", "promise 4", openAccounts},
	{"the chart gives the floors", "promise 4", chartFloors},
	{"an account ends empty and for good", "promise 4", closeAccounts},
	{"nothing gets into an account that closes", "promises 47, 48", closeRace},
	{"a shared account is exact", "promises 1, 3", sharedAccounts},
	{"a shared account closes exactly", "promises 1, 3, 48", sharedClose},

	{"a transaction balances", "promises 2, 5, 6", transactionRules},
	{"an amount never wraps", "promise 6", noWrap},
	{"transaction ids are used once", "promises 29, 62", transactionIDs},
	{"posting time rises and numbers have no gap", "promise 50", postingTime},
	{"times are UTC to the microsecond", "promise 50", times},
	{"the balance at every past moment", "promise 3", balanceAt},
	{"a question may name any moment", "promises 50, 71", anyMoment},
	{"entries page in both directions and by both times", "edge case 98", entryPages},
	{"a period stays closed", "promise 62", periods},

	{"objects are found by key, in order", "edge case 98", findOrder},
	{"keys are replaced with the object", "promise 61", keysReplaced},
	{"accounts are listed in order", "edge case 98", accountLists},
	{"lists have bounds", "promise 70", listBounds},
	{"limits hold to the last byte", "promises 70, 71", sizes},
	{"text is kept as it is", "promise 71, edge cases 101, 102", hostileText},
	{"wide changes", "promise 70", wideChanges},

	{"the feed has every event once and in order", "promises 56, 57, 59", feedOrder},
	{"the feed skips nothing under load", "promises 56, 57", feedUnderLoad},
	{"the feed filters by platform", "promises 56, 65", feedPlatforms},
	{"a cursor that is none is refused", "promise 71", badCursors},

	{"what was written is read once, and again the same", "promise 62", writtenOnce},
	{"what is written skips nothing under load", "promise 63", writtenUnderLoad},
	{"what was written is sealed once", "promise 63", sealedChain},

	{"everything adds up in the end", "promises 1, 3, 35", addsUp},
}

// try runs a law on a store, and then adds up what it left.
func (l law) try(t T, s, second ledger.Store) {
	t.Helper()
	x := newTrial(t, s, second)
	l.run(x)
	x.addUp()
}
