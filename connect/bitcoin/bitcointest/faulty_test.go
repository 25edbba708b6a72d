package bitcointest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/internal/complaint"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout/bank"
)

// fault is what is wrong with one of the parts, the kind of wallet it is tried
// with, and the laws that must notice.
type fault struct {
	name  string
	kind  ledger.Delivery
	laws  []string
	wrong func(f *faulty)
}

// each changes every sighting of a look.
func each(change func(s *bitcoin.Sighting)) func(*faulty, bitcoin.Look) bitcoin.Look {
	return func(_ *faulty, l bitcoin.Look) bitcoin.Look {
		for i := range l.Sightings {
			change(&l.Sightings[i])
		}
		return l
	}
}

func answer(change func(o bitcoin.Order, a *bitcoin.Answer)) func(bitcoin.Order, bitcoin.Answer) bitcoin.Answer {
	return func(o bitcoin.Order, a bitcoin.Answer) bitcoin.Answer {
		change(o, &a)
		return a
	}
}

var (
	block = strings.Repeat("b", 64)
	sent  = bitcoin.Answer{Status: bitcoin.Sent, Tx: strings.Repeat("c", 64), Satoshi: 100_000}
)

// planted lists the faults. Each changes one thing about the simulator.
var planted = []fault{
	{"a key gets a new address each time", ledger.Keyed, []string{"a key has one address for ever", "addresses are asked for by many"}, func(f *faulty) {
		f.key = func(f *faulty, key string) string { return key + strings.Repeat("x", f.asked[key]) }
	}},
	{"all keys get one address", ledger.Keyed, []string{"a key has one address for ever", "addresses are asked for by many", "an address has what was paid to it"}, func(f *faulty) {
		f.key = func(*faulty, string) string { return "" }
	}},
	{"addresses are none", ledger.Keyed, []string{"a key has one address for ever"}, func(f *faulty) {
		f.address = func(a string) string { return a[:len(a)-1] }
	}},
	{"addresses are written otherwise", ledger.Keyed, []string{"a key has one address for ever"}, func(f *faulty) { f.address = strings.ToUpper }},

	{"what waits is not seen", ledger.Keyed, []string{"what waits is seen", "each output is told apart"}, func(f *faulty) {
		f.look = func(_ *faulty, l bitcoin.Look) bitcoin.Look {
			l.Sightings = slices.DeleteFunc(l.Sightings, func(s bitcoin.Sighting) bool { return s.Confirmations == 0 })
			return l
		}
	}},
	{"it was always seen just now", ledger.Keyed, []string{"what waits is seen", "looking changes nothing"}, func(f *faulty) { f.look = later }},
	{"the first block does not count", ledger.Keyed, []string{"blocks confirm"}, func(f *faulty) {
		f.look = each(func(s *bitcoin.Sighting) {
			if s.Confirmations--; s.Confirmations <= 0 {
				s.Confirmations, s.Block = 0, ""
			}
		})
	}},
	{"the latest block is named", ledger.Keyed, []string{"blocks confirm"}, func(f *faulty) {
		f.look = func(f *faulty, l bitcoin.Look) bitcoin.Look {
			return each(func(s *bitcoin.Sighting) {
				if s.Block != "" {
					s.Block = (f.counted() + block)[:64]
				}
			})(f, l)
		}
	}},
	{"the order stands still", ledger.Keyed, []string{"blocks confirm", "what was replaced is gone", "what a reorganisation takes away waits again"}, func(f *faulty) {
		f.look = func(f *faulty, l bitcoin.Look) bitcoin.Look {
			l.Order = 7
			return each(func(s *bitcoin.Sighting) { s.Order = 7 })(f, l)
		}
	}},
	{"outputs of one transaction are one", ledger.Keyed, []string{"each output is told apart", "looking changes nothing"}, func(f *faulty) {
		f.look = each(func(s *bitcoin.Sighting) { s.Output = 0 })
	}},
	{"transactions are one", ledger.Keyed, []string{"each output is told apart", "what waits is seen"}, func(f *faulty) {
		f.look = each(func(s *bitcoin.Sighting) { s.Tx = block })
	}},
	{"a look lists what is gone", ledger.Keyed, []string{"what waits is seen"}, func(f *faulty) {
		f.look = each(func(s *bitcoin.Sighting) { s.Gone = s.Confirmations == 0 })
	}},
	{"outputs belong to another", ledger.Keyed, []string{"an address has what was paid to it"}, func(f *faulty) {
		f.look = each(func(s *bitcoin.Sighting) { s.Address = bank.TestBitcoin("another") })
	}},
	{"what was replaced stays", ledger.Keyed, []string{"what was replaced is gone"}, func(f *faulty) {
		var kept []bitcoin.Sighting
		f.look = func(_ *faulty, l bitcoin.Look) bitcoin.Look {
			if kept = append(kept, l.Sightings...); len(l.Sightings) == 0 {
				l.Sightings = kept
			}
			return l
		}
	}},
	{"blocks that went still confirm", ledger.Keyed, []string{"what a reorganisation takes away waits again"}, func(f *faulty) {
		most := int64(0)
		f.look = each(func(s *bitcoin.Sighting) {
			if most = max(most, s.Confirmations); most > 0 {
				s.Confirmations, s.Block = most, block
			}
		})
	}},
	{"looking confirms", ledger.Keyed, []string{"looking changes nothing"}, func(f *faulty) {
		f.look = func(f *faulty, l bitcoin.Look) bitcoin.Look {
			return each(func(s *bitcoin.Sighting) { s.Confirmations, s.Block = f.looks, block })(f, l)
		}
	}},

	{"it has no name", ledger.Keyed, []string{"a wallet says what it is"}, func(f *faulty) {
		f.info = func(i bitcoin.WalletInfo) bitcoin.WalletInfo { i.Name = ""; return i }
	}},
	{"less is sent", ledger.Askable, []string{"what is sent is sent whole"}, func(f *faulty) {
		f.before = func(o *bitcoin.Order) { o.Satoshi -= 1000 }
	}},
	{"the buyer's cost is the house's", ledger.Keyed, []string{"what is sent is sent whole"}, func(f *faulty) {
		f.before = func(o *bitcoin.Order) { o.CostBy = bitcoin.House }
	}},
	{"what is sent has no transaction", ledger.Keyed, []string{"what is sent is sent whole"}, func(f *faulty) {
		f.after = answer(func(_ bitcoin.Order, a *bitcoin.Answer) { a.Tx = "" })
	}},
	{"a refusal has no code", ledger.Keyed, []string{"a refusal is an answer"}, func(f *faulty) {
		f.after = answer(func(_ bitcoin.Order, a *bitcoin.Answer) { a.Code = "" })
	}},
	{"a refusal is an error", ledger.Keyed, []string{"a refusal is an answer"}, func(f *faulty) {
		f.fails = func(_ bitcoin.Order, a bitcoin.Answer) error {
			if a.Status == bitcoin.Refused {
				return &ledger.Error{Class: ledger.Unknown, Code: "no_answer"}
			}
			return nil
		}
	}},
	{"what is refused is sent", ledger.Keyed, []string{"a refusal is an answer"}, func(f *faulty) {
		f.before = func(*bitcoin.Order) { f.refuse = false }
	}},
	{"anything is an order", ledger.Blind, []string{"an order that is none is not sent"}, func(f *faulty) {
		f.before = func(o *bitcoin.Order) { o.Satoshi, o.Address = 100_000, bank.TestBitcoin("somebody") }
	}},
	{"the truth never comes", ledger.Blind, []string{"what is sent is sent whole", "what a blind one is asked once is done once"}, func(f *faulty) { f.queues, f.silent = true, true }},
	{"contexts are not listened to", ledger.Keyed, []string{"an ended context does nothing"}, func(f *faulty) { f.deaf = true }},
	{"a second answer is another", ledger.Keyed, []string{"the same key sends once", "one key has one effect under load"}, func(f *faulty) {
		n := int64(0)
		f.after = answer(func(_ bitcoin.Order, a *bitcoin.Answer) {
			if n++; a.Status == bitcoin.Sent {
				a.Cost += n
			}
		})
	}},
	{"another process knows nothing", ledger.Keyed, []string{"the same key sends once", "a key belongs to one order", "it knows what became of a key"}, func(f *faulty) { f.forgets = true }},
	{"any order is answered", ledger.Keyed, []string{"a key belongs to one order"}, func(f *faulty) {
		f.before = func(o *bitcoin.Order) { o.Satoshi, o.CostBy = 100_000, bitcoin.House }
	}},
	{"it knows what it never saw", ledger.Askable, []string{"it knows what became of a key"}, func(f *faulty) {
		f.lookup = func(string, bitcoin.Answer, error) (bitcoin.Answer, error) { return sent, nil }
	}},
	{"it forgets what it did", ledger.Askable, []string{"it knows what became of a key"}, func(f *faulty) {
		f.lookup = func(string, bitcoin.Answer, error) (bitcoin.Answer, error) {
			return bitcoin.Answer{}, &ledger.Error{Class: ledger.NotFound, Code: "not_found"}
		}
	}},
	{"it sends twice", ledger.Blind, []string{"what a blind one is asked once is done once", "what is sent is sent whole"}, func(f *faulty) { f.double = true }},
	{"a blind one says what it cannot know", ledger.Blind, []string{"what a blind one is asked once is done once"}, func(f *faulty) {
		f.lookup = func(string, bitcoin.Answer, error) (bitcoin.Answer, error) { return sent, nil }
	}},
}

