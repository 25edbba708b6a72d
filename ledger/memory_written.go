package ledger

import "slices"

// Written implements View. A Memory has one lane.
func (v *memView) Written(q WrittenQuery) (*Written, error) {
	q, err := q.Check()
	if err == nil {
		err = v.usable()
	}
	if err != nil {
		return nil, err
	}
	m := v.m
	last := int64(m.journal.n)
	if q.Feed == EventFeed {
		last = int64(m.events.n)
	}
	spans, err := q.Spans([]Lane{{m.lane, last}})
	if err != nil {
		return nil, err
	}
	w := &Written{Next: q.After}
	for _, s := range spans {
		if s.Lane != m.lane {
			continue
		}
		n, end := s.After, min(s.To, last)
		if rows := max(min(end-n, int64(q.Limit)), 0); q.Feed == EventFeed {
			w.Events = slices.Grow(w.Events, int(rows))
		} else {
			w.Transactions = slices.Grow(w.Transactions, int(rows))
		}
		for left := q.Limit; n < end && left > 0; left-- {
			n++
			if q.Feed == EventFeed {
				w.Events = append(w.Events, m.event(n))
			} else {
				w.Transactions = append(w.Transactions, m.archived(*m.journal.at(int(n - 1))))
			}
		}
		if n == end {
			n = s.To // what should be there and is not will not come
		}
		if w.Next, err = w.Next.Advance(nil, s.Lane, n); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// archived shows a transaction with its entries as they stand in their accounts.
func (m *Memory) archived(t *memTx) Archived {
	a := Archived{Transaction: m.shown(t), Entries: make([]Posted, 0, len(t.lines))}
	for _, l := range t.lines {
		of := m.numbered[l.account]
		i := of.entries.search(func(e *memEntry) bool { return e.tx.posted >= t.posted })
		if i < of.entries.n {
			if e := of.posted(of.first + int64(i) + 1); e.Transaction == t.id {
				a.Entries = append(a.Entries, e)
			}
		}
	}
	return a
}

// Written shows what is beneath first, then what was committed to the overlay.
func (v *overView) Written(q WrittenQuery) (*Written, error) {
	q, err := q.Check()
	if err == nil {
		err = v.top.usable()
	}
	if err != nil {
		return nil, err
	}
	after, own := splitCursor(q.After, v.top.m.lane)
	to, ownTo := splitCursor(q.To, v.top.m.lane)
	w := &Written{Next: after}
	if q.To == "" || to != "" {
		if w, err = v.base.Written(WrittenQuery{Feed: q.Feed, After: after, To: to, Limit: q.Limit}); err != nil {
			return nil, err
		}
	}
	left := q.Limit - len(w.Transactions) - len(w.Events)
	if left > 0 && (q.To == "" || ownTo != "") {
		top, err := v.top.Written(WrittenQuery{Feed: q.Feed, After: own, To: ownTo, Limit: left})
		if err != nil {
			return nil, err
		}
		w.Transactions, w.Events, own = append(w.Transactions, top.Transactions...), append(w.Events, top.Events...), top.Next
	}
	beneath, err := w.Next.Lanes()
	if err != nil {
		return nil, err
	}
	above, err := own.Lanes()
	if err != nil {
		return nil, err
	}
	w.Next = CursorOf(append(beneath, above...))
	return w, nil
}

// splitCursor parts a cursor into what is beneath an overlay and what is its own.
func splitCursor(c Cursor, lane int64) (beneath, own Cursor) {
	lanes, err := c.Lanes()
	if err != nil {
		return c, ""
	}
	if n := len(lanes); n > 0 && lanes[n-1].Lane == lane {
		return CursorOf(lanes[:n-1]), CursorOf(lanes[n-1:])
	}
	return c, ""
}
