package connect_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
)

// A charge that uses none of the ways of paying beside it allocates at most 1.3 times
// what it did before there were any, which was 75 times (docs/performance.md). Times
// depend on the machine, so those are measured and not tested.
func TestAllocationsOfACharge(t *testing.T) {
	engine, p := platformOn(t, connect.Config{})
	a, err := p.CreateAccount(t.Context(), connecttest.Seller("US"))
	require.NoError(t, err)
	n := 0
	allocations := testing.AllocsPerRun(200, func() {
		n++
		_, err := p.Charge(t.Context(), connect.ChargeRequest{
			Key: "charge-" + strconv.Itoa(n), Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCard,
		})
		if err != nil {
			t.Error(err)
		}
	})
	require.LessOrEqual(t, allocations, 97.0)
	require.Greater(t, allocations, 20.0, "it was looked at")
	report, err := engine.Verify(t.Context())
	require.NoError(t, err)
	require.NoError(t, report.Err())
}
