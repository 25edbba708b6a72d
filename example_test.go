package souk_test

//lint:file-ignore SA4006 the README leaves the error checks out

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// The README's first program.
func Example() {
	ctx := context.Background()

	engine, err := connect.New(connect.Config{}) // in memory, with simulated cards and banks
	shop, err := engine.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Atelier", Country: "US"})
	ann, err := shop.CreateAccount(ctx, connect.AccountRequest{Key: "ann", Country: "US"})
	order, err := shop.Charge(ctx, connect.ChargeRequest{
		Key:            "order-1", // the same key again returns the same charge
		Amount:         ledger.Minor(100_00, ledger.USD),
		AccountID:      ann.ID,
		ApplicationFee: ledger.Minor(12_30, ledger.USD),
		Source:         connect.TestCard,
	})

	fmt.Println(order.Status, order.ProcessingFee, err)
	// Output: succeeded 3.20 USD <nil>
}

// TestReadme: its first block of code stands before line 25 and is the program
// above, and its two commands are there.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(readme), "```go\n")
	require.True(t, ok)
	require.Less(t, strings.Count(before, "\n")+1, 25)
	code, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)
	program, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	for line := range strings.Lines(code) {
		require.Contains(t, string(program), strings.TrimSpace(line))
	}
	require.Contains(t, string(readme), "    go run ./examples/quickstart\n    go test ./...\n")
}
