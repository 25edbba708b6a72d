package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// approving is an acquirer that says yes to everything and asks nobody. It is
// for previews.
type approving struct{ Acquirer }

func (approving) Authorize(_ context.Context, _ string, o AuthorizeOrder) (Answer, error) {
	a := Answer{Status: Approved, Reference: "preview", Amount: o.Amount}
	if o.Save {
		a.Saved.Token = "preview"
	}
	return a, nil
}

// SaveSource, Increase and AnswerDispute are there for acquirers that have them (optional).
func (approving) SaveSource(context.Context, string, SaveOrder) (Answer, error) {
	return Answer{Status: Approved, Reference: "preview", Saved: SourceDetails{Token: "preview"}}, nil
}

func (approving) Increase(_ context.Context, _ string, o IncreaseOrder) (Answer, error) {
	return Answer{Status: Approved, Reference: "preview", Amount: o.Total}, nil
}

func (approving) AnswerDispute(context.Context, string, DisputeOrder) (Answer, error) {
	return Answer{Status: Approved, Reference: "preview"}, nil
}

func (approving) Capture(_ context.Context, _ string, o CaptureOrder) (Answer, error) {
	return Answer{Status: Approved, Reference: "preview", Amount: o.Amount}, nil
}

func (approving) Cancel(context.Context, string, CancelOrder) (Answer, error) {
	return Answer{Status: Approved, Reference: "preview"}, nil
}

func (approving) Refund(_ context.Context, _ string, o RefundOrder) (Answer, error) {
	return Answer{Status: Approved, Reference: "preview", Amount: o.Amount}, nil
}

func (approving) Lookup(context.Context, string) (Answer, error) {
	return Answer{}, &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: "connect: preview"}
}

// accepting is a rail that takes everything and sends nothing. It is for
// previews.
type accepting struct{ payout.Rail }

func (accepting) Submit(_ context.Context, batch []payout.Instruction) ([]payout.Ack, error) {
	acks := make([]payout.Ack, len(batch))
	for i, in := range batch {
		acks[i] = payout.Ack{Key: in.Key, Accepted: true, Reference: "preview"}
	}
	return acks, nil
}

func (accepting) Ask(_ context.Context, key string) (payout.Ack, bool, error) {
	return payout.Ack{Key: key, Accepted: true, Reference: "preview"}, true, nil
}

func (accepting) Updates(_ context.Context, after string) ([]payout.Update, string, error) {
	return nil, after, nil
}
