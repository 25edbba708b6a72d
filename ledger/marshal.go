package ledger

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// marshal writes what json.Marshal writes, byte for byte. Every verb of a host
// passes here three times or more, so the structs that requests and stored
// objects are have a quick way: without the allocations and the second reading
// that each amount, time and omitzero costs there. Whatever has no quick way
// goes to json.Marshal; so does what fails, for its error.
func marshal(v any) ([]byte, error) {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return json.Marshal(v)
	}
	write := writerOf(p.Type().Elem())
	if write == nil {
		return json.Marshal(v)
	}
	scratch := marshalBuffers.Get().(*[]byte)
	defer marshalBuffers.Put(scratch)
	b, ok := write((*scratch)[:0], p.Elem())
	if !ok {
		return json.Marshal(v)
	}
	*scratch = b
	return append(make([]byte, 0, len(b)), b...), nil
}

var (
	marshalBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}
	marshalWriters sync.Map // reflect.Type to jsonWriter, nil where there is no quick way
)

// jsonWriter appends the JSON of an addressable value; false leaves it to
// json.Marshal.
type jsonWriter func(b []byte, v reflect.Value) ([]byte, bool)

// jsonField is a field of a struct that has a quick way.
type jsonField struct {
	index int
	head  string                   // its name and a colon
	zero  func(reflect.Value) bool // nil: it is never left out
	write jsonWriter
}

// writerOf returns the quick way of a struct, nil if it has none.
func writerOf(t reflect.Type) jsonWriter {
	if w, ok := marshalWriters.Load(t); ok {
		return w.(jsonWriter)
	}
	w := structWriter(t)
	marshalWriters.Store(t, w)
	return w
}

func structWriter(t reflect.Type) jsonWriter {
	if t.Kind() != reflect.Struct || implements[json.Marshaler](t) || implements[encoding.TextMarshaler](t) {
		return nil
	}
	var fields []jsonField
	names := make(map[string]bool)
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		if f.Anonymous || !tagged || !simpleName(name) || names[name] || option != "" && option != "omitzero" {
			return nil
		}
		names[name] = true
		field := jsonField{index: i, head: `"` + name + `":`, write: fieldWriter(f.Type)}
		if option != "" {
			if field.zero = zeroOf(f.Type); field.zero == nil {
				return nil
			}
		}
		fields = append(fields, field)
	}
	return func(b []byte, v reflect.Value) ([]byte, bool) { return writeFields(b, v, fields) }
}

// simpleName reports whether a name stands in JSON as it is.
func simpleName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

func writeFields(b []byte, v reflect.Value, fields []jsonField) (_ []byte, ok bool) {
	b = append(b, '{')
	first := true
	for i := range fields {
		f := &fields[i]
		value := v.Field(f.index)
		if f.zero != nil && f.zero(value) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, f.head...)
		if b, ok = f.write(b, value); !ok {
			return b, false
		}
	}
	return append(b, '}'), true
}

func implements[I any](t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[I]())
}

// zeroOf tells when a field is left out: by its method, or as Go has it. A stored object
// has some seventy fields, most of them nothing, so the usual types have a quick way.
func zeroOf(t reflect.Type) func(reflect.Value) bool {
	type zeroer interface{ IsZero() bool }
	switch {
	case t == reflect.TypeFor[Money]():
		return func(v reflect.Value) bool { return v.Addr().Interface().(*Money).IsZero() }
	case t == reflect.TypeFor[time.Time]():
		return func(v reflect.Value) bool { return v.Addr().Interface().(*time.Time).IsZero() }
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface:
		if t.Implements(reflect.TypeFor[zeroer]()) {
			return nil // their methods may not be called on nil
		}
		return reflect.Value.IsNil
	case implements[zeroer](t):
		return func(v reflect.Value) bool { return v.Addr().Interface().(zeroer).IsZero() }
	case t.Kind() == reflect.String:
		return func(v reflect.Value) bool { return v.Len() == 0 }
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
		return reflect.Value.IsNil
	}
	return reflect.Value.IsZero
}

func fieldWriter(t reflect.Type) jsonWriter {
	switch {
	case t == reflect.TypeFor[Money]():
		return writeMoney
	case t == reflect.TypeFor[time.Time]():
		return writeTime
	case t == reflect.TypeFor[decimal.Decimal]():
		return writeDecimal
	case implements[json.Marshaler](t):
		return writeOther
	case implements[encoding.TextMarshaler](t):
		return writeOther
	}
	switch t.Kind() {
	case reflect.String:
		return writeString
	case reflect.Bool:
		return func(b []byte, v reflect.Value) ([]byte, bool) { return strconv.AppendBool(b, v.Bool()), true }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value) ([]byte, bool) { return strconv.AppendInt(b, v.Int(), 10), true }
	case reflect.Struct:
		if w := writerOf(t); w != nil {
			return w
		}
	case reflect.Pointer:
		if e := t.Elem(); e.Kind() == reflect.Struct && !implements[json.Marshaler](e) && !implements[encoding.TextMarshaler](e) && !circular(e) {
			return pointerWriter(e)
		}
	case reflect.Slice:
		if e := t.Elem(); e.Kind() == reflect.Struct && !circular(e) {
			return sliceWriter(e)
		}
	}
	return writeOther
}

// sliceWriter writes a list of structs, null for none.
func sliceWriter(t reflect.Type) jsonWriter {
	w := fieldWriter(t)
	return func(b []byte, v reflect.Value) (_ []byte, ok bool) {
		if v.IsNil() {
			return append(b, "null"...), true
		}
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			if b, ok = w(b, v.Index(i)); !ok {
				return b, false
			}
		}
		return append(b, ']'), true
	}
}

// pointerWriter writes the struct that a pointer points to, null for none.
func pointerWriter(t reflect.Type) jsonWriter {
	w := writerOf(t)
	if w == nil {
		return writeOther
	}
	return func(b []byte, v reflect.Value) ([]byte, bool) {
		if v.IsNil() {
			return append(b, "null"...), true
		}
		return w(b, v.Elem())
	}
}

// circular reports whether a struct may point to its own kind, or list it, so that
// values could have no end; the library finds that out.
func circular(t reflect.Type, within ...reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	if slices.Contains(within, t) {
		return true
	}
	within = append(within, t)
	for i := range t.NumField() {
		if circular(t.Field(i).Type, within...) {
			return true
		}
	}
	return false
}

func writeMoney(b []byte, v reflect.Value) ([]byte, bool) {
	b, err := v.Addr().Interface().(*Money).appendJSON(b, false)
	return b, err == nil
}

func writeTime(b []byte, v reflect.Value) ([]byte, bool) {
	b, err := v.Addr().Interface().(*time.Time).AppendText(append(b, '"'))
	return append(b, '"'), err == nil
}

// writeDecimal asks the number itself, whose text nothing has to be escaped in.
func writeDecimal(b []byte, v reflect.Value) ([]byte, bool) {
	data, err := v.Addr().Interface().(*decimal.Decimal).MarshalJSON()
	return append(b, data...), err == nil
}

// writeString writes plain ASCII; what must be escaped goes the long way.
func writeString(b []byte, v reflect.Value) ([]byte, bool) {
	s := v.String()
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return writeOther(b, v)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"'), true
}

func writeOther(b []byte, v reflect.Value) ([]byte, bool) {
	data, err := json.Marshal(v.Addr().Interface())
	return append(b, data...), err == nil
}
