package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// PlatformFeeReturn gives all or part of a fee outside a sale back to the seller.
type PlatformFeeReturn struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Account     string            `json:"account"`
	Fee         string            `json:"fee"`
	Amount      ledger.Money      `json:"amount"`       // of the fee's amount
	Tax         []Tax             `json:"tax,omitzero"` // that goes back with it
	Description string            `json:"description,omitzero"`
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (r *PlatformFeeReturn) replay() *bool { return &r.Replayed }

var platformFeeReturnKind = ledger.Kind[PlatformFeeReturn]{
	Name:   "connect.platform_fee_return",
	Prefix: "pfret_",
	Loaded: func(r *PlatformFeeReturn) { taxLoaded(r.Tax) },
	Keys: func(r *PlatformFeeReturn) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: r.Platform, At: r.Created}, {Name: "account", Value: r.Account, At: r.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "fee", Path: "fee"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// ReturnFeeRequest gives a fee back.
type ReturnFeeRequest struct {
	Key         string            `json:"-"`
	FeeID       string            `json:"fee,omitzero"`
	Amount      ledger.Money      `json:"amount,omitzero"`      // of the fee's amount, without tax; the zero Money is all that is left
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// ReturnFee gives all or part of a fee back, with the same part of the tax on it by
// cumulative targets. What is given back adds up to at most the fee, else it is of
// class State, code return_exceeds_fee (amount). What the platform does not have is
// refused or leaves a debt, as its short-balance policy says.
func (p *Platform) ReturnFee(ctx context.Context, r ReturnFeeRequest) (*PlatformFeeReturn, error) {
	verb := simpleVerb[PlatformFeeReturn]{name: "return fee", kind: &platformFeeReturnKind, replayed: (*PlatformFeeReturn).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*PlatformFeeReturn, error) { return p.newFeeReturn(u, &r) })
}

func (p *Platform) newFeeReturn(u *ledger.Unit, r *ReturnFeeRequest) (*PlatformFeeReturn, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	f, err := platformFeeKind.Get(u, r.FeeID)
	if err != nil {
		return nil, notFoundOr(err, "fee")
	}
	if f.Platform != p.id {
		return nil, notFound("fee")
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return nil, err
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return nil, err
	}
	o := &PlatformFeeReturn{
		ID: u.NewID(platformFeeReturnKind.Prefix), Platform: p.id, Account: f.Account, Fee: f.ID,
		Description: r.Description, Created: u.At(), Metadata: r.Metadata,
	}
	if o.Amount, err = f.returnable(r.Amount); err != nil {
		return nil, err
	}
	if err := f.giveBack(o); err != nil {
		return nil, err
	}
	cur := o.Amount.Currency()
	lines := []line{out(p.of(p.id, "available", cur), o.Amount).force(prof.ShortBalance)}
	for _, t := range o.Tax {
		lines = append(lines, out(p.of(p.id, "tax/"+t.Authority, cur), t.Amount))
	}
	lines = append(lines, in(p.of(o.Account, "available", cur), ledger.Minor(o.Amount.Minor()+addTax(o.Tax), cur)))
	b := &books{u: u, p: p, object: platformFeeReturnKind.ID(o.ID)}
	b.post("fee refund", lines...)
	if err := p.putFee(u, f, EventFeeReturned); err != nil {
		return nil, err
	}
	u.Emit(ledger.Event{Type: EventFeeReturnCreated, Platform: p.id, Object: platformFeeReturnKind.ID(o.ID)})
	return o, platformFeeReturnKind.Put(u, o.ID, o)
}

// returnable is how much of a fee is given back.
func (f *PlatformFee) returnable(asked ledger.Money) (ledger.Money, error) {
	left := minus(f.Amount, f.Returned)
	switch {
	case asked == ledger.Money{}:
		asked = left
	case asked.Currency() != left.Currency():
		return asked, badField("currency_mismatch", "amount", "the fee is in "+left.Currency().String())
	case asked.Sign() <= 0:
		return asked, badField("invalid_amount", "amount", "more than zero is given back")
	}
	if asked.Minor() > left.Minor() || asked.IsZero() {
		return asked, badState("return_exceeds_fee", "amount", left.String()+" of the fee can still be given back")
	}
	return asked, nil
}

// giveBack counts a part that is given back, and the tax that goes with it.
func (f *PlatformFee) giveBack(o *PlatformFeeReturn) error {
	f.Returned = sum(f.Returned, o.Amount)
	for i := range f.Tax {
		t := &f.Tax[i]
		target, err := t.Amount.Proportion(f.Returned, f.Amount)
		if err != nil {
			return err
		}
		if step := minus(target, t.Refunded); step.Sign() > 0 {
			o.Tax = append(o.Tax, Tax{Authority: t.Authority, Amount: step})
		}
		t.Refunded = target
	}
	taxLoaded(o.Tax)
	return nil
}

// GetPlatformFeeReturn returns what was given back of a fee of the platform.
func (p *Platform) GetPlatformFeeReturn(ctx context.Context, id string) (*PlatformFeeReturn, error) {
	return get(ctx, p, &platformFeeReturnKind, id, "fee return", func(r *PlatformFeeReturn) string { return r.Platform })
}
