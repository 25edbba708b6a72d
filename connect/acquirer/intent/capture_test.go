package intent_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/intent"
	"github.com/soukhq/souk/connect/acquirer/intent/intenttest"
	"github.com/soukhq/souk/ledger"
)

// A capture that the API made and answered with a 500 is found by the next attempt, too,
// if the API was out of reach when it was first looked for (promise 26).
func TestACaptureIsFoundByTheNextAttempt(t *testing.T) {
	for _, several := range []bool{false, true} {
		for _, made := range []bool{true, false} {
			b := newSandbox(t, func(c *intent.Config, _ *intenttest.Config) { c.SeveralCaptures = several })
			usd := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }
			auth, err := b.acquirer.Authorize(t.Context(), "ch_1", connect.AuthorizeOrder{Amount: usd(1000), Source: intenttest.Card})
			require.NoError(t, err)
			if several {
				_, err := b.acquirer.Capture(t.Context(), "cap_0", connect.CaptureOrder{Reference: auth.Reference, Amount: usd(300)})
				require.NoError(t, err)
			}
			down := false
			b.Fail(func(r *http.Request) intenttest.Fault {
				switch {
				case r.Method == http.MethodPost && made:
					down = true
					return intenttest.BrokenAt
				case r.Method == http.MethodPost || down:
					down = true
					return intenttest.Broken
				}
				return intenttest.NoFault
			})
			order := connect.CaptureOrder{Reference: auth.Reference, Amount: usd(600), Final: true}
			_, err = b.acquirer.Capture(t.Context(), "cap_1", order)
			require.ErrorIs(t, err, ledger.Unknown)
			b.Fail(nil)
			have, err := b.acquirer.Capture(t.Context(), "cap_1", order)
			if !made {
				require.ErrorIs(t, err, ledger.Unknown, "nothing was made, and the key says so")
				continue
			}
			require.NoError(t, err)
			require.Equal(t, connect.Answer{Status: connect.Approved, Reference: auth.Reference, Amount: usd(600)}, have)
			require.Equal(t, 1, b.Acted("cap_1"))
		}
	}
}
