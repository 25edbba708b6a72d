package ledger

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
	"time"
)

// ArchiveRequest asks a store on a database to move old transactions of a book
// out of it, into an archive.
type ArchiveRequest struct {
	Book string

	// Before is the moment before which a transaction was posted and counts, both,
	// to be moved. It is taken to the microsecond, and is the end of the book's
	// closed period at the latest.
	Before time.Time

	// To gets the lines. If it has Flush() error, as a writer that compresses has,
	// and Sync() error, as a file has, these are called before what was written is
	// deleted. A writer over a file should have both; one whose Sync always fails, as
	// a pipe's does, is given without it.
	To io.Writer

	// Limit is how many transactions are moved at once, in one transaction of the
	// database: 1–10,000; 0 is 1,000.
	Limit int
}

// ArchiveResult says what a call moved. It is given with an error too: what it
// counts has been moved, and the next call goes on from there.
type ArchiveResult struct {
	Transactions, Entries int64

	// Stopped is the transaction at which moving ended, if one did: it was posted
	// before the request's moment and counts at it or later. It and what was posted
	// after it wait for the period in which it counts.
	Stopped string

	// Merged is how many rows of shared accounts, of stripes that are idle, became
	// one with others.
	Merged int64
}

// Check returns the request with its defaults, or says what is wrong with it. It
// is for adapters.
func (r ArchiveRequest) Check() (ArchiveRequest, error) {
	const most = 10_000
	switch {
	case !usable(r.Book, 64) || strings.Contains(r.Book, ":"):
		return r, invalid("invalid_account", "book", "one book is archived; its name is 1 to 64 characters of printable ASCII without a colon")
	case r.Before.IsZero():
		return r, invalid("invalid_period", "before", "an archive ends at some moment")
	case r.To == nil:
		return r, missingArgument("to")
	case r.Limit < 0 || r.Limit > most:
		return r, invalid("invalid_limit", "limit", "1 to 10,000 transactions are moved at once")
	case r.Limit == 0:
		r.Limit = 1000
	}
	r.Before = AskedTime(r.Before)
	return r, nil
}

// CheckClosed refuses the request unless everything before its moment is in the
// book's closed period: class State, code period_open. It is for adapters.
func (r ArchiveRequest) CheckClosed(v View) error {
	until, err := ClosedUntil(v, r.Book)
	if err != nil || !r.Before.After(until) {
		return err
	}
	msg := "the book was never closed"
	if !until.IsZero() {
		msg = "the book is closed until " + until.Format(time.RFC3339Nano)
	}
	return &Error{Class: State, Code: "period_open", Field: "before", Op: "ledger: book " + r.Book, Msg: msg}
}

// Carried is what an account carries forward: its entries up to some moment are in
// an archive, and this is what they came to. The zero value is an account none of
// whose entries was moved.
type Carried struct {
	Entries   int64     // how many were moved
	Balance   Money     // after the last of them
	Posted    time.Time // when the last of them was posted
	Effective time.Time // the latest moment at which one of them counts

	// Last and Latest are the transactions that have these two times.
	Last, Latest string
}

// begins reports whether a list that begins at a moment, in the order of that
// time, leaves out nothing that was moved.
func (c *Carried) begins(from time.Time, by TimeKind) bool {
	return c.Entries == 0 || from.After(c.Posted) && (by == ByPosting || from.After(c.Effective))
}

// Archived says that what was asked for is in an archive: class State, code
// period_archived, with the field of the question. It is for adapters.
func (c Carried) Archived(r Ref, field string) error {
	last := c.Posted
	if c.Effective.After(last) {
		last = c.Effective
	}
	return &Error{Class: State, Code: "period_archived", Field: field, Op: "ledger: account " + r.String(), Account: r,
		Msg: "its entries up to " + last.Format(time.RFC3339Nano) + " are in an archive"}
}

// Archived is a transaction in an archive, with its entries as they stood in
// their accounts. As JSON it is one line, which has everything in it:
//
//	{"id": "tx_1", "book": "plat_1", "reason": "top-up", "corrects": "tx_0", "object": {"kind": "charge", "id": "ch_1"},
//	 "posted": "2026-03-01T12:00:00.000001Z", "effective": "2026-03-01T12:00:00Z", "meta": {"order": "7"},
//	 "entries": [{"account": "plat_1:house:bank/main:EUR", "currency": "EUR", "amountMinor": -100, "balanceMinor": -100, "number": 1},
//	             {"account": "plat_1:acct_1:available:EUR", "currency": "EUR", "amountMinor": 100, "balanceMinor": 100, "number": 1}]}
//
// Amounts are minor units of the currency, balances those after the entry, of a
// shared account in its stripe; times are RFC 3339 in UTC. What a transaction does
// not have is left out: corrects, object, meta, and "forced": true of an entry.
// Numbers of a shared account may come again once stripes of it were merged.
type Archived struct {
	Transaction Transaction
	Entries     []Posted // in the order of Transaction.Entries
}

