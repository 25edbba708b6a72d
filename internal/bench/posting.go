package main

import "context"

// runPosting measures postings on hot accounts by number of callers, and the same
// on accounts that are not hot.
func runPosting(ctx context.Context, b *bench, add func(row)) error {
	for _, kind := range []struct {
		name   string
		spread int
	}{{"posting, hot", 1}, {"posting, uniform", b.spread}} {
		k := newBooks(b.sellers, kind.spread)
		err := b.on(ctx, k, func(s *subject) error {
			for _, callers := range []int{1, 8, 64, 256} {
				r, err := b.measure(ctx, kind.name, callers, s.db, k.charge(s))
				if err != nil {
					return err
				}
				add(r)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
