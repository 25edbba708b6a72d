package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// TopUpStatus is where a top-up stands.
type TopUpStatus string

// The states of a top-up.
const (
	TopUpSucceeded TopUpStatus = "succeeded"
	TopUpReversed  TopUpStatus = "reversed" // the bank took it back
)

// TopUp is money that a platform sent from its own bank to its balance, recorded
// when it was received.
type TopUp struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Amount      ledger.Money      `json:"amount"`
	Rail        string            `json:"rail"`               // over which it came
	Reference   string            `json:"reference,omitzero"` // the bank's name for it
	Description string            `json:"description,omitzero"`
	Status      TopUpStatus       `json:"status"`
	Code        string            `json:"code,omitzero"` // why it was reversed
	Created     time.Time         `json:"created"`
	Reversed    time.Time         `json:"reversed,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (t *TopUp) replay() *bool { return &t.Replayed }

var topUpKind = ledger.Kind[TopUp]{
	Name:   "connect.top_up",
	Prefix: "tu_",
	Keys: func(t *TopUp) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: t.Platform, At: t.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "reference", Path: "reference"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// TopUpRequest records money that came from the platform's bank.
type TopUpRequest struct {
	Key         string            `json:"-"`
	Amount      ledger.Money      `json:"amount,omitzero"`      // more than zero, at most twelve digits
	Reference   string            `json:"reference,omitzero"`   // at most 200 characters
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// RecordTopUp books money that has arrived over the engine's rail from the
// platform's own bank: it is available to the platform (flow X3 of the chart). What
// was only announced is not recorded, and posts nothing.
func (p *Platform) RecordTopUp(ctx context.Context, r TopUpRequest) (*TopUp, error) {
	verb := simpleVerb[TopUp]{name: "record top-up", kind: &topUpKind, replayed: (*TopUp).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*TopUp, error) {
		if _, err := p.expectProfile(u); err != nil {
			return nil, err
		}
		if err := p.e.checkTopUp(u, &r); err != nil {
			return nil, err
		}
		t := &TopUp{
			ID: u.NewID(topUpKind.Prefix), Platform: p.id, Amount: r.Amount, Rail: railName(p.e), Reference: r.Reference,
			Description: r.Description, Status: TopUpSucceeded, Created: u.At(), Metadata: r.Metadata,
		}
		bank, own := p.topUpSides(t)
		b := &books{u: u, p: p, object: topUpKind.ID(t.ID)}
		b.post("top-up", out(bank, t.Amount), in(own, t.Amount))
		return t, p.putTopUp(u, t, EventTopUpSucceeded)
	})
}

func (e *Engine) checkTopUp(u *ledger.Unit, r *TopUpRequest) error {
	if r.Amount == (ledger.Money{}) || r.Amount.Sign() <= 0 {
		return badField("invalid_amount", "amount", "a top-up is more than zero")
	}
	if r.Amount.Minor() > maximum {
		return badField("amount_too_large", "amount", "a top-up has at most twelve digits")
	}
	if err := e.checkCurrency("amount", r.Amount.Currency(), u.At()); err != nil {
		return err
	}
	if err := checkPlain("reference", r.Reference, 200); err != nil {
		return err
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return err
	}
	return checkMetadata(r.Metadata)
}

// ReverseTopUpRequest takes a top-up back.
type ReverseTopUpRequest struct {
	Key     string `json:"-"`
	TopUpID string `json:"topUp,omitzero"`
	Code    string `json:"code,omitzero"` // why, in the bank's words: at most 200 characters
}

// ReverseTopUp books that the bank took a top-up back after it had arrived, the
// whole of it. It is booked whatever the platform has by now. One that was
// reversed already is of class State, code invalid_state.
func (p *Platform) ReverseTopUp(ctx context.Context, r ReverseTopUpRequest) (*TopUp, error) {
	verb := simpleVerb[TopUp]{name: "reverse top-up", kind: &topUpKind, replayed: (*TopUp).replay, target: r.TopUpID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*TopUp, error) {
		t, err := topUpKind.Get(u, r.TopUpID)
		if err != nil {
			return nil, notFoundOr(err, "top up")
		}
		if t.Platform != p.id {
			return nil, notFound("top up")
		}
		if err := checkPlain("code", r.Code, 200); err != nil {
			return nil, err
		}
		if err := topUpLife.check("top-up", t.Status, TopUpReversed); err != nil {
			return nil, inField("topUp", err)
		}
		t.Status, t.Code, t.Reversed = TopUpReversed, r.Code, u.At()
		bank, own := p.topUpSides(t)
		b := &books{u: u, p: p, object: topUpKind.ID(t.ID)}
		b.post("top-up reversed", out(own, t.Amount), in(bank, t.Amount))
		return t, p.putTopUp(u, t, EventTopUpReversed)
	})
}

// topUpSides are the accounts that a top-up moves between.
func (p *Platform) topUpSides(t *TopUp) (bank, own ledger.Ref) {
	cur := t.Amount.Currency()
	return p.house("bank_clearing/"+t.Rail, cur), p.of(p.id, "available", cur)
}

func (p *Platform) putTopUp(u *ledger.Unit, t *TopUp, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: topUpKind.ID(t.ID)})
	return topUpKind.Put(u, t.ID, t)
}

// GetTopUp returns a top-up of the platform.
func (p *Platform) GetTopUp(ctx context.Context, id string) (*TopUp, error) {
	return get(ctx, p, &topUpKind, id, "top up", func(t *TopUp) string { return t.Platform })
}
