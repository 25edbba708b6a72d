package connect

import (
	"context"
	"errors"
	"fmt"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// RefundRate says at which rate a charge that settles in another currency than its
// buyer pays in is refunded. It is the charge's for good.
type RefundRate string

// The rates of refunds.
const (
	// RefundAtCharge is the rate of the charge: a refund costs what the charge was worth,
	// whatever the rate is by then.
	RefundAtCharge RefundRate = "charge"
	// RefundAtDay is the rate of the moment at which a refund is asked for. Whoever gives
	// it, the seller of a direct charge and else the platform, gives what the buyer's
	// money is worth by then; what that is more or less than at the charge, the house
	// loses or wins (`fx_gain`). What else goes back with a refund, such as taxes,
	// commissions and the seller's transfer, does so at the rate of the charge.
	RefundAtDay RefundRate = "day"
)

// checkRefundRate refuses a rate of refunds that a charge cannot have.
func (r *ChargeRequest) checkRefundRate() error {
	switch {
	case r.RefundRate == "":
	case r.RefundRate != RefundAtCharge && r.RefundRate != RefundAtDay && r.RefundRate != RefundAtStated:
		return badField("invalid_request", "refundRate", "refunds are at the rate of the charge, of their day, or one that they state")
	case r.SettleIn.IsZero():
		return badField("invalid_request", "refundRate", "a charge that settles as it is paid has no rate; settleIn names another currency")
	case (r.RefundRate == RefundAtDay || r.RefundRate == RefundAtStated) && r.Direct && r.Hold != nil:
		return badField("invalid_hold", "refundRate", "what waits of a direct charge goes back at the rate of the charge")
	}
	return nil
}

// RefundDay is a refund at the rate of its day.
type RefundDay struct {
	Rate   fx.Rate `json:"rate"`
	InBase fx.Rate `json:"inBase,omitzero"` // where neither currency is the base

	Cost  ledger.Money `json:"cost"`  // of whoever gives the refund, in place of its Amount: what the buyer gets at the rate, less the charge's spread
	Gross ledger.Money `json:"gross"` // without the spread, which the house gives back
	Value ledger.Money `json:"value"` // in the base currency of the platform's books

	// Once it is booked: how much of Gross closes what the house had sold, and what the
	// house had got for that.
	Closes   ledger.Money `json:"closes,omitzero"`
	Releases ledger.Money `json:"releases,omitzero"`

	Booked bool `json:"booked,omitzero"`
	Group  int  `json:"group,omitzero"` // of refunds at one rate: RefundsOfDay
}

// RefundsOfDay are refunds at one rate that stand: what of the buyer's they are of, and
// what they cost.
type RefundsOfDay struct {
	Group  int     `json:"group"` // counted from one with each change of the rate
	Rate   fx.Rate `json:"rate"`
	InBase fx.Rate `json:"inBase,omitzero"`

	Presented ledger.Money `json:"presented"`
	Cost      ledger.Money `json:"cost"`
	Gross     ledger.Money `json:"gross"`
	Value     ledger.Money `json:"value"`
}

// errRateOfDay tells that a refund needs the rates of the moment, which are asked for
// outside the unit of work.
var errRateOfDay = errors.New("the charge is refunded at the rate of the day")

// errNoRates marks why there are none: somebody must look, and asking at once again
// is of no use.
var errNoRates = errors.New("the rates of the moment are not to be had")

// withRateOfDay begins a refund, and begins it again with the rates of the moment if
// its charge needs them. Most do not, and a replay never does.
func (p *Platform) withRateOfDay(ctx context.Context, r *RefundRequest, begin func() (*Refund, error)) (*Refund, error) {
	o, err := begin()
	if !errors.Is(err, errRateOfDay) {
		return o, err
	}
	if r.day, err = p.ratesFor(ctx, r); err != nil {
		return nil, refundTask.wrap("", err)
	}
	return begin()
}

// ratesOfDay asks for the rates of the moment between the currencies of a charge.
func (p *Platform) ratesOfDay(ctx context.Context, charge string) (*rates, error) {
	c, err := chargeKind.Read(ctx, p.store, charge)
	if err != nil {
		return nil, err
	}
	found, err := p.rates(ctx, c.Settlement.Presented.Currency(), c.Amount.Currency())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoRates, err)
	}
	return &found, nil
}

