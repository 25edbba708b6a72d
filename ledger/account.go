package ledger

import (
	"cmp"
	"strings"
	"time"
)

// Ref names an account of the books. Details follow the purpose after a slash:
// "pending/2026-11-27", "tax/nyc". docs/chart-of-accounts.md lists the
// purposes; a host may have others of its own.
type Ref struct {
	Book     string // the platform's id, or that of a seller who has a book of their own
	Owner    string // who is owed the money: "house", a platform, an account, a buyer
	Purpose  string
	Currency Currency
}

// String returns book:owner:purpose:currency, "plat_1:house:bank/main:EUR", for
// messages and keys. ParseRef reads it back.
func (r Ref) String() string {
	return r.Book + ":" + r.Owner + ":" + r.Purpose + ":" + r.Currency.String()
}

// Compare orders refs bytewise by book, owner, purpose and currency text, as
// every store lists them.
func (r Ref) Compare(o Ref) int {
	if c := strings.Compare(r.Book, o.Book); c != 0 {
		return c
	}
	if c := strings.Compare(r.Owner, o.Owner); c != 0 {
		return c
	}
	if c := strings.Compare(r.Purpose, o.Purpose); c != 0 {
		return c
	}
	if r.Currency == o.Currency {
		return 0
	}
	return strings.Compare(r.Currency.String(), o.Currency.String())
}

// FloorKind says how firm a floor is.
type FloorKind uint8

// The kinds of floor.
const (
	NoFloor   FloorKind = iota // any balance; the only kind that may be shared
	Guarded                    // guarded entries stop at the floor, forced ones go below it
	HardFloor                  // nothing goes below it, forced or not
)

// Floor is the least balance that an account may be left with. The zero value
// is no floor.
type Floor struct {
	Kind    FloorKind
	AtMinor int64 // minor units of the account's currency, within ±2^62; 0 in the chart
}

// Account is an account as it stands at one moment.
type Account struct {
	Ref
	Floor  Floor
	Shared bool // kept as one balance per stripe; no floor, no holds, not expected unchanged
	Closed bool // refuses entries for good

	Posted  Money     // the sum of its entries
	Held    Money     // the sum of its open holds
	Entries int64     // how many entries it has; numbered 1 to Entries unless it is shared
	Version int64     // rises with every change that touches it; 0: there is no such account
	Last    time.Time // when its latest entry was posted

	mem *memAccount // where a Memory keeps it, while it plans
}

// Spendable returns what guarded entries may still take: the balance less the
// open holds and the floor. Without a floor it is the balance less the holds.
func (a Account) Spendable() (Money, error) {
	free, err := a.Posted.Sub(a.Held)
	if err != nil || a.Floor.Kind == NoFloor {
		return free, err
	}
	return free.Sub(Money{a.Floor.AtMinor, a.Currency})
}

func (a *Account) checkFloor() *Error {
	switch f := a.Floor; {
	case a.Shared && f.Kind != NoFloor:
		return invalid("invalid_floor", "open", "a shared account has no floor")
	case f.Kind > HardFloor, f.Kind == NoFloor && f.AtMinor != 0:
		return invalid("invalid_floor", "open", "a floor has a kind, and no floor no amount")
	case magnitude(f.AtMinor) > 1<<62: // what a balance is above it would not fit 64 bits
		return invalid("invalid_floor", "open", "a floor lies within 2^62 minor units of zero")
	case f.Kind == HardFloor && f.AtMinor > 0:
		return invalid("invalid_floor", "open", "a new account would lie under its hard floor")
	}
	return nil
}

// AccountQuery selects accounts. They come in the order of Ref.Compare.
type AccountQuery struct {
	Book    string // "" for all books
	Owner   string // "" for all owners; needs a book
	Purpose string // exact; one that ends in "/" takes all its details
	Open    bool   // leave out closed accounts
	After   Ref    // the last one already seen; the zero Ref starts
	Limit   int    // 1–1,000; 0 is 100
}

