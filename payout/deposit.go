package payout

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// Depositor sends micro-deposits: two amounts, each less than one unit of the currency, to a
// bank account, and takes them back at once, so that nothing is owed for them. Who can tell
// the amounts has access to the account. A Rail may be one.
type Depositor interface {
	// Deposit sends them. The same key sends once, for ever. An acknowledgement that does
	// not accept is final; an error means that it is not known whether they were sent.
	Deposit(ctx context.Context, key string, to Destination) (Ack, error)
	// Deposited reports whether two amounts, in minor units and either order, are those of
	// a key. One that was never accepted is of class NotFound. The amounts themselves leave
	// the rail with nobody.
	Deposited(ctx context.Context, key string, amounts [2]int64) (bool, error)
}

// The amounts of a simulated micro-deposit, in minor units.
const (
	TestDepositFirst  = 32
	TestDepositSecond = 45
)

// Tokens for accounts whose owner is asked about. Both are paid. The numbers are those that
// tests of hosted marketplaces are documented with.
const (
	TestOwnerVerified = "btok_owner_verified" // 000999999991: the account is found to be the owner's at once
	TestOwnerDocument = "btok_owner_document" // 000999999992: a document is asked for
)

// Deposit implements Depositor. Tokens that fail, or that nobody knows, are refused;
// TestLostAnswer and TestLostRequest lose the first answer or request.
func (s *Simulator) Deposit(ctx context.Context, key string, to Destination) (Ack, error) {
	if err := ctx.Err(); err != nil {
		return Ack{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lost := &ledger.Error{Class: ledger.Unknown, Code: "no_answer", Op: "payout: simulated rail"}
	ack := Ack{Key: key, Accepted: true, Reference: "deposit-" + key}
	it := &simulated{Instruction: Instruction{Key: key, Destination: to}, ack: ack}
	first := !s.lost["deposit "+key]
	if to.Token == TestLostRequest && first {
		s.lost["deposit "+key] = true
		return Ack{}, lost
	}
	switch code := failures[to.Token]; {
	case code != "":
		it.refuse(code)
	case to.Token == TestRefused:
		it.refuse("could_not_process")
	case !simulates(to.Token):
		it.refuse(codeInvalidAccountNumber)
	}
	if it.ack.Accepted {
		s.deposits[key] = true
	}
	if to.Token == TestLostAnswer && first {
		s.lost["deposit "+key] = true
		return Ack{}, lost
	}
	return it.ack, nil
}

// simulates tells tokens of accounts that are paid.
func simulates(token string) bool {
	switch token {
	case TestAccount, TestReturned, TestLostAnswer, TestLostRequest, TestStalled, TestToldTwice, TestPaidAfterReturned, TestOwnerVerified, TestOwnerDocument:
		return true
	}
	return debited(token)
}

// Deposited implements Depositor.
func (s *Simulator) Deposited(ctx context.Context, key string, amounts [2]int64) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.deposits[key] {
		return false, &ledger.Error{Class: ledger.NotFound, Code: "not_found", Field: "key", Op: "payout: simulated rail"}
	}
	return amounts == [2]int64{TestDepositFirst, TestDepositSecond} || amounts == [2]int64{TestDepositSecond, TestDepositFirst}, nil
}

// VerifyOwner says at once whose an account is, as far as the token says it.
func (s *Simulator) VerifyOwner(ctx context.Context, to Destination) (Ownership, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	switch {
	case to.Token == TestOwnerVerified:
		return OwnerVerified, nil
	case to.Token == TestOwnerDocument:
		return OwnerDocument, nil
	case failures[to.Token] != "":
		return OwnerOther, nil
	}
	return OwnerUnavailable, nil
}

// Ownership is what is known of whose a bank account is.
type Ownership string

// The answers of who verifies that at once.
const (
	OwnerVerified    Ownership = "verified"
	OwnerOther       Ownership = "other"       // there is no such account, or it is somebody else's
	OwnerDocument    Ownership = "document"    // a document has to show it
	OwnerUnavailable Ownership = "unavailable" // it cannot be known so
)

// OwnerVerifier says at once whose a bank account is: a bank, or who may look into it. A
// Rail may be one.
type OwnerVerifier interface {
	VerifyOwner(ctx context.Context, to Destination) (Ownership, error)
}
