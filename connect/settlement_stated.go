package connect

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/fx"
)

// RefundAtStated is a rate that each refund of the charge states, by somebody's right
// (RefundRequest.Stated): as with RefundAtDay, whoever gives the refund gives what the
// buyer's money is worth at it, and the house wins or loses the difference on what it had
// bought. Disputes, and what Drain gives back, are at the rate of their day.
const RefundAtStated RefundRate = "stated"

// StatedRate is the rate of one refund.
type StatedRate struct {
	// Rate is what one unit of the buyer's currency is worth in the charge's: more than
	// zero, of at most 30 digits. The spread of the charge goes back with it.
	Rate decimal.Decimal `json:"rate"`
	By   Actor           `json:"by"` // finance, or an admin
}

// sign checks who states a rate, and that it is one.
func (s *StatedRate) sign() (*Signed, error) {
	if s == nil {
		return nil, nil
	}
	signed, err := s.By.may(ManualRefundRate)
	if err != nil {
		return nil, inField("stated", err)
	}
	if s.Rate.Sign() <= 0 {
		return nil, badField("invalid_rate", "stated.rate", "a rate is above zero")
	}
	return &signed, nil
}

// checkStated refuses a rate of a charge that has another, and a charge's refund without
// one that needs it.
func (c *Charge) checkStated(r *RefundRequest) error {
	stated := c.Settlement != nil && c.Settlement.RefundRate == RefundAtStated
	switch {
	case r.Stated != nil && !stated:
		return badField("invalid_request", "stated", "the charge is not refunded at a rate that is stated")
	case stated && r.Stated == nil && !r.held:
		return badField("rate_required", "stated", "each refund of the charge states its rate")
	}
	return nil
}

// ratesFor are the rates of a refund: those of the moment, or the one that it states.
func (p *Platform) ratesFor(ctx context.Context, r *RefundRequest) (*rates, error) {
	if r.Stated == nil {
		return p.ratesOfDay(ctx, r.ChargeID)
	}
	c, err := chargeKind.Read(ctx, p.store, r.ChargeID)
	if err != nil {
		return nil, err
	}
	from, to, base, now := c.Settlement.Presented.Currency(), c.Amount.Currency(), p.Profile().Base, p.e.env.Time()
	found := &rates{rate: fx.Rate{Base: from, Quote: to, Value: r.Stated.Rate, Per: decimal.NewFromInt(1), At: now, Source: "stated by " + r.Stated.By.ID}}
	if err := found.rate.Check(); err != nil {
		return nil, inField("stated", err)
	}
	if from != base && to != base {
		found.inBase, err = p.e.c.Rates.Rate(ctx, from, base, now)
	}
	return found, err
}

// ofDay tells a charge whose refunds have rates of their own.
func (s *Settlement) ofDay() bool {
	return s.RefundRate == RefundAtDay || s.RefundRate == RefundAtStated
}
