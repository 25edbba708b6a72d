package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuickstart(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	for _, line := range []string{
		"charged 100.00 USD, refunded 25.00 USD: 25.00 USD from the seller, 3.08 USD of the commission",
		"US is paid 65.78 USD",
		"DE is paid 63.35 EUR",
		"adds up to [0.00 EUR 0.00 USD]",
	} {
		require.Contains(t, out.String(), line+"\n")
	}
}
