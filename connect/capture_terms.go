package connect

import (
	"slices"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// divide says what the parts of a capture are: those of all that is captured by
// then, less those of what was captured before, so that they add up.
func (c *Charge) divide(k *Capture, r *CaptureRequest) error {
	a := c.Authorization
	cur := a.Amount.Currency()
	was, total := c.capturedTerms(), sum(a.Captured, k.Amount)
	now, err := a.termsOf(total)
	if err != nil {
		return err
	}
	if k.Stated = r.NoFee || r.ApplicationFee.Sign() > 0; k.Stated {
		now.ApplicationFee = ledger.Minor(was.ApplicationFee.Minor()+r.ApplicationFee.Minor(), cur)
	}
	if now.FeeTax, err = a.feeTaxOf(now.ApplicationFee); err != nil {
		return err
	}
	left := total.Minor() - now.ServiceFee.Minor() - addTax(now.Tax) - now.PlatformPart.Minor()
	switch {
	case now.ApplicationFee.Sign() > 0 && c.Account == "":
		return badField("invalid_request", "applicationFee", "a commission is taken from a seller's share")
	case left < 0 || c.Account != "" && now.ApplicationFee.Minor()+addTax(now.FeeTax) > left+now.Discount.Minor():
		return badField("fee_exceeds_amount", "amount", "the fees on "+total.String()+" are more than it")
	}
	k.ApplicationFee = minus(now.ApplicationFee, was.ApplicationFee)
	k.ServiceFee = minus(now.ServiceFee, was.ServiceFee)
	k.PlatformPart, k.Discount = minus(now.PlatformPart, was.PlatformPart), minus(now.Discount, was.Discount)
	k.Tax, k.FeeTax = taxStep(now.Tax, was.Tax), taxStep(now.FeeTax, was.FeeTax)
	if err := c.divideSettled(k, total, now); err != nil {
		return err
	}
	return c.notBelow(k)
}

// capturedTerms are the terms of what was captured so far.
func (c *Charge) capturedTerms() Terms {
	if c.Authorization.Captured.IsZero() {
		zero := ledger.Zero(c.Authorization.Amount.Currency())
		return Terms{ApplicationFee: zero, ServiceFee: zero, PlatformPart: zero, Discount: zero}
	}
	return c.terms()
}

// taxStep is what each tax grew by.
func taxStep(now, was []Tax) []Tax {
	steps := slices.Clone(now)
	for i := range steps {
		steps[i].Refunded = ledger.Zero(steps[i].Amount.Currency())
		if i < len(was) {
			steps[i].Amount = minus(steps[i].Amount, was[i].Amount)
		}
	}
	return steps
}

// termsOf are the terms of a part of the authorization: prices as they follow
// captures, taxes and a stated commission in proportion. What is captured over
// the authorization is the seller's alone.
func (a *Authorization) termsOf(total ledger.Money) (Terms, error) {
	if total.Minor() > a.Amount.Minor() {
		total = a.Amount
	}
	t := Terms{Tax: slices.Clone(a.Terms.Tax)}
	var err error
	if t.ApplicationFee, t.Commission, err = a.feeOf(total, a.Terms.ApplicationFee, a.Terms.Commission); err != nil {
		return t, err
	}
	if t.ServiceFee, t.Service, err = a.feeOf(total, a.Terms.ServiceFee, a.Terms.Service); err != nil {
		return t, err
	}
	if err := a.linesOf(total, &t); err != nil {
		return t, err
	}
	for i := range t.Tax {
		if t.Tax[i].Amount, err = t.Tax[i].Amount.Proportion(total, a.Amount); err != nil {
			return t, err
		}
	}
	return t, nil
}

// feeOf is a fee of a part of the authorization, and its price.
func (a *Authorization) feeOf(total, fee ledger.Money, line *pricing.Line) (ledger.Money, *pricing.Line, error) {
	if line == nil {
		part, err := fee.Proportion(total, a.Amount)
		return part, nil, err
	}
	now, err := line.Captured(total, a.Amount)
	return now.Amount, &now, err
}

// feeTaxOf are the taxes on a commission: the part of them that it is of the
// commission which was authorized.
func (a *Authorization) feeTaxOf(fee ledger.Money) ([]Tax, error) {
	list := slices.Clone(a.Terms.FeeTax)
	for i := range list {
		part, err := list[i].Amount.Proportion(fee, a.Terms.ApplicationFee)
		if err != nil {
			return nil, badField("fee_exceeds_amount", "applicationFee", "the taxes on the commission were for "+a.Terms.ApplicationFee.String())
		}
		list[i].Amount = part
	}
	return list, nil
}

// add counts a capture that was approved on its charge.
func (c *Charge) add(k *Capture) {
	a := c.Authorization
	was := c.capturedTerms()
	c.addTenders(k)
	a.Captured, a.Capturing = sum(a.Captured, k.Amount), ledger.Zero(k.Amount.Currency())
	a.Made++
	a.Ended = a.Ended || k.Final || a.Left().IsZero() && a.Captured.Minor() >= a.Most.Minor()
	now := Terms{
		ApplicationFee: sum(was.ApplicationFee, k.ApplicationFee), ServiceFee: sum(was.ServiceFee, k.ServiceFee),
		Tax: taxSum(was.Tax, k.Tax), FeeTax: taxSum(was.FeeTax, k.FeeTax),
		PlatformPart: sum(was.PlatformPart, k.PlatformPart), Discount: sum(was.Discount, k.Discount),
	}
	if c.Settlement != nil {
		c.addSettled(k, now)
	} else {
		c.Amount, c.ApplicationFee, c.ServiceFee, c.Tax, c.FeeTax = a.Captured, now.ApplicationFee, now.ServiceFee, now.Tax, now.FeeTax
		c.PlatformPart, c.Discount = now.PlatformPart, now.Discount
	}
	if a.Stated = a.Stated || k.Stated; a.Stated {
		c.Commission, c.Commissions = nil, nil
	}
	// The prices were asked for when the capture was recorded.
	if t, err := a.termsOf(a.Captured); err == nil {
		if c.Service = bounded(t.Service, now.ServiceFee); !a.Stated {
			c.Commission, c.Commissions = bounded(t.Commission, now.ApplicationFee), boundedLast(t.Commissions, t.ApplicationFee, now.ApplicationFee)
		}
	}
}

// taxSum adds what was captured of each tax; what was refunded of it stays.
func taxSum(was, more []Tax) []Tax {
	list := slices.Clone(more)
	for i := range list {
		if i < len(was) {
			list[i].Amount, list[i].Refunded = sum(was[i].Amount, more[i].Amount), was[i].Refunded
		}
	}
	return list
}

// asCharge is a capture as a charge of its amounts, for the posting.
func (k *Capture) asCharge(of *Charge) *Charge {
	if k.Settlement != nil {
		return k.asSettled(of)
	}
	return &Charge{
		ID: of.ID, Platform: of.Platform, Account: of.Account, Acquirer: of.Acquirer, Amount: k.Amount,
		FeeSettlement: of.FeeSettlement, // which grows
		Direct:        of.Direct, FeesPayer: of.FeesPayer, OnBehalfOf: of.OnBehalfOf, Hold: of.Hold,
		ApplicationFee: k.ApplicationFee, ServiceFee: k.ServiceFee, Tax: k.Tax, FeeTax: k.FeeTax, ProcessingFee: k.ProcessingFee,
		PlatformPart: k.PlatformPart, Discount: k.Discount,
		Tenders: k.tenderSteps(of),
	}
}

// captured is what the captures of a charge add up to, in minor units.
type captured struct {
	done, underWay, fee, processing int64
	settled                         capturedSettled
}

func (t *tally) capture(k *Capture) {
	sum := t.captured[k.Charge]
	if sum == nil {
		sum = &captured{}
		if t.mine(k.Charge) {
			t.captured[k.Charge] = sum
		}
	}
	switch k.Status {
	case StepSucceeded:
		sum.done += k.Amount.Minor()
		sum.fee += k.ApplicationFee.Minor()
		sum.processing += k.ProcessingFee.Minor()
		sum.settled.add(k.Settlement)
	case StepPending, StepUnknown:
		sum.underWay += k.Amount.Minor()
	}
}

// compareCaptures reports where a charge that is captured later is not what its
// captures add up to, or is more than was authorized (promise 11).
func (t *tally) compareCaptures(c *Charge) {
	a := c.Authorization
	if a == nil {
		return
	}
	sum := t.captured[c.ID]
	delete(t.captured, c.ID)
	if sum == nil {
		sum = &captured{}
	}
	if a.Captured.Minor() != sum.done || a.Capturing.Minor() != sum.underWay || sum.done+sum.underWay > a.Most.Minor() {
		t.report.Add("charge "+c.ID, "it counts %v as captured and %v under way; its captures add up to %d and %d, of at most %v",
			a.Captured, a.Capturing, sum.done, sum.underWay, a.Most)
	}
	if sum.done > 0 && (c.whole().Minor() != sum.done || c.terms().ApplicationFee.Minor() != sum.fee || c.ProcessingFee.Minor() != sum.processing ||
		sum.settled != c.capturedSettled()) {
		t.report.Add("charge "+c.ID, "its amount and fees are not those of its captures")
	}
}
