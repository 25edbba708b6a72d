package connecttest

import (
	"context"

	"github.com/soukhq/souk/connect"
)

// RemindCards tells simulated cards again which charges and refunds of a platform
// they have answered. They forget with their process, where the books may outlive
// it; a real acquirer needs no such thing.
func RemindCards(ctx context.Context, p *connect.Platform, cards connect.Acquirer) error {
	page := connect.ListRequest{Limit: 100}
	reference := make(map[string]string)
	for c, err := range p.Charges(ctx, page) {
		if err != nil {
			return err
		}
		if c.Reference == "" {
			continue
		}
		if _, err := cards.Authorize(ctx, c.ID, connect.AuthorizeOrder{Amount: c.Amount, Source: c.Source, Capture: true}); err != nil {
			return err
		}
		reference[c.ID] = c.Reference
	}
	for r, err := range p.Refunds(ctx, page) {
		if err != nil {
			return err
		}
		if r.Reference == "" {
			continue
		}
		if _, err := cards.Refund(ctx, r.ID, connect.RefundOrder{Reference: reference[r.Charge], Amount: r.Amount}); err != nil {
			return err
		}
	}
	return nil
}
