package ledger_test

import (
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

var errOverflow = errors.New("overflow")

// addChecked is the bare checked addition that Money.Add is measured against.
// The marks: Add and Cmp are under 2 ns where it takes under 1, and allocate
// nothing; Times allocates at most once.
//
// The loops run over b.N, because b.Loop keeps its operands in memory and so
// measures a load and a store.
//
//	go test ./ledger -run '^$' -bench 'AddInt64|MoneyAdd|MoneyCmp|MoneyTimes' -benchmem -count 5
func addChecked(a, b int64) (int64, error) {
	sum := a + b
	if (a^sum)&(b^sum) < 0 {
		return 0, errOverflow
	}
	return sum, nil
}

// benchAmounts is a small working set of mixed signs; the sums stay small.
func benchAmounts() (bare [1024]int64, amounts [1024]ledger.Money) {
	for i := range bare {
		bare[i] = int64(i*37%101) - 50
		amounts[i] = ledger.Minor(bare[i], ledger.EUR)
	}
	return bare, amounts
}

func BenchmarkAddInt64(b *testing.B) {
	bare, _ := benchAmounts()
	var total int64
	for i := range b.N {
		sum, err := addChecked(total, bare[i&1023])
		if err != nil {
			b.Fatal(err)
		}
		total = sum
	}
	runtime.KeepAlive(total)
}

func BenchmarkMoneyAdd(b *testing.B) {
	_, amounts := benchAmounts()
	total := ledger.Zero(ledger.EUR)
	for i := range b.N {
		sum, err := total.Add(amounts[i&1023])
		if err != nil {
			b.Fatal(err)
		}
		total = sum
	}
	runtime.KeepAlive(total)
}

func BenchmarkMoneyCmp(b *testing.B) {
	_, amounts := benchAmounts()
	zero, total := ledger.Zero(ledger.EUR), 0
	for i := range b.N {
		order, err := zero.Cmp(amounts[i&1023])
		if err != nil {
			b.Fatal(err)
		}
		total += order
	}
	runtime.KeepAlive(total)
}

func BenchmarkMoneyTimesPercent(b *testing.B) {
	_, amounts := benchAmounts()
	fee, total := decimal.New(29, -3), int64(0) // 2.9 %
	for i := range b.N {
		part, err := amounts[i&1023].Times(fee, ledger.RoundHalfUp)
		if err != nil {
			b.Fatal(err)
		}
		total += part.Minor()
	}
	runtime.KeepAlive(total)
}

func TestMoneyAllocations(t *testing.T) {
	a, b := ledger.Minor(math.MaxInt64-1, ledger.EUR), ledger.Minor(1, ledger.EUR)
	fee := decimal.RequireFromString("0.029")
	price := decimal.RequireFromString("123456789012345.678") // 18 digits: no big integer yet
	canonical := []byte(`{"amountMinor":-9223372036854775808,"currency":"EUR"}`)
	ok := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		most float64
		run  func()
	}{
		"Add":           {0, func() { _, err := a.Add(b); ok(err) }},
		"Sub":           {0, func() { _, err := a.Sub(b); ok(err) }},
		"Cmp":           {0, func() { _, err := a.Cmp(b); ok(err) }},
		"Mul":           {0, func() { _, err := b.Mul(12); ok(err) }},
		"Times":         {1, func() { _, err := a.Times(fee, ledger.RoundHalfUp); ok(err) }},
		"Times a price": {1, func() { _, err := b.Times(price, ledger.RoundHalfUp); ok(err) }},
		"Proportion":    {0, func() { _, err := a.Proportion(b, a); ok(err) }},
		"ParseMoney":    {0, func() { _, err := ledger.ParseMoney("12.34 EUR"); ok(err) }},
		"ParseCurrency": {0, func() { _, err := ledger.ParseCurrency("USDC/6"); ok(err) }},
		"UnmarshalJSON": {0, func() { var m ledger.Money; ok(m.UnmarshalJSON(canonical)) }},
		"Code":          {0, func() { _ = ledger.EUR.Code() }},
	} {
		require.LessOrEqual(t, testing.AllocsPerRun(100, c.run), c.most, name)
	}
}
