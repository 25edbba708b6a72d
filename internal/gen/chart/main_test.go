package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The page in docs must be what the chart and the tables say: run go generate
// ./connect.
func TestPageIsNotStale(t *testing.T) {
	want, err := generate("../../..")
	require.NoError(t, err)
	have, err := os.ReadFile("../../../docs/chart-of-accounts.md")
	require.NoError(t, err)
	require.Equal(t, want, string(have))
}
