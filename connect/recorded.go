package connect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/soukhq/souk/ledger"
)

// Recorded is the acquirer of payments that were taken elsewhere, by the host's own
// processor: it asks nobody, and takes the host's word. A charge is what the
// processor has taken (or, to be captured later, authorized), and its Source is the
// processor's reference, of which there is one charge. Captures, cancellations,
// increases and refunds are pending until the host has done them there and says so by
// Engine.News, as it does of a payment that failed after all.
//
// An engine has one acquirer. A host that has another one besides makes two engines
// on one store; each leaves what is the other's alone, and their platforms, accounts
// and balances are the same.
type Recorded struct{ name string }

// NewRecorded returns the acquirer of what a processor took, under whose name it is
// kept in the books: acquirer/<name>. A name is 1 to 40 lower-case letters, digits,
// dots, dashes and underscores.
func NewRecorded(name string) *Recorded { return &Recorded{name} }

// Info implements Acquirer.
func (r *Recorded) Info() AcquirerInfo {
	return AcquirerInfo{Name: r.name, Delivery: ledger.Keyed, NewsOnly: true, OneCharge: true}
}

// Authorize implements Acquirer.
func (r *Recorded) Authorize(ctx context.Context, _ string, o AuthorizeOrder) (Answer, error) {
	switch {
	case ctx.Err() != nil:
		return Answer{}, ctx.Err()
	case o.Source == "" || o.Amount.Sign() <= 0:
		return Answer{Status: Declined, Code: "invalid_amount", Amount: o.Amount}, nil
	}
	return Answer{Status: Approved, Reference: o.Source, Amount: o.Amount}, nil
}

// Capture implements Acquirer.
func (r *Recorded) Capture(ctx context.Context, _ string, o CaptureOrder) (Answer, error) {
	return Answer{Status: Received, Amount: o.Amount}, ctx.Err()
}

// Cancel implements Acquirer.
func (r *Recorded) Cancel(ctx context.Context, _ string, _ CancelOrder) (Answer, error) {
	return Answer{Status: Received}, ctx.Err()
}

// Refund implements Acquirer.
func (r *Recorded) Refund(ctx context.Context, _ string, o RefundOrder) (Answer, error) {
	return Answer{Status: Received, Amount: o.Amount}, ctx.Err()
}

// Increase implements Increaser.
func (r *Recorded) Increase(ctx context.Context, _ string, o IncreaseOrder) (Answer, error) {
	return Answer{Status: Received, Amount: o.Total}, ctx.Err()
}

// Lookup implements Acquirer. There is nobody to ask.
func (r *Recorded) Lookup(context.Context, string) (Answer, error) {
	return Answer{Status: Received}, nil
}

// once is a source of which there is a charge, where there may be only one.
type once struct {
	Platform string `json:"platform"`
	Charge   string `json:"charge"`
}

var onceKind = ledger.Kind[once]{
	Name:    "connect.once",
	Prefix:  "once_",
	Columns: []ledger.Column{{Name: "platform", Path: "platform"}, {Name: "charge", Path: "charge"}},
}

// onlyOne refuses a second charge of a source, where an acquirer's sources are
// payments.
func (p *Platform) onlyOne(u *ledger.Unit, c *Charge) error {
	if !p.e.c.Acquirer.Info().OneCharge || c.Source == "" { // it is not the acquirer that is paid
		return nil
	}
	hash := sha256.Sum256([]byte(p.id + "/" + c.Acquirer + "/" + c.Source))
	id := onceKind.Prefix + hex.EncodeToString(hash[:])
	o, err := u.Object(onceKind.ID(id))
	if err != nil {
		return err
	}
	if o.Version > 0 {
		return &ledger.Error{Class: ledger.Exists, Code: "already_recorded", Field: "source", Msg: "there is a charge of this payment"}
	}
	return onceKind.Put(u, id, &once{Platform: p.id, Charge: c.ID})
}
