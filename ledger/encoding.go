package ledger

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

// MarshalText implements encoding.TextMarshaler: "12.34 EUR". The zero Money,
// which has no currency, is empty text.
func (m Money) MarshalText() ([]byte, error) {
	if m == (Money{}) {
		return nil, nil
	}
	if !m.cur.Valid() {
		return nil, badCurrency(m.cur.String())
	}
	b := m.appendAmount(make([]byte, 0, 32))
	b = append(b, ' ')
	return m.cur.appendText(b), nil
}

// UnmarshalText implements encoding.TextUnmarshaler; strict, as ParseMoney.
func (m *Money) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = Money{}
		return nil
	}
	v, err := ParseMoney(string(text))
	if err != nil {
		return err
	}
	*m = v
	return nil
}

// MarshalJSON implements json.Marshaler: {"amountMinor":1234,"currency":"EUR"}.
// The zero Money is null. Readers that keep numbers in 53 bits take Quoted.
func (m Money) MarshalJSON() ([]byte, error) { return m.appendJSON(make([]byte, 0, 64), false) }

// Quoted is Money whose JSON writes the amount as a string, so that readers
// which hold numbers in 53 bits lose nothing: {"amountMinor":"1234",…}.
type Quoted Money

// MarshalJSON implements json.Marshaler.
func (q Quoted) MarshalJSON() ([]byte, error) { return Money(q).appendJSON(make([]byte, 0, 64), true) }

// UnmarshalJSON implements json.Unmarshaler, as Money's does.
func (q *Quoted) UnmarshalJSON(data []byte) error { return (*Money)(q).UnmarshalJSON(data) }

func (m Money) appendJSON(b []byte, quoted bool) ([]byte, error) {
	if m == (Money{}) {
		return append(b, "null"...), nil
	}
	if !m.cur.Valid() {
		return b, badCurrency(m.cur.String())
	}
	b = append(b, `{"amountMinor":`...)
	if quoted {
		b = append(b, '"')
	}
	b = strconv.AppendInt(b, m.minor, 10)
	if quoted {
		b = append(b, '"')
	}
	b = append(b, `,"currency":"`...)
	b = m.cur.appendText(b)
	return append(b, '"', '}'), nil
}

// UnmarshalJSON implements json.Unmarshaler. It takes amountMinor as a number
// or a string, whole and within 64 bits, and refuses unknown and repeated
// fields, fractions and exponents. null is the zero Money.
func (m *Money) UnmarshalJSON(data []byte) error {
	if v, ok := canonicalJSON(data); ok {
		*m = v
		return nil
	}
	if string(bytes.Trim(data, " \t\r\n")) == "null" {
		*m = Money{}
		return nil
	}
	v, err := looseJSON(data)
	if err != nil {
		return err
	}
	*m = v
	return nil
}

// canonicalJSON reads exactly what MarshalJSON writes, without allocating.
func canonicalJSON(data []byte) (Money, bool) {
	const head, mid, tail = `{"amountMinor":`, `,"currency":"`, `"}`
	s, ok := bytes.CutPrefix(data, []byte(head))
	i := bytes.IndexByte(s, ',')
	if !ok || i < 1 || i > 20 {
		return Money{}, false
	}
	n, rest := s[:i], s[i:]
	rest, ok = bytes.CutPrefix(rest, []byte(mid))
	if !ok {
		return Money{}, false
	}
	rest, ok = bytes.CutSuffix(rest, []byte(tail))
	if !ok {
		return Money{}, false
	}
	v, ok := plainInt(string(n))
	if !ok {
		return Money{}, false
	}
	c, err := ParseCurrency(string(rest))
	if err != nil {
		return Money{}, false
	}
	return Money{v, c}, true
}

// plainInt reads a whole number that is not -0, has no plus and no leading zero.
func plainInt(s string) (int64, bool) {
	d := strings.TrimPrefix(s, "-")
	if !allDigits(d) || d[0] == '0' && s != "0" {
		return 0, false
	}
	v, err := strconv.ParseInt(s, 10, 64)
	return v, err == nil
}

func looseJSON(data []byte) (Money, error) {
	bad := invalid("invalid_amount", "amount", `an amount is {"amountMinor": whole number, "currency": code}`)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return Money{}, bad
	}
	var amount, code string
	var haveAmount, haveCode bool
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return Money{}, bad
		}
		v, err := dec.Token()
		if err != nil {
			return Money{}, bad
		}
		switch name, _ := k.(string); {
		case name == "amountMinor" && !haveAmount:
			haveAmount = true
			switch n := v.(type) {
			case json.Number:
				amount = n.String()
			case string:
				amount = n
			default:
				return Money{}, bad
			}
		case name == "currency" && !haveCode:
			if code, haveCode = v.(string); !haveCode {
				return Money{}, bad
			}
		default:
			return Money{}, bad
		}
	}
	if _, err := dec.Token(); err != nil || !haveAmount || !haveCode {
		return Money{}, bad
	}
	if _, err := dec.Token(); err != io.EOF {
		return Money{}, bad
	}
	n, ok := plainInt(amount)
	if !ok {
		return Money{}, bad
	}
	c, err := ParseCurrency(code)
	if err != nil {
		return Money{}, err
	}
	return Money{n, c}, nil
}

// Value implements driver.Valuer with the text of MarshalText; the zero Money
// is NULL.
func (m Money) Value() (driver.Value, error) {
	if m == (Money{}) {
		return nil, nil
	}
	b, err := m.MarshalText()
	return string(b), err
}

// Scan implements sql.Scanner for text and NULL.
func (m *Money) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m = Money{}
		return nil
	case string:
		return m.UnmarshalText([]byte(v))
	case []byte:
		return m.UnmarshalText(v)
	}
	return invalid("invalid_amount", "amount", "an amount is stored as text")
}

// Value implements driver.Valuer with the text of String; no currency is NULL.
func (c Currency) Value() (driver.Value, error) {
	if c == 0 {
		return nil, nil
	}
	b, err := c.MarshalText()
	return string(b), err
}

// Scan implements sql.Scanner for text and NULL.
func (c *Currency) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*c = 0
		return nil
	case string:
		return c.UnmarshalText([]byte(v))
	case []byte:
		return c.UnmarshalText(v)
	}
	return invalid("invalid_currency", "currency", "a currency is stored as text")
}
