package calendar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// maxBytes bounds one file.
const maxBytes = 256 << 10

func bad(field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_calendar", Field: field, Msg: msg}
}

// Parse reads rules from JSON and checks them. It is strict: a name that is no
// field, in another case, or there twice, null, and a rule without a name or a
// source are invalid_calendar of class Invalid, with the path of the field:
// "days[3].nth". At most 256 KiB and 1,000 rules are read.
func Parse(data []byte) (*Rules, error) {
	if len(data) > maxBytes {
		return nil, bad("", "a calendar has at most 256 KiB")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	var whole json.RawMessage
	if err := d.Decode(&whole); err != nil {
		return nil, bad("", "this is not JSON: "+err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, bad("", "something follows it")
	}
	r := new(Rules)
	if err := decodeStruct("", whole, reflect.ValueOf(r).Elem()); err != nil {
		return nil, err
	}
	_, err := compile(r)
	return r, err
}

// decodeStruct reads an object as encoding/json does, but strictly, and knows
// where it is.
func decodeStruct(path string, data json.RawMessage, v reflect.Value) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return bad(path, "it is an object")
	}
	there := make(map[string]bool)
	for d.More() {
		t, err := d.Token()
		name, _ := t.(string)
		at := strings.TrimPrefix(path+"."+name, ".")
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		switch {
		case err != nil:
			return bad(at, "this is not JSON: "+err.Error())
		case there[name]:
			return bad(at, "it is there twice")
		case string(value) == "null":
			return bad(at, "null is not a value; leave the field out")
		}
		there[name] = true
		field, ok := fieldOf(v, name)
		if !ok {
			return bad(at, "there is no such field")
		}
		if err := decodeField(at, value, field); err != nil {
			return err
		}
	}
	return nil
}

func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); tag == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func decodeField(path string, data json.RawMessage, v reflect.Value) error {
	if v.Kind() != reflect.Slice {
		return decodeLeaf(path, data, v)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return bad(path, "it is a list")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, value := range list {
		at, read := fmt.Sprintf("%s[%d]", path, i), decodeLeaf
		if string(value) == "null" {
			return bad(at, "null is not a value")
		}
		if v.Type().Elem() == reflect.TypeFor[Rule]() {
			read = decodeStruct
		}
		if err := read(at, value, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// decodeLeaf reads a value, and says what is wrong with it without the names that
// Go has for it.
func decodeLeaf(path string, data json.RawMessage, v reflect.Value) error {
	err := json.Unmarshal(data, v.Addr().Interface())
	if inner := (*ledger.Error)(nil); errors.As(err, &inner) {
		return bad(path, inner.Msg)
	}
	if err != nil {
		return bad(path, "this cannot stand here")
	}
	return nil
}