// Page sizes of every list of the ledger.
const (
	DefaultPage = 100
	MaxPage     = 1000
)

// PageSize applies the default to the limit of a page and refuses what is out of
// range. It is for adapters.
func PageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return DefaultPage, nil
	case limit < 0 || limit > MaxPage:
		return 0, invalid("invalid_limit", "limit", "a page holds 1 to 1,000 rows")
	}
	return limit, nil
}

// matches reports whether an account that lies in the query's range is wanted.
func (q AccountQuery) matches(r Ref, closed bool) bool {
	switch {
	case q.Book != "" && r.Book != q.Book,
		q.Owner != "" && r.Owner != q.Owner,
		q.Open && closed:
		return false
	case q.Purpose == "":
		return true
	case strings.HasSuffix(q.Purpose, "/"):
		return strings.HasPrefix(r.Purpose, q.Purpose)
	}
	return r.Purpose == q.Purpose
}

// Check returns the query with its defaults, or says why it cannot be answered.
// It is for adapters.
func (q AccountQuery) Check() (AccountQuery, error) {
	var err error
	if q.Owner != "" && q.Book == "" {
		return q, invalid("invalid_query", "book", "accounts of an owner are listed within a book")
	}
	q.Limit, err = PageSize(q.Limit)
	return q, err
}

// usable reports whether text can be part of a name: 1 to max bytes of
// printable ASCII.
func usable(text string, max int) bool {
	if text == "" || len(text) > max {
		return false
	}
	for i := range len(text) {
		if text[i] < 0x20 || text[i] > 0x7e {
			return false
		}
	}
	return true
}

func (r Ref) check() *Error {
	switch {
	case !usable(r.Book, 64) || !usable(r.Owner, 64) || !usable(r.Purpose, 96):
		return invalid("invalid_account", "account", "book, owner and purpose are 1 to 64 (96) characters of printable ASCII")
	case strings.ContainsRune(r.Book+r.Owner+r.Purpose, ':'):
		return invalid("invalid_account", "account", "book, owner and purpose have no colon")
	case strings.HasSuffix(r.Purpose, "/") || strings.HasPrefix(r.Purpose, "/"):
		return invalid("invalid_account", "account", "a purpose neither starts nor ends with a slash")
	case !r.Currency.Valid():
		return badCurrency(r.Currency.String())
	}
	return nil
}

// atTime is the resolution of all times in the books: microseconds, in UTC.
func atTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// The first and last second that can be kept: stores and JSON hold the years 1
// to 9999.
const firstSecond, lastSecond = -62135596800, 253402300799

// badTime reports whether a time cannot be kept.
func badTime(t time.Time) bool { return t.Unix() < firstSecond || t.Unix() > lastSecond }

// AskedTime is a moment of a question, in UTC to the microsecond. One that
// nothing can be kept under is moved next to what can: "until for ever" stays
// after everything, and does not leave the numbers that stores count time with.
// It is for adapters.
func AskedTime(t time.Time) time.Time {
	switch s := t.Unix(); {
	case s < firstSecond:
		return time.Unix(firstSecond, 0).UTC().Add(-time.Microsecond)
	case s > lastSecond:
		return time.Unix(lastSecond+1, 0).UTC()
	}
	return atTime(t)
}

func compareTime(a, b time.Time) int { return cmp.Compare(a.UnixMicro(), b.UnixMicro()) }

// ParseRef reads what Ref.String printed.
func ParseRef(text string) (Ref, error) {
	parts := strings.SplitN(text, ":", 4)
	if len(parts) != 4 {
		return Ref{}, invalid("invalid_account", "account", quoted(text)+" does not name an account")
	}
	c, err := ParseCurrency(parts[3])
	if err != nil {
		return Ref{}, err
	}
	r := Ref{Book: parts[0], Owner: parts[1], Purpose: parts[2], Currency: c}
	if err := r.check(); err != nil {
		return Ref{}, err
	}
	return r, nil
}