// refundAtDay says what a refund costs at the rate of its day. Of refunds at one rate
// that stand the costs add up to what one for all of it would cost, whichever of them
// are declined: each is what is missing of that.
func (c *Charge) refundAtDay(r *Refund, day *rates) error {
	s := c.Settlement
	if s == nil || !s.ofDay() {
		return nil
	}
	if day == nil {
		return errRateOfDay
	}
	if err := day.check("charge", s.Presented.Currency(), c.Amount.Currency(), s.Value.Currency()); err != nil {
		return err
	}
	now, g := *s, s.groupOf(day)
	now.Rate, now.InBase = day.rate, day.inBase
	g.Presented = sum(g.Presented, r.Exchanged.Presented)
	cost, whole, err := now.exchanged(g.Presented)
	if err != nil {
		return err
	}
	step := func(target ledger.Money, has *ledger.Money) ledger.Money {
		m := ledger.Minor(max(target.Minor()-has.Minor(), 0), target.Currency())
		*has = sum(*has, m)
		return m
	}
	r.Day = &RefundDay{Rate: day.rate, InBase: day.inBase, Group: g.Group}
	r.Day.Cost, r.Day.Gross, r.Day.Value = step(cost, &g.Cost), step(whole.Gross, &g.Gross), step(whole.Value, &g.Value)
	r.Day.loaded()
	s.Day = g
	return nil
}

// groupOf is a copy of what stands of refunds at the rates of the moment.
func (s *Settlement) groupOf(day *rates) *RefundsOfDay {
	if g := s.Day; g != nil && sameRate(g.Rate, day.rate) && sameRate(g.InBase, day.inBase) {
		now := *g
		return &now
	}
	g := &RefundsOfDay{
		Group: 1, Rate: day.rate, InBase: day.inBase,
		Presented: ledger.Zero(s.Presented.Currency()), Cost: ledger.Zero(s.Gross.Currency()), Gross: ledger.Zero(s.Gross.Currency()), Value: ledger.Zero(s.Value.Currency()),
	}
	if s.Day != nil {
		g.Group = s.Day.Group + 1
	}
	return g
}

// sameRate tells whether two rates come to the same.
func sameRate(a, b fx.Rate) bool { return a.Value.Mul(b.Per).Equal(b.Value.Mul(a.Per)) }

// without takes a refund off what stands at its rate, which was declined.
func (s *Settlement) without(r *Refund) {
	d := r.Day
	if d == nil || s.Day == nil || s.Day.Group != d.Group {
		return
	}
	g := *s.Day
	g.Presented, g.Cost = minus(g.Presented, r.Exchanged.Presented), minus(g.Cost, d.Cost)
	g.Gross, g.Value = minus(g.Gross, d.Gross), minus(g.Value, d.Value)
	if s.Day = &g; g.Group == 1 && g.Presented.IsZero() {
		s.Day = nil // as if it had never been
	}
}

func (d *RefundDay) loaded() {
	asZero(ledger.Zero(d.Gross.Currency()), &d.Closes)
	asZero(ledger.Zero(d.Value.Currency()), &d.Releases)
}

// exchanged is what an amount of the buyer's comes to, and what it is worth.
func (s *Settlement) exchanged(m ledger.Money) (net ledger.Money, x Exchanged, err error) {
	if net, err = s.net(m); err != nil {
		return net, x, err
	}
	x.Presented = m
	x.Gross, x.Value, err = s.worth(m)
	return net, x, err
}

// cost is what whoever gives a refund gives for what its acquirer pays.
func (r *Refund) cost() ledger.Money {
	if r.Day != nil {
		return r.Day.Cost
	}
	return r.outside()
}

