package connect

import (
	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// FeeSettlement is how the platform's part of a direct charge became money in its
// own currency: flow F6 of the chart. Of a charge that is captured later it is of
// what was captured so far.
type FeeSettlement struct {
	Sold     ledger.Money `json:"sold"`     // what the platform got, in the charge's currency
	Gross    ledger.Money `json:"gross"`    // what that is worth at the rate: Credited and the spread
	Value    ledger.Money `json:"value"`    // likewise, in the base currency of the platform's books
	Credited ledger.Money `json:"credited"` // what the platform has of it
	In       string       `json:"in"`       // the purpose of the account that it landed in

	Rate   fx.Rate         `json:"rate"` // of the moment at which the charge was asked for
	InBase fx.Rate         `json:"inBase,omitzero"`
	Spread decimal.Decimal `json:"spread"` // a fraction: 0.01 is one percent

	// What of it was converted back, to be given back with refunds, at that rate.
	Back FeeStep `json:"back"`
}

// FeeStep is a part of what a platform's part of a charge was converted from and to.
type FeeStep struct {
	Sold     ledger.Money `json:"sold"`
	Gross    ledger.Money `json:"gross"`
	Value    ledger.Money `json:"value"`
	Credited ledger.Money `json:"credited"`
}

func (a FeeStep) plus(b FeeStep) FeeStep {
	return FeeStep{sum(a.Sold, b.Sold), sum(a.Gross, b.Gross), sum(a.Value, b.Value), sum(a.Credited, b.Credited)}
}

func (a FeeStep) less(b FeeStep) FeeStep {
	return FeeStep{minus(a.Sold, b.Sold), minus(a.Gross, b.Gross), minus(a.Value, b.Value), minus(a.Credited, b.Credited)}
}

// checkFeeIn refuses what has no commission to convert.
func checkFeeIn(r *ChargeRequest, c *Charge) error {
	switch {
	case r.FeeIn.IsZero():
		return nil
	case !c.Direct:
		return badField("invalid_request", "feeIn", "what a charge brings a platform whose own it is settles with it: settleIn")
	case len(c.Lines) > 0:
		return badField("invalid_request", "feeIn", "a charge with lines settles as it is paid")
	case r.Hold != nil:
		return badField("invalid_request", "feeIn", "the commission waits with the share, in the charge's currency")
	case !c.sellerPays():
		return badField("invalid_request", "feeIn", "the platform pays for the processing out of its part, in the charge's currency")
	}
	return nil
}

// feeIn puts on a new direct charge what its commission is converted into.
func (p *Platform) feeIn(prof *Profile, r *ChargeRequest, c *Charge) error {
	if err := checkFeeIn(r, c); err != nil || r.FeeIn.IsZero() || r.FeeIn == c.Amount.Currency() {
		return err
	}
	if err := r.fees.check("feeIn", c.Amount.Currency(), r.FeeIn, prof.Base); err != nil {
		return err
	}
	none := FeeStep{ledger.Zero(c.Amount.Currency()), ledger.Zero(r.FeeIn), ledger.Zero(prof.Base), ledger.Zero(r.FeeIn)}
	c.FeeSettlement = &FeeSettlement{
		Sold: none.Sold, Gross: none.Gross, Value: none.Value, Credited: none.Credited,
		Rate: r.fees.rate, InBase: r.fees.inBase, Spread: p.e.c.Prices.Spread(), Back: none,
	}
	return nil
}

// all is everything that was converted.
func (f *FeeSettlement) all() FeeStep { return FeeStep{f.Sold, f.Gross, f.Value, f.Credited} }

// of is what the platform's part comes to once it is so much.
func (f *FeeSettlement) of(sold ledger.Money) (FeeStep, error) {
	like := Settlement{Rate: f.Rate, InBase: f.InBase, Spread: f.Spread, Value: f.Value}
	gross, value, err := like.worth(sold)
	if err != nil {
		return FeeStep{}, err
	}
	credited, err := like.net(sold)
	return FeeStep{sold, gross, value, credited}, err
}

// settleFee converts what a charge, or a capture of it, has just brought the
// platform: of is what has been converted, and grows.
func (p *Platform) settleFee(b *books, c *Charge, of *FeeSettlement) error {
	if of == nil {
		return nil
	}
	next, err := of.of(sum(of.Sold, c.toPlatform()))
	if err != nil {
		return err
	}
	step := next.less(of.all())
	if of.In, err = p.openDayIn(b.u, p.id, c.PlatformIn, step.Credited.Currency()); err != nil {
		return err
	}
	of.Sold, of.Gross, of.Value, of.Credited = next.Sold, next.Gross, next.Value, next.Credited
	b.post("conversion", p.feeLines(step, p.of(p.id, c.PlatformIn, step.Sold.Currency()), p.of(p.id, of.In, step.Credited.Currency()))...)
	return nil
}

// feeLines are the lines of such a conversion, from the charge's currency.
func (p *Platform) feeLines(s FeeStep, from, to ledger.Ref) []line {
	lines := append([]line{out(from, s.Sold)}, p.bought(s.Value.Currency(), s.Sold, s.Value, s.Gross)...)
	return append(lines, in(to, s.Credited), in(p.house("fx_spread", s.Credited.Currency()), minus(s.Gross, s.Credited)))
}

// openDayIn is the purpose for money of another currency that comes with money for
// a day: that day, or what is available if it has been released there.
func (p *Platform) openDayIn(u *ledger.Unit, owner, purpose string, cur ledger.Currency) (string, error) {
	if !isPending(purpose) {
		return purpose, nil
	}
	return whileOpen(u, p.of(owner, purpose, cur), "available")
}

// feeBack is what a platform gives of its converted part so that so much of it, in
// the charge's currency, goes back: at the rate at which it came, by what has gone
// back before.
func (f *FeeSettlement) feeBack(sold ledger.Money) (FeeStep, error) {
	target := FeeStep{Sold: sum(f.Back.Sold, sold)}
	var err error
	for _, x := range []struct{ to, of *ledger.Money }{{&target.Gross, &f.Gross}, {&target.Value, &f.Value}, {&target.Credited, &f.Credited}} {
		if *x.to, err = x.of.Proportion(target.Sold, f.Sold); err != nil {
			return target, err
		}
	}
	step := target.less(f.Back)
	for _, m := range []*ledger.Money{&step.Gross, &step.Value, &step.Credited} {
		*m = ledger.Minor(max(m.Minor(), 0), m.Currency()) // a refund that failed may leave more than its part
	}
	f.Back = f.Back.plus(step)
	return step, nil
}

// fromPlatform are the lines by which a platform gives a part of a commission
// back that was converted: out of an account in its own currency.
func (p *Platform) fromPlatform(purpose string, short ShortPolicy, s FeeStep) []line {
	own := p.of(p.id, purpose, s.Credited.Currency())
	var lines []line
	for _, l := range p.feeLines(s, own, own)[1:] {
		if l.minor = -l.minor; l.account == own {
			l = l.force(short)
		}
		lines = append(lines, l)
	}
	return lines
}

// feeFailed are the lines by which a platform gives back what refunds have left of
// its part of a charge that failed, out of an account of a purpose, if that was
// converted.
func (p *Platform) feeFailed(c *Charge, fee ledger.Money, purpose string) ([]line, error) {
	f := c.FeeSettlement
	if f == nil || fee.IsZero() {
		return nil, nil
	}
	step, err := f.feeBack(fee)
	return p.fromPlatform(purpose, ShortNegative, step), err
}

// feeSettlement adds up what a platform's part of a charge was converted into, less
// what a failure took of that. What refunds took is theirs.
func (t *tally) feeSettlement(c *Charge) {
	f := c.FeeSettlement
	if f == nil {
		return
	}
	t.add(t.platform, "balance", f.Sold, -1)
	t.add(t.platform, "balance", f.Credited, 1)
	if f.Sold != c.toPlatform() {
		t.report.Add("charge "+c.ID, "%v of the platform's part was converted, which is %v", f.Sold, c.toPlatform())
	}
	if all, err := f.of(f.Sold); err != nil || all != f.all() {
		t.report.Add("charge "+c.ID, "the platform's part was converted as %v; its rate says %v", f.all(), all)
	}
}

// feeSum is what steps of such a conversion add up to, in minor units.
type feeSum struct{ sold, gross, value, credited int64 }

func (s *feeSum) add(x FeeStep) {
	s.sold += x.Sold.Minor()
	s.gross += x.Gross.Minor()
	s.value += x.Value.Minor()
	s.credited += x.Credited.Minor()
}

// compareFeeBack reports where what a charge counts as converted back is not what
// its refunds took, or after a failure is not all of it.
func (t *tally) compareFeeBack(c *Charge, refunds feeSum) {
	f := c.FeeSettlement
	if f == nil {
		return
	}
	var back, all feeSum
	back.add(f.Back)
	all.add(f.all())
	if c.Failure.booked() {
		t.add(t.platform, "balance", ledger.Minor(back.credited-refunds.credited, f.Credited.Currency()), -1)
		refunds = all
	}
	if back != refunds {
		t.report.Add("charge "+c.ID, "it counts %+v as converted back; its refunds and its failure add up to %+v", back, refunds)
	}
	if back.sold > all.sold || back.gross > all.gross || back.value > all.value || back.credited > all.credited {
		t.report.Add("charge "+c.ID, "%+v was converted back of %+v", back, all)
	}
}
