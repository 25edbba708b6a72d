package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// AdjustmentReason says why a balance was adjusted by hand.
type AdjustmentReason string

// The reasons of adjustments.
const (
	AdjustGoodwill     AdjustmentReason = "goodwill"     // a gesture
	AdjustCompensation AdjustmentReason = "compensation" // of something that went wrong
	AdjustPromotion    AdjustmentReason = "promotion"
	AdjustPenalty      AdjustmentReason = "penalty" // by the terms
	AdjustCorrection   AdjustmentReason = "correction"
	AdjustFraud        AdjustmentReason = "fraud"
	AdjustOther        AdjustmentReason = "other" // Description says what
)

// AdjustmentStatus is where an adjustment stands.
type AdjustmentStatus string

// The states of an adjustment.
const (
	AdjustmentProposed AdjustmentStatus = "proposed" // a second person has to approve it
	AdjustmentMade     AdjustmentStatus = "made"
	AdjustmentUndone   AdjustmentStatus = "undone"
	AdjustmentRefused  AdjustmentStatus = "refused"
	AdjustmentExpired  AdjustmentStatus = "expired" // nobody approved in time
)

// adjustmentLife: what was undone is not undone again.
var adjustmentLife = life[AdjustmentStatus]{
	AdjustmentProposed: {AdjustmentMade, AdjustmentRefused, AdjustmentExpired},
	AdjustmentMade:     {AdjustmentUndone},
	AdjustmentUndone:   {},
	AdjustmentRefused:  {},
	AdjustmentExpired:  {},
}

// Adjustment is a balance changed by hand: flow H4 of the chart.
type Adjustment struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Owner       string            `json:"owner"`  // an account, or the platform
	Amount      ledger.Money      `json:"amount"` // more than zero: given to the owner; less: taken from them
	Bearer      Party             `json:"bearer"` // who gives or gets it: the platform or the house
	Reason      AdjustmentReason  `json:"reason"`
	Description string            `json:"description,omitzero"`
	Document    string            `json:"document,omitzero"` // the reference of what proves it
	Forced      bool              `json:"forced,omitzero"`   // it could take the account below zero
	Status      AdjustmentStatus  `json:"status"`
	Signed      Signed            `json:"signed"`
	Made        time.Time         `json:"made,omitzero"`
	Transaction string            `json:"transaction,omitzero"` // by which it was made
	Undo        *AdjustmentUndo   `json:"undo,omitzero"`        // asked for, or done
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// AdjustmentUndo takes an adjustment back.
type AdjustmentUndo struct {
	Reason      AdjustmentReason `json:"reason"`
	Description string           `json:"description,omitzero"`
	Document    string           `json:"document,omitzero"`
	Forced      bool             `json:"forced,omitzero"`
	Signed      Signed           `json:"signed"`
	Made        time.Time        `json:"made,omitzero"` // zero: a second person has to approve it
	Transaction string           `json:"transaction,omitzero"`
}

func (a *Adjustment) replay() *bool { return &a.Replayed }

var adjustmentKind = ledger.Kind[Adjustment]{
	Name:   "connect.adjustment",
	Prefix: "adj_",
	Keys: func(a *Adjustment) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: a.Platform, At: a.Created}, {Name: "owner", Value: a.Owner, At: a.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "owner", Path: "owner"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "bearer", Path: "bearer"}, {Name: "reason", Path: "reason"},
		{Name: "document", Path: "document"}, {Name: "status", Path: "status"},
		{Name: "author", Path: "signed.author"}, {Name: "approver", Path: "signed.approver"},
		{Name: "made", Path: "made", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

func (a *Adjustment) become(to AdjustmentStatus) error {
	err := adjustmentLife.check("adjustment", a.Status, to)
	if err == nil {
		a.Status = to
	}
	return inField("adjustment", err)
}

// size is what an adjustment counts against limits.
func (a *Adjustment) size() ledger.Money {
	if a.Amount.Sign() < 0 {
		return ledger.Minor(-a.Amount.Minor(), a.Amount.Currency())
	}
	return a.Amount
}

// actions are what making it, and undoing it, is.
func (a *Adjustment) actions() (makes, undoes ManualAction) {
	if a.Bearer == PartyHouse {
		return ManualHouseAdjust, ManualHouseUndo
	}
	return ManualAdjust, ManualUndo
}

// lines are those of making it, or of taking it back: sign is 1 or -1. Who gives comes
// first, guarded, or forced down to what the account's terms let it owe.
func (a *Adjustment) lines(u *ledger.Unit, p *Platform, sign int, force bool) ([]line, error) {
	m := a.size()
	bears := p.of(p.id, "available", m.Currency())
	if a.Bearer == PartyHouse {
		bears = p.house("losses", m.Currency())
	}
	own := p.of(a.Owner, "available", m.Currency())
	if a.Amount.Sign()*sign > 0 {
		return []line{out(bears, m), in(own, m)}, nil
	}
	takes, err := p.takes(u, a.Owner, m, force)
	return []line{takes, in(bears, m)}, err
}

// putAdjustment puts an adjustment, and tells who did it.
func (p *Platform) putAdjustment(u *ledger.Unit, a *Adjustment, s Signed, event string) error {
	if err := s.emit(u, p, event, adjustmentKind.ID(a.ID)); err != nil {
		return err
	}
	return adjustmentKind.Put(u, a.ID, a)
}

// GetAdjustment returns an adjustment of the platform.
func (p *Platform) GetAdjustment(ctx context.Context, id string) (*Adjustment, error) {
	return get(ctx, p, &adjustmentKind, id, "adjustment", func(a *Adjustment) string { return a.Platform })
}

var adjustmentLister = &lister[Adjustment]{
	what: "adjustments", kind: &adjustmentKind, account: "owner", own: true, platform: func(a *Adjustment) string { return a.Platform },
}

// ListAdjustments returns a page of the platform's adjustments.
func (p *Platform) ListAdjustments(ctx context.Context, r ListRequest) (*List[Adjustment], error) {
	return adjustmentLister.page(ctx, p, r)
}

// Adjustments walks the platform's adjustments, newest first.
func (p *Platform) Adjustments(ctx context.Context, r ListRequest) iter.Seq2[*Adjustment, error] {
	return adjustmentLister.each(ctx, p, r, func(a *Adjustment) string { return a.ID })
}
