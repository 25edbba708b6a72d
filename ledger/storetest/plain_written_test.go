package storetest

import (
	"maps"
	"slices"

	"github.com/soukhq/souk/ledger"
)

func (v *plainView) Written(q ledger.WrittenQuery) (*ledger.Written, error) {
	defer v.lock()()
	q, err := q.Check()
	if err != nil {
		return nil, err
	}
	var ends []ledger.Lane
	for lane := range int64(stripes) {
		ends = append(ends, ledger.Lane{Lane: lane, Number: v.p.wrote(q.Feed, lane)})
	}
	if v.p.is("the end of a part is ignored") {
		q.To = ""
	}
	spans, err := q.Spans(ends)
	if err != nil {
		return nil, err
	}
	w, left := &ledger.Written{Next: q.After}, q.Limit
	for i, s := range spans {
		n := s.After
		for ; left > 0 && n < s.To && s.Lane < stripes && n < v.p.wrote(q.Feed, s.Lane); left-- {
			n++
			v.p.addWritten(w, q.Feed, s.Lane, n)
		}
		if left == 0 && n < s.To {
			w.Next, err = w.Next.Advance(spans[:i], s.Lane, n)
			return w, err
		}
	}
	w.Next, err = w.Next.Advance(spans, 0, 0)
	return w, err
}

// wrote is how far a lane of a feed has come.
func (p *plain) wrote(f ledger.Feed, lane int64) int64 {
	if f == ledger.EventFeed {
		return int64(len(p.lanes[lane]))
	}
	return int64(len(p.journal[lane]))
}

func (p *plain) addWritten(w *ledger.Written, f ledger.Feed, lane, n int64) {
	if f == ledger.EventFeed {
		e := p.lanes[lane][n-1].Event
		e.Data = slices.Clone(e.Data)
		w.Events = append(w.Events, e)
		return
	}
	if p.is("the second of a lane is not shown") && n == 2 {
		return
	}
	t := p.txs[p.journal[lane][n-1]]
	t.Meta, t.Entries = maps.Clone(t.Meta), slices.Clone(t.Entries)
	a := ledger.Archived{Transaction: t}
	for _, e := range t.Entries {
		for _, posted := range p.entries[e.Account] {
			if posted.Transaction == t.ID {
				a.Entries = append(a.Entries, posted)
			}
		}
	}
	w.Transactions = append(w.Transactions, a)
}
