package connect

import (
	"cmp"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// checkShape refuses what does not go together: a charge is direct, for a seller
// (by commission or by amount), or for the platform, who then transfers what is
// whose.
func checkShape(r *ChargeRequest, share ledger.Money) error {
	bad := func(field, msg string) error { return badField("invalid_request", field, msg) }
	switch {
	case r.Direct && r.AccountID == "":
		return bad("direct", "a direct charge names its seller")
	case r.Direct && r.OnBehalfOf != "":
		return bad("onBehalfOf", "a direct charge is the seller's own already")
	}
	if err := checkPlain("transferGroup", r.TransferGroup, 200); err != nil {
		return err
	}
	if r.TransferAmount == (ledger.Money{}) {
		return nil
	}
	if err := checkPart(r.TransferAmount, r.Amount, "transferAmount"); err != nil {
		return err
	}
	switch {
	case r.AccountID == "" || r.Direct:
		return bad("transferAmount", "it is what a seller gets of a charge that is the platform's")
	case r.ApplicationFee.Sign() > 0 || len(r.FeeTax) > 0 || r.Net != (ledger.Money{}):
		return bad("transferAmount", "a charge states the commission or what the seller gets, not both")
	case r.CaptureLater:
		return bad("transferAmount", "what is captured in parts states its commission")
	case r.TransferAmount.IsZero():
		return badField("invalid_amount", "transferAmount", "it is more than zero")
	case r.TransferAmount.Minor() > share.Minor():
		return badField("transfer_exceeds_amount", "transferAmount", "the seller would get more than the amount less taxes, "+share.String())
	}
	r.NoFee = true // the list's commission has no share in it
	return nil
}

// shape puts on a new charge whose own it is, and what follows from that.
func (p *Platform) shape(u *ledger.Unit, r *ChargeRequest, c *Charge) error {
	c.Direct, c.OnBehalfOf, c.TransferAmount, c.TransferGroup = r.Direct, r.OnBehalfOf, r.TransferAmount, r.TransferGroup
	merchant := c.merchant()
	if merchant == "" {
		return nil
	}
	m, err := p.expectSeller(u, merchant)
	if err == nil && m.closes {
		err = accountClosed(merchant)
	}
	if err != nil && c.OnBehalfOf != "" {
		return inField("onBehalfOf", err)
	}
	if err != nil {
		return err
	}
	if c.Descriptor = cmp.Or(c.Descriptor, m.descriptor); c.Direct {
		c.FeesPayer = cmp.Or(m.feesPayer, PartyAccount)
	}
	return nil
}

// merchant is the seller whose own a charge is to the card networks: their
// country's prices and delay, their currency and their name apply. It is empty
// for a charge that is the platform's own.
func (c *Charge) merchant() string {
	if c.Direct {
		return c.Account
	}
	return c.OnBehalfOf
}

// share is what goes to the seller before commission: the amount less taxes,
// service fee and the platform's own lines.
func (c *Charge) share() ledger.Money {
	return ledger.Minor(c.Amount.Minor()-c.ServiceFee.Minor()-addTax(c.Tax)-c.PlatformPart.Minor(), c.Amount.Currency())
}

// given is what a charge transfers to its seller: the share, unless an amount was
// stated. Of a direct charge there is no transfer.
func (c *Charge) given() ledger.Money {
	switch {
	case c.Account == "" || c.Direct:
		return ledger.Zero(c.Amount.Currency())
	case c.byAmount():
		return c.TransferAmount
	}
	return c.share()
}

// sellerNet is what a charge, or a capture of it, leaves its seller.
func (c *Charge) sellerNet() ledger.Money {
	if c.Direct {
		return c.directNet()
	}
	return ledger.Minor(c.given().Minor()+c.Discount.Minor()-c.ApplicationFee.Minor()-addTax(c.FeeTax), c.Amount.Currency())
}

// byAmount tells a charge that stated what its seller gets.
func (c *Charge) byAmount() bool { return !c.TransferAmount.IsZero() }

// delay is how long a charge's money waits: as that of whose own it is.
func (p *Platform) delay(u *ledger.Unit, prof *Profile, c *Charge) (payout.Delay, error) {
	merchant := c.merchant()
	if merchant == "" {
		return prof.Delay, nil
	}
	m, err := p.lasting(u, merchant)
	return payout.DelayOf(m.country), err
}
