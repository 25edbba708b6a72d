package main

import (
	"context"
	"errors"
	"io"
	"time"
)

// bench is what all workloads share.
type bench struct {
	server *server   // nil: the store is measured without one
	base   *baseline // nil: to nothing
	log    io.Writer
	span   time.Duration
	conns  int
	verify bool

	sellers   int
	spread    int   // accounts of each kind of the house, where none is hot
	bulk      int   // changes in one call
	sizes     []int // transactions, at which growth measures
	questions int   // that growth asks
	programs  bool  // some workloads are programs of their own

	seed uint64 // of the last run
}

// prepared opens a new store and its accounts.
func (b *bench) prepared(ctx context.Context, k *books) (*subject, error) {
	db := ""
	if b.server != nil {
		var err error
		if db, err = b.server.create(ctx); err != nil {
			return nil, err
		}
	}
	s, err := attach(ctx, b.server, db, b.conns)
	if err != nil {
		return nil, err
	}
	if err := k.open(ctx, s); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// on runs fn on a new store with these books, and checks them afterwards.
func (b *bench) on(ctx context.Context, k *books, fn func(*subject) error) (err error) {
	s, err := b.prepared(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := fn(s); err != nil {
		return err
	}
	return k.check(ctx, s, b.verify)
}

// nextSeed returns another seed for each run.
func (b *bench) nextSeed() uint64 {
	b.seed++
	return b.seed
}

// driven drives a deed for the span of a row.
func (b *bench) driven(callers int, do deed) func(ctx context.Context) (run, error) {
	return func(ctx context.Context) (run, error) {
		return drive(ctx, callers, b.span, b.nextSeed(), do)
	}
}

// measure runs pgbench, then the deed a little to warm up, then for good.
func (b *bench) measure(ctx context.Context, name string, callers int, db string, do deed) (row, error) {
	return b.measureRun(ctx, newRow(name, callers), db, func(ctx context.Context) error {
		_, err := drive(ctx, callers, b.span/5, b.nextSeed(), do)
		return err
	}, b.driven(callers, do))
}

// measureRun fills a row in from pgbench at the row's callers, and from a run.
func (b *bench) measureRun(ctx context.Context, w row, db string, warm func(context.Context) error, measured func(context.Context) (run, error)) (row, error) {
	sameRate, bestRate, err := b.base.pair(ctx, w.callers, b.span)
	if err != nil {
		return w, err
	}
	if err := warm(ctx); err != nil {
		return w, err
	}
	before, err := b.usage(ctx, db)
	if err != nil {
		return w, err
	}
	r, err := measured(ctx)
	if err != nil {
		return w, err
	}
	after, err := b.usage(ctx, db)
	if err != nil {
		return w, err
	}
	w.figures[rate], w.figures[p50], w.figures[p99] = r.rate(), r.quantile(0.50), r.quantile(0.99)
	w.figures[pgbench], w.figures[same], w.figures[best] = sameRate, r.rate()/sameRate, r.rate()/bestRate
	w.spent(before, after, float64(r.done()))
	if r.Retried > 0 {
		w.note("tried again", float64(r.Retried))
	}
	return w, nil
}

// spent notes what each of n deeds has used up.
func (w *row) spent(before, after usage, n float64) {
	w.figures[disk], w.figures[wal] = (after.disk-before.disk)/n, (after.wal-before.wal)/n
	w.figures[serverCPU], w.figures[clientCPU] = (after.server-before.server)/n, (after.client-before.client)/n
}

// scaled turns a row whose deeds were calls of n changes each into one of
// changes; its times stay those of calls.
func (w *row) scaled(n float64) {
	for _, i := range []int{rate, same, best} {
		w.figures[i] *= n
	}
	for _, i := range []int{disk, wal, serverCPU, clientCPU} {
		w.figures[i] /= n
	}
}
