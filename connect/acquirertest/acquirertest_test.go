package acquirertest_test

import (
	"sync"
	"testing"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirertest"
	"github.com/soukhq/souk/ledger"
)

// The simulated acquirer keeps the laws in all three kinds: with answers at
// once, with charges or refunds that are only received at first, and when other
// laws have used it.
func TestSimulator(t *testing.T) {
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for _, source := range []string{connect.TestCard, connect.TestCardAtOnce, connect.TestReceived, connect.TestRefundPending} {
			t.Run(kind.String()+" "+source, func(t *testing.T) {
				acquirertest.Run(t, func(*testing.T) acquirertest.Harness { return simulated(kind, source, false) })
			})
		}
		t.Run(kind.String()+", by news alone", func(t *testing.T) {
			acquirertest.Run(t, func(*testing.T) acquirertest.Harness { return simulated(kind, connect.TestReceived, true) })
		})
		t.Run(kind.String()+", used", func(t *testing.T) {
			h := simulated(kind, connect.TestCard, false)
			acquirertest.Run(t, func(*testing.T) acquirertest.Harness { return h })
		})
	}
}

func simulated(kind ledger.Delivery, source string, newsOnly bool) acquirertest.Harness {
	var mu sync.Mutex
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	read := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	s := connect.NewSimulator(connect.SimulatorConfig{Delivery: kind, NewsOnly: newsOnly, Now: read})
	return acquirertest.Harness{
		Acquirer: s, Currency: ledger.USD, Source: source, News: s.Notifications, Actions: s.Taken,
		Challenge: connect.TestChallenge, Act: s.Act,
		Declined: []string{connect.TestDeclined, connect.TestInsufficient, connect.TestReceivedDeclined},
		Settle: func() {
			mu.Lock()
			defer mu.Unlock()
			now = now.Add(time.Minute)
		},
	}
}
