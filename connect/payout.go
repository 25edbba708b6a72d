package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

var payoutKind = payout.Kind

func payoutKindInfo() ledger.KindInfo { return payoutKind.Info() }

// PayoutRequest pays out what is available to an account, to the platform
// itself, or what was collected for an authority to that authority.
type PayoutRequest struct {
	Key       string `json:"-"`
	AccountID string `json:"account,omitzero"` // empty: the platform, or an authority
	// Amount is taken from the balance in its currency. With zero minor units,
	// everything that is available in that currency; the zero Money is
	// everything in the payee's own currency.
	Amount ledger.Money `json:"amount"`
	// Currency is what the payee's bank gets. Zero: that of Amount if the payee
	// has a bank account in it, else that of their default bank account; where
	// it is another than Amount's, the money is converted first.
	Currency ledger.Currency `json:"currency,omitzero"`
	// BankID names one of an account's bank accounts that is not the default of its currency.
	BankID string `json:"bankAccount,omitzero"`
	// Authority, with Bank, pays a tax to an authority instead.
	Authority  string            `json:"authority,omitzero"`
	PeriodEnd  payout.Day        `json:"periodEnd,omitzero"` // pays an authority at most what was owed to it at the end of that day, in UTC
	Bank       *BankDetails      `json:"bank,omitzero"`
	Descriptor string            `json:"descriptor,omitzero"` // on the payee's statement, at most 22 ASCII characters
	Metadata   map[string]string `json:"metadata,omitzero"`

	rates rates // found out before the unit of work
	bank  BankAccount
}

// Payout takes money out of a balance and hands it to the rail. The payout is
// in transit until the rail's final word, which Drain reads. It is refused, with
// class State and code capability_inactive, until the account has provided what
// its country asks for. What is converted first fills a balance below zero in
// the currency bought, and the rest of it is paid.
func (p *Platform) Payout(ctx context.Context, r PayoutRequest) (*payout.Payout, error) {
	if err := p.may(ctx, "Payout"); err != nil {
		return nil, err
	}
	return payoutTask.do(ctx, p, r.Key, r)
}

// GetPayout returns a payout of the platform.
func (p *Platform) GetPayout(ctx context.Context, id string) (*payout.Payout, error) {
	return get(ctx, p, &payoutKind, id, "payout", func(o *payout.Payout) string { return o.Platform })
}

// CancelPayoutRequest withdraws a payout.
type CancelPayoutRequest struct {
	Key      string `json:"-"`
	PayoutID string `json:"payout,omitzero"`
}

// CancelPayout withdraws a payout that was only recorded, in the host's own
// transaction (In), and that nobody has begun to carry out. Its money is
// available again. Any other is of class State, code invalid_state: the rail may
// have it.
func (p *Platform) CancelPayout(ctx context.Context, r CancelPayoutRequest) (*payout.Payout, error) {
	verb := simpleVerb[payout.Payout]{
		name: "cancel payout", kind: &payoutKind, target: r.PayoutID,
		replayed: func(o *payout.Payout) *bool { return &o.Replayed },
	}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*payout.Payout, error) {
		o, err := payoutKind.Get(u, r.PayoutID)
		if err != nil {
			return nil, notFoundOr(err, "payout")
		}
		if o.Platform != p.id {
			return nil, notFound("payout")
		}
		return o, payout.Cancel(u, o)
	})
}

var payoutTask = &task[PayoutRequest, payout.Payout, payout.Ack]{
	verb: "payout",
	kind: &payoutKind,
	head: func(o *payout.Payout) head {
		return head{id: o.ID, platform: o.Platform, partner: o.Rail, work: &o.Work, replayed: &o.Replayed}
	},
	partner:  railName,
	prepare:  preparePayout,
	record:   recordPayout,
	carryOut: submitPayout,
	settle:   settlePayout,
	rest:     func(u *ledger.Unit, _ *Platform, o *payout.Payout, code string) error { return payout.Lost(u, o, code) },
	open:     awaitsAck,
	late: func(u *ledger.Unit, _ *Platform, o *payout.Payout, ack payout.Ack) error {
		if !ack.Accepted || o.Sent > 0 {
			return nil
		}
		o.Sent, o.SentAt = 1, u.At()
		return payout.Named(u, o, ack.Reference)
	},
}

// railName names the engine's rail.
func railName(e *Engine) string { return e.c.Rail.Info().Name }

// awaitsAck decides what a late acknowledgement means to a payout. That it was
// accepted is no news once it is known to have failed at the bank.
func awaitsAck(o *payout.Payout, ack payout.Ack) (bool, error) {
	switch o.Status {
	case payout.Pending, payout.Unknown:
		return true, nil
	case payout.InTransit, payout.Paid, payout.Returned:
		if ack.Accepted {
			return false, nil
		}
	case payout.Failed:
		return false, nil
	}
	return false, badState("contradicting_news", "status", "the payout is "+string(o.Status))
}
