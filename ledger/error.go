package ledger

import "strings"

// Class says what a caller can do about an error. Every Error has exactly one;
// errors.Is(err, ledger.NotFound) asks for it. It also finds the class of a
// cause: a verb whose outcome could not be booked is Unknown, whatever kept it
// from that. Who tells classes apart asks for Unknown first, or takes the
// outermost Error by errors.As.
type Class uint8

// The classes, by what the caller does next.
const (
	NotFound          Class = iota + 1 // no such thing, or not yours to see
	Exists                             // the name, id or key is taken by something else
	Invalid                            // the request can never succeed as it stands; Field names what is wrong
	State                              // not now: wrong state, missing requirement, blocked, over a limit
	Forbidden                          // outside the caller's scope
	InsufficientFunds                  // the balance, less its open holds, does not cover it
	Conflict                           // a race was lost and nothing happened: try again
	Unavailable                        // nothing happened: try again later
	Unknown                            // it may have happened: ask again with the same key
)

// String returns the class in words.
func (c Class) String() string {
	switch c {
	case NotFound:
		return "not found"
	case Exists:
		return "exists"
	case Invalid:
		return "invalid"
	case State:
		return "state"
	case Forbidden:
		return "forbidden"
	case InsufficientFunds:
		return "insufficient funds"
	case Conflict:
		return "conflict"
	case Unavailable:
		return "unavailable"
	case Unknown:
		return "unknown outcome"
	}
	return "unclassified"
}

// Error makes a class usable as the target of errors.Is.
func (c Class) Error() string { return c.String() }

// Error is the typed error of souk. Class and Code are stable; the message is
// for people and may change.
type Error struct {
	Class Class
	Code  string // snake_case, stable, e.g. "refund_exceeds_charge"
	Field string // the request field at fault, empty if none
	Op    string // where it happened, e.g. "ledger: hold hold_1"; empty if a wrapping error says it
	Msg   string // what is wrong, in words; never holds personal data

	// Need and Have are set where Class is InsufficientFunds: what the change
	// would take, and what the account could spend.
	Need, Have Money
	// Account is the ledger account that refused, if one did.
	Account Ref

	// Final marks an error that must not be retried inside the transaction it
	// came from, because that transaction is the host's.
	Final bool

	Err error // the cause, if there is one
}

// Error returns the message: operation, class, field and details.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	b.WriteString(e.Class.String())
	if e.Field != "" {
		b.WriteString(": ")
		b.WriteString(e.Field)
	}
	switch {
	case e.Msg != "":
		b.WriteString(": ")
		b.WriteString(e.Msg)
	case e.Class == InsufficientFunds && !e.Need.Currency().IsZero():
		b.WriteString(": need ")
		b.WriteString(e.Need.String())
		b.WriteString(", have ")
		b.WriteString(e.Have.String())
	case e.Code != "":
		b.WriteString(": ")
		b.WriteString(e.Code)
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error's class.
func (e *Error) Is(target error) bool {
	c, ok := target.(Class)
	return ok && c == e.Class
}

// outermost calls yield with the typed errors of which err is made: itself, or
// of each that was joined or wrapped the first that is typed. What is the cause
// of one of them says nothing of the whole.
func outermost(err error, yield func(*Error)) {
	switch e := err.(type) {
	case nil:
	case *Error:
		yield(e)
	case interface{ Unwrap() error }:
		outermost(e.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			outermost(part, yield)
		}
	}
}

// missingArgument says that an argument is nil, or a zero value that needs to
// be made by its constructor.
func missingArgument(name string) *Error {
	return invalid("missing_argument", name, "it is nil or was not made by its constructor")
}

// invalid makes an Invalid error for one field; code is
// stable and snake_case.
func invalid(code, field, msg string) *Error {
	return &Error{Class: Invalid, Code: code, Field: field, Msg: msg}
}
