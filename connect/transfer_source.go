package connect

import (
	"cmp"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// takeFromCharge ties a new transfer to its charge: counts it there, and decides
// where the money goes from and to.
func (p *Platform) takeFromCharge(u *ledger.Unit, r *TransferRequest, t *Transfer) error {
	c, err := p.charge(u, r.ChargeID)
	if err != nil {
		return err
	}
	if err := c.transferLines(r, t); err != nil {
		return err
	}
	switch left := c.transferable(); {
	case c.Account != "":
		return badField("charge_has_seller", "charge", "the charge is for a seller already")
	case c.Status != ChargeSucceeded:
		return badState("invalid_state", "charge", "only a charge that succeeded has money to transfer; it is "+string(c.Status))
	case t.Amount.Currency() != c.Amount.Currency():
		return badField("currency_mismatch", "amount", "the charge is in "+c.Amount.Currency().String())
	case t.Amount.Minor() > left.Minor():
		return badState("transfer_exceeds_charge", "amount", left.String()+" of the charge can still be transferred")
	}
	if err := c.transferShare(t); err != nil {
		return err
	}
	c.Transferred = sum(c.Transferred, t.Amount)
	t.Charge, t.TransferGroup = c.ID, cmp.Or(t.TransferGroup, c.TransferGroup)
	if t.FromIn, err = p.inNow(u, c, p.id); err != nil {
		return err
	}
	if t.ToIn = t.FromIn; isPending(t.FromIn) {
		day, err := payout.ParseDay(t.FromIn[len(pendingPrefix):])
		if err != nil {
			return err
		}
		if t.ToIn, err = p.openDay(u, t.To, c.Amount.Currency(), day, "available"); err != nil {
			return err
		}
	}
	return p.putCharge(u, c, EventChargeUpdated)
}

// transferable is what of a charge for the platform is still there to be
// transferred: what is no tax, less what was refunded and transferred.
func (c *Charge) transferable() ledger.Money {
	if c.CreditSale != nil { // it is the buyer's
		return ledger.Zero(c.Amount.Currency())
	}
	back := c.Refunded.Minor() + c.Refunding.Minor()
	for _, t := range c.Tax {
		back -= t.Refunded.Minor()
	}
	return ledger.Minor(max(c.share().Minor()-back-c.Transferred.Minor(), 0), c.Amount.Currency())
}
