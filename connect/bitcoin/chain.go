package bitcoin

import (
	"context"
	"time"
)

// Chain sees coins arrive. It acts outside any unit of work, and reading changes
// nothing.
type Chain interface {
	// Look returns every payment to an address as it stands now, in the best chain
	// and in the pool of those that wait. What was there before and is not in the
	// answer is taken to be gone: replaced, dropped, or spent elsewhere.
	Look(ctx context.Context, address string) (Look, error)
}

// Look is what a chain says of one address at one moment.
type Look struct {
	Order     int64 // see Sighting.Order
	Sightings []Sighting
}

// Sighting is what is known of one output that pays to an address. It may come
// again, late, and in any order.
type Sighting struct {
	Tx      string // the transaction's id: 64 digits of hexadecimal
	Output  uint32 // which of its outputs
	Address string
	Satoshi int64 // more than zero, at most 21 million coins

	// Order rises from what was known earlier to what was known later: of two
	// sightings of one output that with the higher one holds. A node's own counter
	// serves, and so do milliseconds of when it was asked.
	Order int64
	// Confirmations is how many blocks of the best chain stand on it, its own
	// included; 0 while it waits.
	Confirmations int64
	Block         string // the hash of its block; empty while it waits
	// Gone tells that it is in no block and waits no longer: it was replaced,
	// dropped, or what it spends was spent by another.
	Gone bool
	// First is when it was first seen, which decides whether it came in time. Where
	// nobody watched, the time of its block.
	First time.Time
}
