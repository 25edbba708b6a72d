package main

import (
	"context"
	"runtime"
	"time"
)

// runMemory measures the heap of a program that posts: before, right after a
// run, and a second later.
func runMemory(ctx context.Context, b *bench, add func(row)) error {
	k := newBooks(b.sellers, 1)
	return b.on(ctx, k, func(s *subject) error {
		idle := heap()
		r, err := b.measure(ctx, "memory", 64, s.db, k.charge(s))
		if err != nil {
			return err
		}
		r.note("MB in use before", idle)
		r.note("after", heap())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(b.span, time.Second)):
		}
		r.note("idle", heap())
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		r.note("of the system", float64(m.Sys)/(1<<20))
		add(r)
		return nil
	})
}

// heap returns how many MB live, garbage collected.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}
