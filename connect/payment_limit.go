package connect

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// LimitOf is what a limit counts.
type LimitOf string

// What limits count. An account's charges are those that it gets the money of, its
// transfers those that leave it.
const (
	LimitCharges   LimitOf = "charges"
	LimitTransfers LimitOf = "transfers"
)

// LimitWindow is the time for which a limit holds, in UTC.
type LimitWindow string

// The windows.
const (
	LimitDay     LimitWindow = "day"
	LimitWeek    LimitWindow = "week"    // from Monday on, as ISO 8601 counts weeks
	LimitMonth   LimitWindow = "month"   // of the calendar
	LimitRolling LimitWindow = "rolling" // today and the days before it: PaymentLimit.Days in all
)

// PaymentLimit is how much may be charged or transferred in a time, or how often. It is
// kept in ledger accounts whose floor is zero, so that no two processes pass it together.
type PaymentLimit struct {
	ID       string       `json:"id"`
	Platform string       `json:"platform"`
	Account  string       `json:"account,omitzero"` // whose it is; empty: the platform's
	Name     string       `json:"name"`
	Of       LimitOf      `json:"of"`
	Each     bool         `json:"each,omitzero"` // it is of each of the platform's accounts by itself
	Window   LimitWindow  `json:"window"`
	Days     int          `json:"days,omitzero"`     // of a rolling window
	Amount   ledger.Money `json:"amount,omitzero"`   // in all, of payments in this currency alone; or
	Count    int64        `json:"count,omitzero"`    // how many, in any currency
	Replaces string       `json:"replaces,omitzero"` // the limit of that name before it: what that had counted counts on
	Created  time.Time    `json:"created"`
	Ended    time.Time    `json:"ended,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (l *PaymentLimit) replay() *bool { return &l.Replayed }

var limitKind = ledger.Kind[PaymentLimit]{
	Name:   "connect.payment_limit",
	Prefix: "lim_",
	Keys: func(l *PaymentLimit) []ledger.Key {
		keys := []ledger.Key{{Name: "platform", Value: l.Platform, At: l.Created}}
		if l.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: l.Account, At: l.Created})
		}
		return keys
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "name", Path: "name"},
		{Name: "counts", Path: "of"}, {Name: "within", Path: "window"}, {Name: "days", Path: "days", Type: ledger.IntegerColumn},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn}, {Name: "currency", Path: "amount.currency"},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "count", Path: "count", Type: ledger.IntegerColumn},
		{Name: "created", Path: "created", Type: ledger.TimeColumn}, {Name: "ended", Path: "ended", Type: ledger.TimeColumn},
	},
}

// LimitUse is what a payment takes of a limit; of a rolling one, on a day: a charge that
// is raised on later days has one for each, oldest first.
type LimitUse struct {
	Limit  string       `json:"limit"` // its id
	Name   string       `json:"name"`
	Owner  string       `json:"owner"`           // an account, or the platform
	Window string       `json:"window"`          // "2026-11-27", "2026-W48", "2026-11"; of a rolling one the day
	Moving bool         `json:"moving,omitzero"` // it is a rolling one
	Amount ledger.Money `json:"amount,omitzero"` // of which it takes now; a count is in COUNT/0
}

// limitsBook is the book that limits are kept in, apart from all money.
const limitsBook = "limits"

// whole is all that a limit allows.
func (l *PaymentLimit) whole() ledger.Money {
	if l.Count > 0 {
		return countMoney(l.Count)
	}
	return l.Amount
}

// countMoney is a number as ledger accounts have it.
func countMoney(n int64) ledger.Money {
	c, err := ledger.Asset("COUNT/0")
	if err != nil {
		panic("connect: COUNT/0 is no asset: " + err.Error())
	}
	return ledger.Minor(n, c)
}

// takes is what a payment takes of a limit; false if it does not count it.
func (l *PaymentLimit) takes(m ledger.Money) (ledger.Money, bool) {
	switch {
	case l.Count > 0 && m.Sign() > 0:
		return countMoney(1), true
	case l.Count > 0:
		return countMoney(0), true
	}
	return m, m.Currency() == l.Amount.Currency()
}

// window names the window of a limit that a moment is in, of a rolling one its day.
func (l *PaymentLimit) window(at time.Time) string {
	at = at.UTC()
	switch l.Window {
	case LimitWeek:
		year, week := at.ISOWeek()
		return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + "-W" + twoDigits(week)
	case LimitMonth:
		return at.Format("2006-01")
	}
	return at.Format(time.DateOnly)
}

func twoDigits(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }

// use is what a payment of an owner takes of a limit at a moment.
func (l *PaymentLimit) use(owner string, at time.Time, takes ledger.Money) LimitUse {
	return LimitUse{Limit: l.ID, Name: l.Name, Owner: owner, Window: l.window(at), Moving: l.Window == LimitRolling, Amount: takes}
}

// left is the account that says what a limit still allows.
func (x *LimitUse) left() ledger.Ref {
	if x.Moving {
		return x.account("rolling")
	}
	return x.account(x.Window)
}

// used is the account that keeps what was used on a day of a rolling limit, until the
// day leaves the window; of others the house's.
func (x *LimitUse) used() ledger.Ref {
	if x.Moving {
		return x.account(x.Window)
	}
	return fills(x.Amount.Currency())
}

func (x *LimitUse) account(window string) ledger.Ref {
	return ledger.Ref{Book: limitsBook, Owner: x.Owner, Purpose: "allowance/" + x.Limit + "/" + window, Currency: x.Amount.Currency()}
}

// fills is the account that allowances are filled from.
func fills(c ledger.Currency) ledger.Ref {
	return ledger.Ref{Book: limitsBook, Owner: ledger.House, Purpose: "allowances", Currency: c}
}
