package ledger

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/shopspring/decimal"
)

// maxParts bounds Split and Allocate.
const maxParts = 1 << 20

// Split divides m into n parts that differ by at most one minor unit and add up
// to m; the larger parts come first. Negative amounts mirror positive ones:
// −1.00 in three is −0.34, −0.33, −0.33.
func (m Money) Split(n int) ([]Money, error) {
	if n < 1 || n > maxParts {
		return nil, invalid("invalid_shares", "shares", "an amount splits into 1 to 1,048,576 parts")
	}
	q, rem := magnitude(m.minor)/uint64(n), magnitude(m.minor)%uint64(n)
	parts := make([]Money, n)
	for i := range parts {
		v := q
		if uint64(i) < rem {
			v++
		}
		parts[i] = m.like(v)
	}
	return parts, nil
}

// like gives a magnitude m's sign and currency.
func (m Money) like(v uint64) Money {
	if m.minor < 0 {
		return Money{-int64(v), m.cur}
	}
	return Money{int64(v), m.cur}
}

// Allocate divides m in proportion to shares and gives every minor unit away:
// each part is rounded down, and what is left goes one unit each to the
// largest remainders, the earlier share first where they tie. A share of zero
// gets zero; negative amounts mirror positive ones. Shares are zero or more, at
// least one is not zero, and their sum fits 64 bits.
func (m Money) Allocate(shares ...int64) ([]Money, error) {
	total, err := sumShares(shares)
	if err != nil {
		return nil, err
	}
	type rest struct {
		i   int
		rem uint64
	}
	parts, rests := make([]Money, len(shares)), make([]rest, 0, len(shares))
	left := magnitude(m.minor)
	for i, s := range shares {
		hi, lo := bits.Mul64(magnitude(m.minor), uint64(s))
		q, rem := bits.Div64(hi, lo, total)
		parts[i] = m.like(q)
		left -= q
		if rem > 0 {
			rests = append(rests, rest{i, rem})
		}
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return cmp.Compare(b.rem, a.rem) })
	for _, r := range rests[:left] {
		parts[r.i] = m.like(magnitude(parts[r.i].minor) + 1)
	}
	return parts, nil
}

func sumShares(shares []int64) (uint64, error) {
	var total uint64
	for _, s := range shares {
		if s < 0 {
			return 0, invalid("invalid_shares", "shares", "a share is zero or more")
		}
		if total += uint64(s); total > 1<<63-1 {
			return 0, invalid("invalid_shares", "shares", "the shares add up to more than 64 bits")
		}
	}
	if total == 0 || len(shares) > maxParts {
		return 0, invalid("invalid_shares", "shares", "at least one share is more than zero, of at most 1,048,576")
	}
	return total, nil
}

// Share is one party's part in Distribute: a fixed amount, a fraction of the
// whole, or the rest. Exactly one of the three is set.
type Share struct {
	Party    string          // who gets it; not empty, and named once
	Fixed    Money           // an amount in the currency of the whole, zero or more
	Fraction decimal.Decimal // of the whole, 0–1, e.g. 0.3
	Rest     bool            // whatever the others leave
}

// Distribute divides m among named parties. Fixed amounts are taken as they
// stand, fractions are rounded half away from zero, and the party marked Rest
// gets what is left. The parts come in the order of the shares and add up to m
// exactly; shares that fall short of the whole without a Rest, exceed it, or
// name a party twice are refused. m is zero or more.
func (m Money) Distribute(shares ...Share) ([]Money, error) {
	if m.minor < 0 || len(shares) == 0 || len(shares) > maxParts {
		return nil, invalid("invalid_shares", "shares", "an amount of zero or more is distributed to at least one party")
	}
	parts, left, rest := make([]Money, len(shares)), m, -1
	seen := make(map[string]bool, len(shares))
	claimed := decimal.Zero // what the shares come to before rounding, in minor units
	for i, s := range shares {
		if s.Party == "" || seen[s.Party] {
			return nil, invalid("duplicate_party", "shares", "each share names a party of its own; "+quoted(s.Party)+" does not")
		}
		seen[s.Party] = true
		v, err := m.part(s)
		if err != nil {
			return nil, err
		}
		if s.Rest {
			if rest >= 0 {
				return nil, invalid("invalid_shares", "shares", "only one party takes the rest")
			}
			rest = i
			continue
		}
		claimed = claimed.Add(decimal.New(s.Fixed.minor, 0)).Add(s.Fraction.Mul(decimal.New(m.minor, 0)))
		parts[i] = v
		if left, err = left.Sub(v); err != nil {
			return nil, err
		}
	}
	return m.settle(parts, left, rest, shares, claimed)
}

// part checks one share and returns what it takes.
func (m Money) part(s Share) (Money, error) {
	if err := checkFactor(s.Fraction, int(s.Fraction.Exponent())); err != nil {
		return Money{}, err // before anything compares it, which would write it out
	}
	fixed, part := s.Fixed != Money{}, !s.Fraction.IsZero()
	switch {
	case fixed && (part || s.Rest) || part && s.Rest:
		return Money{}, invalid("invalid_shares", "shares", "a share is a fixed amount, a fraction or the rest, not two of them")
	case fixed && s.Fixed.cur != m.cur:
		return Money{}, mismatch(m.cur, s.Fixed.cur)
	case s.Fixed.minor < 0 || s.Fraction.Sign() < 0 || s.Fraction.Cmp(decimal.New(1, 0)) > 0:
		return Money{}, invalid("invalid_shares", "shares", "a share is between nothing and the whole")
	case part:
		return m.Times(s.Fraction, RoundHalfUp)
	}
	return Money{s.Fixed.minor, m.cur}, nil
}

// settle gives the rest away, or checks that there is none. Shares that come to
// the whole leave only rounding, which goes to the first parties that have a
// fraction, a unit each. Whether shares add up is decided before rounding: what
// is refused for a large amount must not pass for a small one.
func (m Money) settle(parts []Money, left Money, rest int, shares []Share, claimed decimal.Decimal) ([]Money, error) {
	if over := claimed.Cmp(decimal.New(m.minor, 0)); over > 0 || over < 0 && rest < 0 {
		return nil, invalid("shares_do_not_add_up", "shares", "the shares exceed the whole, or fall short of it and no party takes the rest")
	}
	if rest >= 0 {
		parts[rest] = Zero(m.cur)
		if left.minor > 0 {
			parts[rest], left = left, parts[rest]
		}
	}
	for i := 0; left.minor != 0 && i < len(shares); i++ {
		step := int64(left.Sign())
		if shares[i].Fraction.IsZero() || parts[i].minor+step < 0 {
			continue
		}
		parts[i].minor += step
		left.minor -= step
	}
	return parts, nil
}
