package pricing

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/soukhq/souk/ledger"
)

// maxBytes bounds what is parsed: a platform is one object of the store.
const maxBytes = 512 << 10

// ParseTable reads the prices of an engine from JSON, as encoding/json writes a
// Table, and checks them. A name that is no field is refused, so that a slip of
// the pen is no price of nothing. Percentages may be text ("2.9") or numbers.
func ParseTable(data []byte) (*Table, error) {
	t := new(Table)
	if err := parse(data, t); err != nil {
		return nil, err
	}
	return t, t.Check()
}

// ParseList is ParseTable for the prices of a platform.
func ParseList(data []byte) (*List, error) {
	l := new(List)
	if err := parse(data, l); err != nil {
		return nil, err
	}
	return l, l.Check()
}

func parse(data []byte, into any) error {
	refuse := func(msg string, err error) error {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_price", Field: "prices", Msg: msg, Err: err}
	}
	if len(data) > maxBytes {
		return refuse("a table of prices has at most 512 KiB", nil)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return refuse("it cannot be read", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refuse("something follows it", nil)
	}
	return nil
}
