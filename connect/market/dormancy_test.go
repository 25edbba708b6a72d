package market_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/market"
)

// When a seller is taken not to be reached is dated data of their country; what is built
// in is to be confirmed, and what a platform says comes first.
func TestDormancy(t *testing.T) {
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for country, days := range map[string]int{"US": 1095, "GB": 5475, "FR": 3650, "ES": 7300, "DE": 3650, "TH": 3650, "": 3650} {
		v := market.Builtin().View(country, at, nil)
		f := v.Dormancy()
		require.Equal(t, days, f.Value.Days, country)
		require.NotEmpty(t, f.Source)
		require.True(t, f.Confirm, country)
	}
	over := &market.List{Rules: []market.Rules{{Country: "TH", Dormancy: []market.Fact[market.Dormancy]{{Value: market.Dormancy{Days: 10, Notice: 5}}}}}}
	require.NoError(t, market.Builtin().Check(over))
	v := market.Builtin().View("TH", at, over)
	f := v.Dormancy()
	require.Equal(t, market.Dormancy{Days: 10, Notice: 5}, f.Value)
	require.False(t, f.Confirm)
	for _, text := range []string{`{"days": 0, "notice": 1}`, `{"days": 36601, "notice": 1}`, `{"days": 1, "notice": 0}`, `{"days": 1, "notice": 3661}`, `{"days": 1}`, `10`} {
		_, err := market.ParseList([]byte(`{"rules": [{"country": "TH", "dormancy": [{"value": ` + text + `}]}]}`))
		require.ErrorContains(t, err, "dormancy", text)
	}
}
