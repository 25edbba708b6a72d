package fx

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Fresh is a RateProvider that refuses what another one answers if that is older than a
// limit at the moment asked for: ledger.Unavailable, rate_stale. It asks for four days
// where Limit is zero, which a weekend with a holiday does not reach.
type Fresh struct {
	Provider RateProvider
	Limit    time.Duration
}

// Rate implements RateProvider.
func (f Fresh) Rate(ctx context.Context, base, quote ledger.Currency, at time.Time) (Rate, error) {
	r, err := f.Provider.Rate(ctx, base, quote, at)
	if err != nil {
		return r, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 4 * 24 * time.Hour
	}
	if age := at.Sub(r.At); age > limit && base != quote {
		return Rate{}, &ledger.Error{Class: ledger.Unavailable, Code: "rate_stale", Field: "rate", Op: "fx: " + r.Source,
			Msg: fmt.Sprintf("the rate of %v in %v is %v old, and may be %v", base, quote, age.Round(time.Second), limit)}
	}
	return r, nil
}

// Fallback is a RateProvider that asks one after the other until one answers, with a rate
// of the pair. If none does, it is ledger.NotFound where none quotes the pair, and else
// ledger.Unavailable, rate_unavailable, which tells what each said.
type Fallback []RateProvider

// Rate implements RateProvider.
func (f Fallback) Rate(ctx context.Context, base, quote ledger.Currency, at time.Time) (Rate, error) {
	var said []string
	quoted := false
	for i, p := range f {
		r, err := ask(ctx, p, base, quote, at)
		if err == nil {
			err = r.Check()
		}
		if err == nil {
			return r, nil
		}
		if ctx.Err() != nil { // nobody waits for another
			return Rate{}, err
		}
		said = append(said, fmt.Sprintf("%d: %v", i+1, err))
		quoted = quoted || !errors.Is(err, ledger.NotFound)
	}
	if !quoted {
		return Rate{}, notQuoted("fallback", base, quote)
	}
	return Rate{}, &ledger.Error{Class: ledger.Unavailable, Code: "rate_unavailable", Field: "rate", Op: "fx: fallback", Msg: strings.Join(said, "; ")}
}

// ask asks a provider, and refuses an answer of another pair.
func ask(ctx context.Context, p RateProvider, base, quote ledger.Currency, at time.Time) (Rate, error) {
	r, err := p.Rate(ctx, base, quote, at)
	if err == nil && (r.Base != base || r.Quote != quote) {
		return Rate{}, &ledger.Error{Class: ledger.Invalid, Code: "invalid_rate", Field: "rate", Op: "fx: " + r.Source, Msg: "it is of another pair"}
	}
	return r, err
}
