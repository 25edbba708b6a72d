package ledger_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// minors returns the amounts of parts, which must all be in c.
func minors(t require.TestingT, c ledger.Currency, parts []ledger.Money) []int64 {
	list := make([]int64, len(parts))
	for i, p := range parts {
		require.Equal(t, c, p.Currency())
		list[i] = p.Minor()
	}
	return list
}

// requireWhole asserts that parts add up to m, exactly: promise 8.
func requireWhole(t require.TestingT, m ledger.Money, parts []ledger.Money) {
	sum := new(big.Int)
	for _, v := range minors(t, m.Currency(), parts) {
		sum.Add(sum, big.NewInt(v))
	}
	require.Zero(t, sum.Cmp(big.NewInt(m.Minor())), "%s became %v", m, parts)
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		minor int64
		n     int
		want  []int64
	}{
		{100, 3, []int64{34, 33, 33}},
		{-100, 3, []int64{-34, -33, -33}}, // edge-case 3: no sign flip, no panic
		{2, 3, []int64{1, 1, 0}},
		{-2, 3, []int64{-1, -1, 0}},
		{0, 2, []int64{0, 0}},
		{7, 1, []int64{7}},
		// edge-case 2: near the 64-bit maximum
		{math.MaxInt64, 2, []int64{1 << 62, 1<<62 - 1}},
		{math.MinInt64, 2, []int64{-1 << 62, -1 << 62}},
		{math.MinInt64, 3, []int64{-3074457345618258603, -3074457345618258603, -3074457345618258602}},
		{math.MinInt64, 1, []int64{math.MinInt64}},
	} {
		parts, err := ledger.Minor(c.minor, ledger.EUR).Split(c.n)
		require.NoError(t, err)
		require.Equal(t, c.want, minors(t, ledger.EUR, parts))
	}
	for _, n := range []int{0, -1, -10, math.MinInt, 1<<20 + 1, math.MaxInt} {
		_, err := ledger.Minor(100, ledger.EUR).Split(n)
		moneyRefused(t, err, "invalid_shares")
	}
}

func TestAllocate(t *testing.T) {
	for _, c := range []struct {
		minor  int64
		shares []int64
		want   []int64
	}{
		{101, []int64{0, 1, 1}, []int64{0, 51, 50}}, // edge-case 1: no share, no part
		{-101, []int64{0, 1, 1}, []int64{0, -51, -50}},
		{1, []int64{0, 0, 1}, []int64{0, 0, 1}},
		{2, []int64{1, 1, 1}, []int64{1, 1, 0}}, // edge-case 7: a part of nothing stands in its place
		{100, []int64{1, 2, 3}, []int64{17, 33, 50}},
		{10, []int64{1, 1, 1, 7}, []int64{1, 1, 1, 7}},
		{5, []int64{3, 7}, []int64{2, 3}}, // 1.5 and 3.5: a tie goes to the earlier share
		// edge-case 2
		{math.MaxInt64, []int64{math.MaxInt64 - 1, 1}, []int64{math.MaxInt64 - 1, 1}},
		{math.MaxInt64, []int64{1, 1}, []int64{1 << 62, 1<<62 - 1}},
		{math.MinInt64, []int64{math.MaxInt64}, []int64{math.MinInt64}},
		{math.MinInt64, []int64{1, 2}, []int64{-3074457345618258603, -6148914691236517205}},
	} {
		parts, err := ledger.Minor(c.minor, ledger.EUR).Allocate(c.shares...)
		require.NoError(t, err)
		require.Equal(t, c.want, minors(t, ledger.EUR, parts), "%d by %v", c.minor, c.shares)
	}
	for _, shares := range [][]int64{nil, {}, {0}, {0, 0}, {1, -1}, {-1}, {math.MaxInt64, 1}, {math.MinInt64, 1}, make([]int64, 1<<20+1)} {
		_, err := ledger.Minor(100, ledger.EUR).Allocate(shares...)
		moneyRefused(t, err, "invalid_shares")
	}
}

// judgeAllocate holds an allocation against its stated rule, in big integers.
func judgeAllocate(t require.TestingT, m ledger.Money, shares []int64, parts []ledger.Money) {
	requireWhole(t, m, parts)
	total := new(big.Int)
	for _, s := range shares {
		total.Add(total, big.NewInt(s))
	}
	rests := make([]*big.Int, len(shares)) // what was cut off, in 1/total of a unit; less one unit where it was given
	for i, v := range minors(t, m.Currency(), parts) {
		due := new(big.Int).Mul(big.NewInt(m.Minor()), big.NewInt(shares[i]))
		rests[i] = due.Sub(due, new(big.Int).Mul(big.NewInt(v), total))
		require.Negative(t, rests[i].CmpAbs(total), "a part is less than a unit from its share")
		if shares[i] == 0 {
			require.Zero(t, v)
		}
		if m.Minor() < 0 {
			rests[i].Neg(rests[i])
		}
	}
	for i := range rests {
		for j := range rests {
			if rests[i].Sign() >= 0 || rests[j].Sign() <= 0 {
				continue // i was given a unit, j went without
			}
			order := new(big.Int).Add(rests[i], total)
			require.GreaterOrEqual(t, order.Cmp(rests[j]), 0, "the largest remainder comes first")
			require.True(t, order.Cmp(rests[j]) != 0 || i < j, "ties go to the earlier share")
		}
	}
}

func TestAllocateProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := ledger.Minor(moneyInt64(t, "minor"), moneyCurrency(t, rapid.SampledFrom(moneyDigits).Draw(t, "currency")))
		share := rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, math.MaxInt64/8))
		shares := rapid.SliceOfN(share, 1, 8).Draw(t, "shares")
		parts, err := m.Allocate(shares...)
		if err != nil {
			moneyRefused(t, err, "invalid_shares")
			for _, s := range shares {
				require.Zero(t, s)
			}
			return
		}
		judgeAllocate(t, m, shares, parts)
		if neg, err := m.Neg(); err == nil {
			mirrored, err := neg.Allocate(shares...)
			require.NoError(t, err)
			for i := range parts {
				require.Equal(t, parts[i].Minor(), -mirrored[i].Minor())
			}
		}
		n := rapid.IntRange(1, 50).Draw(t, "n")
		split, err := m.Split(n)
		require.NoError(t, err)
		equal := make([]int64, n)
		for i := range equal {
			equal[i] = 1
		}
		same, err := m.Allocate(equal...)
		require.NoError(t, err)
		require.Equal(t, same, split, "a split is an allocation by equal shares")
	})
}

func FuzzAllocate(f *testing.F) {
	f.Add(int64(101), int64(0), int64(1), int64(1))
	f.Add(int64(-100), int64(1), int64(1), int64(1))
	f.Add(int64(math.MinInt64), int64(math.MaxInt64), int64(0), int64(0))
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64-1), int64(1), int64(0))
	f.Add(int64(5), int64(-1), int64(2), int64(0))
	f.Fuzz(func(t *testing.T, minor, a, b, c int64) {
		m, shares := ledger.Minor(minor, ledger.EUR), []int64{a, b, c}
		parts, err := m.Allocate(shares...)
		if err != nil {
			moneyRefused(t, err, "invalid_shares")
			return
		}
		judgeAllocate(t, m, shares, parts)
	})
}

// allocateDiffer lists the cases of other libraries that souk decides
// otherwise, by library, amount and shares; no parts means refused.
var allocateDiffer = map[string]struct {
	parts []int64
	why   string
}{
	"go-money 0 [0, 0, 0, 0]": {nil, "shares of nothing divide nothing, not even zero"},
	"go-money 10 [0, 0]":      {nil, "go-money gives nobody anything and loses the amount"},
	"moneyphp -5 [7, 3]":      {[]int64{-4, -1}, "moneyphp rounds −3.5 and −1.5 towards zero and −∞; here it mirrors 5, which is 4 and 1"},
}

// promise 8 against the cases of go-money and moneyphp.
func TestAllocateThirdPartyCases(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(string(shareddata.Read(t, "decimal/allocate-split-cases.csv")))).ReadAll()
	require.NoError(t, err)
	ran, differ := 0, 0
	for _, row := range rows[1:] {
		minor, err := decimal.NewFromString(row[2])
		require.NoError(t, err)
		m := ledger.Minor(minor.IntPart(), ledger.EUR)
		var parts []ledger.Money
		if row[1] == "split" {
			var n int
			require.NoError(t, json.Unmarshal([]byte(row[3]), &n))
			parts, err = m.Split(n)
		} else {
			parts, err = m.Allocate(wholeShares(t, row[3])...)
		}
		ran++
		d, ok := allocateDiffer[row[0]+" "+row[2]+" "+row[3]]
		want := d.parts
		if ok {
			differ++
		} else if !strings.HasPrefix(row[4], "ERROR") {
			require.NoError(t, json.Unmarshal([]byte(row[4]), &want))
		}
		if want == nil {
			moneyRefused(t, err, "invalid_shares")
			continue
		}
		require.NoError(t, err, row)
		require.Equal(t, want, minors(t, ledger.EUR, parts), "%v", row)
	}
	require.Equal(t, 36, ran)
	require.Equal(t, len(allocateDiffer), differ)
}

// wholeShares reads "[0.33, 0.66]" as 33 and 66: only the proportion counts.
func wholeShares(t *testing.T, text string) []int64 {
	var list []json.Number
	require.NoError(t, json.Unmarshal([]byte(text), &list))
	shares := make([]int64, len(list))
	for i, n := range list {
		d, err := decimal.NewFromString(n.String())
		require.NoError(t, err)
		if strings.Contains(text, ".") {
			d = d.Shift(2)
		}
		require.True(t, d.IsInteger())
		shares[i] = d.IntPart()
	}
	return shares
}
