// Package strict reads data files as encoding/json does, but strictly: a slip of the
// pen in a file of facts is an error that says where it is, and never a fact that is
// not there.
package strict

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Format is a kind of file, and how one is refused: by an error of class Invalid.
type Format struct {
	Package string // "market": before the name of a file in an error
	Code    string // "invalid_market"
	Max     int    // bytes of a file
}

// Bad refuses what stands at a path: "methods.card.place[0].value".
func (f *Format) Bad(field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: f.Code, Field: field, Msg: msg}
}

// Decode reads JSON into a struct, whose fields that are always written have to be
// there. Refused are, with their paths: names that are no field, in another case, or
// there twice, null, what does not fit its field, what follows, and too much of it.
func (f *Format) Decode(data []byte, into any) error {
	if len(data) > f.Max {
		return f.Bad("", fmt.Sprintf("at most %d KiB are read", f.Max>>10))
	}
	d := json.NewDecoder(bytes.NewReader(data))
	var whole json.RawMessage
	if err := d.Decode(&whole); err != nil {
		return f.Bad("", "this is not JSON: "+err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return f.Bad("", "something follows it")
	}
	return f.decode("", whole, reflect.ValueOf(into).Elem())
}

// decode reads JSON into a value as encoding/json does, but strictly, and knows
// where it is.
func (f *Format) decode(path string, data json.RawMessage, v reflect.Value) error {
	if string(data) == "null" {
		return f.Bad(path, "null is not a value; leave the field out")
	}
	if leaf(v) {
		if err := json.Unmarshal(data, v.Addr().Interface()); err != nil {
			return f.Bad(path, wrong(err, v))
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return f.decode(path, data, v.Elem())
	case reflect.Slice:
		return f.decodeSlice(path, data, v)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	}
	if v.Kind() == reflect.Map {
		return f.eachMember(path, data, func(at, name string, value json.RawMessage) error {
			return f.decodeEntry(at, name, value, v)
		})
	}
	return f.decodeStruct(path, data, v)
}

// decodeStruct reads a struct, of which a field that is always written has to be
// there: a fact without a value is none.
func (f *Format) decodeStruct(path string, data json.RawMessage, v reflect.Value) error {
	there := make(map[string]bool)
	err := f.eachMember(path, data, func(at, name string, value json.RawMessage) error {
		field, ok := fieldOf(v, name)
		if !ok {
			return f.Bad(at, "there is no such field")
		}
		there[name] = true
		return f.decode(at, value, field)
	})
	for i := 0; i < v.NumField() && err == nil; i++ {
		if tag := v.Type().Field(i).Tag.Get("json"); !strings.Contains(tag, ",") && !there[tag] {
			err = f.Bad(strings.TrimPrefix(path+"."+tag, "."), "it is missing")
		}
	}
	return err
}

// leaf reports whether a value is read by its own means.
func leaf(v reflect.Value) bool {
	switch v.Addr().Interface().(type) {
	case json.Unmarshaler, encoding.TextUnmarshaler:
		return true
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Struct:
		return false
	}
	return true
}

// wrong says what is wrong with a leaf without the names that Go has for it.
func wrong(err error, v reflect.Value) string {
	if inner := (*ledger.Error)(nil); errors.As(err, &inner) {
		return inner.Msg
	}
	return fmt.Sprintf("this is not a %s that can stand here", v.Kind())
}

func (f *Format) decodeSlice(path string, data json.RawMessage, v reflect.Value) error {
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return f.Bad(path, "it is a list")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, value := range list {
		if err := f.decode(fmt.Sprintf("%s[%d]", path, i), value, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (f *Format) decodeEntry(at, name string, value json.RawMessage, v reflect.Value) error {
	key, item := reflect.New(v.Type().Key()), reflect.New(v.Type().Elem()).Elem()
	if text, ok := key.Interface().(encoding.TextUnmarshaler); !ok {
		key.Elem().SetString(name)
	} else if err := text.UnmarshalText([]byte(name)); err != nil {
		return f.Bad(at, wrong(err, key.Elem()))
	}
	if err := f.decode(at, value, item); err != nil {
		return err
	}
	v.SetMapIndex(key.Elem(), item)
	return nil
}

// eachMember reads an object; a name that comes twice is refused.
func (f *Format) eachMember(path string, data json.RawMessage, fn func(at, name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return f.Bad(path, "it is an object")
	}
	seen := make(map[string]bool)
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return f.Bad(path, "this is not JSON")
		}
		at := strings.TrimPrefix(path+"."+Shown(name), ".")
		if seen[name] {
			return f.Bad(at, "it stands there twice")
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return f.Bad(at, "this is not JSON")
		}
		if err := fn(at, name, value); err != nil {
			return err
		}
	}
	return nil
}

// Shown bounds a name of a stranger's in a path.
func Shown(name string) string {
	if len(name) > 40 {
		return fmt.Sprintf("%+q…", name[:40])
	}
	for i := range len(name) {
		if name[i] <= 0x20 || name[i] > 0x7e {
			return fmt.Sprintf("%+q", name)
		}
	}
	return name
}

func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if tag == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}
