package connect

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// linePlace is where a line stands in the list of an owner: by the time at which its
// transaction was posted, newest first.
type linePlace struct {
	at          time.Time
	transaction string
	currency    string
}

func (a linePlace) compare(b linePlace) int {
	return cmp.Or(a.at.Compare(b.at), strings.Compare(a.transaction, b.transaction), strings.Compare(a.currency, b.currency))
}

func placeOf(e *ledger.Posted) linePlace {
	return linePlace{e.At, e.Transaction, e.Account.Currency.String()}
}

// tape is the entries of one account, newest first, as far as they were read.
type tape struct {
	account ledger.Account
	entries []ledger.Posted
	next    int
	opened  bool
	ended   bool // there are none before
	after   ledger.Place
}

// scan merges the entries of all accounts of an owner, newest first. An account is
// read once the scan comes to the time of its last entry, so that a day of pending
// money that is long over costs nothing but its row in the list of accounts.
type scan struct {
	v      ledger.View
	before linePlace // entries from here on were seen; the zero place is the end
	from   time.Time // earlier ones are not wanted
	page   int       // how many are read of an account at once
	tapes  []*tape
}

// open lists an owner's accounts, of one currency or of all, and leaves out those
// that keep cannot have entries of.
func (s *scan) open(book, owner string, cur ledger.Currency, keep func(ledger.Account) bool) error {
	return ledger.EachAccount(s.v, ledger.AccountQuery{Book: book, Owner: owner}, func(a ledger.Account) error {
		purpose, ok := ledger.PurposeOf(a.Purpose)
		switch {
		case !ok || purpose.Group != ledger.GroupSellers, !cur.IsZero() && a.Currency != cur,
			a.Entries == 0, a.Last.Before(s.from), !keep(a):
		default:
			s.tapes = append(s.tapes, &tape{account: a})
		}
		return nil
	})
}

// at is the time of the next entry of a tape, or of one that cannot be later.
func (s *scan) at(t *tape) time.Time {
	if t.next < len(t.entries) {
		return t.entries[t.next].At
	}
	if t.opened && t.next > 0 {
		return t.entries[t.next-1].At
	}
	if !s.before.at.IsZero() && t.account.Last.After(s.before.at) {
		return s.before.at
	}
	return t.account.Last
}

// pop returns the next entry, nil at the end.
func (s *scan) pop() (*ledger.Posted, error) {
	for {
		var best *tape
		for _, t := range s.tapes {
			if t.ended && t.next == len(t.entries) {
				continue
			}
			if best == nil || s.ahead(t, best) {
				best = t
			}
		}
		if best == nil {
			return nil, nil
		}
		if best.next < len(best.entries) {
			best.next++
			return &best.entries[best.next-1], nil
		}
		if err := s.read(best); err != nil {
			return nil, err
		}
	}
}

// ahead tells which of two tapes goes on: the one with the later entry, or of the
// same time the one that has to be read to know.
func (s *scan) ahead(a, b *tape) bool {
	if c := s.at(a).Compare(s.at(b)); c != 0 {
		return c > 0
	}
	aKnown, bKnown := a.next < len(a.entries), b.next < len(b.entries)
	if !aKnown || !bKnown {
		return !aKnown && bKnown
	}
	return placeOf(&a.entries[a.next]).compare(placeOf(&b.entries[b.next])) > 0
}

// read reads further entries of a tape.
func (s *scan) read(t *tape) error {
	p := ledger.Page{From: s.from, Desc: true, Limit: s.page, After: t.after}
	if !t.opened && !s.before.at.IsZero() {
		p.To = s.before.at.Add(time.Microsecond)
	}
	t.opened = true
	for {
		list, err := s.v.Entries(t.account.Ref, p)
		if err != nil {
			return err
		}
		t.ended = len(list) < p.Limit
		list, whole := oneMoment(list, t.ended)
		if !whole && p.Limit < ledger.MaxPage {
			p.Limit = min(2*p.Limit, ledger.MaxPage)
			continue
		}
		if len(list) > 0 {
			t.after = list[len(list)-1].Place(ledger.ByPosting)
			p.After, p.To = t.after, time.Time{}
		}
		slices.SortStableFunc(list, func(a, b ledger.Posted) int { return placeOf(&b).compare(placeOf(&a)) })
		for i := range list {
			if s.before.at.IsZero() || placeOf(&list[i]).compare(s.before) < 0 {
				t.entries = append(t.entries, list[i])
			}
		}
		if t.ended || t.next < len(t.entries) {
			return nil
		}
	}
}

// oneMoment cuts a page where a moment ends: an account that is kept in stripes may
// have several entries of one, in another order than that of the list. It is not
// whole if all the page is of one moment that may go on.
func oneMoment(list []ledger.Posted, ended bool) (cut []ledger.Posted, whole bool) {
	if ended {
		return list, true
	}
	last := list[len(list)-1].At
	for n := len(list) - 1; n > 0; n-- {
		if list[n-1].At.After(last) {
			return list[:n], true
		}
	}
	return list, false
}

// goesOn tells whether an account may have entries before a place: one that is open
// may get some, and one that is closed and was read to its end has none.
func (t *tape) goesOn(before linePlace) bool {
	switch {
	case !t.opened:
		return !t.account.Closed
	case !t.ended:
		return true
	}
	return len(t.entries) > 0 && placeOf(&t.entries[len(t.entries)-1]).compare(before) < 0
}
