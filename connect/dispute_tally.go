package connect

import (
	"github.com/soukhq/souk/ledger"
)

// dispute adds up what a dispute has taken, what its acquirer has moved for it, and
// what its charge counts of it.
func (t *tally) dispute(d *Dispute) {
	t.add(ledger.House, "disputed/"+d.Acquirer, d.Moved, -1)
	t.add(ledger.House, "acquirer/"+d.Acquirer, d.Moved, 1)
	if d.Moved != d.moved() {
		t.report.Add("dispute "+d.ID, "%v was booked as moved by its acquirer, which is not what was heard of that", d.Moved)
	}
	if f := d.Fee; f != nil && !f.Returned {
		t.add(f.Owner, "balance", f.Amount, -1)
		t.add(ledger.House, "processing_fees", f.Amount, 1)
	}
	if !d.takes() {
		if d.Kept != 0 {
			t.givenOf(d.Charge).exchanged.released += d.Kept
		}
		return
	}
	now, r := *d, *d.Taken
	now.Taken = &r
	g := t.countRefund(&r)
	if g.exchanged.released += d.Kept; d.open() {
		g.disputed++
	}
	g.excess += d.Excess.Minor()
	t.heldRefund(&r)
	t.refundTenders(&r, g)
	p := &Platform{id: t.platform}
	lost := r.Status == RefundSucceeded
	if lost {
		r.FromHeld = nil // its share counts that as gone
	}
	list, err := p.disputed(&now)
	if err != nil {
		t.report.Add("dispute "+d.ID, "what it takes cannot be computed: %v", err)
		return
	}
	if d.Recovered {
		list = append(list, p.recovered(&r)...)
	}
	if lost {
		list = append(append(list, p.disputedTaxes(&r)...), p.disputedExcess(&now)...)
	}
	for _, x := range list {
		for _, l := range x.lines {
			t.posted(l.account, ledger.Minor(l.minor, l.account.Currency))
		}
	}
	part := r.presented()
	if r.Amount.IsZero() && r.Exchanged == nil { // of nothing, in whatever currency
		part = ledger.Zero(d.Amount.Currency())
	}
	if part.Currency() != d.Amount.Currency() || sum(part, d.Excess) != d.Amount {
		t.report.Add("dispute "+d.ID, "it takes %v and %v, which is not the %v that are disputed", part, d.Excess, d.Amount)
	}
}
