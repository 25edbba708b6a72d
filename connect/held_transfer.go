package connect

import "github.com/soukhq/souk/ledger"

// holdTransfer checks the terms of a transfer that is to wait.
func (p *Platform) holdTransfer(u *ledger.Unit, prof *Profile, r *TransferRequest, t *Transfer) error {
	if r.Hold == nil {
		return p.mustWait(u, prof, t.To, "to")
	}
	bad := func(msg string) error { return badField("invalid_hold", "hold", msg) }
	switch {
	case t.To == p.id:
		return bad("what is the platform's waits for nobody")
	case r.ChargeID == "":
		return bad("a transfer waits as a part of the charge that it names")
	case !r.Currency.IsZero() && r.Currency != r.Amount.Currency():
		return bad("what waits is not converted; it may be once it was released")
	}
	h, err := p.holdOf(u, prof, r.Hold, t.To, r.Amount, false)
	t.Hold = h
	return err
}

// transferWaits puts the share of a transfer that was posted to held.
func (p *Platform) transferWaits(u *ledger.Unit, t *Transfer) error {
	if t.Hold == nil {
		return nil
	}
	c, err := p.charge(u, t.Charge)
	if err != nil {
		return err
	}
	s := newShare(u, p, t.Hold, t.To)
	s.ID, s.Charge, s.Transfer, s.Group, s.Available = shareID(t.ID), c.ID, t.ID, t.TransferGroup, c.Available
	s.loadedAs(t.Amount.Currency())
	s.In.Amount, s.In.Account = t.Amount, t.Amount
	return p.beginWait(u, s)
}
