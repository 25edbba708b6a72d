package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// submitPayout hands one payout to the rail.
func submitPayout(ctx context.Context, p *Platform, o *payout.Payout, first bool) (payout.Ack, error) {
	rail := p.e.c.Rail
	info := rail.Info()
	send := func(ctx context.Context) (payout.Ack, error) {
		acks, err := rail.Submit(ctx, []payout.Instruction{{
			Key: o.Key(), Amount: o.Amount, Destination: o.Destination, Descriptor: o.Descriptor,
		}})
		if err == nil && (len(acks) != 1 || acks[0].Key != o.Key()) {
			err = &ledger.Error{Class: ledger.Unknown, Code: "no_answer", Op: "connect: rail " + info.Name}
		}
		if err != nil {
			return payout.Ack{}, err
		}
		return acks[0], nil
	}
	ask := func(ctx context.Context) (payout.Ack, error) {
		ack, seen, err := rail.(payout.Asker).Ask(ctx, o.Key()) // Config.check requires it of an askable rail
		if err == nil && !seen {
			err = &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: "connect: rail " + info.Name}
		}
		return ack, err
	}
	return deliver(ctx, delivery{kind: info.Delivery, keyLife: info.KeyLife, settling: info.Settling}, attemptOf(&o.Work, first, false), send, ask)
}

// settlePayout books the rail's acknowledgement. A refusal gives the money back.
func settlePayout(u *ledger.Unit, _ *Platform, o *payout.Payout, ack payout.Ack) error {
	o.Sent, o.SentAt = o.Sent+1, u.At()
	if ack.Accepted {
		return payout.Accepted(u, o, ack.Reference)
	}
	return payout.Apply(u, o, payout.Update{ID: o.Key(), Kind: payout.UpdateFailed, Code: ack.Code, Amount: o.Amount})
}
