package compliance

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Value is one fact of a payment that has no field in Payment, or what a Counter
// answers. The zero value is a missing one.
type Value struct {
	kind  ValueKind
	truth Truth
	whole int64            // of a whole number; of a duration in nanoseconds
	exact *decimal.Decimal // of a number that is not whole
	text  string
	money ledger.Money
}

// ValueKind is what a value is.
type ValueKind uint8

// The kinds of values.
const (
	NoValue       ValueKind = iota // it is missing
	TruthValue                     // true or false
	NumberValue                    // a decimal number
	MoneyValue                     // an amount in a currency
	DurationValue                  // a length of time
	TextValue                      // text
)

// String returns the kind in words.
func (k ValueKind) String() string {
	switch k {
	case TruthValue:
		return "true or false"
	case NumberValue:
		return "a number"
	case MoneyValue:
		return "an amount"
	case DurationValue:
		return "a duration"
	case TextValue:
		return "text"
	}
	return "nothing"
}

// maxNumberDigits bounds the digits of a number, before and after the point.
const maxNumberDigits = 40

// OfTruth returns a truth; Unknown is missing.
func OfTruth(t Truth) Value {
	if !t.Known() {
		return Value{}
	}
	return Value{kind: TruthValue, truth: max(False, min(True, t))}
}

// OfWhole returns a whole number.
func OfWhole(n int64) Value { return Value{kind: NumberValue, whole: n} }

// OfDecimal returns a number. One of more than 40 digits, or with an exponent beyond
// ±40, is refused with invalid_number: comparing it could take for ever.
func OfDecimal(d decimal.Decimal) (Value, error) {
	exp := d.Exponent()
	if exp < -maxNumberDigits || exp > maxNumberDigits || d.NumDigits() > maxNumberDigits {
		return Value{}, &ledger.Error{Class: ledger.Invalid, Code: "invalid_number", Field: "number", Msg: "a number has at most 40 digits"}
	}
	if d.IsInteger() {
		if n := d.BigInt(); n.IsInt64() {
			return OfWhole(n.Int64()), nil
		}
	}
	return Value{kind: NumberValue, exact: &d}, nil
}

// OfMoney returns an amount; one without a currency is missing.
func OfMoney(m ledger.Money) Value {
	if m.Currency().IsZero() {
		return Value{}
	}
	return Value{kind: MoneyValue, money: m}
}

// OfDuration returns a length of time.
func OfDuration(d time.Duration) Value { return Value{kind: DurationValue, whole: int64(d)} }

// OfText returns text; empty text is missing.
func OfText(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{kind: TextValue, text: s}
}

// Kind says what v is; NoValue if it is missing.
func (v Value) Kind() ValueKind { return v.kind }

// Missing reports whether v is missing.
func (v Value) Missing() bool { return v.kind == NoValue }

// Truth returns a truth, and Unknown for what is none.
func (v Value) Truth() Truth { return v.truth }

// Text returns a text, and "" for what is none.
func (v Value) Text() string { return v.text }

// Money returns an amount, and the zero Money for what is none.
func (v Value) Money() ledger.Money { return v.money }

// Duration returns a length of time, and 0 for what is none.
func (v Value) Duration() time.Duration {
	if v.kind != DurationValue {
		return 0
	}
	return time.Duration(v.whole)
}

// Decimal returns a number exactly, and 0 for what is none.
func (v Value) Decimal() decimal.Decimal {
	switch {
	case v.kind != NumberValue:
		return decimal.Decimal{}
	case v.exact != nil:
		return *v.exact
	}
	return decimal.New(v.whole, 0)
}

// CmpNumber compares two numbers exactly: −1, 0 or +1.
func (v Value) CmpNumber(o Value) int {
	if v.exact != nil || o.exact != nil {
		return v.Decimal().Cmp(o.Decimal())
	}
	switch {
	case v.whole < o.whole:
		return -1
	case v.whole > o.whole:
		return 1
	}
	return 0
}

// String returns the value as people write it: 12.5, "text" in quotes, 3.10 EUR.
func (v Value) String() string {
	switch v.kind {
	case TruthValue:
		return v.truth.String()
	case NumberValue:
		return v.Decimal().String()
	case MoneyValue:
		return v.money.String()
	case DurationValue:
		return v.Duration().String()
	case TextValue:
		return strconv.Quote(v.text)
	}
	return "missing"
}
