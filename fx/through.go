package fx

import (
	"context"
	"errors"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Through is a RateProvider that finds what another one does not quote by way of a third
// currency: of pounds in yen by dollars, say. The product is exact, of the older of the
// two times, and names both sources.
type Through struct {
	Provider   RateProvider
	Currencies []ledger.Currency // in the order in which they are tried
}

// Rate implements RateProvider.
func (t Through) Rate(ctx context.Context, base, quote ledger.Currency, at time.Time) (Rate, error) {
	r, err := ask(ctx, t.Provider, base, quote, at)
	if err == nil || !errors.Is(err, ledger.NotFound) {
		return r, err
	}
	for _, by := range t.Currencies {
		if by == base || by == quote {
			continue
		}
		first, failed := ask(ctx, t.Provider, base, by, at)
		if failed == nil {
			var second Rate
			if second, failed = ask(ctx, t.Provider, by, quote, at); failed == nil {
				if r, ok := first.times(second); ok {
					return r, nil
				}
				continue // too long to be kept
			}
		}
		if !errors.Is(failed, ledger.NotFound) {
			return Rate{}, failed
		}
	}
	return Rate{}, err
}

// times is a rate and another of what that one quotes, one after the other. It tells
// whether the product has few enough digits.
func (r Rate) times(next Rate) (Rate, bool) {
	source := r.Source
	if next.Source != source {
		source += " and " + next.Source
	}
	at := r.At
	if next.At.Before(at) {
		at = next.At
	}
	out := Rate{Base: r.Base, Quote: next.Quote, Value: r.Value.Mul(next.Value), Per: r.Per.Mul(next.Per), At: at, Source: source + " by " + r.Quote.String()}
	return out, out.Check() == nil
}
