package connect

import (
	"github.com/soukhq/souk/ledger"
)

// lineReader reads one page of an owner's lines.
type lineReader struct {
	p     *Platform
	owner string
	r     *BalanceTransactionsRequest
	steps *steps
	scan  *scan
	page  *BalanceTransactionList
	last  linePlace // of the entry that was looked at last
}

func (l *lineReader) run(v ledger.View, after afterPlace) error {
	if after.id != "" {
		if err := l.place(&after); err != nil {
			return err
		}
	}
	if l.r.SourceID != "" {
		return l.ofSource(v, after)
	}
	if l.r.To != 0 {
		if end := (linePlace{at: l.r.To.Time()}); after.at.IsZero() || after.compare(end) > 0 {
			after = afterPlace{linePlace: end}
		}
	}
	l.scan = &scan{v: v, before: after.linePlace, page: max(2*l.r.Limit, 32)}
	if l.r.From != 0 {
		l.scan.from = l.r.From.Time()
	}
	err := l.scan.open(l.p.id, l.owner, l.r.Currency, func(a ledger.Account) bool {
		key := dayKey(a.Ref)
		return key == "" || after.days == nil || after.days[key] || a.Last.Before(after.at)
	})
	if err != nil {
		return err
	}
	for seen := 0; ; {
		n, err := l.batch()
		if err != nil {
			return err
		}
		if seen += n; n == 0 || l.page.More || seen >= mostScanned {
			if n > 0 && !l.page.More {
				l.page.More, l.page.Next = true, l.next(l.last)
			}
			return nil
		}
	}
}

// place finds where the line of an id stands, which is one of the list.
func (l *lineReader) place(after *afterPlace) error {
	transaction, owner, cur, _ := parseBalanceTransactionID(after.id)
	if err := l.steps.around([]string{transaction}); err != nil {
		return err
	}
	t := l.steps.read[transaction]
	if owner != l.owner || t == nil || l.steps.line(transaction, owner, cur) == nil {
		return badField("invalid_cursor", "after", "this is not the id of a balance transaction in the list")
	}
	after.linePlace = linePlace{t.Posted, transaction, cur.String()}
	return nil
}

// batch reads some entries and their transactions, and adds the lines that are
// wanted. It returns how many entries there were.
func (l *lineReader) batch() (int, error) {
	var entries []*ledger.Posted
	var ids []string
	for len(entries) <= l.r.Limit { // each is a read of its own in a store on a database
		e, err := l.scan.pop()
		if err != nil {
			return 0, err
		}
		if e == nil {
			break
		}
		entries, ids = append(entries, e), append(ids, e.Transaction)
	}
	if err := l.steps.around(ids); err != nil {
		return 0, err
	}
	found, err := l.lines(entries)
	if err != nil {
		return 0, err
	}
	for _, f := range found {
		if f.line == nil || !l.wants(f.line) {
			l.last = f.at
			continue
		}
		if len(l.page.Items) == l.r.Limit {
			l.page.More, l.page.Next = true, l.next(l.last)
			break
		}
		l.last = f.at
		l.page.Items = append(l.page.Items, f.line)
	}
	return len(entries), nil
}

// placed is a place of the list and the line that begins there, nil if none does.
type placed struct {
	at   linePlace
	line *BalanceTransaction
}

// lines reads the lines of entries and what their sources say of them.
func (l *lineReader) lines(entries []*ledger.Posted) ([]placed, error) {
	var found []placed
	var lines []*BalanceTransaction
	last := l.last
	for _, e := range entries {
		if placeOf(e) == last {
			continue // another account of the owner's in the same transaction
		}
		last = placeOf(e)
		f := placed{at: last, line: l.steps.line(e.Transaction, l.owner, e.Account.Currency)}
		if found = append(found, f); f.line != nil {
			lines = append(lines, f.line)
		}
	}
	return found, l.p.tellSources(l.scan.v, lines)
}

func (l *lineReader) wants(line *BalanceTransaction) bool {
	r := l.r
	return (line.Type != TypeMove || r.Moves || r.Type == TypeMove) && (r.Type == "" || r.Type == line.Type) &&
		(r.Category == "" || r.Category == line.Category)
}

// next is the cursor of what comes after a place.
func (l *lineReader) next(after linePlace) string {
	a := afterPlace{linePlace: after, days: make(map[string]bool)}
	for _, t := range l.scan.tapes {
		if key := dayKey(t.account.Ref); key != "" && t.goesOn(after) {
			a.days[key] = true
		}
	}
	return a.String()
}
