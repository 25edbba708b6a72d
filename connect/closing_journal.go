package connect

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// AccountNumber says which account of the host's general ledger a purpose of the chart
// is, or what one reason did to it. Of several that fit, the one that names most
// counts: first by the whole purpose, then by the reason.
type AccountNumber struct {
	Purpose string `json:"purpose"`         // "acquirer/adyen", or "acquirer" for all of that name
	Reason  string `json:"reason,omitzero"` // empty: any
	Number  string `json:"number"`          // 1–32 letters, digits, dots and dashes
	Label   string `json:"label"`           // 1–100 characters
}

// JournalRequest asks for the summary journal of a period: one entry for each day and
// currency.
type JournalRequest struct {
	From, To payout.Day      // days in UTC: from the first to before the second, by which the book is closed
	Numbers  []AccountNumber // the host's accounts
	First    int             // the number of the first entry; 0 is 1. Go on with Journal.Next
}

// Journal is a summary journal for a general ledger.
type Journal struct {
	Platform string         `json:"platform"`
	From     payout.Day     `json:"from"`
	To       payout.Day     `json:"to"`
	Entries  []JournalEntry `json:"entries,omitzero"` // numbered without gaps, by day and currency
	Next     int            `json:"next"`             // the number of the entry after the last
}

// JournalEntry is one day in one currency. Its debits and credits are the same in sum.
type JournalEntry struct {
	Number   int             `json:"number"`
	Day      payout.Day      `json:"day"`
	Currency ledger.Currency `json:"currency"`
	Lines    []JournalLine   `json:"lines"` // by account number, purpose and reason; debits first
}

// JournalLine is what one reason did to one purpose: Debit or Credit is zero. What the
// chart signs as owed to others, or earned, is credit.
type JournalLine struct {
	Number  string       `json:"account"`
	Label   string       `json:"label"`
	Purpose string       `json:"purpose"` // as in a trial balance
	Reason  string       `json:"reason"`
	Debit   ledger.Money `json:"debit"`
	Credit  ledger.Money `json:"credit"`
}

