package payout

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// Status is where a payout stands.
type Status string

// The states of a payout.
const (
	Pending   Status = "pending"    // claimed, not yet with the rail
	InTransit Status = "in_transit" // the rail has it
	Paid      Status = "paid"
	Failed    Status = "failed"   // never paid; the money is back
	Canceled  Status = "canceled" // withdrawn before the rail had it; the money is back
	Returned  Status = "returned" // paid, and came back; so did the money
	Unknown   Status = "unknown"  // sent blind, and the answer was lost; the money waits in transit
)

// The types of the events of payouts.
const (
	EventCreated  = "payout.created"
	EventUpdated  = "payout.updated" // with the rail, unknown, or news was parked
	EventPaid     = "payout.paid"
	EventFailed   = "payout.failed"
	EventReturned = "payout.returned"
	EventCanceled = "payout.canceled"
)

// transitions lists the moves that are allowed; every other is a state error.
var transitions = map[Status][]Status{
	Pending:   {InTransit, Paid, Failed, Canceled, Unknown},
	InTransit: {Paid, Failed},
	Unknown:   {InTransit, Paid, Failed},
	Paid:      {Returned},
}

// May reports whether a payout may go from one state to another.
func (s Status) May(next Status) bool {
	for _, t := range transitions[s] {
		if t == next {
			return true
		}
	}
	return false
}

// Payout is money on its way out of the books.
type Payout struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Owner       string            `json:"owner"`               // the account or platform that is paid, or that pays the authority
	Source      string            `json:"source"`              // purpose of the ledger account it was taken from
	Hold        string            `json:"hold,omitzero"`       // where the money waits in Source instead of in transit
	Amount      ledger.Money      `json:"amount"`              // what the bank pays
	From        ledger.Money      `json:"from,omitzero"`       // what was sold for it, if it was converted
	Bought      ledger.Money      `json:"bought,omitzero"`     // what that came to: Amount, and what banks do not pay of it
	Conversion  *Conversion       `json:"conversion,omitzero"` // how that came to be
	Rail        string            `json:"rail"`                // its name
	Destination Destination       `json:"destination"`         // where to
	Descriptor  string            `json:"descriptor,omitzero"`
	Status      Status            `json:"status"`
	Code        string            `json:"code,omitzero"` // why it failed or came back
	Reference   string            `json:"reference,omitzero"`
	Sent        int               `json:"sent,omitzero"` // attempts handed to the rail
	SentAt      time.Time         `json:"sentAt,omitzero"`
	Arrival     Day               `json:"arrival,omitzero"` // when the bank is expected to have it
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`
	Heard       []string          `json:"heard,omitzero"`  // ids of the news that were booked
	Parked      []string          `json:"parked,omitzero"` // news that came too late to be true: "paid 2026-01-02T…"
	Work        ledger.Work       `json:"work,omitzero"`

	PeriodEnd  Day       `json:"periodEnd,omitzero"` // the last day of what an authority is paid for, if it was stated
	PaidAt     time.Time `json:"paidAt,omitzero"`
	ReturnedAt time.Time `json:"returnedAt,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// Conversion says at which rate money was exchanged, for people: the entries of
// the conversion say what moved.
type Conversion struct {
	Rate   string       `json:"rate"`            // as it was published or derived: "1.1252 USD = 1 EUR"
	At     time.Time    `json:"at"`              // when the rate held
	Source string       `json:"source,omitzero"` // who gave it
	InBase string       `json:"inBase,omitzero"` // likewise, of From in the platform's base currency, where that is a third one
	Spread ledger.Money `json:"spread,omitzero"` // what the house kept, in the currency of Bought
}

// Kind stores payouts. They are found by platform, and by owner.
var Kind = ledger.Kind[Payout]{
	Name:   "payout",
	Prefix: "po_",
	Keys: func(p *Payout) []ledger.Key {
		return p.Work.Keys(
			ledger.Key{Name: "platform", Value: p.Platform, At: p.Created},
			ledger.Key{Name: "owner", Value: p.Platform + "/" + p.Owner, At: p.Created},
		)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "owner", Path: "owner"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "arrival", Path: "arrival"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// Key returns the key of the attempt that is, or was last, with the rail.
func (p *Payout) Key() string { return p.ID + "-1" }

// source returns the ledger account that the payout was taken from.
func (p *Payout) source() ledger.Ref {
	return ledger.Ref{Book: p.Platform, Owner: p.Owner, Purpose: p.Source, Currency: p.Amount.Currency()}
}

func (p *Payout) transit() ledger.Ref {
	return ledger.Ref{Book: p.Platform, Owner: p.Owner, Purpose: "in_transit", Currency: p.Amount.Currency()}
}

func (p *Payout) clearing() ledger.Ref {
	return ledger.Ref{Book: p.Platform, Owner: ledger.House, Purpose: "bank_clearing/" + p.Rail, Currency: p.Amount.Currency()}
}
