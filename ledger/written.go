package ledger

import (
	"cmp"
	"slices"
)

// Feed is one of the two things of which nothing that was written ever changes.
type Feed uint8

// The feeds.
const (
	JournalFeed Feed = iota // transactions with their entries
	EventFeed               // events
)

// WrittenQuery selects what was written to a feed, in the order in which it was
// written: lane by lane, and in each lane by the numbers 1, 2, 3 … of its commits.
// Between two cursors there is always the same.
type WrittenQuery struct {
	Feed  Feed
	After Cursor // how far it was seen, in lanes of this feed; empty is the beginning
	To    Cursor // as far as this and no further; empty is all that there is
	Limit int    // 1–1,000; 0 is 100
}

// Written is a part of a feed.
type Written struct {
	Transactions []Archived // in the journal; one that was moved to an archive has no entries
	Events       []Event    // in the feed of events
	Next         Cursor     // how far it goes
}

// Span is a part of a lane: what comes after one number, up to another.
type Span struct{ Lane, After, To int64 }

// Check returns the query with its defaults, or says why it cannot be answered. It
// is for adapters.
func (q WrittenQuery) Check() (WrittenQuery, error) {
	if q.Feed > EventFeed {
		return q, invalid("invalid_query", "feed", "what is written is the journal or events")
	}
	for _, c := range []Cursor{q.After, q.To} {
		if _, err := c.Lanes(); err != nil {
			return q, err
		}
	}
	var err error
	q.Limit, err = PageSize(q.Limit)
	return q, err
}

// Spans returns the parts of the lanes that the query asks for, lane by lane; ends
// is how far each lane has come, which matters where the query has no end itself. It
// is for adapters.
func (q WrittenQuery) Spans(ends []Lane) ([]Span, error) {
	seen, err := q.After.Lanes()
	if err != nil {
		return nil, err
	}
	if q.To != "" {
		if ends, err = q.To.Lanes(); err != nil {
			return nil, err
		}
	}
	ends = slices.Clone(ends)
	slices.SortFunc(ends, func(a, b Lane) int { return cmp.Compare(a.Lane, b.Lane) })
	var spans []Span
	for _, end := range ends {
		s := Span{Lane: end.Lane, To: end.Number}
		for _, l := range seen {
			if l.Lane == end.Lane {
				s.After = l.Number
			}
		}
		if s.To > s.After {
			spans = append(spans, s)
		}
	}
	return spans, nil
}

// Advance is the cursor after some spans were seen whole and, of one more, what came
// up to a number. It is for adapters.
func (c Cursor) Advance(whole []Span, lane, number int64) (Cursor, error) {
	lanes, err := c.Lanes()
	if err != nil {
		return "", err
	}
	set := func(lane, number int64) {
		for i := range lanes {
			if lanes[i].Lane == lane {
				lanes[i].Number = number
				return
			}
		}
		lanes = append(lanes, Lane{lane, number})
	}
	for _, s := range whole {
		set(s.Lane, s.To)
	}
	if number > 0 {
		set(lane, number)
	}
	return CursorOf(lanes), nil
}
