package connect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// WarningKind says who warns.
type WarningKind string

// The kinds of warnings.
const (
	// WarningFraud: the buyer's bank has reported the payment to the network as fraud (TC40 at
	// Visa, SAFE at Mastercard). A dispute may follow.
	WarningFraud WarningKind = "fraud"
	// WarningAlert: the buyer disputes the payment at their bank, which waits for a while
	// before it makes that a dispute: who refunds in time has none.
	WarningAlert WarningKind = "alert"
)

// WarningStatus is what came of a warning.
type WarningStatus string

// The states of a warning.
const (
	WarningOpen      WarningStatus = "open"      // somebody may act on it; Code says why no rule has
	WarningDue       WarningStatus = "due"       // a rule gives the payment back; Drain does it
	WarningActed     WarningStatus = "acted"     // the payment was given back: Refund or Cancellation
	WarningDismissed WarningStatus = "dismissed" // somebody decided that nothing is to be done
	WarningMoot      WarningStatus = "moot"      // there was nothing to give back; Code says why
)

// warningLife: a decision against a refund may be changed, a refund only once it failed.
var warningLife = life[WarningStatus]{
	WarningOpen:      {WarningActed, WarningDismissed, WarningMoot},
	WarningDue:       {WarningActed, WarningMoot, WarningOpen},
	WarningActed:     {WarningActed},
	WarningDismissed: {WarningActed},
	WarningMoot:      {WarningActed, WarningDismissed},
}

// EarlyWarning is word that a payment may become a dispute, before it is one. It moves no
// money; what is given back for it is an ordinary refund, or an authorization that is let go.
type EarlyWarning struct {
	ID        string        `json:"id"`
	Platform  string        `json:"platform"`
	Charge    string        `json:"charge"`
	Account   string        `json:"account,omitzero"`
	Acquirer  string        `json:"acquirer"`
	Reference string        `json:"reference"` // the acquirer's name for it
	Kind      WarningKind   `json:"kind"`
	Amount    ledger.Money  `json:"amount"` // what is reported, in the currency in which the buyer paid
	FraudType string        `json:"fraudType,omitzero"`
	Network   string        `json:"network,omitzero"` // the network's code of the reason
	Reported  time.Time     `json:"reported"`         // when it was, as the acquirer says, or else when it was heard
	Status    WarningStatus `json:"status"`
	// Code says why a rule did nothing (never, not_below, delivered), why it could not
	// (insufficient_funds and the like), or why there is nothing to give back
	// (disputed, already_refunded, payment_failed, canceled).
	Code string `json:"code,omitzero"`

	// What is given back with the payment, as the rule or the person has it.
	ReverseTransfer bool   `json:"reverseTransfer,omitzero"`
	RefundFee       bool   `json:"refundFee,omitzero"`
	Refund          string `json:"refund,omitzero"`
	Cancellation    string `json:"cancellation,omitzero"` // of a payment that was not captured

	Signed  *Signed     `json:"signed,omitzero"` // who acted or dismissed it; nil: a rule, or nobody
	Reason  string      `json:"reason,omitzero"` // what they said
	Created time.Time   `json:"created"`
	Work    ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (w *EarlyWarning) replay() *bool { return &w.Replayed }

var warningKind = ledger.Kind[EarlyWarning]{
	Name:   "connect.early_warning",
	Prefix: "warn_",
	Keys: func(w *EarlyWarning) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 4),
			ledger.Key{Name: "platform", Value: w.Platform, At: w.Created},
			ledger.Key{Name: "charge", Value: w.Charge, At: w.Created})
		if w.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: w.Account, At: w.Created})
		}
		return w.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "charge", Path: "charge"}, {Name: "account", Path: "account"},
		{Name: "kind", Path: "kind"}, {Name: "fraud_type", Path: "fraudType"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "refund", Path: "refund"}, {Name: "reported", Path: "reported", Type: ledger.TimeColumn},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// warningID names a warning: one object for each that an acquirer names.
func warningID(acquirer, reference string) string {
	sum := sha256.Sum256([]byte(acquirer + " " + reference))
	return warningKind.Prefix + hex.EncodeToString(sum[:16])
}

// become changes the state of a warning; a new one has none.
func (w *EarlyWarning) become(to WarningStatus, code string) error {
	if w.Status != "" {
		if err := warningLife.check("warning", w.Status, to); err != nil {
			return inField("warning", err)
		}
	}
	if w.Status, w.Code = to, code; to != WarningDue {
		w.Work.Done()
	}
	return nil
}

// putWarning puts a warning, and tells of it and of who did it, if somebody did.
func (p *Platform) putWarning(u *ledger.Unit, w *EarlyWarning, by *Signed, event string) error {
	if by != nil {
		if err := by.emit(u, p, event, warningKind.ID(w.ID)); err != nil {
			return err
		}
	} else {
		u.Emit(ledger.Event{Type: event, Platform: p.id, Object: warningKind.ID(w.ID)})
	}
	return warningKind.Put(u, w.ID, w)
}

// warning returns a warning of the platform, expected unchanged.
func (p *Platform) warning(u *ledger.Unit, id string) (*EarlyWarning, error) {
	w, err := warningKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "warning")
	}
	if w.Platform != p.id {
		return nil, notFound("warning")
	}
	return w, nil
}

// GetWarning returns a warning of the platform.
func (p *Platform) GetWarning(ctx context.Context, id string) (*EarlyWarning, error) {
	return get(ctx, p, &warningKind, id, "warning", func(w *EarlyWarning) string { return w.Platform })
}

var warningLister = &lister[EarlyWarning]{
	what: "warnings", kind: &warningKind, account: "account", charge: "charge", platform: func(w *EarlyWarning) string { return w.Platform },
}

// ListWarnings lists early warnings, of the platform, an account or a charge, newest
// first.
func (p *Platform) ListWarnings(ctx context.Context, r ListRequest) (*List[EarlyWarning], error) {
	return warningLister.page(ctx, p, r)
}

// Warnings walks the same list page by page.
func (p *Platform) Warnings(ctx context.Context, r ListRequest) iter.Seq2[*EarlyWarning, error] {
	return warningLister.each(ctx, p, r, func(w *EarlyWarning) string { return w.ID })
}
