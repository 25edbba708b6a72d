package connect

import (
	"context"
	"slices"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// The types of events of frozen money that is handed over.
const (
	EventFreezeSurrenderProposed = "freeze.surrender_proposed"
	EventFreezeSurrenderDropped  = "freeze.surrender_dropped" // refused, or expired
	EventFreezeSurrendered       = "freeze.surrendered"
)

// SurrenderFrozenRequest hands frozen money to whom a court or an authority has ordered
// to get it.
type SurrenderFrozenRequest struct {
	Key      string       `json:"-"`
	By       Actor        `json:"by,omitzero"`
	FreezeID string       `json:"freeze,omitzero"`
	Amount   ledger.Money `json:"amount,omitzero"`   // at most what is blocked in that currency; the zero Money: all of it in the bank account's
	Bank     *BankDetails `json:"bank,omitzero"`     // of the court or authority
	Document string       `json:"document,omitzero"` // the order's reference: 1–200 characters
}

// SurrenderFrozen asks for frozen money to be paid to an authority: flow Z1 of the
// chart. It always takes two people of compliance. ApproveProposal records the payout,
// which Drain carries out (or Finish, by Freeze.Surrenders); until it is paid the money
// stays frozen under a hold, and what failed or came back is frozen again, and can be
// surrendered anew, also where the freeze was lifted meanwhile. Of class State are
// invalid_state, surrender_proposed and insufficient_frozen (freeze, amount).
func (p *Platform) SurrenderFrozen(ctx context.Context, r SurrenderFrozenRequest) (*Freeze, error) {
	verb := simpleVerb[Freeze]{name: "surrender frozen", kind: &freezeKind, replayed: (*Freeze).replay, target: r.FreezeID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Freeze, error) {
		f, err := freezeKind.Get(u, r.FreezeID)
		if err != nil {
			return nil, notFoundOr(err, "freeze")
		}
		if f.Platform != p.id {
			return nil, notFound("freeze")
		}
		if err := checkOrder(r.Document, ""); err != nil {
			return nil, err
		}
		if r.Bank == nil {
			return nil, badField("invalid_request", "bank", "it names the authority's bank account")
		}
		bank, err := r.Bank.account(u, p.e)
		if err != nil {
			return nil, err
		}
		amount, err := p.surrendered(u, f, r.Amount, bank.Currency)
		if err != nil {
			return nil, err
		}
		s, err := p.propose(u, r.By, &Proposal{Action: ManualSurrenderFrozen, Object: f.ID, Account: f.Account, Amount: amount, Description: r.Document})
		if err != nil {
			return nil, err
		}
		f.Surrender = &Surrender{Amount: amount, Bank: bank, Document: r.Document, Signed: s}
		return f, p.putFreeze(u, f, s, EventFreezeSurrenderProposed)
	})
}

func (r SurrenderFrozenRequest) actor() Actor { return r.By }

// surrendered is how much a request hands over.
func (p *Platform) surrendered(u *ledger.Unit, f *Freeze, m ledger.Money, c ledger.Currency) (ledger.Money, error) {
	none := ledger.Money{}
	switch {
	case f.Status != FreezeActive && f.Status != FreezeLifted:
		return none, badState("invalid_state", "freeze", "nothing is frozen by it; it is "+string(f.Status))
	case f.Surrender != nil:
		return none, badState("surrender_proposed", "freeze", "a second person has to approve it")
	case len(f.Surrenders) >= 100:
		return none, badState("too_many_surrenders", "freeze", "a hundred payouts were made of it")
	}
	if _, err := p.cameBack(u, f); err != nil {
		return none, err
	}
	have := f.in(c)
	if m == none {
		m = have
	} else if err := p.e.checkMoney(m, u.At()); err != nil {
		return none, err
	}
	switch {
	case m.Currency() != c:
		return none, badField("currency_mismatch", "bank.currency", "the amount is in "+m.Currency().String())
	case m.Minor() > have.Minor() || m.Sign() <= 0:
		return none, badState("insufficient_frozen", "amount", have.String()+" is frozen")
	}
	return whole(m, ledger.Zero(c))
}

// cameBack counts as frozen again what payouts did not bring to the authority; it says
// whether one is still on its way.
func (p *Platform) cameBack(u *ledger.Unit, f *Freeze) (underWay bool, err error) {
	for i := range f.Surrenders {
		x := &f.Surrenders[i]
		if x.Back {
			continue
		}
		o, err := payoutKind.Get(u, x.Payout)
		if err != nil {
			return false, err
		}
		switch o.Status {
		case payout.Failed, payout.Canceled, payout.Returned:
			x.Back = true
			if err := f.add(x.Amount); err != nil {
				return false, err
			}
		case payout.Paid:
		default:
			underWay = true
		}
	}
	return underWay, nil
}

// handed is what was surrendered of a currency and has not come back.
func (f *Freeze) handed(c ledger.Currency) int64 {
	n := int64(0)
	for _, x := range f.Surrenders {
		if !x.Back && x.Amount.Currency() == c {
			n += x.Amount.Minor()
		}
	}
	return n
}

// surrenderFrozenApproved records the payout.
func (p *Platform) surrenderFrozenApproved(u *ledger.Unit, o *Proposal) error {
	f, err := freezeKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	x := f.Surrender
	if x == nil || x.Signed.Proposal != o.ID {
		return badState("invalid_state", "proposal", "it is not asked for any more")
	}
	if _, err := p.cameBack(u, f); err != nil {
		return err
	}
	left := minus(f.in(x.Amount.Currency()), x.Amount)
	if left.Sign() < 0 {
		return badState("insufficient_frozen", "amount", f.in(x.Amount.Currency()).String()+" is frozen")
	}
	f.Frozen = slices.DeleteFunc(f.Frozen, func(m ledger.Money) bool { return m.Currency() == x.Amount.Currency() })
	if left.Sign() > 0 {
		f.Frozen = append(f.Frozen, left)
	}
	if err := x.pay(u, p, o, f.Account, "frozen", map[string]string{"freeze": f.ID}); err != nil {
		return err
	}
	f.Surrenders, f.Surrender = append(f.Surrenders, *x), nil
	return p.putFreeze(u, f, x.Signed, EventFreezeSurrendered)
}

// surrenderFrozenDropped leaves the money frozen.
func (p *Platform) surrenderFrozenDropped(u *ledger.Unit, o *Proposal) error {
	f, err := freezeKind.Get(u, o.Object)
	if err != nil || f.Surrender == nil || f.Surrender.Signed.Proposal != o.ID {
		return err
	}
	s := f.Surrender.Signed
	f.Surrender = nil
	return p.putFreeze(u, f, s, EventFreezeSurrenderDropped)
}
