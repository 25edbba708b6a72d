package connect_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// What belongs to nothing that is there is found in passes as it is at once, and once:
// by the pass that it falls into, whatever was looked at before it.
func TestVerifyFindsWhatIsLeftOverInPasses(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store, Rules: []compliance.Rule{rulesOf(t, looks)}}})
	m.limit(connect.SetLimitRequest{Name: "few", Each: true, Count: 9, Window: connect.LimitRolling, Days: 3})
	for range 6 {
		a := m.seller().ID
		m.looked(a)
		m.charge(a, 900, 0, connect.TestCardAtOnce)
		f, err := m.platform.ChargeFee(m.ctx, connect.FeeRequest{Key: m.key(), AccountID: a, Kind: connect.FeePlan, Amount: usd(100)})
		require.NoError(t, err)
		_, err = m.platform.ReturnFee(m.ctx, connect.ReturnFeeRequest{Key: m.key(), FeeID: f.ID, Amount: usd(50)})
		require.NoError(t, err)
	}
	said := func(most int) (lines []string, passes, peak int) {
		r, n, peak, err := connect.VerifyWithin(m.ctx, m.Engine, most)
		require.NoError(t, err)
		for _, d := range r.Differences {
			lines = append(lines, d.String())
		}
		slices.Sort(lines)
		return lines, n, peak
	}
	for _, x := range [][3]string{
		{"", "", ""},
		{"connect.platform_fee_return", `"fee":"pfee_`, `"fee":"pfee_x`},
		{"connect.charge", `"underReview":true`, `"underReview":false`},
		{"connect.charge", `"currency":"COUNT/0"`, `"currency":"COUNX/0"`},
	} {
		store.forge = func(o *ledger.Object) {
			if o.Kind == x[0] {
				o.Data = bytes.Replace(o.Data, []byte(x[1]), []byte(x[2]), 1)
			}
		}
		once, n, peak := said(1 << 20)
		require.Equal(t, 1, n)
		require.Equal(t, x[0] == "", len(once) == 0, "%v", x)
		for _, most := range []int{peak * 3 / 4, peak / 3} {
			passed, n, _ := said(most)
			require.Greater(t, n, 1)
			require.Equal(t, once, passed, "%v", x)
		}
	}
}
