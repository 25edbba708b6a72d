package connect

import (
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Surrender gives an unclaimed balance, or money that is frozen, to an authority.
type Surrender struct {
	Amount   ledger.Money `json:"amount"` // of an unclaimed balance as much as banks pay
	Bank     BankAccount  `json:"bank"`
	Document string       `json:"document"` // the reference of the report to the authority, or of its order
	Signed   Signed       `json:"signed"`
	Back     bool         `json:"back,omitzero"`   // of frozen money: the payout failed or came back, and it is frozen again
	Payout   string       `json:"payout,omitzero"` // by which it is paid; empty: a second person has to approve it
}

// pay records the payout by which money of an owner that was set aside for a purpose is
// surrendered, once a second person has approved it.
func (x *Surrender) pay(u *ledger.Unit, p *Platform, o *Proposal, owner, purpose string, metadata map[string]string) error {
	info := p.e.c.Rail.Info()
	if info.MaxMinor > 0 && x.Amount.Minor() > info.MaxMinor {
		return badState("rail_limit_exceeded", "amount", "the rail does not carry as much in one payout")
	}
	x.Signed, x.Payout = o.signed(), u.NewID(payoutKind.Prefix)
	po := &payout.Payout{
		ID: x.Payout, Platform: p.id, Owner: owner, Source: purpose, Rail: info.Name, Destination: x.Bank.Destination, Amount: x.Amount,
		Arrival: p.e.c.Calendar.Add(payout.DayOf(u.At(), time.UTC), info.Days), Metadata: metadata,
	}
	po.Work.Later(u.At())
	return payout.Claim(u, po)
}
