package bitcoin

import (
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Coin is one output that pays to a receiver, as it was last seen.
type Coin struct {
	Tx            string    `json:"tx"`
	Output        uint32    `json:"output"`
	Satoshi       int64     `json:"satoshi"`
	Order         int64     `json:"order"`
	Confirmations int64     `json:"confirmations"`
	Block         string    `json:"block,omitzero"`
	Gone          bool      `json:"gone,omitzero"`
	First         time.Time `json:"first"`
	Booked        bool      `json:"booked,omitzero"` // its receipt stands in the books
}

// Check refuses what is no sighting: class Invalid, with the field.
func (s Sighting) Check() error {
	bad := func(field, msg string) error {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_sighting", Field: field, Msg: msg}
	}
	switch {
	case !hexID(s.Tx):
		return bad("tx", "a transaction's id is 64 digits of hexadecimal, in lower case")
	case s.Block != "" && !hexID(s.Block):
		return bad("block", "a block's hash is 64 digits of hexadecimal, in lower case")
	case s.Satoshi <= 0 || s.Satoshi > Most:
		return bad("satoshi", "an output has more than zero and at most all coins there are")
	case s.Confirmations < 0 || s.Gone && s.Confirmations > 0:
		return bad("confirmations", "confirmations are zero or more, and none of what is gone")
	case (s.Confirmations > 0) != (s.Block != ""):
		return bad("block", "what is confirmed is in a block, and nothing else is")
	case s.First.IsZero():
		return bad("first", "it says when it was first seen")
	}
	return nil
}

func hexID(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}

// See returns the coins with what a sighting adds, and whether it added anything.
// Whatever the order in which sightings come, and however often, the coins that
// they lead to are the same. One that contradicts what an output holds is of class
// State, code contradicting_news; one output too many, too_many_coins. The list is
// the caller's own, in the order of transactions.
func See(coins []Coin, s Sighting) (list []Coin, changed bool, err error) {
	if err := s.Check(); err != nil {
		return coins, false, err
	}
	next := Coin{
		Tx: s.Tx, Output: s.Output, Satoshi: s.Satoshi, Order: s.Order, Confirmations: s.Confirmations,
		Block: s.Block, Gone: s.Gone, First: s.First.UTC(),
	}
	i, found := slices.BinarySearchFunc(coins, next, place)
	if !found {
		if len(coins) >= MaxKept {
			return coins, false, &ledger.Error{Class: ledger.State, Code: "too_many_coins", Field: "tx", Msg: "no more outputs to one address are kept"}
		}
		return slices.Insert(slices.Clone(coins), i, next), true, nil
	}
	was := coins[i]
	if was.Satoshi != next.Satoshi {
		return coins, false, &ledger.Error{Class: ledger.State, Code: "contradicting_news", Field: "satoshi", Msg: "this output was seen with another amount"}
	}
	next.Booked = was.Booked
	if first := was.First; first.Before(next.First) {
		next.First = first
	}
	if !holds(next, was) {
		first := next.First
		next = was
		next.First = first
	}
	if next == was {
		return coins, false, nil
	}
	list = slices.Clone(coins)
	list[i] = next
	return list, true, nil
}

// SeeAll takes a look at an address: what is in it, and that all else is gone.
func SeeAll(coins []Coin, l Look) (list []Coin, changed bool, err error) {
	list = coins
	seen := make(map[Coin]bool, len(l.Sightings))
	for _, s := range l.Sightings {
		s.Order = l.Order
		next, did, err := See(list, s)
		if err != nil {
			return coins, false, err
		}
		list, changed = next, changed || did
		seen[Coin{Tx: s.Tx, Output: s.Output}] = true
	}
	for _, c := range coins {
		if seen[Coin{Tx: c.Tx, Output: c.Output}] {
			continue
		}
		next, did, err := See(list, Sighting{Tx: c.Tx, Output: c.Output, Satoshi: c.Satoshi, Order: l.Order, Gone: true, First: c.First})
		if err != nil {
			return coins, false, err
		}
		list, changed = next, changed || did
	}
	return list, changed, nil
}

// place orders coins by transaction and output.
func place(a, b Coin) int {
	if c := strings.Compare(a.Tx, b.Tx); c != 0 {
		return c
	}
	return int(int64(a.Output) - int64(b.Output))
}

// holds reports whether what a says holds against what b says: the later one, and
// of two of one moment that which promises less.
func holds(a, b Coin) bool {
	switch {
	case a.Order != b.Order:
		return a.Order > b.Order
	case a.Gone != b.Gone:
		return a.Gone
	case a.Confirmations != b.Confirmations:
		return a.Confirmations < b.Confirmations
	}
	return a.Block < b.Block
}
