package connect

import (
	"github.com/soukhq/souk/ledger"
)

// CaptureSettlement is a capture in the currency in which its charge settles.
type CaptureSettlement struct {
	Amount         ledger.Money `json:"amount"`
	ApplicationFee ledger.Money `json:"applicationFee"`
	ServiceFee     ledger.Money `json:"serviceFee"`
	Tax            []Tax        `json:"tax,omitzero"`
	FeeTax         []Tax        `json:"feeTax,omitzero"`
	Gross          ledger.Money `json:"gross"`
	Value          ledger.Money `json:"value"` // in the base currency of the platform's books
}

func (s *CaptureSettlement) loaded() { taxLoaded(s.Tax, s.FeeTax) }

// divideSettled says what a capture is in the currency in which its charge settles:
// what all that is captured by then comes to, in total and in its parts, less what
// the charge is of so far.
func (c *Charge) divideSettled(k *Capture, total ledger.Money, now Terms) error {
	s := c.Settlement
	if s == nil {
		return nil
	}
	was := c.settledSoFar()
	next := *was
	if err := next.convert(s, total, now); err != nil {
		return err
	}
	gross, value, err := s.worth(total)
	if err != nil {
		return err
	}
	k.Settlement = &CaptureSettlement{
		Amount: minus(next.Amount, was.Amount), ApplicationFee: minus(next.ApplicationFee, was.ApplicationFee),
		ServiceFee: minus(next.ServiceFee, was.ServiceFee), Tax: taxStep(next.Tax, was.Tax), FeeTax: taxStep(next.FeeTax, was.FeeTax),
		Gross: minus(gross, was.Settlement.Gross), Value: minus(value, was.Settlement.Value),
	}
	if next.share().Sign() < 0 || k.Settlement.Amount.Sign() <= 0 {
		return badField("amount_below_minimum", "amount", k.Amount.String()+" is worth too little in "+next.Amount.Currency().String())
	}
	if c.Account != "" && addTax(next.FeeTax) > next.share().Minor() {
		return badField("fee_exceeds_amount", "amount", "rounded in "+gross.Currency().String()+" the taxes are more than the seller's share, "+next.share().String())
	}
	return nil
}

// settledSoFar is a charge that settles in another currency, of what was captured
// so far: before the first capture, of nothing.
func (c *Charge) settledSoFar() *Charge {
	if c.Authorization.Captured.Sign() > 0 {
		return c
	}
	zero, s := ledger.Zero(c.Amount.Currency()), *c.Settlement
	s.Presented, s.Gross, s.Value = ledger.Zero(s.Presented.Currency()), zero, ledger.Zero(s.Value.Currency())
	none := *c
	none.Amount, none.ApplicationFee, none.ServiceFee, none.Tax, none.FeeTax, none.Settlement = zero, zero, zero, nil, nil, &s
	return &none
}

// addSettled counts a capture that was approved on its charge. The buyer's parts of
// all that is captured are given.
func (c *Charge) addSettled(k *Capture, now Terms) {
	a, x := c.Authorization, k.Settlement
	whole := *a
	whole.Captured = minus(a.Captured, k.Amount)
	before := *c
	before.Authorization = &whole
	was := before.settledSoFar()
	s := *was.Settlement
	s.Presented, s.Gross, s.Value, s.Terms = a.Captured, sum(s.Gross, x.Gross), sum(s.Value, x.Value), now
	c.Settlement = &s
	c.Amount, c.ApplicationFee, c.ServiceFee = sum(was.Amount, x.Amount), sum(was.ApplicationFee, x.ApplicationFee), sum(was.ServiceFee, x.ServiceFee)
	c.Tax, c.FeeTax = taxSum(was.Tax, x.Tax), taxSum(was.FeeTax, x.FeeTax)
}

// asSettled is such a capture as a charge of its amounts, for the posting.
func (k *Capture) asSettled(of *Charge) *Charge {
	x, s := k.Settlement, *of.Settlement
	s.Presented, s.Gross, s.Value = k.Amount, x.Gross, x.Value
	return &Charge{
		ID: of.ID, Platform: of.Platform, Account: of.Account, Acquirer: of.Acquirer, Amount: x.Amount, Settlement: &s, FeeSettlement: of.FeeSettlement,
		Direct: of.Direct, FeesPayer: of.FeesPayer, OnBehalfOf: of.OnBehalfOf, Hold: of.Hold,
		ApplicationFee: x.ApplicationFee, ServiceFee: x.ServiceFee, Tax: x.Tax, FeeTax: x.FeeTax, ProcessingFee: k.ProcessingFee,
	}
}

// capturedSettled is what captures add up to in the currency in which their charge
// settles, in minor units.
type capturedSettled struct{ amount, fee, service, tax, feeTax, gross, value int64 }

func (s *capturedSettled) add(x *CaptureSettlement) {
	if x == nil {
		return
	}
	s.amount += x.Amount.Minor()
	s.fee += x.ApplicationFee.Minor()
	s.service += x.ServiceFee.Minor()
	s.tax += addTax(x.Tax)
	s.feeTax += addTax(x.FeeTax)
	s.gross += x.Gross.Minor()
	s.value += x.Value.Minor()
}

// capturedSettled is what the charge says of them.
func (c *Charge) capturedSettled() (s capturedSettled) {
	if x := c.Settlement; x != nil {
		s.add(&CaptureSettlement{
			Amount: c.Amount, ApplicationFee: c.ApplicationFee, ServiceFee: c.ServiceFee, Tax: c.Tax, FeeTax: c.FeeTax, Gross: x.Gross, Value: x.Value,
		})
	}
	return s
}
