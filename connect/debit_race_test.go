package connect_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Two processes drain while the host lets debits go and ends their mandate: each debit
// is let go, fails, or is with the rail, once, and nothing in between (promises 15,
// 48, 60).
func TestRacesOfDebits(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	second, _ := m.second()
	due := payout.DayOf(m.Clock.Now(), time.UTC) + 3
	var mandates []string
	var charges []*connect.Charge
	for range 6 {
		x := m.mandate(achMandate("", payout.TestAccount))
		mandates = append(mandates, x.ID)
		for range 2 {
			c, err := m.collect(connect.ChargeRequest{MandateID: x.ID, Amount: usd(1000), AccountID: a.ID, CollectOn: due})
			require.NoError(t, err)
			charges = append(charges, c)
		}
	}
	m.Clock.Advance(2 * 24 * time.Hour) // the day on which they are handed over
	var wg sync.WaitGroup
	for _, e := range []*connect.Engine{m.Engine, second} {
		wg.Go(func() { _, _ = e.Drain(m.ctx) })
	}
	canceled := make([]error, len(charges))
	wg.Go(func() {
		for i := 0; i < len(charges); i += 3 {
			_, canceled[i] = m.platform.Cancel(m.ctx, connect.CancelRequest{Key: "void" + charges[i].ID, ChargeID: charges[i].ID})
		}
	})
	wg.Go(func() {
		for i := 0; i < len(mandates); i += 2 {
			_, _ = m.platform.CancelMandate(m.ctx, connect.MandateStepRequest{Key: "end" + mandates[i], MandateID: mandates[i]})
		}
	})
	wg.Wait()
	m.pass(5 * 24 * time.Hour)
	settled := int64(0)
	for i, c := range charges {
		now, taken := m.now(c), m.Rail.Taken(c.ID+"-1")
		switch now.Status {
		case connect.ChargeSucceeded:
			require.Equal(t, 1, taken)
			settled += 1000
		case connect.ChargeCanceled:
			require.Equal(t, 0, i%3)
			require.NoError(t, canceled[i])
			require.Equal(t, 0, taken)
		case connect.ChargeFailed:
			require.Equal(t, "mandate_canceled", now.Code)
			require.Equal(t, 0, taken)
		default:
			require.Fail(t, "it hangs", "%s", now.Status)
		}
		if i%3 == 0 && now.Status == connect.ChargeSucceeded {
			requireCode(t, canceled[i], ledger.State, "invalid_state")
		}
	}
	require.Equal(t, -settled, m.owned()["bank_clearing/simulated"])
	m.verify()
}
