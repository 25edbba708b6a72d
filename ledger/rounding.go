package ledger

import (
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// Rounding names how a result between two minor units is decided. The zero
// value is RoundHalfUp, the rule of prices, commissions, taxes and proportions.
type Rounding uint8

// The rounding modes. Half modes go to the nearest unit and differ at exactly
// one half; the others always go one way.
const (
	RoundHalfUp   Rounding = iota // halves away from zero: 2.5 → 3, −2.5 → −3
	RoundHalfEven                 // halves to the even neighbour: 2.5 → 2, 3.5 → 4; the rule of conversions
	RoundHalfDown                 // halves towards zero: 2.5 → 2, −2.5 → −2
	RoundUp                       // away from zero: 2.1 → 3, −2.1 → −3
	RoundDown                     // towards zero: 2.9 → 2, −2.9 → −2
	RoundCeiling                  // towards +∞: 2.1 → 3, −2.9 → −2
	RoundFloor                    // towards −∞: 2.9 → 2, −2.1 → −3
)

// String returns the mode's name in snake_case, as it is stored beside a line
// it rounded.
func (r Rounding) String() string {
	switch r {
	case RoundHalfUp:
		return "half_up"
	case RoundHalfEven:
		return "half_even"
	case RoundHalfDown:
		return "half_down"
	case RoundUp:
		return "up"
	case RoundDown:
		return "down"
	case RoundCeiling:
		return "ceiling"
	case RoundFloor:
		return "floor"
	}
	return "invalid"
}

// MarshalText implements encoding.TextMarshaler.
func (r Rounding) MarshalText() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	return []byte(r.String()), nil
}

// check refuses numbers that are no mode: they must not round in silence.
func (r Rounding) check() error {
	if r > RoundFloor {
		return invalid("invalid_rounding", "rounding", "no such rounding mode")
	}
	return nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Rounding) UnmarshalText(text []byte) error {
	for m := RoundHalfUp; m <= RoundFloor; m++ {
		if m.String() == string(text) {
			*r = m
			return nil
		}
	}
	return invalid("invalid_rounding", "rounding", quoted(string(text))+" is not a rounding mode")
}

// away reports whether the mode moves a result one unit away from zero. half
// compares the part cut off with one half (−1, 0, +1); it is not zero.
func (r Rounding) away(half int, odd, negative bool) bool {
	switch r {
	case RoundHalfUp:
		return half >= 0
	case RoundHalfDown:
		return half > 0
	case RoundHalfEven:
		return half > 0 || half == 0 && odd
	case RoundUp:
		return true
	case RoundCeiling:
		return !negative
	case RoundFloor:
		return negative
	}
	return false
}

// divRound divides a 128-bit magnitude by d and rounds; false if the result
// does not fit 64 bits.
func divRound(hi, lo, d uint64, negative bool, mode Rounding) (int64, bool) {
	if d == 0 || hi >= d {
		return 0, false
	}
	q, rem := bits.Div64(hi, lo, d)
	if rem != 0 {
		half := 0
		switch rest := d - rem; { // compares 2·rem with d without overflow
		case rem < rest:
			half = -1
		case rem > rest:
			half = 1
		}
		if mode.away(half, q&1 == 1, negative) {
			if q++; q == 0 {
				return 0, false
			}
		}
	}
	return signed(0, q, negative)
}

// pow10 holds the powers of ten that fit 64 bits.
var pow10 = [...]uint64{
	1, 10, 100, 1000,
	10_000, 100_000, 1_000_000, 10_000_000,
	100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000,
	1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
	10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
}

// maxDecimalExp bounds the exponents that Times and FromDecimal work with, so
// that a hostile 1e1000000000 costs nothing.
const maxDecimalExp = 200

// Times returns m × r, rounded once to the minor unit by the mode named. The
// result keeps m's currency: use it for percentages, shares and prices, not
// to convert (package fx does that).
func (m Money) Times(r decimal.Decimal, mode Rounding) (Money, error) {
	v, err := timesRound(m.minor, r, 0, mode)
	if err != nil {
		return Money{}, err
	}
	return Money{v, m.cur}, nil
}

// Convert returns the amount of c that m is worth at a rate in major units of
// c per major unit of m, rounded once by mode. It knows nothing of spreads or
// books; package fx builds on it. An amount or a c without a currency is
// invalid_currency.
func (m Money) Convert(rate decimal.Decimal, c Currency, mode Rounding) (Money, error) {
	if err := m.convertible(c); err != nil {
		return Money{}, err
	}
	v, err := timesRound(m.minor, rate, c.Digits()-m.cur.Digits(), mode)
	if err != nil {
		return Money{}, err
	}
	return Money{v, c}, nil
}

