package market_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/market"
)

// How long money may wait is dated data of the seller's country, and what a platform
// says comes first.
func TestHolding(t *testing.T) {
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for country, days := range map[string]int{"US": 730, "DE": 90, "GB": 90, "TH": 90, "": 90} {
		v := market.Builtin().View(country, at, nil)
		require.Equal(t, days, v.Holding().Value, country)
		require.NotEmpty(t, v.Holding().Source)
	}
	over := &market.List{Rules: []market.Rules{{Country: "TH", Holding: []market.Fact[int]{{Value: 10}}}}}
	require.NoError(t, market.Builtin().Check(over))
	v := market.Builtin().View("TH", at, over)
	require.Equal(t, 10, v.Holding().Value)
	for _, text := range []string{`0`, `-1`, `3661`, `1.5`, `"90"`, `null`} {
		_, err := market.ParseList([]byte(`{"rules": [{"country": "TH", "holding": [{"value": ` + text + `}]}]}`))
		require.Error(t, err, text)
		require.True(t, strings.Contains(err.Error(), "holding"), "%s: %v", text, err)
	}
}
