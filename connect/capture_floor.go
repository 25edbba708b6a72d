package connect

import (
	"slices"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// notBelow keeps a capture from taking the fees of its charge below what refunds have
// given back of them, or are about to: the price of tiers may fall with what is
// captured. It is asked when a capture is recorded and again when it is booked, as a
// refund may have come in between.
func (c *Charge) notBelow(k *Capture) error {
	if c.Authorization.Captured.IsZero() {
		return nil
	}
	fee, service := &k.ApplicationFee, &k.ServiceFee
	if k.Settlement != nil { // of which refunds are
		fee, service = &k.Settlement.ApplicationFee, &k.Settlement.ServiceFee
	}
	if atLeast(fee, c.ApplicationFee, c.FeeBack) && k.Settlement == nil {
		list, err := c.Authorization.feeTaxOf(sum(c.ApplicationFee, *fee))
		if err != nil {
			return err
		}
		k.FeeTax = taxStep(list, c.FeeTax)
	}
	atLeast(service, c.ServiceFee, c.ServiceBack)
	taxes := k.FeeTax
	if k.Settlement != nil {
		taxes = k.Settlement.FeeTax
	}
	for i := range min(len(taxes), len(c.FeeTax)) {
		atLeast(&taxes[i].Amount, c.FeeTax[i].Amount, c.FeeTax[i].Refunded)
	}
	c.shareNotBelow(k)
	return nil
}

// shareNotBelow does the same for the share. Taxes and fees of a small capture may all
// round up, to more than it is of; where refunds have left none of the share to make up
// for that, they are less by as much, until a later capture brings it.
func (c *Charge) shareNotBelow(k *Capture) {
	amount, service, taxes, own := k.Amount, &k.ServiceFee, k.Tax, k.PlatformPart.Minor()
	if x := k.Settlement; x != nil {
		amount, service, taxes, own = x.Amount, &x.ServiceFee, x.Tax, 0
	}
	steps := make([]*ledger.Money, 0, len(taxes)+2)
	for i := range taxes {
		steps = append(steps, &taxes[i].Amount)
	}
	if steps = append(steps, service); own > 0 {
		steps = append(steps, &k.PlatformPart)
	}
	// What the seller, or the platform for them, has given to refunds.
	gave := c.Refunded.Minor() + c.Refunding.Minor() - c.ServiceBack.Minor() - c.PlatformBack.Minor()
	for i := range c.Tax {
		gave -= c.Tax[i].Refunded.Minor()
	}
	short := gave - c.share().Minor() - amount.Minor()
	for _, step := range steps {
		short += step.Minor()
	}
	for _, step := range steps {
		by := min(max(step.Minor(), 0), max(short, 0))
		*step, short = ledger.Minor(step.Minor()-by, amount.Currency()), short-by
	}
}

// atLeast raises a step so that what there is and the step are no less than what went
// back, and reports whether that was more.
func atLeast(step *ledger.Money, has, back ledger.Money) bool {
	least := minus(back, has)
	if step.Minor() >= least.Minor() {
		return false
	}
	*step = least
	return true
}

// bounded is a price that came to another fee since some of it had gone back, which
// its Bound says.
func bounded(l *pricing.Line, fee ledger.Money) *pricing.Line {
	if l == nil || l.Amount == fee {
		return l
	}
	now := *l
	now.Bound = some(ledger.Minor(l.Bound.Minor()+fee.Minor()-l.Amount.Minor(), fee.Currency()))
	now.Amount = fee
	return &now
}

// boundedLast is bounded for prices of several categories that add up to the fee: the
// last one says it.
func boundedLast(list []CategoryPrice, sum, fee ledger.Money) []CategoryPrice {
	if len(list) == 0 || sum == fee {
		return list
	}
	list = slices.Clone(list)
	last := &list[len(list)-1].Price
	*last = *bounded(last, ledger.Minor(last.Amount.Minor()+fee.Minor()-sum.Minor(), fee.Currency()))
	return list
}
