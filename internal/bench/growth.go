package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// question is something that a host asks of an account, however long its history.
type question struct {
	name    string
	account ledger.Ref
	at      time.Time // zero: for the last 20 entries, else for the balance then
}

func (q question) ask(v ledger.View) error {
	if q.at.IsZero() {
		_, err := v.Entries(q.account, ledger.Page{Desc: true, Limit: 20})
		return err
	}
	_, err := v.BalanceAt(q.account, q.at)
	return err
}

// runGrowth measures postings and questions on a store that has grown.
func runGrowth(ctx context.Context, b *bench, add func(row)) (err error) {
	k := newBooks(b.sellers, 1)
	s, err := b.prepared(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	begin := clock.Time()
	grown := &growth{add: add, first: make(map[string]row)}
	for _, size := range b.sizes {
		if err := b.grow(ctx, s, k, size); err != nil {
			return err
		}
		if err := b.tidy(ctx, s.db); err != nil {
			return err
		}
		r, err := b.measure(ctx, "posting", 64, s.db, k.charge(s))
		if err != nil {
			return err
		}
		grown.to(size, r)
		if err := b.tidy(ctx, s.db); err != nil {
			return err
		}
		past := begin.Add(clock.Time().Sub(begin) / 2)
		for _, q := range []question{
			{"last 20 entries, busy seller", k.sellers[0], time.Time{}},
			{"last 20 entries, fees", k.fees(), time.Time{}},
			{"balance at a past moment, busy seller", k.sellers[0], past},
			{"balance at a past moment, fees", k.fees(), past},
		} {
			if r, s, err = b.asked(ctx, s, q); err != nil {
				return err
			}
			grown.to(size, r)
		}
	}
	return k.check(ctx, s, b.verify)
}

// growth compares rows to those of the first size.
type growth struct {
	add   func(row)
	first map[string]row // by name
}

// to adds a row of a store of a size. What its figures have become, since the
// first size, stands beside them.
func (g *growth) to(size int, r row) {
	was, again := g.first[r.name]
	if !again {
		g.first[r.name] = r
	} else {
		r.note("rate to that at first", r.figures[rate]/was.figures[rate])
		for i, f := range was.extra {
			if f.name == planned {
				r.note("more of these", r.extra[i].value-f.value)
			}
		}
	}
	r.name = fmt.Sprintf("%s at %d", r.name, size)
	g.add(r)
}

// planned is how many blocks the plans of a question say that it touches.
const planned = "blocks by its plans"

// grow posts until there are so many transactions, a tenth of them to one seller.
func (b *bench) grow(ctx context.Context, s *subject, k *books, size int) error {
	h := &hand{random: random(b.nextSeed())}
	for n := k.events.Load(); n < int64(size); n = k.events.Load() {
		list := make([]*ledger.Change, min(2048, int64(size)-n))
		for i := range list {
			seller := k.sellers[0]
			if i%10 > 0 {
				seller = k.sellers[h.below(len(k.sellers))]
			}
			c, err := k.posting(h, seller)
			if err != nil {
				return err
			}
			list[i] = c
		}
		if err := s.commitAll(ctx, h, list); err != nil {
			return err
		}
	}
	return nil
}

// tidy does now what the server would do by itself at some time, maybe in the
// middle of a run.
func (b *bench) tidy(ctx context.Context, db string) error {
	if b.server == nil {
		return nil
	}
	pool, err := b.server.pool(ctx, db, 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.Exec(ctx, "vacuum analyze")
	return err
}

// asked measures a question and the blocks that it touches: those of all
// questions, less those of a third as many, so that what each opening of the
// store costs cancels out. The first opening fills caches of the catalog and is
// not counted. It closes the store and returns it opened again.
func (b *bench) asked(ctx context.Context, s *subject, q question) (row, *subject, error) {
	r := newRow(q.name, 1)
	ask := func(ctx context.Context, _ *hand) error { return s.Read(ctx, q.ask) }
	if b.server == nil || !s.lasts() {
		all, err := times(ctx, b.questions, ask)
		r.timed(all)
		return r, s, err
	}
	var blocks [3]float64
	for i, n := range []int{1, b.questions / 3, b.questions} {
		if err := s.close(); err != nil {
			return r, s, err
		}
		before, err := b.blocks(ctx, s.db)
		if err != nil {
			return r, s, err
		}
		if s, err = attach(ctx, b.server, s.db, 1); err != nil {
			return r, s, err
		}
		all, err := times(ctx, n, ask)
		if err = errors.Join(err, s.close()); err != nil {
			return r, s, err
		}
		r.timed(all)
		after, err := b.blocks(ctx, s.db)
		if err != nil {
			return r, s, err
		}
		blocks[i] = after - before
		if s, err = attach(ctx, b.server, s.db, b.conns); err != nil {
			return r, s, err
		}
	}
	r.note("blocks", (blocks[2]-blocks[1])/float64(b.questions-b.questions/3))
	n, err := b.explain(ctx, s.db, q)
	r.note(planned, n)
	return r, s, err
}

// times does a deed so often, one after the other.
func times(ctx context.Context, n int, do deed) (r run, err error) {
	for range n {
		at := clock.Time()
		if err := do(ctx, &hand{}); err != nil {
			return r, err
		}
		took := clock.Time().Sub(at)
		r.Seconds, r.Micros = r.Seconds+took.Seconds(), append(r.Micros, int32(took.Microseconds()))
	}
	slices.Sort(r.Micros)
	return r, nil
}

// timed fills in what stands in a run.
func (w *row) timed(r run) {
	w.figures[rate], w.figures[p50], w.figures[p99] = r.rate(), r.quantile(0.50), r.quantile(0.99)
}

// blocks returns how many the server has read or found in a database, once all
// who are connected to it have left.
func (b *bench) blocks(ctx context.Context, db string) (n float64, err error) {
	if err := b.server.left(ctx, db); err != nil {
		return 0, err
	}
	err = b.server.admin.QueryRow(ctx, "select blks_read + blks_hit from pg_stat_database where datname = $1", db).Scan(&n)
	return n, err
}