// tryOn tries a law on parts with a fault and returns what it complained of.
func tryOn(l law, p fault) []string {
	return complaint.Of(func(c *complaint.T) {
		f := newFaulty(p.kind)
		p.wrong(f)
		l.try(c, f.harness())
	})
}

// The laws notice every planted fault, and complain of nothing without one.
func TestPlantedFaults(t *testing.T) {
	for _, p := range planted {
		t.Run(p.name, func(t *testing.T) {
			for _, name := range p.laws {
				i := slices.IndexFunc(laws, func(l law) bool { return l.name == name })
				require.GreaterOrEqual(t, i, 0, "there is no law %q", name)
				failures := tryOn(laws[i], p)
				require.NotEmpty(t, failures, "%q did not notice", name)
				require.NotContains(t, failures[0], "panic: ")
				good := fault{kind: p.kind, wrong: func(*faulty) {}}
				require.Empty(t, tryOn(laws[i], good), "%q complains of good parts", name)
			}
		})
	}
}

// No law is without a fault that breaks it: one that cannot fail proves nothing.
func TestEveryLawCanFail(t *testing.T) {
	for _, l := range laws {
		require.True(t, slices.ContainsFunc(planted, func(p fault) bool { return slices.Contains(p.laws, l.name) }), "nothing is planted for %q", l.name)
		require.True(t, strings.HasPrefix(l.proves, "promise"), l.name)
	}
}
