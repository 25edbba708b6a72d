package pricing

import (
	"math/big"

	"github.com/soukhq/souk/ledger"
)

// Raised returns the line of a sale whose amount was raised from one to another
// before anything was captured: by the line's own terms, of the same part of the
// sale. A fixed part is still taken once, and a processing price grows in proportion.
// Both amounts are more than zero and in the line's currency, and the first is the
// larger; else it is of class Invalid.
func (l *Line) Raised(to, from ledger.Money) (Line, error) {
	switch {
	case to.Currency() != l.Of.Currency() || from.Currency() != l.Of.Currency():
		return Line{}, &ledger.Error{Class: ledger.Invalid, Code: "currency_mismatch", Field: "raised", Msg: "the price is in " + l.Of.Currency().String()}
	case from.Sign() <= 0 || to.Minor() < from.Minor():
		return Line{}, &ledger.Error{Class: ledger.Invalid, Code: "invalid_proportion", Field: "raised", Msg: "an amount is raised from more than zero to more"}
	case to == from:
		return *l, nil
	}
	of, err := Scale(l.Of, to, from)
	switch {
	case err != nil:
		return Line{}, err
	case !l.termless():
		return l.recomputed(of)
	}
	now := *l
	now.Of, now.Modifiers = of, append([]Modified(nil), l.Modifiers...)
	whole, given := ledger.Zero(of.Currency()), ledger.Zero(of.Currency())
	for _, part := range []*ledger.Money{&now.Percentage, &now.Fixed, &now.Bound, &now.CrossBorder, &now.FX} {
		if whole, err = add(whole, *part); err != nil {
			return Line{}, err
		}
		grown, err := Scale(whole, to, from)
		if err != nil {
			return Line{}, err
		}
		step, err := grown.Sub(given)
		if err != nil {
			return Line{}, err
		}
		*part, given = some(step), grown
	}
	now.Amount = given
	return now, nil
}

// Scale is an amount times to ÷ from, rounded half away from zero. from is more than
// zero.
func Scale(m, to, from ledger.Money) (ledger.Money, error) {
	return m.ConvertRatio(big.NewRat(to.Minor(), from.Minor()), m.Currency(), ledger.RoundHalfUp)
}
