package connect_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/scenario"
	"github.com/soukhq/souk/ledger"
)

// owes and refuses are sellers whose balance may, or may not, go below zero for a refund.
const owes, refuses, claws = "short=negative", "short=refuse", "claw=opened return=fee"

// fate is what becomes of a sale.
type fate struct {
	name string
	with policies
	run  func(*deal)
}

var fates = append([]fate{
	{"refunded, share and commission back", policies{seller: owes}, func(d *deal) {
		d.refund("r1", 0, true, true)
		d.reversed()
		d.step("refund r2: 1 of c1")
		d.refused("state", "refund_exceeds_charge")
	}},
	{"refunded, commission kept", policies{seller: owes}, func(d *deal) { d.refund("r1", 0, true, false) }},
	{"refunded by the platform", policies{seller: owes}, func(d *deal) {
		if d.direct || d.separate { // where there is no transfer that comes back with it
			d.step("refund r1: all of c1 reverse")
			d.refused("invalid", "no_transfer")
		}
		d.refund("r2", 0, false, false)
	}},
	{"refunded in part", policies{seller: refuses}, func(d *deal) { d.refund("r1", d.sale.paid/4+1, true, true) }},
	{"refunded in many parts", policies{seller: owes}, func(d *deal) {
		third := d.sale.paid / 3
		d.refund("r1", third, true, true)
		d.refund("r2", 1, true, true)
		d.refund("r3", third, true, false)
		d.refund("r4", 0, true, true)
	}},
	{"refund failed later, and made again", policies{seller: owes, card: "tok_refundPending"}, func(d *deal) {
		d.ask("r1", d.sale.paid/2, true, true)
		d.step("hear r1 declined expired_or_canceled_card")
		d.step("status r1 failed expired_or_canceled_card")
		rest := d.sale.paid - d.sale.paid/2 // the acquirer has not taken the first back
		d.ask("r2", rest, true, true)
		d.step("minutes 2")
		p := d.takes(rest)
		d.begins(&p, true, true)
		d.refunded(p)
	}},
	{"dispute lost", policies{seller: owes}, func(d *deal) { d.lost(d.dispute("d1", d.sale.paid, false), false) }},
	{"dispute lost, the seller's part back", policies{platform: "claw=lost return=fee", seller: owes}, func(d *deal) {
		d.lost(d.dispute("d1", d.sale.paid, d.direct), true)
	}},
	{"dispute won", policies{platform: claws, seller: owes}, func(d *deal) {
		d.won(d.dispute("d1", d.sale.paid, true))
		d.refund("r1", d.sale.paid/3, true, true) // as if nothing had been
	}},
	{"dispute of a part, lost", policies{platform: claws, seller: owes}, func(d *deal) {
		d.lost(d.dispute("d1", d.sale.paid*2/5, true), false)
		d.refund("r1", 0, true, true)
	}},
	{"dispute after a refund, won", policies{platform: claws, seller: owes}, func(d *deal) {
		d.refund("r1", d.sale.paid/4, true, true)
		d.won(d.dispute("d1", d.sale.paid, true))
	}},
	{"dispute after a refund, lost", policies{platform: claws, seller: owes}, func(d *deal) {
		d.refund("r1", d.sale.paid/4, true, true)
		d.lost(d.dispute("d1", d.sale.paid, true), false)
	}},
	{"dispute after the whole refund, lost", policies{seller: owes}, func(d *deal) {
		d.refund("r1", 0, true, true)
		d.lost(d.dispute("d1", d.sale.paid, false), false)
	}},
	{"dispute after the payout, the seller owing", policies{platform: claws, seller: owes}, func(d *deal) {
		d.paidOut()
		d.lost(d.dispute("d1", d.sale.paid, true), false)
	}},
	{"dispute after the payout, the seller refusing", policies{platform: claws, seller: refuses}, func(d *deal) {
		d.paidOut()
		x := d.dispute("d1", d.sale.paid, d.direct)
		d.notRecovered("insufficient_funds")
		d.won(x)
	}},
	{"refunded after the payout, the seller owing", policies{seller: owes}, func(d *deal) {
		d.paidOut()
		d.refund("r1", 0, true, true)
	}},
	{"refunded after the payout, the seller refusing", policies{seller: refuses}, func(d *deal) {
		d.paidOut()
		d.short("insufficient_funds", "insufficient_funds")
	}},
	{"refunded while the seller is frozen", policies{seller: refuses}, func(d *deal) {
		d.frozen()
		d.short("state", "account_frozen")
	}},
	{"refunded while the seller is frozen, and owing", policies{seller: owes}, func(d *deal) {
		d.frozen()
		d.refund("r1", 0, true, true)
	}},
	{"disputed while the seller is frozen", policies{platform: claws, seller: owes}, func(d *deal) {
		d.frozen()
		x := d.dispute("d1", d.sale.paid, d.direct)
		d.notRecovered("account_frozen")
		d.lost(x, false)
	}},
}, lateFates...)

