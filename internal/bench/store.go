package main

import (
	"context"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// newStore makes the store that is measured, on an empty database or on one that
// has its tables already; pool is nil if there is no server.
func newStore(ctx context.Context, pool *pgxpool.Pool) (ledger.Store, error) {
	if pool == nil {
		return ledger.NewMemory(), nil
	}
	s, err := postgres.New(pool, nil)
	if err == nil {
		err = s.Migrate(ctx)
	}
	return s, err
}

// What a store may offer beside ledger.Store.
type (
	manyCommitter interface {
		CommitAll(ctx context.Context, changes []*ledger.Change) []ledger.Result
	}
	joiner interface {
		Join(tx pgx.Tx) ledger.Store
	}
)

// subject is a store being measured.
type subject struct {
	ledger.Store
	pool *pgxpool.Pool // nil: without a server
	db   string
}

// attach opens the store on a database; s is nil without a server.
func attach(ctx context.Context, s *server, db string, conns int) (*subject, error) {
	if s == nil {
		return attachConfig(ctx, nil, db)
	}
	c, err := s.config(db, conns)
	if err != nil {
		return nil, err
	}
	return attachConfig(ctx, c, db)
}

// attachConfig does so by a pool that is configured already.
func attachConfig(ctx context.Context, c *pgxpool.Config, db string) (*subject, error) {
	t := &subject{db: db}
	var err error
	if c != nil {
		if t.pool, err = pgxpool.NewWithConfig(ctx, c); err != nil {
			return nil, err
		}
	}
	if t.Store, err = newStore(ctx, t.pool); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

func (t *subject) close() (err error) {
	if t == nil {
		return nil
	}
	if c, ok := t.Store.(io.Closer); ok {
		err = c.Close()
	}
	if t.pool != nil {
		t.pool.Close()
	}
	return err
}

// lasts reports whether others see what the store holds.
func (t *subject) lasts() bool {
	_, test := t.Store.(ledger.TestOnly)
	return !test
}

// commitAll hands in many changes in one call, if the store takes them so, and
// those that lost a race again.
func (t *subject) commitAll(ctx context.Context, h *hand, changes []*ledger.Change) error {
	many, ok := t.Store.(manyCommitter)
	if !ok {
		for _, c := range changes {
			if err := commit(ctx, t, h, c); err != nil {
				return err
			}
		}
		return nil
	}
	for i, r := range many.CommitAll(ctx, changes) {
		if r.Err == nil {
			continue
		}
		h.retried++
		if err := commit(ctx, t, h, changes[i]); err != nil {
			return err
		}
	}
	return nil
}
