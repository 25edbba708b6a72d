package fx

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Fixed is a RateProvider of the rates that a host states, such as those of a contract
// with its bank. Each also answers the other way round, exactly, unless that is stated
// itself. The moment asked for does not matter. A Fixed never changes.
type Fixed struct {
	rates map[pair]Rate
}

// pair is what a rate is between.
type pair struct{ base, quote ledger.Currency }

// NewFixed makes one. A pair that is stated twice, and a currency in itself, is
// ledger.Invalid.
func NewFixed(rates ...Rate) (*Fixed, error) {
	f := &Fixed{make(map[pair]Rate, 2*len(rates))}
	for _, r := range rates {
		if err := r.Check(); err != nil {
			return nil, err
		}
		p := pair{r.Base, r.Quote}
		if _, twice := f.rates[p]; twice || r.Base == r.Quote {
			return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_rate", Field: "rate", Op: "fx: fixed",
				Msg: "the rate of " + r.Base.String() + " in " + r.Quote.String() + " is stated twice, or no rate"}
		}
		f.rates[p] = r
	}
	for _, r := range rates {
		if _, stated := f.rates[pair{r.Quote, r.Base}]; !stated {
			f.rates[pair{r.Quote, r.Base}] = r.Inverse()
		}
	}
	return f, nil
}

// Rate implements RateProvider.
func (f *Fixed) Rate(_ context.Context, base, quote ledger.Currency, at time.Time) (Rate, error) {
	if r, ok := f.rates[pair{base, quote}]; ok {
		return r, nil
	}
	if base == quote && base.Valid() {
		return Identity(base, at), nil
	}
	return Rate{}, notQuoted("fixed", base, quote)
}

// Inverse is the rate the other way round, exactly.
func (r Rate) Inverse() Rate {
	r.Base, r.Quote, r.Value, r.Per = r.Quote, r.Base, r.Per, r.Value
	return r
}
