package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/soukhq/souk/ledger"
)

// How many hosts keep a transaction of theirs open, and how long each.
const (
	hosts    = 2
	hostSpan = 100 * time.Millisecond
)

// runHosts measures how much of the rate is kept while hosts that have posted to
// the hot accounts in transactions of their own keep these open, again and again.
func runHosts(ctx context.Context, b *bench, add func(row)) error {
	k := newBooks(b.sellers, 1)
	return b.on(ctx, k, func(s *subject) error {
		on, ok := s.Store.(joiner)
		if !ok || s.pool == nil {
			return nil // a store that hosts cannot join
		}
		alone, err := b.measure(ctx, "hosts, none", 64, s.db, k.charge(s))
		if err != nil {
			return err
		}
		add(alone)
		pool, err := b.server.pool(ctx, s.db, hosts)
		if err != nil {
			return err
		}
		defer pool.Close()
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		ended, begun := make(chan hosted, hosts), 0
		r, err := b.measureRun(ctx, newRow("hosts, two", 64), s.db, func(ctx context.Context) error {
			for ; begun < hosts; begun++ {
				h := &hand{random: random(1<<40 + begun)}
				go func() { ended <- k.host(ctx, stop, on, pool, h) }()
			}
			_, err := drive(ctx, 64, b.span/5, b.nextSeed(), k.charge(s))
			return err
		}, b.driven(64, k.charge(s)))
		stop()
		var all hosted
		for range begun {
			o := <-ended
			all.posted, all.lost, err = all.posted+o.posted, all.lost+o.lost, errors.Join(err, o.err)
		}
		if err != nil {
			return err
		}
		r.note("kept", r.figures[rate]/alone.figures[rate])
		r.note("host transactions", all.posted)
		r.note("lost", all.lost)
		add(r)
		return nil
	})
}

// hosted is what a host did: transactions committed, and lost to a race.
type hosted struct {
	posted, lost float64
	err          error
}

// host posts in transactions of its own until ctx ends. One that loses a race is
// rolled back; any other failure stops everybody.
func (k *books) host(ctx context.Context, stop func(), s joiner, pool *pgxpool.Pool, h *hand) (o hosted) {
	for ctx.Err() == nil {
		err := k.hostOnce(s, pool, h)
		switch {
		case err == nil:
			o.posted++
		case errors.Is(err, ledger.Conflict), errors.Is(err, ledger.Unavailable):
			o.lost++
		default:
			stop()
			o.err = err
			return o
		}
	}
	return o
}

// hostOnce is one transaction of a host. It is carried to its end whatever
// happens to the others, so that its outcome is known.
func (k *books) hostOnce(s joiner, pool *pgxpool.Pool, h *hand) error {
	ctx := context.Background()
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }() // no effect after a commit
	c, err := k.posting(h, k.sellers[h.below(len(k.sellers))])
	if err != nil {
		return err
	}
	if _, err := s.Join(tx).Commit(ctx, c); err != nil {
		k.takeBack(c)
		return err
	}
	time.Sleep(hostSpan)
	return tx.Commit(ctx)
}

// takeBack uncounts a change that will not be committed.
func (k *books) takeBack(c *ledger.Change) {
	for i := range c.Post {
		k.entries.Add(-int64(len(c.Post[i].Entries)))
	}
	k.events.Add(-int64(len(c.Emit)))
}