// dearer is by how much a refund costs more at the rate of its day than at that of
// the charge, in minor units.
func (r *Refund) dearer() int64 { return r.cost().Minor() - r.outside().Minor() }

// exchange is the part of the payment that a refund takes back, as it is booked.
func (r *Refund) exchange() *Exchanged {
	if d := r.Day; d != nil {
		return &Exchanged{r.Exchanged.Presented, d.Gross, d.Value}
	}
	return r.Exchanged
}

// fxResult is what the house wins or loses on a refund at the rate of its day: of each
// currency that is not the books' own, what the position that is closed was worth at
// the rate of the charge, against what it costs now (flow F5 of the chart).
func (p *Platform) fxResult(r *Refund) ([]line, error) {
	d, x := r.Day, r.Exchanged
	if d == nil {
		return nil, nil
	}
	base := d.Value.Currency()
	gain := ledger.Zero(base)
	var lines []line
	if bought := x.Presented.Currency(); bought != base {
		over := minus(x.Value, d.Value)
		gain = minus(gain, over)
		lines = append(lines, in(p.house("fx_value/"+bought.String(), base), over))
	}
	if sold := d.Gross.Currency(); sold != base {
		over, err := d.over()
		if err != nil {
			return nil, err
		}
		gain = sum(gain, over)
		lines = append(lines, out(p.house("fx_value/"+sold.String(), base), over))
	}
	return append(lines, in(p.house("fx_gain", base), gain)), nil
}

// postFXResult books it.
func (p *Platform) postFXResult(b *books, r *Refund) error {
	lines, err := p.fxResult(r)
	if err == nil {
		b.post("fx result", lines...)
	}
	return err
}

// buysBack counts a refund at the rate of its day, which is booked now, on what the house
// had sold: that is closed at what it was sold for, in proportion, and what is bought
// beyond it is new (flow F3 of the chart).
func (s *Settlement) buysBack(d *RefundDay) error {
	if d == nil {
		return nil
	}
	was, now := min(s.Bought.Minor(), s.Gross.Minor()), min(s.Bought.Minor()+d.Gross.Minor(), s.Gross.Minor())
	target := s.Value
	if s.Gross.Sign() > 0 {
		var err error
		if target, err = s.Value.Proportion(ledger.Minor(now, s.Gross.Currency()), s.Gross); err != nil {
			return err
		}
	}
	d.Booked = true
	d.Closes, d.Releases = ledger.Minor(now-was, s.Gross.Currency()), minus(target, s.Released)
	s.Bought, s.Released = sum(s.Bought, d.Gross), target
	return nil
}

// sellsAgain takes it back: what is open again is what the others leave open, and what
// that takes back is what the refund closes and releases now. It returns what the refund
// had released beyond that, where others were cut for it.
func (s *Settlement) sellsAgain(d *RefundDay) (kept ledger.Money, err error) {
	if d == nil || !d.Booked {
		return kept, nil
	}
	left := ledger.Minor(s.Bought.Minor()-d.Gross.Minor(), s.Gross.Currency())
	was, now := min(s.Bought.Minor(), s.Gross.Minor()), min(left.Minor(), s.Gross.Minor())
	target := ledger.Zero(s.Value.Currency())
	if s.Gross.Sign() > 0 {
		if target, err = s.Value.Proportion(ledger.Minor(now, s.Gross.Currency()), s.Gross); err != nil {
			return kept, err
		}
	}
	step := minus(s.Released, target)
	kept = minus(d.Releases, step)
	d.Closes, d.Releases, d.Booked = ledger.Minor(was-now, s.Gross.Currency()), step, false
	s.Bought, s.Released = left, target
	return kept, nil
}

// over is what the house had got for what a refund closes, over what it pays for that.
func (d *RefundDay) over() (ledger.Money, error) {
	paid := d.Value
	if d.Gross.Sign() > 0 {
		var err error
		if paid, err = d.Value.Proportion(d.Closes, d.Gross); err != nil {
			return paid, err
		}
	}
	return minus(d.Releases, paid), nil
}