type archivedLine struct {
	ID        string            `json:"id"`
	Book      string            `json:"book"`
	Reason    string            `json:"reason"`
	Corrects  string            `json:"corrects,omitempty"`
	Object    *archivedObject   `json:"object,omitempty"`
	Posted    time.Time         `json:"posted"`
	Effective time.Time         `json:"effective"`
	Meta      map[string]string `json:"meta,omitempty"`
	Entries   []archivedEntry   `json:"entries"`
}

type archivedObject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

type archivedEntry struct {
	Account      string `json:"account"`
	Currency     string `json:"currency"`
	AmountMinor  int64  `json:"amountMinor"`
	BalanceMinor int64  `json:"balanceMinor"`
	Number       int64  `json:"number"`
	Forced       bool   `json:"forced,omitempty"`
}

// Check refuses what no store has posted, and so nothing whole: class State, code
// books_do_not_add_up.
func (a *Archived) Check() error {
	t := a.Transaction
	t.Entries = append([]Entry(nil), t.Entries...)
	for i := range t.Entries {
		t.Entries[i].Forced = false // set by Plan, too
	}
	msg := ""
	switch err := t.check(); {
	case err != nil:
		msg = err.Msg
	case len(a.Entries) != len(t.Entries):
		msg = "it has other entries than its accounts"
	case t.Posted.IsZero() || badTime(t.Posted):
		msg = "times lie in the years 1 to 9999"
	}
	if msg == "" {
		return nil
	}
	return &Error{Class: State, Code: "books_do_not_add_up", Op: "ledger: transaction " + t.ID, Msg: msg}
}

// MarshalJSON writes the line.
func (a Archived) MarshalJSON() ([]byte, error) {
	t := &a.Transaction
	line := archivedLine{ID: t.ID, Book: t.Book, Reason: t.Reason, Corrects: t.Corrects, Posted: t.Posted, Effective: t.Effective, Meta: t.Meta}
	if t.Object != (ID{}) {
		line.Object = &archivedObject{t.Object.Kind, t.Object.ID}
	}
	for i := range t.Entries {
		e, p := &t.Entries[i], &a.Entries[i]
		line.Entries = append(line.Entries, archivedEntry{e.Account.String(), e.Account.Currency.String(), e.Amount.minor, p.Balance.minor, p.Number, e.Forced})
	}
	return json.Marshal(line)
}

// UnmarshalJSON reads a line, and refuses one that Check does.
func (a *Archived) UnmarshalJSON(data []byte) error {
	var line archivedLine
	if err := json.Unmarshal(data, &line); err != nil {
		return err
	}
	t := Transaction{ID: line.ID, Book: line.Book, Reason: line.Reason, Corrects: line.Corrects, Posted: line.Posted, Effective: line.Effective, Meta: line.Meta}
	if line.Object != nil {
		t.Object = ID{line.Object.Kind, line.Object.ID}
	}
	a.Entries = nil
	for _, e := range line.Entries {
		r, err := ParseRef(e.Account)
		if err != nil {
			return err
		}
		amount := Minor(e.AmountMinor, r.Currency)
		t.Entries = append(t.Entries, Entry{Account: r, Amount: amount, Forced: e.Forced})
		a.Entries = append(a.Entries, Posted{Account: r, Number: e.Number, Transaction: t.ID, Reason: t.Reason, Object: t.Object, Book: t.Book,
			At: t.Posted, Effective: t.Effective, Amount: amount, Balance: Minor(e.BalanceMinor, r.Currency)})
	}
	a.Transaction = t
	return a.Check()
}

// ReadArchive calls fn with each transaction of an archive, in the order of its
// lines, until fn returns an error. One may come twice, where moving it was cut
// off before the database had committed, so whoever adds up remembers ids. A line
// that was cut off, which an empty line or the end follows, is passed over: its
// transaction comes again, or is in the books still. Any other line that is none
// is an error of class Invalid, code corrupt.
func ReadArchive(r io.Reader, fn func(*Archived) error) error {
	if r == nil {
		return missingArgument("r")
	}
	const longest = 64 << 20 // more than any transaction takes
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longest)
	var torn error
	for lines.Scan() {
		switch {
		case len(lines.Bytes()) == 0:
			torn = nil
			continue
		case torn != nil:
			return &Error{Class: Invalid, Code: "corrupt", Op: "ledger: archive", Err: torn}
		}
		a := new(Archived)
		if torn = json.Unmarshal(lines.Bytes(), a); torn != nil {
			continue
		}
		if err := fn(a); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return &Error{Class: Invalid, Code: "corrupt", Op: "ledger: archive", Err: err}
	}
	return nil
}
