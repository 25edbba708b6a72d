package connect

import (
	"cmp"
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Transfer is money moved between the balances of one platform.
type Transfer struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	From        string            `json:"from"` // the platform or an account
	To          string            `json:"to"`
	Amount      ledger.Money      `json:"amount"`
	Description string            `json:"description,omitzero"`
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (t *Transfer) replay() *bool { return &t.Replayed }

var transferKind = ledger.Kind[Transfer]{
	Name:   "connect.transfer",
	Prefix: "tr_",
	Keys: func(t *Transfer) []ledger.Key {
		return []ledger.Key{
			{Name: "platform", Value: t.Platform, At: t.Created},
			{Name: "owner", Value: t.From, At: t.Created}, {Name: "owner", Value: t.To, At: t.Created},
		}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "from_owner", Path: "from"}, {Name: "to_owner", Path: "to"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// TransferRequest moves available money to an account.
type TransferRequest struct {
	Key         string            `json:"-"`
	From        string            `json:"from,omitzero"` // an account of the platform; its own id, or empty, is the platform itself
	To          string            `json:"to,omitzero"`   // an account of the platform
	Amount      ledger.Money      `json:"amount,omitzero"`
	Description string            `json:"description,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// Transfer moves available money from the platform, or from one of its
// accounts, to another of its accounts (flow X1 of the chart). It is refused
// with insufficient_funds if what is available does not cover it.
func (p *Platform) Transfer(ctx context.Context, r TransferRequest) (*Transfer, error) {
	verb := simpleVerb[Transfer]{name: "transfer", kind: &transferKind, replayed: (*Transfer).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Transfer, error) {
		if err := p.checkTransfer(u, r); err != nil {
			return nil, err
		}
		from := cmp.Or(r.From, p.id)
		if from != p.id {
			if err := p.expectAccount(u, from); err != nil {
				return nil, inField("from", err)
			}
		}
		if err := p.expectAccount(u, r.To); err != nil {
			return nil, inField("to", err)
		}
		t := &Transfer{
			ID: u.NewID(transferKind.Prefix), Platform: p.id, From: from, To: r.To, Amount: r.Amount,
			Description: r.Description, Created: u.At(), Metadata: r.Metadata,
		}
		b := &books{u: u, p: p, object: transferKind.ID(t.ID)}
		cur := t.Amount.Currency()
		b.post("transfer", out(p.of(from, "available", cur), t.Amount), in(p.of(t.To, "available", cur), t.Amount))
		u.Emit(ledger.Event{Type: EventTransferCreated, Platform: p.id, Object: transferKind.ID(t.ID)})
		return t, transferKind.Put(u, t.ID, t)
	})
}

func (p *Platform) checkTransfer(u *ledger.Unit, r TransferRequest) error {
	if _, err := p.expectProfile(u); err != nil {
		return err
	}
	if r.Amount == (ledger.Money{}) || r.Amount.Sign() <= 0 {
		return badField("invalid_amount", "amount", "a transfer is more than zero")
	}
	if err := p.e.checkCurrency("amount", r.Amount.Currency(), u.At()); err != nil {
		return err
	}
	if r.To == "" {
		return badField("invalid_request", "to", "a transfer names the account that it goes to")
	}
	if r.From == r.To {
		return badField("invalid_request", "to", "a transfer has two sides")
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return err
	}
	return ledger.CheckMetadata(r.Metadata)
}

// GetTransfer returns a transfer of the platform.
func (p *Platform) GetTransfer(ctx context.Context, id string) (*Transfer, error) {
	return get(ctx, p, &transferKind, id, "transfer", func(t *Transfer) string { return t.Platform })
}
