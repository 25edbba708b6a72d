package connect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// checkAsked refuses an amount that cannot be charged. Of a charge whose buyer's
// country is known its market says how much (checkBuyer), once it is priced.
func (e *Engine) checkAsked(r *ChargeRequest, at time.Time) error {
	if r.BuyerCountry != "" || len(r.Tenders) > 0 {
		return e.checkMoney(r.Amount, at)
	}
	return e.checkAmount(r.Amount, at)
}

// checkShown is the same for what stands on the statement.
func (e *Engine) checkShown(r *ChargeRequest, at time.Time) error {
	if holdsCard(r.Descriptor) {
		return cardIn("descriptor")
	}
	if r.BuyerCountry != "" {
		return nil
	}
	return e.checkDescriptor(r.Descriptor, at)
}

// checkBuyer refuses a charge that breaks the rules of its buyer's market.
func (p *Platform) checkBuyer(u *ledger.Unit, prof *Profile, r *ChargeRequest, c *Charge) error {
	if r.BuyerCountry == "" {
		return nil
	}
	v, country, err := p.e.marketOf(r.BuyerCountry, u.At(), prof)
	if err != nil {
		return err
	}
	s := market.Sale{Amount: c.presented(), Seller: prof.Country, Method: c.Method, Descriptor: c.Descriptor}
	if c.Account != "" {
		seller, err := p.lasting(u, c.Account)
		if err != nil {
			return err
		}
		s.Seller = seller.country
	}
	rate := r.rate
	if !r.SettleIn.IsZero() {
		rate = r.settles.into()
	}
	if c.BuyerCountry, s.Settled = country, settled(c.presented(), rate); c.presented().IsZero() {
		return nil // no method of that market has a part in it
	}
	return v.Refuse(&s)
}

// marketOf is what holds for the buyers of a country, whose code it returns as it
// is usually written.
func (e *Engine) marketOf(buyer string, at time.Time, prof *Profile) (market.View, string, error) {
	v := e.c.Markets.View(buyer, at, prof.Markets)
	if v.Known() && buyer != "" {
		return v, buyer, nil
	}
	country, err := compliance.ParseCountry(buyer)
	if err != nil {
		return v, "", inField("buyerCountry", err)
	}
	if v = e.c.Markets.View(country, at, prof.Markets); !v.Known() {
		return v, "", badField("unsupported_country", "buyerCountry", "there are no rules of "+country+" as a market")
	}
	return v, country, nil
}

// settlementRate is the rate into the currency in which an amount settles, nil if
// that is its own. What a market asks is no reason to stop a payment when nobody
// answers, nor a replay: without a rate the limits of the amount's own currency
// hold.
func (p *Platform) settlementRate(ctx context.Context, account string, from ledger.Currency) *fx.Rate {
	to := p.settlesIn(ctx, account, from)
	if to == from || !from.Valid() || !to.Valid() {
		return nil
	}
	rate, err := p.e.c.Rates.Rate(ctx, from, to, p.e.env.Time())
	if err != nil || rate.Check() != nil || rate.Base != from || rate.Quote != to {
		return nil
	}
	return &rate
}

// settlesIn is the currency in which somebody is paid what comes in another: the
// same, if they have a bank for it, or else their default. Who is not known
// settles as it comes; the charge is refused for that.
func (p *Platform) settlesIn(ctx context.Context, account string, from ledger.Currency) ledger.Currency {
	var list []ledger.Currency
	if prof := p.profile.Load(); account == "" {
		list = append(list, prof.Base)
		for _, b := range prof.banks() {
			list = append(list, b.Currency)
		}
	} else if s, ok := p.e.known.get(account); ok && s.platform == p.id {
		list = s.settles
	} else if a, err := p.itself().GetAccount(ctx, account); err == nil {
		list = a.settles()
	}
	if len(list) == 0 || slices.Contains(list, from) {
		return from
	}
	return list[0]
}

// settles lists the currencies in which the account is paid, its default first.
func (a *Account) settles() []ledger.Currency {
	list := []ledger.Currency{a.Currency}
	for i, b := range a.Banks {
		same := func(o BankAccount) bool { return o.Currency == b.Currency }
		if !slices.ContainsFunc(a.Banks[:i], same) {
			list = append(list, b.Currency)
		}
	}
	return list
}

// settled is an amount at a rate, cut to whole units: what falls short of a least
// amount by part of a unit is below it. The zero Money if there is no rate.
func settled(m ledger.Money, rate *fx.Rate) ledger.Money {
	if rate == nil {
		return ledger.Money{}
	}
	in, err := rate.Of(m, ledger.RoundDown)
	if err != nil {
		return ledger.Money{}
	}
	return in
}

// checkMarkets refuses what a platform cannot have otherwise.
func (e *Engine) checkMarkets(l *market.List) error {
	if l.Empty() {
		return nil
	}
	err := e.c.Markets.Check(l)
	var bad *ledger.Error
	if err == nil {
		err = noCardWithin("markets", l)
	} else if errors.As(err, &bad) {
		return inField(strings.TrimSuffix("markets."+bad.Field, "."), bad)
	}
	return err
}
