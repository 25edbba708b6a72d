package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/soukhq/souk/ledger"
)

// clock is the real one.
var clock = ledger.Env{}

// hand is one caller: its own random numbers, and what it has seen.
type hand struct {
	random
	retried int64
	micros  []int32
}

// deed is what a caller does again and again.
type deed func(ctx context.Context, h *hand) error

// run is what some callers did in a while.
type run struct {
	Seconds float64
	Retried int64   // times that a race was lost or an outcome was unknown
	Micros  []int32 // how long each deed took, from the shortest
}

func (r *run) done() int64   { return int64(len(r.Micros)) }
func (r *run) rate() float64 { return float64(r.done()) / r.Seconds }

// quantile returns the time that a part of all deeds stayed below, in ms.
func (r *run) quantile(q float64) float64 {
	if len(r.Micros) == 0 {
		return none
	}
	return float64(r.Micros[int(q*float64(len(r.Micros)-1))]) / 1000
}

// join adds what other callers did at the same time.
func (r *run) join(o run) {
	r.Seconds, r.Retried = max(r.Seconds, o.Seconds), r.Retried+o.Retried
	r.Micros = append(r.Micros, o.Micros...)
	slices.Sort(r.Micros)
}

// drive lets callers do a deed for a while. What has begun is finished and
// counted. The first error ends all of it.
func drive(ctx context.Context, callers int, span time.Duration, seed uint64, do deed) (run, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var group sync.WaitGroup
	hands := make([]*hand, callers)
	begin := clock.Time()
	end := begin.Add(span)
	for i := range hands {
		h := &hand{random: random(seed<<16 + uint64(i))}
		hands[i] = h
		group.Go(func() {
			for at := clock.Time(); at.Before(end) && ctx.Err() == nil; {
				if err := do(ctx, h); err != nil {
					stop(err)
					return
				}
				now := clock.Time()
				h.micros = append(h.micros, int32(now.Sub(at).Microseconds()))
				at = now
			}
		})
	}
	group.Wait()
	r := run{Seconds: clock.Time().Sub(begin).Seconds()}
	for _, h := range hands {
		r.Retried += h.retried
		r.Micros = append(r.Micros, h.micros...)
	}
	slices.Sort(r.Micros)
	return r, context.Cause(ctx)
}

// commit hands in a change until it is known to be in the books.
func commit(ctx context.Context, s ledger.Store, h *hand, c *ledger.Change) error {
	for try := 1; ; try++ {
		_, err := s.Commit(ctx, c)
		if err == nil {
			return nil
		}
		again := errors.Is(err, ledger.Conflict) || errors.Is(err, ledger.Unknown) || errors.Is(err, ledger.Unavailable)
		if !again || try == 100 || ctx.Err() != nil {
			return fmt.Errorf("change %s, try %d: %w", c.ID, try, err)
		}
		h.retried++
		if try > 3 {
			time.Sleep(time.Duration(try) * 100 * time.Microsecond)
		}
	}
}
