package connect

import (
	"github.com/soukhq/souk/ledger"
)

// dispute explains a dispute of a charge, with what was said to it.
func (x *explain) dispute(c *Charge, d *Dispute) error {
	id := disputeKind.ID(d.ID)
	x.disputed = true
	x.show(ExplainedObject{id, chargeKind.ID(c.ID), "dispute", string(d.Status), d.Code, d.Amount, d.Created})
	x.said.dispute(d)
	if f := d.Fee; f != nil {
		x.term(id, "dispute fee", f.Amount, f.Owner, "")
	}
	if d.takes() {
		x.rest(id, "disputed", d.Taken.presented())
		if d.open() {
			x.rest(id, "in suspense", d.Excess)
		}
		if x.recoverable(c, d) {
			x.rest(id, "recoverable at most", ledger.Minor(min(minus(c.given(), c.Reversed).Minor(), d.Taken.Amount.Minor()), c.Amount.Currency()))
		}
	}
	x.rest(id, "withdrawn", d.Moved)
	for _, first := range d.Booked {
		if err := x.takeChange(first, id); err != nil {
			return err
		}
		// What a dispute that was won had kept back of a failed payment was taken then.
		if t := x.steps.read[first]; t != nil && c.Failure.booked() {
			if err := x.at(chargeKind.ID(c.ID), t.Posted, x.chargeRefs(c)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// recoverable tells whether the seller's part can be pulled back by hand.
func (x *explain) recoverable(c *Charge, d *Dispute) bool {
	return !d.Recovered && c.Account != "" && !c.Direct && !c.Failure.booked()
}
