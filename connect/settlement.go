package connect

import (
	"cmp"
	"context"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// Settlement is how a payment in one currency became a charge in another, in which
// it settles: flow F5 of the chart. The charge's own amounts, and what refunds and
// transfers do with them, are in the latter; these are the buyer's, and the house's
// position. Of a charge that is captured later, Presented and Terms are those of
// what was captured so far, once something was.
type Settlement struct {
	Presented ledger.Money `json:"presented"` // what the buyer pays
	Terms     Terms        `json:"terms"`     // the parts of that, as they were priced
	Gross     ledger.Money `json:"gross"`     // what it is worth at the rate: the charge's amount and the spread
	Value     ledger.Money `json:"value"`     // what it is worth in the base currency of the platform's books

	Rate   fx.Rate         `json:"rate"`            // of the moment at which the charge was asked for
	InBase fx.Rate         `json:"inBase,omitzero"` // where neither currency is the base
	Spread decimal.Decimal `json:"spread"`          // a fraction: 0.01 is one percent

	// RefundRate is at which rate refunds are.
	RefundRate RefundRate `json:"refundRate,omitzero"`
	// What refunds have given back, and are about to, at the rate of the charge.
	Refunded  ledger.Money `json:"refunded"`  // of Presented
	Refunding ledger.Money `json:"refunding"` // likewise, on its way
	GrossBack ledger.Money `json:"grossBack"`
	ValueBack ledger.Money `json:"valueBack"`
	// Day is what stands of refunds at the rate of their day, of the latest rate; nil:
	// there was none.
	Day *RefundsOfDay `json:"day,omitzero"`
	// What refunds at the rates of their days have bought back of Gross, and what that
	// has released of Value. They may buy more than there was.
	Bought   ledger.Money `json:"bought,omitzero"`
	Released ledger.Money `json:"released,omitzero"`
}

// loaded gives amounts of nothing their currency back, which storage leaves out.
func (s *Settlement) loaded() {
	asZero(ledger.Zero(s.Presented.Currency()), &s.Terms.ApplicationFee, &s.Terms.ServiceFee, &s.Terms.PlatformPart, &s.Terms.Discount)
	asZero(ledger.Zero(s.Gross.Currency()), &s.Bought)
	asZero(ledger.Zero(s.Value.Currency()), &s.Released)
	taxLoaded(s.Terms.Tax, s.Terms.FeeTax)
}

// net is what a part of what the buyer pays comes to: at the rate less the spread,
// rounded once, half to even.
func (s *Settlement) net(part ledger.Money) (ledger.Money, error) {
	return s.Rate.Less(s.Spread).Of(part, ledger.RoundHalfEven)
}

// worth is what an amount of the buyer's is worth: at the rate, and in the base
// currency of the books.
func (s *Settlement) worth(m ledger.Money) (gross, value ledger.Money, err error) {
	if gross, err = s.Rate.Of(m, ledger.RoundHalfEven); err != nil {
		return gross, value, err
	}
	switch base := s.Value.Currency(); base {
	case m.Currency():
		value = m
	case gross.Currency():
		value = gross
	default:
		value, err = s.InBase.Of(m, ledger.RoundHalfEven)
	}
	return gross, value, err
}

// terms are the parts of what the buyer pays, in the buyer's currency.
func (c *Charge) terms() Terms {
	if c.Settlement != nil {
		return c.Settlement.Terms
	}
	return Terms{
		ApplicationFee: c.ApplicationFee, ServiceFee: c.ServiceFee, Tax: c.Tax, FeeTax: c.FeeTax, PlatformPart: c.PlatformPart, Discount: c.Discount,
	}
}

// whole is what the buyer pays, in the buyer's currency.
func (c *Charge) whole() ledger.Money {
	if c.Settlement != nil {
		return c.Settlement.Presented
	}
	return c.Amount
}

// presented is what of that the charge's source pays.
func (c *Charge) presented() ledger.Money {
	if c.Settlement != nil {
		return c.Settlement.Presented
	}
	return c.outside()
}

// prepareSettlement asks for the rates of a charge that settles in another
// currency, and of a commission that is converted.
func prepareSettlement(ctx context.Context, p *Platform, r *ChargeRequest) error {
	field, paid := "amount", r.Amount.Currency()
	if r.Net != (ledger.Money{}) {
		field, paid = "net", r.Net.Currency()
	}
	if err := p.e.checkCurrency(field, paid, p.e.env.Time()); err != nil {
		return err
	}
	for _, x := range []struct {
		field    string
		from, to ledger.Currency
		rates    **rates
	}{{"settleIn", paid, r.SettleIn, &r.settles}, {"feeIn", cmp.Or(r.SettleIn, paid), r.FeeIn, &r.fees}} {
		if x.to.IsZero() || x.to == x.from {
			continue
		}
		if err := p.e.checkCurrency(x.field, x.to, p.e.env.Time()); err != nil {
			return err
		}
		found, err := p.rates(ctx, x.from, x.to)
		if err != nil {
			return err
		}
		*x.rates = &found
	}
	return nil
}

// settleIn turns a new charge, priced in the buyer's currency, into one in the
// currency in which it settles. Each part is converted on its own, and what
// rounding leaves is the seller's; a commission is at most what they have.
func (p *Platform) settleIn(prof *Profile, r *ChargeRequest, c *Charge) error {
	if err := r.checkRefundRate(); err != nil {
		return err
	}
	if r.SettleIn.IsZero() || r.SettleIn == c.Amount.Currency() {
		return nil
	}
	if len(c.Lines) > 0 {
		return badField("invalid_request", "settleIn", "a charge with lines settles as it is paid")
	}
	if c.Debit != nil {
		return badField("invalid_request", "settleIn", "a bank debit settles as the bank pays it")
	}
	err := r.settles.check("settleIn", c.Amount.Currency(), r.SettleIn, prof.Base)
	if err != nil {
		return err
	}
	s := &Settlement{
		Presented: c.Amount, Value: ledger.Zero(prof.Base), Rate: r.settles.rate, InBase: r.settles.inBase, Spread: p.e.c.Prices.Spread(),
		Terms: c.terms(), RefundRate: cmp.Or(r.RefundRate, RefundAtCharge),
	}
	if s.Gross, s.Value, err = s.worth(s.Presented); err != nil {
		return err
	}
	if r.BuyerCountry == "" { // else checkBuyer has looked
		if err := p.e.checkLeast(settled(s.Presented, &s.Rate), c.Created); err != nil {
			return err
		}
	}
	zero := ledger.Zero(s.Presented.Currency())
	s.Refunded, s.Refunding, s.GrossBack, s.ValueBack = zero, zero, ledger.Zero(s.Gross.Currency()), ledger.Zero(prof.Base)
	s.loaded()
	c.Settlement = s
	if err := c.convert(s, s.Presented, s.Terms); err != nil {
		return err
	}
	if c.TransferAmount.Sign() > 0 {
		if c.TransferAmount, err = s.net(c.TransferAmount); err != nil {
			return err
		}
		c.TransferAmount = ledger.Minor(min(c.TransferAmount.Minor(), c.share().Minor()), r.SettleIn)
	}
	if c.share().Sign() <= 0 || c.byAmount() != (r.TransferAmount.Sign() > 0) {
		return badField("amount_below_minimum", "amount", s.Presented.String()+" is worth too little in "+r.SettleIn.String())
	}
	if c.Account != "" && addTax(c.FeeTax) > c.share().Minor() {
		return badField("fee_exceeds_amount", "feeTax", "rounded in "+r.SettleIn.String()+" the taxes are more than the seller's share, "+c.share().String())
	}
	return nil
}

// settleAgain is settleIn for a payment of which nothing was captured yet, and whose
// amount has changed.
func (c *Charge) settleAgain(amount ledger.Money, t Terms) error {
	s := *c.Settlement
	t.Commission, t.Service = nil, nil // the charge has them
	s.Presented, s.Terms = amount, t
	var err error
	if s.Gross, s.Value, err = s.worth(amount); err != nil {
		return err
	}
	c.Settlement = &s
	err = c.convert(&s, amount, t)
	c.loaded()
	return err
}

// convert puts on a charge what an amount of the buyer's and its parts come to.
func (c *Charge) convert(s *Settlement, amount ledger.Money, t Terms) error {
	var err error
	one := func(m ledger.Money) ledger.Money {
		if err != nil {
			return m
		}
		m, err = s.net(m)
		return m
	}
	taxes := func(list []Tax) []Tax {
		var converted []Tax
		for _, x := range list {
			m := one(x.Amount)
			converted = append(converted, Tax{Authority: x.Authority, Amount: m, Refunded: ledger.Zero(m.Currency())})
		}
		return converted
	}
	c.Amount, c.ServiceFee, c.Tax, c.FeeTax = one(amount), one(t.ServiceFee), taxes(t.Tax), taxes(t.FeeTax)
	fee := one(t.ApplicationFee)
	if err != nil {
		return err
	}
	if c.Account != "" {
		fee = ledger.Minor(max(min(fee.Minor(), c.share().Minor()-addTax(c.FeeTax)), 0), fee.Currency())
	}
	c.ApplicationFee = fee
	return nil
}

// Exchanged is the part of a payment in another currency that a step is of: a
// capture, a refund, or all of it.
type Exchanged struct {
	Presented ledger.Money `json:"presented"` // the buyer's
	Gross     ledger.Money `json:"gross"`     // what it is worth at the rate, in the currency in which the charge settles
	Value     ledger.Money `json:"value"`     // likewise, in the base currency of the platform's books
}

// whole is all of a payment that settles in another currency.
func (s *Settlement) whole() *Exchanged {
	if s == nil {
		return nil
	}
	return &Exchanged{s.Presented, s.Gross, s.Value}
}

// acquired are the lines by which an acquirer, or a rail, owes what a charge is of: the same,
// or for a payment in another currency what the buyer pays, which the house buys
// for it (flow F5 of the chart). What its spread is stays with the house.
func (p *Platform) acquired(clearing string, amount ledger.Money, x *Exchanged) []line {
	if x == nil {
		return []line{out(p.house(clearing, amount.Currency()), amount)}
	}
	lines := []line{out(p.house(clearing, x.Presented.Currency()), x.Presented)}
	lines = append(lines, p.bought(x.Value.Currency(), x.Presented, x.Value, x.Gross)...)
	return append(lines, in(p.house("fx_spread", amount.Currency()), minus(x.Gross, amount)))
}

// givenBack are the lines by which an acquirer is owed what goes back to a buyer.
func (p *Platform) givenBack(clearing string, amount ledger.Money, x *Exchanged) []line {
	lines := p.acquired(clearing, amount, x)
	for i := range lines {
		lines[i].minor = -lines[i].minor
	}
	return lines
}
