package connect

// negative explains what stands behind a balance below zero, and what the platform has
// paid of it. What came from the seller's bank is that of its debits.
func (x *explain) negative(n *NegativeBalance) error {
	id := negativeKind.ID(n.ID)
	x.show(ExplainedObject{ID: id, What: "negative balance", Status: string(n.Status), Amount: n.Owes, Created: n.Created})
	x.rest(id, "cover", n.Cover)
	x.rest(id, "collected", n.Collected)
	x.said.negativeMoved(n)
	if len(n.Booked) < maxBooked { // these were all
		for _, t := range n.Booked {
			if err := x.take(t); err != nil {
				return err
			}
		}
		return nil
	}
	return x.all(id, n.Created, x.p.of(n.Platform, "cover", n.Currency))
}

// negativeDebit explains a debit of a seller's bank.
func (x *explain) negativeDebit(d *NegativeDebit) error {
	id := negativeDebitKind.ID(d.ID)
	x.show(ExplainedObject{ID: id, What: "debit of the seller's bank", Status: string(d.Status), Code: d.Code, Amount: d.Amount, Created: d.Created})
	if d.Status == NegativeDebitSucceeded {
		x.said.negativeDebit(d)
	}
	refs := x.balances(d.Account, d.Amount.Currency())
	if err := x.at(id, d.Settled, refs...); err != nil {
		return err
	}
	return x.at(id, d.Returned, refs...)
}
