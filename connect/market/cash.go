package market

import (
	"math/big"

	"github.com/soukhq/souk/ledger"
)

// Cash says how sums that are paid in cash are rounded. The zero value rounds
// nothing.
type Cash struct {
	Currency ledger.Currency `json:"currency"`
	Step     int64           `json:"step"` // smallest step in minor units, at least 1
	// Mode decides what lies between two steps; the zero value is to the nearest,
	// halves away from zero.
	Mode ledger.Rounding `json:"mode,omitzero"`
}

// Round returns what is paid of a sum in cash. Sums in other currencies than the
// rule's stay as they are. What it adds or takes belongs into an account of its
// own (purpose rounding). A result that does not fit 64 bits is of class Invalid.
func (c Cash) Round(m ledger.Money) (ledger.Money, error) {
	if c.Step <= 1 || m.Currency() != c.Currency {
		return m, nil
	}
	steps, err := m.ConvertRatio(big.NewRat(1, c.Step), c.Currency, c.Mode)
	if err != nil {
		return ledger.Money{}, err
	}
	return steps.Mul(c.Step)
}
