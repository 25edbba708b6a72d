package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

func recordCharge(u *ledger.Unit, p *Platform, asked *ChargeRequest, w ledger.Work) (*Charge, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	r := *asked // a lost race begins with the request as it was
	c, err := p.newCharge(u, prof, &r, w)
	if err != nil {
		return nil, err
	}
	if err := p.priceCharge(u, prof, &r, c); err != nil {
		return nil, err
	}
	if stop, err := p.askRules(u, prof, &r, c); stop || err != nil {
		return c, err
	}
	if !p.unruled(&r) {
		if c.Limits, err = p.takeLimits(u, chargeKind.ID(c.ID), prof, LimitCharges, c.Account, c.Amount, r.moves); err != nil {
			return nil, err
		}
	}
	if err := p.paidBy(u, prof, &r, c); err != nil {
		return nil, err
	}
	if c.loaded(); r.laid != nil {
		if err := c.allot(); err != nil {
			return nil, err
		}
	}
	if c.Hold != nil && c.Discount.Sign() > 0 {
		return nil, badField("invalid_hold", "hold", "what the platform pays of a discount is the seller's at once, and does not wait")
	}
	if err := p.settleIn(prof, &r, c); err != nil {
		return nil, err
	}
	if err := p.feeIn(prof, &r, c); err != nil {
		return nil, err
	}
	c.loaded()
	if err := p.checkDirect(u, prof, c); err != nil {
		return nil, err
	}
	if err := p.collect(u, &r, c); err != nil {
		return nil, err
	}
	switch {
	case c.unasked():
		c.Work = ledger.Work{}
	case c.outside().IsZero():
		return c, p.paidWithin(u, c)
	}
	return c, p.putCharge(u, c, EventChargePending)
}

// newCharge checks a request, and is the charge that it asks for without its prices.
func (p *Platform) newCharge(u *ledger.Unit, prof *Profile, r *ChargeRequest, w ledger.Work) (*Charge, error) {
	if err := p.lay(r); err != nil {
		return nil, err
	}
	customer, err := p.useSaved(u, r)
	if err != nil {
		return nil, err
	}
	if err := p.checkCharge(u, prof, r); err != nil {
		return nil, err
	}
	if err := checkDeliverOn(u, r.DeliverOn); err != nil {
		return nil, err
	}
	if r.AccountID != "" {
		if err := p.mayCharge(u, r.AccountID); err != nil {
			return nil, err
		}
	}
	c := &Charge{
		ID: u.NewID(chargeKind.Prefix), Platform: p.id, Account: r.AccountID, Amount: r.Amount,
		ApplicationFee: r.ApplicationFee, Source: r.Source, Acquirer: acquirerName(p.e), Category: r.Category, Method: r.Method,
		Descriptor: r.Descriptor, Description: r.Description, Status: ChargeProcessing, Created: u.At(),
		Metadata: r.Metadata, Work: w, Hold: r.Hold, DeliverOn: r.DeliverOn, Via: p.via(),
	}
	c.Tax, c.FeeTax = slices.Clone(r.Tax), slices.Clone(r.FeeTax)
	r.laid.frame(c)
	if err := p.expectOwners(u, c); err != nil {
		return nil, err
	}
	if err := p.shape(u, r, c); err != nil {
		return nil, err
	}
	c.saveWith(customer, r)
	if c.OnBehalfOf != "" && c.OnBehalfOf != c.Account {
		if err := p.mayCharge(u, c.OnBehalfOf); err != nil {
			return nil, inField("onBehalfOf", err)
		}
	}
	if err := p.capableOf(u, c); err != nil {
		return nil, err
	}
	if c.initiate(r); r.CaptureLater {
		c.Authorization = &Authorization{}
	}
	return c, nil
}

// paidBy puts on a new charge, priced by now, what its source does not pay of it, and
// refuses a source that cannot pay the rest.
func (p *Platform) paidBy(u *ledger.Unit, prof *Profile, r *ChargeRequest, c *Charge) error {
	if err := p.tender(u, r, c); err != nil {
		return err
	}
	if err := p.sellCredit(u, r, c); err != nil {
		return err
	}
	if err := p.checkBuyer(u, prof, r, c); err != nil {
		return err
	}
	return p.onlyOne(u, c)
}

// checkCharge refuses a request before anything is written.
func (p *Platform) checkCharge(u *ledger.Unit, prof *Profile, r *ChargeRequest) error {
	if r.Net != (ledger.Money{}) {
		if err := p.grossUp(u, prof, r); err != nil {
			return err
		}
	}
	if err := p.e.checkAsked(r, u.At()); err != nil {
		return err
	}
	if err := checkTogether(r); err != nil {
		return err
	}
	if err := p.byMandate(r); err != nil {
		return err
	}
	if err := checkTenders(r); err != nil {
		return err
	}
	if r.MandateID == "" && (r.Source != "" || len(r.Tenders) == 0) {
		if err := p.e.checkSource("source", r.Source); err != nil {
			return err
		}
	}
	if err := p.e.checkShown(r, u.At()); err != nil {
		return err
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return err
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return err
	}
	if err := checkInitiation(r, u.At()); err != nil {
		return err
	}
	owed, err := checkTax(r.Tax, r.Amount.Currency())
	if err != nil {
		return err
	}
	if owed.Sign() > 0 && owed.Minor() >= r.Amount.Minor() {
		return badField("tax_exceeds_amount", "tax", "the taxes are no less than the amount")
	}
	if err := checkPart(r.ApplicationFee, r.Amount, "applicationFee"); err != nil {
		return err
	}
	if r.ApplicationFee.Sign() > 0 && r.AccountID == "" {
		return badField("invalid_request", "applicationFee", "a commission is taken from a seller's share")
	}
	share := r.share(minus(r.Amount, owed))
	if r.ApplicationFee.Minor() > share.Minor() {
		return badField("fee_exceeds_amount", "applicationFee", "the commission is more than the seller's share")
	}
	if err := checkShape(r, share); err != nil {
		return err
	}
	if err := checkPricing(r, share); err != nil {
		return err
	}
	return p.checkHold(u, prof, r, share)
}
