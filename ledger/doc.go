// Package ledger is what souk stands on: exact money, double-entry books,
// objects with keys, events, due work, and the one door to storage.
//
// Money is an int64 of minor units and a Currency; it never wraps and has no
// float. A Store holds accounts, transactions and objects; what is to change is
// a Change, a piece of data that happens whole or not at all. Update collects
// one in a Unit and runs again when a race was lost. Plan decides changes
// without any storage and is the same for every store: NewMemory is the one in
// memory, Overlay previews on top of any other.
//
// Kind gives objects types, Drain carries out what is due, Verify adds all of
// it up again.
package ledger
