// Package acquirertest is the conformance suite of connect.Acquirer. An adapter
// of a host's own calls Run from a test; it fits if every law holds, and there
// is nothing to opt out of. What an acquirer declares of itself
// (connect.AcquirerInfo) decides which laws about repeated keys apply to it, and what
// it implements (connect.SourceSaver, connect.Increaser) which about that.
//
//	func TestLaws(t *testing.T) {
//		acquirertest.Run(t, func(t *testing.T) acquirertest.Harness { return sandbox(t) })
//	}
//
// The numbers that the laws cite are those of docs/promises.md.
package acquirertest

import (
	"testing"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// Harness is an acquirer under test, and what the suite needs to know of the
// world behind it.
type Harness struct {
	// Acquirer is the acquirer. It may be the same one for every law, and may
	// have been used before: each law uses keys of its own.
	Acquirer connect.Acquirer

	// Currency is one in which Source can pay.
	Currency ledger.Currency

	// Source is a token from which amounts up to 100.00 are approved, and whose
	// refunds are.
	Source string

	// Declined are tokens that are declined, at least one.
	Declined []string

	// Challenge is a token for which the buyer has to act before an amount up to
	// 100.00 is approved, and Act does what a buyer was asked to do under a key,
	// well or not. Empty and nil if no buyer is ever asked for anything.
	Challenge string
	Act       func(key string, passes bool)

	// Settle lets the world move on until what was only received has its final
	// answer. Nil if every answer is final.
	Settle func()

	// News returns what the acquirer has told unasked since the last call. It is
	// needed for one that cannot be asked and answers with Received.
	News func() []connect.News

	// Actions tells how often the acquirer acted on a key, where that can be
	// known in another way. Nil leaves the question to what can be refunded.
	Actions func(key string) int

	// Reopen returns the acquirer as another process sees it. Nil is the
	// acquirer itself.
	Reopen func() connect.Acquirer
}

// Run tries every law, each as a subtest with its name, on the acquirers that
// open returns.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) { l.try(t, open(t)) })
	}
}

// law is one thing that every acquirer must do.
type law struct {
	name   string
	proves string // promises and edge cases, by number
	run    func(t *trial)
}

// laws lists them all. faulty_test.go shows that each can be broken.
var laws = []law{
	{"an acquirer says what it is", "promise 15", info},
	{"what is approved is approved whole", "promise 11", approvals},
	{"a decline is an answer", "promises 11, 26", declines},
	{"captures never exceed what was authorized", "promise 11", captures},
	{"what was let go cannot be captured", "promise 11", cancels},
	{"a final capture lets the rest go", "promise 11", finalCapture},
	{"the buyer decides", "promises 11, 26", buyers},
	{"what waits for the buyer can be let go", "promise 11", buyerCanceled},
	{"a buyer who is not there is asked nothing", "promise 26", absentBuyer},
	{"refunds never exceed what was captured", "promise 9, edge case 31", refunds},
	{"refunds stay within it under load", "promise 9, edge case 31", refundsUnderLoad},
	{"an unknown reference is declined", "promises 10, 26", unknownReference},
	{"an amount that is none is not taken", "promise 71", noAmount},
	{"currencies do not mix", "promise 5", currencies},
	{"an ended context does nothing", "promise 42", endedContext},
	{"many may pay at once", "promise 55", underLoad},
	{"what is raised can be captured", "promise 11", raises},
	{"the same key raises once", "promises 21, 26", raisesOnce},
	{"a kept source is charged again", "promises 26, 68", savedSources},
	{"what a charge used is kept", "promise 68", savedWithCharges},
	{"a source is kept as its buyer decides", "promise 26", savedByBuyers},
	{"the same key keeps once", "promises 21, 26", savedOnce},

	{"a key is kept whole", "edge case 70", wholeKeys},
	{"the same key acts once", "promise 21, edge cases 26, 31", sameKey},
	{"a key belongs to one order", "promise 22", otherOrder},
	{"one key has one effect under load", "promise 23", sameKeyUnderLoad},
	{"it knows what became of a key", "promise 26", lookups},
	{"what a blind one is asked once is done once", "promise 15", blind},
}

// try runs a law on an acquirer.
func (l law) try(t tester, h Harness) {
	t.Helper()
	l.run(newTrial(t, h))
}
