package main

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// runBulk measures transfers that one caller hands over in one call, against
// pgbench at 8 callers. The times are those of calls.
func runBulk(ctx context.Context, b *bench, add func(row)) error {
	k, draw := newBooks(b.sellers, 1), uniform(b.sellers)
	return b.on(ctx, k, func(s *subject) error {
		if err := k.fund(ctx, s); err != nil {
			return err
		}
		do := func(ctx context.Context, h *hand) error {
			list := make([]*ledger.Change, b.bulk)
			for i := range list {
				list[i] = k.transfer(h, draw)
			}
			return s.commitAll(ctx, h, list)
		}
		warm := func(ctx context.Context) error { return do(ctx, &hand{random: random(b.nextSeed())}) }
		r, err := b.measureRun(ctx, newRow("bulk", 8), s.db, warm, b.driven(1, do))
		if err != nil {
			return err
		}
		r.scaled(float64(b.bulk))
		r.note("changes a call", float64(b.bulk))
		add(r)
		return nil
	})
}
