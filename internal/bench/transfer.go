package main

import "context"

// runTransfer measures transfers between accounts with floors.
func runTransfer(ctx context.Context, b *bench, add func(row)) error {
	for _, kind := range []struct {
		name string
		draw pick
	}{{"transfer, uniform", uniform(b.sellers)}, {"transfer, zipf 1.1", zipf(b.sellers, 1.1)}} {
		k := newBooks(b.sellers, 1)
		err := b.on(ctx, k, func(s *subject) error {
			if err := k.fund(ctx, s); err != nil {
				return err
			}
			r, err := b.measure(ctx, kind.name, 64, s.db, func(ctx context.Context, h *hand) error {
				return commit(ctx, s, h, k.transfer(h, kind.draw))
			})
			if err == nil {
				add(r)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
