package fx

import (
	"context"
	"encoding/json"
	"math/big"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Rate is the price of one currency in another: Per major units of Base are
// worth Value major units of Quote. It is exact; a rate that was derived
// through a third currency keeps both decimals instead of a rounded quotient.
type Rate struct {
	Base   ledger.Currency
	Quote  ledger.Currency
	Value  decimal.Decimal
	Per    decimal.Decimal // 1 for a rate as it was published
	At     time.Time
	Source string
}

// rateJSON is a rate as it is stored: its decimals are strings, whatever a host
// has set the decimal package to.
type rateJSON struct {
	Base   ledger.Currency `json:"base"`
	Quote  ledger.Currency `json:"quote"`
	Value  string          `json:"value"`
	Per    string          `json:"per"`
	At     time.Time       `json:"at"`
	Source string          `json:"source"`
}

// MarshalJSON implements json.Marshaler.
func (r Rate) MarshalJSON() ([]byte, error) {
	return json.Marshal(rateJSON{r.Base, r.Quote, r.Value.String(), r.Per.String(), r.At, r.Source})
}

// UnmarshalJSON implements json.Unmarshaler; what is not a rate is refused.
func (r *Rate) UnmarshalJSON(data []byte) error {
	var j rateJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	out, err := ParseRate(j.Base, j.Quote, j.Value, j.At, j.Source)
	if err != nil {
		return err
	}
	if out.Per, err = ledger.ParseDecimal(j.Per, maxRateDigits, "invalid_rate", "per"); err != nil {
		return err
	}
	if err := out.Check(); err != nil {
		return err
	}
	*r = out
	return nil
}

// RateProvider answers what one currency is worth in another. Providers never
// answer with a rate of another pair; one they do not know is of class
// NotFound, code rate_not_found. It may go over the network: the engine asks
// before a unit of work, never in it; within a transaction of a host's it asks for
// payouts, conversions of charges, and refunds at the rate of their day.
type RateProvider interface {
	Rate(ctx context.Context, base, quote ledger.Currency, at time.Time) (Rate, error)
}

// maxRateDigits bounds the digits of a rate, and of each of its decimals, as
// they are written out without an exponent.
const maxRateDigits = 30

// ParseRate reads a published rate: one Base is worth text of Quote, a plain
// decimal above zero of at most 30 digits, no exponent.
func ParseRate(base, quote ledger.Currency, text string, at time.Time, source string) (Rate, error) {
	v, err := ledger.ParseDecimal(text, maxRateDigits, "invalid_rate", "rate")
	if err != nil {
		return Rate{}, err
	}
	r := Rate{Base: base, Quote: quote, Value: v, Per: decimal.New(1, 0), At: at.UTC(), Source: source}
	return r, r.Check()
}

// Check refuses what is not a rate: currencies that are not, decimals that are
// not above zero or out of bounds.
func (r Rate) Check() error {
	bad := func(msg string) error {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_rate", Field: "rate", Msg: msg}
	}
	switch {
	case !r.Base.Valid() || !r.Quote.Valid():
		return bad("a rate has two currencies")
	case r.Value.Sign() <= 0 || r.Per.Sign() <= 0:
		return bad("a rate is above zero")
	case !bounded(r.Value) || !bounded(r.Per):
		return bad("a rate has at most 30 digits")
	}
	return nil
}

// bounded reports whether a decimal can be written out in maxRateDigits, so that
// a rate that passes Check can also be read back from where it was stored. It
// looks at the exponent first: one like 1e2000000000 must not be worked with.
func bounded(d decimal.Decimal) bool {
	digits, exp := d.NumDigits(), int(d.Exponent())
	switch {
	case exp < -maxRateDigits || exp > maxRateDigits:
		return false
	case exp >= 0:
		return digits+exp <= maxRateDigits
	}
	return max(digits, 1-exp) <= maxRateDigits
}

// workable reports whether a value can be computed with: a rate, or one that is
// less a spread and so has digits of both.
func workable(d decimal.Decimal) bool {
	return d.Exponent() >= -4*maxRateDigits && d.Exponent() <= 4*maxRateDigits
}

// Identity returns the rate of a currency in itself.
func Identity(c ledger.Currency, at time.Time) Rate {
	one := decimal.New(1, 0)
	return Rate{Base: c, Quote: c, Value: one, Per: one, At: at.UTC(), Source: "identity"}
}

// Less returns the customer's rate: r less a spread, a fraction of 0 to 1.
func (r Rate) Less(spread decimal.Decimal) Rate {
	r.Value = r.Value.Mul(decimal.New(1, 0).Sub(spread))
	return r
}

// Of returns what an amount of Base is worth in Quote, rounded once by mode.
func (r Rate) Of(m ledger.Money, mode ledger.Rounding) (ledger.Money, error) {
	switch {
	case m.Currency() != r.Base:
		return ledger.Money{}, &ledger.Error{Class: ledger.Invalid, Code: "currency_mismatch", Field: "currency",
			Msg: "a rate of " + r.Base.String() + " does not apply to " + m.Currency().String()}
	case r.Per.Sign() <= 0 || !bounded(r.Per) || !workable(r.Value): // the zero Rate would divide by zero
		return ledger.Money{}, &ledger.Error{Class: ledger.Invalid, Code: "invalid_rate", Field: "rate",
			Msg: "a rate is above zero and has at most 30 digits"}
	}
	if r.Per.Equal(decimal.New(1, 0)) {
		return m.Convert(r.Value, r.Quote, mode)
	}
	return m.ConvertRatio(r.ratio(), r.Quote, mode)
}

// ratio returns Value ÷ Per exactly.
func (r Rate) ratio() *big.Rat {
	return new(big.Rat).Quo(r.Value.Rat(), r.Per.Rat())
}

// String shows the rate for people: "1 EUR = 1.1252 USD", "163.36 JPY = 1.1252 USD".
func (r Rate) String() string {
	return r.Per.String() + " " + r.Base.Code() + " = " + r.Value.String() + " " + r.Quote.Code()
}
