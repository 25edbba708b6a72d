package connect

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// DisputeRatesRequest asks how often payments were disputed.
type DisputeRatesRequest struct {
	AccountID string // of charges for an account; empty: all of the platform
	Month     string // a calendar month in UTC, "2026-03", of the last fourteen; empty: the one that runs
}

// DisputeRate is how often payments of a card network were disputed in a month, as one of
// its programmes counts.
type DisputeRate struct {
	Program string // "visa_vamp"
	Network string
	Month   string
	// What was heard in the month, and what of it the programme counts.
	Warnings, FraudDisputes, OtherDisputes, Counted int64
	// Sales are the payments of the network that succeeded, of those made in the month that
	// the programme has (Previous: the one before). AtLeast: there are more, but not so few
	// that the level would be another.
	Sales    int64
	AtLeast  bool
	Previous bool
	// Unknown: there are more payments than are looked through, and no level is known.
	Unknown bool
	Level   RateLevel
	Name    string // of the level as the programme has it, or near; empty: none is reached
}

// Percent is the rate: of AtLeast or Unknown no more than so much.
func (r *DisputeRate) Percent() decimal.Decimal {
	if r.Sales == 0 {
		return decimal.Zero
	}
	return decimal.NewFromInt(r.Counted).Mul(decimal.NewFromInt(100)).DivRound(decimal.NewFromInt(r.Sales), 4)
}

// leastSales is how many sales DisputeRates reads at least, if there are as many.
const leastSales = 10_000

// DisputeRates returns how often payments were disputed by the programmes of card
// networks that hold at the end of the month, by name: the counts so far, and the sales,
// read from the charges, no more than matter.
func (p *Platform) DisputeRates(ctx context.Context, r DisputeRatesRequest) ([]DisputeRate, error) {
	if err := p.may(ctx, "DisputeRates"); err != nil {
		return nil, err
	}
	list, err := p.disputeRates(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("connect: dispute rates: %w", err)
	}
	return list, nil
}

func (p *Platform) disputeRates(ctx context.Context, r DisputeRatesRequest) ([]DisputeRate, error) {
	owner, now := p.id, p.e.env.Time()
	if r.AccountID != "" {
		if _, err := p.owned(ctx, r.AccountID); err != nil {
			return nil, err
		}
		owner = r.AccountID
	}
	if r.Month == "" {
		r.Month = monthOf(now)
	}
	first := startOf(r.Month)
	if oldest := startOf(monthOf(now)).AddDate(0, 1-keptMonths, 0); first.IsZero() || first.Before(oldest) || first.After(now) {
		return nil, badField("invalid_date", "month", "a month is one of the last fourteen, as 2026-03")
	}
	if last := first.AddDate(0, 1, 0).Add(-time.Second); last.Before(now) {
		now = last
	}
	var list []DisputeRate
	err := p.store.Read(ctx, func(v ledger.View) error {
		list = nil
		for _, t := range p.e.c.Monitor.Programs.On(payout.DayOf(now, time.UTC)) {
			has := &riskRates{Platform: p.id, Owner: owner, Network: t.Network}
			o, err := v.Objects(riskKind.ID(riskID(owner, t.Network)))
			if err == nil && o[0].Version > 0 {
				has, err = riskKind.Decode(o[0])
			}
			if err != nil {
				return err
			}
			x, err := p.rate(v, has, t, r.Month, leastSales)
			if err != nil {
				return err
			}
			m := has.counted(r.Month)
			if m == nil {
				m = &riskMonth{}
			}
			list = append(list, DisputeRate{
				Program: t.Program, Network: t.Network, Month: r.Month, Warnings: m.Warnings, FraudDisputes: m.Fraud, OtherDisputes: m.Other,
				Counted: x.counted, Sales: x.sales, AtLeast: x.atLeast, Previous: t.Previous, Unknown: x.unknown, Level: x.level, Name: x.name,
			})
		}
		return nil
	})
	return list, err
}