// short is a refund that the seller cannot pay: it is refused, and the platform may pay it
// instead where it is the platform's. What was transferred by itself is not taken back, and
// why that is refused is said.
func (d *deal) short(class, code string) {
	if d.separate {
		d.refund("r1", 0, false, false)
		d.step("reverse t1")
		d.refused(class, code)
		return
	}
	d.ask("r1", 0, true, true)
	d.refused("insufficient_funds", "insufficient_funds")
	if !d.direct {
		d.refund("r2", 0, false, false)
	}
}

// notRecovered is a platform that asks for the seller's part of a dispute, in vain.
func (d *deal) notRecovered(code string) {
	class := "state"
	switch {
	case d.direct || d.separate:
		code = "not_recoverable" // they have it already, or it was transferred by itself
	case code == "insufficient_funds":
		class = code
	}
	d.step("recover d1")
	d.refused(class, code)
}

// cell is one of the matrix, as a table.
type cell struct {
	name              string
	flow              scenario.Flow
	entries, refusals int
}

// matrix is every shape of a charge with everything that can become of it in every kind
// of currency.
func matrix(t *testing.T) (cells []cell) {
	for _, s := range saleShapes {
		for _, f := range fates {
			for _, c := range coins {
				d := newDeal(s, c, f.with)
				f.run(d)
				d.end()
				name := s.name + "/" + f.name + "/" + c.paid
				flows, err := scenario.Parse(name, "flow "+name+": "+name+"\n"+d.String())
				require.NoError(t, err)
				require.Len(t, flows, 1)
				cells = append(cells, cell{name, flows[0], d.entries, d.refusals})
			}
		}
	}
	return cells
}

// on runs cells on stores that open makes, and requires that each of them has come to its
// end.
func on(t *testing.T, cells []cell, open func(testing.TB) ledger.Store) {
	ran := make(map[string]bool)
	entries, refusals := 0, 0
	for _, c := range cells {
		t.Run(c.name, func(t *testing.T) {
			scenario.Run(t, c.flow, func(t *testing.T) ledger.Store { return open(t) })
			ran[c.name] = true
		})
		entries, refusals = entries+c.entries, refusals+c.refusals
	}
	if t.Failed() {
		return
	}
	require.Len(t, ran, len(cells), "a cell was left out, or two have one name")
	t.Logf("%d cells, %d entries and %d refusals, each as the chart says", len(cells), entries, refusals)
}

// Every shape of a charge with everything that can become of it in every kind of currency
// posts what the chart says: entries that are computed here from the chart and nowhere
// else, down to the last digit of currencies of none, two and three, of one that banks pay
// in whole hundreds, and of one that settles in another.
func TestMatrix(t *testing.T) {
	cells := matrix(t)
	require.Len(t, cells, len(saleShapes)*len(fates)*len(coins))
	on(t, cells, func(testing.TB) ledger.Store { return ledger.NewMemory() })
}

// The same on databases: all of it with SOUK_LONG=1, else some, in which each currency and
// on SQLite each shape has a part.
func TestMatrixOnDatabases(t *testing.T) {
	cells := matrix(t)
	t.Run("sqlite", func(t *testing.T) { on(t, sampled(cells, 2), newSQLite) })
	t.Run("postgres", func(t *testing.T) { on(t, sampled(cells, 4), newPostgres) })
}

// sampled is a cell of each so manieth fate: always of another shape and currency than the
// one before it.
func sampled(all []cell, each int) (cells []cell) {
	if os.Getenv("SOUK_LONG") == "1" {
		return all
	}
	for f := 0; f < len(fates); f += each {
		s, c := f/each%len(saleShapes), f/each%len(coins)
		cells = append(cells, all[(s*len(fates)+f)*len(coins)+c])
	}
	return cells
}
