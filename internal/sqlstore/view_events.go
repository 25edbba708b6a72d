package sqlstore

import (
	"database/sql"

	"github.com/soukhq/souk/ledger"
)

// lane is that of all events: there is one writer at a time, so the order of
// their numbers is the order in which they were committed.
const lane = 0

// Events implements ledger.View.
func (v *view) Events(after ledger.Cursor, platform string, limit int) ([]ledger.Event, ledger.Cursor, error) {
	lanes, err := after.Lanes()
	if err == nil {
		err = v.usable()
	}
	if err == nil {
		limit, err = ledger.PageSize(limit)
	}
	if err != nil {
		return nil, "", err
	}
	var last, seen int64
	err = v.query(func(rows *sql.Rows) error { return rows.Scan(&last) }, `select coalesce(max(number), 0) from souk_events`)
	if err != nil {
		return nil, "", err
	}
	for _, l := range lanes {
		if l.Lane != lane || l.Number > last {
			return nil, "", v.fault(&ledger.Error{Class: ledger.Invalid, Code: "invalid_cursor", Field: "cursor", Msg: "this is not a cursor of this event feed"})
		}
		seen = l.Number
	}
	list, end, err := v.eventsAfter(seen, platform, limit)
	switch {
	case err != nil:
		return nil, "", err
	case len(list) < limit:
		end = last
	}
	if end == 0 {
		return nil, after, nil
	}
	return list, ledger.CursorOf([]ledger.Lane{{Lane: lane, Number: end}}), nil
}

// eventsAfter returns up to limit events after number seen, and the number of
// the last.
func (v *view) eventsAfter(seen int64, platform string, limit int) ([]ledger.Event, int64, error) {
	if !possible(platform) {
		return nil, seen, nil
	}
	var w where
	if platform != "" {
		w.add(`platform = ?`, platform)
	}
	w.add(`number > ?`, seen)
	var list []ledger.Event
	err := v.query(func(rows *sql.Rows) error {
		var e ledger.Event
		var at int64
		var data sql.NullString
		err := rows.Scan(&seen, &e.Type, &e.Platform, &e.Object.Kind, &e.Object.ID, &e.Version, &at, &data)
		e.ID, e.At, e.Data = ledger.EventID(ledger.Lane{Lane: lane, Number: seen}), moment(at), bytes(data)
		list = append(list, e)
		return err
	}, `select number, type, platform, object_kind, object_id, version, at, data from souk_events `+w.String()+` order by number limit ?`,
		append(w.args, limit)...)
	return list, seen, err
}
