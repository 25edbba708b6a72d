package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Exposure is what buyers may still dispute of an account's charges: what was captured
// and neither refunded nor disputed, of charges whose window is open
// (Charge.DisputableUntil), whoever bears it.
type Exposure struct {
	Account    string             `json:"account"`
	On         payout.Day         `json:"on"`                  // the day, in UTC, of which it is
	Currencies []CurrencyExposure `json:"currencies,omitzero"` // in the order of their codes
}

// CurrencyExposure is the exposure in one currency: the one in which charges settle.
type CurrencyExposure struct {
	Currency ledger.Currency `json:"currency"`
	Amount   ledger.Money    `json:"amount"`
	Charges  int             `json:"charges"` // how many may be disputed
	Falls    []ExposureFall  `json:"falls"`   // when it falls, unless charges come or are refunded: the soonest first
}

// ExposureFall is an amount that can be disputed no longer after a day.
type ExposureFall struct {
	After  payout.Day   `json:"after"` // the last day on which it can
	Amount ledger.Money `json:"amount"`
}

// In returns the exposure in a currency, zero if there is none.
func (x *Exposure) In(c ledger.Currency) CurrencyExposure {
	for _, one := range x.Currencies {
		if one.Currency == c {
			return one
		}
	}
	return CurrencyExposure{Currency: c, Amount: ledger.Zero(c)}
}

// Exposure adds up what may still be disputed of an account's charges. It is read from
// the charges of the last 540 days, and kept nowhere: no charge waits for another to
// count it.
func (p *Platform) Exposure(ctx context.Context, accountID string) (*Exposure, error) {
	if err := p.may(ctx, "Exposure"); err != nil {
		return nil, err
	}
	wrap := func(err error) error { return fmt.Errorf("connect: exposure: %w", err) }
	if err := p.e.start(ctx); err != nil {
		return nil, wrap(err)
	}
	if _, err := p.owned(ctx, accountID); err != nil {
		return nil, wrap(err)
	}
	var x *Exposure
	err := p.store.Read(ctx, func(v ledger.View) (err error) {
		x, err = exposureOf(v, accountID, p.e.env.Time())
		return err
	})
	if err != nil {
		return nil, wrap(err)
	}
	return x, nil
}

// glance is what says at once that a charge exposes nobody: most do not.
type glance struct {
	Status ChargeStatus `json:"status"`
	Until  payout.Day   `json:"disputableUntil"`
}

// exposureOf adds up the exposure of an account at a moment.
func exposureOf(v ledger.View, account string, at time.Time) (*Exposure, error) {
	return exposureWithin(v, account, at, math.MaxInt)
}

// errTooMany ends a look through more charges than are read.
var errTooMany = errors.New("too many charges")

// exposureWithin is exposureOf that reads so many charges at most: errTooMany of more.
func exposureWithin(v ledger.View, account string, at time.Time, most int) (*Exposure, error) {
	today := payout.DayOf(at, time.UTC)
	sums := make(map[ledger.Currency]map[payout.Day]ledger.Money)
	charges := make(map[ledger.Currency]int)
	q := ledger.Query{Kind: chargeKind.Name, Name: "account", Value: account, From: (today - disputeReach).Time()}
	err := eachObject(v, q, func(o ledger.Object) error {
		if most--; most < 0 {
			return errTooMany
		}
		var g glance
		if err := json.Unmarshal(o.Data, &g); err == nil && (g.Status != ChargeSucceeded || g.Until < today) {
			return nil
		}
		c, err := chargeKind.Decode(o)
		if err != nil {
			return err
		}
		m := c.exposed(today)
		if m.IsZero() {
			return nil
		}
		if sums[m.Currency()] == nil {
			sums[m.Currency()] = make(map[payout.Day]ledger.Money)
		}
		days := sums[m.Currency()]
		if days[c.DisputableUntil], err = sumOr(days[c.DisputableUntil], m); err != nil {
			return err
		}
		charges[m.Currency()]++
		return nil
	})
	if err != nil {
		return nil, err
	}
	x := &Exposure{Account: account, On: today}
	byCode := func(a, b ledger.Currency) int { return strings.Compare(a.String(), b.String()) }
	for _, cur := range slices.SortedFunc(maps.Keys(sums), byCode) {
		one := CurrencyExposure{Currency: cur, Amount: ledger.Zero(cur), Charges: charges[cur]}
		for _, day := range slices.Sorted(maps.Keys(sums[cur])) {
			one.Falls = append(one.Falls, ExposureFall{After: day, Amount: sums[cur][day]})
			if one.Amount, err = one.Amount.Add(sums[cur][day]); err != nil {
				return nil, err
			}
		}
		x.Currencies = append(x.Currencies, one)
	}
	return x, nil
}

// sumOr is a sum whose first part may be nothing yet.
func sumOr(m, more ledger.Money) (ledger.Money, error) {
	if m == (ledger.Money{}) {
		return more, nil
	}
	return m.Add(more)
}
