package market

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

// maxBytes bounds one file, and what a platform may say otherwise: it is one
// object of the store.
const maxBytes = 256 << 10

func bad(field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_market", Field: field, Msg: msg}
}

// Parse reads rules from JSON and checks them. It is strict: a name that is no
// field, in another case, or there twice, null, and a fact without a value or a
// source are invalid_market, with the path of the field: "methods.card.place[0].value".
func Parse(data []byte) (*Rules, error) {
	r := new(Rules)
	if err := decodeAll(data, r); err != nil {
		return nil, err
	}
	return r, r.check(&checker{sourced: true})
}

// ParseList is Parse for the rules that a platform has otherwise, whose facts
// need no source.
func ParseList(data []byte) (*List, error) {
	l := new(List)
	if err := decodeAll(data, l); err != nil {
		return nil, err
	}
	return l, l.Check()
}

func decodeAll(data []byte, into any) error {
	if len(data) > maxBytes {
		return bad("", "rules have at most 256 KiB")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	var whole json.RawMessage
	if err := d.Decode(&whole); err != nil {
		return bad("", "this is not JSON: "+err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return bad("", "something follows it")
	}
	return decode("", whole, reflect.ValueOf(into).Elem())
}

// decode reads JSON into a value as encoding/json does, but strictly, and knows
// where it is.
func decode(path string, data json.RawMessage, v reflect.Value) error {
	if string(data) == "null" {
		return bad(path, "null is not a value; leave the field out")
	}
	if leaf(v) {
		if err := json.Unmarshal(data, v.Addr().Interface()); err != nil {
			return bad(path, wrong(err, v))
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return decode(path, data, v.Elem())
	case reflect.Slice:
		return decodeSlice(path, data, v)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	}
	if v.Kind() == reflect.Map {
		return eachMember(path, data, func(at, name string, value json.RawMessage) error {
			return decodeEntry(at, name, value, v)
		})
	}
	return decodeStruct(path, data, v)
}

// decodeStruct reads a struct, of which a field that is always written has to be
// there: a fact without a value is none.
func decodeStruct(path string, data json.RawMessage, v reflect.Value) error {
	there := make(map[string]bool)
	err := eachMember(path, data, func(at, name string, value json.RawMessage) error {
		field, ok := fieldOf(v, name)
		if !ok {
			return bad(at, "there is no such field")
		}
		there[name] = true
		return decode(at, value, field)
	})
	for i := 0; i < v.NumField() && err == nil; i++ {
		if tag := v.Type().Field(i).Tag.Get("json"); !strings.Contains(tag, ",") && !there[tag] {
			err = bad(strings.TrimPrefix(path+"."+tag, "."), "it is missing")
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

func decodeSlice(path string, data json.RawMessage, v reflect.Value) error {
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return bad(path, "it is a list")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, value := range list {
		if err := decode(fmt.Sprintf("%s[%d]", path, i), value, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func decodeEntry(at, name string, value json.RawMessage, v reflect.Value) error {
	key, item := reflect.New(v.Type().Key()), reflect.New(v.Type().Elem()).Elem()
	if text, ok := key.Interface().(encoding.TextUnmarshaler); !ok {
		key.Elem().SetString(name)
	} else if err := text.UnmarshalText([]byte(name)); err != nil {
		return bad(at, wrong(err, key.Elem()))
	}
	if err := decode(at, value, item); err != nil {
		return err
	}
	v.SetMapIndex(key.Elem(), item)
	return nil
}

// eachMember reads an object; a name that comes twice is refused.
func eachMember(path string, data json.RawMessage, fn func(at, name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return bad(path, "it is an object")
	}
	seen := make(map[string]bool)
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return bad(path, "this is not JSON")
		}
		at := strings.TrimPrefix(path+"."+shown(name), ".")
		if seen[name] {
			return bad(at, "it stands there twice")
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return bad(at, "this is not JSON")
		}
		if err := fn(at, name, value); err != nil {
			return err
		}
	}
	return nil
}

// shown bounds a name of a stranger's in a path.
func shown(name string) string {
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
