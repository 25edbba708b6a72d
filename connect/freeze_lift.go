package connect

import (
	"context"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// UnfreezeRequest ends a freeze.
type UnfreezeRequest struct {
	Key         string `json:"-"`
	By          Actor  `json:"by,omitzero"`
	FreezeID    string `json:"freeze,omitzero"`
	Document    string `json:"document,omitzero"`    // the reference of what ends it: 1–200 characters
	Description string `json:"description,omitzero"` // for people, at most 1,000 characters
}

// Unfreeze ends a freeze and makes all that it blocked available, unless another order
// stands against the account, which takes it then. It always takes two people, and is
// done by ApproveProposal. What was handed over and came back after the end is freed by
// asking again (Freeze.Relift). A freeze that is neither active nor has such money is of
// class State, code invalid_state, and one whose end is proposed lift_proposed (freeze).
func (p *Platform) Unfreeze(ctx context.Context, r UnfreezeRequest) (*Freeze, error) {
	verb := simpleVerb[Freeze]{name: "unfreeze", kind: &freezeKind, replayed: (*Freeze).replay, target: r.FreezeID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Freeze, error) {
		f, err := freezeKind.Get(u, r.FreezeID)
		if err != nil {
			return nil, notFoundOr(err, "freeze")
		}
		if f.Platform != p.id {
			return nil, notFound("freeze")
		}
		if err := checkOrder(r.Document, r.Description); err != nil {
			return nil, err
		}
		again, err := p.liftedAgain(u, f)
		if err != nil {
			return nil, err
		}
		if !again {
			if err := freezeLife.check("freeze", f.Status, FreezeLifted); err != nil {
				return nil, err
			}
		}
		if !again && f.Lift != nil || again && f.Relift != nil && f.Relift.Made.IsZero() {
			return nil, badState("lift_proposed", "freeze", "a second person has to approve its end")
		}
		s, err := p.propose(u, r.By, &Proposal{Action: ManualUnfreeze, Object: f.ID, Account: f.Account, Description: r.Description})
		if err != nil {
			return nil, err
		}
		l := &FreezeLift{Document: r.Document, Description: r.Description, Signed: s}
		if again {
			f.Relift = l
		} else {
			f.Lift = l
		}
		return f, p.putFreeze(u, f, s, EventFreezeLiftProposed)
	})
}

// liftedAgain reports whether a freeze has ended and has money still: what payouts to an
// authority did not bring there.
func (p *Platform) liftedAgain(u *ledger.Unit, f *Freeze) (bool, error) {
	if f.Status != FreezeLifted {
		return false, nil
	}
	_, err := p.cameBack(u, f)
	return len(f.Frozen) > 0, err
}

// unfreezeApproved frees what was frozen.
func (p *Platform) unfreezeApproved(u *ledger.Unit, o *Proposal) error {
	f, err := freezeKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	a, err := p.account(u, f.Account)
	if err != nil {
		return err
	}
	if underWay, err := p.cameBack(u, f); err != nil {
		return err
	} else if underWay {
		return badState("surrender_under_way", "freeze", "a payout of it is on its way to the authority")
	}
	l := f.Lift
	if l.Signed.Proposal != o.ID {
		l = f.Relift
	} else if err := f.become(FreezeLifted); err != nil {
		return err
	}
	l.Signed, l.Made, l.Freed, f.Frozen = o.signed(), u.At(), f.Frozen, nil
	b := &books{u: u, p: p, object: freezeKind.ID(f.ID)}
	for _, m := range l.Freed {
		c := m.Currency()
		b.signed(l.Signed, "unfreeze", string(f.Cause), l.Document, "", out(p.of(f.Account, "frozen", c), m), in(p.of(f.Account, "available", c), m))
	}
	n := len(a.Freezes)
	a.Freezes = slices.DeleteFunc(a.Freezes, func(s AccountFreeze) bool { return s.ID == f.ID })
	if len(a.Freezes) < n { // it is none of them any more where this is about what came back
		if err := p.putFreezes(u, a); err != nil {
			return err
		}
	}
	if err := p.putFreeze(u, f, l.Signed, EventFreezeLifted); err != nil {
		return err
	}
	return p.freezeFree(u, f.Account, 0)
}

// unfreezeDropped lets a freeze stand.
func (p *Platform) unfreezeDropped(u *ledger.Unit, o *Proposal) error {
	f, err := freezeKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	var s Signed
	if f.Lift.Signed.Proposal == o.ID {
		s, f.Lift = f.Lift.Signed, nil
	} else {
		s, f.Relift = f.Relift.Signed, nil
	}
	return p.putFreeze(u, f, s, EventFreezeLiftDropped)
}
