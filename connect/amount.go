package connect

import (
	"github.com/soukhq/souk/ledger"
)

// some is an amount as storage has it: nothing is the zero Money.
func some(m ledger.Money) ledger.Money {
	if m.IsZero() {
		return ledger.Money{}
	}
	return m
}

// asZero gives amounts of nothing their currency back, which storage leaves out.
func asZero(zero ledger.Money, list ...*ledger.Money) {
	for _, m := range list {
		if m.IsZero() {
			*m = zero
		}
	}
}
