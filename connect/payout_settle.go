package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// submitPayout hands one payout to the rail.
func submitPayout(ctx context.Context, p *Platform, o *payout.Payout, first bool) (payout.Ack, error) {
	in := payout.Instruction{Key: o.Key(), Amount: o.Amount, Destination: o.Destination, Descriptor: o.Descriptor}
	return handOver(ctx, p, in, &o.Work, first)
}

// settlePayout books the rail's acknowledgement. A refusal gives the money back.
func settlePayout(u *ledger.Unit, p *Platform, o *payout.Payout, ack payout.Ack) error {
	o.Sent, o.SentAt = o.Sent+1, u.At()
	if ack.Accepted {
		return payout.Accepted(u, o, ack.Reference)
	}
	if err := payout.Apply(u, o, payout.Update{ID: o.Key(), Kind: payout.UpdateFailed, Code: ack.Code, Amount: o.Amount}); err != nil {
		return err
	}
	return p.bankErrored(u, o)
}
