package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/ledger"
)

// FeeKind says what a fee outside a sale is for.
type FeeKind string

// The kinds of fees.
const (
	FeeListing     FeeKind = "listing"     // something was put up for sale
	FeePlan        FeeKind = "plan"        // the seller's plan, for a time
	FeeAdvertising FeeKind = "advertising" // something was shown first
	FeeOther       FeeKind = "other"       // Description says what
)

// PlatformFee is what a platform takes of a seller outside any sale: flow Z3 of the
// chart. Amount is without tax.
type PlatformFee struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Account     string            `json:"account"`
	Kind        FeeKind           `json:"kind"`
	Amount      ledger.Money      `json:"amount"`
	Tax         []Tax             `json:"tax,omitzero"`      // on top of it, and what of that was given back
	Taxed       *tax.Fee          `json:"taxed,omitzero"`    // why, where the request stated none
	Forced      bool              `json:"forced,omitzero"`   // it could take the account below zero
	Returned    ledger.Money      `json:"returned,omitzero"` // of Amount, given back
	Description string            `json:"description,omitzero"`
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (f *PlatformFee) replay() *bool { return &f.Replayed }

func (f *PlatformFee) loaded() {
	asZero(ledger.Zero(f.Amount.Currency()), &f.Returned)
	taxLoaded(f.Tax)
}

var platformFeeKind = ledger.Kind[PlatformFee]{
	Name:   "connect.platform_fee",
	Prefix: "pfee_",
	Loaded: (*PlatformFee).loaded,
	Keys: func(f *PlatformFee) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: f.Platform, At: f.Created}, {Name: "account", Value: f.Account, At: f.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "kind", Path: "kind"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "returned", Path: "returned", Type: ledger.MoneyColumn},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// FeeRequest takes a fee of a seller outside a sale.
type FeeRequest struct {
	Key       string       `json:"-"`
	AccountID string       `json:"account,omitzero"`
	Kind      FeeKind      `json:"kind,omitzero"`
	Amount    ledger.Money `json:"amount,omitzero"` // without tax: more than zero, of at most twelve digits
	// Tax is what is due on it, on top. None: what the platform's number for value
	// added tax makes due, as on commissions; nothing without such a number.
	Tax []Tax `json:"tax,omitzero"`
	// Force takes the fee though the account does not have it, down to what its terms
	// let it owe (AccountRequest.MayOwe).
	Force       bool              `json:"force,omitzero"`
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters; FeeOther needs it
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// ChargeFee takes a fee out of what is available to a seller, with the tax on it. It
// is refused with insufficient_funds where they do not have it, or where Force would
// leave them owing more than their terms allow; of class State is owing_not_agreed
// (force).
func (p *Platform) ChargeFee(ctx context.Context, r FeeRequest) (*PlatformFee, error) {
	verb := simpleVerb[PlatformFee]{name: "charge fee", kind: &platformFeeKind, replayed: (*PlatformFee).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*PlatformFee, error) { return p.newFee(u, &r) })
}

func (p *Platform) newFee(u *ledger.Unit, r *FeeRequest) (*PlatformFee, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	if err := p.e.checkFeeRequest(u, r); err != nil {
		return nil, err
	}
	seller, err := p.expectSeller(u, r.AccountID)
	if err != nil {
		return nil, err
	}
	f := &PlatformFee{
		ID: u.NewID(platformFeeKind.Prefix), Platform: p.id, Account: r.AccountID, Kind: r.Kind, Amount: r.Amount, Tax: r.Tax,
		Forced: r.Force, Description: r.Description, Created: u.At(), Metadata: r.Metadata,
	}
	if prof.TaxNumber != "" && len(r.Tax) == 0 {
		due := p.onFee(prof, seller, u.At())
		amount, err := due.On(r.Amount)
		if err != nil {
			return nil, err
		}
		if f.Taxed = &due; amount.Sign() > 0 {
			f.Tax = []Tax{{Authority: due.Authority, Amount: amount}}
		}
	}
	f.loaded()
	cur := f.Amount.Currency()
	gives, err := p.takes(u, f.Account, ledger.Minor(f.Amount.Minor()+addTax(f.Tax), cur), r.Force)
	if err != nil {
		return nil, err
	}
	lines := []line{gives, in(p.of(p.id, "available", cur), f.Amount)}
	for _, t := range f.Tax {
		lines = append(lines, in(p.of(p.id, "tax/"+t.Authority, cur), t.Amount))
	}
	b := &books{u: u, p: p, object: platformFeeKind.ID(f.ID)}
	b.post("platform fee", lines...)
	return f, p.putFee(u, f, EventFeeCharged)
}

func (e *Engine) checkFeeRequest(u *ledger.Unit, r *FeeRequest) error {
	switch r.Kind {
	case FeeListing, FeePlan, FeeAdvertising:
	case FeeOther:
		if r.Description == "" {
			return badField("invalid_text", "description", "a fee of no other kind says what it is for")
		}
	default:
		return badField("invalid_kind", "kind", "a fee is for a listing, a plan, advertising or something other")
	}
	if err := e.checkMoney(r.Amount, u.At()); err != nil {
		return err
	}
	due, err := checkTax(r.Tax, r.Amount.Currency())
	if err != nil {
		return err
	}
	if due.Minor() > maximum {
		return badField("amount_too_large", "tax", "taxes have at most twelve digits")
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return err
	}
	return checkMetadata(r.Metadata)
}

func (p *Platform) putFee(u *ledger.Unit, f *PlatformFee, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: platformFeeKind.ID(f.ID)})
	return platformFeeKind.Put(u, f.ID, f)
}

// GetPlatformFee returns a fee of the platform.
func (p *Platform) GetPlatformFee(ctx context.Context, id string) (*PlatformFee, error) {
	return get(ctx, p, &platformFeeKind, id, "fee", func(f *PlatformFee) string { return f.Platform })
}
