package ledger

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// PeriodKind is the kind of the object that says until when a book is closed;
// its id is the book's. Plan reads it, ClosePeriod writes it. Whoever puts it
// otherwise is held to the same: {"until": RFC 3339 in UTC to the microsecond},
// never earlier than before and never later than the change.
const PeriodKind = "ledger.period"

type period struct {
	Until time.Time `json:"until"`
}

// closedUntil reads a period object.
func closedUntil(o *Object) (time.Time, *Error) {
	var p period
	if err := json.Unmarshal(o.Data, &p); err != nil {
		return time.Time{}, &Error{Class: Invalid, Code: "corrupt", Op: "ledger: " + o.ID.String(), Err: err}
	}
	return p.Until, nil
}

// ClosedUntil returns the moment before which a book is closed, zero if it never
// was.
func ClosedUntil(v View, book string) (time.Time, error) {
	list, err := v.Objects(ID{PeriodKind, book})
	if err != nil || list[0].Version == 0 {
		return time.Time{}, err
	}
	until, bad := closedUntil(&list[0])
	if bad != nil {
		return time.Time{}, bad
	}
	return until, nil
}

// badPeriod reports whether a period's end is not in the one form that it is
// kept in: RFC 3339 in UTC with a Z, to the microsecond, without trailing zeros.
func badPeriod(o *Object) bool {
	until, err := closedUntil(o)
	if err != nil || until.IsZero() || badTime(until) {
		return true
	}
	var text struct {
		Until string `json:"until"`
	}
	return json.Unmarshal(o.Data, &text) != nil || text.Until != atTime(until).Format(time.RFC3339Nano)
}

// judgePeriod refuses to close a book beyond the time of the change, and to
// open again what was closed.
func judgePeriod(have *planObject, next *Object, at time.Time) *Error {
	until, err := closedUntil(next)
	if err != nil {
		return err
	}
	if until.After(at) {
		return invalid("invalid_period", "until", "a period is closed up to now at the latest")
	}
	if !have.exists {
		return nil
	}
	was, err := closedUntil(&have.Object)
	if err != nil || !until.Before(was) {
		return err
	}
	return &Error{Class: State, Code: "period_closed", Field: "until", Op: "ledger: book " + next.ID.ID,
		Msg: "it is closed until " + was.Format(time.RFC3339Nano) + " already"}
}

// ClosePeriod closes a book for everything effective before a moment: later
// changes cannot post into the period. The moment is taken to the microsecond
// and must not lie in the future (invalid_period); a closed period stays closed
// (class State, period_closed). A book that cannot be one is invalid_account.
func (e Env) ClosePeriod(ctx context.Context, s Store, book string, until time.Time) error {
	if !usable(book, 64) || strings.Contains(book, ":") {
		return invalid("invalid_account", "book", "a period is closed of one book; its name is 1 to 64 characters of printable ASCII without a colon")
	}
	until = atTime(until)
	_, err := e.Update(ctx, s, func(u *Unit) error {
		if until.IsZero() || until.After(u.At()) {
			return invalid("invalid_period", "until", "a period is closed up to now at the latest")
		}
		o, err := u.Object(ID{PeriodKind, book})
		if err != nil {
			return err
		}
		if o.Data, err = json.Marshal(period{until}); err != nil {
			return err
		}
		u.Put(o)
		return nil
	})
	return err
}
