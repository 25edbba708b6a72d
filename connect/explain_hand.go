package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

// signedBy shows the proposals of what two people did, and is what they say.
func (x *explain) signedBy(of ledger.ID, list ...Signed) (*signatures, error) {
	s := &signatures{proposals: make(map[string]*Proposal), used: make(map[string]map[bool]map[ledger.Currency]int64)}
	for _, signed := range list {
		if signed.Proposal == "" {
			continue
		}
		id := proposalKind.ID(signed.Proposal)
		o, err := x.get(id)
		if err != nil {
			return nil, err
		}
		p, err := proposalKind.Decode(o)
		if err != nil {
			return nil, err
		}
		x.show(ExplainedObject{id, of, "proposal", string(p.Status), p.Reason, p.Amount, p.Created})
		s.proposal(x.said, p)
	}
	return s, nil
}

// fee explains a fee outside a sale, with what was given back of it.
func (x *explain) fee(f *PlatformFee) error {
	id, cur := platformFeeKind.ID(f.ID), f.Amount.Currency()
	x.show(ExplainedObject{ID: id, What: "fee", Code: string(f.Kind), Amount: f.Amount, Created: f.Created})
	x.taxes(id, "tax", f.Tax, f.Account)
	x.said.feeMoved(f.Account, f.Amount, f.Tax, 1)
	x.rest(id, "given back", f.Returned)
	x.rest(id, "returnable", minus(f.Amount, f.Returned))
	if err := x.at(id, f.Created, x.balances(f.Account, cur)...); err != nil {
		return err
	}
	back := &feeReturns{tax: make(map[string]int64)}
	err := children(x, &platformFeeReturnKind, "account", f.Account, func(r *PlatformFeeReturn) error {
		if r.Fee != f.ID {
			return nil
		}
		back.add(r)
		return x.feeReturn(r)
	})
	x.said.compareFee(f, back)
	return err
}

func (x *explain) feeReturn(r *PlatformFeeReturn) error {
	id := platformFeeReturnKind.ID(r.ID)
	x.show(ExplainedObject{ID: id, Of: platformFeeKind.ID(r.Fee), What: "fee return", Amount: r.Amount, Created: r.Created})
	x.said.feeMoved(r.Account, r.Amount, r.Tax, -1)
	return x.at(id, r.Created, x.balances(r.Account, r.Amount.Currency())...)
}

// adjustment explains an adjustment and its undoing.
func (x *explain) adjustment(a *Adjustment) error {
	id := adjustmentKind.ID(a.ID)
	x.show(ExplainedObject{ID: id, What: "adjustment", Status: string(a.Status), Code: string(a.Reason), Amount: a.Amount, Created: a.Created})
	list := []Signed{a.Signed}
	refs := x.balances(a.Owner, a.Amount.Currency())
	if err := x.at(id, a.Made, refs...); err != nil {
		return err
	}
	if a.Undo != nil {
		list = append(list, a.Undo.Signed)
		if err := x.at(id, a.Undo.Made, refs...); err != nil {
			return err
		}
	}
	s, err := x.signedBy(id, list...)
	if err == nil {
		s.adjustment(x.said, a)
	}
	return err
}

// freeze explains what an order by law blocks, and what was freed.
func (x *explain) freeze(f *Freeze) error {
	id := freezeKind.ID(f.ID)
	x.show(ExplainedObject{ID: id, What: "freeze", Status: string(f.Status), Code: string(f.Cause), Amount: f.Amount, Created: f.Created})
	list, held := []Signed{f.Signed}, f.Frozen
	if f.Lift != nil {
		list, held = append(list, f.Lift.Signed), append(slices.Clip(held), f.Lift.Freed...)
	}
	if f.Relift != nil {
		list, held = append(list, f.Relift.Signed), append(slices.Clip(held), f.Relift.Freed...)
	}
	for _, one := range f.Surrenders {
		list, held = append(list, one.Signed), append(slices.Clip(held), one.Amount)
		if err := x.addID(payoutKind.ID(one.Payout)); err != nil {
			return err
		}
	}
	if f.Surrender != nil {
		list = append(list, f.Surrender.Signed)
	}
	for _, m := range held {
		if err := x.all(id, f.Created, x.p.of(f.Account, "frozen", m.Currency())); err != nil {
			return err
		}
	}
	for _, m := range f.Frozen {
		x.rest(id, "frozen", m)
	}
	s, err := x.signedBy(id, list...)
	if err == nil {
		s.freeze(x.v)(x.said, f)
	}
	return err
}

// writeOff explains what was given up of what an account owed, and what came of it
// later.
func (x *explain) writeOff(w *WriteOff) error {
	id := writeOffKind.ID(w.ID)
	x.show(ExplainedObject{ID: id, What: "write-off", Status: string(w.Status), Amount: w.Amount, Created: w.Created})
	x.rest(id, "recovered", w.Recovered)
	if err := x.at(id, w.Made, x.balances(w.Account, w.Amount.Currency())...); err != nil {
		return err
	}
	back := int64(0)
	err := children(x, &recoveryKind, "account", w.Account, func(r *Recovery) error {
		if r.WriteOff != w.ID {
			return nil
		}
		back += r.Amount.Minor()
		return x.recovery(r)
	})
	if err != nil {
		return err
	}
	s, err := x.signedBy(id, w.Signed)
	if err == nil {
		s.writeOff(x.said, w, back)
	}
	return err
}

func (x *explain) recovery(r *Recovery) error {
	id := recoveryKind.ID(r.ID)
	x.show(ExplainedObject{ID: id, Of: writeOffKind.ID(r.WriteOff), What: "recovery", Amount: r.Amount, Created: r.Created})
	x.said.recovery(r)
	return x.at(id, r.Created, x.balances(r.Account, r.Amount.Currency())...)
}

// dormancy explains what is set aside for an owner who cannot be reached. What became
// of it at an authority is a payout's.
func (x *explain) dormancy(d *Dormancy) error {
	id := dormancyKind.ID(d.ID)
	x.show(ExplainedObject{ID: id, What: "unclaimed balance", Status: string(d.Status), Amount: d.Amount, Created: d.Created})
	if err := x.all(id, d.Created, x.p.of(d.Account, "unclaimed", d.Currency)); err != nil {
		return err
	}
	done := slices.Clone(d.Earlier)
	if d.Surrender != nil {
		done = append(done, *d.Surrender)
	}
	var list []Signed
	for _, one := range done {
		list = append(list, one.Signed)
		if one.Payout != "" {
			if err := x.addID(payoutKind.ID(one.Payout)); err != nil {
				return err
			}
		}
	}
	s, err := x.signedBy(id, list...)
	if err == nil {
		s.dormancy(x.said, d)
	}
	return err
}
