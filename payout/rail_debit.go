package payout

import "slices"

// Debit makes an instruction one that takes money from its Destination, whose
// owner has given a mandate for it. The zero Debit pays. It is comparable, so that
// one instruction can be told from another.
type Debit struct {
	Scheme    string // in the words of package connect/debit: "sepa", "ach"
	Kind      string // of entry, where a scheme has several: "web"
	Creditor  string // the identifier of whoever takes it, as the scheme gave it
	Mandate   string // the mandate's reference, unique with its creditor
	Signed    Day    // when the debtor signed it
	Sequence  Sequence
	DueDate   Day       // when the debtor's bank takes it
	Attempt   int       // 1, and more where it is presented again
	Amendment Amendment // what has changed of the mandate since its last debit
}

// Sequence is which debit of its mandate one is.
type Sequence string

// The sequences of debits, in the words of ISO 20022.
const (
	OneOff    Sequence = "OOFF"
	First     Sequence = "FRST"
	Recurring Sequence = "RCUR"
)

// Amendment is what a mandate said before it was changed; what stayed is empty.
type Amendment struct {
	Mandate  string // its reference
	Creditor string // the creditor's identifier
	Token    string // of the debtor's account
	Last4    string
	Name     string // the debtor's
}

// IsDebit reports whether an instruction takes money rather than pays it.
func (in *Instruction) IsDebit() bool { return in.Debit != Debit{} }

// UpdateSettled says that the payer's bank has paid a debit. UpdateFailed is before
// that and UpdateReturned after it, which may be months later.
const UpdateSettled UpdateKind = "settled"

// TakesDebits reports whether the rail carries debits of a scheme.
func (i *RailInfo) TakesDebits(scheme string) bool { return slices.Contains(i.Debits, scheme) }