// Journal returns the summary journal of a period that is closed (ledger.ClosePeriod),
// by the time at which entries count: so it is the same whenever it is asked for. A
// period that is not closed is State, period_open; a purpose and reason without an
// account Invalid, unmapped_account, whose message names all that are missing.
func (p *Platform) Journal(ctx context.Context, r JournalRequest) (*Journal, error) {
	if err := p.may(ctx, "Journal"); err != nil {
		return nil, err
	}
	if r.First == 0 {
		r.First = 1
	}
	err := checkDays(r.From, r.To)
	if err == nil && r.First < 1 {
		err = badField("invalid_number", "first", "entries are numbered from 1")
	}
	if err == nil {
		err = checkNumbers(r.Numbers)
	}
	j := &Journal{Platform: p.id, From: r.From, To: r.To, Next: r.First}
	if err == nil {
		err = p.store.Read(ctx, func(v ledger.View) error {
			until, err := ledger.ClosedUntil(v, p.id)
			if err != nil {
				return err
			}
			if r.To.Time().After(until) {
				return badState("period_open", "to", "the book is not closed until "+r.To.String())
			}
			sums := &journalSums{numbers: r.Numbers, lines: make(map[journalKey]*journalSum), unmapped: make(map[string]bool)}
			if err := p.eachPeriod(ctx, v, r.From, r.To, sums.add); err != nil {
				return err
			}
			j.Entries, err = sums.end(r.First)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("connect: journal: %w", err)
	}
	j.Next += len(j.Entries)
	return j, nil
}

func checkNumbers(list []AccountNumber) error {
	type pair struct{ purpose, reason string }
	seen := make(map[pair]bool)
	for i, n := range list {
		field := fmt.Sprintf("numbers[%d]", i)
		digits := strings.Trim(n.Number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-")
		switch {
		case n.Purpose == "":
			return badField("invalid_account", field, "a number is of a purpose")
		case n.Number == "" || len(n.Number) > 32 || digits != "" || strings.HasPrefix(n.Number, "-"):
			return badField("invalid_account", field, "a number is 1 to 32 letters, digits, dots and dashes, and begins with none of the last")
		case n.Label == "":
			return badField("invalid_text", field, "an account has a label")
		case seen[pair{n.Purpose, n.Reason}]:
			return badField("invalid_account", field, "each purpose and reason is named once")
		}
		if err := checkPlain(field, n.Label, 100); err != nil {
			return err
		}
		seen[pair{n.Purpose, n.Reason}] = true
	}
	return nil
}

// numberOf finds the account of a purpose and reason.
func numberOf(list []AccountNumber, purpose, reason string) (AccountNumber, bool) {
	name, _, _ := strings.Cut(purpose, "/")
	best, rank := AccountNumber{}, 0
	for _, n := range list {
		fits := 0
		switch {
		case n.Reason != "" && n.Reason != reason:
		case n.Purpose == purpose:
			fits = 3
		case n.Purpose == name:
			fits = 1
		}
		if fits > 0 && n.Reason != "" {
			fits++
		}
		if fits > rank {
			best, rank = n, fits
		}
	}
	return best, rank > 0
}

type journalKey struct {
	day             payout.Day
	currency        ledger.Currency
	purpose, reason string
	credit          bool
}

type journalSum struct {
	number AccountNumber
	amount ledger.Money
}

type journalSums struct {
	numbers  []AccountNumber
	lines    map[journalKey]*journalSum
	unmapped map[string]bool
}

func (s *journalSums) add(x *accountPeriod) error {
	for i := range x.entries {
		e := &x.entries[i]
		k := journalKey{payout.DayOf(e.Effective, time.UTC), x.account.Currency, rollPurpose(x.account.Purpose), e.Reason, e.Amount.Sign() > 0}
		sum := s.lines[k]
		if sum == nil {
			n, ok := numberOf(s.numbers, k.purpose, k.reason)
			if !ok {
				s.unmapped[k.purpose+" × "+k.reason] = true
				continue
			}
			sum = &journalSum{n, ledger.Zero(k.currency)}
			s.lines[k] = sum
		}
		m, err := e.Amount.Abs()
		if err == nil {
			sum.amount, err = sum.amount.Add(m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// end numbers the entries.
func (s *journalSums) end(first int) ([]JournalEntry, error) {
	if len(s.unmapped) > 0 {
		missing := slices.Sorted(maps.Keys(s.unmapped))
		return nil, badField("unmapped_account", "numbers", "no account is named for "+strings.Join(missing, ", "))
	}
	keys := slices.SortedFunc(maps.Keys(s.lines), func(a, b journalKey) int {
		side := func(k journalKey) int {
			if k.credit {
				return 1
			}
			return 0
		}
		return cmp.Or(int(a.day-b.day), strings.Compare(a.currency.String(), b.currency.String()), side(a)-side(b),
			strings.Compare(s.lines[a].number.Number, s.lines[b].number.Number), strings.Compare(a.purpose, b.purpose), strings.Compare(a.reason, b.reason))
	})
	var list []JournalEntry
	for _, k := range keys {
		if n := len(list); n == 0 || list[n-1].Day != k.day || list[n-1].Currency != k.currency {
			list = append(list, JournalEntry{Number: first + n, Day: k.day, Currency: k.currency})
		}
		x, entry := s.lines[k], &list[len(list)-1]
		l := JournalLine{x.number.Number, x.number.Label, k.purpose, k.reason, x.amount, ledger.Zero(k.currency)}
		if k.credit {
			l.Debit, l.Credit = l.Credit, l.Debit
		}
		entry.Lines = append(entry.Lines, l)
	}
	for i := range list {
		if !list[i].balanced() {
			return nil, badState("books_do_not_add_up", "", "the entry of "+list[i].Day.String()+" in "+list[i].Currency.String()+" does not balance")
		}
	}
	return list, nil
}

// balanced tells whether debits and credits are the same.
func (e *JournalEntry) balanced() bool {
	sum := ledger.Zero(e.Currency)
	for _, l := range e.Lines {
		var err error
		if sum, err = sum.Add(l.Debit); err == nil {
			sum, err = sum.Sub(l.Credit)
		}
		if err != nil {
			return false
		}
	}
	return sum.IsZero()
}
