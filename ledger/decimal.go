package ledger

import (
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// ParseDecimal reads a plain decimal number exactly: an optional minus sign,
// digits, and at most one point between digits. Exponents, plus signs, spaces,
// separators, a bare point and more than maxDigits digits in all are refused
// with the code given, before any big number is made. maxDigits is 1–400.
func ParseDecimal(text string, maxDigits int, code, field string) (decimal.Decimal, error) {
	digits, _, _, ok := scanDecimal(text)
	if !ok || digits > min(maxDigits, 400) {
		return decimal.Decimal{}, invalid(code, field, quoted(text)+" is not a plain decimal number of at most "+strconv.Itoa(maxDigits)+" digits")
	}
	return decimal.NewFromString(text)
}

// scanDecimal checks the form of a plain decimal and counts its digits: all of
// them, and those after the point.
func scanDecimal(text string) (digits, fraction int, negative, ok bool) {
	if len(text) > 450 {
		return 0, 0, false, false
	}
	s, negative := strings.CutPrefix(text, "-")
	whole, frac, pointed := strings.Cut(s, ".")
	if !allDigits(whole) || pointed && !allDigits(frac) || len(whole) > 1 && whole[0] == '0' {
		return 0, 0, false, false
	}
	return len(whole) + len(frac), len(frac), negative, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// ParseAmount reads an amount in major units of c, "12.34", exactly or not at
// all: no more decimals than c has minor digits, no sign but a minus, no
// separators, no exponent.
func ParseAmount(text string, c Currency) (Money, error) {
	digits, fraction, negative, ok := scanDecimal(text)
	if !ok || digits > 40 {
		return Money{}, invalid("invalid_amount", "amount", quoted(text)+" is not a plain decimal amount")
	}
	if !c.Valid() {
		return Money{}, badCurrency(c.String())
	}
	if fraction > c.Digits() {
		return Money{}, invalid("invalid_amount", "amount", quoted(text)+" has more decimals than "+c.String()+" has minor digits")
	}
	var n uint64
	for i := 0; i < len(text); i++ {
		if text[i] >= '0' && text[i] <= '9' {
			if n > (1<<63)/10 {
				return Money{}, tooLarge()
			}
			n = n*10 + uint64(text[i]-'0')
		}
	}
	for ; fraction < c.Digits(); fraction++ {
		if n > (1<<63)/10 {
			return Money{}, tooLarge()
		}
		n *= 10
	}
	v, ok := signed(0, n, negative)
	if !ok {
		return Money{}, tooLarge()
	}
	return Money{v, c}, nil
}

// ParseMoney reads what String prints: "12.34 EUR", "-5 JPY", "0.00000001 BTC".
func ParseMoney(text string) (Money, error) {
	amount, code, ok := strings.Cut(text, " ")
	if !ok {
		return Money{}, invalid("invalid_amount", "amount", quoted(text)+" is not an amount and a currency")
	}
	c, err := ParseCurrency(code)
	if err != nil {
		return Money{}, err
	}
	return ParseAmount(amount, c)
}

// String returns the amount in major units with all its minor digits, a space
// and the currency: "12.34 EUR". The zero Money, which has no currency, is "0".
func (m Money) String() string {
	var buf [48]byte
	b := m.appendAmount(buf[:0])
	if m.cur.IsZero() {
		return string(b)
	}
	b = append(b, ' ')
	return string(m.cur.appendText(b))
}

// Amount returns the amount in major units without the currency: "12.34".
func (m Money) Amount() string {
	var buf [32]byte
	return string(m.appendAmount(buf[:0]))
}

func (m Money) appendAmount(b []byte) []byte {
	if m.minor < 0 {
		b = append(b, '-')
	}
	var buf [20]byte
	s := strconv.AppendUint(buf[:0], magnitude(m.minor), 10)
	d := m.cur.Digits()
	if d == 0 {
		return append(b, s...)
	}
	if len(s) <= d {
		b = append(b, '0', '.')
		for i := len(s); i < d; i++ {
			b = append(b, '0')
		}
		return append(b, s...)
	}
	b = append(b, s[:len(s)-d]...)
	b = append(b, '.')
	return append(b, s[len(s)-d:]...)
}

// Decimal returns the amount in major units.
func (m Money) Decimal() decimal.Decimal {
	return decimal.New(m.minor, -int32(m.cur.Digits()))
}

// FromDecimal returns an amount in major units of c, rounded to the minor unit
// by mode.
func FromDecimal(d decimal.Decimal, c Currency, mode Rounding) (Money, error) {
	if !c.Valid() {
		return Money{}, badCurrency(c.String())
	}
	v, err := timesRound(1, d, c.Digits(), mode)
	if err != nil {
		return Money{}, err
	}
	return Money{v, c}, nil
}
