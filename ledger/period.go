package ledger

import (
	"context"
	"encoding/json"
	"time"
)

// PeriodKind is the kind of the object that says until when a book is closed;
// its id is the book's. Plan reads it, ClosePeriod writes it.
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

func badPeriod(o *Object) bool {
	until, err := closedUntil(o)
	return err != nil || until.IsZero() || badTime(until)
}

// ClosePeriod closes a book for everything effective before a moment: later
// changes cannot post into the period. The moment must not lie in the future,
// and a closed period stays closed.
func (e Env) ClosePeriod(ctx context.Context, s Store, book string, until time.Time) error {
	until = atTime(until)
	_, err := e.Update(ctx, s, func(u *Unit) error {
		if until.IsZero() || until.After(u.At()) {
			return invalid("invalid_period", "until", "a period is closed up to now at the latest")
		}
		o, err := u.Object(ID{PeriodKind, book})
		if err != nil {
			return err
		}
		if o.Version > 0 {
			was, bad := closedUntil(&o)
			if bad != nil {
				return bad
			}
			if until.Before(was) {
				return &Error{Class: State, Code: "period_closed", Field: "until", Op: "ledger: book " + book,
					Msg: "it is closed until " + was.Format(time.RFC3339) + " already"}
			}
		}
		if o.Data, err = json.Marshal(period{until}); err != nil {
			return err
		}
		u.Put(o)
		return nil
	})
	return err
}
