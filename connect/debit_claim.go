package connect

import (
	"slices"

	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
)

// codeGuaranteed is why a claim under the guarantee of a scheme of bank debits is lost.
const codeGuaranteed = "guaranteed"

// claimed makes a dispute of a debit that came back by a claim that its scheme guarantees:
// it is lost on arrival, takes no evidence and no answer, and has its fee. The money is
// that of the failed payment, which is taken back once whichever of the two, that the debit
// was settled and that it came back, is heard first; the dispute takes nothing beside it.
func (p *Platform) claimed(u *ledger.Unit, c *Charge, t *debit.Terms) error {
	back := t.Returns[c.Debit.Reason]
	if !c.Failure.booked() || !back.Guaranteed || c.Debit.Flag == ReturnedLate { // which nobody guarantees any more
		return nil
	}
	id := disputeID("rail "+c.Rail, c.ID)
	o, err := u.Object(disputeKind.ID(id))
	if err != nil || o.Version > 0 {
		return err
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	zero := ledger.Zero(c.Amount.Currency())
	d := &Dispute{
		ID: id, Platform: p.id, Charge: c.ID, Account: c.Account, Rail: c.Rail, Reference: c.ID, Amount: c.outside(), Reason: claimReason(back.Means),
		Network: c.Debit.Reason, Status: DisputeLost, Code: codeGuaranteed, Created: u.At(), Decided: u.At(), Failed: true,
		Withdrawn: zero, Reinstated: zero, Moved: zero, Excess: zero,
	}
	b := &books{u: u, p: p, object: disputeKind.ID(d.ID)}
	if p.disputeFee(b, prof, c, d); b.first != "" {
		d.Booked = []string{b.first}
	}
	if err := p.putDispute(u, d, EventDisputeCreated); err != nil {
		return err
	}
	u.Emit(ledger.Event{Type: EventDisputeClosed, Platform: p.id, Object: disputeKind.ID(d.ID)})
	return nil
}

// claimReason is the field's word for a dispute of what a return means.
func claimReason(means string) string {
	switch {
	case slices.Contains(disputeReasons, means):
		return means
	case means == "refunded_by_payer" || means == "mandate_canceled":
		return "customer_initiated"
	}
	return "general"
}
