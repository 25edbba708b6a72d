package connect

import (
	"cmp"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// riskReserves keep money of sellers back while they are disputed too often, as reserves
// of type risk.
type riskReserves struct{}

// ReserveAtRisk sets what of an account's money is kept back from now on. What was kept
// back before is free on its own day.
func (riskReserves) ReserveAtRisk(u *ledger.Unit, p *Platform, account string, percent decimal.Decimal) error {
	a, err := p.account(u, account)
	if err != nil || a.RiskReserve.Equal(percent) {
		return err
	}
	a.RiskReserve = percent
	if percent.Sign() > 0 {
		if err := p.reserving(u); err != nil {
			return err
		}
	}
	u.Emit(ledger.Event{Type: EventAccountUpdated, Platform: p.id, Object: accountKind.ID(a.ID)})
	return accountKind.Put(u, a.ID, a)
}

// riskDays is for how long reserves of type risk are kept: as long as what is paid by
// card may be disputed, but where the engine says that it cannot be.
func (p *Platform) riskDays(u *ledger.Unit) int {
	return cmp.Or(p.e.disputeWindow(pricing.Card, dayOf(u)).Days, 1)
}
