package bitcointest

import (
	"testing"

	"github.com/soukhq/souk/ledger"
)

// The simulator keeps the laws with a wallet of each kind, with answers at once and
// with ones that are only queued at first, and when other laws have used it.
func TestSimulator(t *testing.T) {
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		t.Run(kind.String(), func(t *testing.T) {
			Run(t, func(*testing.T) Harness { return newFaulty(kind).harness() })
		})
		t.Run(kind.String()+", used", func(t *testing.T) {
			h := newFaulty(kind).harness()
			Run(t, func(*testing.T) Harness { return h })
		})
		t.Run(kind.String()+", queued", func(t *testing.T) {
			Run(t, func(*testing.T) Harness {
				f := newFaulty(kind)
				f.queues = true
				return f.harness()
			})
		})
	}
}