// convertible refuses amounts and targets of which nobody knows the minor unit.
func (m Money) convertible(c Currency) error {
	switch {
	case !c.Valid():
		return badCurrency(c.String())
	case m != Money{} && !m.cur.Valid():
		return badCurrency(m.cur.String())
	}
	return nil
}

// timesRound returns round(n × r × 10^shift). The common case, a coefficient
// of up to 18 digits and an exponent of −19 to 0, needs no big integer.
func timesRound(n int64, r decimal.Decimal, shift int, mode Rounding) (int64, error) {
	if err := mode.check(); err != nil {
		return 0, err
	}
	exp := int(r.Exponent()) + shift
	if r.NumDigits() <= 18 && exp <= 0 && exp > -len(pow10) {
		c := r.CoefficientInt64()
		hi, lo := bits.Mul64(magnitude(n), magnitude(c))
		if d := pow10[-exp]; hi < d {
			if v, ok := divRound(hi, lo, d, (n < 0) != (c < 0), mode); ok {
				return v, nil
			}
			return 0, tooLarge()
		}
		return 0, tooLarge()
	}
	if err := checkFactor(r, exp); err != nil {
		return 0, err
	}
	return timesBig(n, r, exp, mode)
}

// checkFactor refuses a decimal that is too large or too fine to work with.
func checkFactor(r decimal.Decimal, exp int) error {
	if r.NumDigits() > 400 || exp > maxDecimalExp || exp < -maxDecimalExp {
		return invalid("invalid_rate", "rate", "the factor is out of any sensible range")
	}
	return nil
}

func timesBig(n int64, r decimal.Decimal, exp int, mode Rounding) (int64, error) {
	p := new(big.Int).Mul(big.NewInt(n), r.Coefficient())
	if exp >= 0 {
		return quoRound(p.Mul(p, bigPow10(exp)), big.NewInt(1), mode)
	}
	return quoRound(p, bigPow10(-exp), mode)
}

// quoRound returns num ÷ den rounded; it overwrites num. den is above zero.
func quoRound(num, den *big.Int, mode Rounding) (int64, error) {
	negative := num.Sign() < 0
	q, rem := new(big.Int).QuoRem(num.Abs(num), den, new(big.Int))
	if rem.Sign() != 0 && mode.away(rem.Lsh(rem, 1).Cmp(den), q.Bit(0) == 1, negative) {
		q.Add(q, big.NewInt(1))
	}
	if negative {
		q.Neg(q)
	}
	if !q.IsInt64() {
		return 0, tooLarge()
	}
	return q.Int64(), nil
}

func bigPow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// Proportion returns what part of m is due once done of total is done:
// round(m × done ÷ total), halves away from zero. Steps are differences of such
// targets (step = Proportion(…) − already given), so that parts always add up to
// m. done lies between zero and total, which is more than zero; both are of one
// currency, which need not be that of m.
func (m Money) Proportion(done, total Money) (Money, error) {
	switch {
	case done.cur != total.cur:
		return Money{}, mismatch(done.cur, total.cur)
	case total.minor <= 0 || done.minor < 0 || done.minor > total.minor:
		return Money{}, invalid("invalid_proportion", "amount", "a proportion is between nothing and the whole")
	}
	hi, lo := bits.Mul64(magnitude(m.minor), uint64(done.minor))
	v, ok := divRound(hi, lo, uint64(total.minor), m.minor < 0, RoundHalfUp)
	if !ok {
		return Money{}, tooLarge()
	}
	return Money{v, m.cur}, nil
}

// ConvertRatio is Convert for a rate that is a fraction, such as one derived
// through a third currency.
func (m Money) ConvertRatio(rate *big.Rat, c Currency, mode Rounding) (Money, error) {
	if err := mode.check(); err != nil {
		return Money{}, err
	}
	if err := m.convertible(c); err != nil {
		return Money{}, err
	}
	if rate == nil || rate.Num().BitLen() > 1024 || rate.Denom().BitLen() > 1024 {
		return Money{}, invalid("invalid_rate", "rate", "the factor is out of any sensible range")
	}
	num, den := new(big.Int).Mul(big.NewInt(m.minor), rate.Num()), new(big.Int).Set(rate.Denom())
	if shift := c.Digits() - m.cur.Digits(); shift >= 0 {
		num.Mul(num, bigPow10(shift))
	} else {
		den.Mul(den, bigPow10(-shift))
	}
	v, err := quoRound(num, den, mode)
	if err != nil {
		return Money{}, err
	}
	return Money{v, c}, nil
}
