package ledger_test

import (
	"math"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
)

// shares reads "a=30% b=1.50 c=rest" for euros.
func euroShares(t require.TestingT, text string) []ledger.Share {
	var list []ledger.Share
	for _, field := range strings.Fields(text) {
		party, part, _ := strings.Cut(field, "=")
		s := ledger.Share{Party: party, Rest: part == "rest"}
		if percent, ok := strings.CutSuffix(part, "%"); ok {
			d, err := decimal.NewFromString(percent)
			require.NoError(t, err)
			s.Fraction = d.Shift(-2)
		} else if !s.Rest {
			var err error
			s.Fixed, err = ledger.ParseAmount(part, ledger.EUR)
			require.NoError(t, err)
		}
		list = append(list, s)
	}
	return list
}

func TestDistribute(t *testing.T) {
	for _, c := range []struct {
		amount, shares, want, code string
	}{
		{"1.00", "a=60% b=30% c=rest", "0.60 0.30 0.10", ""},
		{"1.00", "a=60% b=30% c=10%", "0.60 0.30 0.10", ""},
		{"1.01", "a=50% b=50%", "0.50 0.51", ""}, // both round up; the unit too many comes off the first
		{"1.00", "a=33.3% b=33.3% c=33.4%", "0.34 0.33 0.33", ""},
		{"1.00", "a=0.30 b=0.70", "0.30 0.70", ""},
		{"1.00", "a=0.30 b=rest c=10%", "0.30 0.60 0.10", ""},
		{"0.05", "a=30% b=30% c=0.02", "0.01 0.02 0.02", ""}, // 1.5 and 1.5 and 2 units are 5
		{"0.00", "a=60% b=rest", "0.00 0.00", ""},
		{"1.00", "a=0.00 b=rest", "0.00 1.00", ""},
		// edge-case 7: shares that round to nothing stand, and the total holds
		{"0.01", "a=10% b=10% c=rest", "0.00 0.00 0.01", ""},
		{"0.01", "a=30% b=30% c=40%", "0.01 0.00 0.00", ""},
		// rounding up may take more than there is; the rest is nothing then
		{"0.02", "a=25% b=25% c=25% d=rest", "0.00 0.01 0.01 0.00", ""},
		{"0.01", "a=50% b=50% c=rest", "0.00 0.01 0.00", ""},
		// edge-case 5: what falls short is refused, whatever the amount
		{"1.00", "a=60% b=30%", "", "shares_do_not_add_up"},
		{"0.01", "a=60% b=30%", "", "shares_do_not_add_up"},
		{"1.00", "a=0.30 b=0.20", "", "shares_do_not_add_up"},
		// and what exceeds it, also by less than a unit
		{"1.00", "a=60% b=50%", "", "shares_do_not_add_up"},
		{"1.00", "a=60% b=50% c=rest", "", "shares_do_not_add_up"},
		{"0.01", "a=30% b=30% c=30% d=20% e=rest", "", "shares_do_not_add_up"},
		{"1.00", "a=0.01 b=50% c=50%", "", "shares_do_not_add_up"},
		{"1.00", "a=1.01 b=rest", "", "shares_do_not_add_up"},
		// edge-case 6: a party named twice
		{"1.00", "a=60% a=40%", "", "duplicate_party"},
		{"1.00", "a=60% a=rest", "", "duplicate_party"},
		{"1.00", "=60% a=rest", "", "duplicate_party"},
		{"1.00", "a=rest b=rest", "", "invalid_shares"},
		{"1.00", "a=-10% b=rest", "", "invalid_shares"},
		{"1.00", "a=101% b=rest", "", "invalid_shares"},
		{"1.00", "a=-0.10 b=rest", "", "invalid_shares"},
		{"-1.00", "a=rest", "", "invalid_shares"},
		{"1.00", "", "", "invalid_shares"},
	} {
		m, err := ledger.ParseAmount(c.amount, ledger.EUR)
		require.NoError(t, err)
		parts, err := m.Distribute(euroShares(t, c.shares)...)
		if c.code != "" {
			moneyRefused(t, err, c.code)
			require.Nil(t, parts)
			continue
		}
		require.NoError(t, err, c.shares)
		have := make([]string, len(parts))
		for i, p := range parts {
			have[i] = p.Amount()
		}
		require.Equal(t, c.want, strings.Join(have, " "), "%s by %s", c.amount, c.shares)
		requireWhole(t, m, parts)
	}
}

func TestDistributeRefusesNonsense(t *testing.T) {
	m := ledger.Minor(100, ledger.EUR)
	half := decimal.New(5, -1)
	_, err := m.Distribute(ledger.Share{Party: "a", Fixed: ledger.Minor(1, ledger.USD)})
	moneyRefused(t, err, "currency_mismatch")
	for _, s := range []ledger.Share{
		{Party: "a", Fixed: ledger.Minor(1, ledger.EUR), Fraction: half},
		{Party: "a", Fixed: ledger.Minor(1, ledger.EUR), Rest: true},
		{Party: "a", Fraction: half, Rest: true},
	} {
		_, err = m.Distribute(s, ledger.Share{Party: "b", Rest: true})
		moneyRefused(t, err, "invalid_shares")
	}
	// edge-case 15: an exponent that would fill the memory if it were compared.
	for _, d := range []decimal.Decimal{decimal.New(1, 1<<30), decimal.New(1, -1<<30), decimal.New(0, -1<<30), decimal.New(0, 1<<30)} {
		_, err = m.Distribute(ledger.Share{Party: "a", Fraction: d}, ledger.Share{Party: "b", Rest: true})
		moneyRefused(t, err, "invalid_rate")
	}
	most := ledger.Minor(math.MaxInt64, ledger.EUR)
	_, err = ledger.Zero(ledger.EUR).Distribute(ledger.Share{Party: "a", Fixed: most}, ledger.Share{Party: "b", Fixed: most})
	require.ErrorIs(t, err, ledger.Invalid)
}

// promise 8, edge-case 9: in every currency the parts add up to the whole, none
// is negative, and each is near its share.
func TestDistributeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := moneyCurrency(t, rapid.SampledFrom(moneyDigits).Draw(t, "currency"))
		m := ledger.Minor(rapid.OneOf(rapid.Int64Range(0, 50), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "minor"), c)
		n := rapid.IntRange(1, 6).Draw(t, "n")
		shares, left := make([]ledger.Share, n), int64(10_000)
		for i := range shares {
			basis := rapid.Int64Range(0, left).Draw(t, "basis points")
			left -= basis
			shares[i] = ledger.Share{Party: string(rune('a' + i)), Fraction: decimal.New(basis, -4)}
		}
		if rapid.Bool().Draw(t, "rest") {
			shares = append(shares, ledger.Share{Party: "rest", Rest: true})
		} else {
			shares = append(shares, ledger.Share{Party: "last", Fraction: decimal.New(left, -4)})
		}
		parts, err := m.Distribute(shares...)
		require.NoError(t, err)
		requireWhole(t, m, parts)
		for i, p := range parts {
			require.GreaterOrEqual(t, p.Sign(), 0)
			if !shares[i].Rest {
				due := decimal.New(m.Minor(), 0).Mul(shares[i].Fraction)
				off := due.Sub(decimal.New(p.Minor(), 0)).Abs()
				require.True(t, off.LessThanOrEqual(decimal.New(15, -1)), "%s for a share of %s", p, due)
			}
		}
	})
}
