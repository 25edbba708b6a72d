package planted

import (
	"context"
	"sync/atomic"

	"github.com/soukhq/souk/ledger"
)

type store = ledger.Store

// Books are those that a fault is tried on.
type Books struct {
	Plant         *Plant
	Store, Second store
	// Begin begins a transaction of a host's.
	Begin func() Host
	// Refuse makes the database refuse the object poison, in the middle of a write,
	// with a code of SQL's if it has such.
	Refuse func(code string)
	// Waits tells whether anybody waits for a lock.
	Waits func() bool
	// Written is another text after each commit that others can wait for.
	Written func() string
}

// Host is a transaction of a host's, and the store that is joined to it.
type Host struct {
	Store    store
	Exec     func(query string) error
	Commit   func() error
	Rollback func() error
}

// turns is one store of two handles, which commit by turns: callers at once are
// callers of two processes.
type turns struct {
	of [2]store
	n  atomic.Int64
}

func (t *turns) next() store { return t.of[t.n.Add(1)%2] }

// Read implements ledger.Store.
func (t *turns) Read(ctx context.Context, fn func(ledger.View) error) error {
	return t.next().Read(ctx, fn)
}

// Commit implements ledger.Store.
func (t *turns) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	return t.next().Commit(ctx, c)
}
