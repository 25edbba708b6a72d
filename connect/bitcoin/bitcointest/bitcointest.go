// Package bitcointest is the conformance suite of what a host brings for coins:
// bitcoin.Addresses, bitcoin.Chain and bitcoin.Wallet. A host calls Run from a test,
// against a node of a regression test network; its parts fit if every law holds,
// and there is nothing to opt out of. What a wallet declares of itself
// (bitcoin.WalletInfo) decides which laws about repeated keys apply to it.
//
//	func TestLaws(t *testing.T) {
//		bitcointest.Run(t, func(t *testing.T) bitcointest.Harness { return regtest(t) })
//	}
//
// The numbers that the laws cite are those of docs/promises.md.
package bitcointest

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
)

// Harness is what is under test, and what the suite needs to know of the world
// behind it. The parts may be the same ones for every law, and may have been used
// before: each law uses keys of its own.
type Harness struct {
	Addresses bitcoin.Addresses
	Chain     bitcoin.Chain
	Wallet    bitcoin.Wallet
	Live      bool // they are on the main network

	// Pay lets a stranger pay to an address, once for each amount, in one
	// transaction that waits to be mined, and returns its id.
	Pay func(address string, satoshi ...int64) string
	// Mine adds blocks, the first with everything that waits.
	Mine func(blocks int)
	// Replace lets the stranger replace a transaction that waits by one that pays
	// the address nothing.
	Replace func(tx string)
	// Reorganise puts longer ones in place of the latest blocks. What was in them
	// waits again.
	Reorganise func(depth int)

	// To is an address of somebody else's to which orders of up to a million
	// satoshi are sent.
	To string
	// Refused returns an order that the wallet refuses, and lets the next request
	// be refused if that takes more than the order.
	Refused func() bitcoin.Order

	// Settle lets the world move on until what was only queued has its final
	// answer. Nil if every answer is final.
	Settle func()
	// News returns what the wallet has told unasked since the last call. It is
	// needed for a blind one that answers with Queued.
	News func() []bitcoin.News
	// Sends tells how often the wallet sent coins for a key, where that can be
	// known in another way: by the chain.
	Sends func(key string) int

	// Reopen returns the wallet as another process sees it. Nil is the wallet
	// itself.
	Reopen func() bitcoin.Wallet
}

// Run tries every law, each as a subtest with its name, on the parts that open
// returns.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) { l.try(t, open(t)) })
	}
}

// law is one thing that all such parts must do.
type law struct {
	name   string
	proves string // promises and edge cases, by number
	run    func(t *trial)
}

// laws lists them all. faulty_test.go shows that each can be broken.
var laws = []law{
	{"a key has one address for ever", "promise 21", oneAddress},
	{"addresses are asked for by many", "promise 23", addressesUnderLoad},

	{"what waits is seen", "promise 31", waiting},
	{"blocks confirm", "promise 31", confirming},
	{"each output is told apart", "promise 31", outputs},
	{"an address has what was paid to it", "promise 31", strangers},
	{"what was replaced is gone", "promise 31", replaced},
	{"what a reorganisation takes away waits again", "promise 31", reorganised},
	{"looking changes nothing", "promise 31", looking},

	{"a wallet says what it is", "promise 15", info},
	{"what is sent is sent whole", "promise 26", sends},
	{"a refusal is an answer", "promise 26", refusals},
	{"an order that is none is not sent", "promise 71", noOrder},
	{"an ended context does nothing", "promise 42", endedContext},
	{"the same key sends once", "promise 21, edge case 26", sameKey},
	{"a key belongs to one order", "promise 22", otherOrder},
	{"one key has one effect under load", "promise 23", sameKeyUnderLoad},
	{"it knows what became of a key", "promise 26", lookups},
	{"what a blind one is asked once is done once", "promise 15", blind},
}

// try runs a law.
func (l law) try(t tester, h Harness) {
	t.Helper()
	l.run(newTrial(t, h))
}

// tester is what a law needs of a test. It is an interface so that the suite's
// own tests can see a law fail.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// trial is a law being tried.
type trial struct {
	tester
	Harness
	ctx   context.Context
	info  bitcoin.WalletInfo
	heard map[string]bitcoin.Answer // the latest news of each key
}

func newTrial(t tester, h Harness) *trial {
	t.Helper()
	require.False(t, h.Addresses == nil || h.Chain == nil || h.Wallet == nil, "a harness has all three parts")
	require.False(t, h.Pay == nil || h.Mine == nil || h.Replace == nil || h.Reorganise == nil, "a harness moves the chain")
	require.False(t, h.Refused == nil || h.Sends == nil || h.To == "", "a harness knows of refusals, of what was sent, and of somebody else")
	return &trial{tester: t, Harness: h, ctx: t.Context(), info: h.Wallet.Info(), heard: make(map[string]bitcoin.Answer)}
}

// key is a key as the engine makes them.
func key(prefix string) string { return ledger.Env{}.ID(prefix) }

// address is one that nobody has paid to.
func (t *trial) address() string {
	t.Helper()
	a, err := t.Addresses.Address(t.ctx, key("rcv_"))
	require.NoError(t, err)
	return a
}

// reopen is the wallet as another process sees it.
func (t *trial) reopen() bitcoin.Wallet {
	if t.Reopen == nil {
		return t.Wallet
	}
	return t.Reopen()
}

// askable reports whether the wallet can be asked what became of a key.
func (t *trial) askable() bool { return t.info.Delivery != ledger.Blind }

// together runs fn from several goroutines and waits for them.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}
