package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"strings"
)

// Kind gives typed access to the objects of one kind. Values are declared as
// package variables and never change.
//
// T is a struct that becomes JSON. Its fields are never renamed or reused;
// fields that this version of T does not know survive a Get and Put, so that
// versions can run side by side. Give optional fields the omitzero option.
type Kind[T any] struct {
	Name    string         // unique in a store, "connect.charge"
	Prefix  string         // of the ids, "ch_"
	Keys    func(*T) []Key // by which it can be found; nil for none
	Columns []Column       // what a SQL view of the kind shows

	// Loaded completes a value that was read: with what storage leaves out, such
	// as the currency of amounts of zero. Nil for nothing.
	Loaded func(*T)
}

// Column is a column of the SQL view of a kind: a name, and the path of a field
// in its JSON, "amount.currency".
type Column struct {
	Name string
	Path string
	Type ColumnType
}

// ColumnType is how a view shows a field.
type ColumnType uint8

// The types of columns.
const (
	TextColumn ColumnType = iota
	IntegerColumn
	TimeColumn
	BooleanColumn
)

// KindInfo is a Kind without its type, for what only needs to know of it.
type KindInfo struct {
	Name    string
	Prefix  string
	Columns []Column
}

// Info returns what the kind is.
func (k Kind[T]) Info() KindInfo { return KindInfo{k.Name, k.Prefix, k.Columns} }

// ID names an object of the kind.
func (k Kind[T]) ID(id string) ID { return ID{k.Name, id} }

// Fits reports whether id has the form of the kind's ids, so that the store
// need not be asked about others.
func (k Kind[T]) Fits(id string) bool {
	return len(id) > len(k.Prefix) && len(id) <= 128 && strings.HasPrefix(id, k.Prefix) && usable(id, 128)
}

// Get returns an object, expected unchanged at commit. One that does not exist
// is NotFound, and expected to stay away. The value is the caller's own.
func (k Kind[T]) Get(u *Unit, id string) (*T, error) {
	if !k.Fits(id) {
		return nil, k.notFound(id)
	}
	if err := u.Load(k.ID(id)); err != nil {
		return nil, err
	}
	known := u.objects.get(k.ID(id))
	o := u.object(k.ID(id), known)
	if o.Version == 0 {
		return nil, k.notFound(id)
	}
	v, unknown, err := k.decode(o)
	known.unknown = known.unknown || unknown
	return v, err
}

// notFound does not repeat the id: it may be anything.
func (k Kind[T]) notFound(id string) error {
	return &Error{Class: NotFound, Code: "not_found", Op: "ledger: " + k.Name, Msg: "there is no " + quoted(id)}
}

// Put stores a value under an id, which must be one that Get would look for.
func (k Kind[T]) Put(u *Unit, id string, v *T) error {
	if !k.Fits(id) {
		return invalid("invalid_id", "id", quoted(id)+" is no id of "+k.Name)
	}
	data, err := marshal(v)
	if err != nil {
		return k.corrupt(id, err)
	}
	if known := u.objects.get(k.ID(id)); known != nil && known.unknown {
		if data, err = mergeUnknown(u.object(k.ID(id), known).Data, data, reflect.TypeFor[T]()); err != nil {
			return k.corrupt(id, err)
		}
	}
	o := Object{ID: k.ID(id), Data: data}
	if k.Keys != nil {
		o.Keys = k.Keys(v)
	}
	u.put(o, true)
	return nil
}

// Decode reads the value of an object that a list returned.
func (k Kind[T]) Decode(o Object) (*T, error) {
	v, _, err := k.decode(o)
	return v, err
}

// decode also tells whether the data has fields that T does not know.
func (k Kind[T]) decode(o Object) (v *T, unknown bool, err error) {
	v, unknown, err = k.parse(o)
	if err == nil && k.Loaded != nil {
		k.Loaded(v)
	}
	return v, unknown, err
}

func (k Kind[T]) parse(o Object) (v *T, unknown bool, err error) {
	v = new(T)
	d := json.NewDecoder(bytes.NewReader(o.Data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err == nil {
		return v, false, nil
	}
	v = new(T)
	if err := json.Unmarshal(o.Data, v); err != nil {
		return nil, false, k.corrupt(o.ID.ID, err)
	}
	return v, true, nil
}

func (k Kind[T]) corrupt(id string, err error) error {
	return &Error{Class: Invalid, Code: "corrupt", Op: "ledger: " + k.Name + " " + id, Msg: "its data cannot be read or written", Err: err}
}

// Read returns an object as the store has it, outside any unit.
func (k Kind[T]) Read(ctx context.Context, s Store, id string) (*T, error) {
	if !k.Fits(id) {
		return nil, k.notFound(id)
	}
	var o Object
	err := s.Read(ctx, func(v View) error {
		list, err := v.Objects(k.ID(id))
		if err == nil {
			o = list[0]
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case o.Version == 0:
		return nil, k.notFound(id)
	}
	return k.Decode(o)
}

// mergeUnknown adds to data the fields of raw that type t does not know, at any
// depth of structs.
func mergeUnknown(raw, data []byte, t reflect.Type) ([]byte, error) {
	var was, is map[string]json.RawMessage
	if err := json.Unmarshal(raw, &was); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &is); err != nil {
		return nil, err
	}
	known := make(map[string]reflect.Type)
	knownFields(t, known)
	for name, old := range was {
		ft, ok := known[name]
		if !ok {
			is[name] = old
			continue
		}
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		if now, ok := is[name]; ok && ft.Kind() == reflect.Struct && isObject(old) && isObject(now) && !reflect.PointerTo(ft).Implements(reflect.TypeFor[json.Unmarshaler]()) {
			merged, err := mergeUnknown(old, now, ft)
			if err != nil {
				return nil, err
			}
			is[name] = merged
		}
	}
	return json.Marshal(is)
}

func isObject(data json.RawMessage) bool { return len(data) > 0 && data[0] == '{' }

// knownFields collects the JSON names of a struct's fields.
func knownFields(t reflect.Type, names map[string]reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case tag == "-":
		case f.Anonymous && tag == "" && inner.Kind() == reflect.Struct:
			knownFields(inner, names)
		case !f.IsExported():
		case tag != "":
			names[tag] = f.Type
		default:
			names[f.Name] = f.Type
		}
	}
}
