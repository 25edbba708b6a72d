package connect

import (
	"cmp"
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// TransferReversal takes all or part of a transfer back.
type TransferReversal struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Transfer    string            `json:"transfer"`
	From        string            `json:"from"`   // who had got it
	To          string            `json:"to"`     // who had given it
	Amount      ledger.Money      `json:"amount"` // of the transfer's amount
	Description string            `json:"description,omitzero"`
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Where the transfer was converted: what From gave, the same part of what they
	// had got; and what it came to. Returned differs from Amount by what the rate has
	// moved, and by the spread.
	Taken      ledger.Money       `json:"taken,omitzero"`
	Returned   ledger.Money       `json:"returned,omitzero"`
	Conversion *payout.Conversion `json:"conversion,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (r *TransferReversal) replay() *bool { return &r.Replayed }

var transferReversalKind = ledger.Kind[TransferReversal]{
	Name:   "connect.transfer_reversal",
	Prefix: "trr_",
	Keys: func(r *TransferReversal) []ledger.Key {
		return []ledger.Key{
			{Name: "platform", Value: r.Platform, At: r.Created}, {Name: "transfer", Value: r.Transfer, At: r.Created},
			{Name: "owner", Value: r.From, At: r.Created}, {Name: "owner", Value: r.To, At: r.Created},
		}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "transfer", Path: "transfer"},
		{Name: "from_owner", Path: "from"}, {Name: "to_owner", Path: "to"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// ReverseTransferRequest takes a transfer back.
type ReverseTransferRequest struct {
	Key         string            `json:"-"`
	TransferID  string            `json:"transfer,omitzero"`
	Amount      ledger.Money      `json:"amount,omitzero"`      // of the transfer's amount; the zero Money is all that is left
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Metadata    map[string]string `json:"metadata,omitzero"`

	rates rates
}

// ReverseTransfer takes all or part of a transfer back from whoever got it.
// Reversals of a transfer add up to at most its amount. What they do not have is
// refused with insufficient_funds, or leaves a debt, as their short-balance policy
// says. What had been converted is converted back at the rate of the moment: who
// gives it gives the same part of what they got, and never more.
func (p *Platform) ReverseTransfer(ctx context.Context, r ReverseTransferRequest) (*TransferReversal, error) {
	if err := p.may(ctx, "ReverseTransfer"); err != nil {
		return nil, err
	}
	verb := simpleVerb[TransferReversal]{name: "reverse transfer", kind: &transferReversalKind, replayed: (*TransferReversal).replay}
	verb.prepare = func(ctx context.Context) error {
		t, err := transferKind.Read(ctx, p.store, r.TransferID)
		if err != nil || t.Platform != p.id || t.Received.IsZero() {
			return nil // the unit says what is wrong with it, if anything
		}
		r.rates, err = p.rates(ctx, t.Received.Currency(), t.Amount.Currency())
		return err
	}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*TransferReversal, error) {
		if err := p.reversible(u, r.TransferID); err != nil {
			return nil, err
		}
		return p.newReversal(u, &r)
	})
}

func (p *Platform) newReversal(u *ledger.Unit, r *ReverseTransferRequest) (*TransferReversal, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	t, err := transferKind.Get(u, r.TransferID)
	if err != nil {
		return nil, notFoundOr(err, "transfer")
	}
	if t.Platform != p.id {
		return nil, notFound("transfer")
	}
	if t.Status != TransferMade {
		return nil, badState("invalid_state", "transfer", "nothing of it has moved; it is "+string(t.Status))
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return nil, err
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return nil, err
	}
	o := &TransferReversal{
		ID: u.NewID(transferReversalKind.Prefix), Platform: p.id, Transfer: t.ID, From: t.To, To: t.From,
		Description: r.Description, Created: u.At(), Metadata: r.Metadata,
	}
	if o.Amount, err = t.reversible(r.Amount); err != nil {
		return nil, err
	}
	if err := t.count(o); err != nil {
		return nil, err
	}
	if err := p.postReversal(u, prof, r, t, o); err != nil {
		return nil, err
	}
	if err := p.backToCharge(u, t, o.Amount); err != nil {
		return nil, err
	}
	u.Emit(ledger.Event{Type: EventTransferReversed, Platform: p.id, Object: transferKind.ID(t.ID)})
	if err := transferKind.Put(u, t.ID, t); err != nil {
		return nil, err
	}
	u.Emit(ledger.Event{Type: EventTransferReversalCreated, Platform: p.id, Object: transferReversalKind.ID(o.ID)})
	return o, transferReversalKind.Put(u, o.ID, o)
}

// reversible returns how much a reversal of a transfer is for.
func (t *Transfer) reversible(asked ledger.Money) (ledger.Money, error) {
	left := minus(t.Amount, t.Reversed)
	switch {
	case asked == ledger.Money{}:
		asked = left
	case asked.Currency() != t.Amount.Currency():
		return asked, badField("currency_mismatch", "amount", "the transfer is in "+t.Amount.Currency().String())
	case asked.Sign() <= 0:
		return asked, badField("invalid_amount", "amount", "a reversal is more than zero")
	}
	if asked.Minor() > left.Minor() || asked.IsZero() {
		return asked, badState("reversal_exceeds_transfer", "amount", left.String()+" of the transfer can still be reversed")
	}
	return asked, nil
}

// count counts a reversal on its transfer. What was converted comes back by
// cumulative targets, so that all of it is all that was got.
func (t *Transfer) count(o *TransferReversal) error {
	t.Reversed = sum(t.Reversed, o.Amount)
	if t.Received.IsZero() {
		return nil
	}
	target, err := t.Received.Proportion(t.Reversed, t.Amount)
	if err != nil {
		return err
	}
	if o.Taken = minus(target, t.TakenBack); o.Taken.IsZero() {
		return badField("amount_below_minimum", "amount", "it is less than one minor unit of "+target.Currency().String())
	}
	t.TakenBack = target
	return nil
}

// postReversal moves the money back, and converts it where it had been converted.
func (p *Platform) postReversal(u *ledger.Unit, prof *Profile, r *ReverseTransferRequest, t *Transfer, o *TransferReversal) error {
	taken := o.Amount
	if !o.Taken.IsZero() {
		taken = o.Taken
	}
	waits, rest, err := p.heldReversal(u, t, taken)
	if err != nil {
		return err
	}
	gives, err := p.gives(u, prof, t.To, cmp.Or(t.ToIn, "available"), rest)
	if err != nil {
		return err
	}
	purpose, err := p.dayNow(u, t.From, cmp.Or(t.FromIn, "available"), t.Amount.Currency())
	if err != nil {
		return err
	}
	b := &books{u: u, p: p, object: transferReversalKind.ID(o.ID)}
	b.post("transfer reversal", waits, gives, in(p.of(t.From, purpose, taken.Currency()), taken))
	if !o.Taken.IsZero() {
		o.Returned, o.Conversion, err = b.convert(prof, t.From, purpose, taken, r.rates)
	}
	return err
}

// gives takes an amount from somebody as their short-balance policy says: where it
// landed while that is open, and has enough if they may not go negative; else from
// what is available.
func (p *Platform) gives(u *ledger.Unit, prof *Profile, owner, purpose string, m ledger.Money) (line, error) {
	short := prof.ShortBalance
	if owner != p.id {
		a, err := p.account(u, owner)
		if err != nil {
			return line{}, err
		}
		short = a.ShortBalance
	}
	purpose, err := p.dayNow(u, owner, purpose, m.Currency())
	if err != nil {
		return line{}, err
	}
	if isPending(purpose) && short != ShortNegative {
		free, err := u.Spendable(p.of(owner, purpose, m.Currency()))
		if err != nil {
			return line{}, err
		}
		if free.Minor() < m.Minor() {
			purpose = "available"
		}
	}
	return out(p.of(owner, purpose, m.Currency()), m).force(short), nil
}

// backToCharge lets what was reversed of a charge be transferred again.
func (p *Platform) backToCharge(u *ledger.Unit, t *Transfer, m ledger.Money) error {
	if t.Charge == "" {
		return nil
	}
	c, err := p.charge(u, t.Charge)
	if err != nil {
		return err
	}
	c.Transferred = minus(c.Transferred, m)
	if s := c.shareOf(t.To); s != nil {
		s.Transferred = minus(s.Transferred, m)
	}
	return p.putCharge(u, c, EventChargeUpdated)
}

// GetTransferReversal returns a reversal of a transfer of the platform.
func (p *Platform) GetTransferReversal(ctx context.Context, id string) (*TransferReversal, error) {
	return get(ctx, p, &transferReversalKind, id, "transfer reversal", func(r *TransferReversal) string { return r.Platform })
}
