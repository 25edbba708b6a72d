package connect

import (
	"context"
	"fmt"
)

// News books what an acquirer says unasked: a notification, a line of a report,
// what a person found out. It may come twice, late, and in any order: what is
// decided already stays. News of a key that is not ours is NotFound; news that
// contradicts what is booked is of class State, code contradicting_news, and
// changes nothing.
func (e *Engine) News(ctx context.Context, n News) error {
	if err := e.start(ctx); err != nil {
		return err
	}
	switch {
	case chargeKind.Fits(n.Key):
		c, err := chargeKind.Read(ctx, e.c.Store, n.Key)
		if err != nil {
			return fmt.Errorf("connect: news: %w", notFoundOr(err, "charge"))
		}
		p, err := e.Platform(ctx, c.Platform)
		if err != nil {
			return err
		}
		return chargeTask.news(ctx, p, n.Key, n.Answer, func(c *Charge) (bool, error) {
			open := c.Status == ChargeProcessing || c.Status == ChargeUnknown
			return open, contradicts(open, n.Answer, c.Status == ChargeSucceeded)
		})
	case refundKind.Fits(n.Key):
		r, err := refundKind.Read(ctx, e.c.Store, n.Key)
		if err != nil {
			return fmt.Errorf("connect: news: %w", notFoundOr(err, "refund"))
		}
		p, err := e.Platform(ctx, r.Platform)
		if err != nil {
			return err
		}
		return refundTask.news(ctx, p, n.Key, n.Answer, func(r *Refund) (bool, error) {
			open := r.Status == RefundPending || r.Status == RefundUnknown
			return open, contradicts(open, n.Answer, r.Status == RefundSucceeded)
		})
	}
	return fmt.Errorf("connect: news: %w", notFound("object of this key"))
}

// contradicts refuses a final answer that is not the one that was booked.
func contradicts(open bool, a Answer, succeeded bool) error {
	if open || a.Status == Received || (a.Status == Approved) == succeeded {
		return nil
	}
	return badState("contradicting_news", "status", "another answer has been booked")
}
