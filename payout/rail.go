package payout

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Rail moves money over banks: payouts and, where it can, debits. It acts outside any
// unit of work. The suite railtest proves what Info declares.
type Rail interface {
	// Info says what the rail is and what it promises.
	Info() RailInfo
	// Submit hands instructions over. An acknowledgement is not a payment: what
	// became of an accepted instruction comes with Updates. An error means that
	// it is not known whether the batch was taken; of class Exists, that a key
	// belongs to another instruction, of which a refusal would be taken to speak.
	Submit(ctx context.Context, batch []Instruction) ([]Ack, error)
	// Updates returns news after a cursor, oldest first, and the cursor to go
	// on from. The empty cursor is the beginning; one that the rail never gave is
	// of class Invalid. Reading changes nothing.
	Updates(ctx context.Context, after string) ([]Update, string, error)
}

// Asker is implemented by a rail whose delivery is ledger.Askable.
type Asker interface {
	// Ask returns the acknowledgement of a key; seen is false if the rail has
	// never had it.
	Ask(ctx context.Context, key string) (ack Ack, seen bool, err error)
}

// RailInfo is what a rail declares of itself.
type RailInfo struct {
	Name     string // names its bank account in the books: bank_clearing/<name>
	Delivery ledger.Delivery
	KeyLife  time.Duration // Keyed: for how long a key is remembered; 0 is for ever
	Settling time.Duration // Askable: how long after a request "never seen" may be too early
	MaxMinor int64         // largest payout in minor units; 0 is no limit
	Days     int           // banking days from handing over to arrival
	Debits   []string      // schemes of the debits that it carries; empty: it refuses them
}

// Instruction is one payout or debit as the rail gets it.
type Instruction struct {
	Key         string // unique for this payout and attempt, for ever
	Amount      ledger.Money
	Destination Destination
	Descriptor  string // what the payee sees, or the payer of a debit: at most 22 characters
	Debit       Debit  // not zero: the money is taken from Destination
}

// Destination says where to. Token stands for the account number, which only
// the rail can resolve.
type Destination struct {
	Token    string          `json:"token"`
	Country  string          `json:"country"` // ISO 3166-1 alpha-2
	Currency ledger.Currency `json:"currency"`
	Last4    string          `json:"last4,omitzero"`
}

// Ack is the rail's first answer to an instruction.
type Ack struct {
	Key       string
	Accepted  bool
	Code      string // why it was refused
	Reference string // the rail's own name for it
}

// UpdateKind is what happened to an instruction.
type UpdateKind string

// The kinds of update.
const (
	UpdatePaid     UpdateKind = "paid"
	UpdateFailed   UpdateKind = "failed"   // before it was paid
	UpdateReturned UpdateKind = "returned" // after it was paid
)

// Update is news of one instruction.
type Update struct {
	ID     string // unique in its rail: the same news read twice has the same id
	Key    string
	Kind   UpdateKind
	Code   string // why it failed or came back
	Amount ledger.Money
	At     time.Time
}
