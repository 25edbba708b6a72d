package connect

import "github.com/soukhq/souk/ledger"

// Moves tells whether the tables of states allow a change, for the tests that go
// through all of them.
func Moves(from, to string) (charge, step bool) {
	return chargeLife.check("charge", ChargeStatus(from), ChargeStatus(to)) == nil,
		stepLife.check("capture", StepStatus(from), StepStatus(to)) == nil
}

// KindOfCharge is how charges are stored.
func KindOfCharge() ledger.Kind[Charge] { return chargeKind }

// MandateMoves tells whether a mandate may go from one state to another.
func MandateMoves(from, to string) bool {
	return mandateLife.check("mandate", MandateStatus(from), MandateStatus(to)) == nil
}
