package bitcoin

import "time"

// Terms is what a receiver asked for. Its answers depend on the coins as they
// stand and on nothing that was before, so that the order in which they were seen
// does not matter.
type Terms struct {
	Satoshi int64     // what is to be paid
	Until   time.Time // the end of the window, included
	Need    int64     // confirmations that the amount needs, and so each payment of it
	Tiers   []Tier    // what larger coins need
}

// Counts reports whether a coin has been received: enough blocks stand on it.
func (t Terms) Counts(c Coin) bool {
	return !c.Gone && c.Confirmations >= max(t.Need, Need(t.Tiers, c.Satoshi))
}

// Received adds up the coins that count, in satoshi.
func (t Terms) Received(coins []Coin) int64 {
	sum := int64(0)
	for _, c := range coins {
		if t.Counts(c) {
			sum += c.Satoshi
		}
	}
	return sum
}

// InTime reports whether a coin was first seen within the window.
func (t Terms) InTime(c Coin) bool { return !c.First.After(t.Until) }

// Filled reports whether what came in time, and counts, is what was asked for.
func (t Terms) Filled(coins []Coin) bool {
	sum := int64(0)
	for _, c := range coins {
		if t.Counts(c) && t.InTime(c) {
			sum += c.Satoshi
		}
	}
	return t.Satoshi > 0 && sum >= t.Satoshi
}

// Hoped reports whether that can still be: with what came in time and waits.
func (t Terms) Hoped(coins []Coin) bool {
	sum := int64(0)
	for _, c := range coins {
		if !c.Gone && t.InTime(c) {
			sum += c.Satoshi
		}
	}
	return t.Satoshi > 0 && sum >= t.Satoshi
}

// Settled reports whether nothing more is expected of the coins: each is gone, or
// so deep that nobody expects it to be undone.
func Settled(coins []Coin) bool {
	for _, c := range coins {
		if !c.Gone && c.Confirmations < Deep {
			return false
		}
	}
	return true
}
