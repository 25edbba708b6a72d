package connect_test

import (
	"fmt"
	"math/big"
	"strings"
)

// What the chart says that a charge and what becomes of it post, as arithmetic of its
// own: nothing here asks the engine. The chart is docs/chart-of-accounts.md.

// coin is a currency of the matrix: what is paid in it and how it settles.
type coin struct {
	paid, settled string
	amount        int64 // of the charge, in what is paid
	permille      int64 // of processing, of what settles
	fixed         int64
	whole         int64 // what banks pay in multiples of
	setup         string
}

// rate is what a euro is worth in cents, and custom what the customer gets of it, a
// percent less, in thousandths.
const rate, custom = 1100, 1089

var coins = []coin{
	{paid: "USD", settled: "USD", amount: 10007, permille: 29, fixed: 30, whole: 1},
	{paid: "JPY", settled: "JPY", amount: 10001, permille: 36, whole: 1, setup: "prices JPY 3.6\n"},
	{paid: "KWD", settled: "KWD", amount: 10253, permille: 29, fixed: 90, whole: 1, setup: "prices KWD 2.9 + 90\n"},
	{paid: "HUF", settled: "HUF", amount: 1000045, permille: 29, whole: 100, setup: "prices HUF 2.9\n"},
	{paid: "EUR", settled: "USD", amount: 10003, permille: 29, fixed: 30, whole: 1, setup: "rates USD=1.1000\n"},
}

// commission is the platform's, in thousandths of what is paid.
const commission = 123

// awayFromZero is a × b ÷ c, rounded half away from zero, of what is not negative.
func awayFromZero(a, b, c int64) int64 {
	n := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	n.Mul(n, big.NewInt(2)).Add(n, big.NewInt(c))
	return n.Quo(n, big.NewInt(2*c)).Int64()
}

// toEven is the same, rounded half to even, as conversions are.
func toEven(a, b, c int64) int64 {
	q, r := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), big.NewInt(c), new(big.Int))
	if n := r.Int64() * 2; n > c || n == c && q.Bit(0) == 1 {
		return q.Int64() + 1
	}
	return q.Int64()
}

// settles is what an amount comes to in the currency in which its charge settles.
func (c coin) settles(paid int64) int64 {
	if c.paid == c.settled {
		return paid
	}
	return toEven(paid, custom, 1000)
}

// leg is one entry of a transaction.
type leg struct {
	account string
	minor   int64
	in      string // its currency; empty is that in which the charge settles
}

// sale is what a charge is made of, and what has gone back of it. It is in the currency
// in which it settles, but for paid and back.
type sale struct {
	paid, amount, gross, processing, fee, given int64

	back, amountBack, grossBack         int64
	feeBack, feeBase, taken, takenBasis int64
}

func newSale(c coin, s shape) *sale {
	x := &sale{paid: c.amount, amount: c.settles(c.amount), gross: c.amount}
	if c.paid != c.settled {
		x.gross = toEven(c.amount, rate, 1000)
	}
	x.processing = awayFromZero(x.amount, c.permille, 1000) + c.fixed
	fee := awayFromZero(c.amount, commission, 1000)
	switch {
	case s.separate:
	case s.direct:
		x.fee = c.settles(fee)
	case s.byAmount:
		x.given = c.settles(c.amount - fee)
	default:
		x.given, x.fee = x.amount, c.settles(fee)
	}
	return x
}

// portion is what goes back of a sale in one step: by the cumulative rule, a difference of
// what all has gone back with it and before.
type portion struct{ paid, amount, gross, taken, takenBasis, fee, feeBase int64 }

func (x *sale) takes(paid int64) portion {
	p := portion{paid: paid}
	x.back += paid
	p.amount = awayFromZero(x.amount, x.back, x.paid) - x.amountBack
	p.gross = awayFromZero(x.gross, x.back, x.paid) - x.grossBack
	x.amountBack, x.grossBack = x.amountBack+p.amount, x.grossBack+p.gross
	return p
}

// from is what the seller gives of a part, and what of the commission they get back.
func (x *sale) from(p *portion, fee bool) {
	p.takenBasis = p.amount
	x.takenBasis += p.takenBasis
	p.taken = awayFromZero(x.given, x.takenBasis, x.amount) - x.taken
	x.taken += p.taken
	if fee {
		x.commissionOf(p)
	}
}

func (x *sale) commissionOf(p *portion) {
	p.feeBase = p.amount
	x.feeBase += p.feeBase
	p.fee = awayFromZero(x.fee, x.feeBase, x.amount) - x.feeBack
	x.feeBack += p.fee
}

// undo takes a part that came to nothing off what has gone back.
func (x *sale) undo(p portion) {
	x.back, x.amountBack, x.grossBack = x.back-p.paid, x.amountBack-p.amount, x.grossBack-p.gross
	x.taken, x.takenBasis = x.taken-p.taken, x.takenBasis-p.takenBasis
	x.feeBack, x.feeBase = x.feeBack-p.fee, x.feeBase-p.feeBase
}

// sheet is a flow as it is written, with what every account has by now.
type sheet struct {
	strings.Builder
	settled string
	has     map[string]int64
	order   []string

	entries, refusals int // that it states
}

// step writes what happens.
func (t *sheet) step(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }

// refused writes that the step before posts nothing, and why.
func (t *sheet) refused(class, code string) {
	t.step("  ! %s %s", class, code)
	t.refusals++
}

// post writes a transaction that the step before must post. What is of nothing is not
// posted.
func (t *sheet) post(reason string, legs ...leg) {
	var list []string
	sums := make(map[string]int64)
	for _, l := range legs {
		if l.minor == 0 {
			continue
		}
		if l.in == "" {
			l.in = t.settled
		}
		name, shown := l.account+" "+l.in, fmt.Sprintf("%s %+d", l.account, l.minor)
		if l.in != "USD" {
			shown += " " + l.in
		}
		if _, ok := t.has[name]; !ok {
			t.order = append(t.order, name)
		}
		t.has[name] += l.minor
		sums[l.in] += l.minor
		list = append(list, shown)
	}
	for in, sum := range sums {
		if sum != 0 {
			panic(fmt.Sprintf("%s: %v is %d %s too much", reason, list, sum, in))
		}
	}
	if list != nil {
		t.step("  %s: %s", reason, strings.Join(list, ", "))
		t.entries += len(list)
	}
}

// of is what an account has in the currency in which the charge settles.
func (t *sheet) of(account string) int64 { return t.has[account+" "+t.settled] }

// end states what every account has.
func (t *sheet) end() {
	var list []string
	for _, name := range t.order {
		account, in, _ := strings.Cut(name, " ")
		list = append(list, fmt.Sprintf("%s %d %s", account, t.has[name], in))
	}
	t.step("after %s", strings.Join(list, ", "))
}
