package main

import (
	"context"
	"errors"
	"fmt"
)

// runProcesses measures several processes on one database, and one with as many
// callers.
func runProcesses(ctx context.Context, b *bench, add func(row)) error {
	alone := none
	for _, n := range []int{1, 3} {
		k := newBooks(b.sellers, 1)
		err := b.on(ctx, k, func(s *subject) error {
			r, done, err := b.measureProcesses(ctx, s.db, n, 96)
			if err != nil {
				return err
			}
			if n == 1 {
				alone = r.figures[rate]
			} else {
				r.note("times one process", r.figures[rate]/alone)
			}
			add(r)
			if s.lasts() { // else each process had books of its own
				k.entries.Add(done * int64(len(house)+1))
				k.events.Add(done)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// measureProcesses fills a row in, and says how many postings there were in all.
func (b *bench) measureProcesses(ctx context.Context, db string, n, callers int) (r row, done int64, err error) {
	var list []*process
	defer func() {
		for _, p := range list {
			err = errors.Join(err, p.end())
		}
	}()
	warm := func(ctx context.Context) error {
		for range n {
			p, err := b.start(ctx, db, callers/n)
			if err != nil {
				return err
			}
			list = append(list, p)
		}
		for _, p := range list {
			var warm int64
			if err := p.from.Decode(&warm); err != nil {
				return fmt.Errorf("a process did not get warm: %w", err)
			}
			done += warm
		}
		return nil
	}
	cpu, last := 0.0, int64(0) // of the measured part
	measured := func(context.Context) (all run, err error) {
		for _, p := range list {
			if err := p.goOn(); err != nil {
				return all, err
			}
		}
		for _, p := range list {
			var t told
			if err := p.from.Decode(&t); err != nil {
				return all, fmt.Errorf("a process did not get to its end: %w", err)
			}
			all.join(t.Run)
			cpu += t.CPU
		}
		last = all.done()
		done += last
		return all, nil
	}
	r, err = b.measureRun(ctx, newRow("posting, processes: "+fmt.Sprint(n), callers), db, warm, measured)
	r.figures[clientCPU] = cpu / float64(last)
	return r, done, err
}
