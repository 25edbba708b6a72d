package bank

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSEPA(t *testing.T) {
	for country, in := range map[string]bool{
		"DE": true, "FR": true, "RE": true, "GB": true, "JE": true, "AX": true, "RS": true, "CH": true, "VA": true,
		"NC": false, "PF": false, "US": false, "XK": false, "FO": false, "de": false, "": false, "DE FI": false, " D": false,
	} {
		require.Equal(t, in, SEPA(country), country)
		if in {
			require.NotNil(t, ibanShapes[mother(country)])
		}
	}
}
