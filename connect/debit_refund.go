package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// instruction pays a refund of a bank debit to the account that was debited.
func (r *Refund) instruction(c *Charge) payout.Instruction {
	return payout.Instruction{Key: railKey(r.ID), Amount: r.presented(), Destination: r.destination(c), Descriptor: c.Descriptor}
}

// destination is the bank account that a refund goes to.
func (r *Refund) destination(c *Charge) payout.Destination {
	if r.Way != nil {
		return r.Way.Destination
	}
	return c.Debit.Destination
}

// refundUpdate books one piece of a rail's news of a refund: it was paid, or it failed,
// also after it had been paid.
func (e *Engine) refundUpdate(ctx context.Context, id string, n payout.Update) error {
	r, err := refundKind.Read(ctx, e.c.Store, id)
	if err != nil {
		return notFoundOr(err, "refund")
	}
	if r.Rail == "" || r.Rail != railName(e) || railKey(r.ID) != n.Key {
		return notFound("refund")
	}
	a := Answer{Status: Declined, Code: clip(n.Code)}
	switch n.Kind {
	case payout.UpdatePaid:
		a = Answer{Status: Approved, Amount: n.Amount}
	case payout.UpdateFailed:
	case payout.UpdateReturned:
		a.Status = Failed
	default:
		return badField("invalid_update", "kind", "a refund is paid, fails or is returned")
	}
	if n.Amount != r.presented() {
		return badState("amount_mismatch", "amount", "the news is of "+n.Amount.String()+", the refund of "+r.presented().String())
	}
	p, err := e.Platform(ctx, r.Platform)
	if err != nil {
		return err
	}
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		r, err := refundKind.Get(u, id)
		if err != nil {
			return err
		}
		return refundTask.hear(u, p, r, a)
	})
	return err
}
