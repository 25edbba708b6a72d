package ledger

import (
	"math"
	"math/bits"
	"strconv"
)

// Money is an exact amount: a whole number of minor units in one currency. It
// is 16 bytes, comparable with ==, and never wraps: arithmetic that would leave
// 64 bits is an error of class Invalid and code amount_too_large. There is no
// way in or out through floating point.
type Money struct {
	minor int64
	cur   Currency
}

// Minor returns the amount of amountMinor minor units of c: Minor(1234,
// EUR) is 12.34 EUR, Minor(1234, JPY) is 1234 JPY.
func Minor(amountMinor int64, c Currency) Money { return Money{amountMinor, c} }

// Zero returns nothing of c.
func Zero(c Currency) Money { return Money{0, c} }

// Minor returns the amount in minor units.
func (m Money) Minor() int64 { return m.minor }

// Currency returns the currency.
func (m Money) Currency() Currency { return m.cur }

// IsZero reports whether the amount is zero, in whatever currency or none.
func (m Money) IsZero() bool { return m.minor == 0 }

// Sign returns −1, 0 or +1.
func (m Money) Sign() int {
	switch {
	case m.minor < 0:
		return -1
	case m.minor > 0:
		return 1
	}
	return 0
}

// Add returns m + o. Both must have the same currency.
func (m Money) Add(o Money) (Money, error) {
	sum := m.minor + o.minor
	if m.cur != o.cur || (m.minor^sum)&(o.minor^sum) < 0 {
		return Money{}, refusal{m, o}
	}
	return Money{sum, m.cur}, nil
}

// Sub returns m − o. Both must have the same currency.
func (m Money) Sub(o Money) (Money, error) {
	diff := m.minor - o.minor
	if m.cur != o.cur || (m.minor^o.minor)&(m.minor^diff) < 0 {
		return Money{}, refusal{m, o}
	}
	return Money{diff, m.cur}, nil
}

// refusal is the error of two amounts that do not combine; it unwraps to the
// Error that says why. Add, Sub and Cmp are small enough to be inlined because
// nothing is called, and no words are found, before somebody asks.
type refusal struct{ a, b Money }

// Error returns the message of the Error that r unwraps to.
func (r refusal) Error() string { return r.Unwrap().Error() }

// Unwrap returns an *Error: currency_mismatch or amount_too_large.
func (r refusal) Unwrap() error {
	if r.a.cur != r.b.cur {
		return mismatch(r.a.cur, r.b.cur)
	}
	return tooLarge()
}

func mismatch(a, b Currency) *Error {
	return invalid("currency_mismatch", "currency", "amounts in "+a.String()+" and "+b.String()+" do not mix")
}

func tooLarge() *Error {
	return invalid("amount_too_large", "amount", "the amount does not fit 64 bits of minor units")
}

// Neg returns −m. The least 64-bit amount has no negative and is refused.
func (m Money) Neg() (Money, error) {
	if m.minor == math.MinInt64 {
		return Money{}, tooLarge()
	}
	return Money{-m.minor, m.cur}, nil
}

// Abs returns the amount without its sign. The least 64-bit amount is refused.
func (m Money) Abs() (Money, error) {
	if m.minor < 0 {
		return m.Neg()
	}
	return m, nil
}

// Cmp returns −1, 0 or +1 as m is less than, equal to or more than o. Amounts
// in different currencies do not compare.
func (m Money) Cmp(o Money) (int, error) {
	switch {
	case m.cur != o.cur:
		return 0, refusal{m, o}
	case m.minor < o.minor:
		return -1, nil
	case m.minor > o.minor:
		return 1, nil
	}
	return 0, nil
}

// Mul returns m × n.
func (m Money) Mul(n int64) (Money, error) {
	hi, lo := bits.Mul64(magnitude(m.minor), magnitude(n))
	v, ok := signed(hi, lo, (m.minor < 0) != (n < 0))
	if !ok {
		return Money{}, tooLarge()
	}
	return Money{v, m.cur}, nil
}

// Sum adds amounts of one currency; the sum of none is zero of c.
func Sum(c Currency, amounts ...Money) (Money, error) {
	total := Zero(c)
	for _, a := range amounts {
		t, err := total.Add(a)
		if err != nil {
			return Money{}, err
		}
		total = t
	}
	return total, nil
}

// magnitude returns |n|, exact for the least int64 too.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// signed puts a sign on a 128-bit magnitude, if the result fits.
func signed(hi, lo uint64, negative bool) (int64, bool) {
	switch {
	case hi != 0 || lo > 1<<63:
		return 0, false
	case negative:
		return -int64(lo), true
	case lo == 1<<63:
		return 0, false
	}
	return int64(lo), true
}

// Units returns the amount as a whole number of units of 10^−digits, such as
// a network or a bank file wants it: 5.00 ISK is 500 units of 2 digits and 5 of
// none. An amount that such units cannot express exactly is refused with
// inexact_amount; digits may be 0–18.
func (m Money) Units(digits int) (int64, error) {
	return rescale(m.minor, m.cur.Digits(), digits)
}

// FromUnits is the way back: units of 10^−digits of c become Money, exactly or
// not at all. A c that is no currency is invalid_currency.
func FromUnits(units int64, digits int, c Currency) (Money, error) {
	if !c.Valid() {
		return Money{}, badCurrency(c.String())
	}
	v, err := rescale(units, digits, c.Digits())
	if err != nil {
		return Money{}, err
	}
	return Money{v, c}, nil
}

func rescale(n int64, from, to int) (int64, error) {
	if from < 0 || from > 18 || to < 0 || to > 18 {
		return 0, invalid("invalid_digits", "digits", "minor digits are 0 to 18")
	}
	for ; from < to; from++ {
		hi, lo := bits.Mul64(magnitude(n), 10)
		v, ok := signed(hi, lo, n < 0)
		if !ok {
			return 0, tooLarge()
		}
		n = v
	}
	for ; from > to; from-- {
		if n%10 != 0 {
			return 0, invalid("inexact_amount", "amount", "the amount has more minor digits than "+strconv.Itoa(to))
		}
		n /= 10
	}
	return n, nil
}

// CashStep returns the smallest amount of c that can be paid in cash, such as
// 0.05 CHF or 1.00 SEK (CLDR 48).
func (c Currency) CashStep() Money {
	if r := c.row(); r != nil {
		return Money{int64(r.cash), c}
	}
	return Money{1, c}
}

// RoundCash rounds m to what can be paid in cash. The difference belongs into
// an account of its own (purpose rounding).
func (m Money) RoundCash(mode Rounding) (Money, error) {
	if err := mode.check(); err != nil {
		return Money{}, err
	}
	step := m.cur.CashStep().minor
	q, ok := divRound(0, magnitude(m.minor), uint64(step), m.minor < 0, mode)
	if !ok {
		return Money{}, tooLarge()
	}
	return Money{q, m.cur}.Mul(step)
}
