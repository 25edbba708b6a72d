package connect

import (
	"cmp"

	"github.com/soukhq/souk/ledger"
)

// mayRefund refuses a refund of a charge that somebody else has to give back, that is
// disputed, or that did not give what is asked back.
func (p *Platform) mayRefund(c *Charge, req *RefundRequest) error {
	switch {
	case c.Rail != "" && c.Rail != railName(p.e) && !req.elsewhere():
		return badState("other_rail", "charge", "the charge was debited by another rail, "+c.Rail+"; its own pays money back")
	case c.Acquirer != "" && c.Acquirer != acquirerName(p.e) && !req.elsewhere():
		return badState("other_acquirer", "charge", "the charge was made at another acquirer, "+c.Acquirer+"; its own gives money back")
	case len(c.Disputed) > 0:
		return badState("disputed", "charge", "the buyer disputes it; it can be refunded once that is decided")
	}
	if err := c.checkStated(req); err != nil {
		return err
	}
	return c.takesBack(req)
}

// newRefund is a refund of a charge, of which amount, rate and way are known.
func (p *Platform) newRefund(u *ledger.Unit, c *Charge, req *RefundRequest, w ledger.Work) (*Refund, error) {
	r := &Refund{
		ID: u.NewID(refundKind.Prefix), Platform: p.id, Charge: c.ID, Account: c.Account, Acquirer: c.Acquirer, Rail: c.Rail, Reason: req.Reason,
		Status: RefundPending, Created: u.At(), Metadata: req.Metadata, Work: w, Held: req.held, Via: p.via(), waitDays: cmp.Or(req.WaitDays, refundWaitDays),
	}
	var err error
	if r.RateBy, err = req.Stated.sign(); err != nil {
		return nil, err
	}
	amount, err := c.nameLines(r, req)
	if err != nil {
		return nil, err
	}
	if c.Settlement != nil {
		err = c.refundPresented(r, amount, req.day)
	} else {
		r.Amount, err = c.refundable(amount)
	}
	if err == nil {
		err = inBulk(r.Amount, req.most)
	}
	if err != nil {
		return nil, err
	}
	return r, p.goes(u, c, r, req)
}

func checkRefund(r *RefundRequest) error {
	if r.ChargeID == "" {
		return badField("invalid_request", "charge", "a refund names its charge")
	}
	if r.Amount != (ledger.Money{}) && r.Amount.Sign() <= 0 {
		return badField("invalid_amount", "amount", "a refund is more than zero")
	}
	switch r.Reason {
	case "", "duplicate", "fraudulent", "requested_by_customer":
	default:
		return badField("invalid_reason", "reason", "a refund is a duplicate, fraudulent or requested_by_customer")
	}
	if err := checkFeePolicy(r); err != nil {
		return err
	}
	if err := checkWay(r); err != nil {
		return err
	}
	if _, err := r.Stated.sign(); err != nil {
		return err
	}
	if r.WaitDays < 0 || r.WaitDays > maxWaitDays {
		return badField("invalid_request", "waitDays", "a refund waits for 1 to 180 days")
	}
	return checkMetadata(r.Metadata)
}

// takesBack refuses a refund that asks back what its charge did not give.
func (c *Charge) takesBack(r *RefundRequest) error {
	switch {
	case r.ReverseTransfer && c.Account == "":
		return badField("no_transfer", "reverseTransfer", "the platform charged for itself: there is no transfer to reverse")
	case r.ReverseTransfer && c.Direct:
		return badField("no_transfer", "reverseTransfer", "a direct charge is refunded by its seller: there is no transfer to reverse")
	case r.returnsFee() && !r.ReverseTransfer && !c.Direct:
		return badField("reverse_transfer_required", r.feeField(), "the commission goes back to the seller who gives the share back")
	}
	return nil
}

// refundable returns how much a refund of a charge is for.
func (c *Charge) refundable(asked ledger.Money) (ledger.Money, error) {
	if c.Status != ChargeSucceeded {
		return asked, badState("invalid_state", "charge", "only a charge that succeeded can be refunded; it is "+string(c.Status))
	}
	left := ledger.Minor(max(c.Amount.Minor()-c.Refunded.Minor()-c.Refunding.Minor()-c.DisputedExcess.Minor(), 0), c.Amount.Currency())
	switch {
	case asked == ledger.Money{}:
		if asked = left; !c.kept().IsZero() {
			asked = minus(left, minus(c.ServiceFee, c.ServiceBack))
		}
	case asked.Currency() != c.Amount.Currency():
		return asked, badField("currency_mismatch", "amount", "the charge is in "+c.Amount.Currency().String())
	}
	if asked.Minor() > left.Minor() || asked.Sign() <= 0 {
		return asked, badState("refund_exceeds_charge", "amount", left.String()+" of the charge can still be refunded")
	}
	return asked, nil
}
