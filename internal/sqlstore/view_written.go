package sqlstore

import (
	"github.com/soukhq/souk/ledger"
)

// Written implements ledger.View. How far the lanes have come is read in the same
// moment as their rows, or before them, so what is being committed just now is
// beyond all ends and comes later.
func (v *View) Written(q ledger.WrittenQuery) (*ledger.Written, error) {
	q, err := q.Check()
	if err == nil {
		err = v.usable()
	}
	if err != nil {
		return nil, err
	}
	ends, query := []ledger.Lane(nil), v.d.Journal()
	if q.Feed == ledger.EventFeed {
		query = v.d.Lanes()
	}
	if q.To == "" {
		if ends, err = v.ends(query); err != nil {
			return nil, err
		}
	}
	spans, err := q.Spans(ends)
	if err != nil {
		return nil, err
	}
	w := &ledger.Written{Next: q.After}
	for i, s := range spans {
		left := q.Limit - len(w.Transactions) - len(w.Events)
		if left == 0 {
			w.Next, err = w.Next.Advance(spans[:i], 0, 0)
			return w, err
		}
		last, full, err := v.span(w, q.Feed, s, left)
		if err != nil {
			return nil, err
		}
		if full && last < s.To {
			w.Next, err = w.Next.Advance(spans[:i], s.Lane, last)
			return w, err
		}
	}
	w.Next, err = w.Next.Advance(spans, 0, 0)
	return w, err
}

// span reads a part of a lane, up to so many rows, and returns the number of the
// last; full: there may be more.
func (v *View) span(w *ledger.Written, feed ledger.Feed, s ledger.Span, limit int) (last int64, full bool, err error) {
	if feed == ledger.EventFeed {
		before := len(w.Events)
		err := v.writtenEvents(w, s, limit, &last)
		return last, len(w.Events)-before == limit, err
	}
	before := len(w.Transactions)
	at, err := v.writtenTransactions(w, s, limit, &last)
	if err == nil && last > 0 {
		err = v.writtenEntries(w, ledger.Span{Lane: s.Lane, After: s.After, To: last}, at)
	}
	return last, len(w.Transactions)-before == limit, err
}

func (v *View) writtenEvents(w *ledger.Written, s ledger.Span, limit int, last *int64) error {
	return v.query(func(row Answer) error {
		var e ledger.Event
		var when int64
		err := row.Scan(last, &e.Type, &e.Platform, &e.Object.Kind, &e.Object.ID, &e.Version, &when, &e.Data)
		e.ID, e.At = ledger.EventID(ledger.Lane{Lane: s.Lane, Number: *last}), moment(when)
		w.Events = append(w.Events, e)
		return err
	}, `select number, type, platform, object_kind, object_id, version, at, data from souk_events
		where lane = ? and number > ? and number <= ? order by number limit ?`, s.Lane, s.After, s.To, limit)
}

// keys are the keys of a span's first row, less one, and of its last.
func keys(s ledger.Span) (after, to int64) {
	return s.Lane<<stripeShift | s.After, s.Lane<<stripeShift | s.To
}

// writtenTransactions reads the transactions, and says where each stands.
func (v *View) writtenTransactions(w *ledger.Written, s ledger.Span, limit int, last *int64) (map[int64]int, error) {
	at := make(map[int64]int)
	after, to := keys(s)
	err := v.query(func(row Answer) error {
		seq, t, err := scanTransaction(row)
		if err != nil {
			return err
		}
		*last, at[seq] = seq&(1<<stripeShift-1), len(w.Transactions)
		w.Transactions = append(w.Transactions, ledger.Archived{Transaction: t})
		return nil
	}, `select `+transactionColumns+`
		from souk_transactions where seq > ? and seq <= ? order by seq limit ?`, after, to, limit)
	return at, err
}

// writtenEntries adds their entries, with the times that these have themselves.
func (v *View) writtenEntries(w *ledger.Written, s ledger.Span, at map[int64]int) error {
	after, to := keys(s)
	return v.query(func(row Answer) error {
		var e ledger.Posted
		var currency string
		var seq, amount, balance, posted, effective int64
		var forced bool
		err := row.Scan(&seq, &e.Number, &e.Account.Book, &e.Account.Owner, &e.Account.Purpose, &currency, &amount, &balance, &posted, &effective, &forced)
		if err != nil {
			return err
		}
		i, ok := at[seq]
		if !ok {
			return nil // of what the last query left out
		}
		if e.Account.Currency, err = ledger.ParseCurrency(currency); err != nil {
			return corrupt("account of "+e.Account.Owner, err)
		}
		t := &w.Transactions[i]
		e.Transaction, e.Reason, e.Object, e.Book = t.Transaction.ID, t.Transaction.Reason, t.Transaction.Object, t.Transaction.Book
		e.At, e.Effective = moment(posted), moment(effective)
		e.Amount, e.Balance = ledger.Minor(amount, e.Account.Currency), ledger.Minor(balance, e.Account.Currency)
		t.Entries = append(t.Entries, e)
		t.Transaction.Entries = append(t.Transaction.Entries, ledger.Entry{Account: e.Account, Amount: e.Amount, Forced: forced})
		return nil
	}, `select t.seq, e.number, a.book, a.owner, a.purpose, a.currency, e.amount, e.balance, e.posted_at, coalesce(e.effective_at, e.posted_at), e.forced
		from `+v.d.EntriesOf()+` join souk_accounts a on a.id = e.account
		where t.seq > ? and t.seq <= ? order by t.seq, e.position`, after, to)
}
