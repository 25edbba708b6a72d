package connect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// debitRates counts the debits of one scheme, and those that came back, day by day:
// of a platform, and of each account that it charges for. It is put with what it
// counts and keeps no more days than a limit looks at.
type debitRates struct {
	Platform string               `json:"platform"`
	Owner    string               `json:"owner"`
	Scheme   string               `json:"scheme"`
	Days     []debitDay           `json:"days,omitzero"`   // oldest first
	Levels   map[string]RateLevel `json:"levels,omitzero"` // by limit, as they were told
}

// debitDay is what was heard on one day.
type debitDay struct {
	Day     payout.Day       `json:"day"`
	Debits  int64            `json:"debits,omitzero"`
	Returns map[string]int64 `json:"returns,omitzero"` // by reason
}

// RateLevel says how near a rate of returns is to its limit.
type RateLevel string

// The levels.
const (
	RateNormal  RateLevel = ""
	RateWarning RateLevel = "warning" // at DebitConfig.WarnAt percent of the limit or more
	RateLimited RateLevel = "limit"   // at the limit or more
)

var ratesKind = ledger.Kind[debitRates]{
	Name: "connect.debit_rates", Prefix: "dbr_",
	Keys: func(r *debitRates) []ledger.Key { return []ledger.Key{{Name: "platform", Value: r.Platform}} },
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "owner", Path: "owner"}, {Name: "scheme", Path: "scheme"}, {Name: "levels", Path: "levels"},
	},
}

// The types of the events of rates of returns. They name the platform or the account
// whose rate it is; ReturnRates tells of which scheme and limit.
const (
	EventReturnRateWarning = "debit.return_rate_warning"
	EventReturnRateLimit   = "debit.return_rate_limit"
)

func ratesID(owner, scheme string) string { return ratesKind.Prefix + owner + "_" + scheme }

// debitRates returns the counts of an owner, expected unchanged; none yet are empty ones.
func (p *Platform) debitRates(u *ledger.Unit, owner, scheme string) (*debitRates, error) {
	o, err := u.Object(ratesKind.ID(ratesID(owner, scheme)))
	if err != nil {
		return nil, err
	}
	if o.Version == 0 {
		return &debitRates{Platform: p.id, Owner: owner, Scheme: scheme}, nil
	}
	return ratesKind.Decode(o)
}

