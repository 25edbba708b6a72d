package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// SurrenderRequest gives an unclaimed balance to an authority.
type SurrenderRequest struct {
	Key        string       `json:"-"`
	By         Actor        `json:"by,omitzero"`
	DormancyID string       `json:"dormancy,omitzero"`
	Bank       *BankDetails `json:"bank,omitzero"`     // the authority's, in the currency of the balance
	Document   string       `json:"document,omitzero"` // the reference of the report to the authority: 1–200 characters
}

// SurrenderUnclaimed asks for an unclaimed balance to be paid to the authority of the
// country: it always takes two people. ApproveProposal records the payout, which Drain
// carries out (or Finish, by Dormancy.Surrender.Payout); until it is paid the money
// stays set aside, and a payout that failed or came back leaves it there, to be asked
// for anew. Of class State are invalid_state, surrender_proposed and surrendered
// (dormancy).
func (p *Platform) SurrenderUnclaimed(ctx context.Context, r SurrenderRequest) (*Dormancy, error) {
	verb := simpleVerb[Dormancy]{name: "surrender unclaimed", kind: &dormancyKind, replayed: (*Dormancy).replay, target: r.DormancyID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Dormancy, error) {
		d, err := p.dormancy(u, r.DormancyID)
		if err != nil {
			return nil, err
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
		if bank.Currency != d.Currency {
			return nil, badField("currency_mismatch", "bank.currency", "the balance is in "+d.Currency.String())
		}
		if err := p.stillThere(u, d); err != nil {
			return nil, err
		}
		if err := dormancyLife.check("dormancy", d.Status, DormancySurrendered); err != nil {
			return nil, err
		}
		if d.Surrender != nil && d.Surrender.Payout == "" {
			return nil, badState("surrender_proposed", "dormancy", "a second person has to approve it")
		}
		if len(d.Earlier) >= 100 {
			return nil, badState("too_many_surrenders", "dormancy", "a hundred payouts of it have failed")
		}
		amount, err := whole(d.Amount, ledger.Zero(d.Currency))
		if err != nil {
			return nil, err
		}
		s, err := p.propose(u, r.By, &Proposal{Action: ManualSurrender, Object: d.ID, Account: d.Account, Amount: amount, Description: r.Document})
		if err != nil {
			return nil, err
		}
		if d.Surrender != nil {
			d.Earlier = append(d.Earlier, *d.Surrender)
		}
		d.Surrender = &Surrender{Amount: amount, Bank: bank, Document: r.Document, Signed: s}
		return d, p.putDormancy(u, d, s, EventDormancySurrenderProposed)
	})
}

// stillThere refuses what the authority has, or may be about to get.
func (p *Platform) stillThere(u *ledger.Unit, d *Dormancy) error {
	if d.Status != DormancySurrendered || d.Surrender == nil || d.Surrender.Payout == "" {
		return nil
	}
	o, err := payoutKind.Get(u, d.Surrender.Payout)
	if err != nil {
		return err
	}
	switch o.Status {
	case payout.Failed, payout.Canceled, payout.Returned:
		return nil
	}
	return badState("surrendered", "dormancy", "the authority has the money, or is about to get it")
}

// surrenderApproved records the payout to the authority.
func (p *Platform) surrenderApproved(u *ledger.Unit, o *Proposal) error {
	d, err := dormancyKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	x := d.Surrender
	if x == nil || x.Signed.Proposal != o.ID {
		return badState("invalid_state", "proposal", "the owner was heard of")
	}
	if err := d.become(DormancySurrendered); err != nil {
		return err
	}
	if err := x.pay(u, p, o, d.Account, "unclaimed", map[string]string{"dormancy": d.ID}); err != nil {
		return err
	}
	return p.putDormancy(u, d, x.Signed, EventDormancySurrendered)
}

// surrenderDropped leaves the money set aside.
func (p *Platform) surrenderDropped(u *ledger.Unit, o *Proposal) error {
	d, err := dormancyKind.Get(u, o.Object)
	if err != nil || d.Surrender == nil || d.Surrender.Signed.Proposal != o.ID {
		return err
	}
	s := d.Surrender.Signed
	d.Surrender = nil
	return p.putDormancy(u, d, s, EventDormancySurrenderDropped)
}
