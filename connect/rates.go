package connect

import (
	"context"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// rates are what a conversion needs, found out before the unit of work.
type rates struct {
	rate   fx.Rate
	inBase fx.Rate // where the platform's base currency is a third one
}

// rates asks for the rates of the moment.
func (p *Platform) rates(ctx context.Context, from, to ledger.Currency) (r rates, err error) {
	base, now := p.Profile().Base, p.e.env.Time()
	if r.rate, err = p.e.c.Rates.Rate(ctx, from, to, now); err != nil {
		return r, err
	}
	if from != base && to != base {
		r.inBase, err = p.e.c.Rates.Rate(ctx, from, base, now)
	}
	return r, err
}

// into is the rate of what is converted, nil if nothing is.
func (r *rates) into() *fx.Rate {
	if r == nil || r.rate.Base.IsZero() {
		return nil
	}
	return &r.rate
}

// check refuses what a provider gave if it is no rate of a pair and, where that is a
// third currency, into the base of the books.
func (r *rates) check(field string, from, to, base ledger.Currency) error {
	if r == nil || r.rate.Base != from || r.rate.Quote != to || r.rate.Check() != nil {
		return badField("invalid_rate", field, "the provider's rate is none from "+from.String()+" to "+to.String())
	}
	if from != base && to != base && (r.inBase.Base != from || r.inBase.Quote != base || r.inBase.Check() != nil) {
		return badField("invalid_rate", field, "the provider's rate is none from "+from.String()+" to "+base.String())
	}
	return nil
}

// note says how a conversion came about, to be kept with what was converted.
func (r rates) note(c *fx.Conversion) *payout.Conversion {
	n := &payout.Conversion{Rate: r.rate.String(), At: r.rate.At, Source: r.rate.Source, Spread: c.Spread}
	if !r.inBase.Base.IsZero() {
		n.InBase = r.inBase.String()
	}
	return n
}

// convert books the conversion of an amount within one owner's accounts of a
// purpose (flows F1 and F2 of the chart), and returns what was bought.
func (b *books) convert(prof *Profile, owner, purpose string, m ledger.Money, r rates) (ledger.Money, *payout.Conversion, error) {
	c, err := fx.Convert(fx.Order{
		Book: b.p.id, Amount: m, Base: prof.Base, Rate: r.rate, InBase: r.inBase, Spread: b.p.e.c.Prices.Spread(),
		From: b.p.of(owner, purpose, m.Currency()), To: b.p.of(owner, purpose, r.rate.Quote),
	})
	if err != nil {
		return m, nil, err
	}
	b.postEntries("conversion", c.Entries)
	return c.Credited, r.note(c), nil
}
