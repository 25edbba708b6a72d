package connect

import "github.com/soukhq/souk/ledger"

// Moves tells whether the table of states of an object allows a change, for the
// tests that go through all of them.
func Moves(what, from, to string) bool {
	var err error
	switch what {
	case "charge":
		err = chargeLife.check(what, ChargeStatus(from), ChargeStatus(to))
	case "step":
		err = stepLife.check(what, StepStatus(from), StepStatus(to))
	case "refund":
		err = refundLife.check(what, RefundStatus(from), RefundStatus(to))
	case "coin return":
		err = coinReturnLife.check(what, CoinReturnStatus(from), CoinReturnStatus(to))
	case "receiver":
		err = receiverLife.check(what, ReceiverStatus(from), ReceiverStatus(to))
	case "top-up":
		err = topUpLife.check(what, TopUpStatus(from), TopUpStatus(to))
	default:
		panic("nothing is known of a " + what)
	}
	return err == nil
}

// KindOfCharge is how charges are stored.
func KindOfCharge() ledger.Kind[Charge] { return chargeKind }
