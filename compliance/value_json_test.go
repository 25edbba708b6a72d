package compliance_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// A value is the same after it was stored.
func TestValuesAreStored(t *testing.T) {
	half, err := compliance.OfDecimal(decimal.New(5, -1))
	require.NoError(t, err)
	for _, v := range []compliance.Value{
		{}, compliance.OfTruth(compliance.True), compliance.OfTruth(compliance.False), compliance.OfWhole(0), compliance.OfWhole(-7), half,
		compliance.OfMoney(ledger.Minor(0, ledger.USD)), compliance.OfMoney(ledger.Minor(5, ledger.JPY)),
		compliance.OfDuration(0), compliance.OfDuration(time.Hour), compliance.OfText("x"),
	} {
		data, err := json.Marshal(v)
		require.NoError(t, err)
		var back compliance.Value
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, v.Kind(), back.Kind(), string(data))
		require.Equal(t, v.String(), back.String(), string(data))
		require.Zero(t, v.CmpNumber(back))
	}
	require.Error(t, json.Unmarshal([]byte(`{"number":"1e9999999"}`), new(compliance.Value)))
}
