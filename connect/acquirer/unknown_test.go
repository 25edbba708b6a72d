package acquirer_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/cut"
)

// An API that gives a 500 for a key for ever is asked for as long as it honours the
// key, and never afterwards: then the charge rests, and only news can free it
// (promises 15 and 26).
func TestAKeyThatIsOver(t *testing.T) {
	for world, path := range map[string]string{"intent": "/payment_intents", "notify": "/payments"} {
		t.Run(world, func(t *testing.T) {
			m := open(t, worlds[world])
			days := 2
			if world == "notify" {
				days = 8
				m.transport.When(func(*http.Request) cut.Where { return cut.Lost })
			} else {
				m.fault(path, "500")
			}
			c := m.charge(m.sources.card, false)
			m.wait(20, time.Minute)
			require.Equal(t, connect.ChargeProcessing, m.now(c).Status)
			m.wait(24*days, time.Hour)
			require.Equal(t, connect.ChargeUnknown, m.now(c).Status)
			m.transport.When(nil)
			sent := m.transport.Sent()
			m.wait(24, time.Hour)
			require.Equal(t, sent, m.transport.Sent(), "it was asked after its key was over")
			require.LessOrEqual(t, m.acted(c.ID), 1)
			require.Empty(t, m.books())
		})
	}
}