// counted lists for whom a debit counts: the platform, and the account that it is for.
func (c *Charge) counted() []string {
	list := []string{c.Platform}
	for _, id := range []string{c.Account, c.OnBehalfOf} {
		if id != "" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// countDebit counts a debit with its first final word, and once as a return.
func (p *Platform) countDebit(u *ledger.Unit, c *Charge, t *debit.Terms) error {
	d := c.Debit
	first, back := !d.Counted, d.ReturnedOn != 0 && !d.CountedBack
	if !first && !back {
		return nil
	}
	d.Counted, d.CountedBack = true, d.CountedBack || back
	for _, owner := range c.counted() {
		r, err := p.debitRates(u, owner, d.Scheme)
		if err != nil {
			return err
		}
		day := r.today(dayOf(u), t)
		if first {
			day.Debits++
		}
		if back {
			if day.Returns == nil {
				day.Returns = make(map[string]int64)
			}
			day.Returns[d.Reason]++
		}
		p.tellLevels(u, r, t)
		if err := ratesKind.Put(u, ratesID(owner, d.Scheme), r); err != nil {
			return err
		}
	}
	return nil
}

// today is where to count on a day. Days that no limit looks at any more are dropped.
func (r *debitRates) today(day payout.Day, t *debit.Terms) *debitDay {
	longest := 60
	for _, l := range t.Limits {
		longest = max(longest, l.Days)
	}
	r.Days = slices.DeleteFunc(r.Days, func(d debitDay) bool { return d.Day <= day-payout.Day(longest) })
	i, found := slices.BinarySearchFunc(r.Days, day, func(d debitDay, day payout.Day) int { return int(d.Day - day) })
	if !found {
		r.Days = slices.Insert(r.Days, i, debitDay{Day: day})
	}
	return &r.Days[i]
}

// count adds up what a limit looks at on a day.
func (r *debitRates) count(l *debit.RateLimit, today payout.Day) (returned, all int64) {
	for _, d := range r.Days {
		if d.Day <= today-payout.Day(l.Days) || d.Day > today {
			continue
		}
		all += d.Debits
		for code, n := range d.Returns {
			if l.Counts(code) {
				returned += n
			}
		}
	}
	return returned, all
}

// level says how near to a limit the counts are.
func (e *Engine) level(l *debit.RateLimit, returned, all int64) RateLevel {
	switch {
	case all < int64(e.c.Debits.Least):
	case l.Reached(returned, all, 100):
		return RateLimited
	case l.Reached(returned, all, e.c.Debits.WarnAt):
		return RateWarning
	}
	return RateNormal
}

// tellLevels tells of limits that the counts have come nearer to.
func (p *Platform) tellLevels(u *ledger.Unit, r *debitRates, t *debit.Terms) {
	today := dayOf(u)
	rank := map[RateLevel]int{RateNormal: 0, RateWarning: 1, RateLimited: 2}
	for _, name := range slices.Sorted(maps.Keys(t.Limits)) {
		l := t.Limits[name]
		returned, all := r.count(&l, today)
		is, was := p.e.level(&l, returned, all), r.Levels[name]
		if rank[is] > rank[was] {
			event := EventReturnRateWarning
			if is == RateLimited {
				event = EventReturnRateLimit
			}
			u.Emit(ledger.Event{Type: event, Platform: p.id, Object: p.owner(r.Owner)})
		}
		switch {
		case is == RateNormal:
			delete(r.Levels, name)
		case r.Levels == nil:
			r.Levels = map[string]RateLevel{name: is}
		default:
			r.Levels[name] = is
		}
	}
}

// notBlocked refuses a debit by whoever has reached a limit, where the host wants it so.
func (p *Platform) notBlocked(u *ledger.Unit, c *Charge, t *debit.Terms) error {
	if !p.e.c.Debits.Block {
		return nil
	}
	for _, owner := range c.counted() {
		r, err := p.debitRates(u, owner, t.Scheme)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(t.Limits)) {
			l := t.Limits[name]
			if returned, all := r.count(&l, dayOf(u)); p.e.level(&l, returned, all) == RateLimited {
				return badState("return_rate_limit", "mandate", fmt.Sprintf("%d of %d debits of %s came back, which is the scheme's limit %s", returned, all, owner, name))
			}
		}
	}
	return nil
}

// ReturnRatesRequest asks how many debits came back.
type ReturnRatesRequest struct {
	AccountID string // of charges for an account; empty: all of the platform
	Scheme    string // debit.ACH and the like
}

// ReturnRate is how many debits of a scheme came back within the days that one of its
// limits looks at, by when it was heard.
type ReturnRate struct {
	Limit    string // its name in the scheme: "unauthorized"
	Percent  decimal.Decimal
	Days     int
	Returned int64
	Debits   int64
	Level    RateLevel
}

// ReturnRates returns the rates that a scheme has limits of, by name. A scheme without
// limits has none.
func (p *Platform) ReturnRates(ctx context.Context, r ReturnRatesRequest) ([]ReturnRate, error) {
	if err := p.may(ctx, "ReturnRates"); err != nil {
		return nil, err
	}
	wrap := func(err error) error { return fmt.Errorf("connect: return rates: %w", err) }
	owner := p.id
	if r.AccountID != "" {
		if _, err := p.owned(ctx, r.AccountID); err != nil {
			return nil, wrap(err)
		}
		owner = r.AccountID
	}
	today := payout.DayOf(p.e.env.Time(), time.UTC)
	t, ok := p.e.c.Debits.Schemes.On(r.Scheme, today)
	if !ok {
		return nil, wrap(badField("invalid_scheme", "scheme", "there is no such scheme of bank debits"))
	}
	has := &debitRates{}
	err := p.store.Read(ctx, func(v ledger.View) error {
		list, err := v.Objects(ratesKind.ID(ratesID(owner, r.Scheme)))
		if err == nil && len(list) > 0 && list[0].Version > 0 {
			has, err = ratesKind.Decode(list[0])
		}
		return err
	})
	if err != nil {
		return nil, wrap(err)
	}
	var rates []ReturnRate
	for _, name := range slices.Sorted(maps.Keys(t.Limits)) {
		l := t.Limits[name]
		x := ReturnRate{Limit: name, Percent: l.Percent, Days: l.Days}
		x.Returned, x.Debits = has.count(&l, today)
		x.Level = p.e.level(&l, x.Returned, x.Debits)
		rates = append(rates, x)
	}
	return rates, nil
}
