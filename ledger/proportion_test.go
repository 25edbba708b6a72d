package ledger_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
)

// edge-case 13: there is no division that loses in silence. What is divided is
// split, or a proportion whose steps add up to the whole again.
func TestProportion(t *testing.T) {
	ten, three := ledger.Minor(10, ledger.EUR), ledger.Minor(3, ledger.USD)
	given := ledger.Zero(ledger.EUR)
	var steps []int64
	for done := int64(1); done <= 3; done++ {
		due, err := ten.Proportion(ledger.Minor(done, ledger.USD), three)
		require.NoError(t, err)
		step, err := due.Sub(given)
		require.NoError(t, err)
		steps, given = append(steps, step.Minor()), due
	}
	require.Equal(t, []int64{3, 4, 3}, steps)
	require.Equal(t, ten, given)

	for _, c := range []struct {
		done, total ledger.Money
		code        string
	}{
		{ledger.Minor(4, ledger.USD), three, "invalid_proportion"},
		{ledger.Minor(-1, ledger.USD), three, "invalid_proportion"},
		{ledger.Zero(ledger.USD), ledger.Zero(ledger.USD), "invalid_proportion"},
		{ledger.Minor(-1, ledger.USD), ledger.Minor(-3, ledger.USD), "invalid_proportion"},
		{ledger.Minor(1, ledger.EUR), three, "currency_mismatch"},
	} {
		_, err := ten.Proportion(c.done, c.total)
		moneyRefused(t, err, c.code)
	}
}

// edge-case 10, edge-case 9: whatever the steps, what is taken in parts is in
// the end what taking it at once would have been, and never more on the way.
func TestProportionProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := ledger.Minor(moneyInt64(t, "whole"), ledger.EUR)
		total := rapid.OneOf(rapid.Int64Range(1, 1000), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "total")
		done, given := int64(0), ledger.Zero(ledger.EUR)
		for i := 0; done < total; i++ {
			if done += rapid.Int64Range(0, total-done).Draw(t, "step"); i == 9 {
				done = total
			}
			due, err := whole.Proportion(ledger.Minor(done, ledger.USD), ledger.Minor(total, ledger.USD))
			require.NoError(t, err)
			want := roundBig(new(big.Int).Mul(big.NewInt(whole.Minor()), big.NewInt(done)), big.NewInt(total), ledger.RoundHalfUp)
			require.Equal(t, want.Int64(), due.Minor())
			require.LessOrEqual(t, new(big.Int).Abs(want).Cmp(new(big.Int).Abs(big.NewInt(whole.Minor()))), 0)
			step, err := due.Sub(given)
			require.NoError(t, err)
			require.True(t, step.Sign()*whole.Sign() >= 0, "a step never goes back")
			given = due
		}
		require.Equal(t, whole, given)
	})
}
