package connect

import (
	"context"
	"errors"

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
	case r.RefundRate != RefundAtCharge && r.RefundRate != RefundAtDay:
		return badField("invalid_request", "refundRate", "refunds are at the rate of the charge or of their day")
	case r.SettleIn.IsZero():
		return badField("invalid_request", "refundRate", "a charge that settles as it is paid has no rate; settleIn names another currency")
	case r.RefundRate == RefundAtDay && r.Direct && r.Hold != nil:
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
}

// errRateOfDay tells that a refund needs the rates of the moment, which are asked for
// outside the unit of work.
var errRateOfDay = errors.New("the charge is refunded at the rate of the day")

// withRateOfDay begins a refund, and begins it again with the rates of the moment if
// its charge needs them. Most do not, and a replay never does.
func (p *Platform) withRateOfDay(ctx context.Context, r *RefundRequest, begin func() (*Refund, error)) (*Refund, error) {
	o, err := begin()
	if !errors.Is(err, errRateOfDay) {
		return o, err
	}
	if r.day, err = p.ratesOfDay(ctx, r.ChargeID); err != nil {
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
	return &found, err
}

// refundAtDay says what a refund costs at the rate of its day. Of refunds at one rate
// the costs add up to what one for all of it would cost: each is what it makes of all
// that has gone back.
func (c *Charge) refundAtDay(r *Refund, day *rates) error {
	s := c.Settlement
	if s == nil || s.RefundRate != RefundAtDay {
		return nil
	}
	if day == nil {
		return errRateOfDay
	}
	if err := day.check("charge", s.Presented.Currency(), c.Amount.Currency(), s.Value.Currency()); err != nil {
		return err
	}
	now := *s
	now.Rate, now.InBase = day.rate, day.inBase
	back := sum(s.Refunded, s.Refunding)
	cost, whole, err := now.exchanged(back)
	if err != nil {
		return err
	}
	was, before, err := now.exchanged(minus(back, r.Exchanged.Presented))
	if err != nil {
		return err
	}
	r.Day = &RefundDay{
		Rate: day.rate, InBase: day.inBase,
		Cost: minus(cost, was), Gross: minus(whole.Gross, before.Gross), Value: minus(whole.Value, before.Value),
	}
	return nil
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
		over, err := d.soldOver(x)
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

// soldOver is what the house had got for the currency in which the charge settled, of
// the amount that it now buys back, over what it pays for that. It had sold x.Gross
// for x.Value: of less it is the same part, and what it buys beyond is new.
func (d *RefundDay) soldOver(x *Exchanged) (ledger.Money, error) {
	if d.Gross.Minor() < x.Gross.Minor() {
		got, err := x.Value.Proportion(d.Gross, x.Gross)
		return minus(got, d.Value), err
	}
	if d.Gross.IsZero() {
		return minus(x.Value, d.Value), nil
	}
	paid, err := d.Value.Proportion(x.Gross, d.Gross)
	return minus(x.Value, paid), err
}
