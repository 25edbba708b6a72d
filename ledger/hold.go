package ledger

import (
	"context"
	"encoding/json"
	"time"
)

// Hold is money that stays with its owner but is set aside for one carrying
// out. Amount = Captured + Released + Open, always. Holds are objects of kind
// HoldKind that Plan alone writes; read one with View.Objects and DecodeHold,
// find those of an account by the key HoldAccountKey with Ref.String.
type Hold struct {
	ID       string    `json:"id"`
	Account  string    `json:"account"` // Ref.String
	Amount   Money     `json:"amount"`
	Captured Money     `json:"captured"`
	Released Money     `json:"released"`
	Open     Money     `json:"open"`
	Object   string    `json:"object,omitzero"` // what it was placed for
	Expires  time.Time `json:"expires,omitzero"`
}

// The kind of holds and the key that finds an account's open ones.
const (
	HoldKind       = "ledger.hold"
	HoldAccountKey = "account"
)

// HoldOp is what a step does to a hold.
type HoldOp uint8

// The steps of a hold's life.
const (
	PlaceHold   HoldOp = iota + 1 // set Amount aside; guarded, like an entry
	CaptureHold                   // take Amount; the same change posts at least as much out of the account
	ReleaseHold                   // give Amount back, all that is open if Amount is zero
	ExpireHold                    // give all that is open back because its time is over
)

// HoldStep changes one hold.
type HoldStep struct {
	Op      HoldOp
	ID      string
	Account Ref       // the same in every step of a hold
	Amount  Money     // more than zero, except where the op says otherwise
	Expires time.Time // PlaceHold: when it may expire; zero is never
	Object  ID        // PlaceHold: what it is for
}

func (s *HoldStep) check() *Error {
	if err := s.Account.check(); err != nil {
		return err
	}
	all := s.whole()
	switch {
	case s.Op < PlaceHold || s.Op > ExpireHold:
		return invalid("invalid_hold", "holds", "a step places, captures, releases or expires a hold")
	case !usable(s.ID, 128):
		return invalid("invalid_id", "holds", "a hold id is 1 to 128 characters of printable ASCII")
	case s.Object != (ID{}) && s.Object.check() != nil:
		return s.Object.check()
	case badTime(s.Expires):
		return invalid("invalid_time", "holds", "times lie in the years 1 to 9999")
	case all && s.Op == ExpireHold && !s.Amount.IsZero():
		return invalid("invalid_amount", "holds", "expiry gives back all that is open")
	case all:
		return nil
	case s.Amount.cur != s.Account.Currency:
		return mismatch(s.Amount.cur, s.Account.Currency)
	case s.Amount.minor <= 0:
		return invalid("invalid_amount", "holds", "a hold is for more than zero")
	}
	return nil
}

// whole reports whether the step gives back all that is open.
func (s *HoldStep) whole() bool {
	return s.Op == ReleaseHold && s.Amount.IsZero() || s.Op == ExpireHold
}

// DecodeHold reads a hold from its object.
func DecodeHold(o Object) (*Hold, error) {
	h := new(Hold)
	if err := json.Unmarshal(o.Data, h); err != nil {
		return nil, &Error{Class: Invalid, Code: "corrupt", Op: "ledger: " + o.ID.String(), Msg: "its data cannot be read", Err: err}
	}
	return h, nil
}

// object returns what is stored: a hold that is spent leaves the indexes.
func (h *Hold) object(version int64) (Object, *Error) {
	o := Object{ID: ID{HoldKind, h.ID}, Version: version}
	if h.Open.minor > 0 {
		o.Keys = append(o.Keys, Key{Name: HoldAccountKey, Value: h.Account})
		if !h.Expires.IsZero() {
			o.Keys = append(o.Keys, Key{Name: DueKey, At: h.Expires})
		}
	}
	data, err := json.Marshal(h)
	if err != nil {
		return o, &Error{Class: Invalid, Code: "invalid_hold", Op: "ledger: hold " + h.ID, Err: err}
	}
	o.Data = data
	return o, nil
}

// apply takes one step, given what was there. It returns by how much the
// account's held money changes.
func (s *HoldStep) apply(h *Hold, at time.Time) (int64, *Error) {
	if h.Account != s.Account.String() {
		return 0, invalid("invalid_hold", "holds", "hold "+s.ID+" is on another account")
	}
	amount := s.Amount.minor
	switch s.Op {
	case ExpireHold:
		if h.Expires.IsZero() || at.Before(h.Expires) {
			return 0, &Error{Class: State, Code: "hold_not_expired", Field: "holds", Op: "ledger: hold " + s.ID}
		}
		amount = h.Open.minor
	case ReleaseHold:
		if amount == 0 {
			amount = h.Open.minor
		}
	}
	if amount > h.Open.minor || h.Open.minor == 0 {
		return 0, &Error{Class: State, Code: "hold_exceeded", Field: "holds", Op: "ledger: hold " + s.ID,
			Msg: "only " + h.Open.String() + " of it is open"}
	}
	h.Open.minor -= amount
	if s.Op == CaptureHold {
		h.Captured.minor += amount
	} else {
		h.Released.minor += amount
	}
	return -amount, nil
}

func (s *HoldStep) place() *Hold {
	zero := Zero(s.Account.Currency)
	h := &Hold{ID: s.ID, Account: s.Account.String(), Amount: s.Amount, Captured: zero, Released: zero, Open: s.Amount, Expires: atTime(s.Expires)}
	if s.Object != (ID{}) {
		h.Object = s.Object.String()
	}
	return h
}

// HoldExpiry returns the worker that gives holds back whose time is over.
func (e Env) HoldExpiry() Worker {
	return Worker{Kind: HoldKind, Do: func(ctx context.Context, s Store, o Object) error {
		_, err := e.Update(ctx, s, func(u *Unit) error {
			now, err := u.Object(o.ID)
			if err != nil {
				return err
			}
			h, err := DecodeHold(now)
			if err != nil {
				return err
			}
			if h.Open.IsZero() || h.Expires.After(u.At()) {
				return nil // somebody was faster
			}
			r, err := ParseRef(h.Account)
			if err != nil {
				return err
			}
			u.Hold(HoldStep{Op: ExpireHold, ID: h.ID, Account: r})
			return nil
		})
		return err
	}}
}
