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
// T is a struct, or a map, that becomes JSON. Its fields are never renamed or
// reused; fields that this version of T does not know survive a Put over them,
// so that versions can run side by side: in structs within structs, and in maps
// under the same key. A list is replaced whole, since nothing tells its members
// apart: what a later version may have to add to stands in a map. Types that
// read their own JSON are replaced whole too. Give optional fields the omitzero
// option.
type Kind[T any] struct {
	Name    string         // unique in a store, "connect.charge"
	Prefix  string         // of the ids, "ch_"
	Keys    func(*T) []Key // by which it can be found, in a slice made for each call; nil for none
	Columns []Column       // what a SQL view of the kind shows beside id and version

	// Loaded completes a value that was read: with what storage leaves out, such
	// as the currency of amounts of zero. Nil for nothing.
	Loaded func(*T)
}

// Column is a column of the SQL view of a kind: a name, and the path of a field
// in its JSON, "amount.currency". What the JSON leaves out is null.
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
	MoneyColumn // of a Money: its amount in units of its currency, exact
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
	if err == nil && !unknown {
		known.knownTo = reflect.TypeFor[T]()
	}
	return v, err
}

// notFound does not repeat the id: it may be anything.
func (k Kind[T]) notFound(id string) error {
	return &Error{Class: NotFound, Code: "not_found", Op: "ledger: " + k.Name, Msg: "there is no " + quoted(id)}
}

// AssumeMade expects an object that this program made in a commit just before
// to be as it was made, at version 1, without reading it: see Unit.Assume. Since
// no other program has added to it, Put need not read it either.
func (k Kind[T]) AssumeMade(u *Unit, id string) {
	if u.objects.get(k.ID(id)) == nil {
		u.Assume(k.ID(id), 1)
		u.objects.get(k.ID(id)).knownTo = reflect.TypeFor[T]()
	}
}

// Put stores a value under an id, which must be one that Get would look for.
// Fields of the stored object that T does not know stay as they are; an object
// that was only assumed is read for them.
func (k Kind[T]) Put(u *Unit, id string, v *T) error {
	if !k.Fits(id) {
		return invalid("invalid_id", "id", quoted(id)+" is no id of "+k.Name)
	}
	if v == nil {
		return missingArgument("value")
	}
	data, err := marshal(v)
	if err != nil {
		return k.corrupt(id, err)
	}
	o := Object{ID: k.ID(id), Data: data}
	if k.Keys != nil {
		o.Keys = k.Keys(v)
	}
	known := u.objects.get(o.ID)
	if known == nil || known.base+int64(known.put) == 0 || known.knownTo == reflect.TypeFor[T]() {
		u.put(o, true)
		u.objects.get(o.ID).knownTo = reflect.TypeFor[T]()
		return nil
	}
	return k.putOver(u, o)
}

// putOver puts over an object that may have fields that T does not know.
func (k Kind[T]) putOver(u *Unit, o Object) error {
	if err := u.Load(o.ID); err != nil {
		return err
	}
	was := u.object(o.ID, u.objects.get(o.ID)).Data
	if _, unknown, err := k.parse(Object{ID: o.ID, Data: was}); err == nil && unknown {
		if o.Data, err = mergeUnknown(was, o.Data, reflect.TypeFor[T]()); err != nil {
			return k.corrupt(o.ID.ID, err)
		}
	}
	u.put(o, true)
	return nil
}

// Decode reads the value of an object that a list returned.
func (k Kind[T]) Decode(o Object) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(o.Data, v); err != nil {
		return nil, k.corrupt(o.ID.ID, err)
	}
	if k.Loaded != nil {
		k.Loaded(v)
	}
	return v, nil
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

// Read returns an object as the store has it, outside any unit. One that does
// not exist is NotFound.
func (k Kind[T]) Read(ctx context.Context, s Store, id string) (*T, error) {
	if !k.Fits(id) {
		return nil, k.notFound(id)
	}
	var o Object
	err := read(ctx, s, func(v View) error {
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

// mergeUnknown adds to data, which a t was written to, what raw has and t does
// not know: fields of structs, at any depth, and of members of maps.
func mergeUnknown(raw, data []byte, t reflect.Type) ([]byte, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	isStruct := t.Kind() == reflect.Struct
	if !isStruct && t.Kind() != reflect.Map || !isObject(raw) || !isObject(data) || implements[json.Unmarshaler](t) {
		return data, nil
	}
	var was, is map[string]json.RawMessage
	if err := json.Unmarshal(raw, &was); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &is); err != nil {
		return nil, err
	}
	known := make(map[string]reflect.Type)
	if isStruct {
		knownFields(t, known)
	}
	for name, old := range was {
		inner := known[name]
		now, kept := is[name]
		switch {
		case !isStruct:
			inner = t.Elem() // and a key that is gone was taken out
		case inner == nil:
			is[name] = old
			continue
		}
		if kept {
			merged, err := mergeUnknown(old, now, inner)
			if err != nil {
				return nil, err
			}
			is[name] = merged
		}
	}
	return json.Marshal(is)
}

func isObject(data []byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && data[0] == '{'
}

// knownFields collects the JSON names of a struct's fields. A field hides those
// of the same name in structs embedded beside it.
func knownFields(t reflect.Type, names map[string]reflect.Type) {
	var embedded []reflect.Type
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case tag == "-":
			continue
		case f.Anonymous && tag == "" && inner.Kind() == reflect.Struct:
			embedded = append(embedded, inner)
			continue
		case !f.IsExported():
			continue
		case tag == "":
			tag = f.Name
		}
		if _, ok := names[tag]; !ok {
			names[tag] = f.Type
		}
	}
	for _, inner := range embedded {
		knownFields(inner, names)
	}
}
