package connect

// reserve explains what was kept back, and what became of it.
func (x *explain) reserve(r *Reserve) error {
	id := reserveKind.ID(r.ID)
	x.show(ExplainedObject{ID: id, What: "reserve", Status: string(r.Status), Code: string(r.Type), Amount: r.Amount, Created: r.Created})
	if err := x.all(id, r.Created, x.p.of(r.Account, r.purpose(), r.Amount.Currency())); err != nil {
		return err
	}
	x.rest(id, "kept back", r.Left())
	x.rest(id, "drawn", r.Drawn)
	list := make([]Signed, 0, len(r.Early))
	for _, one := range r.Early {
		list = append(list, one.Signed)
	}
	s, err := x.signedBy(id, list...)
	if err == nil {
		s.reserve(x.said, r)
	}
	return err
}

// closing explains the end of an account: what it waits for, and its last payouts.
func (x *explain) closing(c *AccountClosing) error {
	id := accountClosingKind.ID(c.ID)
	x.show(ExplainedObject{ID: id, What: "closing of an account", Status: string(c.Status), Created: c.Created})
	for _, w := range c.Waits {
		x.rest(id, "waits: "+w.What, w.Amount)
	}
	for _, one := range c.Payouts {
		if err := x.addID(payoutKind.ID(one)); err != nil {
			return err
		}
	}
	return nil
}
