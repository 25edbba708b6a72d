package ledger

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ID names an object: its kind and an id that is unique within it.
type ID struct {
	Kind string
	ID   string
}

// String returns kind and id for messages.
func (id ID) String() string { return id.Kind + " " + id.ID }

// Key makes an object findable: by equality on (kind, Name, Value) and in the
// order of (At, id).
type Key struct {
	Name  string
	Value string
	At    time.Time // to the microsecond
}

// Object is everything that must survive and is not an account or an entry: a
// charge, a payout, a platform, a piece of due work.
type Object struct {
	ID
	Version int64 // 1 when first put; in Change.Put the version that is replaced, 0 for a new one

	// Data is JSON in UTF-8, or nothing; at most 1 MiB, kept byte for byte. Who
	// puts an object leaves Data and Keys alone until the commit has returned. A
	// View's are the caller's own; those that a Unit shows are read-only.
	Data []byte
	Keys []Key // at most MaxKeys

	kept []byte // the Data that a Unit keeps for its commit: nobody else holds it
	json bool   // and it is JSON: Kind.Put wrote it
}

// Bounds of an object.
const (
	MaxKeys = 6
	MaxData = 1 << 20 // bytes of an object's or event's data
)

// ours reports whether Data is what a Unit kept, and not something that a store
// around ours has put in its place.
func (o *Object) ours() bool {
	n := len(o.kept)
	return n > 0 && n == len(o.Data) && &o.kept[0] == &o.Data[0]
}

// isJSON reports whether Data is JSON or nothing. What Kind.Put wrote is, but
// for what a value holds raw: that may be no text.
func (o *Object) isJSON() bool {
	if o.json && o.ours() {
		return utf8.Valid(o.Data)
	}
	return isJSON(o.Data)
}

// clone copies what a caller could still change.
func (o Object) clone() Object {
	if !o.ours() {
		o.Data = slices.Clone(o.Data)
	}
	o.Keys, o.kept, o.json = slices.Clone(o.Keys), nil, false
	return o
}

func (o *Object) check() *Error {
	switch {
	case o.ID.check() != nil:
		return o.ID.check()
	case o.Version < 0:
		return badVersion()
	case len(o.Data) > MaxData:
		return invalid("payload_too_large", "data", "an object has at most 1 MiB of data")
	case !o.isJSON():
		return invalid("invalid_data", "data", "the data of an object is JSON")
	case o.Kind == PeriodKind && badPeriod(o):
		return invalid("invalid_data", "data", "a closed period says until when")
	case len(o.Keys) > MaxKeys:
		return invalid("too_many_keys", "keys", "an object has at most 6 keys")
	}
	for i, k := range o.Keys {
		if !usable(k.Name, 64) || k.Value != "" && !usable(k.Value, 640) {
			return invalid("invalid_key", "keys", "a key has a name, and a value of up to 640 characters of printable ASCII")
		}
		if badTime(k.At) {
			return invalid("invalid_time", "keys", "times lie in the years 1 to 9999")
		}
		for _, other := range o.Keys[:i] {
			if other.Name == k.Name && other.Value == k.Value {
				return invalid("invalid_key", "keys", "an object has each key once")
			}
		}
	}
	return nil
}

func badVersion() *Error { return invalid("invalid_version", "version", "a version is zero or more") }

func (id ID) check() *Error {
	if !usable(id.Kind, 64) || !usable(id.ID, 640) {
		return invalid("invalid_id", "id", "an object has a kind, and an id of 1 to 640 characters of printable ASCII")
	}
	return nil
}

// Query finds objects by a key of theirs.
type Query struct {
	Kind  string
	Name  string // of the key
	Value string
	From  time.Time // on the key's At, inclusive; zero is the beginning
	To    time.Time // exclusive; zero is the end
	After Place     // At and ID of the last one already seen
	Desc  bool      // newest first
	Limit int       // 1–1,000; 0 is 100
}

// Check returns the query with its defaults and its times as AskedTime has them,
// or says why it cannot be answered. It is for adapters.
func (q Query) Check() (Query, error) {
	if !usable(q.Kind, 64) || !usable(q.Name, 64) {
		return q, invalid("invalid_query", "kind", "a query names a kind and a key")
	}
	var err error
	q.From, q.To, q.After.At = AskedTime(q.From), AskedTime(q.To), AskedTime(q.After.At)
	q.Limit, err = PageSize(q.Limit)
	return q, err
}

// PlaceIn returns where the object stands in a query's list.
func (o Object) PlaceIn(q Query) Place {
	for _, k := range o.Keys {
		if k.Name == q.Name && k.Value == q.Value {
			return Place{At: k.At, ID: o.ID.ID}
		}
	}
	return Place{}
}

// comparePlace orders places in lists of objects by time and id.
func comparePlace(a, b Place) int {
	return cmp.Or(compareTime(a.At, b.At), strings.Compare(a.ID, b.ID))
}

func compareID(a, b ID) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
}
