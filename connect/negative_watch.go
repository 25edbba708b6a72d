package connect

import (
	"github.com/soukhq/souk/ledger"
)

// watchNegative follows up what a unit of work has done to balances of sellers: one
// that it takes below zero is opened in the same change, with its moment; one that is
// below zero and moves is looked at by the next Drain. What is guarded takes nothing
// below zero, so that a payout or a transfer is not looked at where it goes out.
//
// Who forces money out expects the balance unchanged, so that of two at once one finds
// out. Who brings money in only looks: if somebody takes the balance below zero at that
// moment, their change is looked at.
func (p *Platform) watchNegative(u *ledger.Unit) error {
	var up []ledger.Ref
	for _, m := range u.Moved("available") {
		switch {
		case m.Minor == 0 || m.Account.Book != p.id || !accountKind.Fits(m.Account.Owner):
		case m.Minor > 0:
			up = append(up, m.Account)
		case m.Forced:
			if err := p.watchForced(u, m); err != nil {
				return err
			}
		}
	}
	if len(up) == 0 {
		return nil
	}
	list, err := u.Peek(up...)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Posted.Sign() < 0 {
			if err := p.noteNegative(u, a.Ref, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// watchForced looks whether a balance is below zero after money was forced out of it.
func (p *Platform) watchForced(u *ledger.Unit, m ledger.Moved) error {
	was, err := u.Account(m.Account)
	if err != nil {
		return err
	}
	is, err := was.Posted.Add(ledger.Minor(m.Minor, m.Account.Currency))
	if err != nil || is.Sign() >= 0 {
		return err
	}
	return p.noteNegative(u, m.Account, was.Posted.Sign() >= 0)
}

// noteNegative lets Drain look at a balance that is below zero, or was; fell tells that
// it was not before this change.
func (p *Platform) noteNegative(u *ledger.Unit, r ledger.Ref, fell bool) error {
	id := negativeID(r.Owner, r.Currency)
	o, err := u.Object(negativeKind.ID(id))
	if err != nil {
		return err
	}
	var n *NegativeBalance
	if o.Version == 0 {
		a, err := p.account(u, r.Owner)
		if err != nil {
			return err
		}
		n = &NegativeBalance{ID: id, Platform: p.id, Account: r.Owner, Currency: r.Currency, Bearer: a.bearer(), Status: NegativeEnded, Created: u.At()}
		n.loaded()
	} else if n, err = negativeKind.Get(u, id); err != nil {
		return err
	}
	if fell || !n.below() {
		n.Since = u.At()
	}
	n.Stale = true
	n.Work.Later(u.At())
	event := ""
	if n.Status == NegativeEnded {
		if err := n.become(NegativeOpen); err != nil {
			return err
		}
		event = EventNegativeOpened
	}
	return p.putNegative(u, n, event)
}

// bearer is who bears what an account cannot pay.
func (a *Account) bearer() Party {
	if a.LossesBearer == "" {
		return PartyPlatform
	}
	return a.LossesBearer
}
