package connect

import (
	"github.com/soukhq/souk/ledger"
)

// FeePolicy says how much of the commission a refund gives back to the seller.
type FeePolicy string

// The policies. A part that goes with the amount is of what was refunded with such a
// part alone: what earlier refunds kept, later ones do not give back.
const (
	FeeKeep         FeePolicy = "keep"
	FeeProportional FeePolicy = "proportional" // the same part of it as of the amount
	FeeExact        FeePolicy = "exact"        // RefundRequest.FeeAmount, whatever the amount is
)

// orDefault checks a policy for the refunds that do not say.
func (f FeePolicy) orDefault(def FeePolicy) (FeePolicy, error) {
	switch f {
	case "":
		return def, nil
	case FeeKeep, FeeProportional:
		return f, nil
	}
	return "", badField("invalid_fee_policy", "refundFees", "refunds that do not say keep the commission, or give back the same part of it; how much exactly is for a refund to say")
}

// checkFeePolicy refuses a refund that does not say what becomes of the commission.
func checkFeePolicy(r *RefundRequest) error {
	switch r.Fee {
	case "", FeeKeep, FeeProportional, FeeExact:
	default:
		return badField("invalid_fee_policy", "fee", "the commission is kept, given back in proportion, or exactly as much as is stated")
	}
	stated := r.FeeAmount != ledger.Money{}
	switch {
	case r.RefundFee && r.Fee != "" && r.Fee != FeeProportional:
		return badField("invalid_fee_policy", "refundFee", "it is the same part of the commission as of the amount, and fee says otherwise")
	case stated != (r.Fee == FeeExact):
		return badField("invalid_fee_policy", "feeAmount", "how much goes back is stated with the policy exact, and with no other")
	case stated && r.FeeAmount.Sign() <= 0:
		return badField("invalid_amount", "feeAmount", "more than zero goes back; to keep it all is a policy of its own")
	}
	return nil
}

// returnsFee tells a refund that asks for some of the commission.
func (r *RefundRequest) returnsFee() bool {
	return r.RefundFee || r.Fee == FeeProportional || r.Fee == FeeExact
}

// feeField is where it asks for that.
func (r *RefundRequest) feeField() string {
	if r.Fee != "" {
		return "fee"
	}
	return "refundFee"
}

// withFees is the request with what the platform does by default filled in.
func (r *RefundRequest) withFees(prof *Profile, c *Charge) *RefundRequest {
	now := *r
	now.RefundFee = r.RefundFee || r.Fee == FeeProportional
	if r.Fee == "" && prof.RefundFees == FeeProportional && (r.ReverseTransfer || c.Direct) {
		now.RefundFee = true
	}
	return &now
}

// giveFeeBack computes what of the commission a refund gives back, by its policy.
func (c *Charge) giveFeeBack(r *Refund, req *RefundRequest) error {
	if req.Fee == FeeExact {
		if err := c.feeLeft(req.FeeAmount, "feeAmount"); err != nil {
			return err
		}
		r.FeeStated, r.FeeBack = true, req.FeeAmount
		var err error
		r.FeeTax, err = c.stateFee(r.FeeBack)
		return err
	}
	if r.Returns = req.RefundFee && c.mayReturn(); !r.Returns {
		return nil
	}
	return c.returnFee(r)
}

// feeLeft refuses to give back more of a commission than there is left.
func (c *Charge) feeLeft(m ledger.Money, field string) error {
	left := minus(c.ApplicationFee, c.FeeBack)
	switch {
	case m.Currency() != left.Currency():
		return badField("currency_mismatch", field, "the commission is in "+left.Currency().String())
	case m.Minor() > left.Minor():
		return badState("fee_refund_exceeds_fee", field, left.String()+" of the commission can still be given back")
	}
	return nil
}

// stateFee counts a stated part of the commission as given back, and returns what of
// the taxes on it goes with it.
func (c *Charge) stateFee(m ledger.Money) ([]Tax, error) {
	c.FeeBack, c.FeeStated = sum(c.FeeBack, m), sum(c.FeeStated, m)
	like := &Refund{}
	err := c.feeTaxBack(like)
	return like.FeeTax, err
}
