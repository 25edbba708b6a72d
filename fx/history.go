package fx

import (
	"context"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// historyWithin is how much older than the moment asked for a list of a History may be.
// No holidays of a central bank are as long.
const historyWithin = 7 * 24 * time.Hour

// History is a RateProvider over the lists of many days. It answers with the latest that
// has both currencies and is not later than the moment asked for, nor more than seven days
// older: a currency that is not quoted any more has no rate, and what was before the first
// day has none. A list of the European Central Bank answers from the beginning of its day, UTC,
// and is published about 16:00 Central European Time: who asks what was known at a moment asks
// of the day before. A History never changes.
type History struct {
	days []*Table // by time
}

// NewHistory makes one of lists in any order. Of a moment there is one list, and the
// lists are against one currency.
func NewHistory(days ...*Table) (*History, error) {
	h := &History{slices.Clone(days)}
	slices.SortFunc(h.days, func(a, b *Table) int { return a.at.Compare(b.at) })
	for i, t := range h.days {
		switch {
		case t.pivot != h.days[0].pivot:
			return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_rate_file", Field: "days", Op: "fx: history",
				Msg: "lists against " + h.days[0].pivot.String() + " and " + t.pivot.String()}
		case i > 0 && t.at.Equal(h.days[i-1].at):
			return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_rate_file", Field: "days", Op: "fx: history",
				Msg: "there are two lists of " + t.at.Format(time.DateOnly)}
		}
	}
	return h, nil
}

// Days are how many lists there are.
func (h *History) Days() int { return len(h.days) }

// Table is the latest list that is not later than a moment, and not more than seven days
// older; nil: there is none.
func (h *History) Table(at time.Time) *Table {
	if n := h.until(at); n > 0 && at.Sub(h.days[n-1].at) <= historyWithin {
		return h.days[n-1]
	}
	return nil
}

// until is how many lists are not later.
func (h *History) until(at time.Time) int {
	n, found := slices.BinarySearchFunc(h.days, at, func(t *Table, at time.Time) int { return t.at.Compare(at) })
	if found {
		n++
	}
	return n
}

// Rate implements RateProvider.
func (h *History) Rate(ctx context.Context, base, quote ledger.Currency, at time.Time) (Rate, error) {
	if base == quote && base.Valid() {
		return Identity(base, at), nil
	}
	for n := h.until(at); n > 0 && at.Sub(h.days[n-1].at) <= historyWithin; n-- {
		if r, err := h.days[n-1].Rate(ctx, base, quote, at); err == nil {
			return r, nil
		}
	}
	return Rate{}, notQuoted("history", base, quote)
}

func notQuoted(source string, base, quote ledger.Currency) error {
	return &ledger.Error{Class: ledger.NotFound, Code: "rate_not_found", Field: "currency", Op: "fx: " + source,
		Msg: "there is no rate of " + base.String() + " in " + quote.String()}
}
