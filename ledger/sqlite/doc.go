// Package sqlite keeps the books in a file of SQLite, in pure Go.
//
// Open makes a store of a file of its own, and New one on a pool that the host
// has opened. Both commit changes of all callers together and are durable when
// Commit returns: write-ahead log, synced at each commit. Join works inside a
// transaction of the host's, so that its rows and the movement of money are
// committed as one:
//
//	tx, err := db.BeginTx(ctx, nil)
//	shop := platform.In(sqlite.Join(tx))
//
// SQLite has one writer at a time: while a transaction of the host's has
// written, everybody else's commits wait for it.
//
// The tables are named souk_…; a host may read them, and never writes to them.
package sqlite
