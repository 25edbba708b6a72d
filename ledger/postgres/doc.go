// Package postgres keeps the books in PostgreSQL, 15 or later.
//
// New makes a store on a pool of the host's (github.com/jackc/pgx/v5). It commits
// the changes of all callers together, in two round trips, and several processes
// share a database. Commit returns when the database has made the change as
// durable as it is set up to:
//
//	books, err := postgres.New(pool, nil)
//	err = books.Migrate(ctx)
//
// Join and JoinSQL work inside a transaction of the host's, so that its rows and
// the movement of money are committed as one:
//
//	tx, err := pool.Begin(ctx)
//	shop := platform.In(books.Join(tx))
//
// Such a transaction makes nobody wait on accounts that are shared, however long
// it stays open; others wait for the sellers' accounts that it moved.
//
// An id of a change belongs to one change for ever, and is looked for before anything
// is written. Two different changes under one id that are committed at the same moment
// are not always told apart, if only one of them posts.
//
// The tables lie in a schema of their own, souk unless Options say otherwise; a
// host may read them, and never writes to them. The store keeps no state in a
// session, so that a pool may lead through a pooler of transactions.
package postgres
