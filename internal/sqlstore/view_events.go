package sqlstore

import (
	"strings"

	"github.com/soukhq/souk/ledger"
)

// laneEvent is an event and its place in its lane.
type laneEvent struct {
	ledger.Event
	number  int64
	written int64 // what lanes are merged by
}

// Events implements ledger.View. The lanes are merged by when their events were
// written: of two changes of one object, the later one was written later,
// whichever lanes they took.
func (v *View) Events(after ledger.Cursor, platform string, limit int) ([]ledger.Event, ledger.Cursor, error) {
	seen, err := after.Lanes()
	if err == nil {
		err = v.usable()
	}
	if err == nil {
		limit, err = ledger.PageSize(limit)
	}
	if err != nil {
		return nil, "", err
	}
	ends, err := v.lanes()
	if err != nil {
		return nil, "", err
	}
	at, ok := places(seen, ends)
	if !ok {
		return nil, "", v.fault(&ledger.Error{Class: ledger.Invalid, Code: "invalid_cursor", Field: "cursor", Msg: "this is not a cursor of this event feed"})
	}
	lists, err := v.pending(ends, at, platform, limit)
	if err != nil {
		return nil, "", err
	}
	list, full := merge(lists, at, limit)
	if !full {
		for _, end := range ends {
			at[end.Lane] = max(at[end.Lane], end.Number) // one may have come since, in a transaction of the host's
		}
	}
	var next []ledger.Lane
	for lane, n := range at {
		if n > 0 {
			next = append(next, ledger.Lane{Lane: lane, Number: n})
		}
	}
	return list, ledger.CursorOf(next), nil
}

// places says how far a cursor has come in each lane; not ok if it is beyond one.
func places(seen, ends []ledger.Lane) (at map[int64]int64, ok bool) {
	at = make(map[int64]int64, len(ends))
	for _, l := range seen {
		at[l.Lane] = l.Number
	}
	inside := 0
	for _, end := range ends {
		n, named := at[end.Lane]
		if n > end.Number {
			return nil, false
		}
		if named {
			inside++
		}
	}
	return at, inside == len(seen)
}

// lanes returns how far each lane has come.
func (v *View) lanes() ([]ledger.Lane, error) { return v.ends(v.d.Lanes()) }

// ends asks how far lanes have come.
func (v *View) ends(query string) ([]ledger.Lane, error) {
	var ends []ledger.Lane
	err := v.query(func(row Answer) error {
		var l ledger.Lane
		err := row.Scan(&l.Lane, &l.Number)
		ends = append(ends, l)
		return err
	}, query)
	return ends, err
}

// pending reads up to limit events of each lane that has any after the cursor.
func (v *View) pending(ends []ledger.Lane, at map[int64]int64, platform string, limit int) (map[int64][]laneEvent, error) {
	if !possible(platform) {
		return nil, nil
	}
	var parts []string
	var args []any
	for _, end := range ends {
		if at[end.Lane] == end.Number {
			continue
		}
		var w where
		if platform != "" {
			w.add(`platform = ?`, platform)
		}
		w.add(`lane = ?`, end.Lane)
		w.add(`number > ?`, at[end.Lane])
		parts = append(parts, `select * from (select lane, number, `+v.d.Written()+`, type, platform, object_kind, object_id, version, at, data
			from souk_events `+w.String()+` order by number limit ?) l`)
		args = append(append(args, w.args...), limit)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	lists := make(map[int64][]laneEvent, len(parts))
	err := v.query(func(row Answer) error {
		var e laneEvent
		var lane, when int64
		err := row.Scan(&lane, &e.number, &e.written, &e.Type, &e.Platform, &e.Object.Kind, &e.Object.ID, &e.Version, &when, &e.Data)
		e.ID, e.At = ledger.EventID(ledger.Lane{Lane: lane, Number: e.number}), moment(when)
		lists[lane] = append(lists[lane], e)
		return err
	}, strings.Join(parts, ` union all `), args...)
	return lists, err
}

// merge takes up to limit events, the one that was written first of those that
// come next in their lanes, and moves the cursor along. full: there may be more.
func merge(lists map[int64][]laneEvent, at map[int64]int64, limit int) (list []ledger.Event, full bool) {
	for len(list) < limit {
		best, found := int64(0), false
		for lane, events := range lists {
			if len(events) > 0 && (!found || before(events[0], lane, lists[best][0], best)) {
				best, found = lane, true
			}
		}
		if !found {
			return list, false
		}
		e := lists[best][0]
		lists[best] = lists[best][1:]
		list, at[best] = append(list, e.Event), e.number
	}
	return list, true
}

func before(a laneEvent, lane int64, b laneEvent, other int64) bool {
	if a.written != b.written {
		return a.written < b.written
	}
	return lane < other
}
