package ledger

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Event says what happened to an object. It is appended by the change that
// made it happen, and never changes.
type Event struct {
	ID       string // given by the store: unique, and the same whenever it is read
	Type     string // "charge.succeeded"
	Platform string
	Object   ID
	Version  int64     // of the object after the change; 0 when handed over means that
	At       time.Time // zero when handed over means: when the change happened
	Data     []byte    // JSON in UTF-8 or nothing, at most 1 MiB; left alone until the commit has returned
}

func (e *Event) check() *Error {
	switch {
	case !usable(e.Type, 64) || e.Platform != "" && !usable(e.Platform, 64):
		return invalid("invalid_event", "event", "an event has a type of up to 64 characters")
	case e.Object.check() != nil:
		return invalid("invalid_event", "event", "an event is about an object")
	case e.Version < 0:
		return badVersion()
	case badTime(e.At):
		return invalid("invalid_time", "event", "times lie in the years 1 to 9999")
	case len(e.Data) > MaxData:
		return invalid("payload_too_large", "data", "an event has at most 1 MiB of data")
	case !isJSON(e.Data):
		return invalid("invalid_data", "data", "the data of an event is JSON")
	}
	return nil
}

// Cursor is a place in the feed of events; the empty one is its beginning. It
// is opaque: keep it as it was handed out.
type Cursor string

// Lane is how far a cursor has come in one lane of a feed. A store numbers the
// events of each lane 1, 2, 3 … in the order in which they were committed.
type Lane struct {
	Lane   int64
	Number int64
}

// Lanes reads a cursor that a store of souk handed out. Anything else is
// invalid_cursor. It is for adapters.
func (c Cursor) Lanes() ([]Lane, error) {
	if c == "" {
		return nil, nil
	}
	bad := invalid("invalid_cursor", "cursor", "this is not a cursor of the event feed")
	if len(c) > 1<<16 {
		return nil, bad
	}
	var lanes []Lane
	for part := range strings.SplitSeq(string(c), "-") {
		lane, number, ok := strings.Cut(part, ".")
		l, ok1 := plainInt(lane)
		n, ok2 := plainInt(number)
		if !ok || !ok1 || !ok2 || l < 0 || n < 0 || len(lanes) > 0 && lanes[len(lanes)-1].Lane >= l {
			return nil, bad
		}
		lanes = append(lanes, Lane{l, n})
	}
	return lanes, nil
}

// CursorOf makes the cursor that Lanes reads back. It is for adapters.
func CursorOf(lanes []Lane) Cursor {
	lanes = slices.Clone(lanes)
	slices.SortFunc(lanes, func(a, b Lane) int { return cmp.Compare(a.Lane, b.Lane) })
	var b []byte
	for i, l := range lanes {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendInt(b, l.Lane, 10)
		b = append(b, '.')
		b = strconv.AppendInt(b, l.Number, 10)
	}
	return Cursor(b)
}

// EventID returns the id of the n-th event of a lane. It is for adapters.
func EventID(l Lane) string {
	return "evt_" + strconv.FormatInt(l.Lane, 36) + "_" + strconv.FormatInt(l.Number, 36)
}
