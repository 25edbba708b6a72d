package railtest_test

import (
	"testing"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
	"github.com/soukhq/souk/payout/railtest"
)

// The simulated rail keeps the laws in all three kinds, and goes on to keep them
// when other laws have used it.
func TestSimulator(t *testing.T) {
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		t.Run(kind.String(), func(t *testing.T) {
			railtest.Run(t, func(*testing.T) railtest.Harness { return simulated(kind, 1) })
		})
		t.Run(kind.String()+", used", func(t *testing.T) {
			h := simulated(kind, -1)
			railtest.Run(t, func(*testing.T) railtest.Harness { return h })
		})
	}
}

func simulated(kind ledger.Delivery, days int) railtest.Harness {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	s := payout.NewSimulator(payout.SimulatorConfig{Delivery: kind, Days: days, Now: func() time.Time { return now }})
	to := func(token string) payout.Destination {
		return payout.Destination{Token: token, Country: "US", Currency: ledger.USD, Last4: "6789"}
	}
	return railtest.Harness{
		Rail: s, Payee: to(payout.TestAccount), Payments: s.Taken,
		Others: []payout.Destination{to(payout.TestNoAccount), to(payout.TestReturned), to(payout.TestRefused), to(payout.TestInvalidCurrency)},
		Payers: railtest.SimulatedPayers(), DueDate: payout.DayOf(now, time.UTC) + 1,
		Settle: func() { now = now.AddDate(0, 0, 10) },
	}
}
